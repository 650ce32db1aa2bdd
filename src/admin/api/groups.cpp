#include "cairn/iam/membership.hpp"

#include "admin/api/call.hpp"

namespace cairn::admin::api {
namespace {

json head_of(const iam::Group& g) {
  json own = json::array();
  for (const auto& [name, text] : g.permissions.inline_policies) own.push_back(name);
  return {{"name", g.name},
          {"path", g.path},
          {"arn", iam::group_arn(g)},
          {"created", iso8601_ms(g.created)},
          {"policies", policy_names(g.permissions.attached)},
          {"inline_policies", std::move(own)}};
}

json document_of(const Call& c, const iam::Group& g) {
  json members = json::array();
  for (const auto& u : c.identities().read([&](const iam::Directory& d) { return d.members_of(g); }))
    members.push_back(u->name);
  json out = head_of(g);
  out["members"] = std::move(members);
  return out;
}

Task<json> change_membership(Call& c, bool member) {
  CO_TRY(const auto group, find_group(c, c.path[0]));
  const std::function<Status(iam::User&)> change = iam::membership_change(group, member);
  CO_TRY(co_await c.identities().update<iam::User>(c.path[1], change));
  co_return document_of(c, *group);
}

}  // namespace

// Without the members: to find them all users are looked at.
Task<json> list_groups(Call& c) {
  co_return c.identities().read([&](const iam::Directory& d) {
    return write_page(c, d.groups.all(), [](const auto& g) { return head_of(*g); });
  });
}

Task<json> create_group(Call& c) {
  CO_TRY(check_fields(c.body, {"name", "path", "policies"}));
  iam::Group draft;
  CO_TRY(draft.name, required_text(c.body, "name"));
  CO_TRY(const auto path, read_text(c.body, "path"));
  if (path) draft.path = *path;
  CO_TRY(const auto policies, read_texts(c.body, "policies"));
  if (!policies.empty()) CO_TRY(authorize(c, "admin:AttachUserOrGroupPolicy", iam::group_arn(draft)));
  CO_TRY(draft.permissions.attached, policy_arns(c, policies));
  CO_TRY(const auto made, co_await c.identities().create<iam::Group>(std::move(draft)));
  co_return document_of(c, *made);
}

Task<json> get_group(Call& c) {
  CO_TRY(const auto group, find_group(c, c.path[0]));
  co_return document_of(c, *group);
}

// Its members leave it; they stay what they are besides.
Task<json> delete_group(Call& c) {
  CO_TRY(co_await c.identities().remove<iam::Group>(c.path[0], true));
  co_return json::object();
}

Task<json> add_member(Call& c) { return change_membership(c, true); }
Task<json> remove_member(Call& c) { return change_membership(c, false); }

}  // namespace cairn::admin::api
