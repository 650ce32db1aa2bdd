#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/iam/policy.hpp"
#include "cairn/iam/request.hpp"

#include "iam/condition.hpp"
#include "iam/pattern.hpp"
#include "iam/principals.hpp"

namespace cairn::iam {

struct Statement {
  std::string sid;
  bool allow = false;
  std::optional<PrincipalList> principals;  // of resource and trust policies only
  std::vector<std::string> actions;         // encoded globs in lower case
  bool not_action = false;
  std::vector<ArnPattern> resources;  // empty in a trust policy: the role itself
  bool not_resource = false;
  std::vector<Condition> conditions;

  bool covers_action(std::string_view lower_action) const;
  bool covers_resource(std::string_view arn, const Context& context) const;
};

struct CompiledPolicy {
  std::string text;
  PolicyKind kind = PolicyKind::identity;
  bool variables = false;  // the version knows them
  std::string id;
  std::vector<Statement> statements;
  std::vector<std::string> keys;  // what conditions and variables ask for; sorted, in lower case
};

}  // namespace cairn::iam
