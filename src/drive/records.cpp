#include "drive/records.hpp"

#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <thread>

#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/merge_operator.h>
#include <rocksdb/table.h>

#include "cairn/base/log.hpp"

#include "drive/shared_resources.hpp"
#include "drive/usage.hpp"
#include "drive/wal_tail.hpp"

namespace cairn::drive {

namespace {

constexpr std::array<const char*, kTables> kNames{"default", "objects", "bodies", "versions",
                                                  "uploads", "parts",   "work",   "usage"};

std::string_view view(const rocksdb::Slice& s) { return {s.data(), s.size()}; }
rocksdb::Slice slice(std::string_view s) { return {s.data(), s.size()}; }

// RocksDB's own log: warnings and errors go to the server's, the rest nowhere, so that it writes no LOG
// files.
class RecordLogger final : public rocksdb::Logger {
 public:
  explicit RecordLogger(std::string path) : rocksdb::Logger(rocksdb::WARN_LEVEL), path_(std::move(path)) {}
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list args) override {
    if (level < rocksdb::WARN_LEVEL || level == rocksdb::HEADER_LEVEL) return;
    char text[512];
    const int n = std::vsnprintf(text, sizeof text, format, args);
    if (n > 0) log::warn("record store", {{"path", path_}, {"message", std::string_view(text)}});
  }

