#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "cairn/base/thread_pool.hpp"
#include "cairn/drive/format.hpp"
#include "cairn/drive/local_drive.hpp"

#include "drive/batch.hpp"
#include "drive/committer.hpp"
#include "drive/holds.hpp"
#include "drive/records.hpp"
#include "drive/shard_store.hpp"
#include "drive/shared_resources.hpp"

namespace cairn::drive {

// When the jobs that run now began, for noticing those that hang. Thread-safe, no lock.
class InFlight {
 public:
  class Job {
   public:
    explicit Job(InFlight& in_flight);
    ~Job();
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;

   private:
    std::atomic<std::int64_t>* slot_ = nullptr;
  };
  bool any() const;
  bool any_older_than(std::chrono::steady_clock::duration age) const;

 private:
  std::array<std::atomic<std::int64_t>, 32> begun_{};  // steady nanoseconds; 0: free
};

// One opening of a drive, from open() to close(): a boot. LocalDrive passes calls on to it and replaces it by
// reopen(). Shutdown order: the committer (completes what it has), the I/O threads, the records.
class LocalDrive::Core : public std::enable_shared_from_this<LocalDrive::Core> {
 public:
  struct Closed {  // why it could not be opened
    DriveState state = DriveState::offline;
    std::string reason;
  };
  static Result<std::shared_ptr<Core>> open(const LocalDriveConfig& config, DriveIdentity& identity,
                                            Closed& closed);
  ~Core();
  void close();

  const DriveIdentity& identity() const { return identity_; }
  // offline when the drive is out of service. Also arms the watchdog.
  Status ready();
  DriveState state(std::string* reason = nullptr) const;
  DriveStatus status();
  bool serves(bool data);
  Counts counts() const { return {batches_.load(), mutations_.load()}; }

  void read(std::string key, bool body, Completion<View> done);
  void prepare(std::string key, Ballot ballot, bool body, Completion<PrepareReply> done);
  void accept(AcceptRequest request, Completion<AcceptReply> done);
  void learn(LearnRequest request);
  void purge(std::string key, StateId state, Completion<bool> done);
  void restore(RestoreRequest request, Completion<bool> done);
  void put_part(PutPartRequest request, Completion<void> done);
  void heal_done(std::string key, StateId state, std::uint32_t still_missing);
  void register_incarnation(std::uint32_t slot, DriveId id, std::uint32_t incarnation,
                            Completion<Ballot> done);
  void adopt_floor(Ballot floor, Completion<void> done);
  void set_whole(Completion<void> done);
  void remember(std::vector<PeerMark> marks, bool replace);
  std::vector<PeerMark> remembered() const;
  void expect(const PeerMark& mark);

  void list(ListRequest request, Completion<ListReply> done);
  void rows(std::string key, RowTable table, std::string after, std::uint32_t limit,
            Completion<std::vector<Row>> done);
  void list_uploads(ListUploadsRequest request, Completion<std::vector<UploadEntry>> done);
  void list_parts(std::string upload_id, std::uint32_t after_number, std::uint32_t limit,
                  Completion<std::vector<PartRow>> done);
  void read_body(DataId data, Completion<Slice> done);
  void work(WorkKind kind, std::string after, std::uint32_t limit, Completion<std::vector<WorkItem>> done);
  void usage(BucketId bucket, Completion<Usage> done);

  void stage(StageRequest request, Completion<std::unique_ptr<ShardWriter>> done);
  void discard(StageToken token);
  std::shared_ptr<const void> hold() { return holds_.begin(config_.clock->now_ms()); }
  void open_shard(OpenShardRequest request, Completion<std::shared_ptr<ShardReader>> done);
  Status collect(bool wait_for_due);

 private:
  class StagedWriter;
  explicit Core(const LocalDriveConfig& config);
  Status start(Closed& closed);
  Status start_records(Format& format, Closed& closed);
  Status open_records(bool create);
  Status begin_anew(Format& format);
  static constexpr const char* kOlder = "older than its peers remember it: a restored snapshot?";
  bool older_than(const PeerMark& mark) const;
  Status move_records_aside();
  Status load_meta();
  Status remove_leftovers();

