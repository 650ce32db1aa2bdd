#pragma once
#include <array>
#include <functional>
#include <memory>
#include <string>

#include <rocksdb/db.h>

#include "cairn/base/result.hpp"
#include "cairn/drive/local_drive.hpp"

#include "drive/drive_env.hpp"

// The record store of a drive: RocksDB, set up so that it hides no loss. docs/formats/records.md gives the
// tables.
namespace cairn::drive {

enum class Table : std::uint8_t { meta, objects, bodies, versions, uploads, parts, work, usage };
inline constexpr std::size_t kTables = 8;
const char* table_name(Table table);  // of its column family
std::shared_ptr<rocksdb::MergeOperator> usage_merge();

enum class RecordFault : std::uint8_t {
  io,       // a write, sync or read failed: closed until it is reopened
  corrupt,  // what is on the disk is not what was written
  full,     // no space; if stopped(), nothing is written until the records are opened anew
};

struct RecordsConfig {
  std::string path;
  std::shared_ptr<SharedResources> shared;
  std::shared_ptr<rocksdb::FileSystem> file_system;
  int max_open_files = 256;
  std::uint64_t min_blob_bytes = 2048;
  std::uint64_t disk_bytes = ~std::uint64_t{0};  // of the file system: buffers are smaller on a small one
  bool create = false;
  // Called on RocksDB's threads and on those of callers; must not block.
  std::function<void(RecordFault, const std::string&)> fault;
};

class Records {
 public:
  // corrupt: the records are damaged before the tail of the log; not_found: there are none (and not
  // `create`).
  static Result<std::unique_ptr<Records>> open(RecordsConfig config);
  ~Records();

  rocksdb::DB& db() { return *db_; }
  rocksdb::ColumnFamilyHandle* table(Table t) const { return handles_[static_cast<std::size_t>(t)]; }

  // nothing: no such key. Reports io and corruption to `fault` unless `alone`, for bodies: their damage is
  // their own. cached_only: unsupported stands for "not in the cache".
  struct ReadHow {
    bool cached_only = false;
    bool alone = false;
  };
  Result<std::optional<std::string>> get(Table t, std::string_view key, ReadHow how);
  Result<std::optional<std::string>> get(Table t, std::string_view key) { return get(t, key, ReadHow{}); }
  // Everything that begins with `prefix`, in order; `visit` returns false to stop.
  Status scan(Table t, std::string_view first, std::string_view prefix,
              const std::function<Result<bool>(std::string_view key, std::string_view value)>& visit,
              const rocksdb::Snapshot* snapshot = nullptr);
  // With a sync; one call at a time. drive_full: certainly not made, now or when the records are opened
  // again. io: perhaps made; reported to `fault`.
  Status write(rocksdb::WriteBatch& batch);
  // An empty batch that keeps its memory from one use to the next; for the committer, one at a time.
  rocksdb::WriteBatch& empty_batch();
  bool stopped() const;                   // a write or flush found no space: open anew when there is some
  std::uint64_t unflushed_bytes() const;  // in write buffers: to be written once more before their log goes
  // Frees the space of bodies that were deleted; `rewrite`: also where only some of a file's bodies were.
  // Slow.
  Status reclaim(bool rewrite);
  Error error_of(const rocksdb::Status& status, bool report = true);

 private:
  class Listener;
  Records() = default;
  RecordsConfig config_;
  std::unique_ptr<DriveEnv> env_;
  std::shared_ptr<Listener> listener_;
  std::unique_ptr<rocksdb::DB> db_;
  rocksdb::WriteBatch batch_;
  std::array<rocksdb::ColumnFamilyHandle*, kTables> handles_{};
};

}  // namespace cairn::drive
