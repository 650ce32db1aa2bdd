#include "s3/object_access.hpp"

#include <algorithm>

namespace cairn::s3 {
namespace {
Result<s3wire::Owner> account(const iam::SubjectPtr& subject) {
  if (!subject) return fail(Code::not_found);
  return s3wire::Owner{subject->principal.canonical_id, subject->display_name};
}
}  // namespace

OwnerNames::OwnerNames(const Context& c) : c_(c) {
  if (!c.bucket_info) return;
  bucket_owner_ = c.bucket_info->owner;
  only_one_ = c.bucket_accesses.get(*c.bucket_info)->acls_disabled();
}

const s3wire::Owner& OwnerNames::of(const std::string& canonical_id) {
  const std::string& wanted = only_one_ || canonical_id.empty() ? bucket_owner_ : canonical_id;
  if (last_.id != wanted) last_ = owner_named(c_, wanted);
  return last_;
}

s3wire::AccountLookup accounts_of(const Context& c) {
  return {[&c](std::string_view id) { return account(c.parts.identities.find_canonical(id)); },
          [&c](std::string_view address) { return account(c.parts.identities.find_email(address)); }};
}

s3wire::AccessList with_names(const Context& c, s3wire::AccessList list) {
  list.owner = owner_named(c, list.owner.id);
  for (s3wire::Grant& g : list.grants)
    if (g.grantee.kind == s3wire::GranteeKind::user)
      g.grantee.display_name = owner_named(c, g.grantee.id).display_name;
  // Groups first, as other servers show them; the order says nothing.
  std::vector<s3wire::Grant> users;
  std::erase_if(list.grants, [&](s3wire::Grant& g) {
    const bool user = g.grantee.kind == s3wire::GranteeKind::user;
    if (user) users.push_back(std::move(g));
    return user;
  });
  std::ranges::move(users, std::back_inserter(list.grants));
  return list;
}

Status check_public_acl(const BucketAccess& access, const s3wire::AccessList& list) {
  if (access.block.block_public_acls && s3wire::is_public(list))
    return fail(Code::access_denied,
                "Public ACLs are blocked on this bucket by its BlockPublicAcls setting.");
  return {};
}

Result<NewObjectAccess> read_new_object_access(const Context& c) {
  if (!c.bucket_info) return NewObjectAccess{c.owner.id, {}};
  const store::BucketInfo& bucket = *c.bucket_info;
  const BucketAccessPtr access = c.bucket_accesses.get(bucket);
  TRY(const s3wire::AclRequest request, s3wire::parse_acl_headers(c.view, c.query()));
  const s3wire::Owner bucket_owner{bucket.owner, {}};
  const s3wire::Owner& writer = c.identity->anonymous() ? bucket_owner : c.owner;
  TRY(s3wire::check_acl_allowed(access->ownership, request, bucket.owner));
  const s3wire::Owner owner = s3wire::owner_of_new_object(access->ownership, request, writer, bucket_owner);
  if (request.empty() || access->acls_disabled()) return NewObjectAccess{owner.id, {}};
  TRY(const s3wire::AccessList list,
      s3wire::build_access_list(request, {s3wire::AclTarget::object, owner, bucket_owner}, accounts_of(c)));
  TRY(check_public_acl(*access, list));
  return NewObjectAccess{owner.id, s3wire::encode_access_list(list)};
}

Result<std::string> read_acl_headers(const Context& c) {
  TRY(NewObjectAccess access, read_new_object_access(c));
  return std::move(access.acl);
}

}  // namespace cairn::s3
