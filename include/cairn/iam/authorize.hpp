#pragma once
#include "cairn/base/result.hpp"
#include "cairn/iam/identity.hpp"
#include "cairn/iam/request_facts.hpp"

namespace cairn::iam {

// Those of the asked-for condition keys that hang on nothing but who asks and how.
Context global_context(const std::vector<std::string>& asked_keys, const RequestFacts& facts,
                       const Identity& who);

// Whether the caller's own policies allow what no other policy has a say in: the actions of the IAM API and
// the admin API. Credentials of GetSessionToken manage nothing, as with AWS where there is no MFA.
// access_denied, in AWS's words.
Status authorize(const Identity& who, const AccessRequest& request);

}  // namespace cairn::iam
