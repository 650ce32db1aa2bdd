#include "s3client/bench/compare.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "s3client/bench/format.hpp"

namespace cairn::s3client::bench {
namespace {

enum class Good { high, low };

ComparedFigure figure(std::string name, double a, double b, Good good, double noise) {
  ComparedFigure f{.name = std::move(name), .a = a, .b = b, .ratio = a > 0 ? b / a : 0};
  if (a <= 0 && b <= 0) return f;
  const bool differs = a <= 0 || f.ratio > 1 + noise || f.ratio < 1 / (1 + noise);
  if (differs) f.verdict = (b > a) == (good == Good::high) ? Verdict::better : Verdict::worse;
  return f;
}

ComparedOp compare_op(const OpReport& a, const OpReport& b, double noise) {
  ComparedOp result{.op = a.op};
  const auto add = [&](std::string name, double of_a, double of_b, Good good) {
    result.figures.push_back(figure(std::move(name), of_a, of_b, good, noise));
  };
  add("op/s", a.ops_per_s, b.ops_per_s, Good::high);
  if (a.bytes > 0 || b.bytes > 0) add("MiB/s", a.mib_per_s, b.mib_per_s, Good::high);
  if (a.items != a.requests) add("keys/s", a.items_per_s, b.items_per_s, Good::high);
  add("mean ms", a.latency.mean, b.latency.mean, Good::low);
  add("p50 ms", a.latency.p50, b.latency.p50, Good::low);
  add("p90 ms", a.latency.p90, b.latency.p90, Good::low);
  add("p99 ms", a.latency.p99, b.latency.p99, Good::low);
  add("p99.9 ms", a.latency.p999, b.latency.p999, Good::low);
  add("max ms", a.latency.max, b.latency.max, Good::low);
  if (a.first_byte && b.first_byte) {
    add("first byte p50 ms", a.first_byte->p50, b.first_byte->p50, Good::low);
    add("first byte p99 ms", a.first_byte->p99, b.first_byte->p99, Good::low);
  }
  if (a.errors > 0 || b.errors > 0)
    add("errors", static_cast<double>(a.errors), static_cast<double>(b.errors), Good::low);
  if (a.slow_downs > 0 || b.slow_downs > 0)
    add("503 retried", static_cast<double>(a.slow_downs), static_cast<double>(b.slow_downs), Good::low);
  return result;
}

std::string_view mark(Verdict v) {
  return v == Verdict::better ? "better" : v == Verdict::worse ? "worse" : "";
}

}  // namespace

Comparison compare(const Report& a, const Report& b, double noise) {
  Comparison result;
  for (const OpReport& op : a.operations) {
    if (const OpReport* other = b.find(op.op))
      result.operations.push_back(compare_op(op, *other, noise));
    else
      result.only_in_a.push_back(op.op);
  }
  for (const OpReport& op : b.operations)
    if (a.find(op.op) == nullptr) result.only_in_b.push_back(op.op);
  for (const auto& [name, value] : a.settings)
    if (b.setting(name) != value) result.settings.push_back({name, value, std::string(b.setting(name))});
  for (const auto& [name, value] : b.settings)
    if (a.setting(name).empty() && !value.empty()) result.settings.push_back({name, "", value});
  return result;
}

std::string to_text(const Comparison& c, const Report& a, const Report& b) {
  std::string out = fmt::format("A: {} ({})\nB: {} ({})\n", a.label, a.started, b.label, b.started);
  for (const auto& d : c.settings) out += fmt::format("  {}: {} -> {}\n", d.name, d.a, d.b);
  for (const ComparedOp& op : c.operations) {
    out += fmt::format("\n{:<20}{:>12}{:>12}{:>9}\n", op.op, "A", "B", "B/A");
    for (const ComparedFigure& f : op.figures) {
      const bool time = f.name.ends_with("ms");
      out += fmt::format("  {:<18}{:>12}{:>12}{:>9}  {}\n", f.name, time ? format_ms(f.a) : format_rate(f.a),
                         time ? format_ms(f.b) : format_rate(f.b), format_ratio(f.ratio), mark(f.verdict));
    }
  }
  for (const std::string& op : c.only_in_a) out += fmt::format("\n{}: only in A\n", op);
  for (const std::string& op : c.only_in_b) out += fmt::format("\n{}: only in B\n", op);
  return out;
}

}  // namespace cairn::s3client::bench
