#include "iam/query/call.hpp"

// What an account holds, and how much it may hold.
namespace cairn::iam::query {

Task<void> get_account_summary(Call& c) {
  std::vector<std::pair<std::string_view, std::size_t>> entries = {
      {"UsersQuota", quota::kMaxUsers},
      {"GroupsQuota", quota::kMaxGroups},
      {"RolesQuota", quota::kMaxRoles},
      {"PoliciesQuota", quota::kMaxPolicies},
      {"VersionsPerPolicyQuota", quota::kMaxVersions},
      {"GroupsPerUserQuota", quota::kMaxGroupsOfUser},
      {"AccessKeysPerUserQuota", quota::kMaxKeysOfOwner},
      {"AttachedPoliciesPerUserQuota", quota::kMaxAttached},
      {"AttachedPoliciesPerGroupQuota", quota::kMaxAttached},
      {"AttachedPoliciesPerRoleQuota", quota::kMaxAttached},
      {"UserPolicySizeQuota", quota::kMaxUserInline},
      {"GroupPolicySizeQuota", quota::kMaxGroupInline},
  };
  c.store.read([&](const Directory& d) {
    entries.insert(entries.begin(), {{"Users", d.users.size()},
                                     {"Groups", d.groups.size()},
                                     {"Roles", d.roles.size()},
                                     {"Policies", d.policies.size()}});
  });
  c.out.open("SummaryMap");
  for (const auto& [key, value] : entries)
    c.out.open("entry").text("key", key).text("value", std::to_string(value)).close("entry");
  c.out.close("SummaryMap");
  co_return Status();
}

// None yet: identities of OpenID providers cannot be used.
Task<void> list_open_id_connect_providers(Call& c) {
  c.out.open("OpenIDConnectProviderList").close("OpenIDConnectProviderList");
  co_return Status();
}

}  // namespace cairn::iam::query
