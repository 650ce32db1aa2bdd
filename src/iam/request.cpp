#include "cairn/iam/request.hpp"

#include <utility>

#include "iam/text.hpp"

namespace cairn::iam {
namespace {

std::string_view principal_type(Principal::Kind kind) {
  switch (kind) {
    case Principal::Kind::anonymous:
      return "Anonymous";
    case Principal::Kind::root:
      return "Account";
    case Principal::Kind::user:
      return "User";
    case Principal::Kind::role_session:
      return "AssumedRole";
    case Principal::Kind::federated:
      return "FederatedUser";
    case Principal::Kind::service:
      return "Service";
  }
  return "Anonymous";
}

}  // namespace

void Context::set(std::string_view key, std::string value) {
  std::vector<std::string> values;
  values.push_back(std::move(value));
  set(key, std::move(values));
}

void Context::set(std::string_view key, std::vector<std::string> values) {
  if (entries_.empty()) entries_.reserve(24);  // about what a request has
  std::string name = to_lower(key);
  for (Entry& e : entries_)
    if (e.key == name) {
      e.values = std::move(values);
      return;
    }
  entries_.push_back({std::move(name), std::move(values)});
}

std::span<const std::string> Context::find(std::string_view lower_key) const {
  for (const Entry& e : entries_)
    if (e.key == lower_key) return e.values;
  return {};
}

Context principal_context(const Principal& p) {
  Context c;
  c.set("aws:principaltype", std::string(principal_type(p.kind)));
  const bool anonymous = p.kind == Principal::Kind::anonymous;
  if (anonymous || !p.user_id.empty()) c.set("aws:userid", anonymous ? "anonymous" : p.user_id);
  if (p.kind == Principal::Kind::user) c.set("aws:username", p.user_name);
  // A role's session is known by its role, so that a condition survives the session.
  const std::string& arn = p.identity_arn.empty() ? p.arn : p.identity_arn;
  if (!arn.empty()) c.set("aws:principalarn", arn);
  if (!p.account.empty()) c.set("aws:principalaccount", p.account);
  return c;
}

}  // namespace cairn::iam
