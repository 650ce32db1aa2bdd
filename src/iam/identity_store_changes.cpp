#include <mutex>

#include "cairn/base/ids.hpp"
#include "cairn/base/log.hpp"
#include "cairn/crypto/digest.hpp"

#include "iam/identity_store_impl.hpp"
#include "iam/names.hpp"
#include "iam/record_json.hpp"
#include "iam/text.hpp"

namespace cairn::iam {
namespace {

constexpr std::string_view kAccountDocument = "iam/account";

// Where the records of a kind stand, what their ids begin with, and what people call them.
template <class T>
struct Kind;
template <>
struct Kind<User> {
  static constexpr std::string_view folder = "iam/users/", id_prefix = "AIDA", name = "user";
};
template <>
struct Kind<Group> {
  static constexpr std::string_view folder = "iam/groups/", id_prefix = "AGPA", name = "group";
};
template <>
struct Kind<Role> {
  static constexpr std::string_view folder = "iam/roles/", id_prefix = "AROA", name = "role";
};
template <>
struct Kind<ManagedPolicy> {
  static constexpr std::string_view folder = "iam/policies/", id_prefix = "ANPA", name = "policy";
};
template <>
struct Kind<AccessKey> {
  static constexpr std::string_view folder = "iam/keys/", id_prefix = "AKIA", name = "access key";
};

template <class T>
std::string document_of(const T& record) {
  return std::string(Kind<T>::folder) + to_lower(record.name);
}
std::string document_of(const AccessKey& key) { return std::string(Kind<AccessKey>::folder) + key.id; }

template <class T>
std::unexpected<Error> missing(const std::string& name) {
  return fail(Code::no_such_entity,
              "The " + std::string(Kind<T>::name) + " with name " + name + " cannot be found.");
}

template <class T>
void stamp(T& record, UnixMillis now) {
  record.id = new_unique_id(Kind<T>::id_prefix);
  record.created = now;
  record.revision = 1;
}
void stamp(ManagedPolicy& policy, UnixMillis now) {
  policy.id = new_unique_id(Kind<ManagedPolicy>::id_prefix);
  policy.created = policy.updated = now;
  policy.revision = 1;
  for (PolicyVersion& v : policy.versions) v.created = now;
}
void stamp(AccessKey& key, UnixMillis now) {
  if (key.id.empty()) key.id = new_access_key_id(Kind<AccessKey>::id_prefix);
  if (key.secret.empty()) key.secret = new_secret();
  key.created = now;
  key.revision = 1;
}

// What no change may alter.
template <class T>
void restamp(const T& before, T& after, UnixMillis now) {
  after.id = before.id;
  after.created = before.created;
  after.revision = before.revision + 1;
  if constexpr (std::is_same_v<T, AccessKey>) after.owner = before.owner;
  if constexpr (std::is_same_v<T, ManagedPolicy>) {
    after.updated = now;
    for (PolicyVersion& v : after.versions)
      if (v.created == 0) v.created = now;
  }
}

}  // namespace

// ---- Documents ----

// After an unknown outcome asks what became of it; what cannot be asked now is asked before the next change.
Task<void> IdentityStore::Impl::write(std::string name, std::optional<std::string> value) {
  const store::SystemDocuments::Change change =
      [&value](const store::SystemDocuments::Value&) -> Result<store::SystemDocuments::Value> {
    return value;
  };
  const Status written = co_await documents.update(name, change);
  if (written || !written.error().is(Code::outcome_unknown)) co_return written;
  const auto now = co_await documents.load(name);
  if (now && *now == value) co_return Status();
  if (!now) unknown.insert(std::move(name));
  co_return written;
}

Task<void> IdentityStore::Impl::settle() {
  while (!unknown.empty()) {
    const std::string name = *unknown.begin();
    CO_TRY(const auto value, co_await documents.load(name));
    CO_TRY(take(name, value));
    unknown.erase(name);
  }
  co_return Status();
}

Task<void> IdentityStore::Impl::ready() {
  if (!loaded) co_return fail(Code::service_unavailable, "the identities are not loaded yet");
  co_return co_await settle();
}

namespace {

// Of two documents with one id, left by a change of name that was cut off, the newer counts.
template <class T>
Status take_record(Directory& all, std::string_view name, const std::string& value) {
  TRY(T record, from_json<T>(value));
  if (document_of(record) != name) return fail(Code::corrupt, "identity: in the wrong place");
  const auto known = all.table<T>().find_id(record.id);
  if (known && known->revision > record.revision) return {};
  all.table<T>().put(std::make_shared<const T>(std::move(record)));
  return {};
}

Status take_any(Directory& all, std::string_view name, const std::string& value) {
  if (name.starts_with(Kind<User>::folder)) return take_record<User>(all, name, value);
  if (name.starts_with(Kind<Group>::folder)) return take_record<Group>(all, name, value);
  if (name.starts_with(Kind<Role>::folder)) return take_record<Role>(all, name, value);
  if (name.starts_with(Kind<ManagedPolicy>::folder)) return take_record<ManagedPolicy>(all, name, value);
  if (name.starts_with(Kind<AccessKey>::folder)) return take_record<AccessKey>(all, name, value);
  return {};  // the account, or a later release's
}

}  // namespace

template <class T>
Status IdentityStore::Impl::take_as(std::string_view name, const std::optional<std::string>& value) {
  if (!name.starts_with(Kind<T>::folder)) return {};
  const auto find = [&] { return self.directory_.table<T>().find(name.substr(Kind<T>::folder.size())); };
  const Ref<T> before = find();
  {
    const std::unique_lock lock(self.mutex_);
    if (value) {
      TRY(take_record<T>(self.directory_, name, *value));
    } else if (before) {
      self.directory_.table<T>().remove(*before);
    }
  }
  if (before) table.refresh(self.directory_, *before);
  if (const Ref<T> after = find(); after && after != before) table.refresh(self.directory_, *after);
  return {};
}

Status IdentityStore::Impl::take(std::string_view name, const std::optional<std::string>& value) {
  TRY(take_as<User>(name, value));
  TRY(take_as<Group>(name, value));
  TRY(take_as<Role>(name, value));
  TRY(take_as<ManagedPolicy>(name, value));
  return take_as<AccessKey>(name, value);
}

// ---- Loading ----

// Written once, at the first start: later starts get by with a quorum of readers.
Task<void> IdentityStore::Impl::make_account() {
  std::string made(32, '\0');
  random_bytes(made.data(), made.size());
  const AccountRecord fresh{made, canonical_id_of(self.root_access_key_)};
  const store::SystemDocuments::Change keep_or_make =
      [&fresh](const store::SystemDocuments::Value& current) -> Result<store::SystemDocuments::Value> {
    return current ? current : std::optional(to_json(fresh));
  };
  co_return co_await documents.update(std::string(kAccountDocument), keep_or_make);
}

Task<void> IdentityStore::Impl::load_account() {
  CO_TRY(auto value, co_await documents.load(std::string(kAccountDocument)));
  if (!value) {
    CO_TRY(co_await make_account());
    CO_TRY(value, co_await documents.load(std::string(kAccountDocument)));
  }
  if (!value) co_return fail(Code::corrupt, "identity: no account");
  CO_TRY(const AccountRecord account, from_json<AccountRecord>(*value));
  if (account.session_key.size() != 32) co_return fail(Code::corrupt, "identity: the session key");
  crypto::SealKey key;
  std::copy(account.session_key.begin(), account.session_key.end(), key.begin());
  table.set_account(key, account.root_canonical_id);
  co_return Status();
}

Task<void> IdentityStore::load() {
  CO_TRY(const Turnstile::Pass pass, co_await impl_->turnstile.enter());
  if (impl_->loaded) co_return Status();
  CO_TRY(co_await impl_->load_account());
  CO_TRY(const auto documents, co_await impl_->documents.list("iam/"));
  Directory all;
  for (const auto& [name, value] : documents) CO_TRY(take_any(all, name, value));
  impl_->table.rebuild_all(all);
  {
    const std::unique_lock lock(mutex_);
    directory_ = std::move(all);
  }
  impl_->loaded = true;
  co_return Status();
}

// ---- Changes ----

template <class T>
Task<Ref<T>> IdentityStore::Impl::put(Ref<T> before, T after) {
  const auto record = std::make_shared<const T>(std::move(after));
  std::string name = document_of(*record);
  std::string value = to_json(*record);
  CO_TRY(co_await write(name, std::move(value)));
  const bool renamed = before && document_of(*before) != name;
  {
    const std::unique_lock lock(self.mutex_);
    self.directory_.table<T>().put(record);
  }
  table.refresh(self.directory_, *record);
  if (renamed) {
    // It counts no more, having an older revision. If it cannot be removed now, a later record of that name
    // writes over it.
    const Status removed = co_await write(document_of(*before), std::nullopt);
    if (!removed) log::warn("a renamed identity left a document", {{"name", document_of(*before)}});
  }
  co_return record;
}

template <class T>
Task<void> IdentityStore::Impl::erase(Ref<T> record) {
  CO_TRY(co_await write(document_of(*record), std::nullopt));
  {
    const std::unique_lock lock(self.mutex_);
    self.directory_.table<T>().remove(*record);
  }
  table.refresh(self.directory_, *record);
  co_return Status();
}

template <>
Task<void> IdentityStore::Impl::release(Ref<User> user) {
  for (const auto& key : self.directory_.keys_of(user->id)) CO_TRY(co_await erase(key));
  co_return Status();
}

template <>
Task<void> IdentityStore::Impl::release(Ref<Group> group) {
  for (const auto& member : self.directory_.members_of(*group)) {
    User changed = *member;
    std::erase(changed.groups, group->id);
    restamp(*member, changed, clock.now_ms());
    CO_TRY(co_await put(member, std::move(changed)));
  }
  co_return Status();
}

template <class T>
Task<void> IdentityStore::Impl::release(Ref<T> record) {
  // What a role has goes with its document; a policy that is in use is never taken away from under others.
  if constexpr (std::is_same_v<T, ManagedPolicy>) co_return check_removal(self.directory_, *record);
  co_return Status();
}

template <class T>
Task<Ref<T>> IdentityStore::create(T draft) {
  CO_TRY(const Turnstile::Pass pass, co_await impl_->turnstile.enter());
  CO_TRY(co_await impl_->ready());
  stamp(draft, impl_->clock.now_ms());
  if constexpr (std::is_same_v<T, AccessKey>)
    if (draft.id == root_access_key_)
      co_return fail(Code::entity_already_exists, "The access key is that of root.");
  CO_TRY(check_record(directory_, nullptr, draft));
  co_return co_await impl_->put(Ref<T>(), std::move(draft));
}

template <class T>
Task<Ref<T>> IdentityStore::update(std::string name, std::function<Status(T& record)> change) {
  CO_TRY(const Turnstile::Pass pass, co_await impl_->turnstile.enter());
  CO_TRY(co_await impl_->ready());
  const Ref<T> before = directory_.table<T>().find(name);
  if (!before) co_return missing<T>(name);
  T after = *before;
  CO_TRY(change(after));
  if (after == *before) co_return before;
  restamp(*before, after, impl_->clock.now_ms());
  CO_TRY(check_record(directory_, before.get(), after));
  co_return co_await impl_->put(before, std::move(after));
}

template <class T>
Task<void> IdentityStore::remove(std::string name, bool everything) {
  CO_TRY(const Turnstile::Pass pass, co_await impl_->turnstile.enter());
  CO_TRY(co_await impl_->ready());
  const Ref<T> record = directory_.table<T>().find(name);
  if (!record) co_return missing<T>(name);
  if (everything) {
    CO_TRY(co_await impl_->release(record));
  } else {
    CO_TRY(check_removal(directory_, *record));
  }
  co_return co_await impl_->erase(record);
}

#define CAIRN_RECORD(T)                                                                        \
  template Task<Ref<T>> IdentityStore::create<T>(T draft);                                     \
  template Task<Ref<T>> IdentityStore::update<T>(std::string name, std::function<Status(T&)>); \
  template Task<void> IdentityStore::remove<T>(std::string name, bool everything)
CAIRN_RECORD(User);
CAIRN_RECORD(Group);
CAIRN_RECORD(Role);
CAIRN_RECORD(ManagedPolicy);
CAIRN_RECORD(AccessKey);
#undef CAIRN_RECORD

}  // namespace cairn::iam
