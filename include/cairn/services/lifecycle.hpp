#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "cairn/base/clock.hpp"
#include "cairn/base/metrics.hpp"
#include "cairn/base/task.hpp"
#include "cairn/store/object_layer.hpp"

namespace cairn::services {

struct LifecycleOptions {
  std::chrono::milliseconds day{std::chrono::hours(24)};      // of the rules; tests shorten it
  std::chrono::milliseconds interval{std::chrono::hours(1)};  // from the end of a pass to the next
  std::uint32_t rate = 1000;                                  // removals a second at most
};

// What one pass over all buckets did.
struct LifecycleReport {
  std::uint64_t looked_at = 0;  // versions and uploads
  std::uint64_t expired = 0;    // newest versions deleted as a client would
  std::uint64_t versions_removed = 0, markers_removed = 0, uploads_aborted = 0;
  std::uint64_t kept_locked = 0;  // due, but under retention or legal hold
  std::uint64_t failed = 0;       // due, and tried again by the next pass
};

// Carries out the lifecycle rules of buckets (s3wire/lifecycle.hpp decides; S3 user guide, "Managing the
// lifecycle of objects"). A pass walks each bucket that has rules in the order of its keys, removes what is
// due and remembers durably how far it came, so that after a crash it goes on from there. What is removed is
// what was looked at: a version that changed meanwhile stays. Rules that change take effect with the next
// bucket or pass. Thread-safe; one run() at a time.
class Lifecycle {
 public:
  Lifecycle(store::ObjectLayer& layer, const Clock& clock, MetricRegistry& metrics, LifecycleOptions options);
  ~Lifecycle();

  // Pass after pass, until cancelled.
  Task<void> run();
  Task<LifecycleReport> pass();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn::services