 private:
  std::string path_;
};

// Adds the deltas of usage.hpp; both operands and values are two signed 64-bit numbers.
class UsageMerge final : public rocksdb::AssociativeMergeOperator {
 public:
  const char* Name() const override { return "cairn.usage.1"; }
  bool Merge(const rocksdb::Slice&, const rocksdb::Slice* existing, const rocksdb::Slice& value,
             std::string* out, rocksdb::Logger*) const override {
    UsageDelta sum;
    if (existing && !decode_usage(view(*existing), sum)) return false;
    UsageDelta delta;
    if (!decode_usage(view(value), delta)) return false;
    sum.objects += delta.objects;
    sum.bytes += delta.bytes;
    *out = encode_usage(sum);
    return true;
  }
};

// A size that suits the file system: `total / share`, within [least, most] MiB. What stands in the log and
// the write buffers is written once more before it is freed, so on a small disk it must be little.
std::uint64_t scaled(const RecordsConfig& config, std::uint64_t share, std::uint64_t least,
                     std::uint64_t most) {
  return std::clamp(config.disk_bytes / share, least << 20, most << 20);
}

rocksdb::Options base_options(const RecordsConfig& config, const SharedResourcesImpl& shared) {
  rocksdb::Options o;
  o.create_if_missing = config.create;
  o.create_missing_column_families = true;
  o.paranoid_checks = true;
  o.track_and_verify_wals_in_manifest = true;
  o.recycle_log_file_num = 0;
  o.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  o.max_open_files = config.max_open_files;
  o.max_background_jobs = 3;
  o.max_total_wal_size = scaled(config, 32, 4, 192);
  o.write_buffer_manager = shared.write_buffers;
  o.stats_dump_period_sec = 0;
  o.stats_persist_period_sec = 0;
  o.info_log = std::make_shared<RecordLogger>(config.path);
  o.info_log_level = rocksdb::WARN_LEVEL;
  o.skip_stats_update_on_db_open = true;
  o.enable_write_thread_adaptive_yield = false;  // one writer: nothing to spin for
  o.allow_concurrent_memtable_write = false;
  o.avoid_unnecessary_blocking_io = true;
  o.bytes_per_sync = 1 << 20;
  return o;
}

rocksdb::ColumnFamilyOptions table_options(Table table, const rocksdb::Options& base,
                                           const RecordsConfig& config, const SharedResourcesImpl& shared) {
  rocksdb::ColumnFamilyOptions o(base);
  rocksdb::BlockBasedTableOptions t;
  t.block_cache = shared.cache;
  t.cache_index_and_filter_blocks = true;  // memory stays within the cache, whatever the number of objects
  t.cache_index_and_filter_blocks_with_high_priority = true;
  t.pin_l0_filter_and_index_blocks_in_cache = true;
  t.format_version = 5;
  t.block_size = 16 << 10;
  t.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  o.level_compaction_dynamic_level_bytes = true;
  o.compression = rocksdb::kNoCompression;
  o.paranoid_file_checks = false;
  o.force_consistency_checks = true;
  o.write_buffer_size = scaled(config, 1024, 1, 4);
  o.arena_block_size = 64 << 10;
  switch (table) {
    case Table::objects:
      o.write_buffer_size = scaled(config, 256, 1, 16);
      o.arena_block_size = 256 << 10;
      o.memtable_prefix_bloom_size_ratio = 0.02;
      o.memtable_whole_key_filtering = true;
      o.compression = rocksdb::kLZ4Compression;
      break;
    case Table::bodies:
      o.write_buffer_size = scaled(config, 128, 1, 32);
      o.arena_block_size = 256 << 10;
      o.enable_blob_files = true;
      o.min_blob_size = config.min_blob_bytes;
      o.blob_file_size = scaled(config, 64, 1, 64);
      o.enable_blob_garbage_collection = true;
      o.blob_garbage_collection_age_cutoff = 0.5;
      o.blob_garbage_collection_force_threshold = 0.5;
      o.blob_cache = shared.cache;
      o.memtable_prefix_bloom_size_ratio = 0.02;
      o.memtable_whole_key_filtering = true;
      break;
    case Table::usage:
      o.merge_operator = usage_merge();
      break;
    default:
      break;
  }
  o.table_factory.reset(rocksdb::NewBlockBasedTableFactory(t));
  return o;
}

// Whether the logs show what a power cut leaves and nothing worse: all whole, the last one perhaps torn.
bool only_tail_torn(rocksdb::Env& env, const std::string& path) {
  std::vector<std::string> names, logs;
  if (!env.GetChildren(path, &names).ok()) return false;
  for (const std::string& name : names)
    if (name.ends_with(".log")) logs.push_back(name);
  // Numbers have six digits or more, without leading zeros beyond that.
  std::sort(logs.begin(), logs.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  for (std::size_t i = 0; i < logs.size(); ++i) {
    std::string bytes;
    if (!rocksdb::ReadFileToString(&env, path + "/" + logs[i], &bytes).ok()) return false;
    const WalTail tail = examine_wal(bytes);
    if (tail == WalTail::damaged || (tail == WalTail::torn && i + 1 < logs.size())) return false;
  }
  return !logs.empty();
}

// RocksDB refuses a MANIFEST whose end a power cut has torn out of order. Each of its edits is synced before
// anything relies on it, so one that is torn, with none after it, is one that never was. True if the MANIFEST
// was shortened to what is whole, durably.
bool mend_manifest(rocksdb::Env& env, const std::string& path) {
  std::string name, bytes;
  if (!rocksdb::ReadFileToString(&env, path + "/CURRENT", &name).ok()) return false;
  while (name.ends_with('\n')) name.pop_back();
  if (!name.starts_with("MANIFEST-") || !rocksdb::ReadFileToString(&env, path + "/" + name, &bytes).ok())
    return false;
  if (examine_wal(bytes) != WalTail::torn) return false;
  const std::size_t whole = whole_batches(bytes);
  if (whole == 0) return false;
  log::warn("record manifest ends in a torn edit", {{"path", path}, {"bytes", bytes.size() - whole}});
  const std::string temporary = path + "/" + name.substr(9) + ".dbtmp";  // RocksDB removes a leftover
  const rocksdb::Slice prefix(bytes.data(), whole);
  std::unique_ptr<rocksdb::Directory> directory;
  return rocksdb::WriteStringToFile(&env, prefix, temporary, true).ok() &&
         env.RenameFile(temporary, path + "/" + name).ok() && env.NewDirectory(path, &directory).ok() &&
         directory->Fsync().ok();
}

}  // namespace

const char* table_name(Table table) { return kNames[static_cast<std::size_t>(table)]; }

std::shared_ptr<rocksdb::MergeOperator> usage_merge() { return std::make_shared<UsageMerge>(); }

// RocksDB tells of its errors here, on the thread that met them: a background thread's, or that of a write().
//
// A write or flush that found no space stops the database for good: it is closed and opened anew when there
// is some, and reads go on until then. RocksDB's own recovery from it is kept from running, by calling the
// error fatal. It would write what remains of a failed batch into the log once more, behind the part that is
// there, so that the log looks damaged; and where no table has anything to flush it goes on with the log that
// failed, which in 7.8 ends the process by an assertion (`sync_without_flush_called_`). A compaction without
// space is put off by RocksDB until there is enough; nothing stops.
class Records::Listener final : public rocksdb::EventListener {
 public:
  explicit Listener(std::function<void(RecordFault, const std::string&)> fault) : fault_(std::move(fault)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override {
    using Severity = rocksdb::Status::Severity;
    if (writer_ == std::this_thread::get_id()) write_error_ = {reason, status->ToString()};
    if (status->IsNoSpace()) {
      if (status->severity() >= Severity::kHardError) {
        stopped_ = true;
        *status = rocksdb::Status(*status, Severity::kFatalError);
      }
      return fault_(RecordFault::full, status->ToString());
    }
    if (status->IsCorruption()) return fault_(RecordFault::corrupt, status->ToString());
    // What fails once it has stopped, a flush that was on its way, follows from that.
    if (!stopped_) fault_(RecordFault::io, status->ToString());
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status status, bool* recover) override {
    if (status.severity() >= rocksdb::Status::Severity::kHardError) *recover = false;
  }

  bool stopped() const { return stopped_; }
  void begin_write() {
    write_error_.reset();
    writer_ = std::this_thread::get_id();
  }
  // Whether a write that found no space is certainly not in the log: it was refused without a try, or no log
  // could be begun for it, or not all of it could be appended. What fails after that, a sync or the
  // manifest's note of the log, leaves it in there.
  bool end_write_is_unmade() {
    writer_ = std::thread::id();
    if (!write_error_ || write_error_->reason == rocksdb::BackgroundErrorReason::kMemTable) return true;
    return write_error_->reason == rocksdb::BackgroundErrorReason::kWriteCallback &&
           write_error_->text.find("While appending to file") != std::string::npos;
  }

 private:
  struct WriteError {
    rocksdb::BackgroundErrorReason reason;
    std::string text;
  };
  std::function<void(RecordFault, const std::string&)> fault_;
  std::atomic<bool> stopped_{false};
  std::atomic<std::thread::id> writer_{};
  std::optional<WriteError> write_error_;  // of the thread `writer_`
};

Result<std::unique_ptr<Records>> Records::open(RecordsConfig config) {
  const auto& shared = static_cast<const SharedResourcesImpl&>(*config.shared);
  std::unique_ptr<Records> records(new Records);
  std::shared_ptr<rocksdb::Env> base;
  if (config.file_system) {
    base = rocksdb::NewCompositeEnv(config.file_system);
  } else {
    base = std::shared_ptr<rocksdb::Env>(rocksdb::Env::Default(), [](rocksdb::Env*) {});
  }
  records->env_ = std::make_unique<DriveEnv>(base, 1);
  rocksdb::Env& env = *records->env_;

  if (!config.create) {
    const rocksdb::Status here = env.FileExists(config.path + "/CURRENT");
    if (here.IsNotFound()) return fail(Code::not_found, config.path + ": no records");
  }

  if (config.create) {
    const rocksdb::Status made = env.CreateDirIfMissing(config.path);
    if (!made.ok()) return fail(Code::io, config.path + ": " + made.ToString());
  }

  rocksdb::Options options = base_options(config, shared);
  options.env = &env;
  records->listener_ = std::make_shared<Listener>(config.fault);
  options.listeners.push_back(records->listener_);
  std::vector<rocksdb::ColumnFamilyDescriptor> tables;
  for (std::size_t i = 0; i < kTables; ++i)
    tables.emplace_back(kNames[i], table_options(static_cast<Table>(i), options, config, shared));

  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(options, config.path, tables, &handles, &db);
  if (status.IsCorruption() && mend_manifest(env, config.path))
    status = rocksdb::DB::Open(options, config.path, tables, &handles, &db);
  if (status.IsCorruption() && only_tail_torn(env, config.path)) {
    // A batch that was being written when the power failed: kTolerateCorruptedTailRecords forgives a short
    // one only.
    log::warn("record log ends in a torn batch", {{"path", config.path}, {"error", status.ToString()}});
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    status = rocksdb::DB::Open(options, config.path, tables, &handles, &db);
  }
  records->config_ = std::move(config);
  if (!status.ok()) return fail(records->error_of(status, false));
  records->db_.reset(db);
  std::copy(handles.begin(), handles.end(), records->handles_.begin());
  return records;
}

Records::~Records() {
  if (!db_) return;
  for (rocksdb::ColumnFamilyHandle* handle : handles_)
    if (handle) db_->DestroyColumnFamilyHandle(handle);
  (void)db_->Close();
  db_.reset();
}

Error Records::error_of(const rocksdb::Status& status, bool report) {
  std::string text = config_.path + ": " + status.ToString();
  if (status.IsCorruption()) {
    if (report && config_.fault) config_.fault(RecordFault::corrupt, text);
    return Error(Code::corrupt, std::move(text));
  }
  if (status.IsNoSpace()) return Error(Code::drive_full, std::move(text));
  if (report && config_.fault) config_.fault(RecordFault::io, text);
  return Error(Code::io, std::move(text));
}

Result<std::optional<std::string>> Records::get(Table t, std::string_view key, ReadHow how) {
  rocksdb::ReadOptions options;
  if (how.cached_only) options.read_tier = rocksdb::kBlockCacheTier;
  std::string value;
  rocksdb::PinnableSlice pinned(&value);
  const rocksdb::Status status = db_->Get(options, table(t), slice(key), &pinned);
  if (status.ok()) {
    if (pinned.IsPinned()) value.assign(pinned.data(), pinned.size());
    // Where the table itself is not open, RocksDB says that the key may exist: OK, and no value. Ours are
    // never empty.
    if (how.cached_only && value.empty()) return fail(Code::unsupported, "not cached");
    return std::optional(std::move(value));
  }
  if (status.IsNotFound()) return std::optional<std::string>{};
  if (how.cached_only && status.IsIncomplete()) return fail(Code::unsupported, "not cached");
  return fail(error_of(status, !how.alone));
}

Status Records::scan(Table t, std::string_view first, std::string_view prefix,
                     const std::function<Result<bool>(std::string_view, std::string_view)>& visit,
                     const rocksdb::Snapshot* snapshot) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(options, table(t)));
  for (it->Seek(slice(first)); it->Valid() && view(it->key()).starts_with(prefix); it->Next()) {
    TRY(const bool more, visit(view(it->key()), view(it->value())));
    if (!more) return {};
  }
  if (!it->status().ok()) return fail(error_of(it->status()));
  return {};
}

