// An XML document through the parsers of settings and access lists; what one accepts must come back the same
// after rendering.
#include <cstdlib>

#include "cairn/s3wire/acl.hpp"
#include "cairn/s3wire/bucket_settings.hpp"
#include "cairn/s3wire/logging.hpp"
#include "cairn/s3wire/object_lock.hpp"
#include "cairn/s3wire/tagging.hpp"

using namespace cairn;
using namespace cairn::s3wire;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

template <class Parse, class Render>
void comes_back(std::string_view xml, Parse parse, Render render) {
  const auto value = parse(xml);
  if (!value) return;
  const auto again = parse(render(*value));
  require(again && *again == *value);
}

void small_documents(std::string_view xml) {
  comes_back(xml, parse_versioning, render_versioning);
  comes_back(xml, parse_ownership_controls, render_ownership_controls);
  comes_back(xml, parse_public_access_block, render_public_access_block);
  comes_back(xml, parse_request_payment, [](Payer p) { return render_request_payment(p); });
  comes_back(xml, parse_accelerate, render_accelerate);
  comes_back(xml, parse_legal_hold, render_legal_hold);
  for (const auto target : {TagTarget::object, TagTarget::bucket})
    comes_back(xml, [&](std::string_view text) { return parse_tagging(text, target); }, render_tagging);
  if (const auto retention = parse_retention(xml); retention && *retention) {
    const auto again = parse_retention(render_retention(**retention));
    require(again && *again == *retention);
  }
  if (const auto lock = parse_object_lock_configuration(xml)) {
    const auto again = parse_object_lock_configuration(render_object_lock_configuration(*lock));
    require(again && again->rule == lock->rule);
    if (lock->rule) require(lock->rule->days > 0 || lock->rule->years > 0);
  }
  if (const auto created = parse_create_bucket_configuration(xml))
    require(check_tags(created->tags, TagTarget::bucket).has_value());
}

void access_list(std::string_view xml) {
  const auto list = parse_access_control_policy(xml);
  if (!list) return;
  require(list->grants.size() <= kMaxGrants);
  const auto again = parse_access_control_policy(render_access_control_policy(*list));
  require(again && again->owner.id == list->owner.id && again->grants == list->grants);
  const std::string stored = encode_access_list(*list);
  const auto loaded = decode_access_list(stored);
  require(loaded && loaded->owner.id == list->owner.id && encode_access_list(*loaded) == stored);
  require(is_public(*loaded) == is_public(*list));
}

void logging(std::string_view xml) {
  const auto logging = parse_bucket_logging(xml);
  if (!logging) return;
  const auto again = parse_bucket_logging(render_bucket_logging(*logging));
  require(again && again->has_value() == logging->has_value());
  if (!*logging) return;
  require((*again)->target_bucket == (*logging)->target_bucket);
  require((*again)->target_prefix == (*logging)->target_prefix);
  require((*again)->target_grants == (*logging)->target_grants);
  require((*again)->key_format == (*logging)->key_format);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  small_documents(xml);
  access_list(xml);
  logging(xml);
  return 0;
}
