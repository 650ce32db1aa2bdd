#pragma once
#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <rocksdb/write_batch.h>

#include "cairn/base/clock.hpp"

#include "drive/records.hpp"
#include "drive/register.hpp"

namespace cairn::drive {

class ShardStore;

// Rows of the table `work`: the kind in one byte, then the item's key (drive.hpp).
std::string work_key(WorkKind kind, std::string_view key);
// The value of a `collect` entry; its item is the data id.
std::string collect_value(UnixMillis due, DataForm form);
struct CollectValue {
  UnixMillis due = 0;
  DataForm form = DataForm::file;
};
Result<CollectValue> decode_collect(std::string_view bytes);
// Rows of the table `meta`.
inline constexpr std::string_view kMetaSequence = "sequence";
inline constexpr std::string_view kMetaHorizon = "horizon";
inline constexpr std::string_view kMetaWhole = "whole";
inline constexpr std::string_view kMetaPeers = "peers";  // the marks of the set's drives
inline constexpr std::string_view kMetaSweep = "sweep";  // shards/ has files to look for that no record names
std::string meta_slot_key(std::uint32_t slot);
std::string encode_marks(const std::map<std::uint32_t, PeerMark>& marks);
Result<std::map<std::uint32_t, PeerMark>> decode_marks(std::string_view bytes);
std::string body_value(const Slice& body, DataId id);  // as stored: the body, a version byte, a checksum
Result<Slice> body_of_value(std::string value, DataId id);

// The files that were staged in this boot and wait for an accept to name them. Thread-safe.
class StagedFiles {
 public:
  void add(DataId id);
  bool contains(DataId id) const;
  bool remove(DataId id);
  // Those older than `age`.
  std::vector<DataId> older_than(std::chrono::steady_clock::duration age) const;
  bool empty() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<DataId, std::chrono::steady_clock::time_point> finished_;
};

// What the transitions of a batch see and do beside the batch itself.
struct BatchContext {
  Records& records;
  ShardStore& shards;
  StagedFiles& staged;
  BootId boot;
  bool whole = true;
  std::uint32_t own_bit = 1;
  UnixMillis collect_due = 0;  // for what this batch releases
  // Whether a file can be trusted: on a drive that lost its records, where nothing else says that it was
  // finished.
  std::function<bool(DataId)> probe;
};

// One batch being built: the changes so far, and the records as they will be once it is written. Transitions
// see earlier ones of the same batch in the records themselves; where one would have to read rows, parts or
// bodies that an earlier one changed, conflict() turns true, and the batch is cut before it. Used by the
// committer's thread only.
class Batch {
 public:
  explicit Batch(const BatchContext& context) : context_(context), batch_(context.records.empty_batch()) {}

  Result<Known> known(const std::string& key);
  void apply(const std::string& key, const Transition& transition);
  RegisterContext registers(RegisterReader& reader) const { return {reader, context_.own_bit}; }

  class Reader;

  void put_work(WorkKind kind, std::string_view key, std::string_view value);
  void remove_work(WorkKind kind, std::string_view key);
  void remove_body(DataId id);
  void put_meta(std::string_view key, std::string_view value);
  Result<std::optional<std::string>> meta(std::string_view key);

  // Whether a transition of this batch takes the staged file.
  bool takes(DataId id) const {
    return std::find(after.taken.begin(), after.taken.end(), id) != after.taken.end();
  }
  bool conflict() const { return conflict_; }
  void clear_conflict() { conflict_ = false; }
  bool changed() const { return batch_.Count() != 0; }
  std::size_t bytes() const { return batch_.GetDataSize(); }
  rocksdb::WriteBatch& write_batch();  // complete: nothing is added after this

  // What follows once the batch is written.
  struct After {
    std::vector<DataId> taken;  // of StagedFiles
    bool collects = false;      // there is something to collect
    bool removes_bodies = false;
    std::optional<bool> whole;
    std::optional<std::map<std::uint32_t, PeerMark>> marks;  // written with the batch
  };
  After after;
  Ballot floor;               // to be raised to this
  std::uint64_t horizon = 0;  // the highest ballot time that is to be promised after this batch

 private:
  enum Touched : unsigned { kRows = 1, kParts = 2, kBodies = 4, kHeal = 8, kCollect = 16 };
  bool touched(const std::string& key, unsigned what);

  BatchContext context_;
  rocksdb::WriteBatch& batch_;
  std::unordered_map<std::uint64_t, UsageDelta> usage_;             // by bucket: one change a batch
  std::unordered_map<std::string, std::optional<Record>> records_;  // nothing: erased
  std::unordered_map<std::string, unsigned> touched_;
  std::unordered_set<std::string> meta_;
  bool conflict_ = false;
};

class Batch::Reader final : public RegisterReader {
 public:
  Reader(Batch& batch, const std::string& key) : batch_(batch), key_(key) {}
  Result<std::optional<StoredRow>> row(RowTable table, const std::string& id) override;
  Result<std::vector<StoredRow>> all_rows() override;
  Result<std::vector<StoredPart>> parts(const std::string& upload_id) override;
  Result<bool> has_body(DataId id) override;
  Result<std::optional<Slice>> body(DataId id) override;
  bool has_file(DataId id) override;
  Result<bool> going(DataId id) override;
  bool staged(const StageToken& token) override;
  Result<std::optional<HealEntry>> heal() override;

 private:
  Status check(unsigned what);
  Batch& batch_;
  const std::string& key_;
};

// A record as it stands in the table `objects`. A record that cannot be read back counts as absent, and its
// absence proves nothing.
Result<Known> decode_known(const std::optional<std::string>& value, std::string_view key, bool drive_whole);

}  // namespace cairn::drive
