#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "iam/compiled.hpp"
#include "iam/glob.hpp"
#include "iam/json_tree.hpp"
#include "iam/text.hpp"

namespace cairn::iam {
namespace {

using Kind = JsonNode::Kind;

std::unexpected<Error> bad(std::string message) { return fail(Code::malformed_policy, std::move(message)); }

std::size_t count_characters(std::string_view text, const PolicyLimits& limits) {
  if (limits.count_white_space) return text.size();
  const auto white = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  return text.size() - static_cast<std::size_t>(std::ranges::count_if(text, white));
}

// The white space that does not count must not be endless either.
Result<void> check_size(std::string_view text, const PolicyLimits& limits) {
  if (text.size() > 4 * limits.max_characters + 65'536 ||
      count_characters(text, limits) > limits.max_characters)
    return bad("The policy exceeds the maximum of " + std::to_string(limits.max_characters) +
               (limits.count_white_space ? " bytes" : " characters, white space not counted"));
  if (text.empty() || text.front() != '{')
    return bad("Policies must be valid JSON and the first byte must be '{'");
  return {};
}

template <std::size_t N>
Result<void> only_known(const JsonNode& node, const std::array<std::string_view, N>& known) {
  for (const auto& [name, value] : node.members)
    if (std::ranges::find(known, name) == known.end()) return bad("Unknown field " + name);
  return {};
}

Result<std::string> text_member(const JsonNode& node, std::string_view name) {
  const JsonNode* value = node.find(name);
  if (!value) return std::string{};
  if (!value->is(Kind::string)) return bad(std::string(name) + " must be a string");
  return value->text;
}

// A string or a list of at least one.
Result<std::vector<std::string>> text_list(const JsonNode& node, std::string_view name) {
  std::vector<std::string> out;
  if (node.is(Kind::string)) out.push_back(node.text);
  if (node.is(Kind::array))
    for (const JsonNode& item : node.items) {
      if (!item.is(Kind::string)) return bad(std::string(name) + " must be a string or a list of strings");
      out.push_back(item.text);
    }
  if (out.empty()) return bad("Missing required field " + std::string(name));
  return out;
}

// One of two elements that exclude each other, such as Action and NotAction.
struct Either {
  const JsonNode* node = nullptr;
  bool negated = false;
};

Result<Either> either(const JsonNode& statement, const std::string& name) {
  const JsonNode* plain = statement.find(name);
  const JsonNode* negated = statement.find("Not" + name);
  if (plain && negated) return bad("A statement has both " + name + " and Not" + name);
  return Either{plain ? plain : negated, negated != nullptr};
}

// "*" or "service:name" with '*' and '?' in the name.
bool is_action(std::string_view text) {
  if (text == "*") return true;
  const std::string_view service = cut(text, ':');
  const auto in_service = [](char c) { return is_alnum(c) || c == '-'; };
  const auto in_name = [](char c) { return is_alnum(c) || c == '*' || c == '?' || c == '-' || c == '_'; };
  return !service.empty() && !text.empty() && std::ranges::all_of(service, in_service) &&
         std::ranges::all_of(text, in_name);
}

Result<void> read_actions(Statement& s, const JsonNode& node) {
  TRY(const Either action, either(node, "Action"));
  if (!action.node) return bad("Missing required field Action");
  TRY(const auto texts, text_list(*action.node, "Action"));
  for (const std::string& text : texts) {
    if (!is_action(text)) return bad("Policy has invalid action: " + text);
    s.actions.push_back(encode_wildcards(to_lower(text)));
  }
  s.not_action = action.negated;
  return {};
}

Result<void> read_resources(Statement& s, const JsonNode& node, const CompiledPolicy& policy) {
  TRY(const Either resource, either(node, "Resource"));
  if (policy.kind == PolicyKind::trust)
    return resource.node ? Result<void>(bad("Has prohibited field Resource")) : Result<void>{};
  if (!resource.node) return bad("Missing required field Resource");
  TRY(const auto texts, text_list(*resource.node, "Resource"));
  for (const std::string& text : texts) {
    auto arn = text == "*" || text.starts_with("arn:")
                   ? ArnPattern::compile(text, {.variables = policy.variables})
                   : Result<ArnPattern>(bad("it must be in ARN format or \"*\""));
    if (!arn) return bad("Policy has invalid resource: " + text + ": " + arn.error().context);
    s.resources.push_back(std::move(*arn));
  }
  s.not_resource = resource.negated;
  return {};
}

Result<void> read_principals(Statement& s, const JsonNode& node, PolicyKind kind) {
  TRY(const Either principal, either(node, "Principal"));
  const bool wanted = kind == PolicyKind::resource || kind == PolicyKind::trust;
  if (!wanted && principal.node) return bad("Policy document should not specify a principal");
  if (wanted && !principal.node) return bad("Missing required field Principal");
  if (!principal.node) return {};
  if (kind == PolicyKind::trust && principal.negated) return bad("Has prohibited field NotPrincipal");
  TRY(s.principals, compile_principals(*principal.node, principal.negated));
  return {};
}

Result<void> read_sid(Statement& s, const JsonNode& node, PolicyKind kind) {
  TRY(s.sid, text_member(node, "Sid"));
  if (kind != PolicyKind::resource && !std::ranges::all_of(s.sid, is_alnum))
    return bad("Statement IDs (SID) must be alphanumeric");
  return {};
}

Result<Statement> read_statement(const JsonNode& node, const CompiledPolicy& policy) {
  static constexpr std::array<std::string_view, 9> kFields = {"Sid",          "Effect",      "Principal",
                                                              "NotPrincipal", "Action",      "NotAction",
                                                              "Resource",     "NotResource", "Condition"};
  if (!node.is(Kind::object)) return bad("A statement must be an object");
  TRY(only_known(node, kFields));
  Statement s;
  TRY(read_sid(s, node, policy.kind));
  TRY(const std::string effect, text_member(node, "Effect"));
  if (effect.empty()) return bad("Missing required field Effect");
  if (effect != "Allow" && effect != "Deny") return bad("Invalid effect: " + effect);
  s.allow = effect == "Allow";
  TRY(read_principals(s, node, policy.kind));
  TRY(read_actions(s, node));
  TRY(read_resources(s, node, policy));
  if (const JsonNode* condition = node.find("Condition")) {
    TRY(s.conditions, compile_conditions(*condition, policy.variables));
  }
  return s;
}

Result<void> read_version(CompiledPolicy& policy, const JsonNode& root) {
  const JsonNode* node = root.find("Version");
  TRY(const std::string version, text_member(root, "Version"));
  if (node && version != "2012-10-17" && version != "2008-10-17")
    return bad("The policy must contain a valid version string");
  policy.variables = version == "2012-10-17";
  return {};
}

Result<void> read_statements(CompiledPolicy& policy, const JsonNode& root, const PolicyLimits& limits) {
  const JsonNode* node = root.find("Statement");
  if (!node) return bad("Missing required field Statement");
  const bool one = node->is(Kind::object);
  if (!one && (!node->is(Kind::array) || node->items.empty())) return bad("Statement is empty!");
  const std::size_t count = one ? 1 : node->items.size();
  if (count > limits.max_statements) return bad("The policy has too many statements");
  std::set<std::string> sids;
  for (std::size_t i = 0; i < count; ++i) {
    TRY(Statement s, read_statement(one ? *node : node->items[i], policy));
    if (policy.kind != PolicyKind::resource && !s.sid.empty() && !sids.insert(s.sid).second)
      return bad("Statement IDs (SID) in a single policy must be unique: " + s.sid);
    policy.statements.push_back(std::move(s));
  }
  return {};
}

void collect_keys(CompiledPolicy& policy) {
  std::vector<std::string>& keys = policy.keys;
  for (const Statement& s : policy.statements) {
    for (const ArnPattern& r : s.resources) r.tail().collect_keys(keys);
    for (const Condition& c : s.conditions) {
      keys.push_back(c.key);
      if (const auto* texts = std::get_if<std::vector<Pattern>>(&c.values))
        for (const Pattern& p : *texts) p.collect_keys(keys);
      if (const auto* arns = std::get_if<std::vector<ArnPattern>>(&c.values))
        for (const ArnPattern& p : *arns) p.tail().collect_keys(keys);
    }
  }
  std::ranges::sort(keys);
  const auto rest = std::ranges::unique(keys);
  keys.erase(rest.begin(), rest.end());
}

}  // namespace

Result<Policy> Policy::parse(std::string_view text, PolicyKind kind, const PolicyLimits& limits) {
  static constexpr std::array<std::string_view, 3> kFields = {"Version", "Id", "Statement"};
  TRY(check_size(text, limits));
  TRY(const JsonNode root, parse_json(text, {}));
  auto policy = std::make_shared<CompiledPolicy>();
  policy->text = text;
  policy->kind = kind;
  TRY(only_known(root, kFields));
  TRY(read_version(*policy, root));
  TRY(policy->id, text_member(root, "Id"));
  if (root.find("Id") && (kind == PolicyKind::identity || kind == PolicyKind::session))
    return bad("Has prohibited field Id");
  TRY(read_statements(*policy, root, limits));
  collect_keys(*policy);
  return Policy(std::move(policy));
}

}  // namespace cairn::iam
