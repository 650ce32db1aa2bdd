#include "s3/bucket_access.hpp"

#include <cstdlib>

#include "cairn/iam/bucket_policy.hpp"
#include "cairn/iam/identity.hpp"
#include "cairn/s3wire/bucket_settings.hpp"

namespace cairn::s3 {
namespace {
constexpr std::size_t kMaxKnown = 1'024;  // a shard

iam::Policy deny_all() {
  auto policy = iam::Policy::parse(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]})",
      iam::PolicyKind::resource);
  if (!policy) std::abort();
  return std::move(*policy);
}

void take_policy(BucketAccess& out, const store::BucketInfo& bucket) {
  const std::string* text = bucket.find_config(iam::kPolicyConfig);
  if (!text) return;
  auto policy = iam::read_bucket_policy(*text, bucket.find_config(iam::kPolicyIdsConfig), bucket.name);
  out.policy = policy ? std::move(*policy) : deny_all();
  out.policy_is_public = iam::is_public(*out.policy);
  iam::merge_keys(out.asked_keys, *out.policy);
  out.attached.push_back({&*out.policy, "bucket policy"});
}

void take_settings(BucketAccess& out, const store::BucketInfo& bucket) {
  if (const std::string* xml = bucket.find_config("ownershipControls"))
    out.ownership =
        s3wire::parse_ownership_controls(*xml).value_or(s3wire::ObjectOwnership::bucket_owner_enforced);
  if (const std::string* xml = bucket.find_config("publicAccessBlock"))
    out.block =
        s3wire::parse_public_access_block(*xml).value_or(s3wire::PublicAccessBlock{true, true, true, true});
}
}  // namespace

s3wire::AccessList stored_list(const std::string& acl, const s3wire::Owner& owner) {
  if (!acl.empty())
    if (auto list = s3wire::decode_access_list(acl)) return std::move(*list);
  return s3wire::expand_canned_acl(s3wire::CannedAcl::private_acl, {s3wire::AclTarget::object, owner, owner});
}

BucketAccessPtr compile_bucket_access(const store::BucketInfo& bucket) {
  auto out = std::make_shared<BucketAccess>();
  out->id = bucket.id;
  out->revision = bucket.revision;
  take_policy(*out, bucket);
  take_settings(*out, bucket);
  const s3wire::Owner owner{bucket.owner, {}};
  const std::string* acl = bucket.find_config("acl");
  out->acl = s3wire::effective_access_list(stored_list(acl ? *acl : std::string(), owner), out->ownership,
                                           owner, out->block.ignore_public_acls);
  if (const std::string* xml = bucket.find_config("lifecycle"))
    if (auto rules = s3wire::parse_lifecycle(*xml)) out->lifecycle = std::move(*rules);
  return out;
}

BucketAccessPtr BucketAccessCache::get(const store::BucketInfo& bucket) {
  Shard& shard = shards_[std::hash<std::string>{}(bucket.name) % shards_.size()];
  {
    const std::lock_guard lock(shard.mutex);
    const auto at = shard.known.find(bucket.name);
    if (at != shard.known.end() && at->second->id == bucket.id && at->second->revision == bucket.revision)
      return at->second;
  }
  BucketAccessPtr made = compile_bucket_access(bucket);
  const std::lock_guard lock(shard.mutex);
  if (shard.known.size() >= kMaxKnown) shard.known.clear();  // compiling again costs microseconds
  shard.known[bucket.name] = made;
  return made;
}

}  // namespace cairn::s3
