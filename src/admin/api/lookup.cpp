#include <algorithm>

#include "admin/api/call.hpp"

namespace cairn::admin::api {
namespace {

template <class T>
Result<iam::Ref<T>> find_named(const Call& call, std::string_view kind, std::string_view name) {
  auto found = call.identities().read([&](const iam::Directory& d) { return d.table<T>().find(name); });
  if (found) return found;
  std::string text = "There is no ";
  return fail(Code::no_such_entity, text.append(kind).append(" ").append(name).append("."));
}

bool same_name(std::string_view a, std::string_view b) { return http::equal_ignoring_case(a, b); }

iam::Ref<iam::ManagedPolicy> policy_named(const iam::Directory& d, std::string_view name) {
  if (name.starts_with("arn:")) return d.find_policy(name);
  if (auto own = d.policies.find(name)) return own;
  for (const auto& p : iam::built_in_policies())
    if (same_name(p->name, name)) return p;
  return nullptr;
}

}  // namespace

Result<iam::Ref<iam::User>> find_user(const Call& call, std::string_view name) {
  return find_named<iam::User>(call, "user", name);
}
Result<iam::Ref<iam::Group>> find_group(const Call& call, std::string_view name) {
  return find_named<iam::Group>(call, "group", name);
}
Result<iam::Ref<iam::AccessKey>> find_key(const Call& call, std::string_view id) {
  return find_named<iam::AccessKey>(call, "access key", id);
}

Result<iam::Ref<iam::ManagedPolicy>> find_policy(const Call& call, std::string_view name) {
  auto found = call.identities().read([&](const iam::Directory& d) { return policy_named(d, name); });
  if (found) return found;
  return fail(Code::no_such_entity, "There is no policy " + std::string(name) + ".");
}

Result<std::vector<std::string>> policy_arns(const Call& call, const std::vector<std::string>& names) {
  std::vector<std::string> arns;
  for (const std::string& name : names) {
    TRY(const auto policy, find_policy(call, name));
    std::string arn = iam::policy_arn(*policy);
    if (std::ranges::find(arns, arn) == arns.end()) arns.push_back(std::move(arn));
  }
  return arns;
}

std::vector<std::string> policy_names(const std::vector<std::string>& arns) {
  std::vector<std::string> names;
  for (const std::string& arn : arns) names.push_back(arn.substr(arn.rfind('/') + 1));
  std::ranges::sort(names);
  return names;
}

std::string owner_arn(const iam::Directory& all, const std::string& owner) {
  if (owner == iam::kRootId) return "arn:aws:iam::" + std::string(iam::kAccount) + ":root";
  const auto user = all.users.find_id(owner);
  return user ? iam::user_arn(*user) : std::string();
}

}  // namespace cairn::admin::api
