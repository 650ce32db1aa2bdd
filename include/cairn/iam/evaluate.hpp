#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/iam/policy.hpp"
#include "cairn/iam/request.hpp"

namespace cairn::iam {

// A policy and what people know it by: "readwrite", "group developers: readonly", "bucket photos".
struct AttachedPolicy {
  const Policy* policy = nullptr;
  std::string_view name;
};
using PolicyList = std::span<const AttachedPolicy>;

// Everything that has a say in a request. Borrowed for the call.
struct PolicySet {
  PolicyList identity;                   // of the user and its groups, or of the role
  PolicyList boundary;                   // permissions boundary: none, or one
  std::span<const PolicyList> sessions;  // each layer must allow; within a layer one policy suffices
  PolicyList resource;                   // the bucket's policy, or the role's trust policy: none, or one
};

enum class Decision : std::uint8_t {
  allow,
  explicit_deny,  // a statement says so: final
  implicit_deny,  // nobody allows: an ACL or the ownership of the bucket may still
};

// Which part of a PolicySet a decision comes from.
enum class Source : std::uint8_t { nobody, root, identity, boundary, session, resource };

struct Verdict {
  Decision decision = Decision::implicit_deny;
  Source source =
      Source::nobody;       // for an implicit deny: the limit that did not allow; nobody: no grant at all
  std::string_view policy;  // the AttachedPolicy's name
  int statement = -1;       // the deciding statement, counted from 0; -1: none
  std::string_view sid;     // borrowed from the policy

  bool allowed() const { return decision == Decision::allow; }
};

// Decides a request: pure, and the only place that does. Default deny. The rules are those of "Policy
// evaluation for requests within a single account" (IAM User Guide); all principals and buckets are of one
// account:
// 1. A Deny that applies, in any of the policies, is final. One exception: what a bucket policy denies, the
// root
//    user may still do where it is s3:GetBucketPolicy, s3:PutBucketPolicy or s3:DeleteBucketPolicy, lest a
//    bucket be locked for good (PutBucketPolicy, S3 API Reference).
// 2. The root user is allowed everything else, within the layers of session policies of its session.
// 3. An Allow of the resource's policy for everybody, for the user itself or for the session's own ARN is
// enough,
//    whatever identity policies, boundary and session policies leave out. If the user's own ARN is named and
//    session policies limit the session, these still do; if the role of a session is named, they and the
//    boundary do. An Allow for the account only leaves the choice to the account's identity policies.
// 4. Else an identity policy has to allow it, and the boundary and each layer of session policies as well.
// Anonymous requests have the resource's policy only.
Verdict evaluate(const AccessRequest& request, const PolicySet& policies);

// Whether the boundary and every layer of session policies allow a request: what they leave out stays denied
// when an ACL or the ownership of a bucket grants it.
bool limits_allow(const AccessRequest& request, const PolicySet& policies);

// Why a statement counted or did not.
struct TraceLine {
  enum class Outcome : std::uint8_t {
    applies,
    other_principal,
    other_action,
    other_resource,
    condition_fails
  };
  Source source = Source::nobody;
  std::string policy;
  int statement = 0;
  std::string sid;
  bool allow = false;
  Outcome outcome = Outcome::applies;
  std::string condition;  // the first that fails: "StringEquals s3:prefix"
};

struct Explanation {
  Verdict verdict;
  std::vector<TraceLine> lines;  // every statement of every policy
};

// evaluate(), with all that led to it.
Explanation explain(const AccessRequest& request, const PolicySet& policies);

// Sentences for people: "allowed by statement 0 (ReadOnly) of identity policy readonly".
std::string describe(const Verdict& verdict);
std::string describe(const TraceLine& line);

}  // namespace cairn::iam
