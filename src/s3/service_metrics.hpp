#pragma once
#include <array>
#include <atomic>
#include <mutex>

#include "cairn/base/error.hpp"
#include "cairn/base/metrics.hpp"
#include "cairn/s3wire/route.hpp"

namespace cairn::s3 {

// The counters of the S3 requests. A series appears when its operation or error first occurs, so that the
// hundred operations nobody uses cost no lines. Thread-safe; counting takes no lock.
class ServiceMetrics {
 public:
  explicit ServiceMetrics(MetricRegistry& registry);

  struct Outcome {
    s3wire::Operation operation{};
    int status = 0;
    double seconds = 0;
    std::uint64_t received = 0, sent = 0;  // of bodies
  };
  void count(const Outcome& outcome);
  void count_error(Code code);
  // Counts a request as under way as long as the result lives.
  class InFlight {
   public:
    explicit InFlight(std::atomic<std::int64_t>& count) : count_(count) { ++count_; }
    ~InFlight() { --count_; }
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;

   private:
    std::atomic<std::int64_t>& count_;
  };
  InFlight enter() { return InFlight(*in_flight_); }

 private:
  struct Operation {
    std::array<Counter*, 6> by_class{};  // index: status / 100
    LatencyHistogram* latency = nullptr;
    Counter* received = nullptr;
    Counter* sent = nullptr;
  };
  const Operation& of(s3wire::Operation operation);

  MetricRegistry& registry_;
  std::shared_ptr<std::atomic<std::int64_t>> in_flight_ = std::make_shared<std::atomic<std::int64_t>>(0);
  std::mutex mutex_;
  std::array<std::unique_ptr<Operation>, 256> owned_;
  std::array<std::atomic<const Operation*>, 256> operations_{};
  std::array<std::atomic<Counter*>, 512> errors_{};
};

}  // namespace cairn::s3
