#include "iam/statement_match.hpp"

namespace cairn::iam {

StatementMatch match_statement(const Asked& asked, const Statement& s) {
  using Outcome = TraceLine::Outcome;
  StatementMatch m;
  if (!s.covers_action(asked.lower_action)) return {Outcome::other_action, m.principal, nullptr};
  if (s.principals) m.principal = s.principals->match(asked.request.principal, !s.allow);
  if (m.principal == Match::none) return {Outcome::other_principal, m.principal, nullptr};
  if (!s.covers_resource(asked.request.resource, asked.request.context))
    return {Outcome::other_resource, m.principal, nullptr};
  for (const Condition& c : s.conditions)
    if (!c.holds(asked.request.context)) return {Outcome::condition_fails, m.principal, &c};
  return m;
}

}  // namespace cairn::iam
