#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/result.hpp"
#include "cairn/iam/request.hpp"

#include "iam/json_tree.hpp"

namespace cairn::iam {

// How closely a Principal element names who asks. What an Allow then gives differs (evaluate.hpp).
enum class Match : std::uint8_t {
  none,
  account,   // the account, by its id or root ARN: leaves it to the account's identity policies
  identity,  // the role behind a session
  direct,    // this user or session itself
  everybody,
};

// One name of a Principal or NotPrincipal element.
struct PrincipalName {
  enum class Kind : std::uint8_t { everybody, account, arn, unique_id, canonical, federated, service };
  Kind kind = Kind::everybody;
  std::string text;  // an ARN, id or name; an account's id, empty: the only account there is

  Match match(const Principal& principal) const;
};

struct PrincipalList {
  std::vector<PrincipalName> names;
  bool negated = false;  // NotPrincipal

  // For NotPrincipal: `everybody` for whom the statement is, `none` for whom it leaves out. A Deny leaves out
  // only those whose user or session (and the role behind it) and account are all named, as "NotPrincipal
  // with Deny" of the IAM User Guide demands; an Allow leaves out everybody of whom anything is named.
  Match match(const Principal& principal, bool deny) const;
};

// "*" or an object of AWS, CanonicalUser, Federated and Service. malformed_policy "Invalid principal in
// policy".
Result<PrincipalList> compile_principals(const JsonNode& node, bool negated);

}  // namespace cairn::iam
