#include <atomic>
#include <csignal>

#include <fmt/format.h>

#include "cairn/s3client/bench.hpp"

#include "s3client/bench/compare.hpp"
#include "s3client/bench/options.hpp"
#include "s3client/bench/page.hpp"
#include "s3client/bench/run.hpp"

namespace cairn::s3client {
namespace {

using namespace bench;

constexpr std::size_t kMaxReport = 64u << 20;

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "set by a signal handler");

int complain(const Error& error) {
  const std::string text = error.context.empty() ? std::string(code_name(error.code)) : error.context;
  fmt::print(stderr, "cairn bench: {}\n", text);
  return 1;
}

Result<Report> load_report(const std::string& path) {
  TRY(const std::string text, read_file(path, kMaxReport));
  auto report = parse_report(text);
  if (!report) return fail(report.error().code, fmt::format("{}: {}", path, report.error().context));
  if (report->label.empty()) report->label = path;
  return report;
}

int run_compare(const CompareOptions& options) {
  const auto a = load_report(options.a);
  if (!a) return complain(a.error());
  const auto b = load_report(options.b);
  if (!b) return complain(b.error());
  const Comparison comparison = compare(*a, *b, options.noise_percent / 100);
  fmt::print("{}", to_text(comparison, *a, *b));
  if (options.html_file.empty()) return 0;
  const Status written = write_file(options.html_file, to_html(comparison, *a, *b));
  return written ? 0 : complain(written.error());
}

int run_and_report(const RunOptions& options) {
  // The second interrupt ends the process as usual.
  struct sigaction action{};
  action.sa_handler = [](int) { interrupted = true; };
  action.sa_flags = SA_RESETHAND;
  ::sigaction(SIGINT, &action, nullptr);

  const auto report = run_bench(options, interrupted);
  if (!report) return complain(report.error());
  fmt::print("{}", to_text(*report));
  int status = 0;
  if (!options.json_file.empty())
    if (const Status s = write_file(options.json_file, to_json(*report)); !s) status = complain(s.error());
  if (!options.html_file.empty())
    if (const Status s = write_file(options.html_file, to_html(*report)); !s) status = complain(s.error());
  for (const OpReport& op : report->operations)
    if (op.errors > 0) status = 1;
  return status;
}

}  // namespace

int bench_main(std::vector<std::string> args) {
  const auto command = parse_command_line(std::move(args));
  if (!command) return command.error();
  return command->is_compare ? run_compare(command->comparison) : run_and_report(command->run);
}

}  // namespace cairn::s3client
