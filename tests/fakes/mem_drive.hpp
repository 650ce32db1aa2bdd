#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cairn/drive/drive.hpp"

#include "drive/register.hpp"

namespace cairn::drive {

struct MemDriveConfig {
  DriveIdentity identity;
  std::string name = "mem";
  bool whole = true;
  std::size_t promise_limit = 4096;
  std::uint64_t horizon_step_ms = 1000;
};

// A drive in memory: the whole Drive interface over the same register as LocalDrive, with every completion
// called before the method returns. Everything is "durable" at once; restart() forgets what a restart
// forgets. Thread-safe.
class MemDrive final : public Drive {
 public:
  explicit MemDrive(MemDriveConfig config = {});
  ~MemDrive() override;

  DriveIdentity identity() const override;
  DriveStatus status() const override;
  std::string name() const override;
  void read(std::string key, bool body, Completion<View> done) override;
  void prepare(std::string key, Ballot ballot, bool body, Completion<PrepareReply> done) override;
  void accept(AcceptRequest request, Completion<AcceptReply> done) override;
  void learn(LearnRequest request) override;
  void purge(std::string key, StateId state, Completion<bool> done) override;
  void stage(StageRequest request, Completion<std::unique_ptr<ShardWriter>> done) override;
  void discard(StageToken token) override;
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

  // ---- what tests do to it ----
  // Promises and staged files that no record names are gone; the floor is the horizon (`keep_floor` false: a
  // rule left out).
  void restart(bool keep_floor = true);
  void force_promise(const std::string& key, Ballot ballot);  // as if nothing was promised (a rule left out)
  void set_offline(bool value);                               // every call answers `offline`
  void set_full(bool value);                                  // calls that add data answer `drive_full`
  void wipe(DriveIdentity replacement);                       // an empty drive in its place, not whole
  void lose_body(DataId id);
  void lose_file(DataId id);
  void flip_chunk(DataId id, std::uint64_t stripe);  // one bit of the stored chunk
  void collect();                                    // works off the `collect` entries, due or not

  std::set<DataId> files() const;
  std::set<DataId> bodies() const;
  std::size_t records() const;
  std::size_t part_rows() const;
  Ballot floor() const;
  Ballot horizon() const;

 private:
  class Reader;
  class Writer;
  class FileReader;
  struct File;
  struct Store;
  Status check() const;  // with the mutex held
  Known known(const std::string& key) const;
  void apply(const std::string& key, const Transition& t);
  void fetch_bodies(View& view) const;
  Status move_horizon(Ballot ballot);

  mutable std::mutex mutex_;
  MemDriveConfig config_;
  std::unique_ptr<Store> store_;
};

}  // namespace cairn::drive
