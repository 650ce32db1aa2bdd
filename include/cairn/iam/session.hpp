#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/clock.hpp"
#include "cairn/base/result.hpp"
#include "cairn/crypto/seal.hpp"
#include "cairn/iam/records.hpp"

// Session tokens: everything that is known of temporary credentials stands in them, sealed, so that there is
// nothing to store and nothing to clean up. Pure, but for the random parts of seal().
namespace cairn::iam {

struct SessionClaims {
  bool assumed_role = false;  // else for the subject itself
  std::string access_key;     // ASIA..., the only one that the token serves
  std::string subject;        // id of the user or role, or kRootId
  std::string source;         // id of the user or role that asked; a session ends with either
  std::string name;           // RoleSessionName
  UnixMillis issued = 0, expires = 0;
  std::string policy;                    // session policy; empty: none
  std::vector<std::string> policy_arns;  // managed policies as session policies
  TagList tags;                          // session tags
  bool operator==(const SessionClaims&) const = default;
};

// What policies, ARNs and tags may have together in a token; AWS's limit is not told in bytes either.
inline constexpr std::size_t kMaxPackedSession = 4'096;
std::size_t packed_size(const SessionClaims& claims);

std::string seal_session(const crypto::SealKey& key, const SessionClaims& claims);
// invalid_token for what this server did not make. The expiry is the caller's to check.
Result<SessionClaims> open_session(const crypto::SealKey& key, std::string_view token);
// The secret key that belongs to a token: whoever has the session key finds it again, nobody else.
std::string session_secret(const crypto::SealKey& key, std::string_view token);

}  // namespace cairn::iam
