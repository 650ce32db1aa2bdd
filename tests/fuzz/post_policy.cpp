// The policy of an upload form, as JSON. A form made to fit its conditions must be let in unless they
// contradict each other, and one more field must keep it out.
#include <algorithm>
#include <cstdlib>

#include "cairn/base/bytes.hpp"
#include "cairn/s3wire/post_object.hpp"
#include "cairn/s3wire/request_view.hpp"

using namespace cairn;
using namespace cairn::s3wire;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

bool plain(const PostPolicy& policy) {
  std::vector<std::string> names;
  for (const PostCondition& c : policy.conditions) {
    if (c.kind == PostCondition::Kind::never || c.field == "bucket") return false;
    if (c.field == "content-type" && c.value.find(',') != std::string::npos) return false;
    if (std::ranges::any_of(names, [&](const std::string& n) { return iequals(n, c.field); })) return false;
    names.push_back(c.field);
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)parse_post_policy(text);
  auto policy = parse_post_policy(to_base64(as_bytes(text)));
  if (!policy) {
    require(policy.error().code == Code::invalid_policy_document);
    return 0;
  }
  (void)check_post_size(*policy, size);
  if (!plain(*policy)) return 0;
  FormFields fields;
  for (const PostCondition& c : policy->conditions) fields.add(c.field, c.value);
  PostCondition bucket;
  bucket.field = "bucket";
  bucket.value = "b";
  policy->conditions.push_back(bucket);
  require(check_post_policy(*policy, "b", fields, policy->expiration).has_value());
  require(!check_post_policy(*policy, "b", fields, policy->expiration + 1));
  require(!check_post_policy(*policy, "c", fields, policy->expiration));
  fields.add("a name that no condition has", "");
  if (std::ranges::none_of(policy->conditions, [](const PostCondition& c) {
        return iequals(c.field, "a name that no condition has");
      }))
    require(!check_post_policy(*policy, "b", fields, policy->expiration));
  return 0;
}
