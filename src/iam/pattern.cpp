#include "iam/pattern.hpp"

#include <utility>

#include "iam/glob.hpp"
#include "iam/text.hpp"

namespace cairn::iam {
namespace {

struct Variable {
  std::string key;
  std::optional<std::string> fallback;
};

// What stands between the braces: a condition key, or a key, a comma, a space and a default in single quotes.
Result<Variable> parse_variable(std::string_view text) {
  Variable v;
  const std::size_t comma = text.find(", '");
  if (comma != std::string_view::npos && text.size() > comma + 3 && text.back() == '\'') {
    v.fallback = std::string(text.substr(comma + 3, text.size() - comma - 4));
    text = text.substr(0, comma);
  }
  if (text.empty() || text.find_first_of("${}*?'") != std::string_view::npos)
    return fail(Code::malformed_policy, "A policy variable has no valid name");
  v.key = to_lower(text);
  return v;
}

bool is_special(std::string_view name) { return name == "*" || name == "?" || name == "$"; }

// The place of the brace that closes the variable; one inside a quoted default does not.
std::size_t closing_brace(std::string_view text, std::size_t at) {
  bool quoted = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '\'') quoted = !quoted;
    if (text[at] == '}' && !quoted) return at;
  }
  return std::string_view::npos;
}

std::string encode(std::string_view text, const PatternRules& rules) {
  std::string out = rules.fold ? to_lower(text) : std::string(text);
  return rules.wildcards ? encode_wildcards(out) : out;
}

// A value of a request has bytes of its own choice; those that stand for wildcards must not slip in.
bool append_literal(std::string& out, std::string_view value) {
  if (has_wildcard(value)) return false;
  out += value;
  return true;
}

}  // namespace

Result<Pattern> Pattern::compile(std::string_view text, PatternRules rules) {
  Pattern p;
  p.fold_ = rules.fold;
  std::string current;
  std::size_t at = 0;
  while (rules.variables) {
    const std::size_t open = text.find("${", at);
    if (open == std::string_view::npos) break;
    const std::size_t close = closing_brace(text, open + 2);
    if (close == std::string_view::npos)
      return fail(Code::malformed_policy, "A policy variable is not closed");
    current += encode(text.substr(at, open - at), rules);
    at = close + 1;
    const std::string_view name = text.substr(open + 2, close - open - 2);
    if (is_special(name)) {
      current += name;
      continue;
    }
    TRY(Variable v, parse_variable(name));
    p.text_ += current + kAnyRun;
    p.pieces_.push_back({std::exchange(current, {}), std::move(v.key), std::move(v.fallback)});
  }
  current += encode(text.substr(at), rules);
  p.text_ += current;
  if (p.has_variable()) p.pieces_.push_back({std::move(current), {}, {}});
  p.wild_ = has_wildcard(p.text_);
  return p;
}

std::optional<std::string> Pattern::resolve(const Context& context) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    out += piece.text;
    if (piece.key.empty()) continue;
    const auto values = context.find(piece.key);
    if (values.size() > 1 || (values.empty() && !piece.fallback)) return std::nullopt;
    const std::string& value = values.empty() ? *piece.fallback : values.front();
    if (!append_literal(out, fold_ ? to_lower(value) : value)) return std::nullopt;
  }
  return out;
}

bool Pattern::matches(std::string_view value, const Context& context) const {
  std::string folded;
  if (fold_) value = folded = to_lower(value);
  if (pieces_.empty()) return wild_ ? glob_match(text_, value) : text_ == value;
  const auto resolved = resolve(context);
  return resolved && glob_match(*resolved, value);
}

bool Pattern::fixed() const { return !wild_; }

bool Pattern::is_everything() const { return pieces_.empty() && text_.size() == 1 && text_[0] == kAnyRun; }

void Pattern::collect_keys(std::vector<std::string>& keys) const {
  for (const Piece& p : pieces_)
    if (!p.key.empty()) keys.push_back(p.key);
}

Result<ArnPattern> ArnPattern::compile(std::string_view text, PatternRules rules) {
  ArnPattern p;
  if (text == "*") {
    p.everything_ = true;
    return p;
  }
  if (rules.variables && text.starts_with("${")) {
    p.whole_ = true;
    TRY(p.tail_, Pattern::compile(text, rules));
    return p;
  }
  for (std::string& head : p.heads_) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos)
      return fail(Code::malformed_policy, "An ARN has fewer than six parts");
    head = encode_wildcards(text.substr(0, colon));
    p.literal_head_ += head + ':';
    text.remove_prefix(colon + 1);
    if (rules.variables && head.find("${") != std::string::npos)
      return fail(Code::malformed_policy, "A policy variable stands in an ARN before its last part");
  }
  if (p.heads_[0] != "arn") return fail(Code::malformed_policy, "An ARN begins with \"arn:\"");
  if (has_wildcard(p.literal_head_)) p.literal_head_.clear();
  TRY(p.tail_, Pattern::compile(text, rules));
  return p;
}

bool ArnPattern::head_matches(std::string_view arn, std::size_t& tail_at) const {
  if (!literal_head_.empty()) {
    tail_at = literal_head_.size();
    return arn.starts_with(literal_head_);
  }
  tail_at = 0;
  for (const std::string& head : heads_) {
    const std::size_t colon = arn.find(':', tail_at);
    if (colon == std::string_view::npos) return false;
    if (!glob_match(head, arn.substr(tail_at, colon - tail_at))) return false;
    tail_at = colon + 1;
  }
  return true;
}

bool ArnPattern::matches(std::string_view arn, const Context& context) const {
  if (everything_) return true;
  if (whole_) return tail_.matches(arn, context);
  std::size_t tail_at = 0;
  return head_matches(arn, tail_at) && tail_.matches(arn.substr(tail_at), context);
}

bool ArnPattern::fixed() const { return !literal_head_.empty() && tail_.fixed(); }

}  // namespace cairn::iam
