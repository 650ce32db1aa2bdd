#pragma once
#include <string>

#include "cairn/s3wire/acl.hpp"

#include "s3/context.hpp"

namespace cairn::s3 {

// Who owns an object that the request makes, and its list in stored form; an empty list is private.
struct NewObjectAccess {
  std::string owner;
  std::string acl;
};

// From x-amz-acl, x-amz-grant-* and the bucket's ownership setting and public access block; after
// authorize(). What anonymous requests write is the bucket owner's, so that somebody answers for it.
// not_acceptable_acl, access_denied (a public list where these are blocked), invalid_argument,
// unresolvable_grant, ...
Result<NewObjectAccess> read_new_object_access(const Context& c);
// The list alone.
Result<std::string> read_acl_headers(const Context& c);

// Owners as listings show them: one after the other mostly the same, which is looked up once.
class OwnerNames {
 public:
  explicit OwnerNames(const Context& c);
  // Of an object by its stored owner; the bucket's where ACLs are disabled or nobody is named.
  const s3wire::Owner& of(const std::string& canonical_id);

 private:
  const Context& c_;
  std::string bucket_owner_;
  bool only_one_ = false;
  s3wire::Owner last_;
};

// How grants name users: by canonical id and by address.
s3wire::AccountLookup accounts_of(const Context& c);
// Names of users as they are known now, for a list to show.
s3wire::AccessList with_names(const Context& c, s3wire::AccessList list);
// access_denied for a public list where BlockPublicAcls is on.
Status check_public_acl(const BucketAccess& access, const s3wire::AccessList& list);

}  // namespace cairn::s3
