#include "iam/condition.hpp"

#include <algorithm>
#include <compare>
#include <type_traits>

namespace cairn::iam {
namespace {

bool ordered(std::partial_ordering order, Order wanted) {
  switch (wanted) {
    case Order::equal:
      return order == 0;
    case Order::less:
      return order < 0;
    case Order::less_equal:
      return order <= 0;
    case Order::greater:
      return order > 0;
    case Order::greater_equal:
      return order >= 0;
  }
  return false;
}

// A value that is no number, date or address matches nothing.
template <class T>
bool any_ordered(const std::vector<T>& wanted, std::optional<T> value, Order order) {
  return value && std::ranges::any_of(wanted, [&](const T& w) { return ordered(*value <=> w, order); });
}

bool any_range(const std::vector<IpRange>& wanted, std::string_view value) {
  const auto address = parse_ip(value);
  return address && std::ranges::any_of(wanted, [&](const IpRange& w) { return w.contains(*address); });
}

bool any_truth(const std::vector<bool>& wanted, std::string_view value) {
  const auto truth = parse_truth(value);
  return truth && std::ranges::find(wanted, *truth) != wanted.end();
}

// Whether a value of the request matches one of the policy's, before any negation.
bool matches_one(const Condition& c, std::string_view value, const Context& context) {
  return std::visit(
      [&](const auto& wanted) {
        using Values = std::decay_t<decltype(wanted)>;
        if constexpr (std::is_same_v<Values, std::vector<double>>) {
          return any_ordered(wanted, parse_number(value), c.op.order);
        } else if constexpr (std::is_same_v<Values, std::vector<std::int64_t>>) {
          return any_ordered(wanted, parse_date(value), c.op.order);
        } else if constexpr (std::is_same_v<Values, std::vector<IpRange>>) {
          return any_range(wanted, value);
        } else if constexpr (std::is_same_v<Values, std::vector<bool>>) {
          return any_truth(wanted, value);
        } else if constexpr (std::is_same_v<Values, std::vector<std::string>>) {
          return std::ranges::find(wanted, value) != wanted.end();
        } else {
          return std::ranges::any_of(wanted, [&](const auto& w) { return w.matches(value, context); });
        }
      },
      c.values);
}

bool holds_null(const Condition& c, bool absent) {
  const auto* wanted = std::get_if<std::vector<bool>>(&c.values);
  return wanted && std::ranges::find(*wanted, absent) != wanted->end();
}

}  // namespace

bool Condition::holds(const Context& context) const {
  auto found = context.find(key);
  if (op.compare == Compare::null) return holds_null(*this, found.empty());
  if (op.set != SetOperator::none && found.size() == 1 && found.front().empty()) found = {};
  if (found.empty()) {
    if (op.if_exists) return true;
    return op.set == SetOperator::none ? op.negated : op.set == SetOperator::all_values;
  }
  const auto good = [&](const std::string& value) {
    return matches_one(*this, value, context) != op.negated;
  };
  const bool each = op.set == SetOperator::all_values || (op.set == SetOperator::none && op.negated);
  return each ? std::ranges::all_of(found, good) : std::ranges::any_of(found, good);
}

}  // namespace cairn::iam
