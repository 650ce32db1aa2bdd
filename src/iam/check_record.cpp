#include <algorithm>

#include "cairn/iam/directory.hpp"
#include "cairn/iam/policy.hpp"

#include "iam/names.hpp"
#include "iam/text.hpp"

namespace cairn::iam {

using namespace quota;
namespace {

template <class T>
Status check_name_is_free(const RecordTable<T>& table, const T* before, const T& after, std::string_view kind,
                          std::size_t most) {
  const auto there = table.find(after.name);
  if (there && (!before || there->id != before->id))
    return fail(Code::entity_already_exists,
                std::string(kind) + " with name " + after.name + " already exists.");
  if (!before && table.size() >= most)
    return fail(Code::limit_exceeded, "There are too many: at most " + std::to_string(most) + ".");
  return {};
}

std::size_t size_without_space(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return c != ' ' && c != '\t' && c != '\n' && c != '\r'; }));
}

Status check_inline(const Permissions& before, const Permissions& after, std::size_t most) {
  std::size_t total = 0;
  for (const auto& [name, text] : after.inline_policies) {
    TRY(check_name("policyName", name, 128));
    const auto old = before.inline_policies.find(name);
    if (old == before.inline_policies.end() || old->second != text)
      TRY(Policy::parse(text, PolicyKind::identity, {.max_characters = most}));
    total += size_without_space(text);
  }
  if (total > most)
    return fail(Code::limit_exceeded, "Maximum policy size of " + std::to_string(most) +
                                          " bytes exceeded: all inline policies count.");
  return {};
}

Status check_attached(const Directory& all, const Permissions& before, const Permissions& after) {
  if (after.attached.size() > kMaxAttached)
    return fail(Code::limit_exceeded,
                "Cannot exceed quota for PoliciesPerIdentity: " + std::to_string(kMaxAttached));
  for (const std::string& arn : after.attached) {
    if (std::ranges::count(after.attached, arn) > 1)
      return fail(Code::entity_already_exists, "A policy is attached twice.");
    if (std::ranges::find(before.attached, arn) == before.attached.end() && !all.find_policy(arn))
      return fail(Code::no_such_entity, "Policy " + arn + " does not exist or is not attachable.");
  }
  return {};
}

Status check_permissions(const Directory& all, const Permissions* before, const Permissions& after,
                         std::size_t inline_limit) {
  static const Permissions none;
  TRY(check_inline(before ? *before : none, after, inline_limit));
  return check_attached(all, before ? *before : none, after);
}

Status check_boundary(const Directory& all, const std::string& arn) {
  if (arn.empty() || all.find_policy(arn)) return {};
  return fail(Code::no_such_entity, "Policy " + arn + " does not exist.");
}

}  // namespace

Status check_record(const Directory& all, const User* before, const User& after) {
  TRY(check_name("userName", after.name, 64));
  TRY(check_path(after.path));
  TRY(check_tags(after.tags));
  TRY(check_name_is_free(all.users, before, after, "User", kMaxUsers));
  TRY(check_boundary(all, after.boundary));
  if (after.groups.size() > kMaxGroupsOfUser)
    return fail(Code::limit_exceeded,
                "Cannot exceed quota for GroupsPerUser: " + std::to_string(kMaxGroupsOfUser));
  for (const std::string& id : after.groups)
    if (!all.groups.find_id(id)) return fail(Code::no_such_entity, "The group cannot be found.");
  return check_permissions(all, before ? &before->permissions : nullptr, after.permissions, kMaxUserInline);
}

Status check_record(const Directory& all, const Group* before, const Group& after) {
  TRY(check_name("groupName", after.name, 128));
  TRY(check_path(after.path));
  TRY(check_name_is_free(all.groups, before, after, "Group", kMaxGroups));
  return check_permissions(all, before ? &before->permissions : nullptr, after.permissions, kMaxGroupInline);
}

