#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cairn {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Latencies in seconds, in fixed buckets from 100 us to 100 s.
class LatencyHistogram {
 public:
  static constexpr std::array<double, 18> kBounds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005,
                                                  0.01,   0.025,   0.05,   0.1,   0.25,   0.5,
                                                  1,      2.5,     5,      10,    30,     100};
  void observe(double seconds);
  struct Snapshot {
    std::array<std::uint64_t, kBounds.size() + 1> counts{};  // not cumulative; the last is above all bounds
    std::uint64_t nanoseconds = 0;
  };
  Snapshot snapshot() const;

 private:
  std::array<std::atomic<std::uint64_t>, kBounds.size() + 1> counts_{};
  std::atomic<std::uint64_t> nanoseconds_{0};
};

// The metrics of one process, rendered in the Prometheus text format 0.0.4. Names follow the Prometheus
// conventions (cairn_ prefix, base units, _total). Registration locks; counting does not. References stay
// valid as long as the registry.
class MetricRegistry {
 public:
  Counter& counter(std::string name, std::string help, Labels labels = {});
  LatencyHistogram& histogram(std::string name, std::string help, Labels labels = {});
  // Values read when rendered; `read` must be thread-safe and quick.
  void gauge(std::string name, std::string help, Labels labels, std::function<double()> read);
  // Many samples of one name whose labels change (a drive's state): called when rendered.
  struct Sample {
    Labels labels;
    double value;
  };
  void gauges(std::string name, std::string help, std::function<std::vector<Sample>()> read);
  std::string render() const;

 private:
  struct Family;
  Family& family(std::string name, std::string help, std::string type);
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Family>> families_;

 public:
  MetricRegistry();
  ~MetricRegistry();
};

}  // namespace cairn
