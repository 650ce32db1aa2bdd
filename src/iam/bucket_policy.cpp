#include "cairn/iam/bucket_policy.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "cairn/iam/bound_principals.hpp"
#include "cairn/iam/s3_actions.hpp"

#include "iam/compiled.hpp"
#include "iam/glob.hpp"
#include "iam/text.hpp"

namespace cairn::iam {
namespace {

std::unexpected<Error> bad(std::string message) { return fail(Code::malformed_policy, std::move(message)); }

// Which types of resource an ARN can name in a bucket.
struct Reach {
  bool bucket = false;
  bool object = false;
};

// Whether the part of a pattern that names the bucket can be `bucket`, or `bucket` and the start of a key.
bool reaches_bucket(std::string_view encoded, std::string_view bucket) {
  const std::size_t run = encoded.find(kAnyRun);
  if (run == std::string_view::npos) return glob_match(encoded, bucket);
  const std::string_view head = encoded.substr(0, run);
  return head.size() <= bucket.size() && glob_match(head, bucket.substr(0, head.size()));
}

// Nothing where the pattern lies outside of the bucket.
Reach reach_of(const ArnPattern& arn, std::string_view bucket) {
  if (arn.everything()) return {true, true};
  const auto head_is = [&](std::size_t part, std::string_view text) {
    return glob_match(arn.head(part), text);
  };
  if (!arn.head(1).starts_with("aws") || !head_is(2, "s3") || !head_is(3, "") || !head_is(4, "")) return {};
  const std::string_view tail = arn.tail().text();
  const std::size_t slash = tail.find('/');
  if (!reaches_bucket(tail.substr(0, slash), bucket)) return {};
  if (slash != std::string_view::npos) return {false, true};
  return {glob_match(tail, bucket), tail.find(kAnyRun) != std::string_view::npos};
}

Result<Reach> check_resources(const Statement& s, std::string_view bucket) {
  Reach all;
  for (const ArnPattern& arn : s.resources) {
    const Reach one = reach_of(arn, bucket);
    if (!one.bucket && !one.object) return bad("Policy has invalid resource");
    all.bucket = all.bucket || one.bucket;
    all.object = all.object || one.object;
  }
  if (s.not_resource) all = {true, true};
  return all;
}

std::vector<const S3Action*> actions_of(std::string_view glob) {
  std::vector<const S3Action*> out;
  for (const S3Action& a : s3_actions())
    if (glob_match(glob, "s3:" + to_lower(a.name))) out.push_back(&a);
  return out;
}

bool applies(const S3Action& action, const Reach& reach) {
  return action.resource == ResourceType::bucket ? reach.bucket
                                                 : action.resource == ResourceType::object && reach.object;
}

// The actions of a statement that apply to its resources.
Result<std::vector<const S3Action*>> check_actions(const Statement& s, const Reach& reach) {
  std::vector<const S3Action*> all;
  for (const std::string& glob : s.actions) {
    const auto some = actions_of(glob);
    if (some.empty()) return bad("Policy has invalid action");
    const std::size_t before = all.size();
    std::ranges::copy_if(some, std::back_inserter(all),
                         [&](const S3Action* a) { return applies(*a, reach); });
    if (all.size() == before && !s.not_action)
      return bad("Action does not apply to any resource(s) in statement");
  }
  return all;
}

Result<void> check_conditions(const Statement& s, const std::vector<const S3Action*>& actions) {
  for (const Condition& c : s.conditions) {
    if (!c.key.starts_with("s3:")) continue;
    if (!is_s3_condition_key(c.key)) return bad("Policy has an invalid condition key");
    const auto takes = [&](const S3Action* a) { return takes_condition_key(*a, c.key); };
    if (!s.not_action && std::ranges::none_of(actions, takes))
      return bad("Conditions do not apply to combination of actions and resources in statement");
  }
  return {};
}

}  // namespace

Result<Policy> parse_bucket_policy(std::string_view text, std::string_view bucket) {
  return parse_bucket_policy(text, bucket, PolicyLimits::of(PolicyKind::resource));
}

Result<Policy> parse_bucket_policy(std::string_view text, std::string_view bucket,
                                   const PolicyLimits& limits) {
  TRY(Policy policy, Policy::parse(text, PolicyKind::resource, limits));
  for (const Statement& s : policy.compiled().statements) {
    TRY(const Reach reach, check_resources(s, bucket));
    TRY(const auto actions, check_actions(s, reach));
    TRY(check_conditions(s, actions));
  }
  return policy;
}

Result<Policy> read_bucket_policy(const std::string& text, const std::string* ids, std::string_view bucket) {
  TRY(const Policy policy, parse_bucket_policy(text, bucket));
  TRY(const PrincipalIds bound, parse_principal_ids(ids ? std::string_view(*ids) : std::string_view()));
  return policy.bound_to(bound);
}

}  // namespace cairn::iam
