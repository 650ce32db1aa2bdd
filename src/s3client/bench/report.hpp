#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/result.hpp"

namespace cairn::s3client::bench {

// The result of one run, and what the JSON file holds: docs/operations/bench.md is its reference. Fields are
// only ever added; `version` changes when one changes its meaning.

struct CurvePoint {
  double quantile = 0;  // 0.99
  double ms = 0;
  bool operator==(const CurvePoint&) const = default;
};

struct LatencySummary {  // milliseconds
  double min = 0, mean = 0, p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;
  std::vector<CurvePoint> curve;
  bool operator==(const LatencySummary&) const = default;
};

struct SeriesPoint {  // one second; operations are spread over the time they took, so counts are fractions
  double operations = 0, bytes = 0, items = 0, errors = 0;
  bool operator==(const SeriesPoint&) const = default;
};

struct OpReport {
  std::string op;                // put, get, stat, list, delete
  std::uint64_t requests = 0;    // that succeeded
  std::uint64_t errors = 0;      // that failed for good
  std::uint64_t slow_downs = 0;  // 503 answers that were retried; their time is part of the latency
  std::uint64_t bytes = 0;
  std::uint64_t items = 0;  // objects; of a list the keys
  double ops_per_s = 0, items_per_s = 0, mib_per_s = 0;
  LatencySummary latency;
  std::optional<LatencySummary> first_byte;
  std::map<std::string, std::uint64_t> errors_by_code;
  std::vector<SeriesPoint> series;
  bool operator==(const OpReport&) const = default;
};

struct ClientCost {
  double cpu_s = 0;  // user and system time of the bench itself while it measured
  double cpu_us_per_op = 0;
  bool operator==(const ClientCost&) const = default;
};

struct Report {
  static constexpr int kVersion = 1;
  std::string label;
  std::string tool;     // "cairn 0.1.0"
  std::string started;  // ISO 8601, UTC
  std::vector<std::pair<std::string, std::string>>
      settings;          // as the run had them, in a fixed order; no secrets
  double elapsed_s = 0;  // of the measurement
  bool interrupted = false;
  ClientCost client;
  std::vector<OpReport> operations;

  const OpReport* find(std::string_view op) const;        // nullptr where the run had none
  std::string_view setting(std::string_view name) const;  // empty where absent
  bool operator==(const Report&) const = default;
};

std::string to_json(const Report& report);
// corrupt when the text is no such report; unsupported for a newer version. Unknown fields are ignored.
Result<Report> parse_report(std::string_view json);

// For people.
std::string to_text(const Report& report);

// Whole files; io with the path and the system's message.
Status write_file(const std::string& path, std::string_view text);
Result<std::string> read_file(const std::string& path, std::size_t limit);

}  // namespace cairn::s3client::bench
