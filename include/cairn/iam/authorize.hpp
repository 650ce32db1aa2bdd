#pragma once
#include "cairn/base/result.hpp"
#include "cairn/iam/identity.hpp"

namespace cairn::iam {

// Whether the caller's own policies allow what no other policy has a say in: the actions of the IAM API and
// the admin API. access_denied, in AWS's words.
Status authorize(const Identity& who, const AccessRequest& request);

}  // namespace cairn::iam
