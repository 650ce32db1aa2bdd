#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/base/clock.hpp"
#include "cairn/base/ids.hpp"
#include "cairn/base/task.hpp"
#include "cairn/codec/layout.hpp"
#include "cairn/drive/keys.hpp"
#include "cairn/drive/state.hpp"

namespace cairn::drive {

// ---- the register (docs/design: the commit protocol) ----

// A state as one drive holds it.
struct Held {
  State state;
  bool shard_missing = false;  // this drive lacks some of the state's data (a body, a file, a part)
  bool rows_missing = false;   // this drive's rows do not add up to state.rows
  Slice body;                  // on demand: the inlined shard (codec inline form) or the part table
};

// What a drive answers about a key. A key without a record is `committed.state.id` null.
struct View {
  bool whole = true;  // false: the absence (or age) of what it says is no evidence
  Held committed;
  struct Open : Held {
    Ballot accepted;
    std::vector<RowChange> rows;  // that come with the state, for whoever has to carry it to other drives
  };
  std::optional<Open> open;    // at most one, on top of `committed`
  std::uint64_t sequence = 0;  // the drive's committer sequence when it answered
};

struct PrepareReply {
  bool promised = false;
  Ballot highest;  // when refused: propose above this
  View view;       // when promised
};

// A state that a drive which is behind is given as committed, before it accepts on top of it.
struct Install {
  State state;
  bool operator==(const Install&) const = default;
};

struct StageToken {
  DataId data;
  BootId boot;  // the boot of the drive that staged it; a later boot does not take it
};

struct AcceptRequest {
  std::string key;  // record_key
  Ballot ballot;
  StateId base;                    // the state proved committed, on which `state` stands
  std::optional<Install> install;  // given where the drive does not hold `base`
  std::optional<State> state;      // nothing: only learn or install the base (heal, settle)
  std::vector<RowChange> rows;     // from `base` to `state`
  Slice body;  // this drive's inlined shard, or the part table; empty: has none (then shard_missing)
  std::vector<StageToken> staged;  // shard files staged for `state` on this drive
  bool shard_missing = false;      // the data could not be staged here
  bool commit = false;             // the set has one drive: accepted is committed
};

struct AcceptReply {
  bool accepted = false;
  bool shard_missing = false;  // accepted, but without (all of) the data
  bool rows_missing = false;   // accepted, but this drive does not have all rows that the state stands on
  Ballot highest;              // when refused for its ballot
};

struct LearnRequest {
  std::string key;
  StateId state;
  std::uint32_t missing =
      0;  // bit i: the drive in slot i of the set lacks the state or its data; a heal entry is left
};

// ---- data ----

struct Chunk {
  Slice data;
  std::array<std::uint8_t, 32> hash;  // keyed HighwayHash-256, see codec
};

struct StageRequest {
  DataId data;
  std::uint32_t shard_index = 0;  // the role of this drive in the object's stripe
  codec::Geometry geometry;
  std::uint64_t size = 0;  // of the whole object or part, in bytes
  std::string identity;    // bucket, key, version, for people and salvage; at most 2 KiB
  bool replace = false;    // rewrite a damaged file of the same name (heal)
};

// Writes one shard file from its first chunk to its last. One call at a time; the completion of one comes
// before the next call. Dropped without finish(): the file is removed in the background.
class ShardWriter {
 public:
  virtual ~ShardWriter() = default;
  // The chunks of the next stripes, in order. Completes when they are handed to the system, not yet durable.
  virtual void append(std::vector<Chunk> chunks, Completion<void> done) = 0;
  // Writes hashes and the trailer with the version's metadata; completes when the file and its name are
  // durable.
  virtual void finish(std::string metadata, Completion<StageToken> done) = 0;
};

// One open shard file. Thread-safe. Stays readable after the file was collected.
class ShardReader {
 public:
  virtual ~ShardReader() = default;
  // `count` chunks from stripe `first` on, with the hashes that stand beside them; not verified. Runs of
  // chunks are read in one I/O.
  virtual void read(std::uint64_t first, std::uint32_t count, Completion<std::vector<Chunk>> done) = 0;
  // Checks what read() does not: the header, the trailer, the file's length, and that what is unused is zero;
  // corrupt if not.
  virtual void check_frame(Completion<void> done) { done({}); }
  // Puts a rebuilt chunk (and its hash) in the place of a damaged one, durably.
  virtual void rewrite(std::uint64_t stripe, Chunk chunk, Completion<void> done) = 0;
};

struct OpenShardRequest {
  DataId data;
  std::uint32_t shard_index = 0;
  codec::Geometry geometry;
  std::uint64_t size = 0;
};

// ---- listing ----

// Records of which kind a list shows.
enum class Show : std::uint8_t {
  objects,   // whose newest version is one
  versions,  // with any version: delete markers too
  all,       // also those of kind none (filling, verifying)
};

struct ListRequest {
  BucketId bucket{};
  std::string prefix;            // S3 key prefix
  std::string delimiter;         // empty: none
  std::string after;             // keys above this one only; empty: from the start
  bool after_is_prefix = false;  // `after` is a common prefix: everything that begins with it is skipped
  std::uint32_t limit = 1000;
  Show show = Show::objects;
};

struct ListEntry {
  std::string key;            // S3 key; for a common prefix the first visible key below it
  std::string common_prefix;  // not empty: `key` and `state` are its evidence
  StateId state;              // committed
  StateKind kind = StateKind::none;
  bool open = false;  // an open state stands above: ask the register
  bool whole = true;
  std::string head;
};

struct ListReply {
  std::vector<ListEntry> entries;
  bool more = false;
  bool whole = true;  // false: keys may be missing here
};

struct PartRow {
  std::uint32_t number = 0;
  DataRef data;
  std::string value;  // of the store
};

struct PutPartRequest {
  std::string key;        // the record key of the upload's object
  std::string upload_id;  // its row must be here, else no_such_upload
  PartRow part;
  Slice body;                      // inlined form
  std::vector<StageToken> staged;  // file form
  bool shard_missing = false;
};

struct UploadEntry {
  std::string key;  // S3 key
  std::string upload_id;
  std::string value;
};

struct ListUploadsRequest {
  BucketId bucket{};
  std::string prefix;
  std::string after_key;     // uploads above (after_key, after_upload)
  std::string after_upload;  // empty with after_key set: all uploads of after_key are skipped
  std::uint32_t limit = 1000;
};

// ---- work, usage, state of the drive ----

enum class WorkKind : std::uint8_t {
  stage = 1,    // key: data id. A staged file that no record names yet
  open = 2,     // key: record key. An open state that somebody must settle
  heal = 3,     // key: record key. Drives that lack a state or its data
  collect = 4,  // key: data id. Data to remove when no reader can be on it; it counts as gone already
  purge = 5,    // key: record key. A tombstone that all drives may forget
};

struct WorkItem {
  WorkKind kind{};
  std::string key;
  StateId state;              // open, heal, purge
  std::uint32_t missing = 0;  // heal: as in LearnRequest
};

struct Usage {
  std::uint64_t objects = 0, bytes = 0;
  bool operator==(const Usage&) const = default;
};

enum class DriveState : std::uint8_t {
  online = 0,
  offline = 1,  // the path is gone, not mounted, or holds another drive
  faulty = 2,   // I/O errors; closed until it can be reopened
  stalled = 3,  // an operation takes too long
  damaged = 4,  // its records are corrupt or lost: to be rebuilt from the peers
};

struct DriveStatus {
  DriveState state = DriveState::offline;
  std::string reason;  // for people
  bool whole = true;   // false while it is being filled
  bool full = false;   // below the reserve: data is refused, deletes are not
  std::uint64_t total_bytes = 0, free_bytes = 0;
  std::uint64_t sequence = 0;
  std::uint64_t work_open = 0, work_heal = 0, work_collect = 0;  // entries, approximate
  std::uint64_t errors = 0;
};

struct DriveIdentity {
  DeploymentId deployment;
  DriveId id;
  std::uint32_t pool = 0, set = 0, slot = 0;
  std::uint32_t incarnation = 1;  // grows each time the slot is given an empty drive
};

// How far a drive of a set has come: its incarnation, and the number of its committer's last batch. Peers
// keep it for each other, durably, so that a drive which returns from an earlier time (a restored snapshot, a
// repaired file system) is known for what it is. It may lag behind the truth by a few seconds.
struct PeerMark {
  std::uint32_t slot = 0;
  std::uint32_t incarnation = 0;
  std::uint64_t sequence = 0;
  bool operator==(const PeerMark&) const = default;
  bool below(const PeerMark& other) const {
    return incarnation != other.incarnation ? incarnation < other.incarnation : sequence < other.sequence;
  }
};

// One drive of an erasure set, local or remote. Every method is thread-safe; each completion is called
// exactly once, on any thread, perhaps before the method returns. A drive out of service answers `offline` at
// once. Errors: offline, io, corrupt, drive_full (mutations that add data), deadline; a refusal of the
// protocol is a value, not an error.
class Drive {
 public:
  virtual ~Drive() = default;
  virtual DriveIdentity identity() const = 0;
  virtual DriveStatus status() const = 0;
  // Whether it is online and, with `data`, has space for more. What requests ask before they go to drives, so
  // it should cost less than status().
  virtual bool serves(bool data) const {
    const DriveStatus s = status();
    return s.state == DriveState::online && !(data && s.full);
  }
  virtual std::string name() const = 0;  // the path or endpoint, for people

