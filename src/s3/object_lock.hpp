#pragma once
#include "cairn/store/object_layer.hpp"

#include "s3/context.hpp"

namespace cairn::s3 {

// Whether the request asks to bypass governance retention, and may.
Task<bool> may_bypass_governance(Context& c, std::string key);
// invalid_request where a write asks for retention or legal hold in a bucket without object lock.
Task<void> check_lock_allowed(Context& c, const store::ObjectAttributes& attributes);
// The same for requests about retention or legal hold themselves.
Task<void> require_object_lock(Context& c);

}  // namespace cairn::s3
