#pragma once
#include <string_view>

#include "cairn/iam/evaluate.hpp"
#include "cairn/iam/request.hpp"

#include "iam/compiled.hpp"

namespace cairn::iam {

// A request, with what is worked out once for all statements.
struct Asked {
  const AccessRequest& request;
  std::string_view lower_action;
};

struct StatementMatch {
  TraceLine::Outcome outcome = TraceLine::Outcome::applies;
  Match principal = Match::everybody;  // of a statement without Principal: everybody it is attached to
  const Condition* failed = nullptr;   // for condition_fails

  bool applies() const { return outcome == TraceLine::Outcome::applies; }
};

// Whether a statement applies to the request; cheap tests first.
StatementMatch match_statement(const Asked& asked, const Statement& statement);

}  // namespace cairn::iam
