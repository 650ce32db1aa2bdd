#pragma once
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "cairn/base/buffer.hpp"
#include "cairn/codec/shard_file.hpp"
#include "cairn/codec/stripe.hpp"
#include "cairn/drive/format.hpp"
#include "cairn/drive/local_drive.hpp"

#include "drive/shard_store.hpp"
#include "fakes/mem_drive.hpp"
#include "unit/drive/test_folder.hpp"

namespace cairn::drive::test {

// Waits for the one result of an operation that completes on any thread.
template <class T, class Start>
Result<T> wait_for(Start start) {
  struct Shared {
    std::mutex mutex;
    std::condition_variable ready;
    std::optional<Result<T>> result;
  };
  const auto shared = std::make_shared<Shared>();
  start(Completion<T>([shared](Result<T> r) {
    const std::lock_guard lock(shared->mutex);
    EXPECT_FALSE(shared->result) << "completed twice";
    shared->result.emplace(std::move(r));
    shared->ready.notify_all();
  }));
  std::unique_lock lock(shared->mutex);
  shared->ready.wait(lock, [&] { return shared->result.has_value(); });
  return std::move(*shared->result);
}

inline Ballot at(std::uint64_t n, std::uint32_t node = 1) { return {n << 16, node}; }

// The calls of a drive, one after the other.
struct Calls {
  Drive& drive;

  Result<View> read(const std::string& key, bool body = false) {
    return wait_for<View>([&](auto done) { drive.read(key, body, std::move(done)); });
  }
  Result<PrepareReply> prepare(const std::string& key, Ballot ballot, bool body = false) {
    return wait_for<PrepareReply>([&](auto done) { drive.prepare(key, ballot, body, std::move(done)); });
  }
  Result<AcceptReply> accept(AcceptRequest request) {
    return wait_for<AcceptReply>([&](auto done) { drive.accept(std::move(request), std::move(done)); });
  }
  // Lazy calls are made before this returns: a call that is not lazy goes out with the same batch or a later
  // one.
  void learn(LearnRequest request) {
    drive.learn(std::move(request));
    flush();
  }
  void heal_done(const std::string& key, StateId state, std::uint32_t missing) {
    drive.heal_done(key, state, missing);
    flush();
  }
  void flush() {
    (void)wait_for<bool>([&](auto done) { drive.purge("flush", {1, 1}, std::move(done)); });
  }
  Result<bool> purge(const std::string& key, StateId state) {
    return wait_for<bool>([&](auto done) { drive.purge(key, state, std::move(done)); });
  }
  Result<bool> restore(Drive::RestoreRequest request) {
    return wait_for<bool>([&](auto done) { drive.restore(std::move(request), std::move(done)); });
  }
  Result<ListReply> list(ListRequest request) {
    return wait_for<ListReply>([&](auto done) { drive.list(std::move(request), std::move(done)); });
  }
  Result<std::vector<Row>> rows(const std::string& key, RowTable table, const std::string& after = {},
                                std::uint32_t limit = 1000) {
    return wait_for<std::vector<Row>>(
        [&](auto done) { drive.rows(key, table, after, limit, std::move(done)); });
  }
  Result<std::vector<UploadEntry>> list_uploads(ListUploadsRequest request) {
    return wait_for<std::vector<UploadEntry>>(
        [&](auto done) { drive.list_uploads(std::move(request), std::move(done)); });
  }
  Status put_part(PutPartRequest request) {
    return wait_for<void>([&](auto done) { drive.put_part(std::move(request), std::move(done)); });
  }
  Result<std::vector<PartRow>> list_parts(const std::string& upload, std::uint32_t after = 0,
                                          std::uint32_t limit = 1000) {
    return wait_for<std::vector<PartRow>>(
        [&](auto done) { drive.list_parts(upload, after, limit, std::move(done)); });
  }
  Result<Slice> read_body(DataId id) {
    return wait_for<Slice>([&](auto done) { drive.read_body(id, std::move(done)); });
  }
  Result<std::vector<WorkItem>> work(WorkKind kind, const std::string& after = {},
                                     std::uint32_t limit = 1000) {
    return wait_for<std::vector<WorkItem>>(
        [&](auto done) { drive.work(kind, after, limit, std::move(done)); });
  }
  Result<Usage> usage(BucketId bucket) {
    return wait_for<Usage>([&](auto done) { drive.usage(bucket, std::move(done)); });
  }
  Result<Ballot> register_incarnation(std::uint32_t slot, DriveId id, std::uint32_t n) {
    return wait_for<Ballot>([&](auto done) { drive.register_incarnation(slot, id, n, std::move(done)); });
  }
  Status adopt_floor(Ballot floor) {
    return wait_for<void>([&](auto done) { drive.adopt_floor(floor, std::move(done)); });
  }
  Status set_whole() {
    return wait_for<void>([&](auto done) { drive.set_whole(std::move(done)); });
  }
  Result<std::unique_ptr<ShardWriter>> stage(StageRequest request) {
    return wait_for<std::unique_ptr<ShardWriter>>(
        [&](auto done) { drive.stage(std::move(request), std::move(done)); });
  }
  Result<std::shared_ptr<ShardReader>> open_shard(OpenShardRequest request) {
    return wait_for<std::shared_ptr<ShardReader>>(
        [&](auto done) { drive.open_shard(std::move(request), std::move(done)); });
  }

