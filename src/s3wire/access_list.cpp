#include "cairn/s3wire/access_list.hpp"

#include <algorithm>
#include <utility>

namespace cairn::s3wire {
namespace {

bool to_everybody(const Grant& g) {
  return g.grantee.kind == GranteeKind::all_users || g.grantee.kind == GranteeKind::authenticated_users;
}

bool reaches(const Grantee& grantee, const Accessor& who) {
  switch (grantee.kind) {
    case GranteeKind::user:
      return grantee.id == who.id;
    case GranteeKind::email:
      return false;
    case GranteeKind::all_users:
      return true;
    case GranteeKind::authenticated_users:
      return who.authenticated;
    case GranteeKind::log_delivery:
      return who.log_delivery;
  }
  return false;
}

constexpr std::uint8_t bits_of(Permission p) {
  constexpr std::uint8_t kAll = 0b1111;
  return p == Permission::full_control ? kAll : static_cast<std::uint8_t>(1u << static_cast<std::uint8_t>(p));
}

}  // namespace

bool is_public(const AccessList& list) { return std::ranges::any_of(list.grants, to_everybody); }

AccessList effective_access_list(AccessList list, ObjectOwnership ownership, const Owner& bucket_owner,
                                 bool ignore_public) {
  if (ownership == ObjectOwnership::bucket_owner_enforced)
    return expand_canned_acl(CannedAcl::private_acl, {AclTarget::bucket, bucket_owner, bucket_owner});
  if (ignore_public) std::erase_if(list.grants, to_everybody);
  return list;
}

void PermissionSet::add(Permission p) { bits_ |= bits_of(p); }
bool PermissionSet::has(Permission p) const { return (bits_ & bits_of(p)) == bits_of(p); }

PermissionSet permissions_of(const AccessList& list, const Accessor& who) {
  PermissionSet out;
  if (list.owner.id == who.id) {
    out.add(Permission::read_acp);
    out.add(Permission::write_acp);
  }
  for (const Grant& g : list.grants)
    if (reaches(g.grantee, who)) out.add(g.permission);
  return out;
}

std::optional<AclNeed> acl_need(Operation op) {
  switch (op) {
    case Operation::head_bucket:
    case Operation::list_objects:
    case Operation::list_objects_v2:
    case Operation::list_object_versions:
    case Operation::list_multipart_uploads:
      return AclNeed{AclTarget::bucket, Permission::read};
    case Operation::put_object:
    case Operation::post_object:
    case Operation::copy_object:
    case Operation::create_multipart_upload:
    case Operation::upload_part:
    case Operation::upload_part_copy:
    case Operation::complete_multipart_upload:
    case Operation::delete_object:
      return AclNeed{AclTarget::bucket, Permission::write};
    case Operation::get_bucket_acl:
      return AclNeed{AclTarget::bucket, Permission::read_acp};
    case Operation::put_bucket_acl:
      return AclNeed{AclTarget::bucket, Permission::write_acp};
    case Operation::get_object:
    case Operation::head_object:
    case Operation::get_object_attributes:
    case Operation::select_object_content:
      return AclNeed{AclTarget::object, Permission::read};
    case Operation::get_object_acl:
      return AclNeed{AclTarget::object, Permission::read_acp};
    case Operation::put_object_acl:
      return AclNeed{AclTarget::object, Permission::write_acp};
    default:
      return std::nullopt;
  }
}

bool acl_allows(const AclQuestion& question) {
  const auto need = acl_need(question.op);
  if (!need) return false;
  const AccessList* const list = need->target == AclTarget::bucket ? question.bucket : question.object;
  if (list == nullptr || !permissions_of(*list, question.who).has(need->permission)) return false;
  if (need->target != AclTarget::bucket || need->permission != Permission::write) return true;
  if (question.bucket->owner.id == question.who.id) return true;
  if (question.op == Operation::delete_object && question.names_version) return false;
  return question.object == nullptr || question.object->owner.id == question.who.id;
}

}  // namespace cairn::s3wire
