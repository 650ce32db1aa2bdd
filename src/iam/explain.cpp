#include <string>
#include <utility>

#include "cairn/iam/evaluate.hpp"

#include "iam/compiled.hpp"
#include "iam/statement_match.hpp"
#include "iam/text.hpp"

namespace cairn::iam {
namespace {

std::string_view source_name(Source source) {
  switch (source) {
    case Source::nobody:
      return "no";
    case Source::root:
      return "root";
    case Source::identity:
      return "identity";
    case Source::boundary:
      return "permissions boundary";
    case Source::session:
      return "session";
    case Source::resource:
      return "resource";
  }
  return "no";
}

std::string statement_name(int statement, std::string_view sid, Source source, std::string_view policy) {
  std::string out = "statement " + std::to_string(statement);
  if (!sid.empty()) out.append(" (").append(sid).append(")");
  out.append(" of ").append(source_name(source)).append(" policy");
  if (!policy.empty()) out.append(" ").append(policy);
  return out;
}

std::string_view outcome_text(TraceLine::Outcome outcome) {
  using Outcome = TraceLine::Outcome;
  switch (outcome) {
    case Outcome::applies:
      return "applies";
    case Outcome::other_principal:
      return "is for another principal";
    case Outcome::other_action:
      return "is for another action";
    case Outcome::other_resource:
      return "is for another resource";
    case Outcome::condition_fails:
      return "does not apply, because this condition fails: ";
  }
  return "";
}

void trace(const Asked& asked, Source source, PolicyList policies, std::vector<TraceLine>& lines) {
  for (const AttachedPolicy& p : policies) {
    int index = 0;
    for (const Statement& s : p.policy->compiled().statements) {
      const StatementMatch m = match_statement(asked, s);
      TraceLine line{source, std::string(p.name), index++, s.sid, s.allow, m.outcome, {}};
      if (m.failed) line.condition = m.failed->operator_name + " " + m.failed->key;
      lines.push_back(std::move(line));
    }
  }
}

}  // namespace

Explanation explain(const AccessRequest& request, const PolicySet& policies) {
  Explanation e{evaluate(request, policies), {}};
  const std::string action = to_lower(request.action);
  const Asked asked{request, action};
  const Principal::Kind kind = request.principal.kind;
  const bool has_identity = kind != Principal::Kind::anonymous && kind != Principal::Kind::root;
  if (has_identity) trace(asked, Source::identity, policies.identity, e.lines);
  if (has_identity) trace(asked, Source::boundary, policies.boundary, e.lines);
  if (kind != Principal::Kind::anonymous)
    for (const PolicyList& layer : policies.sessions) trace(asked, Source::session, layer, e.lines);
  trace(asked, Source::resource, policies.resource, e.lines);
  return e;
}

std::string describe(const Verdict& v) {
  if (v.source == Source::root) return "allowed: the root user may do everything that no policy denies";
  if (v.statement >= 0)
    return (v.allowed() ? "allowed by " : "denied by ") +
           statement_name(v.statement, v.sid, v.source, v.policy);
  if (v.source == Source::boundary) return "denied: the permissions boundary does not allow it";
  if (v.source == Source::session) return "denied: a session policy does not allow it";
  return "denied: no policy allows it";
}

std::string describe(const TraceLine& l) {
  std::string out = l.allow ? "Allow in " : "Deny in ";
  out += statement_name(l.statement, l.sid, l.source, l.policy);
  out.append(" ").append(outcome_text(l.outcome)).append(l.condition);
  return out;
}

}  // namespace cairn::iam
