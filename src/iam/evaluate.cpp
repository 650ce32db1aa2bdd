#include "cairn/iam/evaluate.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "iam/compiled.hpp"
#include "iam/statement_match.hpp"
#include "iam/text.hpp"

namespace cairn::iam {
namespace {

using Who = Principal::Kind;

// What a list of policies says: its first Deny that applies, else the Allow that names the principal closest.
struct Finding {
  const AttachedPolicy* policy = nullptr;
  int statement = -1;
  Match match = Match::none;

  explicit operator bool() const { return policy != nullptr; }
};

struct Findings {
  Finding deny, allow;
};

void look_through(const Asked& asked, const AttachedPolicy& attached, Findings& found) {
  const auto& statements = attached.policy->compiled().statements;
  for (std::size_t i = 0; i < statements.size(); ++i) {
    const Statement& s = statements[i];
    if (s.allow && found.allow.match == Match::everybody) continue;
    const StatementMatch m = match_statement(asked, s);
    if (!m.applies()) continue;
    Finding& place = s.allow ? found.allow : found.deny;
    if (m.principal > place.match) place = {&attached, static_cast<int>(i), m.principal};
    if (!s.allow) return;
  }
}

Findings look_through(const Asked& asked, PolicyList policies) {
  Findings found;
  for (const AttachedPolicy& p : policies) {
    look_through(asked, p, found);
    if (found.deny) break;
  }
  return found;
}

Verdict verdict(Decision decision, Source source, const Finding& finding = {}) {
  if (!finding) return {decision, source, {}, -1, {}};
  return {decision, source, finding.policy->name, finding.statement,
          finding.policy->policy->sid(static_cast<std::size_t>(finding.statement))};
}

bool keeps_bucket_policy_open(std::string_view action) {
  return action == "s3:getbucketpolicy" || action == "s3:putbucketpolicy" ||
         action == "s3:deletebucketpolicy";
}

// How a resource policy's Allow counts for this principal: `everybody` is beyond every limit.
Match weigh(const Finding& allow, Who kind, bool limited_session) {
  if (allow.match != Match::direct) return allow.match;
  return kind == Who::user && limited_session ? Match::identity : Match::everybody;
}

class Evaluation {
 public:
  Evaluation(const AccessRequest& request, const PolicySet& policies)
      : policies_(policies),
        action_(to_lower(request.action)),
        asked_{request, action_},
        kind_(request.principal.kind) {}

  Verdict run() {
    resource_ = look_through(asked_, policies_.resource);
    if (kind_ == Who::anonymous) return anonymous();
    if (const auto denied = explicit_deny()) return *denied;
    return kind_ == Who::root ? root() : others();
  }

 private:
  Verdict anonymous() const {
    if (resource_.deny) return verdict(Decision::explicit_deny, Source::resource, resource_.deny);
    if (resource_.allow) return verdict(Decision::allow, Source::resource, resource_.allow);
    return {};
  }

  std::optional<Verdict> explicit_deny() {
    if (kind_ != Who::root) {
      identity_ = look_through(asked_, policies_.identity);
      boundary_ = look_through(asked_, policies_.boundary);
      if (identity_.deny) return verdict(Decision::explicit_deny, Source::identity, identity_.deny);
      if (boundary_.deny) return verdict(Decision::explicit_deny, Source::boundary, boundary_.deny);
    }
    for (const PolicyList& layer : policies_.sessions) {
      const Findings found = look_through(asked_, layer);
      if (found.deny) return verdict(Decision::explicit_deny, Source::session, found.deny);
      sessions_allow_ = sessions_allow_ && found.allow;
    }
    if (!resource_.deny || (kind_ == Who::root && keeps_bucket_policy_open(action_))) return std::nullopt;
    return verdict(Decision::explicit_deny, Source::resource, resource_.deny);
  }

  Verdict root() const {
    if (sessions_allow_) return verdict(Decision::allow, Source::root);
    return verdict(Decision::implicit_deny, Source::session);
  }

  Verdict others() const {
    const Match given = weigh(resource_.allow, kind_, !policies_.sessions.empty());
    if (given == Match::everybody) return verdict(Decision::allow, Source::resource, resource_.allow);
    const bool by_resource = given == Match::identity;
    if (!by_resource && !identity_.allow) return {};
    if (!policies_.boundary.empty() && !boundary_.allow)
      return verdict(Decision::implicit_deny, Source::boundary);
    if (!sessions_allow_) return verdict(Decision::implicit_deny, Source::session);
    if (identity_.allow) return verdict(Decision::allow, Source::identity, identity_.allow);
    return verdict(Decision::allow, Source::resource, resource_.allow);
  }

  const PolicySet& policies_;
  std::string action_;
  Asked asked_;
  Who kind_;
  Findings resource_, identity_, boundary_;
  bool sessions_allow_ = true;
};

}  // namespace

Verdict evaluate(const AccessRequest& request, const PolicySet& policies) {
  return Evaluation(request, policies).run();
}

bool limits_allow(const AccessRequest& request, const PolicySet& policies) {
  const std::string action = to_lower(request.action);
  const Asked asked{request, action};
  const auto allows = [&](const PolicyList& layer) {
    return static_cast<bool>(look_through(asked, layer).allow);
  };
  return (policies.boundary.empty() || allows(policies.boundary)) &&
         std::ranges::all_of(policies.sessions, allows);
}

}  // namespace cairn::iam
