#include "cairn/drive/inspect.hpp"

#include <charconv>
#include <memory>
#include <ostream>

#include <fmt/format.h>
#include <rocksdb/db.h>

#include "cairn/drive/format.hpp"

#include "drive/batch.hpp"
#include "drive/encoding.hpp"
#include "drive/inspect_text.hpp"
#include "drive/records.hpp"
#include "drive/usage.hpp"

namespace cairn::drive {

namespace {

rocksdb::Slice slice(std::string_view s) { return {s.data(), s.size()}; }
std::string_view view(const rocksdb::Slice& s) { return {s.data(), s.size()}; }

Error error_of(const rocksdb::Status& status, const std::string& path) {
  const std::string text = path + ": " + status.ToString();
  if (status.IsCorruption()) return Error(Code::corrupt, text);
  return Error(status.IsNotFound() || status.IsPathNotFound() ? Code::not_found : Code::io, text);
}

// The records of a drive that no server has open, for reading only.
class ReadOnlyRecords {
 public:
  static Result<std::unique_ptr<ReadOnlyRecords>> open(const std::string& path) {
    TRY(check_not_in_use(path));
    rocksdb::Options options;
    options.max_open_files = 256;
    std::vector<rocksdb::ColumnFamilyDescriptor> tables;
    for (std::size_t i = 0; i < kTables; ++i) {
      rocksdb::ColumnFamilyOptions table;
      if (static_cast<Table>(i) == Table::usage) table.merge_operator = usage_merge();
      tables.emplace_back(table_name(static_cast<Table>(i)), table);
    }
    std::unique_ptr<ReadOnlyRecords> records(new ReadOnlyRecords);
    rocksdb::DB* db = nullptr;
    const auto status = rocksdb::DB::OpenForReadOnly(options, path, tables, &records->handles_, &db);
    if (!status.ok()) return fail(error_of(status, path));
    records->db_.reset(db);
    return records;
  }
  ~ReadOnlyRecords() {
    for (rocksdb::ColumnFamilyHandle* handle : handles_)
      if (db_) db_->DestroyColumnFamilyHandle(handle);
  }

  Result<std::optional<std::string>> get(Table t, std::string_view key) const {
    std::string value;
    const auto status = db_->Get({}, table(t), slice(key), &value);
    if (status.IsNotFound()) return std::optional<std::string>{};
    if (!status.ok()) return fail(error_of(status, "records"));
    return std::optional(std::move(value));
  }
  // Everything that begins with `prefix`, until `visit` returns false.
  Status scan(Table t, std::string_view prefix,
              const std::function<bool(std::string_view key, std::string_view value)>& visit) const {
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, table(t)));
    for (it->Seek(slice(prefix)); it->Valid() && view(it->key()).starts_with(prefix); it->Next())
      if (!visit(view(it->key()), view(it->value()))) return {};
    if (!it->status().ok()) return fail(error_of(it->status(), "records"));
    return {};
  }
  std::uint64_t estimate(Table t) const {
    std::uint64_t n = 0;
    db_->GetIntProperty(table(t), rocksdb::DB::Properties::kEstimateNumKeys, &n);
    return n;
  }

 private:
  ReadOnlyRecords() = default;
  rocksdb::ColumnFamilyHandle* table(Table t) const { return handles_[static_cast<std::size_t>(t)]; }

  static Status check_not_in_use(const std::string& path) {
    rocksdb::Env& env = *rocksdb::Env::Default();
    const std::string name = path + "/LOCK";
    if (!env.FileExists(name).ok()) return {};
    rocksdb::FileLock* lock = nullptr;
    const auto status = env.LockFile(name, &lock);
    if (status.ok()) {
      (void)env.UnlockFile(lock);
      return {};
    }
    // A read-only file system refuses the lock too, but nobody can hold it there.
    if (status.ToString().find("While lock file") == std::string::npos &&
        status.ToString().find("lock hold by current process") == std::string::npos)
      return {};
    return fail(Code::offline, path + ": a running server has it open; stop the server first");
  }

  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> handles_;
};

std::string text_of(const Ballot& b) {
  return b.is_null() ? "none" : fmt::format("{}.{}/{}", b.time >> 16, b.time & 0xffff, b.node);
}

std::string text_of(const DataRef& ref) {
  const char* form = ref.form == DataForm::inlined ? "inlined"
                     : ref.form == DataForm::file  ? "file"
                                                   : "parts";
  return fmt::format("{} ({})", ref.id.hex(), form);
}

const char* kind_name(StateKind kind) {
  switch (kind) {
    case StateKind::none:
      return "none";
    case StateKind::object:
      return "object";
    case StateKind::delete_marker:
      return "delete marker";
  }
  return "unknown";
}

