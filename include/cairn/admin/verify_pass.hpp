#pragma once
#include <mutex>
#include <optional>

#include "cairn/base/clock.hpp"
#include "cairn/base/task.hpp"
#include "cairn/store/store.hpp"

namespace cairn::admin {

// The verifying pass on request: reads every chunk again, now instead of at its next time; one at a time.
// Thread-safe. stop() before the store closes; the destructor does it too, and blocks.
class VerifyPass {
 public:
  VerifyPass(store::Store& store, const Clock& clock, asio::any_io_executor executor)
      : store_(store), clock_(clock), group_(std::move(executor)) {}

  // false: one is under way already.
  bool start();
  void stop() { group_.stop(); }

  struct State {
    bool running = false;
    UnixMillis started = 0, finished = 0;  // of the last pass that was asked for; 0: not yet
    std::optional<store::VerifyReport> report;
    std::string error;  // why the last one did not come to its end
  };
  State state() const;

 private:
  Task<void> run();

  store::Store& store_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  State state_;
  TaskGroup group_;
};

}  // namespace cairn::admin
