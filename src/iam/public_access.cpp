#include <algorithm>
#include <array>
#include <string_view>

#include "cairn/iam/bucket_policy.hpp"

#include "iam/compiled.hpp"
#include "iam/glob.hpp"
#include "iam/text.hpp"

namespace cairn::iam {
namespace {

// The keys that make an Allow private when they are held to fixed values.
constexpr auto kFixingKeys = std::to_array<std::string_view>({
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:sourcearn",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:sourceowner",
    "aws:sourceaccount",
    "aws:userid",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:dataaccesspointarn",
    "s3:dataaccesspointaccount",
});

bool names_fixed_principals(const Statement& s) {
  if (!s.principals || s.principals->negated) return false;
  return std::ranges::none_of(s.principals->names, [](const PrincipalName& n) {
    return n.kind == PrincipalName::Kind::everybody || n.kind == PrincipalName::Kind::federated;
  });
}

// /8 of IPv4 is /104 of the mapped form; the private ranges of RFC 1918 are all narrower or as narrow.
bool is_narrow(const IpRange& range) { return range.prefix >= (range.v4 ? 96U + 8U : 32U); }

// A fixed text; an access point's ARN has to be fixed up to and with the account.
bool is_fixed(const Condition& c, const Pattern& p) {
  if (c.key != "s3:dataaccesspointarn" || p.has_variable()) return p.fixed();
  std::string_view rest = p.text();
  for (int i = 0; i < 5; ++i) {
    const std::string_view part = cut(rest, ':');
    if (has_wildcard(part) || (i == 4 && part.empty())) return false;
  }
  return true;
}

bool is_fixed(const Condition& c, const ArnPattern& p) {
  if (c.key != "s3:dataaccesspointarn") return p.fixed();
  return !p.everything() && !p.tail().has_variable() && !p.head(4).empty() && !has_wildcard(p.head(4));
}

template <class T>
bool all_fixed(const Condition& c, const std::vector<T>& values) {
  return !values.empty() && std::ranges::all_of(values, [&](const T& v) { return is_fixed(c, v); });
}

// A condition that holds for few only, whom the policy's author knew.
bool restricts(const Condition& c) {
  if (c.op.negated || c.op.if_exists || c.op.set == SetOperator::all_values) return false;
  if (const auto* ranges = std::get_if<std::vector<IpRange>>(&c.values))
    return c.key == "aws:sourceip" && !ranges->empty() && std::ranges::all_of(*ranges, is_narrow);
  if (std::ranges::find(kFixingKeys, c.key) == kFixingKeys.end()) return false;
  if (const auto* texts = std::get_if<std::vector<Pattern>>(&c.values)) return all_fixed(c, *texts);
  if (const auto* arns = std::get_if<std::vector<ArnPattern>>(&c.values)) return all_fixed(c, *arns);
  return false;
}

}  // namespace

bool is_public(const Policy& policy) {
  return std::ranges::any_of(policy.compiled().statements, [](const Statement& s) {
    return s.allow && !names_fixed_principals(s) && std::ranges::none_of(s.conditions, restricts);
  });
}

}  // namespace cairn::iam