class Inspection {
 public:
  Inspection(FileLayer& files, const std::string& root, const InspectOptions& options, std::ostream& out)
      : files_(files), root_(root), options_(options), out_(out) {}

  Status run() {
    TRY(show_format());
    TRY(records_, ReadOnlyRecords::open(root_ + "/records"));
    TRY(show_meta());
    TRY(show_tables());
    TRY(show_work());
    TRY(show_usage());
    if (options_.bucket.empty()) return {};
    return show_record();
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    out_ << fmt::format(format, std::forward<Args>(args)...) << '\n';
  }

  Status show_format() {
    TRY(const Format f, read_format(files_, root_));
    const DriveIdentity& id = f.identity;
    line("drive        {}", id.id.hex());
    line("deployment   {}", id.deployment.hex());
    line("place        pool {}, set {} of {}, slot {} of {}, incarnation {}", id.pool, id.set, f.layout.sets,
         id.slot, f.layout.drives_per_set, id.incarnation);
    line("formatted    {}{}{}", iso8601_ms(f.created), f.mount ? ", a mount point" : "",
         f.complete ? "" : ", not completely");
    if (const auto space = files_.space(root_))
      line("space        {} of {} bytes free", space->free, space->total);
    return {};
  }

  Result<std::optional<std::string>> meta(std::string_view key) {
    TRY(const auto value, records_->get(Table::meta, key));
    if (!value) return std::optional<std::string>{};
    TRY(const std::string_view open, unseal(*value, key));
    return std::optional(std::string(open));
  }

  Status show_meta() {
    TRY(const auto sequence, meta(kMetaSequence));
    TRY(const auto horizon, meta(kMetaHorizon));
    TRY(const auto whole, meta(kMetaWhole));
    whole_ = whole && *whole == std::string_view("\1", 1);
    line("records      {}, sequence {}, horizon {}", whole_ ? "whole" : "not whole: being filled",
         sequence ? Decoder(*sequence).u64() : 0, horizon ? Decoder(*horizon).u64() >> 16 : 0);
    return {};
  }

  Status show_tables() {
    for (std::size_t i = 1; i < kTables; ++i) {
      const auto t = static_cast<Table>(i);
      std::uint64_t n = 0;
      TRY(records_->scan(t, {}, [&](auto, auto) { return ++n <= options_.count_limit; }));
      if (n <= options_.count_limit) {
        line("  {:<10} {} rows", table_name(t), n);
      } else {
        line("  {:<10} about {} rows", table_name(t), records_->estimate(t));
      }
    }
    return {};
  }

  Status show_work() {
    line("work");
    for (const auto& [kind, name] : {std::pair(WorkKind::stage, "stage"),
                                     {WorkKind::open, "open"},
                                     {WorkKind::heal, "heal"},
                                     {WorkKind::collect, "collect"},
                                     {WorkKind::purge, "purge"}}) {
      std::uint64_t n = 0;
      TRY(records_->scan(Table::work, work_key(kind, {}),
                         [&](auto, auto) { return ++n < options_.count_limit; }));
      line("  {:<10} {} entries", name, n);
    }
    return {};
  }

  Status show_usage() {
    line("usage");
    return records_->scan(Table::usage, {}, [&](std::string_view key, std::string_view value) {
      UsageDelta usage;
      if (key.size() != 8 || !decode_usage(value, usage)) {
        line("  a malformed row");
      } else {
        line("  bucket #{} {} objects, {} bytes", get_big_endian(key), usage.objects, usage.bytes);
      }
      return true;
    });
  }

  // ---- one record ----

  Result<std::optional<Record>> record(std::string_view key) {
    TRY(const auto value, records_->get(Table::objects, key));
    if (!value) return std::optional<Record>{};
    TRY(Record r, decode_record(*value, key));
    return std::optional(std::move(r));
  }

  Result<Slice> body(DataId id) {
    TRY(auto value, records_->get(Table::bodies, id.bytes()));
    if (!value) return fail(Code::not_found, id.hex() + ": no such body");
    return body_of_value(std::move(*value), id);
  }

  Result<std::optional<Held>> lookup(std::string_view key) {
    TRY(const auto r, record(key));
    if (!r) return std::optional<Held>{};
    Held held{.state = r->committed.state,
              .shard_missing = r->committed.shard_missing,
              .rows_missing = r->committed.rows_missing,
              .body = {}};
    for (const DataRef& ref : held.state.data)
      if (ref.form != DataForm::file) {
        if (auto found = body(ref.id)) held.body = std::move(*found);
      }
    return std::optional(std::move(held));
  }

