#include "cairn/iam/bound_principals.hpp"

#include "iam/query/call.hpp"

namespace cairn::iam::query {
namespace {

constexpr std::uint32_t kAnyNumber = 1'000'000;  // check_record() knows the limits

// Of a document that is no policy nothing is bound: check_record() refuses it.
PrincipalIds trusted_ids(const Call& c, const std::string& document) {
  const auto policy = Policy::parse(document, PolicyKind::trust);
  return policy ? bind_principals(*policy, c.store) : PrincipalIds();
}

}  // namespace

Task<void> create_role(Call& c) {
  Role draft;
  CO_TRY(draft.name, c.required("RoleName"));
  CO_TRY(draft.trust, c.required("AssumeRolePolicyDocument"));
  draft.trust_ids = trusted_ids(c, draft.trust);
  if (const std::string path = c.get("Path"); !path.empty()) draft.path = path;
  draft.description = c.get("Description");
  CO_TRY(draft.max_session, c.number("MaxSessionDuration", 3'600, 0, kAnyNumber));
  draft.boundary = c.get("PermissionsBoundary");
  draft.tags = c.tags();
  CO_TRY(const Ref<Role> made, co_await c.store.create<Role>(std::move(draft)));
  c.out.open("Role");
  write_role(c.out, *made, c.store);
  c.out.close("Role");
  co_return Status();
}

Task<void> get_role(Call& c) {
  CO_TRY(const std::string name, c.required("RoleName"));
  CO_TRY(const Ref<Role> role, find_named<Role>(c, name));
  c.out.open("Role");
  write_role(c.out, *role, c.store);
  c.out.close("Role");
  co_return Status();
}

Task<void> list_roles(Call& c) {
  const std::string prefix = c.get("PathPrefix");
  std::vector<std::pair<std::string, Ref<Role>>> roles;
  c.store.read([&](const Directory& d) {
    for (const auto& [name, role] : d.roles.all())
      if (role->path.starts_with(prefix)) roles.emplace_back(name, role);
  });
  co_return write_page(
      c, "Roles", roles, [](const auto& r) -> const std::string& { return r.first; },
      [&](s3wire::XmlWriter& out, const auto& r) { write_role(out, *r.second, c.store); });
}

Task<void> update_role(Call& c) {
  CO_TRY(std::string name, c.required("RoleName"));
  CO_TRY(const std::uint32_t max_session, c.number("MaxSessionDuration", 0, 0, kAnyNumber));
  const std::string* description = c.form.find("Description");
  const std::function<Status(Role&)> change = [&](Role& r) -> Status {
    if (description) r.description = *description;
    if (max_session != 0) r.max_session = max_session;
    return {};
  };
  CO_TRY(co_await c.store.update<Role>(std::move(name), change));
  co_return Status();
}

Task<void> update_role_description(Call& c) {
  CO_TRY(std::string name, c.required("RoleName"));
  const std::function<Status(Role&)> change = [&](Role& r) -> Status {
    r.description = c.get("Description");
    return {};
  };
  CO_TRY(const Ref<Role> role, co_await c.store.update<Role>(std::move(name), change));
  c.out.open("Role");
  write_role(c.out, *role, c.store);
  c.out.close("Role");
  co_return Status();
}

Task<void> delete_role(Call& c) {
  CO_TRY(std::string name, c.required("RoleName"));
  co_return co_await c.store.remove<Role>(std::move(name));
}

Task<void> update_assume_role_policy(Call& c) {
  CO_TRY(std::string name, c.required("RoleName"));
  CO_TRY(const std::string trust, c.required("PolicyDocument"));
  const PrincipalIds ids = trusted_ids(c, trust);
  const std::function<Status(Role&)> change = [&](Role& r) -> Status {
    r.trust = trust;
    r.trust_ids = ids;
    return {};
  };
  CO_TRY(co_await c.store.update<Role>(std::move(name), change));
  co_return Status();
}

// There are no instances that could have a profile; tools ask before they delete a role.
Task<void> list_instance_profiles_for_role(Call& c) {
  CO_TRY(const std::string name, c.required("RoleName"));
  CO_TRY(find_named<Role>(c, name));
  c.out.open("InstanceProfiles").close("InstanceProfiles");
  write_page_end(c.out, "");
  co_return Status();
}

}  // namespace cairn::iam::query
