#include "iam/principals.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "iam/text.hpp"

namespace cairn::iam {
namespace {

using Kind = PrincipalName::Kind;

std::unexpected<Error> invalid(std::string_view what) {
  return fail(Code::malformed_policy, "Invalid principal in policy: " + std::string(what));
}

// Whether an ARN of a policy is that of the principal. An ARN without an account means the only one there is.
bool same_arn(std::string_view named, std::string_view actual) {
  if (named == actual) return true;
  for (int i = 0; i < 4; ++i)
    if (cut(named, ':') != cut(actual, ':')) return false;
  const bool any_account = cut(named, ':').empty();
  cut(actual, ':');
  return any_account && !named.empty() && named == actual;
}

// The account's id where the ARN is "arn:aws:iam::123456789012:root".
std::optional<std::string> root_account(std::string_view arn) {
  for (int i = 0; i < 4; ++i) cut(arn, ':');
  const std::string_view account = cut(arn, ':');
  if (arn != "root") return std::nullopt;
  return std::string(account);
}

bool is_principal_arn(std::string_view arn) {
  if (cut(arn, ':') != "arn" || !cut(arn, ':').starts_with("aws")) return false;
  const std::string_view service = cut(arn, ':');
  if ((service != "iam" && service != "sts") || !cut(arn, ':').empty()) return false;
  cut(arn, ':');  // the account
  const std::string_view type = arn.substr(0, arn.find('/'));
  if (type == "root") return service == "iam" && arn == "root";
  if (arn.size() < type.size() + 2) return false;
  return service == "iam" ? type == "user" || type == "role"
                          : type == "assumed-role" || type == "federated-user";
}

// "AIDA..." and "AROA...": how AWS writes a user or a role that is no more.
bool is_unique_id(std::string_view text) {
  return text.size() >= 16 && text.starts_with('A') &&
         std::ranges::all_of(text, [](char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); });
}

Result<PrincipalName> aws_name(const std::string& text) {
  if (text == "*") return PrincipalName{Kind::everybody, {}};
  if (all_digits(text) && text.size() == 12) return PrincipalName{Kind::account, text};
  if (is_unique_id(text)) return PrincipalName{Kind::unique_id, text};
  if (text.find_first_of("*?") != std::string::npos || !is_principal_arn(text)) return invalid(text);
  if (auto account = root_account(text)) return PrincipalName{Kind::account, std::move(*account)};
  return PrincipalName{Kind::arn, text};
}

Result<PrincipalName> compile_name(std::string_view type, const std::string& text) {
  if (type == "AWS") return aws_name(text);
  if (text.empty() || text.find_first_of("*?") != std::string::npos) return invalid(text);
  if (type == "CanonicalUser") return PrincipalName{Kind::canonical, text};
  if (type == "Federated") return PrincipalName{Kind::federated, text};
  if (type == "Service") return PrincipalName{Kind::service, text};
  return invalid(type);
}

bool has_account(const Principal& p) {
  return p.kind == Principal::Kind::root || p.kind == Principal::Kind::user ||
         p.kind == Principal::Kind::role_session;
}

// A session's user id is "role-id:session-name"; the role's own id names all its sessions.
Match match_unique_id(std::string_view id, std::string_view actual) {
  if (id == actual) return Match::direct;
  return actual.starts_with(id) && actual.substr(id.size()).starts_with(':') ? Match::identity : Match::none;
}

Match match_arn(std::string_view named, const Principal& p) {
  if (p.kind == Principal::Kind::anonymous) return Match::none;
  if (same_arn(named, p.arn)) return Match::direct;
  return !p.identity_arn.empty() && same_arn(named, p.identity_arn) ? Match::identity : Match::none;
}

Match direct_if(bool yes) { return yes ? Match::direct : Match::none; }

// Whether a NotPrincipal of a Deny names every side of the principal.
bool all_named(const std::vector<PrincipalName>& names, const Principal& p) {
  bool self = false, role = p.identity_arn.empty(), account = !has_account(p);
  for (const PrincipalName& n : names) {
    const Match m = n.match(p);
    if (m == Match::none) continue;
    if (n.kind == Kind::everybody || n.kind == Kind::canonical) return true;
    self = self || m == Match::direct;
    role = role || m == Match::identity;
    account = account || n.kind == Kind::account;
  }
  return self && role && account;
}

}  // namespace

Match PrincipalName::match(const Principal& p) const {
  using Who = Principal::Kind;
  switch (kind) {
    case Kind::everybody:
      return Match::everybody;
    case Kind::account:
      if (!has_account(p) || (!text.empty() && p.account != text)) return Match::none;
      return p.kind == Who::root ? Match::direct : Match::account;
    case Kind::arn:
      return match_arn(text, p);
    case Kind::unique_id:
      return p.user_id.empty() ? Match::none : match_unique_id(text, p.user_id);
    case Kind::canonical:
      if (p.kind == Who::anonymous || p.canonical_id != text) return Match::none;
      return p.kind == Who::role_session ? Match::identity : Match::direct;
    case Kind::federated:
      return direct_if(p.kind == Who::federated && p.provider == text);
    case Kind::service:
      return direct_if(p.kind == Who::service && p.provider == text);
  }
  return Match::none;
}

Match PrincipalList::match(const Principal& p, bool deny) const {
  if (negated && deny) return all_named(names, p) ? Match::none : Match::everybody;
  Match best = Match::none;
  for (const PrincipalName& n : names) best = std::max(best, n.match(p));
  if (negated) return best == Match::none ? Match::everybody : Match::none;
  return best;
}

Result<PrincipalList> compile_principals(const JsonNode& node, bool negated) {
  PrincipalList list;
  list.negated = negated;
  if (node.is(JsonNode::Kind::string) && node.text == "*") {
    list.names.push_back({Kind::everybody, {}});
    return list;
  }
  if (!node.is(JsonNode::Kind::object) || node.members.empty()) return invalid(node.text);
  for (const auto& [type, value] : node.members) {
    const bool one = value.is(JsonNode::Kind::string);
    if (!one && (!value.is(JsonNode::Kind::array) || value.items.empty())) return invalid(type);
    const std::size_t count = one ? 1 : value.items.size();
    for (std::size_t i = 0; i < count; ++i) {
      const JsonNode& item = one ? value : value.items[i];
      if (!item.is(JsonNode::Kind::string)) return invalid(type);
      TRY(PrincipalName name, compile_name(type, item.text));
      list.names.push_back(std::move(name));
    }
  }
  return list;
}

}  // namespace cairn::iam
