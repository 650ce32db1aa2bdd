#include <array>
#include <utility>

#include "cairn/base/bytes.hpp"

#include "iam/condition.hpp"
#include "iam/text.hpp"

namespace cairn::iam {
namespace {

constexpr std::size_t kMaxValues = 1000;

struct NamedOperator {
  std::string_view name;
  Operator op;
};

constexpr Operator text(bool negated, bool like, bool fold) {
  return {.compare = Compare::text, .negated = negated, .like = like, .fold = fold};
}
constexpr Operator plain(Compare compare, bool negated) { return {.compare = compare, .negated = negated}; }
constexpr Operator ordering(Compare compare, Order order) { return {.compare = compare, .order = order}; }

constexpr std::array<NamedOperator, 27> kOperators = {{
    {"StringEquals", text(false, false, false)},
    {"StringNotEquals", text(true, false, false)},
    {"StringEqualsIgnoreCase", text(false, false, true)},
    {"StringNotEqualsIgnoreCase", text(true, false, true)},
    {"StringLike", text(false, true, false)},
    {"StringNotLike", text(true, true, false)},
    {"NumericEquals", plain(Compare::number, false)},
    {"NumericNotEquals", plain(Compare::number, true)},
    {"NumericLessThan", ordering(Compare::number, Order::less)},
    {"NumericLessThanEquals", ordering(Compare::number, Order::less_equal)},
    {"NumericGreaterThan", ordering(Compare::number, Order::greater)},
    {"NumericGreaterThanEquals", ordering(Compare::number, Order::greater_equal)},
    {"DateEquals", plain(Compare::date, false)},
    {"DateNotEquals", plain(Compare::date, true)},
    {"DateLessThan", ordering(Compare::date, Order::less)},
    {"DateLessThanEquals", ordering(Compare::date, Order::less_equal)},
    {"DateGreaterThan", ordering(Compare::date, Order::greater)},
    {"DateGreaterThanEquals", ordering(Compare::date, Order::greater_equal)},
    {"Bool", plain(Compare::truth, false)},
    {"BinaryEquals", plain(Compare::binary, false)},
    {"IpAddress", plain(Compare::address, false)},
    {"NotIpAddress", plain(Compare::address, true)},
    {"ArnEquals", plain(Compare::arn, false)},
    {"ArnLike", plain(Compare::arn, false)},
    {"ArnNotEquals", plain(Compare::arn, true)},
    {"ArnNotLike", plain(Compare::arn, true)},
    {"Null", plain(Compare::null, false)},
}};

bool take_prefix(std::string_view& s, std::string_view prefix) {
  if (!s.starts_with(prefix)) return false;
  s.remove_prefix(prefix.size());
  return true;
}

bool take_suffix(std::string_view& s, std::string_view suffix) {
  if (!s.ends_with(suffix)) return false;
  s.remove_suffix(suffix.size());
  return true;
}

bool is_value(const JsonNode& n) { return n.is(JsonNode::Kind::string) || n.is(JsonNode::Kind::scalar); }

// The texts of a condition's value or list of values.
Result<std::vector<std::string>> value_texts(const JsonNode& node, const std::string& key) {
  std::vector<std::string> texts;
  if (is_value(node)) {
    texts.push_back(node.text);
    return texts;
  }
  if (!node.is(JsonNode::Kind::array) || node.items.size() > kMaxValues)
    return fail(Code::malformed_policy, "Invalid value for the condition key " + key);
  for (const JsonNode& item : node.items) {
    if (!is_value(item)) return fail(Code::malformed_policy, "Invalid value for the condition key " + key);
    texts.push_back(item.text);
  }
  return texts;
}

// Each text read by `parse`; an Error names the first that it does not take.
template <class T, class Parse>
Result<std::vector<T>> read_all(const std::vector<std::string>& texts, const Condition& c, Parse parse) {
  std::vector<T> out;
  for (const std::string& t : texts) {
    auto value = parse(t);
    if (!value)
      return fail(Code::malformed_policy, "Invalid value for " + c.operator_name + " " + c.key + ": " + t);
    out.push_back(std::move(*value));
  }
  return out;
}

Result<void> read_patterns(Condition& c, const std::vector<std::string>& texts, bool variables) {
  const PatternRules rules{.variables = variables, .wildcards = c.op.like, .fold = c.op.fold};
  std::vector<Pattern> patterns;
  for (const std::string& t : texts) {
    TRY(Pattern p, Pattern::compile(t, rules));
    patterns.push_back(std::move(p));
  }
  c.values = std::move(patterns);
  return {};
}

// Bool knows two values, so a variable in it can only be resolved as text.
Result<void> read_truths(Condition& c, const std::vector<std::string>& texts, bool variables) {
  for (const std::string& t : texts)
    if (variables && c.op.compare == Compare::truth && t.find("${") != std::string::npos) {
      c.op.fold = true;
      return read_patterns(c, texts, variables);
    }
  TRY(c.values, read_all<bool>(texts, c, parse_truth));
  return {};
}

Result<void> read_values(Condition& c, const std::vector<std::string>& texts, bool variables) {
  switch (c.op.compare) {
    case Compare::text:
      return read_patterns(c, texts, variables);
    case Compare::null:
    case Compare::truth:
      return read_truths(c, texts, variables);
    case Compare::number: {
      TRY(c.values, read_all<double>(texts, c, parse_number));
      break;
    }
    case Compare::date: {
      TRY(c.values, read_all<std::int64_t>(texts, c, parse_date));
      break;
    }
    case Compare::address: {
      TRY(c.values, read_all<IpRange>(texts, c, parse_ip_range));
      break;
    }
    case Compare::binary: {
      TRY(c.values, read_all<std::string>(texts, c, from_base64));
      break;
    }
    case Compare::arn: {
      const auto parse = [&](const std::string& t) {
        return ArnPattern::compile(t, {.variables = variables});
      };
      TRY(c.values, read_all<ArnPattern>(texts, c, parse));
      break;
    }
  }
  return {};
}

bool is_key(std::string_view key) {
  const std::size_t colon = key.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < key.size() &&
         key.find_first_of("*?${}") == std::string_view::npos;
}

}  // namespace

Result<Operator> Operator::parse(std::string_view name) {
  std::string_view bare = name;
  SetOperator set = SetOperator::none;
  if (take_prefix(bare, "ForAllValues:"))
    set = SetOperator::all_values;
  else if (take_prefix(bare, "ForAnyValue:"))
    set = SetOperator::any_value;
  const bool if_exists = take_suffix(bare, "IfExists");
  for (const NamedOperator& known : kOperators) {
    if (known.name != bare) continue;
    if (known.op.compare == Compare::null && (if_exists || set != SetOperator::none)) break;
    Operator op = known.op;
    op.set = set;
    op.if_exists = if_exists;
    return op;
  }
  return fail(Code::malformed_policy, "Invalid condition type: " + std::string(name));
}

Result<std::vector<Condition>> compile_conditions(const JsonNode& node, bool variables) {
  std::vector<Condition> out;
  if (!node.is(JsonNode::Kind::object)) return fail(Code::malformed_policy, "Condition must be an object");
  for (const auto& [name, keys] : node.members) {
    TRY(const Operator op, Operator::parse(name));
    if (!keys.is(JsonNode::Kind::object))
      return fail(Code::malformed_policy, "Condition " + name + " must be an object of keys and values");
    for (const auto& [key, values] : keys.members) {
      if (!is_key(key)) return fail(Code::malformed_policy, "Policy has an invalid condition key: " + key);
      Condition c{op, name, to_lower(key), {}};
      TRY(const auto texts, value_texts(values, key));
      TRY(read_values(c, texts, variables));
      out.push_back(std::move(c));
    }
  }
  return out;
}

}  // namespace cairn::iam
