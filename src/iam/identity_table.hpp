#pragma once
#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cairn/iam/directory.hpp"
#include "cairn/iam/identity.hpp"
#include "cairn/iam/session.hpp"

namespace cairn::iam {

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view s) const { return std::hash<std::string_view>{}(s); }
};
template <class T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

// What requests look up: access key -> compiled identity. Readers share a lock for the time of a look-up;
// whoever changes something compiles outside of it. One writer at a time. Thread-safe otherwise.
class IdentityTable {
 public:
  IdentityTable(std::string root_access_key, std::string root_secret);

  // ---- The writer's ----
  void set_account(const crypto::SealKey& session_key, std::string_view root_canonical_id);
  void rebuild_all(const Directory& all);
  // After a record was put into the directory, or taken out of it: what depends on it is compiled anew.
  void refresh(const Directory& all, const User& user);
  void refresh(const Directory& all, const Group& group);
  void refresh(const Directory& all, const Role& role);
  void refresh(const Directory& all, const ManagedPolicy& policy);
  void refresh(const Directory& all, const AccessKey& key);

  // ---- Everybody's; nullptr where there is none ----
  IdentityPtr find_key(std::string_view access_key) const;
  SubjectPtr find_subject(std::string_view id) const;
  SubjectPtr find_canonical(std::string_view canonical_id) const;
  SubjectPtr root() const;
  std::shared_ptr<const KeyUse> last_use(std::string_view access_key) const;
  const crypto::SealKey& session_key() const { return session_key_; }  // after set_account()
  // Who temporary credentials of root come from: ends with root's secret.
  const std::string& root_stamp() const { return root_stamp_; }

  // Sessions met lately, each with the token it came with and the state of the table it was compiled for.
  struct Session {
    std::string token;
    std::uint64_t generation = 0;
    IdentityPtr identity;
  };
  std::uint64_t generation() const { return generation_.load(std::memory_order_acquire); }
  IdentityPtr find_session(std::string_view access_key, std::string_view token) const;
  void keep_session(Session session) const;

 private:
  void put_subject(const std::string& id, SubjectPtr subject);
  void put_keys(const Directory& all, const std::string& owner, const SubjectPtr& subject);
  void drop_subject(const std::string& id);
  void put_key(const AccessKey& key, const SubjectPtr& subject);

  const std::string root_access_key_, root_secret_;
  std::string root_stamp_;
  crypto::SealKey session_key_{};
  std::atomic<std::uint64_t> generation_{0};
  mutable std::shared_mutex mutex_;
  TextMap<IdentityPtr> keys_;
  TextMap<std::shared_ptr<KeyUse>> uses_;
  TextMap<SubjectPtr> subjects_;   // by unique id
  TextMap<SubjectPtr> canonical_;  // by canonical id
  mutable std::mutex sessions_mutex_;
  mutable TextMap<Session> sessions_;  // by access key
};

}  // namespace cairn::iam