  // The register. `body`: also fetch the bodies of inlined and parts data.
  virtual void read(std::string key, bool body, Completion<View> done) = 0;
  virtual void prepare(std::string key, Ballot ballot, bool body, Completion<PrepareReply> done) = 0;
  virtual void accept(AcceptRequest request, Completion<AcceptReply> done) = 0;
  // Done lazily, with the next batch or within a second; not lost by a crash, because the open entry stays
  // until then.
  virtual void learn(LearnRequest request) = 0;
  // Forgets a committed state of kind none without rows, if it is still `state`, once the floor has passed
  // it.
  virtual void purge(std::string key, StateId state, Completion<bool> done) = 0;

  // Data. A staged file belongs to its `stage` work entry until an accept or a part row names it.
  virtual void stage(StageRequest request, Completion<std::unique_ptr<ShardWriter>> done) = 0;
  // A staged file that no state will name is removed in the background; without effect on one that an accept
  // or a part, asked for before, has taken.
  virtual void discard(StageToken token) = 0;
  virtual void open_shard(OpenShardRequest request, Completion<std::shared_ptr<ShardReader>> done) = 0;
  // As long as what this returns lives, data that is not removed yet stays readable, though it be released;
  // not on a drive that runs short of space. For readers of many parts, who open the last ones late.
  virtual std::shared_ptr<const void> hold() { return nullptr; }

