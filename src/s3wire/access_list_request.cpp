#include <algorithm>
#include <utility>

#include "cairn/s3wire/access_list.hpp"

// From what a request asks for to the list that is kept.
namespace cairn::s3wire {
namespace {

Grant to_user(const Owner& user, Permission permission) {
  return {{GranteeKind::user, user.id, user.display_name}, permission};
}

Grant to_group(GranteeKind group, Permission permission) { return {{group, {}, {}}, permission}; }

std::unexpected<Error> not_resolved(Error error, Code unknown, std::string message) {
  if (error.is(Code::not_found)) return fail(unknown, std::move(message));
  return fail(std::move(error));
}

// Whether all that the grants give is full control for this account.
bool gives_only(const std::vector<Grant>& grants, std::string_view id) {
  return !grants.empty() && std::ranges::all_of(grants, [&](const Grant& g) {
    return g.grantee.kind == GranteeKind::user && g.grantee.id == id &&
           g.permission == Permission::full_control;
  });
}

}  // namespace

AccessList expand_canned_acl(CannedAcl acl, const AclOwners& owners) {
  AccessList out{owners.owner, {to_user(owners.owner, Permission::full_control)}};
  const bool foreign_object = owners.target == AclTarget::object && owners.bucket_owner.id != owners.owner.id;
  switch (acl) {
    case CannedAcl::private_acl:
    case CannedAcl::aws_exec_read:
      break;
    case CannedAcl::public_read_write:
      out.grants.push_back(to_group(GranteeKind::all_users, Permission::read));
      out.grants.push_back(to_group(GranteeKind::all_users, Permission::write));
      break;
    case CannedAcl::public_read:
      out.grants.push_back(to_group(GranteeKind::all_users, Permission::read));
      break;
    case CannedAcl::authenticated_read:
      out.grants.push_back(to_group(GranteeKind::authenticated_users, Permission::read));
      break;
    case CannedAcl::bucket_owner_read:
      if (foreign_object) out.grants.push_back(to_user(owners.bucket_owner, Permission::read));
      break;
    case CannedAcl::bucket_owner_full_control:
      if (foreign_object) out.grants.push_back(to_user(owners.bucket_owner, Permission::full_control));
      break;
    case CannedAcl::log_delivery_write:
      out.grants.push_back(to_group(GranteeKind::log_delivery, Permission::write));
      out.grants.push_back(to_group(GranteeKind::log_delivery, Permission::read_acp));
      break;
  }
  return out;
}

Status resolve_grants(std::vector<Grant>& grants, const AccountLookup& accounts) {
  for (Grant& g : grants) {
    const bool by_email = g.grantee.kind == GranteeKind::email;
    if (!by_email && g.grantee.kind != GranteeKind::user) continue;
    auto account = by_email ? accounts.by_email(g.grantee.id) : accounts.by_id(g.grantee.id);
    if (!account && by_email) return not_resolved(std::move(account).error(), Code::unresolvable_grant, {});
    if (!account) return not_resolved(std::move(account).error(), Code::invalid_argument, "Invalid id");
    g.grantee = {GranteeKind::user, std::move(account->id), std::move(account->display_name)};
  }
  return {};
}

Result<AccessList> build_access_list(const AclRequest& request, const AclOwners& owners,
                                     const AccountLookup& accounts) {
  if (request.document && request.document->owner.id != owners.owner.id) return fail(Code::access_denied);
  if (!request.document && request.grants.empty())
    return expand_canned_acl(request.canned.value_or(CannedAcl::private_acl), owners);
  AccessList out{owners.owner, request.document ? request.document->grants : request.grants};
  TRY(resolve_grants(out.grants, accounts));
  return out;
}

Status check_acl_allowed(ObjectOwnership ownership, const AclRequest& request,
                         std::string_view bucket_owner) {
  if (ownership != ObjectOwnership::bucket_owner_enforced || request.empty()) return {};
  const bool canned = request.canned == CannedAcl::bucket_owner_full_control;
  const bool document = request.document && request.document->owner.id == bucket_owner &&
                        gives_only(request.document->grants, bucket_owner);
  if (canned || document || gives_only(request.grants, bucket_owner)) return {};
  return fail(Code::not_acceptable_acl);
}

const Owner& owner_of_new_object(ObjectOwnership ownership, const AclRequest& request, const Owner& writer,
                                 const Owner& bucket_owner) {
  const bool given_up = ownership == ObjectOwnership::bucket_owner_preferred &&
                        request.canned == CannedAcl::bucket_owner_full_control;
  return ownership == ObjectOwnership::bucket_owner_enforced || given_up ? bucket_owner : writer;
}

Status check_acls_can_be_disabled(const AccessList& bucket) {
  const bool foreign = std::ranges::any_of(bucket.grants, [&](const Grant& g) {
    return g.grantee.kind != GranteeKind::user || g.grantee.id != bucket.owner.id;
  });
  if (foreign) return fail(Code::invalid_bucket_acl_with_object_ownership);
  return {};
}

}  // namespace cairn::s3wire
