#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "s3client/bench/histogram.hpp"
#include "s3client/bench/report.hpp"

namespace cairn::s3client::bench {

enum class OpKind : std::uint8_t { put, get, stat, list, del };
inline constexpr std::size_t kOpKinds = 5;
std::string_view op_name(OpKind kind);
std::optional<OpKind> parse_op(std::string_view name);

// When a run measures, in nanoseconds of the steady clock.
struct Window {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

// One operation that succeeded.
struct Sample {
  OpKind kind{};
  std::int64_t start = 0;
  std::int64_t first_byte = 0;  // of a get's body; 0: none
  std::int64_t end = 0;
  std::uint64_t bytes = 0;  // of bodies, either way
  std::uint64_t items = 0;  // objects; of a list its keys
};

// The sums of one kind of operation.
struct OpStats {
  Histogram latency, first_byte;
  std::uint64_t requests = 0, bytes = 0, items = 0, errors = 0, slow_downs = 0;
  double window_ops = 0, window_bytes = 0, window_items = 0;
  std::map<std::string, std::uint64_t, std::less<>> errors_by_code;
  std::vector<SeriesPoint> series;
};

// What one thread has measured. An operation's latency counts when the operation began in the window, however
// long it took. For the rates an operation is spread evenly over the time it took and counts with the part
// that lies within the window, so that neither the operations under way at the start nor those cut off at the
// end bias the figure.
class Stats {
 public:
  void record(const Sample& sample, const Window& window);
  void record_error(OpKind kind, std::string_view code, std::int64_t at, const Window& window);
  void record_slow_down(OpKind kind, std::int64_t at, const Window& window);
  void merge(const Stats& other);
  // `seconds` is how long the window really was.
  std::vector<OpReport> summarize(double seconds) const;

 private:
  OpStats& of(OpKind kind);
  static SeriesPoint& second_of(OpStats& op, std::int64_t at, const Window& window);

  std::array<std::optional<OpStats>, kOpKinds> ops_;
};

// What the progress line shows; written by one thread, read by another.
struct LiveCounters {
  std::atomic<std::uint64_t> operations{0}, bytes{0}, items{0}, errors{0}, slow_downs{0}, latency_ns{0};
};

}  // namespace cairn::s3client::bench
