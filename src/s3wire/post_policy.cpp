#include <algorithm>

#include <nlohmann/json.hpp>

#include "cairn/base/bytes.hpp"
#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/post_object.hpp"

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

using Json = nlohmann::json;

std::unexpected<Error> invalid(std::string_view what) {
  return fail(Code::invalid_policy_document, "Invalid Policy: " + std::string(what));
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// JSON as policies may bend it, made straight. Backslashes stand in strings only, so that a pair of them
// needs no context; commas need it.
std::string straighten(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      const char escaped = text[++i];
      if (escaped == '$') {
        out += '$';
      } else if (escaped == 'v') {
        out += "\\u000b";
      } else {
        out.append({c, escaped});
      }
      continue;
    }
    if (c == '"') in_string = !in_string;
    if (c == ',' && !in_string) {
      std::size_t next = i + 1;
      while (next < text.size() && is_space(text[next])) ++next;
      if (next < text.size() && (text[next] == ']' || text[next] == '}')) continue;
    }
    out += c;
  }
  return out;
}

std::string shown(std::string_view op, std::string_view a, std::string_view b) {
  return "[\"" + std::string(op) + "\", \"" + std::string(a) + "\", \"" + std::string(b) + "\"]";
}

// A text, or a whole number as its digits.
std::optional<std::string> text_of(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_integer()) return value.dump();
  return std::nullopt;
}

// {"acl": "private"}
Status take_simple(PostPolicy& policy, const Json& condition) {
  if (condition.size() != 1)
    return invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
  const auto only = condition.begin();
  auto value = text_of(only.value());
  if (!value) return invalid("Invalid Simple-Condition: the value must be a string.");
  std::string text = shown("eq", "$" + only.key(), *value);
  policy.conditions.push_back(
      {PostCondition::Kind::equals, to_lower(only.key()), std::move(*value), std::move(text)});
  return {};
}

Status take_range(PostPolicy& policy, std::string_view least, std::string_view most) {
  if (least.starts_with('-') || most.starts_with('-'))
    return invalid("Invalid Condition: content-length-range must not be negative.");
  const auto min = parse_decimal(least), max = parse_decimal(most);
  if (!min || !max) {
    policy.conditions.push_back(
        {PostCondition::Kind::never, {}, {}, shown("content-length-range", least, most)});
    return {};
  }
  policy.min_size = std::max(policy.min_size, *min);
  policy.max_size = std::min(policy.max_size, *max);
  return {};
}

// ["eq", "$acl", "private"], ["starts-with", "$key", "a/"], ["content-length-range", 0, 9]
Status take_list(PostPolicy& policy, const Json& condition) {
  if (condition.size() != 3 || !condition[0].is_string())
    return invalid("Invalid Condition: a list must hold an operation and two arguments.");
  const std::string op = to_lower(condition[0].get<std::string>());
  const auto first = text_of(condition[1]), second = text_of(condition[2]);
  if (!first || !second) return invalid("Invalid Condition: the arguments must be strings.");
  if (op == "content-length-range") return take_range(policy, *first, *second);
  if (op != "eq" && op != "starts-with") return invalid("Invalid Condition: unknown operation '" + op + "'.");
  PostCondition out;
  out.kind = op == "eq" ? PostCondition::Kind::equals : PostCondition::Kind::starts_with;
  if (!first->starts_with('$')) out.kind = PostCondition::Kind::never;
  out.field = to_lower(first->starts_with('$') ? std::string_view(*first).substr(1) : *first);
  out.value = *second;
  out.text = shown(op, *first, *second);
  policy.conditions.push_back(std::move(out));
  return {};
}

Result<Json> read_json(std::string_view base64) {
  std::string packed;  // forms wrap it
  std::ranges::copy_if(base64, std::back_inserter(packed), [](char c) { return !is_space(c); });
  const auto text = from_base64(packed);
  if (!text) return invalid("The policy is not base64.");
  Json json = Json::parse(straighten(*text), nullptr, false);
  if (json.is_discarded()) return invalid("Invalid JSON.");
  if (!json.is_object()) return invalid("The policy must be an object.");
  return json;
}

}  // namespace

Result<PostPolicy> parse_post_policy(std::string_view base64) {
  TRY(const Json json, read_json(base64));
  for (const auto& [name, value] : json.items())
    if (name != "expiration" && name != "conditions") return invalid("Unexpected element '" + name + "'.");
  if (!json.contains("expiration")) return invalid("Policy missing expiration.");
  if (!json.contains("conditions")) return invalid("Policy missing conditions.");
  PostPolicy policy;
  const Json& expiration = json["expiration"];
  const auto t =
      expiration.is_string() ? parse_iso8601(expiration.get<std::string>()) : std::optional<UnixMillis>();
  if (!t) return invalid("Invalid 'expiration' value.");
  policy.expiration = *t;
  const Json& conditions = json["conditions"];
  if (!conditions.is_array()) return invalid("The conditions must be a list.");
  for (const Json& c : conditions) {
    if (!c.is_object() && !c.is_array()) return invalid("Invalid Condition: neither an object nor a list.");
    TRY(c.is_object() ? take_simple(policy, c) : take_list(policy, c));
  }
  return policy;
}

}  // namespace cairn::s3wire