  // Stages a file of one chunk.
  static constexpr std::size_t kFileSize = 5000;
  static codec::Geometry geometry() { return {.data = 1, .parity = 0, .chunk_size = 8192}; }
  static StageRequest file_request(DataId id) {
    return {.data = id,
            .shard_index = 0,
            .geometry = geometry(),
            .size = kFileSize,
            .identity = "b/k",
            .replace = false};
  }
  Result<StageToken> stage_file(DataId id, char fill = 'x', bool replace = false) {
    StageRequest request = file_request(id);
    request.replace = replace;
    TRY(const std::unique_ptr<ShardWriter> writer, stage(std::move(request)));
    const std::string bytes(kFileSize, fill);
    std::vector<Chunk> chunks;
    chunks.push_back({Slice::of(bytes), codec::chunk_hash({.data_id = id, .index = 0}, 0, as_bytes(bytes))});
    TRY(wait_for<void>([&](auto done) { writer->append(std::move(chunks), std::move(done)); }));
    return wait_for<StageToken>([&](auto done) { writer->finish("metadata", std::move(done)); });
  }
  Result<std::string> read_file(DataId id) {
    TRY(const std::shared_ptr<ShardReader> reader,
        open_shard({.data = id, .shard_index = 0, .geometry = geometry(), .size = kFileSize}));
    TRY(const std::vector<Chunk> chunks,
        wait_for<std::vector<Chunk>>([&](auto done) { reader->read(0, 1, std::move(done)); }));
    return std::string(chunks.at(0).data.text());
  }
};

inline State object(StateId id, std::vector<DataRef> data, std::uint64_t bytes = 100) {
  State s;
  s.id = id;
  s.kind = StateKind::object;
  s.head = "head of " + std::to_string(id.time >> 16);
  s.data = std::move(data);
  s.usage_objects = 1;
  s.usage_bytes = bytes;
  return s;
}

inline State nothing(StateId id) {
  State s;
  s.id = id;
  return s;
}

inline DataRef inlined() { return {DataId::random(), DataForm::inlined}; }
inline DataRef file_ref() { return {DataId::random(), DataForm::file}; }
inline DataRef parts_ref() { return {DataId::random(), DataForm::parts}; }

// One kind of drive for the typed suite: how it is made, restarted and looked into.
class MemSubject {
 public:
  MemSubject() { make(true); }
  Drive& drive() { return *drive_; }
  void restart() { drive_->restart(); }
  void empty_and_not_whole() { make(false); }
  void collect() { drive_->collect(); }
  bool has_file(DataId id) { return drive_->files().contains(id); }

 private:
  void make(bool whole) {
    MemDriveConfig config;
    config.identity.slot = 2;
    config.whole = whole;
    drive_ = std::make_unique<MemDrive>(config);
  }
  std::unique_ptr<MemDrive> drive_;
};

class LocalSubject {
 public:
  LocalSubject() {
    make_format(1);
    open();
  }
  Drive& drive() { return *drive_; }
  LocalDrive& local() { return *drive_; }
  void restart() {
    drive_.reset();
    open();
  }
  void empty_and_not_whole() {
    drive_.reset();
    std::filesystem::remove_all(root() + "/records");
    make_format(2);
    open();
  }
  void collect() { EXPECT_TRUE(drive_->collect_now()); }
  bool has_file(DataId id) { return std::filesystem::exists(ShardStore::path_of(root(), id)); }
  const std::string& root() const { return folder_.path(); }
  LocalDriveConfig& config() { return config_; }
  void close() { drive_.reset(); }
  void open() {
    config_.root = root();
    config_.files = &files_;
    config_.buffers = &buffers_;
    config_.clock = &clock_;
    if (!config_.shared)
      config_.shared = SharedResources::make({.cache_bytes = 16 << 20, .write_buffer_bytes = 8 << 20});
    auto opened = LocalDrive::open(config_);
    ASSERT_TRUE(opened) << opened.error().context;
    drive_ = std::move(*opened);
  }
  ManualClock& clock() { return clock_; }

 private:
  void make_format(std::uint32_t incarnation) {
    ASSERT_TRUE(ShardStore::make_directories(files_, root()));
    Format format;
    format.identity.deployment = deployment_;
    format.identity.id = id_;
    format.identity.slot = 2;
    format.identity.incarnation = incarnation;
    format.layout = {.sets = 1, .drives_per_set = 4};
    format.members = {
        {DriveId::random(), 1}, {DriveId::random(), 1}, {id_, incarnation}, {DriveId::random(), 1}};
    format.complete = true;
    ASSERT_TRUE(write_format(files_, root(), format));
  }
  cairn::test::TestFolder folder_;
  SystemFiles files_;
  BufferPool buffers_;
  ManualClock clock_{1'000'000};
  DeploymentId deployment_ = DeploymentId::random();
  DriveId id_ = DriveId::random();
  LocalDriveConfig config_;
  std::unique_ptr<LocalDrive> drive_;
};

// Puts an object by the whole protocol of one drive; returns its state.
template <class C>
State put_object(C& calls, const std::string& key, std::uint64_t ballot, StateId base,
                 std::vector<DataRef> data, const std::string& body, std::vector<StageToken> staged = {},
                 bool learn = true) {
  const State state = object(at(ballot), std::move(data), body.size());
  const auto prepared = calls.prepare(key, at(ballot));
  EXPECT_TRUE(prepared && prepared->promised);
  AcceptRequest request;
  request.key = key;
  request.ballot = at(ballot);
  request.base = base;
  request.state = state;
  if (!body.empty()) request.body = Slice::of(body);
  request.staged = std::move(staged);
  const auto accepted = calls.accept(std::move(request));
  EXPECT_TRUE(accepted && accepted->accepted);
  if (learn) calls.learn({key, state.id, 0});
  return state;
}

}  // namespace cairn::drive::test
