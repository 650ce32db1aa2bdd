#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cairn/drive/drive.hpp"

namespace cairn::test {

enum class DriveCall : std::uint8_t {
  read,
  prepare,
  accept,
  learn,
  purge,
  stage,
  append,
  finish,
  discard,
  open_shard,
  read_shard,
  rewrite_shard,
  restore,
  list,
  rows,
  list_uploads,
  put_part,
  list_parts,
  read_body,
  work,
  heal_done,
  usage,
  register_incarnation,
  adopt_floor,
  set_whole,
};

enum class DriveEffect : std::uint8_t {
  pass,
  fail_before,  // nothing was done, and an error says so
  fail_after,   // it was done, and the answer is lost: an error stands in its place
  drop,         // learn, heal_done, discard: lost without a word; for the others as fail_before
  hold,         // not done before release()
  hold_answer,  // done now, answered at release()
  flip,         // bodies and chunks that are read have one bit flipped; others pass
  tear,         // append: half of the chunks are written, then it fails; others as fail_after
};

// A decorator that makes a drive fail in the ways that drives fail. What it does to a call is decided, in
// this order, by set_offline, set_full, the faults that were added (the first that fits), the script, and
// chance. Held calls wait for release(), never for time. Deterministic, given the order of the calls.
// Thread-safe. The inner drive outlives it; what is still held when it dies is answered `offline`.
class FaultyDrive final : public drive::Drive {
 public:
  explicit FaultyDrive(drive::Drive& inner, std::uint64_t seed = 1);
  ~FaultyDrive() override;

  struct Fault {
    DriveCall call;
    DriveEffect effect;
    Code code = Code::io;
    std::uint64_t skip = 0;            // calls that pass before it
    std::uint64_t count = UINT64_MAX;  // calls that it meets then
    std::string key = {};              // only calls with this record key or data id (hex); empty: all
  };
  void add(Fault fault);
  void clear();  // added faults, script, chance, offline and full
  // `key`: the record key, or the data id in hex.
  using Script = std::function<DriveEffect(DriveCall call, std::string_view key)>;
  void set_script(Script script);
  // Every call meets `effect` in `per_mille` of the cases; adds to what was set before.
  void set_chance(DriveEffect effect, unsigned per_mille);
  void set_offline(bool offline);  // every call answers `offline` at once, readers that are open included
  void set_full(bool full);        // calls that add data answer `drive_full`

  // Carries out, in order, up to `count` of what is held; returns how many. Not what is held meanwhile.
  std::size_t release(std::size_t count = SIZE_MAX);
  std::size_t held() const;
  std::uint64_t calls(DriveCall call) const;  // that arrived so far

  drive::DriveIdentity identity() const override;
  drive::DriveStatus status() const override;
  std::string name() const override;
  void read(std::string key, bool body, Completion<drive::View> done) override;
  void prepare(std::string key, drive::Ballot ballot, bool body,
               Completion<drive::PrepareReply> done) override;
  void accept(drive::AcceptRequest request, Completion<drive::AcceptReply> done) override;
  void learn(drive::LearnRequest request) override;
  void purge(std::string key, drive::StateId state, Completion<bool> done) override;
  void stage(drive::StageRequest request, Completion<std::unique_ptr<drive::ShardWriter>> done) override;
  void discard(drive::StageToken token) override;
  std::shared_ptr<const void> hold() override { return inner_.hold(); }
  void open_shard(drive::OpenShardRequest request,
                  Completion<std::shared_ptr<drive::ShardReader>> done) override;
  void restore(RestoreRequest request, Completion<bool> done) override;
  void list(drive::ListRequest request, Completion<drive::ListReply> done) override;
  void rows(std::string key, drive::RowTable table, std::string after, std::uint32_t limit,
            Completion<std::vector<drive::Row>> done) override;
  void list_uploads(drive::ListUploadsRequest request,
                    Completion<std::vector<drive::UploadEntry>> done) override;
  void put_part(drive::PutPartRequest request, Completion<void> done) override;
  void list_parts(std::string upload_id, std::uint32_t after_number, std::uint32_t limit,
                  Completion<std::vector<drive::PartRow>> done) override;
  void read_body(DataId data, Completion<Slice> done) override;
  void work(drive::WorkKind kind, std::string after, std::uint32_t limit,
            Completion<std::vector<drive::WorkItem>> done) override;
  void heal_done(std::string key, drive::StateId state, std::uint32_t still_missing) override;
  void usage(drive::BucketId bucket, Completion<drive::Usage> done) override;
  void register_incarnation(std::uint32_t slot, DriveId id, std::uint32_t incarnation,
                            Completion<drive::Ballot> done) override;
  void adopt_floor(drive::Ballot floor, Completion<void> done) override;
  void set_whole(Completion<void> done) override;
  void remember(std::vector<drive::PeerMark> marks, bool replace) override;
  std::vector<drive::PeerMark> remembered() const override;

  class Faults;

 private:
  drive::Drive& inner_;
  std::shared_ptr<Faults> faults_;
};

}  // namespace cairn::test
