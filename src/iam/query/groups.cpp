#include <algorithm>

#include "cairn/iam/membership.hpp"

#include "iam/query/call.hpp"

namespace cairn::iam::query {
namespace {

const std::string& name_of_pair(const std::pair<std::string, Ref<Group>>& g) { return g.first; }

Task<void> change_membership(Call& c, bool member) {
  CO_TRY(const std::string group_name, c.required("GroupName"));
  CO_TRY(std::string user_name, c.required("UserName"));
  CO_TRY(const Ref<Group> group, find_named<Group>(c, group_name));
  const std::function<Status(User&)> change = membership_change(group, member);
  CO_TRY(co_await c.store.update<User>(std::move(user_name), change));
  co_return Status();
}

}  // namespace

Task<void> create_group(Call& c) {
  Group draft;
  CO_TRY(draft.name, c.required("GroupName"));
  if (const std::string path = c.get("Path"); !path.empty()) draft.path = path;
  CO_TRY(const Ref<Group> made, co_await c.store.create<Group>(std::move(draft)));
  c.out.open("Group");
  write_group(c.out, *made);
  c.out.close("Group");
  co_return Status();
}

Task<void> get_group(Call& c) {
  CO_TRY(const std::string name, c.required("GroupName"));
  CO_TRY(const Ref<Group> group, find_named<Group>(c, name));
  c.out.open("Group");
  write_group(c.out, *group);
  c.out.close("Group");
  std::vector<std::pair<std::string, Ref<User>>> members;
  c.store.read([&](const Directory& d) {
    for (const auto& [key, user] : d.users.all())
      if (std::ranges::find(user->groups, group->id) != user->groups.end()) members.emplace_back(key, user);
  });
  co_return write_page(
      c, "Users", members, [](const auto& u) -> const std::string& { return u.first; },
      [](s3wire::XmlWriter& out, const auto& u) { write_user(out, *u.second); });
}

Task<void> list_groups(Call& c) {
  const std::string prefix = c.get("PathPrefix");
  std::vector<std::pair<std::string, Ref<Group>>> groups;
  c.store.read([&](const Directory& d) {
    for (const auto& [name, group] : d.groups.all())
      if (group->path.starts_with(prefix)) groups.emplace_back(name, group);
  });
  co_return write_page(c, "Groups", groups, name_of_pair,
                       [](s3wire::XmlWriter& out, const auto& g) { write_group(out, *g.second); });
}

Task<void> update_group(Call& c) {
  CO_TRY(std::string name, c.required("GroupName"));
  const std::string new_name = c.get("NewGroupName"), new_path = c.get("NewPath");
  const std::function<Status(Group&)> change = [&](Group& g) -> Status {
    if (!new_name.empty()) g.name = new_name;
    if (!new_path.empty()) g.path = new_path;
    return {};
  };
  CO_TRY(co_await c.store.update<Group>(std::move(name), change));
  co_return Status();
}

Task<void> delete_group(Call& c) {
  CO_TRY(std::string name, c.required("GroupName"));
  co_return co_await c.store.remove<Group>(std::move(name));
}

Task<void> add_user_to_group(Call& c) { return change_membership(c, true); }
Task<void> remove_user_from_group(Call& c) { return change_membership(c, false); }

Task<void> list_groups_for_user(Call& c) {
  CO_TRY(const std::string name, c.required("UserName"));
  CO_TRY(const Ref<User> user, find_named<User>(c, name));
  std::vector<std::pair<std::string, Ref<Group>>> groups;
  c.store.read([&](const Directory& d) {
    for (const auto& [key, group] : d.groups.all())
      if (std::ranges::find(user->groups, group->id) != user->groups.end()) groups.emplace_back(key, group);
  });
  co_return write_page(c, "Groups", groups, name_of_pair,
                       [](s3wire::XmlWriter& out, const auto& g) { write_group(out, *g.second); });
}

}  // namespace cairn::iam::query
