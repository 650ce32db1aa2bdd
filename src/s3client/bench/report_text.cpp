#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <fmt/format.h>

#include "s3client/bench/format.hpp"
#include "s3client/bench/report.hpp"

namespace cairn::s3client::bench {
namespace {

std::string latency_row(std::string_view name, const LatencySummary& s) {
  return fmt::format("  {:<12}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}\n", name, format_ms(s.min),
                     format_ms(s.mean), format_ms(s.p50), format_ms(s.p90), format_ms(s.p99),
                     format_ms(s.p999), format_ms(s.max));
}

void append_operation(std::string& out, const OpReport& op) {
  out +=
      fmt::format("\n{}: {} requests, {} op/s", op.op, format_count(op.requests), format_rate(op.ops_per_s));
  if (op.bytes > 0) out += fmt::format(", {} MiB/s", format_rate(op.mib_per_s));
  if (op.items != op.requests) out += fmt::format(", {} keys/s", format_rate(op.items_per_s));
  out += "\n";
  if (op.requests > 0) {
    out += fmt::format("  {:<12}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "ms", "min", "mean", "p50", "p90",
                       "p99", "p99.9", "max");
    out += latency_row("latency", op.latency);
    if (op.first_byte) out += latency_row("first byte", *op.first_byte);
  }
  if (op.slow_downs > 0) out += fmt::format("  {} answers of 503 retried\n", format_count(op.slow_downs));
  if (op.errors > 0) out += fmt::format("  {} errors\n", format_count(op.errors));
  for (const auto& [code, count] : op.errors_by_code) out += fmt::format("    {:<28}{:>9}\n", code, count);
}

using File = std::unique_ptr<std::FILE, decltype([](std::FILE* f) { std::fclose(f); })>;

std::unexpected<Error> file_error(const std::string& path) {
  return fail(Code::io, fmt::format("{}: {}", path, std::strerror(errno)));
}

}  // namespace

const OpReport* Report::find(std::string_view op) const {
  const auto found =
      std::find_if(operations.begin(), operations.end(), [op](const OpReport& r) { return r.op == op; });
  return found == operations.end() ? nullptr : &*found;
}

std::string_view Report::setting(std::string_view name) const {
  for (const auto& [n, value] : settings)
    if (n == name) return value;
  return {};
}

std::string to_text(const Report& report) {
  std::string out;
  double ops = 0, mib = 0;
  for (const OpReport& op : report.operations) {
    append_operation(out, op);
    ops += op.ops_per_s;
    mib += op.mib_per_s;
  }
  out += "\n";
  if (report.operations.size() > 1)
    out += fmt::format("total: {} op/s, {} MiB/s\n", format_rate(ops), format_rate(mib));
  out += fmt::format("measured {:.1f} s{}; the bench itself used {:.2f} s of CPU, {:.1f} us an operation\n",
                     report.elapsed_s, report.interrupted ? " (interrupted)" : "", report.client.cpu_s,
                     report.client.cpu_us_per_op);
  return out;
}

Status write_file(const std::string& path, std::string_view text) {
  const File file(std::fopen(path.c_str(), "wbe"));
  if (!file) return file_error(path);
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() || std::fflush(file.get()) != 0)
    return file_error(path);
  return {};
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const File file(std::fopen(path.c_str(), "rbe"));
  if (!file) return file_error(path);
  std::string text;
  char piece[1 << 16];
  for (;;) {
    const std::size_t got = std::fread(piece, 1, sizeof piece, file.get());
    text.append(piece, got);
    if (text.size() > limit) return fail(Code::io, fmt::format("{}: larger than {} bytes", path, limit));
    if (got < sizeof piece) break;
  }
  if (std::ferror(file.get()) != 0) return file_error(path);
  return text;
}

}  // namespace cairn::s3client::bench
