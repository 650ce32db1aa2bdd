#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "cairn/base/buffer.hpp"
#include "cairn/base/clock.hpp"
#include "cairn/drive/drive.hpp"
#include "cairn/drive/files.hpp"

namespace rocksdb {
class FileSystem;
}

namespace cairn::drive {

// What all drives of a process share, so that memory is bounded by configuration: one block cache, out of
// which the write buffers are taken too, and the thread that notices hung operations (it sleeps while none is
// in flight). Threads for I/O, flush and compaction are each drive's own. Thread-safe; outlives the drives by
// shared ownership.
struct SharedResourcesConfig {
  std::size_t cache_bytes = std::size_t{128} << 20;        // blocks, blobs and, within it, the write buffers
  std::size_t write_buffer_bytes = std::size_t{64} << 20;  // of all drives together
};
class SharedResources {
 public:
  static std::shared_ptr<SharedResources> make(SharedResourcesConfig config = {});
  virtual ~SharedResources() = default;
};

struct LocalDriveConfig {
  std::string root;  // the drive's folder, formatted (format.hpp)
  DriveIdentity
      identity;  // what should be there; another drive at the path is offline. Null id: whatever is there
  std::shared_ptr<SharedResources> shared;
  FileLayer* files = nullptr;     // outlives the drive
  BufferPool* buffers = nullptr;  // outlives the drive
  Clock* clock = nullptr;         // outlives the drive
  std::shared_ptr<rocksdb::FileSystem>
      record_files;  // tests: a file layer under the records; null: the system's

  // When the records are lost or corrupt: move them aside and start with empty ones, as a new incarnation
  // that is not whole. Otherwise such a drive is `damaged`.
  bool rebuild_records = false;
  // What the peers remember of this drive. Records that are older count as damaged.
  PeerMark expected;

  unsigned io_threads = 4;
  int max_open_files = 256;                     // of the record store
  std::uint64_t reserve_bytes = 0;              // 0: 5 % of the file system, at most 10 GiB, at least 16 MiB
  std::uint64_t inline_min_blob_bytes = 2048;   // bodies from this size on stand in blob files
  std::chrono::milliseconds learn_delay{1000};  // the longest that a lazy mutation waits for company
  std::chrono::milliseconds collect_delay{5000};  // between release and removal of a file
  std::chrono::milliseconds stage_lifetime{
      600'000};  // a finished file that nothing took is removed after this
  std::chrono::milliseconds horizon_step{1000};
  std::chrono::milliseconds stall_after{10'000};  // an operation in flight this long: stalled
  std::size_t promise_limit = 4096;
};

// A drive of this machine: records in RocksDB under <root>/records, shard files under <root>/shards. One
// committer thread makes all changes, in batches with one sync each; reads that the cache can answer are
// answered on the calling thread, others on the drive's I/O threads, where completions are then called.
//
// After a failed sync or write, or any sign of corruption in the records, the drive answers `offline` to
// everything until reopen() succeeds. Errors never end the process.
class LocalDrive final : public Drive {
 public:
  // Opens what is there. A drive whose path is gone or damaged is an object too, out of service until
  // reopen(); an error means that the configuration is wrong.
  static Result<std::unique_ptr<LocalDrive>> open(LocalDriveConfig config);
  ~LocalDrive() override;  // close()

  // Tries to take the drive into service again; for the supervisor. Blocking. With `rebuild_records` see the
  // config.
  Status reopen(bool rebuild_records);
  // The drive has been at least here: records that have not come so far are damaged, now and when they are
  // opened again.
  void expect(const PeerMark& mark);
  // Completes what was accepted and closes the files; everything answers `offline` afterwards. Blocking.
  void close();

  DriveIdentity identity() const override;
  DriveStatus status() const override;
  bool serves(bool data) const override;
  std::string name() const override;
  void read(std::string key, bool body, Completion<View> done) override;
  void prepare(std::string key, Ballot ballot, bool body, Completion<PrepareReply> done) override;
  void accept(AcceptRequest request, Completion<AcceptReply> done) override;
  void learn(LearnRequest request) override;
  void purge(std::string key, StateId state, Completion<bool> done) override;
  void stage(StageRequest request, Completion<std::unique_ptr<ShardWriter>> done) override;
  void discard(StageToken token) override;
  std::shared_ptr<const void> hold() override;
  void open_shard(OpenShardRequest request, Completion<std::shared_ptr<ShardReader>> done) override;
  void restore(RestoreRequest request, Completion<bool> done) override;
  void list(ListRequest request, Completion<ListReply> done) override;
  void rows(std::string key, RowTable table, std::string after, std::uint32_t limit,
            Completion<std::vector<Row>> done) override;
  void list_uploads(ListUploadsRequest request, Completion<std::vector<UploadEntry>> done) override;
  void put_part(PutPartRequest request, Completion<void> done) override;
  void list_parts(std::string upload_id, std::uint32_t after_number, std::uint32_t limit,
                  Completion<std::vector<PartRow>> done) override;
  void read_body(DataId data, Completion<Slice> done) override;
  void work(WorkKind kind, std::string after, std::uint32_t limit,
            Completion<std::vector<WorkItem>> done) override;
  void heal_done(std::string key, StateId state, std::uint32_t still_missing) override;
  void usage(BucketId bucket, Completion<Usage> done) override;
  void register_incarnation(std::uint32_t slot, DriveId id, std::uint32_t incarnation,
                            Completion<Ballot> done) override;
  void adopt_floor(Ballot floor, Completion<void> done) override;
  void set_whole(Completion<void> done) override;
  void remember(std::vector<PeerMark> marks, bool replace) override;
  std::vector<PeerMark> remembered() const override;

  // What is due for removal goes now; returns when it is gone. It happens by itself; for tests and shutdown.
  Status collect_now();
  // Batches and mutations written so far, for metrics and tests.
  struct Counts {
    std::uint64_t batches = 0, mutations = 0;
  };
  Counts counts() const;

 private:
  class Core;
  explicit LocalDrive(LocalDriveConfig config);
  std::shared_ptr<Core> core() const;
  Result<std::shared_ptr<Core>> in_service() const;

  LocalDriveConfig config_;
  mutable std::mutex mutex_;
  std::shared_ptr<Core> core_;  // null: not open
  DriveIdentity identity_;
  DriveState closed_state_ = DriveState::offline;  // while core_ is null
  std::string closed_reason_;
  std::mutex reopening_;
};

}  // namespace cairn::drive
