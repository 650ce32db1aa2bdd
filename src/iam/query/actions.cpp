#include <algorithm>
#include <array>

#include "iam/query/call.hpp"

namespace cairn::iam::query {
namespace {

constexpr auto kStsFree = true;

constexpr auto kActions = std::to_array<Action>({
    {"AddUserToGroup", add_user_to_group, Target::group},
    {"AttachGroupPolicy", attach_policy<Group>, Target::group},
    {"AttachRolePolicy", attach_policy<Role>, Target::role},
    {"AttachUserPolicy", attach_policy<User>, Target::user},
    {"CreateAccessKey", create_access_key, Target::own_user},
    {"CreateGroup", create_group, Target::new_group},
    {"CreatePolicy", create_policy, Target::new_policy},
    {"CreatePolicyVersion", create_policy_version, Target::policy},
    {"CreateRole", create_role, Target::new_role},
    {"CreateUser", create_user, Target::new_user},
    {"DeleteAccessKey", delete_access_key, Target::own_user},
    {"DeleteGroup", delete_group, Target::group},
    {"DeleteGroupPolicy", delete_inline_policy<Group>, Target::group},
    {"DeletePolicy", delete_policy, Target::policy},
    {"DeletePolicyVersion", delete_policy_version, Target::policy},
    {"DeleteRole", delete_role, Target::role},
    {"DeleteRolePermissionsBoundary", delete_boundary<Role>, Target::role},
    {"DeleteRolePolicy", delete_inline_policy<Role>, Target::role},
    {"DeleteUser", delete_user, Target::user},
    {"DeleteUserPermissionsBoundary", delete_boundary<User>, Target::user},
    {"DeleteUserPolicy", delete_inline_policy<User>, Target::user},
    {"DetachGroupPolicy", detach_policy<Group>, Target::group},
    {"DetachRolePolicy", detach_policy<Role>, Target::role},
    {"DetachUserPolicy", detach_policy<User>, Target::user},
    {"GetAccessKeyLastUsed", get_access_key_last_used, Target::own_user},
    {"GetAccountSummary", get_account_summary, Target::nothing},
    {"GetGroup", get_group, Target::group},
    {"GetGroupPolicy", get_inline_policy<Group>, Target::group},
    {"GetPolicy", get_policy, Target::policy},
    {"GetPolicyVersion", get_policy_version, Target::policy},
    {"GetRole", get_role, Target::role},
    {"GetRolePolicy", get_inline_policy<Role>, Target::role},
    {"GetUser", get_user, Target::own_user},
    {"GetUserPolicy", get_inline_policy<User>, Target::user},
    {"ListAccessKeys", list_access_keys, Target::own_user},
    {"ListAttachedGroupPolicies", list_attached_policies<Group>, Target::group},
    {"ListAttachedRolePolicies", list_attached_policies<Role>, Target::role},
    {"ListAttachedUserPolicies", list_attached_policies<User>, Target::user},
    {"ListEntitiesForPolicy", list_entities_for_policy, Target::policy},
    {"ListGroupPolicies", list_inline_policies<Group>, Target::group},
    {"ListGroups", list_groups, Target::nothing},
    {"ListGroupsForUser", list_groups_for_user, Target::user},
    {"ListInstanceProfilesForRole", list_instance_profiles_for_role, Target::role},
    {"ListOpenIDConnectProviders", list_open_id_connect_providers, Target::nothing},
    {"ListPolicies", list_policies, Target::nothing},
    {"ListPolicyTags", list_tags<ManagedPolicy>, Target::policy},
    {"ListPolicyVersions", list_policy_versions, Target::policy},
    {"ListRolePolicies", list_inline_policies<Role>, Target::role},
    {"ListRoleTags", list_tags<Role>, Target::role},
    {"ListRoles", list_roles, Target::nothing},
    {"ListUserPolicies", list_inline_policies<User>, Target::user},
    {"ListUserTags", list_tags<User>, Target::user},
    {"ListUsers", list_users, Target::nothing},
    {"PutGroupPolicy", put_inline_policy<Group>, Target::group},
    {"PutRolePermissionsBoundary", put_boundary<Role>, Target::role},
    {"PutRolePolicy", put_inline_policy<Role>, Target::role},
    {"PutUserPermissionsBoundary", put_boundary<User>, Target::user},
    {"PutUserPolicy", put_inline_policy<User>, Target::user},
    {"RemoveUserFromGroup", remove_user_from_group, Target::group},
    {"SetDefaultPolicyVersion", set_default_policy_version, Target::policy},
    {"SimulatePrincipalPolicy", simulate_principal_policy, Target::source},
    {"TagPolicy", add_tags<ManagedPolicy>, Target::policy},
    {"TagRole", add_tags<Role>, Target::role},
    {"TagUser", add_tags<User>, Target::user},
    {"UntagPolicy", remove_tags<ManagedPolicy>, Target::policy},
    {"UntagRole", remove_tags<Role>, Target::role},
    {"UntagUser", remove_tags<User>, Target::user},
    {"UpdateAccessKey", update_access_key, Target::own_user},
    {"UpdateAssumeRolePolicy", update_assume_role_policy, Target::role},
    {"UpdateGroup", update_group, Target::group},
    {"UpdateRole", update_role, Target::role},
    {"UpdateRoleDescription", update_role_description, Target::role},
    {"UpdateUser", update_user, Target::user},

    {"AssumeRole", assume_role, Target::nothing, QueryService::sts, kStsFree},
    {"AssumeRoleWithSAML", not_implemented, Target::nothing, QueryService::sts, kStsFree},
    {"AssumeRoleWithWebIdentity", not_implemented, Target::nothing, QueryService::sts, kStsFree},
    {"AssumeRoot", not_implemented, Target::nothing, QueryService::sts, kStsFree},
    {"DecodeAuthorizationMessage", not_implemented, Target::nothing, QueryService::sts, kStsFree},
    {"GetAccessKeyInfo", get_access_key_info, Target::nothing, QueryService::sts, kStsFree},
    {"GetCallerIdentity", get_caller_identity, Target::nothing, QueryService::sts, kStsFree},
    {"GetFederationToken", not_implemented, Target::nothing, QueryService::sts, kStsFree},
    {"GetSessionToken", get_session_token, Target::nothing, QueryService::sts, kStsFree},
});

}  // namespace

const Action* find_action(std::string_view name) {
  const auto at = std::ranges::find(kActions, name, &Action::name);
  return at == kActions.end() ? nullptr : &*at;
}

Task<void> not_implemented(Call& c) {
  co_return fail(Code::not_implemented,
                 "The action " + c.get("Action") + " is not implemented by this server.");
}

}  // namespace cairn::iam::query
