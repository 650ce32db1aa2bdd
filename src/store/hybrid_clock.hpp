#pragma once
#include <atomic>
#include <memory>

#include "cairn/base/clock.hpp"
#include "cairn/drive/keys.hpp"

namespace cairn::store {

// Ballots from hybrid logical time: never twice the same, above all that were observed, near the wall clock.
// Thread-safe.
class HybridClock {
 public:
  HybridClock(std::shared_ptr<const Clock> clock, std::uint32_t node)
      : clock_(std::move(clock)), node_(node) {}

  drive::Ballot next() {
    const auto wall = static_cast<std::uint64_t>(clock_->now_ms()) << 16;
    std::uint64_t last = last_.load();
    std::uint64_t mine;
    do {
      mine = std::max(last + 1, wall);
    } while (!last_.compare_exchange_weak(last, mine));
    return {mine, node_};
  }

  void observe(drive::Ballot seen) {
    std::uint64_t last = last_.load();
    while (last < seen.time && !last_.compare_exchange_weak(last, seen.time)) {
    }
  }

 private:
  const std::shared_ptr<const Clock> clock_;
  const std::uint32_t node_;
  std::atomic<std::uint64_t> last_{0};
};

}  // namespace cairn::store
