#include "s3/object_lock.hpp"

#include "cairn/s3wire/request_view.hpp"

namespace cairn::s3 {
namespace {
constexpr const char* kNoLock = "Bucket is missing Object Lock Configuration";
}  // namespace

Task<bool> may_bypass_governance(Context& c, std::string key) {
  const auto asked = c.header("x-amz-bypass-governance-retention");
  if (!asked || !s3wire::iequals(*asked, "true")) co_return false;
  co_return co_await is_allowed(c, "s3:BypassGovernanceRetention", c.bucket(), std::move(key));
}

Task<void> check_lock_allowed(Context& c, const store::ObjectAttributes& attributes) {
  if (attributes.retention.mode == store::LockMode::none && !attributes.legal_hold_set) co_return Status();
  co_return co_await require_object_lock(c);
}

Task<void> require_object_lock(Context& c) {
  CO_TRY(const store::Bucket bucket, co_await c.layer().head_bucket(c.bucket()));
  if (!bucket->object_lock) co_return fail(Code::invalid_request, kNoLock);
  co_return Status();
}

}  // namespace cairn::s3
