#include <array>

#include "admin/api/call.hpp"

namespace cairn::admin::api {
namespace {

std::string arn(std::string_view kind, std::string_view name) {
  std::string out = "arn:aws:iam::";
  return out.append(iam::kAccount).append(":").append(kind).append("/").append(name);
}

// What is there is asked about by its ARN, what is not by the one it would have.
std::string everything(const Call&) { return "*"; }
std::string user_at(const Call& c, std::string_view name) {
  const auto found = find_user(c, name);
  return found ? iam::user_arn(**found) : arn("user", name);
}
std::string group_at(const Call& c, std::string_view name) {
  const auto found = find_group(c, name);
  return found ? iam::group_arn(**found) : arn("group", name);
}
std::string text_in_body(const Call& c, const char* name) {
  const auto text = read_text(c.body, name);
  return text && *text ? **text : std::string();
}
std::string the_user(const Call& c) { return user_at(c, c.path[0]); }
std::string new_user(const Call& c) { return arn("user", text_in_body(c, "name")); }
std::string the_group(const Call& c) { return group_at(c, c.path[0]); }
std::string new_group(const Call& c) { return arn("group", text_in_body(c, "name")); }
std::string the_policy(const Call& c) {
  const auto found = find_policy(c, c.path[0]);
  return found ? iam::policy_arn(**found) : arn("policy", c.path[0]);
}
std::string owner_of_key(const Call& c) {
  const auto key = find_key(c, c.path[0]);
  if (!key) return "*";
  return c.identities().read([&](const iam::Directory& d) { return owner_arn(d, (*key)->owner); });
}
std::string owner_of_new_key(const Call& c) {
  const std::string name = text_in_body(c, "user");
  return name.empty() ? c.who->principal.arn : user_at(c, name);
}
std::string the_bucket(const Call& c) { return "arn:aws:s3:::" + c.path[0]; }

constexpr bool kBody = true;
constexpr auto kRoutes = std::to_array<Route>({
    {"GET", "", "", everything, list_routes},

    {"GET", "/users", "admin:ListUsers", everything, list_users},
    {"POST", "/users", "admin:CreateUser", new_user, create_user, 201, kBody},
    {"GET", "/users/{user}", "admin:GetUser", the_user, get_user},
    {"PATCH", "/users/{user}", "admin:EnableUser", the_user, update_user, 200, kBody},
    {"DELETE", "/users/{user}", "admin:DeleteUser", the_user, delete_user},

    {"GET", "/keys", "admin:ListServiceAccounts", everything, list_keys},
    {"POST", "/keys", "admin:CreateServiceAccount", owner_of_new_key, create_key, 201, kBody},
    {"GET", "/keys/{key}", "admin:ListServiceAccounts", owner_of_key, get_key},
    {"PATCH", "/keys/{key}", "admin:UpdateServiceAccount", owner_of_key, update_key, 200, kBody},
    {"DELETE", "/keys/{key}", "admin:RemoveServiceAccount", owner_of_key, delete_key},

    {"GET", "/groups", "admin:ListGroups", everything, list_groups},
    {"POST", "/groups", "admin:AddUserToGroup", new_group, create_group, 201, kBody},
    {"GET", "/groups/{group}", "admin:GetGroup", the_group, get_group},
    {"DELETE", "/groups/{group}", "admin:RemoveUserFromGroup", the_group, delete_group},
    {"PUT", "/groups/{group}/members/{user}", "admin:AddUserToGroup", the_group, add_member},
    {"DELETE", "/groups/{group}/members/{user}", "admin:RemoveUserFromGroup", the_group, remove_member},

    {"GET", "/policies", "admin:ListUserPolicies", everything, list_policies},
    {"GET", "/policies/{policy}", "admin:GetPolicy", the_policy, get_policy},
    {"PUT", "/policies/{policy}", "admin:CreatePolicy", the_policy, put_policy, 200, kBody},
    {"DELETE", "/policies/{policy}", "admin:DeletePolicy", the_policy, delete_policy},
    {"PUT", "/users/{user}/policies/{policy}", "admin:AttachUserOrGroupPolicy", the_user, attach_to_user},
    {"DELETE", "/users/{user}/policies/{policy}", "admin:AttachUserOrGroupPolicy", the_user,
     detach_from_user},
    {"PUT", "/groups/{group}/policies/{policy}", "admin:AttachUserOrGroupPolicy", the_group, attach_to_group},
    {"DELETE", "/groups/{group}/policies/{policy}", "admin:AttachUserOrGroupPolicy", the_group,
     detach_from_group},
    {"POST", "/explain", "admin:ExplainPolicy", everything, explain_policy, 200, kBody},

    {"GET", "/usage", "admin:DataUsageInfo", everything, list_usage},
    {"GET", "/usage/{bucket}", "admin:DataUsageInfo", the_bucket, get_usage},
    {"GET", "/quotas", "admin:GetBucketQuota", everything, list_quotas},
    {"GET", "/quotas/{bucket}", "admin:GetBucketQuota", the_bucket, get_quota},
    {"PUT", "/quotas/{bucket}", "admin:SetBucketQuota", the_bucket, put_quota, 200, kBody},
    {"DELETE", "/quotas/{bucket}", "admin:SetBucketQuota", the_bucket, delete_quota},

    {"GET", "/info", "admin:ServerInfo", everything, get_info},
    {"GET", "/heal", "admin:Heal", everything, get_heal},
    {"GET", "/verify", "admin:Heal", everything, get_verify},
    {"POST", "/verify", "admin:Heal", everything, start_verify, 202},
});

std::string_view next_segment(std::string_view& path) {
  path.remove_prefix(1);  // the '/'
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(segment.size());
  return segment;
}

bool fits(std::string_view pattern, std::string_view path, std::vector<std::string_view>& values) {
  values.clear();
  while (!pattern.empty() && !path.empty()) {
    const std::string_view want = next_segment(pattern), have = next_segment(path);
    if (want.starts_with('{')) {
      if (have.empty()) return false;
      values.push_back(have);
    } else if (want != have) {
      return false;
    }
  }
  return pattern.empty() && path.empty();
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Match find_route(std::string_view method, std::string_view path) {
  Match match;
  if (path == "/") path = "";
  for (const Route& route : kRoutes) {
    if (!fits(route.path, path, match.values)) continue;
    if (route.method == method) {
      match.route = &route;
      return match;
    }
    match.allow.append(match.allow.empty() ? "" : ", ").append(route.method);
  }
  return match;
}

Task<json> list_routes(Call& c) {
  json list = json::array();
  for (const Route& r : kRoutes)
    list.push_back({{"method", r.method}, {"path", r.path}, {"action", r.action}});
  co_return json{{"version", c.config.version}, {"routes", std::move(list)}};
}

}  // namespace cairn::admin::api
