#include "cairn/iam/directory.hpp"

#include <algorithm>

#include "cairn/iam/membership.hpp"

#include "iam/text.hpp"

namespace cairn::iam {
namespace {

template <class T>
std::string key_of(const T& record) {
  return to_lower(record.name);
}
std::string key_of(const AccessKey& key) { return key.id; }

bool holds(const std::vector<std::string>& list, std::string_view value) {
  return std::ranges::find(list, value) != list.end();
}

}  // namespace

template <class T>
Ref<T> RecordTable<T>::find(std::string_view name) const {
  const auto at = by_name_.find(to_lower(name));
  return at == by_name_.end() ? nullptr : at->second;
}
template <>
Ref<AccessKey> RecordTable<AccessKey>::find(std::string_view id) const {
  const auto at = by_name_.find(id);
  return at == by_name_.end() ? nullptr : at->second;
}

template <class T>
Ref<T> RecordTable<T>::find_id(std::string_view id) const {
  const auto at = by_id_.find(id);
  return at == by_id_.end() ? nullptr : at->second;
}

template <class T>
void RecordTable<T>::put(Ref<T> record) {
  if (const auto old = by_id_.find(record->id); old != by_id_.end()) by_name_.erase(key_of(*old->second));
  if constexpr (std::is_same_v<T, AccessKey>) by_owner_.emplace(record->owner, record->id);
  by_id_[record->id] = record;
  by_name_[key_of(*record)] = std::move(record);
}

template <class T>
void RecordTable<T>::remove(const T& record) {
  const std::string key = key_of(record), id = record.id;  // the record may die with its entry
  if constexpr (std::is_same_v<T, AccessKey>) by_owner_.erase({record.owner, id});
  by_name_.erase(key);
  by_id_.erase(id);
}

template <class T>
std::vector<Ref<T>> RecordTable<T>::of_owner(std::string_view owner) const {
  std::vector<Ref<T>> out;
  for (auto at = by_owner_.lower_bound({std::string(owner), ""}); at != by_owner_.end() && at->first == owner;
       ++at)
    out.push_back(find_id(at->second));
  return out;
}

template class RecordTable<User>;
template class RecordTable<Group>;
template class RecordTable<Role>;
template class RecordTable<ManagedPolicy>;
template class RecordTable<AccessKey>;

template <>
RecordTable<User>& Directory::table() {
  return users;
}
template <>
RecordTable<Group>& Directory::table() {
  return groups;
}
template <>
RecordTable<Role>& Directory::table() {
  return roles;
}
template <>
RecordTable<ManagedPolicy>& Directory::table() {
  return policies;
}
template <>
RecordTable<AccessKey>& Directory::table() {
  return keys;
}

Ref<ManagedPolicy> Directory::find_policy(std::string_view arn) const {
  for (const auto& p : built_in_policies())
    if (policy_arn(*p) == arn) return p;
  const auto found = policies.find(arn.substr(arn.rfind('/') + 1));
  return found && policy_arn(*found) == arn ? found : nullptr;
}

Ref<Role> Directory::find_role(std::string_view arn) const {
  const auto found = roles.find(arn.substr(arn.rfind('/') + 1));
  return found && role_arn(*found) == arn ? found : nullptr;
}

std::function<Status(User&)> membership_change(Ref<Group> group, bool member) {
  return [group = std::move(group), member](User& u) -> Status {
    const bool there = std::ranges::find(u.groups, group->id) != u.groups.end();
    if (member && !there) u.groups.push_back(group->id);
    if (!member && !there)
      return fail(Code::no_such_entity, "The user " + u.name + " is not in the group " + group->name + ".");
    if (!member) std::erase(u.groups, group->id);
    return {};
  };
}

std::vector<Ref<User>> Directory::members_of(const Group& group) const {
  std::vector<Ref<User>> out;
  for (const auto& [name, user] : users.all())
    if (holds(user->groups, group.id)) out.push_back(user);
  return out;
}

std::vector<Ref<Group>> Directory::groups_of(const User& user) const {
  std::vector<Ref<Group>> out;
  for (const std::string& id : user.groups)
    if (auto group = groups.find_id(id)) out.push_back(std::move(group));
  return out;
}

Directory::Uses Directory::uses_of(const ManagedPolicy& policy) const {
  const std::string arn = policy_arn(policy);
  Uses out;
  for (const auto& [name, u] : users.all()) {
    if (holds(u->permissions.attached, arn)) out.users.push_back(u);
    if (u->boundary == arn) out.bounded_users.push_back(u);
  }
  for (const auto& [name, g] : groups.all())
    if (holds(g->permissions.attached, arn)) out.groups.push_back(g);
  for (const auto& [name, r] : roles.all()) {
    if (holds(r->permissions.attached, arn)) out.roles.push_back(r);
    if (r->boundary == arn) out.bounded_roles.push_back(r);
  }
  return out;
}

}  // namespace cairn::iam
