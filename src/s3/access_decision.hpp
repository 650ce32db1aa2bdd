#pragma once
#include <optional>
#include <string>

#include "cairn/iam/evaluate.hpp"
#include "cairn/s3wire/access_list.hpp"

#include "s3/bucket_access.hpp"

namespace cairn::s3 {

// What owning things and ACLs say of a request that no policy decided. Pure.
struct OwnershipQuestion {
  s3wire::Operation operation{};
  bool names_version = false;
  const BucketAccess* bucket = nullptr;        // null: the operation has no bucket, or one that is to be made
  std::string_view bucket_owner;               // canonical id
  bool looked = false;                         // for the object
  const s3wire::AccessList* object = nullptr;  // its list, as it is in force; null: there is none
  std::string_view caller;                     // canonical id; empty: anonymous
};

// Whether the answer needs the object's owner and ACL; until it was looked for, ownership allows nothing.
bool needs_object(const OwnershipQuestion& question);

// - The bucket's owner may do all with the bucket, with its objects where ACLs are disabled, and with the
//   objects that it owns. It may always write and delete.
// - An object's owner may do all with it, except what belongs to the bucket (writing, deleting).
// - Others may what the ACLs grant. WRITE on a bucket lets them overwrite and delete what is there, as
// Amazon's
//   S3 does; a version by its id only the bucket's owner deletes.
bool ownership_allows(const OwnershipQuestion& question);

// How a request was decided, for logs and for the client.
struct AccessVerdict {
  bool allowed = false;
  bool by_ownership = false;
  iam::Verdict policies;
};

// Policies first, then ownership; what limits the credential limits ownership too. A policy's explicit deny
// is final. With RestrictPublicBuckets a public policy opens nothing to anonymous requests.
AccessVerdict decide(const iam::AccessRequest& request, const iam::PolicySet& policies,
                     const OwnershipQuestion& question);

}  // namespace cairn::s3