bool Records::stopped() const { return listener_->stopped(); }

std::uint64_t Records::unflushed_bytes() const {
  std::uint64_t bytes = 0;
  (void)db_->GetAggregatedIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &bytes);
  return bytes;
}

Status Records::reclaim(bool rewrite) {
  if (stopped()) return fail(Code::drive_full, config_.path);
  rocksdb::FlushOptions flush;
  flush.allow_write_stall = true;
  const std::vector<rocksdb::ColumnFamilyHandle*> all(handles_.begin(), handles_.end());
  if (const rocksdb::Status s = db_->Flush(flush, all); !s.ok()) return fail(error_of(s, false));
  rocksdb::CompactRangeOptions compact;
  compact.exclusive_manual_compaction = false;
  compact.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  compact.blob_garbage_collection_policy = rewrite ? rocksdb::BlobGarbageCollectionPolicy::kUseDefault
                                                   : rocksdb::BlobGarbageCollectionPolicy::kDisable;
  const rocksdb::Status s = db_->CompactRange(compact, table(Table::bodies), nullptr, nullptr);
  if (!s.ok()) return fail(error_of(s, false));
  return {};
}

rocksdb::WriteBatch& Records::empty_batch() {
  constexpr std::size_t kKeep = std::size_t{1} << 20;
  if (batch_.Data().capacity() > kKeep) {
    batch_ = rocksdb::WriteBatch();
  } else {
    batch_.Clear();
  }
  return batch_;
}

Status Records::write(rocksdb::WriteBatch& batch) {
  rocksdb::WriteOptions options;
  options.sync = true;
  listener_->begin_write();
  const rocksdb::Status status = db_->Write(options, &batch);
  const bool unmade = listener_->end_write_is_unmade();
  if (status.ok()) return {};
  // Writes wait while there is too much to flush, but not while a compaction waits for space.
  if (status.IsIncomplete()) return fail(Code::drive_full, config_.path + ": " + status.ToString());
  if (!status.IsNoSpace() || unmade) return fail(error_of(status));
  Error error(Code::io, config_.path + ": " + status.ToString());
  if (config_.fault) config_.fault(RecordFault::io, error.context);
  return fail(std::move(error));
}

}  // namespace cairn::drive
