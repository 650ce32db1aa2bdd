#include "cairn/admin/verify_pass.hpp"

#include "cairn/base/log.hpp"

namespace cairn::admin {

bool VerifyPass::start() {
  {
    const std::lock_guard lock(mutex_);
    if (state_.running) return false;
    state_ = {true, clock_.now_ms(), 0, std::nullopt, {}};
  }
  group_.spawn("verify", [this] { return run(); });
  return true;
}

VerifyPass::State VerifyPass::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

Task<void> VerifyPass::run() {
  log::info("verifying every chunk");
  const Result<store::VerifyReport> done = co_await store_.verify();
  {
    const std::lock_guard lock(mutex_);
    state_.running = false;
    state_.finished = clock_.now_ms();
    if (done)
      state_.report = *done;
    else
      state_.error = code_name(done.error().code);
  }
  if (!done) co_return fail(done.error());
  log::info("verified", {{"objects", done->objects},
                         {"chunks", done->chunks},
                         {"damaged", done->damaged},
                         {"repaired", done->repaired},
                         {"unreadable", done->unreadable}});
  co_return Status();
}

}  // namespace cairn::admin
