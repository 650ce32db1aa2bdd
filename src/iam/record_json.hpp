#pragma once
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"
#include "cairn/iam/records.hpp"

// The records as JSON: what a system document holds. docs/formats/identities.md.
namespace cairn::iam {

std::string to_json(const User& user);
std::string to_json(const Group& group);
std::string to_json(const Role& role);
std::string to_json(const ManagedPolicy& policy);
std::string to_json(const AccessKey& key);

// corrupt; unsupported for a later format, which may hold what would decide otherwise.
template <class T>
Result<T> from_json(std::string_view text);

// The document "iam/account".
struct AccountRecord {
  std::string session_key;        // 32 bytes: seals session tokens
  std::string root_canonical_id;  // stays when root's access key changes
};
std::string to_json(const AccountRecord& account);

}  // namespace cairn::iam