  void post(std::move_only_function<void()> job);  // to the I/O threads
  // One that may take long and says itself when it is in an operation: otherwise the drive would seem to
  // hang.
  void post_long(std::move_only_function<void()> job);
  Status remove_files(std::span<const DataId> ids);
  template <class T, class Job>
  void post_result(Completion<T> done, Job job);
  template <class T>
  void mutate(typename MutationOf<T>::Body body, Completion<T> done, bool lazy = false);
  std::size_t commit(Committer::Mutations mutations);
  Status write(Batch& batch);
  void fault(DriveState state, const std::string& reason);
  void on_record_fault(RecordFault kind, const std::string& text);
  bool refuses_data();
  void refresh_space(std::uint64_t spent = 0);
  void reclaim();
  void refresh_counts();
  void watch();
  bool look_for_stall();
  bool stalled() const;

  Result<View> view(const std::string& key, bool body, bool cached_only);
  Status fetch_body(Held& held, bool cached_only, bool& gone);
  Result<PrepareReply> promise(const std::string& key, Ballot ballot, bool& slow);
  Status unowned(DataId id);
  void discard_later(DataId id);
  void discard_again();
  void discard_staged(DataId id);
  void expire_staged();
  Status remove_collected(const std::vector<DataId>& going, const std::vector<DataId>& files,
                          const std::vector<DataId>& bodies);
  void wake_for_collection();
  void sweep_and_log();
  Status sweep();
  Status remove_damaged_records();
  std::uint64_t now_ballot() const;

  LocalDriveConfig config_;
  DriveIdentity identity_;
  BootId boot_ = BootId::random();
  std::shared_ptr<SharedResourcesImpl> shared_;

  std::atomic<DriveState> state_{DriveState::offline};
  mutable std::mutex state_mutex_;
  std::string reason_;
  std::atomic<bool> out_of_space_{false};  // RocksDB waits for space
  std::atomic<bool> below_reserve_{false};
  std::atomic<bool> closing_{false};
  std::atomic<bool> watched_{false};
  std::atomic<bool> removed_bodies_{false}, reclaiming_{false};  // since space was last reclaimed
  std::atomic<bool> swept_{false};                               // or looked whether to
  std::atomic<std::uint64_t> errors_{0}, batches_{0}, mutations_{0}, sequence_{0};
  std::atomic<bool> whole_{true};

  struct Space {
    std::mutex mutex;
    std::chrono::steady_clock::time_point read_at{};
    std::uint64_t total = 0, free = 0, reserve = 0, spent = 0;
  };
  Space space_;
  struct WorkCounts {
    std::atomic<std::uint64_t> open{0}, heal{0}, collect{0};
    std::atomic<std::int64_t> read_at{0};
  };
  WorkCounts work_counts_;

  // The register's memory. `pending`: keys with an accept that is being written; a prepare must not overtake
  // it.
  struct Registers {
    explicit Registers(std::size_t limit) : promises(limit) {}
    std::mutex mutex;
    PromiseTable promises;
    std::unordered_map<std::string, unsigned> pending;
    std::uint64_t horizon = 0;       // ballot time, durable
    std::uint64_t highest_seen = 0;  // ballot time
  };
  Registers registers_;
  mutable std::mutex marks_mutex_;
  std::map<std::uint32_t, PeerMark> marks_;  // by slot
  StagedFiles staged_;
  std::mutex undiscarded_mutex_;
  std::vector<DataId> undiscarded_;  // their removal failed while the drive hung

  std::shared_ptr<InFlight> in_flight_ = std::make_shared<InFlight>();

  std::unique_ptr<Records> records_;
  std::unique_ptr<ShardStore> shards_;
  std::shared_ptr<ThreadPool> io_;
  std::unique_ptr<Committer> committer_;
  std::mutex collecting_;
  Holds holds_;
  std::vector<std::string> pending_of_batch_;  // committer thread
};

// Runs `job`, a Result<T>(Core&), on the I/O threads and gives its result to `done`.
template <class T, class Job>
void LocalDrive::Core::post_result(Completion<T> done, Job job) {
  post([self = shared_from_this(), finish = std::move(done), run = std::move(job)]() mutable {
    if (const Status up = self->ready(); !up) return finish(fail(up.error()));
    finish(run(*self));
  });
}

template <class T>
void LocalDrive::Core::mutate(typename MutationOf<T>::Body body, Completion<T> done, bool lazy) {
  auto mutation = std::make_shared<MutationOf<T>>(std::move(body), std::move(done));
  mutation->lazy = lazy;
  if (!committer_->add(mutation)) mutation->complete(fail(Code::offline, config_.root + ": closed"));
}

}  // namespace cairn::drive
