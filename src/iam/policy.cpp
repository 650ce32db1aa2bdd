#include "cairn/iam/policy.hpp"

#include <algorithm>

#include "iam/compiled.hpp"
#include "iam/glob.hpp"

namespace cairn::iam {

PolicyLimits PolicyLimits::of(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::identity:
      return {};
    case PolicyKind::session:
    case PolicyKind::trust:
      return {.max_characters = 2'048};
    case PolicyKind::resource:
      return {.max_characters = 20'480, .count_white_space = true};
  }
  return {};
}

const std::string& Policy::text() const { return compiled_->text; }
PolicyKind Policy::kind() const { return compiled_->kind; }
std::size_t Policy::statement_count() const { return compiled_->statements.size(); }

std::string_view Policy::sid(std::size_t statement) const {
  return statement < statement_count() ? std::string_view(compiled_->statements[statement].sid) : "";
}

bool Policy::mentions_key(std::string_view lower_prefix) const {
  const auto at = std::ranges::lower_bound(compiled_->keys, lower_prefix);
  return at != compiled_->keys.end() && at->starts_with(lower_prefix);
}

std::vector<std::string> Policy::named_principals() const {
  using Kind = PrincipalName::Kind;
  std::vector<std::string> names;
  for (const Statement& s : compiled_->statements) {
    if (!s.principals) continue;
    for (const PrincipalName& n : s.principals->names)
      if (n.kind != Kind::everybody && n.kind != Kind::federated && n.kind != Kind::service)
        names.push_back(n.text);
  }
  return names;
}

Policy Policy::bound_to(const std::map<std::string, std::string>& unique_ids) const {
  if (unique_ids.empty()) return *this;
  auto bound = std::make_shared<CompiledPolicy>(*compiled_);
  for (Statement& s : bound->statements) {
    if (!s.principals) continue;
    for (PrincipalName& n : s.principals->names) {
      const auto id = unique_ids.find(n.text);
      if (n.kind == PrincipalName::Kind::arn && id != unique_ids.end())
        n = {PrincipalName::Kind::unique_id, id->second};
    }
  }
  return Policy(std::move(bound));
}

bool Statement::covers_action(std::string_view lower_action) const {
  const auto covers = [&](const std::string& glob) { return glob_match(glob, lower_action); };
  return std::ranges::any_of(actions, covers) != not_action;
}

bool Statement::covers_resource(std::string_view arn, const Context& context) const {
  if (resources.empty()) return true;
  const auto covers = [&](const ArnPattern& p) { return p.matches(arn, context); };
  return std::ranges::any_of(resources, covers) != not_resource;
}

}  // namespace cairn::iam
