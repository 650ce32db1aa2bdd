#include "s3client/bench/stats.hpp"

#include <algorithm>

namespace cairn::s3client::bench {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::size_t kMaxSeconds = 8 * 86400;  // of a series, so that a bad clock cannot exhaust memory
constexpr std::array<std::string_view, kOpKinds> kNames{"put", "get", "stat", "list", "delete"};

double ms(double nanoseconds) { return nanoseconds / 1e6; }

LatencySummary summarize_latency(const Histogram& h) {
  const auto at = [&h](double q) { return ms(static_cast<double>(h.quantile(q))); };
  LatencySummary s{.min = ms(static_cast<double>(h.min())),
                   .mean = ms(h.mean()),
                   .p50 = at(0.5),
                   .p90 = at(0.9),
                   .p99 = at(0.99),
                   .p999 = at(0.999),
                   .max = ms(static_cast<double>(h.max()))};
  // As many nines as there are values to show them.
  for (const double q :
       {0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 0.99999})
    if ((1 - q) * static_cast<double>(h.count()) >= 1) s.curve.push_back({q, q == 0 ? s.min : at(q)});
  return s;
}

}  // namespace

std::string_view op_name(OpKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<OpKind> parse_op(std::string_view name) {
  const auto* found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<OpKind>(found - kNames.begin());
}

OpStats& Stats::of(OpKind kind) {
  auto& op = ops_[static_cast<std::size_t>(kind)];
  if (!op) op.emplace();
  return *op;
}

SeriesPoint& Stats::second_of(OpStats& op, std::int64_t at, const Window& window) {
  const std::size_t second = std::min(static_cast<std::size_t>((at - window.start) / kSecond), kMaxSeconds);
  if (op.series.size() <= second) op.series.resize(second + 1);
  return op.series[second];
}

void Stats::record(const Sample& s, const Window& window) {
  const std::int64_t from = std::max(s.start, window.start);
  const std::int64_t to = std::min(s.end, window.end);
  if (to < from || s.start >= window.end) return;
  OpStats& op = of(s.kind);
  const double whole = static_cast<double>(std::max<std::int64_t>(s.end - s.start, 1));
  for (std::int64_t at = from;;) {
    const std::int64_t next = std::min(to, window.start + ((at - window.start) / kSecond + 1) * kSecond);
    const double part = s.end == s.start ? 1 : static_cast<double>(next - at) / whole;
    SeriesPoint& point = second_of(op, at, window);
    point.operations += part;
    point.bytes += part * static_cast<double>(s.bytes);
    point.items += part * static_cast<double>(s.items);
    op.window_ops += part;
    op.window_bytes += part * static_cast<double>(s.bytes);
    op.window_items += part * static_cast<double>(s.items);
    if (next >= to) break;
    at = next;
  }
  if (s.start < window.start) return;
  ++op.requests;
  op.bytes += s.bytes;
  op.items += s.items;
  op.latency.record(static_cast<std::uint64_t>(std::max<std::int64_t>(s.end - s.start, 0)));
  if (s.first_byte != 0)
    op.first_byte.record(static_cast<std::uint64_t>(std::max<std::int64_t>(s.first_byte - s.start, 0)));
}

void Stats::record_error(OpKind kind, std::string_view code, std::int64_t at, const Window& window) {
  if (at < window.start || at >= window.end) return;
  OpStats& op = of(kind);
  ++op.errors;
  auto found = op.errors_by_code.find(code);
  if (found == op.errors_by_code.end()) found = op.errors_by_code.emplace(std::string(code), 0).first;
  ++found->second;
  second_of(op, at, window).errors += 1;
}

void Stats::record_slow_down(OpKind kind, std::int64_t at, const Window& window) {
  if (at < window.start || at >= window.end) return;
  ++of(kind).slow_downs;
}

void Stats::merge(const Stats& other) {
  for (std::size_t i = 0; i < kOpKinds; ++i) {
    if (!other.ops_[i]) continue;
    const OpStats& from = *other.ops_[i];
    OpStats& to = of(static_cast<OpKind>(i));
    to.latency.merge(from.latency);
    to.first_byte.merge(from.first_byte);
    to.requests += from.requests;
    to.bytes += from.bytes;
    to.items += from.items;
    to.errors += from.errors;
    to.slow_downs += from.slow_downs;
    to.window_ops += from.window_ops;
    to.window_bytes += from.window_bytes;
    to.window_items += from.window_items;
    for (const auto& [code, count] : from.errors_by_code) to.errors_by_code[code] += count;
    if (to.series.size() < from.series.size()) to.series.resize(from.series.size());
    for (std::size_t s = 0; s < from.series.size(); ++s) {
      to.series[s].operations += from.series[s].operations;
      to.series[s].bytes += from.series[s].bytes;
      to.series[s].items += from.series[s].items;
      to.series[s].errors += from.series[s].errors;
    }
  }
}

std::vector<OpReport> Stats::summarize(double seconds) const {
  std::vector<OpReport> result;
  for (std::size_t i = 0; i < kOpKinds; ++i) {
    if (!ops_[i]) continue;
    const OpStats& op = *ops_[i];
    OpReport r;
    r.op = kNames[i];
    r.requests = op.requests;
    r.errors = op.errors;
    r.slow_downs = op.slow_downs;
    r.bytes = op.bytes;
    r.items = op.items;
    if (seconds > 0) {
      r.ops_per_s = op.window_ops / seconds;
      r.items_per_s = op.window_items / seconds;
      r.mib_per_s = op.window_bytes / seconds / (1024 * 1024);
    }
    r.latency = summarize_latency(op.latency);
    if (op.first_byte.count() > 0) r.first_byte = summarize_latency(op.first_byte);
    r.errors_by_code.insert(op.errors_by_code.begin(), op.errors_by_code.end());
    r.series = op.series;
    // A last second that the window only touches would look like a collapse.
    const auto whole = static_cast<std::size_t>(seconds);
    if (whole >= 1 && r.series.size() > whole) r.series.resize(whole);
    result.push_back(std::move(r));
  }
  return result;
}

}  // namespace cairn::s3client::bench
