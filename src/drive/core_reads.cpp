#include "drive/core.hpp"
#include "drive/encoding.hpp"
#include "drive/list_scan.hpp"
#include "drive/usage.hpp"

// Lists and other reads of more than one row; they run on the I/O threads.
namespace cairn::drive {

namespace {

rocksdb::Slice slice(std::string_view s) { return {s.data(), s.size()}; }
std::string_view view(const rocksdb::Slice& s) { return {s.data(), s.size()}; }

class TableCursor final : public RecordCursor {
 public:
  TableCursor(Records& records, const ListRange& range) : records_(records), bound_(range.bound) {
    rocksdb::ReadOptions options;
    bound_slice_ = slice(bound_);
    if (!bound_.empty()) options.iterate_upper_bound = &bound_slice_;
    // A page of a list is read once: RocksDB reads ahead by itself from the third block in a row, up to 256
    // KiB.
    options.fill_cache = true;
    options.auto_prefix_mode = false;
    it_.reset(records.db().NewIterator(options, records.table(Table::objects)));
  }
  void seek(std::string_view key) override { it_->Seek(slice(key)); }
  void next() override { it_->Next(); }
  bool valid() const override { return it_->Valid(); }
  std::string_view key() const override { return view(it_->key()); }
  Result<RecordPeek> peek() const override { return peek_record(view(it_->value()), key()); }
  Status status() const override {
    if (it_->status().ok()) return {};
    return fail(records_.error_of(it_->status()));
  }

 private:
  Records& records_;
  std::string bound_;
  rocksdb::Slice bound_slice_;
  std::unique_ptr<rocksdb::Iterator> it_;
};

Table table_of(RowTable t) { return t == RowTable::version ? Table::versions : Table::uploads; }

}  // namespace

void LocalDrive::Core::list(ListRequest request, Completion<ListReply> done) {
  post_result<ListReply>(std::move(done), [request = std::move(request)](Core& core) -> Result<ListReply> {
    const ListRange range = list_range(request);
    TableCursor cursor(*core.records_, range);
    return list_records(cursor, range, request, core.whole_);
  });
}

void LocalDrive::Core::rows(std::string key, RowTable table, std::string after, std::uint32_t limit,
                            Completion<std::vector<Row>> done) {
  post_result<std::vector<Row>>(
      std::move(done),
      [key = std::move(key), table, after = std::move(after), limit](Core& core) -> Result<std::vector<Row>> {
        std::vector<Row> out;
        if (limit == 0) return out;
        std::string first = row_key(key, after);
        if (!after.empty()) first.push_back('\0');
        TRY(core.records_->scan(
            table_of(table), first, key, [&](std::string_view at, std::string_view value) -> Result<bool> {
              TRY(StoredRow row, decode_row(table, std::string(at.substr(key.size())), value, at));
              out.push_back(std::move(row.row));
              return out.size() < limit;
            }));
        return out;
      });
}

void LocalDrive::Core::list_uploads(ListUploadsRequest request, Completion<std::vector<UploadEntry>> done) {
  post_result<std::vector<UploadEntry>>(
      std::move(done), [request = std::move(request)](Core& core) -> Result<std::vector<UploadEntry>> {
        std::vector<UploadEntry> out;
        const ListRange range = uploads_range(request);
        if (range.empty || request.limit == 0) return out;
        TRY(core.records_->scan(
            Table::uploads, range.first, {},
            [&](std::string_view at, std::string_view value) -> Result<bool> {
              if (!range.bound.empty() && at >= range.bound) return false;
              TRY(const RowKey split, split_row_key(at));
              TRY(DecodedKey key, decode_record_key(split.record_key));
              TRY(StoredRow row, decode_row(RowTable::upload, std::string(split.id), value, at));
              out.push_back({std::move(key.key), std::move(row.row.id), std::move(row.row.value)});
              return out.size() < request.limit;
            }));
        return out;
      });
}

void LocalDrive::Core::list_parts(std::string upload_id, std::uint32_t after_number, std::uint32_t limit,
                                  Completion<std::vector<PartRow>> done) {
  post_result<std::vector<PartRow>>(
      std::move(done),
      [upload_id = std::move(upload_id), after_number, limit](Core& core) -> Result<std::vector<PartRow>> {
        std::vector<PartRow> out;
        if (limit == 0 || after_number == ~std::uint32_t{0}) return out;
        const std::string prefix = part_prefix(upload_id);
        TRY(core.records_->scan(Table::parts, part_prefix(upload_id, after_number + 1), prefix,
                                [&](std::string_view at, std::string_view value) -> Result<bool> {
                                  TRY(const PartKeyTail tail, split_part_key(at));
                                  TRY(StoredPart part, decode_part(tail.number, tail.data, value, at));
                                  out.push_back(std::move(part.part));
                                  return out.size() < limit;
                                }));
        return out;
      });
}

void LocalDrive::Core::read_body(DataId data, Completion<Slice> done) {
  const auto get = [data](Core& core, bool cached_only) -> Result<Slice> {
    TRY(auto value,
        core.records_->get(Table::bodies, data.bytes(), {.cached_only = cached_only, .alone = true}));
    if (!value) return fail(Code::not_found, "no body");
    return body_of_value(std::move(*value), data);
  };
  auto cached = get(*this, true);
  if (cached || !cached.error().is(Code::unsupported)) return done(std::move(cached));
  post_result<Slice>(std::move(done), [get](Core& core) { return get(core, false); });
}

void LocalDrive::Core::work(WorkKind kind, std::string after, std::uint32_t limit,
                            Completion<std::vector<WorkItem>> done) {
  post_result<std::vector<WorkItem>>(
      std::move(done), [kind, after = std::move(after), limit](Core& core) -> Result<std::vector<WorkItem>> {
        std::vector<WorkItem> out;
        if (limit == 0) return out;
        std::string first = work_key(kind, after);
        if (!after.empty()) first.push_back('\0');
        TRY(core.records_->scan(Table::work, first, work_key(kind, {}),
                                [&](std::string_view at, std::string_view value) -> Result<bool> {
                                  WorkItem item{kind, std::string(at.substr(1)), {}, 0};
                                  if (kind == WorkKind::heal) {
                                    TRY(const HealEntry entry, decode_heal(value));
                                    item.state = entry.state;
                                    item.missing = entry.missing;
                                  } else if (kind == WorkKind::open || kind == WorkKind::purge) {
                                    Decoder d(value);
                                    item.state = get_ballot(d);
                                    TRY(d.finish("work entry"));
                                  }
                                  out.push_back(std::move(item));
                                  return out.size() < limit;
                                }));
        return out;
      });
}

void LocalDrive::Core::usage(BucketId bucket, Completion<Usage> done) {
  post_result<Usage>(std::move(done), [bucket](Core& core) -> Result<Usage> {
    std::string key;
    put_big_endian(key, static_cast<std::uint64_t>(bucket), 8);
    TRY(const auto value, core.records_->get(Table::usage, key));
    if (!value) return Usage{};
    UsageDelta sum;
    if (!decode_usage(*value, sum)) return fail(Code::corrupt, "usage: malformed");
    return Usage{static_cast<std::uint64_t>(sum.objects), static_cast<std::uint64_t>(sum.bytes)};
  });
}

}  // namespace cairn::drive
