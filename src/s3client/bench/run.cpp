#include "s3client/bench/run.hpp"

#include <algorithm>
#include <limits>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "cairn/s3client/s3_client.hpp"

#include "s3client/bench/load.hpp"
#include "s3client/bench/progress.hpp"

namespace cairn::s3client::bench {
namespace {

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max() / 2;
constexpr std::size_t kCleaners = 8;

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Runs coroutines on this thread until they have ended.
class HereAndNow {
 public:
  template <class T>
  Result<T> run(Task<T> task) {
    std::optional<Result<T>> result;
    context_.restart();
    asio::co_spawn(context_, std::move(task), [&](std::exception_ptr failure, Result<T> r) {
      if (failure) std::rethrow_exception(failure);
      result = std::move(r);
      context_.stop();
    });
    context_.run();
    return std::move(*result);
  }

 private:
  asio::io_context context_{1};
};

class Run {
 public:
  Run(const RunOptions& options, const std::atomic<bool>& interrupted, ServerAddress address,
      http::ClientOptions http, std::unique_ptr<S3Client> client)
      : options_(options),
        interrupted_(interrupted),
        address_(options.virtual_host ? address.with_bucket(options.bucket) : std::move(address)),
        http_(std::move(http)),
        objects_(options),
        client_(std::move(client)),
        load_(options_, address_, http_, objects_, clock_) {}

  Result<Report> run();

 private:
  Status make_bucket();
  Status prepare();
  Report measure();
  void clean_up();
  Task<void> clean_all(std::atomic<std::uint64_t>& next);
  Task<void> clean_some(std::atomic<std::uint64_t>& next);
  Phase measured_phase();
  Stats run_phase(const Phase& phase, std::string_view name);

