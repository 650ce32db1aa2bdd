#include "s3client/bench/progress.hpp"

#include <chrono>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include "s3client/bench/format.hpp"

namespace cairn::s3client::bench {

std::string progress_line(std::string_view phase, double elapsed, const Load::Live& before,
                          const Load::Live& now, double seconds) {
  const auto operations = static_cast<double>(now.operations - before.operations);
  const double latency =
      operations > 0 ? static_cast<double>(now.latency_ns - before.latency_ns) / operations / 1e6 : 0;
  std::string line =
      fmt::format("{:4.0f}s  {}  {} op/s  {} MiB/s  {} ms", elapsed, phase, format_rate(operations / seconds),
                  format_rate(static_cast<double>(now.bytes - before.bytes) / seconds / (1024 * 1024)),
                  format_ms(latency));
  if (now.slow_downs > 0) line += fmt::format("  503 retried {}", format_count(now.slow_downs));
  if (now.errors > 0) line += fmt::format("  errors {}", format_count(now.errors));
  return line;
}

ProgressLine::ProgressLine(Progress progress, std::string phase, std::function<Load::Live()> live)
    : terminal_(::isatty(STDERR_FILENO) == 1), phase_(std::move(phase)), live_(std::move(live)) {
  if (progress == Progress::always || (progress == Progress::automatic && terminal_))
    thread_ = std::thread([this] { loop(); });
}

ProgressLine::~ProgressLine() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  wake_.notify_one();
  thread_.join();
  if (terminal_) fmt::print(stderr, "\r\033[K");
}

void ProgressLine::loop() {
  const auto begin = std::chrono::steady_clock::now();
  Load::Live before;
  auto looked = begin;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, std::chrono::seconds(1), [this] { return done_; })) {
    const Load::Live now = live_();
    const auto time = std::chrono::steady_clock::now();
    const auto seconds = [](auto d) { return std::chrono::duration<double>(d).count(); };
    const std::string line =
        progress_line(phase_, seconds(time - begin), before, now, seconds(time - looked));
    fmt::print(stderr, "{}{}{}", terminal_ ? "\r\033[K" : "", line, terminal_ ? "" : "\n");
    std::fflush(stderr);
    before = now;
    looked = time;
  }
}

}  // namespace cairn::s3client::bench
