#include "iam/identity_table.hpp"

#include "cairn/base/bytes.hpp"
#include "cairn/crypto/digest.hpp"
#include "cairn/iam/identity_store.hpp"

#include "iam/build_identity.hpp"

namespace cairn::iam {
namespace {

constexpr std::size_t kMaxSessions = 4'096;

template <class Map>
typename Map::mapped_type find_in(const Map& map, std::string_view name) {
  const auto at = map.find(name);
  return at == map.end() ? nullptr : at->second;
}

}  // namespace

IdentityTable::IdentityTable(std::string root_access_key, std::string root_secret)
    : root_access_key_(std::move(root_access_key)), root_secret_(std::move(root_secret)) {
  const auto stamp = crypto::hmac_sha256(root_secret_, "cairn root sessions\n" + root_access_key_);
  root_stamp_ = to_hex(as_bytes(crypto::raw_text(stamp).substr(0, 16)));
  const SubjectPtr root = build_root(root_access_key_, canonical_id_of(root_access_key_));
  put_subject(std::string(kRootId), root);
  keys_[root_access_key_] = build_root_identity(root, root_access_key_, root_secret_);
}

void IdentityTable::set_account(const crypto::SealKey& session_key, std::string_view root_canonical_id) {
  session_key_ = session_key;
  const SubjectPtr root = build_root(root_access_key_, root_canonical_id);
  drop_subject(std::string(kRootId));
  put_subject(std::string(kRootId), root);
  auto identity = build_root_identity(root, root_access_key_, root_secret_);
  const std::unique_lock lock(mutex_);
  keys_[root_access_key_] = std::move(identity);
}

void IdentityTable::rebuild_all(const Directory& all) {
  for (const auto& [name, user] : all.users.all()) refresh(all, *user);
  for (const auto& [name, role] : all.roles.all()) refresh(all, *role);
  put_keys(all, std::string(kRootId), root());
}

void IdentityTable::put_subject(const std::string& id, SubjectPtr subject) {
  const std::unique_lock lock(mutex_);
  canonical_[subject->principal.canonical_id] = subject;
  subjects_[id] = std::move(subject);
  generation_.fetch_add(1, std::memory_order_release);
}

void IdentityTable::drop_subject(const std::string& id) {
  const std::unique_lock lock(mutex_);
  const auto at = subjects_.find(id);
  if (at == subjects_.end()) return;
  canonical_.erase(at->second->principal.canonical_id);
  subjects_.erase(at);
  generation_.fetch_add(1, std::memory_order_release);
}

void IdentityTable::put_key(const AccessKey& key, const SubjectPtr& subject) {
  if (key.id == root_access_key_) return;  // the configured credential goes first
  std::shared_ptr<KeyUse> use;
  {
    const std::unique_lock lock(mutex_);
    auto& kept = uses_[key.id];
    if (!kept) kept = std::make_shared<KeyUse>();
    use = kept;
  }
  IdentityPtr identity =
      subject && subject->enabled && key.active ? build_identity(subject, key, std::move(use)) : nullptr;
  const std::unique_lock lock(mutex_);
  if (identity)
    keys_[key.id] = std::move(identity);
  else
    keys_.erase(key.id);
}

void IdentityTable::put_keys(const Directory& all, const std::string& owner, const SubjectPtr& subject) {
  for (const auto& key : all.keys_of(owner)) put_key(*key, subject);
}

void IdentityTable::refresh(const Directory& all, const User& user) {
  const auto now = all.users.find_id(user.id);
  const SubjectPtr subject = now ? build_subject(all, *now) : nullptr;
  if (subject)
    put_subject(user.id, subject);
  else
    drop_subject(user.id);
  put_keys(all, user.id, subject);
}

void IdentityTable::refresh(const Directory& all, const Group& group) {
  for (const auto& user : all.members_of(group)) refresh(all, *user);
}

void IdentityTable::refresh(const Directory& all, const Role& role) {
  const auto now = all.roles.find_id(role.id);
  if (now)
    put_subject(role.id, build_subject(all, *now));
  else
    drop_subject(role.id);
}

void IdentityTable::refresh(const Directory& all, const ManagedPolicy& policy) {
  const auto uses = all.uses_of(policy);
  for (const auto& user : uses.users) refresh(all, *user);
  for (const auto& user : uses.bounded_users) refresh(all, *user);
  for (const auto& group : uses.groups) refresh(all, *group);
  for (const auto& role : uses.roles) refresh(all, *role);
  for (const auto& role : uses.bounded_roles) refresh(all, *role);
  generation_.fetch_add(1, std::memory_order_release);  // sessions may be limited by it
}

void IdentityTable::refresh(const Directory& all, const AccessKey& key) {
  const auto now = all.keys.find(key.id);
  if (now) return put_key(*now, find_subject(now->owner));
  const std::unique_lock lock(mutex_);
  if (key.id != root_access_key_) keys_.erase(key.id);
  uses_.erase(key.id);
}

IdentityPtr IdentityTable::find_key(std::string_view access_key) const {
  const std::shared_lock lock(mutex_);
  return find_in(keys_, access_key);
}

SubjectPtr IdentityTable::find_subject(std::string_view id) const {
  const std::shared_lock lock(mutex_);
  return find_in(subjects_, id);
}

SubjectPtr IdentityTable::find_canonical(std::string_view canonical_id) const {
  const std::shared_lock lock(mutex_);
  return find_in(canonical_, canonical_id);
}

SubjectPtr IdentityTable::root() const { return find_subject(kRootId); }

std::shared_ptr<const KeyUse> IdentityTable::last_use(std::string_view access_key) const {
  const std::shared_lock lock(mutex_);
  return find_in(uses_, access_key);
}

IdentityPtr IdentityTable::find_session(std::string_view access_key, std::string_view token) const {
  const std::lock_guard lock(sessions_mutex_);
  const auto at = sessions_.find(access_key);
  if (at == sessions_.end() || at->second.generation != generation() ||
      !equal_constant_time(at->second.token, token))
    return nullptr;
  return at->second.identity;
}

void IdentityTable::keep_session(Session session) const {
  const std::lock_guard lock(sessions_mutex_);
  if (sessions_.size() >= kMaxSessions) sessions_.clear();  // compiling them again costs microseconds
  std::string key = session.identity->access_key;
  sessions_[std::move(key)] = std::move(session);
}

}  // namespace cairn::iam
