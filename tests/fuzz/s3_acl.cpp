// A text as each of the headers of access lists, tags and locks, and as a stored access list: what is read
// has one form that comes back the same.
#include <cstdlib>

#include "cairn/s3wire/acl.hpp"
#include "cairn/s3wire/object_attributes.hpp"
#include "cairn/s3wire/object_lock.hpp"
#include "cairn/s3wire/tagging.hpp"

using namespace cairn;
using namespace cairn::s3wire;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

void stored(std::string_view text) {
  const auto list = decode_access_list(text);
  if (!list) return;
  require(encode_access_list(*list) == text);
  require(!list->owner.id.empty());
  for (const Accessor& who : {Accessor{}, Accessor{.id = list->owner.id, .authenticated = true}}) {
    const bool owns = permissions_of(*list, who).has(Permission::write_acp);
    const AclQuestion put{Operation::put_bucket_acl, false, &*list, nullptr, who};
    require(acl_allows(put) == owns);
  }
  const AccessList effective =
      effective_access_list(*list, ObjectOwnership::object_writer, list->owner, true);
  require(!is_public(effective));
}

void tags(std::string_view text) {
  const auto tags = parse_tagging_header(text);
  if (!tags) return;
  require(check_tags(*tags, TagTarget::object).has_value());
  const auto again = parse_tagging_header(render_tagging_header(*tags));
  require(again && *again == *tags);
  const auto document = parse_tagging(render_tagging(*tags), TagTarget::object);
  require(document && *document == *tags);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  stored(text);
  tags(text);
  for (const char* const name :
       {"x-amz-acl", "x-amz-grant-read", "x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date",
        "x-amz-object-lock-legal-hold", "x-amz-object-attributes", "x-amz-max-parts"}) {
    const HeaderField header[] = {{name, text}};
    const HttpRequestView request{.method = "PUT", .raw_path = "/b/k", .raw_query = {}, .headers = header};
    if (const auto acl = parse_acl_headers(request, {})) {
      require(acl->grants.size() <= kMaxGrants);
      for (const Grant& g : acl->grants) require(g.permission == Permission::read);
    }
    (void)parse_lock_headers(request, {});
    (void)parse_object_attributes(request, {});
  }
  return 0;
}
