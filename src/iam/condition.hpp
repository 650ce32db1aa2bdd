#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cairn/base/result.hpp"

#include "iam/condition_values.hpp"
#include "iam/json_tree.hpp"
#include "iam/pattern.hpp"

namespace cairn::iam {

enum class Compare : std::uint8_t { text, number, date, truth, binary, address, arn, null };
enum class Order : std::uint8_t { equal, less, less_equal, greater, greater_equal };
enum class SetOperator : std::uint8_t { none, all_values, any_value };

// What an operator's name says: "ForAnyValue:StringNotLikeIfExists".
struct Operator {
  Compare compare = Compare::text;
  Order order = Order::equal;
  SetOperator set = SetOperator::none;
  bool negated = false;    // ...Not...
  bool if_exists = false;  // ...IfExists
  bool like = false;       // wildcards count
  bool fold = false;       // ...IgnoreCase

  static Result<Operator> parse(std::string_view name);
};

// One operator and one key with the values that the policy lists for it.
struct Condition {
  Operator op;
  std::string operator_name;  // as written, for explanations
  std::string key;            // in lower case
  std::variant<std::vector<Pattern>, std::vector<ArnPattern>, std::vector<double>, std::vector<std::int64_t>,
               std::vector<IpRange>, std::vector<std::string>, std::vector<bool>>
      values;

  // What holds for a request, by "Condition operators" and "Multivalued context keys" of the IAM User Guide:
  // - without the key a condition fails, unless it is negated, ends in IfExists, or says ForAllValues;
  // - several values of the policy: one must match, or with a negated operator none may;
  // - ForAllValues: this holds for each of the request's values; ForAnyValue: for at least one. An empty text
  //   alone is an empty set for both;
  // - several values of the request without either: one must match, or with a negated operator none may.
  bool holds(const Context& context) const;
};

// The conditions of a statement, all of which must hold. `variables` as the version of the policy has it.
Result<std::vector<Condition>> compile_conditions(const JsonNode& node, bool variables);

}  // namespace cairn::iam
