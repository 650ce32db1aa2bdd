#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/result.hpp"
#include "cairn/s3wire/bucket_settings.hpp"
#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/route.hpp"

// Access control lists of buckets and objects: what they mean ("Access control list (ACL) overview" and
// "Controlling ownership of objects and disabling ACLs", S3 User Guide). acl.hpp has their form on the wire.
// Everything here is a pure function.
namespace cairn::s3wire {

enum class Permission : std::uint8_t { read, write, read_acp, write_acp, full_control };

enum class GranteeKind : std::uint8_t {
  user,                 // by canonical id
  email,                // only as long as resolve_acl() has not made a user of it
  all_users,            // everybody, anonymous requests too
  authenticated_users,  // everybody who signs
  log_delivery,         // the writer of access logs
};
struct Grantee {
  GranteeKind kind = GranteeKind::user;
  std::string id;            // of a user; the address of an email; empty for groups
  std::string display_name;  // of a user, where it is known: not stored, of no meaning
  bool operator==(const Grantee&) const = default;
};
struct Grant {
  Grantee grantee;
  Permission permission = Permission::read;
  bool operator==(const Grant&) const = default;
};
inline constexpr std::size_t kMaxGrants = 100;

struct AccessList {
  Owner owner;
  std::vector<Grant> grants;  // in the client's order; a grant may be there twice
};

// Who owns what anonymous requests write, and whom they act as: Amazon's canonical id for them.
inline constexpr std::string_view kAnonymousId = "65a011a29cdf8ec533ec3d1ccaae921c";

// ---- From a request to a list ----

enum class CannedAcl : std::uint8_t {
  private_acl,
  public_read,
  public_read_write,
  authenticated_read,
  bucket_owner_read,
  bucket_owner_full_control,
  log_delivery_write,
  aws_exec_read,
};
enum class AclTarget : std::uint8_t { bucket, object };

// What a request says of a list, before anything is looked up: at most one of the three.
struct AclRequest {
  std::optional<CannedAcl> canned;
  std::vector<Grant> grants;           // of x-amz-grant-* headers
  std::optional<AccessList> document;  // of PutBucketAcl and PutObjectAcl
  bool empty() const { return !canned && grants.empty() && !document; }
};

// Whose the bucket or object is, or will be; for a bucket both are the same.
struct AclOwners {
  AclTarget target = AclTarget::object;
  Owner owner;
  Owner bucket_owner;
};

// The list that a canned ACL stands for. The bucket-owner-* ones give the bucket's owner nothing more on a
// bucket, or where it owns the object. aws-exec-read is private here: it is for a service of Amazon's.
AccessList expand_canned_acl(CannedAcl acl, const AclOwners& owners);

// How accounts are found. Both give the account's canonical id and name; not_found for one that does not
// exist, and by_email ambiguous_grant for more than one.
struct AccountLookup {
  std::function<Result<Owner>(std::string_view)> by_id;
  std::function<Result<Owner>(std::string_view)> by_email;
};
// Makes users of e-mail addresses and looks every user up. invalid_argument for an unknown id,
// unresolvable_grant for an unknown address, other errors of the lookup as they are.
Status resolve_grants(std::vector<Grant>& grants, const AccountLookup& accounts);

// The list that a request asks for, private where it says nothing. Grants in headers are the whole list: the
// owner gets no grant that is not among them. access_denied for a document that names another owner; what
// resolve_grants() gives.
Result<AccessList> build_access_list(const AclRequest& request, const AclOwners& owners,
                                     const AccountLookup& accounts);

// ---- Ownership and public access ----

// Whether a bucket with this setting takes the request's list. With ACLs disabled only one that gives the
// bucket's owner full control and nobody anything is taken: not_acceptable_acl.
Status check_acl_allowed(ObjectOwnership ownership, const AclRequest& request, std::string_view bucket_owner);

// Who owns a new object.
const Owner& owner_of_new_object(ObjectOwnership ownership, const AclRequest& request, const Owner& writer,
                                 const Owner& bucket_owner);

// Whether ACLs can be disabled on a bucket with this list: only if it grants nothing to others than the
// owner. invalid_bucket_acl_with_object_ownership.
Status check_acls_can_be_disabled(const AccessList& bucket);

// Whether any grant goes to a group of all users ("The meaning of public", S3 User Guide).
bool is_public(const AccessList& list);

// The list that is in force, and that GetBucketAcl and GetObjectAcl show: with ACLs disabled the owner of the
// bucket alone has full control; with ignore_public the grants to groups of all users are left out.
AccessList effective_access_list(AccessList list, ObjectOwnership ownership, const Owner& bucket_owner,
                                 bool ignore_public);

// ---- Evaluation ----

struct Accessor {
  std::string_view id = kAnonymousId;  // canonical id of the account
  bool authenticated = false;
  bool log_delivery = false;
};

class PermissionSet {
 public:
  void add(Permission p);
  bool has(Permission p) const;  // full_control: all of the others
  bool empty() const { return bits_ == 0; }

 private:
  std::uint8_t bits_ = 0;
};

// What a list gives an accessor. An owner may always read and write the list itself, also where no grant is
// left to it.
PermissionSet permissions_of(const AccessList& list, const Accessor& who);

// Which permission an operation needs, and on which list ("Mapping of ACL permissions and access policy
// permissions"). nullopt where no ACL can allow it: the owner's policies have to. For copies it is the
// destination; the source is read by get_object. For delete_objects ask for delete_object and each key.
struct AclNeed {
  AclTarget target = AclTarget::object;
  Permission permission = Permission::read;
  bool operator==(const AclNeed&) const = default;
};
std::optional<AclNeed> acl_need(Operation op);

// Whether lists allow an operation. WRITE on a bucket lets anybody create a key, but only the bucket's and
// the object's owner overwrite or delete one that is there, and only the bucket's owner a version by its id.
struct AclQuestion {
  Operation op = Operation::unknown;
  bool names_version = false;          // a versionId is given
  const AccessList* bucket = nullptr;  // never null
  const AccessList* object = nullptr;  // of the object that is read, overwritten or deleted; null: none is
  Accessor who;
};
bool acl_allows(const AclQuestion& question);

// ---- Stored form ----

// One line of printable ASCII; docs/formats/access-list.md. Names of accounts are not kept, nor are e-mail
// addresses: resolve them first.
std::string encode_access_list(const AccessList& list);
// unsupported for another version of the format, corrupt for anything else that is wrong.
Result<AccessList> decode_access_list(std::string_view text);

}  // namespace cairn::s3wire
