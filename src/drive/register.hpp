#pragma once
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cairn/drive/drive.hpp"

// The register of one key on one drive as pure functions: from what the drive holds and a request to the
// answer and a *transition*, the changes that the drive then makes in one atomic batch. MemDrive and
// LocalDrive both run it, so that the rules of the commit protocol stand once. docs/design: the commit
// protocol.
namespace cairn::drive {

// ---- what a drive holds ----

// A state with the marks of this drive.
struct Entry {
  State state;
  bool shard_missing = false;
  bool rows_missing = false;
  bool operator==(const Entry&) const = default;
};

struct OpenEntry : Entry {
  Ballot accepted;
  std::vector<RowChange> rows;  // made when it is committed
  bool operator==(const OpenEntry&) const = default;
};

struct Record {
  Entry committed;
  std::optional<OpenEntry> open;
  // Data of superseded states that rows may name which this drive has not been given yet (rows_missing):
  // decided on by restore().
  std::vector<DataRef> orphans;
  bool operator==(const Record&) const = default;
};

// What a drive knows of a key. `whole`: false when the drive's absence of a record proves nothing.
struct Known {
  bool exists = false;
  bool whole = true;
  Record record;
};

struct StoredRow {
  Row row;
  bool data_missing = false;
  bool operator==(const StoredRow&) const = default;
};

struct StoredPart {
  PartRow part;
  bool missing = false;
};

struct HealEntry {
  StateId state;
  std::uint32_t missing = 0;
  bool operator==(const HealEntry&) const = default;
};

// What a transition may have to know beyond the record. Rows and the heal entry are those of the request's
// key.
class RegisterReader {
 public:
  virtual ~RegisterReader() = default;
  virtual Result<std::optional<StoredRow>> row(RowTable table, const std::string& id) = 0;
  virtual Result<std::vector<StoredRow>> all_rows() = 0;
  virtual Result<std::vector<StoredPart>> parts(const std::string& upload_id) = 0;
  virtual Result<bool> has_body(DataId id) = 0;
  virtual Result<std::optional<Slice>> body(DataId id) = 0;  // of part tables
  virtual bool has_file(DataId id) = 0;                      // complete, and no longer of a `stage` entry
  virtual Result<bool> going(DataId id) = 0;                 // has a `collect` entry: it counts as gone
  virtual bool staged(const StageToken& token) = 0;          // finished in the present boot, not yet taken
  virtual Result<std::optional<HealEntry>> heal() = 0;
};

// ---- what a transition does ----

struct PartKey {
  std::string upload_id;
  std::uint32_t number = 0;
  DataId data;
  auto operator<=>(const PartKey&) const = default;
};

struct UsageDelta {
  std::int64_t objects = 0, bytes = 0;
  bool operator==(const UsageDelta&) const = default;
};

struct Transition {
  std::optional<Record> record;  // the new one
  bool erase_record = false;
  std::vector<StoredRow> put_rows;
  std::vector<std::pair<RowTable, std::string>> remove_rows;  // made before put_rows
  std::vector<std::pair<std::string, StoredPart>> put_parts;  // by upload id
  std::vector<PartKey> remove_parts;
  std::vector<std::pair<DataRef, Slice>> put_bodies;
  std::vector<DataId> delete_bodies;                // inlined data that nothing names any more
  std::vector<DataRef> collect;                     // files and parts to remove once no reader can be on them
  std::vector<DataId> take_staged;                  // their `stage` work entries go
  std::optional<std::optional<StateId>> open_work;  // set or remove the key's `open` entry
  std::optional<std::optional<HealEntry>> heal;     // set or remove the key's `heal` entry
  UsageDelta usage;
  Ballot floor;  // raise the floor to this, durably; null: leave it
};

struct RegisterContext {
  RegisterReader& reader;
  std::uint32_t own_bit = 1;  // 1 << slot: what this drive leaves in heal entries for itself
};

// ---- the requests ----

// Whether the drive may promise `ballot`, given the ballot it promised last (null: none remembered) and its
// floor. The caller records the promise. Fills in everything but the view's bodies and sequence.
PrepareReply prepare(const Known& known, Ballot promised, Ballot floor, Ballot ballot);
View view_of(const Known& known);

// `promised`: as above; only the exact ballot is accepted.
Result<AcceptReply> accept(const RegisterContext& context, const Known& known, Ballot promised,
                           const AcceptRequest& request, Transition& out);
Status learn(const RegisterContext& context, const Known& known, const LearnRequest& request,
             Transition& out);
Result<bool> purge(const RegisterContext& context, const Known& known, Ballot floor, StateId state,
                   Transition& out);
Result<bool> restore(const RegisterContext& context, const Known& known, const Drive::RestoreRequest& request,
                     Transition& out);
Status heal_done(const RegisterContext& context, const Known& known, StateId state,
                 std::uint32_t still_missing, Transition& out);
Status put_part(const RegisterContext& context, const Known& known, const PutPartRequest& request,
                Transition& out);

// Whether a request brings data, which a drive below its reserve refuses.
bool adds_data(const AcceptRequest& request);

// The data that the collection of a part table frees, besides the table.
Result<std::vector<DataRef>> table_children(const Slice& table);

// ---- promises ----

// The promises of one drive, in memory and bounded: forgetting one raises the floor to it, which is as good
// as having kept it. Not thread-safe.
class PromiseTable {
 public:
  explicit PromiseTable(std::size_t limit) : limit_(limit) {}
  Ballot find(const std::string& key) const;  // null: none remembered
  void set(const std::string& key, Ballot ballot);
  Ballot floor() const { return floor_; }
  void raise_floor(Ballot floor) { floor_ = std::max(floor_, floor); }
  void forget_all();  // as a restart does; the caller sets the floor
  std::size_t size() const { return by_key_.size(); }

 private:
  struct Promise {
    Ballot ballot;
    std::list<const std::string*>::iterator place;
  };
  std::size_t limit_;
  Ballot floor_;
  std::unordered_map<std::string, Promise> by_key_;
  std::list<const std::string*> oldest_first_;
};

// ---- encodings ----

// `key` is the record key that the value stands under; it goes into the checksum.
std::string encode_record(const Record& record, std::string_view key);
Result<Record> decode_record(std::string_view bytes, std::string_view key);
struct RecordPeek {
  StateId id;
  StateKind kind = StateKind::none;
  std::string_view head;  // into `bytes`
  bool open = false;
};
Result<RecordPeek> peek_record(std::string_view bytes, std::string_view key);

std::string encode_row(const StoredRow& row,
                       std::string_view key);  // without table and id, which its key holds
Result<StoredRow> decode_row(RowTable table, std::string id, std::string_view bytes, std::string_view key);
std::string encode_part(const StoredPart& part,
                        std::string_view key);  // without number and data id, likewise
Result<StoredPart> decode_part(std::uint32_t number, DataId data, std::string_view bytes,
                               std::string_view key);
std::string encode_heal(const HealEntry& heal);
Result<HealEntry> decode_heal(std::string_view bytes);

}  // namespace cairn::drive
