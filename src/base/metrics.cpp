#include "cairn/base/metrics.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace cairn {

void LatencyHistogram::observe(double seconds) {
  const auto it = std::lower_bound(kBounds.begin(), kBounds.end(), seconds);
  counts_[static_cast<std::size_t>(it - kBounds.begin())].fetch_add(1, std::memory_order_relaxed);
  nanoseconds_.fetch_add(static_cast<std::uint64_t>(std::max(0.0, seconds) * 1e9), std::memory_order_relaxed);
}

LatencyHistogram::Snapshot LatencyHistogram::snapshot() const {
  Snapshot s;
  for (std::size_t i = 0; i < counts_.size(); ++i) s.counts[i] = counts_[i].load(std::memory_order_relaxed);
  s.nanoseconds = nanoseconds_.load(std::memory_order_relaxed);
  return s;
}

struct MetricRegistry::Family {
  struct Series {
    Labels labels;
    std::unique_ptr<Counter> counter;
    std::unique_ptr<LatencyHistogram> histogram;
    std::function<double()> gauge;
  };
  std::string name, help, type;
  std::vector<Series> series;
  std::function<std::vector<Sample>()> samples;
};

MetricRegistry::MetricRegistry() = default;
MetricRegistry::~MetricRegistry() = default;

MetricRegistry::Family& MetricRegistry::family(std::string name, std::string help, std::string type) {
  for (auto& f : families_)
    if (f->name == name) return *f;
  families_.push_back(std::make_unique<Family>());
  Family& f = *families_.back();
  f.name = std::move(name);
  f.help = std::move(help);
  f.type = std::move(type);
  return f;
}

Counter& MetricRegistry::counter(std::string name, std::string help, Labels labels) {
  const std::lock_guard lock(mutex_);
  Family& f = family(std::move(name), std::move(help), "counter");
  for (auto& s : f.series)
    if (s.labels == labels) return *s.counter;
  f.series.push_back({std::move(labels), std::make_unique<Counter>(), nullptr, {}});
  return *f.series.back().counter;
}

LatencyHistogram& MetricRegistry::histogram(std::string name, std::string help, Labels labels) {
  const std::lock_guard lock(mutex_);
  Family& f = family(std::move(name), std::move(help), "histogram");
  for (auto& s : f.series)
    if (s.labels == labels) return *s.histogram;
  f.series.push_back({std::move(labels), nullptr, std::make_unique<LatencyHistogram>(), {}});
  return *f.series.back().histogram;
}

void MetricRegistry::gauge(std::string name, std::string help, Labels labels, std::function<double()> read) {
  const std::lock_guard lock(mutex_);
  family(std::move(name), std::move(help), "gauge")
      .series.push_back({std::move(labels), {}, {}, std::move(read)});
}

void MetricRegistry::gauges(std::string name, std::string help, std::function<std::vector<Sample>()> read) {
  const std::lock_guard lock(mutex_);
  family(std::move(name), std::move(help), "gauge").samples = std::move(read);
}

namespace {
std::string label_text(const Labels& labels, std::string_view extra_name = {},
                       std::string_view extra_value = {}) {
  std::string out;
  const auto add = [&](std::string_view name, std::string_view value) {
    out += out.empty() ? '{' : ',';
    out += name;
    out += "=\"";
    for (const char c : value) {
      if (c == '\\' || c == '"') out += '\\';
      if (c == '\n')
        out += "\\n";
      else
        out += c;
    }
    out += '"';
  };
  for (const auto& [name, value] : labels) add(name, value);
  if (!extra_name.empty()) add(extra_name, extra_value);
  if (!out.empty()) out += '}';
  return out;
}
}  // namespace

std::string MetricRegistry::render() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  auto sink = std::back_inserter(out);
  for (const auto& f : families_) {
    fmt::format_to(sink, "# HELP {} {}\n# TYPE {} {}\n", f->name, f->help, f->name, f->type);
    for (const auto& s : f->series) {
      if (s.counter) fmt::format_to(sink, "{}{} {}\n", f->name, label_text(s.labels), s.counter->value());
      if (s.gauge) fmt::format_to(sink, "{}{} {}\n", f->name, label_text(s.labels), s.gauge());
      if (s.histogram) {
        const auto snap = s.histogram->snapshot();
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < LatencyHistogram::kBounds.size(); ++i) {
          sum += snap.counts[i];
          fmt::format_to(sink, "{}_bucket{} {}\n", f->name,
                         label_text(s.labels, "le", fmt::format("{}", LatencyHistogram::kBounds[i])), sum);
        }
        sum += snap.counts.back();
        fmt::format_to(sink, "{}_bucket{} {}\n", f->name, label_text(s.labels, "le", "+Inf"), sum);
        fmt::format_to(sink, "{}_sum{} {}\n", f->name, label_text(s.labels),
                       static_cast<double>(snap.nanoseconds) / 1e9);
        fmt::format_to(sink, "{}_count{} {}\n", f->name, label_text(s.labels), sum);
      }
    }
    if (f->samples)
      for (const auto& s : f->samples())
        fmt::format_to(sink, "{}{} {}\n", f->name, label_text(s.labels), s.value);
  }
  return out;
}

}  // namespace cairn
