#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/result.hpp"
#include "cairn/iam/records.hpp"

namespace cairn::iam {

namespace quota {
// Counts. Where AWS's is lower (2 access keys a user, 10 groups a user), it would only be in the way here.
inline constexpr std::size_t kMaxUsers = 100'000, kMaxGroups = 10'000, kMaxRoles = 10'000;
inline constexpr std::size_t kMaxPolicies = 10'000, kMaxVersions = 5;
inline constexpr std::size_t kMaxAttached = 20, kMaxGroupsOfUser = 50, kMaxKeysOfOwner = 1'000;
// All inline policies of one together, without white space.
inline constexpr std::size_t kMaxUserInline = 2'048, kMaxGroupInline = 5'120, kMaxRoleInline = 10'240;
}  // namespace quota

template <class T>
using Ref = std::shared_ptr<const T>;

// All records of one kind, by name in lower case (access keys: by id as it is).
template <class T>
class RecordTable {
 public:
  using Map = std::map<std::string, Ref<T>, std::less<>>;

  // nullptr where there is none.
  Ref<T> find(std::string_view name) const;
  Ref<T> find_id(std::string_view id) const;
  const Map& all() const { return by_name_; }
  std::vector<Ref<T>> of_owner(std::string_view owner) const;  // of access keys
  std::size_t size() const { return by_name_.size(); }

  void put(Ref<T> record);
  void remove(const T& record);

 private:
  Map by_name_;
  std::map<std::string, Ref<T>, std::less<>> by_id_;
  std::set<std::pair<std::string, std::string>> by_owner_;  // owner, id
};

template <>
Ref<AccessKey> RecordTable<AccessKey>::find(std::string_view id) const;

// Everything that the identity store keeps, and what follows from it. A value: no locks, no I/O.
class Directory {
 public:
  RecordTable<User> users;
  RecordTable<Group> groups;
  RecordTable<Role> roles;
  RecordTable<ManagedPolicy> policies;
  RecordTable<AccessKey> keys;

  template <class T>
  RecordTable<T>& table();
  template <class T>
  const RecordTable<T>& table() const {
    return const_cast<Directory*>(this)->table<T>();
  }

  // By arn:aws:iam::000000000000:policy/... or arn:aws:iam::aws:policy/... (the built-in ones); nullptr.
  Ref<ManagedPolicy> find_policy(std::string_view arn) const;
  Ref<Role> find_role(std::string_view arn) const;

  std::vector<Ref<User>> members_of(const Group& group) const;
  std::vector<Ref<Group>> groups_of(const User& user) const;
  std::vector<Ref<AccessKey>> keys_of(std::string_view owner) const {  // a user's id, or kRootId
    return keys.of_owner(owner);
  }
  // The users, groups and roles that a policy is attached to, or whose boundary it is.
  struct Uses {
    std::vector<Ref<User>> users, bounded_users;
    std::vector<Ref<Group>> groups;
    std::vector<Ref<Role>> roles, bounded_roles;
    std::size_t attachments() const { return users.size() + groups.size() + roles.size(); }
    std::size_t boundaries() const { return bounded_users.size() + bounded_roles.size(); }
  };
  Uses uses_of(const ManagedPolicy& policy) const;
};

template <>
RecordTable<User>& Directory::table<User>();
template <>
RecordTable<Group>& Directory::table<Group>();
template <>
RecordTable<Role>& Directory::table<Role>();
template <>
RecordTable<ManagedPolicy>& Directory::table<ManagedPolicy>();
template <>
RecordTable<AccessKey>& Directory::table<AccessKey>();

// Policies that every installation has: AmazonS3FullAccess, AmazonS3ReadOnlyAccess, IAMFullAccess,
// IAMReadOnlyAccess, AdministratorAccess, and readwrite, readonly, writeonly and consoleAdmin.
const std::vector<Ref<ManagedPolicy>>& built_in_policies();

// What a record must be to be kept, given all others; `before` is what it replaces, or nullptr. Decides names
// and sizes (validation_error, limit_exceeded), policies (malformed_policy), that names are free
// (entity_already_exists) and that what it refers to exists (no_such_entity).
Status check_record(const Directory& all, const User* before, const User& after);
Status check_record(const Directory& all, const Group* before, const Group& after);
Status check_record(const Directory& all, const Role* before, const Role& after);
Status check_record(const Directory& all, const ManagedPolicy* before, const ManagedPolicy& after);
Status check_record(const Directory& all, const AccessKey* before, const AccessKey& after);

// Whether a record may go: delete_conflict as long as something depends on it.
Status check_removal(const Directory& all, const User& user);
Status check_removal(const Directory& all, const Group& group);
Status check_removal(const Directory& all, const Role& role);
Status check_removal(const Directory& all, const ManagedPolicy& policy);
inline Status check_removal(const Directory&, const AccessKey&) { return {}; }

}  // namespace cairn::iam
