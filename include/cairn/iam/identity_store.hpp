#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>

#include "cairn/base/clock.hpp"
#include "cairn/base/task.hpp"
#include "cairn/iam/directory.hpp"
#include "cairn/iam/identity.hpp"
#include "cairn/iam/session.hpp"
#include "cairn/store/system_documents.hpp"

namespace cairn::iam {

struct RootCredential {
  std::string access_key;
  std::string secret_key;
};

// The owner id of ACLs, of a user's or role's unique id.
std::string canonical_id_of(std::string_view unique_id);

// Temporary credentials as STS hands them out.
struct SessionCredentials {
  std::string access_key, secret_key, token;
  UnixMillis expires = 0;
};

// Users, groups, roles, policies and access keys: each a system document, all of them in memory, where
// requests find them without waiting. A change is durable first and counts from the next request on. This
// process is the only writer; changes run one after the other. Thread-safe.
//
// Errors of changes: validation_error, malformed_policy, limit_exceeded, entity_already_exists,
// no_such_entity, delete_conflict (nothing changed); no_quorum (nothing changed); outcome_unknown (the change
// may or may not have happened, and shows when the store next answers).
class IdentityStore {
 public:
  IdentityStore(store::SystemDocuments& documents, const Clock& clock, RootCredential root);
  ~IdentityStore();
  IdentityStore(const IdentityStore&) = delete;
  IdentityStore& operator=(const IdentityStore&) = delete;

  // Reads all documents. Until it has succeeded only the root credential is known: other keys get
  // service_unavailable, and changes too. May be called again after a failure.
  Task<void> load();
  bool loaded() const;

  // ---- For each request: memory only ----

  // Who an access key and, with temporary credentials, a session token stand for. The caller checks the
  // signature with the identity's secret. invalid_access_key_id (unknown, switched off, expired or of
  // somebody who is gone), invalid_token, expired_token, service_unavailable.
  Result<IdentityPtr> find(std::string_view access_key, std::string_view token, UnixMillis now) const;
  // A user, role or root by unique id; nullptr.
  SubjectPtr find_subject(std::string_view id) const;
  // For owners and grants of ACLs: by canonical id, and by e-mail address. nullptr.
  SubjectPtr find_canonical(std::string_view canonical_id) const;
  SubjectPtr find_email(std::string_view address) const;
  // Whether a policy's principal exists: an ARN, the account, a unique or a canonical id.
  bool has_principal(std::string_view name) const;
  // The unique id of the user or role whose ARN this is; empty where there is none.
  std::string id_of_arn(std::string_view arn) const;
  // When a key last signed a request, since the start of the process; nullptr for a key that is not known.
  std::shared_ptr<const KeyUse> last_use(std::string_view access_key) const;

  // ---- Looking things up, for administration ----

  // f(const Directory&) under a lock: pure and quick, keeps no reference but through a Ref.
  template <class F>
  auto read(F&& f) const {
    const std::shared_lock lock(mutex_);
    return std::forward<F>(f)(std::as_const(directory_));
  }

  // ---- Changes. T: User, Group, Role, ManagedPolicy, AccessKey ----

  // Ids and times are made here; an access key's id and secret too where they are empty.
  template <class T>
  Task<Ref<T>> create(T draft);
  // `change` gets the record as it is; its Error ends the update with nothing changed. Names may change, ids
  // and times do not. Called once.
  template <class T>
  Task<Ref<T>> update(std::string name, std::function<Status(T& record)> change);
  // With `everything` what depends on a user, group or role goes with it; else it is a delete_conflict.
  template <class T>
  Task<void> remove(std::string name, bool everything = false);

  // ---- Temporary credentials ----

  // Makes credentials for claims without access key. The caller has decided that they may be had and for how
  // long. validation_error, malformed_policy, packed_policy_too_large, no_such_entity for a policy.
  Result<SessionCredentials> issue(SessionClaims claims) const;

 private:
  struct Impl;
  const std::string root_access_key_;
  mutable std::shared_mutex mutex_;  // of directory_; never held across a suspension
  Directory directory_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::iam