  Result<BucketId> bucket() {
    std::string_view name = options_.bucket;
    if (name.starts_with('#')) {
      std::uint64_t id = 0;
      const auto [end, error] = std::from_chars(name.data() + 1, name.data() + name.size(), id);
      if (error == std::errc() && end == name.data() + name.size()) return BucketId{id};
      return fail(Code::invalid_argument, "the bucket id is not a number");
    }
    if (!options_.resolve_bucket) return fail(Code::invalid_argument, "give the bucket as # and its id");
    return options_.resolve_bucket(options_.bucket, [this](std::string_view key) { return lookup(key); });
  }

  Status show_record() {
    TRY(const BucketId id, bucket());
    const std::string key = record_key(id, options_.key);
    line("record       bucket #{}, key {}", static_cast<std::uint64_t>(id), printable(options_.key));
    TRY(const auto r, record(key));
    if (!r) {
      line("  none{}", whole_ ? "" : "; that proves nothing, for the drive is not whole");
      return {};
    }
    show_state("committed", r->committed);
    if (r->open) {
      show_state("open", *r->open);
      line("    accepted   under ballot {}, with {} row changes", text_of(r->open->accepted),
           r->open->rows.size());
    }
    for (const DataRef& ref : r->orphans) line("  orphan     {}", text_of(ref));
    TRY(show_rows(key, Table::versions, RowTable::version, "version"));
    TRY(show_rows(key, Table::uploads, RowTable::upload, "upload"));
    return {};
  }

  void show_state(const char* name, const Entry& entry) {
    const State& s = entry.state;
    line("  {:<10} {} {}{}{}", name, text_of(s.id), kind_name(s.kind),
         entry.shard_missing ? ", data missing here" : "", entry.rows_missing ? ", rows missing here" : "");
    if (s.id.is_null()) return;
    for (const StateId& ancestor : s.ancestors) line("    ancestor   {}", text_of(ancestor));
    line("    rows       {}, usage {} objects, {} bytes", s.rows.count, s.usage_objects, s.usage_bytes);
    if (!s.head.empty()) out_ << indented(indented(describe(options_.describe_head, s.head)));
    for (const DataRef& ref : s.data) show_data(ref);
  }

  void show_data(const DataRef& ref) {
    if (ref.form == DataForm::file) {
      const auto info =
          files_.stat(fmt::format("{}/shards/{}/{}", root_, ref.id.hex().substr(0, 2), ref.id.hex()));
      line("    data       {}, {}", text_of(ref), info ? fmt::format("{} bytes", info->size) : "no file");
      return;
    }
    const auto bytes = body(ref.id);
    line("    data       {}, {}", text_of(ref),
         bytes ? fmt::format("{} bytes", bytes->size()) : bytes.error().context);
    if (!bytes || ref.form != DataForm::parts) return;
    const auto table = decode_part_table(bytes->text());
    if (!table) return line("    part table {}", table.error().context);
    for (const DataRef& part : table->parts) show_data(part);
  }

  Status show_rows(const std::string& key, Table table, RowTable kind, const char* name) {
    Status bad;
    TRY(records_->scan(table, key, [&](std::string_view at, std::string_view value) {
      const auto split = split_row_key(at);
      const auto row = split ? decode_row(kind, std::string(split->id), value, at) : fail(split.error());
      if (!row) {
        bad = fail(row.error());
        return false;
      }
      line("  {:<10} {}{}", name, printable(row->row.id), row->data_missing ? ", data missing here" : "");
      if (!row->row.value.empty())
        out_ << indented(indented(describe(options_.describe_head, row->row.value)));
      for (const DataRef& ref : row->row.data) show_data(ref);
      if (kind == RowTable::upload) bad = show_parts(row->row.id);
      return bad.has_value();
    }));
    return bad;
  }

  Status show_parts(const std::string& upload) {
    Status bad;
    TRY(records_->scan(Table::parts, part_prefix(upload), [&](std::string_view at, std::string_view value) {
      const auto tail = split_part_key(at);
      const auto part = tail ? decode_part(tail->number, tail->data, value, at) : fail(tail.error());
      if (!part) {
        bad = fail(part.error());
        return false;
      }
      line("    part {:<5}{}", part->part.number, part->missing ? " data missing here" : "");
      show_data(part->part.data);
      return true;
    }));
    return bad;
  }

  FileLayer& files_;
  const std::string root_;
  const InspectOptions& options_;
  std::ostream& out_;
  std::unique_ptr<ReadOnlyRecords> records_;
  bool whole_ = false;
};

}  // namespace

Status inspect_drive(FileLayer& files, const std::string& root, const InspectOptions& options,
                     std::ostream& out) {
  return Inspection(files, root, options, out).run();
}

}  // namespace cairn::drive
