#pragma once
#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cairn/iam/evaluate.hpp"
#include "cairn/s3wire/access_list.hpp"
#include "cairn/s3wire/lifecycle.hpp"
#include "cairn/store/bucket.hpp"

namespace cairn::s3 {

// What a bucket itself says of who may use it, compiled: its policy, its ACL and what limits both; and its
// lifecycle rules, which answers tell of. Immutable.
struct BucketAccess {
  std::uint64_t id = 0, revision = 0;
  std::optional<iam::Policy> policy;
  std::vector<iam::AttachedPolicy> attached;  // the policy, or nothing
  bool policy_is_public = false;
  std::vector<std::string> asked_keys;  // condition keys of the policy; sorted
  s3wire::ObjectOwnership ownership = s3wire::ObjectOwnership::object_writer;
  s3wire::PublicAccessBlock block;
  s3wire::AccessList acl;  // as it is in force
  std::optional<s3wire::LifecycleConfiguration> lifecycle;

  bool acls_disabled() const { return ownership == s3wire::ObjectOwnership::bucket_owner_enforced; }
};
using BucketAccessPtr = std::shared_ptr<const BucketAccess>;

// From a bucket's configurations. What cannot be understood (any more) gives access to nobody but root.
BucketAccessPtr compile_bucket_access(const store::BucketInfo& bucket);

// The compiled form of buckets met lately, as long as they have not changed. Thread-safe.
class BucketAccessCache {
 public:
  BucketAccessPtr get(const store::BucketInfo& bucket);

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, BucketAccessPtr> known;
  };
  std::array<Shard, 16> shards_;
};

// The list of an object or bucket as it was stored; without one its owner has all rights and nobody else any.
s3wire::AccessList stored_list(const std::string& acl, const s3wire::Owner& owner);

}  // namespace cairn::s3