  const RunOptions& options_;
  const std::atomic<bool>& interrupted_;
  SystemClock clock_;
  ServerAddress address_;
  http::ClientOptions http_;
  ObjectSpace objects_;
  HereAndNow here_;
  std::unique_ptr<S3Client> client_;  // for the bucket and the cleanup
  Load load_;
  bool made_bucket_ = false;
  std::atomic<std::uint64_t> created_{0};  // objects 0 to created_ may exist
  std::atomic<std::uint64_t> deleted_{0};  // delete mode: objects 0 to deleted_ were tried
};

Status Run::make_bucket() {
  const auto there = here_.run(client_->head_bucket(options_.bucket));
  if (there) return {};
  if (!there.error().is(Code::no_such_bucket)) return fail(there.error());
  const auto made = here_.run(client_->create_bucket(options_.bucket));
  if (!made && !made.error().is(Code::bucket_already_owned_by_you)) return fail(made.error());
  made_bucket_ = made.has_value();
  return {};
}

// The interrupt reaches the lanes through this thread, which also keeps the progress line.
Stats Run::run_phase(const Phase& phase, std::string_view name) {
  const ProgressLine progress(options_.progress, std::string(name), [this] { return load_.live(); });
  std::atomic<bool> ended{false};
  std::thread watch([&] {
    while (!ended.load()) {
      if (interrupted_.load()) load_.stop();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  });
  Stats stats = load_.run(phase);
  ended = true;
  watch.join();
  return stats;
}

Status Run::prepare() {
  const std::uint64_t wanted = objects_to_prepare(options_);
  if (!options_.prepare) {
    created_ = wanted;
    return {};
  }
  Phase phase;
  phase.next = [this, wanted](Lane&) -> std::optional<Operation> {
    const std::uint64_t object = created_.fetch_add(1, std::memory_order_relaxed);
    if (object >= wanted) return std::nullopt;
    return Operation{OpKind::put, object};
  };
  phase.window = {steady_now(), kForever};
  const Stats stats = run_phase(phase, "prepare");
  created_ = std::min(created_.load(), wanted);
  for (const OpReport& op : stats.summarize(1)) {
    if (op.errors == 0) continue;
    const auto worst = std::max_element(op.errors_by_code.begin(), op.errors_by_code.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; });
    return fail(Code::io,
                fmt::format("{} of {} objects could not be uploaded: {}", op.errors, wanted, worst->first));
  }
  return {};
}

Phase Run::measured_phase() {
  Phase phase;
  const std::uint64_t prepared = created_.load();
  switch (options_.mode) {
    case Mode::put:
      phase.next = [this](Lane&) -> std::optional<Operation> {
        const std::uint64_t object = created_.fetch_add(1, std::memory_order_relaxed);
        if (options_.objects != 0 && object >= options_.objects) return std::nullopt;
        return Operation{OpKind::put, object};
      };
      break;
    case Mode::get:
    case Mode::stat:
    case Mode::list: {
      const OpKind kind = options_.mode == Mode::get    ? OpKind::get
                          : options_.mode == Mode::stat ? OpKind::stat
                                                        : OpKind::list;
      phase.next = [kind, prepared](Lane& lane) {
        return std::optional(Operation{kind, lane.random() % prepared});
      };
      break;
    }
    case Mode::del:
      phase.next = [this, prepared](Lane&) -> std::optional<Operation> {
        const std::uint64_t object = deleted_.fetch_add(1, std::memory_order_relaxed);
        if (object >= prepared) return std::nullopt;
        return Operation{OpKind::del, object};
      };
      break;
    case Mode::mixed:
      break;
  }
  if (options_.mode != Mode::mixed) return phase;

  // Each lane works on objects of its own, so that none is deleted under another's get.
  phase.next = [this](Lane& lane) {
    const OpKind kind = options_.mix.pick(lane.random());
    const bool needs_object = kind == OpKind::get || kind == OpKind::stat || kind == OpKind::del;
    if (kind == OpKind::put || (needs_object && lane.own.empty()))
      return std::optional(Operation{OpKind::put, created_.fetch_add(1, std::memory_order_relaxed)});
    if (kind == OpKind::list) return std::optional(Operation{kind, lane.random()});
    const std::size_t at = lane.random() % lane.own.size();
    const Operation operation{kind, lane.own[at]};
    if (kind == OpKind::del) {
      lane.own[at] = lane.own.back();
      lane.own.pop_back();
    }
    return std::optional(operation);
  };
  phase.done = [](Lane& lane, const Operation& operation, const Outcome& outcome) {
    if (operation.kind == OpKind::put && outcome.error.empty()) lane.own.push_back(operation.object);
  };
  return phase;
}

Report Run::measure() {
  Phase phase = measured_phase();
  if (options_.mode == Mode::mixed) load_.deal(created_.load());
  Report report;
  report.label = options_.label;
  report.tool = "cairn bench";
  report.started = iso8601_ms(clock_.now_ms());
  report.settings = describe(options_);

  const std::int64_t begin = steady_now();
  phase.window.start = begin + options_.warmup;
  phase.window.end = options_.duration == 0 ? kForever : phase.window.start + options_.duration;
  const double cpu = cpu_seconds();
  const Stats stats = run_phase(phase, mode_name(options_.mode));
  const double cpu_used = cpu_seconds() - cpu;
  const std::int64_t end = steady_now();

  const std::int64_t measured = std::min(end, phase.window.end) - phase.window.start;
  report.elapsed_s = std::max(static_cast<double>(measured) / 1e9, 0.0);
  report.interrupted = load_.stopping();
  report.operations = stats.summarize(report.elapsed_s);
  const Load::Live live = load_.live();  // with the warm-up, as the CPU time is
  const double share = end > begin ? report.elapsed_s * 1e9 / static_cast<double>(end - begin) : 0;
  report.client.cpu_s = cpu_used * std::min(share, 1.0);
  if (live.operations > 0)
    report.client.cpu_us_per_op = cpu_used * 1e6 / static_cast<double>(live.operations);
  return report;
}

Task<void> Run::clean_some(std::atomic<std::uint64_t>& next) {
  const std::uint64_t end = created_.load();
  for (;;) {
    const std::uint64_t from = next.fetch_add(s3wire::kMaxDeletes);
    if (from >= end) co_return Status{};
    s3wire::DeleteRequest request;
    request.quiet = true;
    for (std::uint64_t object = from; object < std::min(end, from + s3wire::kMaxDeletes); ++object) {
      s3wire::DeleteTarget target;
      objects_.append_key(target.key, object);
      request.objects.push_back(std::move(target));
    }
    auto result = co_await client_->remove_many(options_.bucket, request);
    for (int attempt = 0; !result && result.error().is(Code::slow_down) && attempt < 10; ++attempt) {
      CO_TRY(co_await sleep_for(std::chrono::milliseconds(100 << attempt)));
      result = co_await client_->remove_many(options_.bucket, request);
    }
    if (!result) co_return fail(result.error());
    if (!result->errors.empty()) co_return fail(result->errors.front().error);
  }
}

// Several at a time, all on this thread.
Task<void> Run::clean_all(std::atomic<std::uint64_t>& next) {
  Status first_error;
  std::size_t left = kCleaners;
  asio::steady_timer all_done(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
  for (std::size_t i = 0; i < kCleaners; ++i) {
    asio::co_spawn(co_await asio::this_coro::executor, clean_some(next),
                   [&](std::exception_ptr failure, Status s) {
                     if (failure) std::rethrow_exception(failure);
                     if (!s && first_error) first_error = s;
                     if (--left == 0) all_done.cancel();
                   });
  }
  boost::system::error_code ignored;
  co_await all_done.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  co_return first_error;
}

void Run::clean_up() {
  if (!options_.cleanup) return;
  std::atomic<std::uint64_t> next{options_.mode == Mode::del ? std::min(deleted_.load(), created_.load())
                                                             : 0};
  if (options_.mode == Mode::put && options_.objects != 0)
    created_ = std::min(created_.load(), options_.objects);
  auto cleaned = here_.run(clean_all(next));
  if (cleaned && made_bucket_) cleaned = here_.run(client_->delete_bucket(options_.bucket));
  if (!cleaned)
    fmt::print(stderr, "cairn bench: objects under {}/{} were left: {}\n", options_.bucket, options_.prefix,
               cleaned.error().context);
}

Result<Report> Run::run() {
  TRY(make_bucket());
  if (options_.mode != Mode::put) {
    if (const Status prepared = prepare(); !prepared || load_.stopping()) {
      clean_up();
      return fail(prepared ? Error(Code::canceled, "interrupted before the measurement") : prepared.error());
    }
  }
  Report report = measure();
  clean_up();
  return report;
}

}  // namespace

Result<Report> run_bench(const RunOptions& options, const std::atomic<bool>& interrupted) {
  S3ClientOptions client_options;
  client_options.endpoint = options.endpoint;
  client_options.credentials = options.credentials;
  client_options.region = options.region;
  client_options.path_style = !options.virtual_host;
  client_options.tls = {.verify = options.tls_verify, .ca_file = options.ca_file};
  client_options.stall = std::chrono::milliseconds(options.timeout / 1'000'000);
  TRY(ServerAddress address, ServerAddress::parse(options.endpoint));
  http::ClientOptions http;
  if (address.tls) {
    TRY(http.tls, http::tls_client_context(client_options.tls));
  }
  http.stall = client_options.stall;
  static const SystemClock clock;
  TRY(auto client, S3Client::create(client_options, clock));
  return Run(options, interrupted, std::move(address), std::move(http), std::move(client)).run();
}

}  // namespace cairn::s3client::bench