Status check_record(const Directory& all, const Role* before, const Role& after) {
  TRY(check_name("roleName", after.name, 64));
  TRY(check_path(after.path));
  TRY(check_tags(after.tags));
  TRY(check_text("description", after.description, 1'000));
  TRY(check_name_is_free(all.roles, before, after, "Role", kMaxRoles));
  TRY(check_boundary(all, after.boundary));
  if (after.max_session < 3'600 || after.max_session > 43'200)
    return fail(Code::validation_error, "maxSessionDuration must be a number of seconds from 3600 to 43200.");
  if (!before || before->trust != after.trust) TRY(Policy::parse(after.trust, PolicyKind::trust));
  return check_permissions(all, before ? &before->permissions : nullptr, after.permissions, kMaxRoleInline);
}

Status check_record(const Directory& all, const ManagedPolicy* before, const ManagedPolicy& after) {
  TRY(check_name("policyName", after.name, 128));
  TRY(check_path(after.path));
  TRY(check_tags(after.tags));
  TRY(check_text("description", after.description, 1'000));
  TRY(check_name_is_free(all.policies, before, after, "A policy", kMaxPolicies));
  if (after.versions.size() > kMaxVersions)
    return fail(Code::limit_exceeded, "A managed policy can have up to 5 versions.");
  if (!after.find_version(after.default_version))
    return fail(Code::delete_conflict, "Cannot delete the default version of a policy.");
  for (const PolicyVersion& v : after.versions) {
    const PolicyVersion* old = before ? before->find_version(v.number) : nullptr;
    if (!old || old->text != v.text) TRY(Policy::parse(v.text, PolicyKind::identity));
  }
  return {};
}

Status check_record(const Directory& all, const AccessKey* before, const AccessKey& after) {
  if (!before) TRY(check_access_key_id(after.id));
  if (!before || before->secret != after.secret) TRY(check_secret(after.secret));
  TRY(check_text("name", after.name, 128));
  TRY(check_text("description", after.description, 1'000));
  if (!after.policy.empty() && (!before || before->policy != after.policy))
    TRY(Policy::parse(after.policy, PolicyKind::session, PolicyLimits::of(PolicyKind::identity)));
  if (before) return {};
  if (all.keys.find(after.id))
    return fail(Code::entity_already_exists, "The access key " + after.id + " already exists.");
  if (after.owner != kRootId && !all.users.find_id(after.owner))
    return fail(Code::no_such_entity, "The owner of the access key does not exist.");
  if (all.keys_of(after.owner).size() >= kMaxKeysOfOwner)
    return fail(Code::limit_exceeded,
                "Cannot exceed quota for AccessKeysPerUser: " + std::to_string(kMaxKeysOfOwner));
  return {};
}

Status check_removal(const Directory& all, const User& user) {
  if (!all.keys_of(user.id).empty())
    return fail(Code::delete_conflict, "Cannot delete entity, must delete access keys first.");
  if (!user.permissions.inline_policies.empty())
    return fail(Code::delete_conflict, "Cannot delete entity, must delete policies first.");
  if (!user.permissions.attached.empty())
    return fail(Code::delete_conflict, "Cannot delete entity, must detach all policies first.");
  if (!user.groups.empty())
    return fail(Code::delete_conflict, "Cannot delete entity, must remove users from group first.");
  return {};
}

Status check_removal(const Directory& all, const Group& group) {
  if (!all.members_of(group).empty())
    return fail(Code::delete_conflict, "Cannot delete entity, must remove users from group first.");
  if (!group.permissions.inline_policies.empty())
    return fail(Code::delete_conflict, "Cannot delete entity, must delete policies first.");
  if (!group.permissions.attached.empty())
    return fail(Code::delete_conflict, "Cannot delete entity, must detach all policies first.");
  return {};
}

Status check_removal(const Directory&, const Role& role) {
  if (!role.permissions.inline_policies.empty())
    return fail(Code::delete_conflict, "Cannot delete entity, must delete policies first.");
  if (!role.permissions.attached.empty())
    return fail(Code::delete_conflict, "Cannot delete entity, must detach all policies first.");
  return {};
}

Status check_removal(const Directory& all, const ManagedPolicy& policy) {
  const auto uses = all.uses_of(policy);
  if (uses.attachments() + uses.boundaries() > 0)
    return fail(Code::delete_conflict, "Cannot delete a policy attached to entities.");
  if (policy.versions.size() > 1)
    return fail(Code::delete_conflict,
                "This policy has more than one version. Before you delete a policy, you must delete the "
                "policy's versions. The default version is deleted with the policy.");
  return {};
}

}  // namespace cairn::iam
