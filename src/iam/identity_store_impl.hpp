#pragma once
#include <atomic>
#include <optional>
#include <set>
#include <string>

#include "cairn/iam/identity_store.hpp"

#include "iam/identity_table.hpp"
#include "iam/turnstile.hpp"

namespace cairn::iam {

// The two halves of the store: identity_store.cpp finds, identity_store_changes.cpp changes.
struct IdentityStore::Impl {
  Impl(IdentityStore& store, store::SystemDocuments& docs, const Clock& time, RootCredential root);

  Status check_alive(const SessionClaims& claims) const;
  Result<IdentityPtr> find_session(std::string_view access_key, std::string_view token, UnixMillis now) const;

  // ---- Inside the turnstile ----
  Task<void> ready();  // that a change may begin: everything is loaded, and no earlier outcome unknown
  Task<void> write(std::string name, std::optional<std::string> value);
  Task<void> settle();
  Task<void> make_account();
  Task<void> load_account();
  // Puts what a document holds, or nothing, into memory.
  Status take(std::string_view name, const std::optional<std::string>& value);
  template <class T>
  Status take_as(std::string_view name, const std::optional<std::string>& value);
  template <class T>
  Task<Ref<T>> put(Ref<T> before, T after);
  template <class T>
  Task<void> erase(Ref<T> record);
  template <class T>
  Task<void> release(Ref<T> record);  // takes away what depends on it

  IdentityStore& self;
  store::SystemDocuments& documents;
  const Clock& clock;
  Turnstile turnstile;
  IdentityTable table;
  std::atomic<bool> loaded{false};
  std::set<std::string> unknown;  // documents whose last write had no known outcome
};

}  // namespace cairn::iam
