#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/result.hpp"

namespace cairn::iam {

// Where a policy stands; what must and must not be in it follows from that ("Grammar of the IAM JSON policy
// language", IAM User Guide).
enum class PolicyKind : std::uint8_t {
  identity,  // of a user, group or role, a permissions boundary: no Principal, no Id, Sids alphanumeric and
             // unique
  session,   // given with AssumeRole or to a service account: the same, shorter
  resource,  // a bucket's: a Principal in every statement; parse it with parse_bucket_policy()
  trust,     // a role's: a Principal, no Resource
};

struct PolicyLimits {
  std::size_t max_characters = 6'144;
  bool count_white_space = false;
  std::size_t max_statements = 500;

  // 6,144 characters for identity policies (a role's inline policies may have 10,240, a user's 2,048), 2,048
  // for session and trust policies, none of which count white space; 20 KiB with it for bucket policies.
  static PolicyLimits of(PolicyKind kind);
};

struct CompiledPolicy;  // src/iam

// A policy document, parsed once into a form that evaluate() goes through without parsing or allocating much.
// Immutable: copies share it, and any thread may use it.
class Policy {
 public:
  // malformed_policy with a message for people. Actions and condition keys are not checked against what a
  // service knows: policies name services that we don't have.
  static Result<Policy> parse(std::string_view text, PolicyKind kind, const PolicyLimits& limits);
  static Result<Policy> parse(std::string_view text, PolicyKind kind) {
    return parse(text, kind, PolicyLimits::of(kind));
  }

  const std::string& text() const;  // as it was given: what a client gets back
  PolicyKind kind() const;
  std::size_t statement_count() const;
  std::string_view sid(std::size_t statement) const;  // empty: has none

  // Whether a condition or a variable asks for a key that begins so (in lower case): "s3:existingobjecttag/".
  // A caller need not find out what nobody asks for.
  bool mentions_key(std::string_view lower_prefix) const;

  // The ARNs, account and canonical ids that Principal elements name, so that a caller can refuse those that
  // do not exist. "*", services and identity providers are not among them.
  std::vector<std::string> named_principals() const;

  // The same policy, whose ARNs of Principal elements mean only who has the unique id that stands here.
  Policy bound_to(const std::map<std::string, std::string>& unique_ids) const;

  const CompiledPolicy& compiled() const { return *compiled_; }

 private:
  explicit Policy(std::shared_ptr<const CompiledPolicy> compiled) : compiled_(std::move(compiled)) {}
  std::shared_ptr<const CompiledPolicy> compiled_;
};

}  // namespace cairn::iam