  // Heal: what a committed state lacks here is put in place; false if the key has moved on from `state`.
  struct RestoreRequest {
    std::string key;
    StateId state;
    std::vector<std::pair<DataRef, Slice>> bodies;  // inlined shards and part tables
    std::vector<StageToken> staged;                 // shard files
    std::optional<std::vector<Row>> rows;           // the complete set of rows
  };
  virtual void restore(RestoreRequest request, Completion<bool> done) = 0;

  // Lists and rows.
  virtual void list(ListRequest request, Completion<ListReply> done) = 0;
  virtual void rows(std::string key, RowTable table, std::string after, std::uint32_t limit,
                    Completion<std::vector<Row>> done) = 0;
  virtual void list_uploads(ListUploadsRequest request, Completion<std::vector<UploadEntry>> done) = 0;
  virtual void put_part(PutPartRequest request, Completion<void> done) = 0;
  // The attempts of an upload, by number, from `after_number` on (exclusive); bodies are not included.
  virtual void list_parts(std::string upload_id, std::uint32_t after_number, std::uint32_t limit,
                          Completion<std::vector<PartRow>> done) = 0;
  // The body of inlined data or of a part table, by data id: not_found or corrupt.
  virtual void read_body(DataId data, Completion<Slice> done) = 0;

  // Work and usage.
  virtual void work(WorkKind kind, std::string after, std::uint32_t limit,
                    Completion<std::vector<WorkItem>> done) = 0;
  virtual void heal_done(std::string key, StateId state, std::uint32_t still_missing) = 0;
  virtual void usage(BucketId bucket, Completion<Usage> done) = 0;

  // A replaced drive: registers `incarnation` for `slot` with this peer and learns this peer's horizon.
  virtual void register_incarnation(std::uint32_t slot, DriveId id, std::uint32_t incarnation,
                                    Completion<Ballot> done) = 0;
  // The drive takes `floor` and is from now on the registered incarnation; called after enough peers
  // answered.
  virtual void adopt_floor(Ballot floor, Completion<void> done) = 0;
  // The drive holds everything its peers hold: absence here is evidence again.
  virtual void set_whole(Completion<void> done) = 0;

  // Marks of the set's drives, to be kept where they are higher than what is known; `replace`: in any case.
  virtual void remember(std::vector<PeerMark> marks, bool replace) = 0;
  virtual std::vector<PeerMark> remembered() const = 0;  // as last written; by slot
};

}  // namespace cairn::drive
