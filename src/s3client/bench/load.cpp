#include "s3client/bench/load.hpp"

#include <algorithm>
#include <exception>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace cairn::s3client::bench {
namespace {

constexpr std::size_t kScratch = 256u << 10;
constexpr std::chrono::milliseconds kFirstPause{10};
constexpr std::chrono::milliseconds kLongestPause{2'000};

// Between half of it and all of it, so that lanes that failed together do not come back together.
std::chrono::milliseconds pause_after(unsigned failures, std::uint64_t random) {
  const auto pause = std::min(kFirstPause * (1u << std::min(failures, 16u)), kLongestPause);
  return pause / 2 + std::chrono::milliseconds(random % static_cast<std::uint64_t>(pause.count() / 2 + 1));
}

}  // namespace

struct Load::Thread {
  explicit Thread(LaneTools t) : tools(std::move(t)) {}
  asio::io_context context{1};
  LaneTools tools;
  std::vector<std::unique_ptr<Lane>> lanes;  // after the context: their sockets go first
  std::size_t running = 0;
  Stats stats;
  LiveCounters live;
  std::exception_ptr failure;
};

Load::Load(const RunOptions& options, const ServerAddress& address, const http::ClientOptions& http,
           const ObjectSpace& objects, const Clock& clock)
    : options_(options) {
  for (std::uint32_t t = 0; t < options.threads; ++t) {
    threads_.push_back(std::make_unique<Thread>(
        LaneTools{options, address, http, objects, clock,
                  RequestSigner(options.credentials, options.region, address.host_header),
                  std::vector<std::byte>(kScratch)}));
  }
  for (std::uint32_t lane = 0; lane < options.concurrency; ++lane) {
    Thread& thread = *threads_[lane % options.threads];
    thread.lanes.push_back(std::make_unique<Lane>(thread.tools, mix64(options.seed) + lane));
  }
}

Load::~Load() = default;

asio::awaitable<Outcome> Load::run_operation(Thread& thread, Lane& lane, const Operation& operation,
                                             const Phase& phase) {
  for (unsigned failures = 0;; ++failures) {
    Outcome outcome = co_await lane.run(operation);
    if (!outcome.slow_down || failures >= options_.retries || stopping_) co_return outcome;
    thread.stats.record_slow_down(operation.kind, steady_now(), phase.window);
    thread.live.slow_downs.fetch_add(1, std::memory_order_relaxed);
    if (!co_await sleep_for(pause_after(failures, lane.random()))) co_return outcome;
  }
}

asio::awaitable<void> Load::run_lane(Thread& thread, Lane& lane, const Phase& phase) {
  const auto count = [](std::atomic<std::uint64_t>& counter, std::uint64_t n) {
    counter.store(counter.load(std::memory_order_relaxed) + n,
                  std::memory_order_relaxed);  // this thread's alone
  };
  for (unsigned failures = 0; !stopping_;) {
    const std::int64_t start = steady_now();
    if (start >= phase.window.end) break;
    const std::optional<Operation> operation = phase.next(lane);
    if (!operation) break;
    const Outcome outcome = co_await run_operation(thread, lane, *operation, phase);
    const std::int64_t end = steady_now();
    if (phase.done) phase.done(lane, *operation, outcome);
    if (outcome.error.empty()) {
      thread.stats.record({.kind = operation->kind,
                           .start = start,
                           .first_byte = outcome.first_byte,
                           .end = end,
                           .bytes = outcome.bytes,
                           .items = outcome.items},
                          phase.window);
      count(thread.live.operations, 1);
      count(thread.live.bytes, outcome.bytes);
      count(thread.live.items, outcome.items);
      count(thread.live.latency_ns, static_cast<std::uint64_t>(end - start));
      failures = 0;
      continue;
    }
    thread.stats.record_error(operation->kind, outcome.error, end, phase.window);
    count(thread.live.errors, 1);
    // A server that is not there must not make a busy loop.
    if (outcome.transport && !co_await sleep_for(pause_after(failures++, lane.random()))) break;
  }
}

Stats Load::run(const Phase& phase) {
  std::vector<std::thread> running;
  for (auto& owned : threads_) {
    Thread& thread = *owned;
    thread.stats = Stats();
    for (auto* c : {&thread.live.operations, &thread.live.bytes, &thread.live.items, &thread.live.errors,
                    &thread.live.slow_downs, &thread.live.latency_ns})
      *c = 0;
    thread.running = thread.lanes.size();
    thread.context.restart();
    for (auto& lane : thread.lanes) {
      asio::co_spawn(thread.context, run_lane(thread, *lane, phase), [&thread](std::exception_ptr failure) {
        if (failure) thread.failure = failure;
        // Idle connections keep timers, so the context would not run out of work by itself.
        if (--thread.running == 0) thread.context.stop();
      });
    }
    running.emplace_back([&thread] { thread.context.run(); });
  }
  for (std::thread& t : running) t.join();
  Stats all;
  for (auto& thread : threads_) {
    if (thread->failure) std::rethrow_exception(thread->failure);
    all.merge(thread->stats);
  }
  return all;
}

void Load::deal(std::uint64_t count) {
  std::vector<Lane*> lanes;
  for (auto& thread : threads_)
    for (auto& lane : thread->lanes) lanes.push_back(lane.get());
  for (std::uint64_t object = 0; object < count; ++object)
    lanes[object % lanes.size()]->own.push_back(object);
}

Load::Live Load::live() const {
  Live sum;
  for (const auto& thread : threads_) {
    sum.operations += thread->live.operations.load(std::memory_order_relaxed);
    sum.bytes += thread->live.bytes.load(std::memory_order_relaxed);
    sum.items += thread->live.items.load(std::memory_order_relaxed);
    sum.errors += thread->live.errors.load(std::memory_order_relaxed);
    sum.slow_downs += thread->live.slow_downs.load(std::memory_order_relaxed);
    sum.latency_ns += thread->live.latency_ns.load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace cairn::s3client::bench
