#pragma once
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"
#include "cairn/iam/policy.hpp"

namespace cairn::iam {

// A bucket's policy as PutBucketPolicy takes it. Beside what Policy::parse() demands, by S3's rules:
// - every action is one of S3's, and applies to some resource of its statement: s3:GetObject to objects,
//   s3:ListBucket to the bucket ("Action does not apply to any resource(s) in statement");
// - every resource lies in the bucket, or its wildcards reach into it ("Policy has invalid resource");
// - condition keys of S3 exist, and some action of the statement takes them.
// malformed_policy with S3's words. Whether the principals exist is left to the caller
// (Policy::named_principals()).
Result<Policy> parse_bucket_policy(std::string_view text, std::string_view bucket);
Result<Policy> parse_bucket_policy(std::string_view text, std::string_view bucket,
                                   const PolicyLimits& limits);

// The names of a bucket's configurations that keep its policy: the document as it was put, and the
// PrincipalIds that its names are bound to (bound_principals.hpp).
inline constexpr std::string_view kPolicyConfig = "policy", kPolicyIdsConfig = "policyPrincipals";
// The policy that these two make; `ids` may be null.
Result<Policy> read_bucket_policy(const std::string& text, const std::string* ids, std::string_view bucket);

// Whether a bucket policy is public by "The meaning of public" (Blocking public access, S3 User Guide): it
// is, unless each Allow is for fixed principals (users, roles, accounts, services; no identity provider, no
// NotPrincipal), or has a condition that holds a key such as aws:SourceVpc or aws:PrincipalOrgID to fixed
// values: no wildcard, no variable, no negation, and nothing that is true when the key is absent.
// aws:SourceIp counts with ranges of at most /8 (IPv4) and /32 (IPv6), s3:DataAccessPointArn with a fixed
// account.
bool is_public(const Policy& policy);

}  // namespace cairn::iam
