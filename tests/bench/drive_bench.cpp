// One drive on a real file system: put CAIRN_BENCH_DIR on the disk to be measured (default: the working
// directory).
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "cairn/base/buffer.hpp"
#include "cairn/drive/format.hpp"
#include "cairn/drive/local_drive.hpp"

#include "drive/shard_store.hpp"

namespace {

using namespace cairn;
using namespace cairn::drive;

class BenchDrive {
 public:
  explicit BenchDrive(std::uint64_t min_blob = LocalDriveConfig{}.inline_min_blob_bytes) {
    const char* dir = std::getenv("CAIRN_BENCH_DIR");
    root_ = std::string(dir ? dir : ".") + "/cairn-bench-" + std::to_string(::getpid());
    std::filesystem::create_directories(root_);
    check(ShardStore::make_directories(files_, root_));
    Format format;
    format.identity.deployment = DeploymentId::random();
    format.identity.id = DriveId::random();
    format.members = {{format.identity.id, 1}};
    format.complete = true;
    check(write_format(files_, root_, format));
    LocalDriveConfig config;
    config.root = root_;
    config.files = &files_;
    config.buffers = &buffers_;
    config.clock = &clock_;
    config.shared = SharedResources::make();
    config.inline_min_blob_bytes = min_blob;
    drive_ = std::move(*LocalDrive::open(config));
  }
  ~BenchDrive() {
    drive_.reset();
    std::filesystem::remove_all(root_);
  }
  LocalDrive& operator*() { return *drive_; }
  LocalDrive* operator->() { return drive_.get(); }
  Ballot ballot() { return {(static_cast<std::uint64_t>(clock_.now_ms()) << 16) | (++counter_ & 0xffff), 1}; }

 private:
  static void check(const Status& s) {
    if (!s) throw std::runtime_error(s.error().context);
  }
  std::string root_;
  SystemFiles files_;
  BufferPool buffers_;
  SystemClock clock_;
  std::unique_ptr<LocalDrive> drive_;
  std::atomic<std::uint64_t> counter_{0};
};

// Puts in a closed loop: as many writers as are in flight, each prepares, accepts and goes on to the next
// key.
class Load {
 public:
  Load(BenchDrive& drive, std::size_t size, bool commit)
      : drive_(drive), commit_(commit), body_(Slice::of(std::string(size, 'b'))) {}

  void run(std::uint64_t count, unsigned in_flight) {
    left_ = static_cast<std::int64_t>(count);
    running_ = in_flight;
    for (unsigned i = 0; i < in_flight; ++i) next();
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return running_ == 0; });
  }
  std::uint64_t keys() const { return key_; }

 private:
  void next() {
    if (left_.fetch_sub(1) <= 0) {
      const std::lock_guard lock(mutex_);
      if (--running_ == 0) done_.notify_all();
      return;
    }
    const std::uint64_t n = key_.fetch_add(1);
    char name[32];
    std::snprintf(name, sizeof name, "photos/2026/%09llu", static_cast<unsigned long long>(n));
    const std::string key = record_key(BucketId{1}, name);
    const Ballot ballot = drive_.ballot();
    drive_->prepare(key, ballot, false, [this, key, ballot](Result<PrepareReply> r) {
      if (!r || !r->promised) std::abort();
      AcceptRequest request;
      request.key = key;
      request.ballot = ballot;
      State& s = request.state.emplace();
      s.id = ballot;
      s.kind = StateKind::object;
      s.head.assign(200, 'h');
      s.data = {{DataId::random(), DataForm::inlined}};
      s.usage_objects = 1;
      s.usage_bytes = body_.size();
      request.body = body_;
      request.commit = commit_;
      drive_->accept(std::move(request), [this, key, ballot](Result<AcceptReply> a) {
        if (!a || !a->accepted) std::abort();
        if (!commit_) drive_->learn({key, ballot, 0});
        next();
      });
    });
  }

  BenchDrive& drive_;
  bool commit_;
  Slice body_;
  std::atomic<std::int64_t> left_{0};
  std::atomic<std::uint64_t> key_{0};
  std::mutex mutex_;
  std::condition_variable done_;
  unsigned running_ = 0;
};

// Arguments: bytes, in flight, whether accepted is committed (a one-drive set), the least size of a blob.
void put(benchmark::State& state) {
  BenchDrive drive(static_cast<std::uint64_t>(state.range(3)));
  Load load(drive, static_cast<std::size_t>(state.range(0)), state.range(2) != 0);
  constexpr std::uint64_t kRound = 20'000;
  for (auto _ : state) load.run(kRound, static_cast<unsigned>(state.range(1)));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kRound));
  state.counters["batch"] =
      static_cast<double>(drive->counts().mutations) / static_cast<double>(drive->counts().batches);
}
BENCHMARK(put)
    ->ArgNames({"bytes", "flight", "commit", "blob"})
    ->Args({4128, 64, 1, 2048})
    ->Args({4128, 64, 0, 2048})
    ->Args({4128, 16, 1, 2048})
    ->Args({4128, 1, 1, 2048})
    ->Args({128, 64, 1, 2048})
    ->Args({32768, 64, 1, 2048})
    ->Args({131072, 64, 1, 2048})
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->MinTime(3);

// What the least size of a blob costs: bodies of one size, in the tree or in blob files, overwritten sizes of
// data large enough to be flushed and compacted.
void blob_size(benchmark::State& state) {
  for (auto _ : state) {
    BenchDrive drive(static_cast<std::uint64_t>(state.range(1)));
    Load load(drive, static_cast<std::size_t>(state.range(0)), true);
    load.run(60'000, 64);
  }
  state.SetItemsProcessed(state.iterations() * 60'000);
}
BENCHMARK(blob_size)
    ->ArgNames({"bytes", "blob"})
    ->ArgsProduct({{512, 1024, 2048, 4128, 16384}, {1, 1 << 30}})
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

// A list of 200,000 keys, page by page.
void list(benchmark::State& state) {
  BenchDrive drive;
  Load load(drive, 16, true);
  load.run(200'000, 256);
  std::int64_t listed = 0;
  for (auto _ : state) {
    std::string after;
    for (bool more = true; more;) {
      std::mutex mutex;
      std::condition_variable ready;
      std::optional<Result<ListReply>> reply;
      ListRequest request;
      request.bucket = BucketId{1};
      request.after = after;
      drive->list(request, [&](Result<ListReply> r) {
        const std::lock_guard lock(mutex);
        reply.emplace(std::move(r));
        ready.notify_all();
      });
      std::unique_lock lock(mutex);
      ready.wait(lock, [&] { return reply.has_value(); });
      listed += static_cast<std::int64_t>((*reply)->entries.size());
      more = (*reply)->more;
      if (!(*reply)->entries.empty()) after = (*reply)->entries.back().key;
    }
  }
  state.SetItemsProcessed(listed);
}
BENCHMARK(list)->UseRealTime()->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);

// Reads of 4 KiB objects that are in the memtable or the cache, on the calling thread.
void get(benchmark::State& state) {
  BenchDrive drive;
  Load load(drive, 4128, true);
  load.run(5000, 64);
  std::uint64_t n = 0;
  for (auto _ : state) {
    char name[32];
    std::snprintf(name, sizeof name, "photos/2026/%09llu", static_cast<unsigned long long>(++n % 5000));
    bool done = false;
    drive->read(record_key(BucketId{1}, name), true,
                [&](Result<View> v) { done = v && !v->committed.body.empty(); });
    if (!done) state.SkipWithError("not cached");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(get)->UseRealTime();

}  // namespace
