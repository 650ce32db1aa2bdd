#include "drive/batch.hpp"

#include <cstring>

#include "cairn/base/log.hpp"

#include "drive/encoding.hpp"
#include "drive/shard_store.hpp"
#include "drive/usage.hpp"

namespace cairn::drive {

namespace {
constexpr std::uint8_t kBodyVersion = 1;
rocksdb::Slice slice(std::string_view s) { return {s.data(), s.size()}; }
Table table_of(RowTable t) { return t == RowTable::version ? Table::versions : Table::uploads; }
}  // namespace

std::string work_key(WorkKind kind, std::string_view key) {
  std::string out(1, static_cast<char>(kind));
  out.append(key);
  return out;
}

std::string collect_value(UnixMillis due, DataForm form) {
  std::string out;
  Encoder e(out);
  e.u64(static_cast<std::uint64_t>(due));
  e.u8(static_cast<std::uint8_t>(form));
  return out;
}

Result<CollectValue> decode_collect(std::string_view bytes) {
  Decoder d(bytes);
  CollectValue out;
  out.due = static_cast<UnixMillis>(d.u64());
  out.form = static_cast<DataForm>(d.u8());
  TRY(d.finish("collect entry"));
  if (out.form != DataForm::file && out.form != DataForm::inlined)
    return fail(Code::corrupt, "collect entry: form");
  return out;
}

std::string meta_slot_key(std::uint32_t slot) {
  std::string out = "slot/";
  put_big_endian(out, slot, 4);
  return out;
}

std::string encode_marks(const std::map<std::uint32_t, PeerMark>& marks) {
  std::string out;
  Encoder e(out);
  e.varint(marks.size());
  for (const auto& [slot, mark] : marks) {
    e.u32(slot);
    e.u32(mark.incarnation);
    e.u64(mark.sequence);
  }
  return out;
}

Result<std::map<std::uint32_t, PeerMark>> decode_marks(std::string_view bytes) {
  Decoder d(bytes);
  std::map<std::uint32_t, PeerMark> out;
  for (std::size_t n = get_count(d, 16); n > 0; --n) {
    PeerMark mark;
    mark.slot = d.u32();
    mark.incarnation = d.u32();
    mark.sequence = d.u64();
    out[mark.slot] = mark;
  }
  TRY(d.finish("peers"));
  return out;
}

std::string body_value(const Slice& body, DataId id) {
  std::string out;
  out.reserve(body.size() + 9);
  out.append(body.text());
  out.push_back(static_cast<char>(kBodyVersion));
  seal(out, id.bytes());
  return out;
}

Result<Slice> body_of_value(std::string value, DataId id) {
  TRY(const std::string_view open, unseal(value, id.bytes()));
  if (open.empty()) return fail(Code::corrupt, "body: truncated");
  if (static_cast<std::uint8_t>(open.back()) != kBodyVersion)
    return fail(Code::unsupported, "body: format version");
  const std::size_t size = open.size() - 1;
  return Slice::of(std::move(value)).sub(0, size);
}

Result<Known> decode_known(const std::optional<std::string>& value, std::string_view key, bool drive_whole) {
  Known known;
  known.whole = drive_whole;
  if (!value) return known;
  auto record = decode_record(*value, key);
  if (record) {
    known.exists = true;
    known.record = std::move(*record);
    return known;
  }
  if (!record.error().is(Code::corrupt)) return fail(record.error());
  log::warn("a record is damaged", {{"error", record.error().context}});
  known.whole = false;
  return known;
}

void StagedFiles::add(DataId id) {
  const std::lock_guard lock(mutex_);
  finished_[id] = std::chrono::steady_clock::now();
}

bool StagedFiles::contains(DataId id) const {
  const std::lock_guard lock(mutex_);
  return finished_.contains(id);
}

bool StagedFiles::remove(DataId id) {
  const std::lock_guard lock(mutex_);
  return finished_.erase(id) != 0;
}

std::vector<DataId> StagedFiles::older_than(std::chrono::steady_clock::duration age) const {
  const auto limit = std::chrono::steady_clock::now() - age;
  std::vector<DataId> out;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, when] : finished_)
    if (when <= limit) out.push_back(id);
  return out;
}

bool StagedFiles::empty() const {
  const std::lock_guard lock(mutex_);
  return finished_.empty();
}

Result<Known> Batch::known(const std::string& key) {
  if (const auto it = records_.find(key); it != records_.end()) {
    if (!it->second) return Known{false, context_.whole, {}};
    return Known{true, true, *it->second};
  }
  TRY(const auto value, context_.records.get(Table::objects, key));
  return decode_known(value, key, context_.whole);
}

bool Batch::touched(const std::string& key, unsigned what) {
  const auto it = touched_.find(key);
  return it != touched_.end() && it->second & what;
}

void Batch::put_work(WorkKind kind, std::string_view key, std::string_view value) {
  batch_.Put(context_.records.table(Table::work), slice(work_key(kind, key)), slice(value));
}

void Batch::remove_work(WorkKind kind, std::string_view key) {
  batch_.Delete(context_.records.table(Table::work), slice(work_key(kind, key)));
}

void Batch::remove_body(DataId id) {
  after.removes_bodies = true;
  batch_.Delete(context_.records.table(Table::bodies), slice(id.bytes()));
}

void Batch::put_meta(std::string_view key, std::string_view value) {
  std::string sealed(value);
  seal(sealed, key);
  batch_.Put(context_.records.table(Table::meta), slice(key), slice(sealed));
  meta_.emplace(key);
}

Result<std::optional<std::string>> Batch::meta(std::string_view key) {
  if (meta_.contains(std::string(key))) {
    conflict_ = true;
    return fail(Code::canceled);
  }
  TRY(const auto value, context_.records.get(Table::meta, key));
  if (!value) return std::optional<std::string>{};
  TRY(const std::string_view open, unseal(*value, key));
  return std::optional(std::string(open));
}

void Batch::apply(const std::string& key, const Transition& t) {
  Records& r = context_.records;
  unsigned touches = 0;
  if (t.record) {
    batch_.Put(r.table(Table::objects), slice(key), slice(encode_record(*t.record, key)));
    records_[key] = *t.record;
  }
  if (t.erase_record) {
    batch_.Delete(r.table(Table::objects), slice(key));
    records_[key].reset();
  }
  for (const auto& [table, id] : t.remove_rows)
    batch_.Delete(r.table(table_of(table)), slice(row_key(key, id)));
  for (const StoredRow& row : t.put_rows) {
    const std::string at = row_key(key, row.row.id);
    batch_.Put(r.table(table_of(row.row.table)), slice(at), slice(encode_row(row, at)));
  }
  if (!t.remove_rows.empty() || !t.put_rows.empty()) touches |= kRows;
  for (const PartKey& part : t.remove_parts)
    batch_.Delete(r.table(Table::parts), slice(part_key(part.upload_id, part.number, part.data)));
  for (const auto& [upload, part] : t.put_parts) {
    const std::string at = part_key(upload, part.part.number, part.part.data.id);
    batch_.Put(r.table(Table::parts), slice(at), slice(encode_part(part, at)));
  }
  if (!t.remove_parts.empty() || !t.put_parts.empty()) touches |= kParts;
  for (const DataId& id : t.delete_bodies) remove_body(id);
  for (const auto& [ref, body] : t.put_bodies)
    batch_.Put(r.table(Table::bodies), slice(ref.id.bytes()), slice(body_value(body, ref.id)));
  if (!t.delete_bodies.empty() || !t.put_bodies.empty()) touches |= kBodies;
  for (const DataId& id : t.take_staged) {
    remove_work(WorkKind::stage, id.bytes());
    after.taken.push_back(id);
  }
  for (const DataRef& ref : t.collect) {
    put_work(WorkKind::collect, ref.id.bytes(), collect_value(context_.collect_due, ref.form));
    after.collects = true;
    touches |= kCollect;
  }
  if (t.open_work) {
    if (*t.open_work) {
      std::string value;
      Encoder e(value);
      put_ballot(e, **t.open_work);
      put_work(WorkKind::open, key, value);
    } else {
      remove_work(WorkKind::open, key);
    }
  }
  if (t.heal) {
    if (*t.heal) {
      put_work(WorkKind::heal, key, encode_heal(**t.heal));
    } else {
      remove_work(WorkKind::heal, key);
    }
    touches |= kHeal;
  }
  if (t.usage != UsageDelta{} && key.size() >= 8) {
    std::uint64_t bucket;
    std::memcpy(&bucket, key.data(), sizeof bucket);
    UsageDelta& sum = usage_[bucket];
    sum.objects += t.usage.objects;
    sum.bytes += t.usage.bytes;
  }
  floor = std::max(floor, t.floor);
  if (touches) touched_[key] |= touches;
}

rocksdb::WriteBatch& Batch::write_batch() {
  for (const auto& [bucket, delta] : usage_)
    batch_.Merge(context_.records.table(Table::usage),
                 rocksdb::Slice(reinterpret_cast<const char*>(&bucket), sizeof bucket),
                 slice(encode_usage(delta)));
  usage_.clear();
  return batch_;
}

Status Batch::Reader::check(unsigned what) {
  if (!batch_.touched(key_, what)) return {};
  batch_.conflict_ = true;
  return fail(Code::canceled, "changed earlier in this batch");
}

Result<std::optional<StoredRow>> Batch::Reader::row(RowTable table, const std::string& id) {
  TRY(check(kRows));
  const std::string at = row_key(key_, id);
  TRY(const auto value, batch_.context_.records.get(table_of(table), at));
  if (!value) return std::optional<StoredRow>{};
  TRY(StoredRow row, decode_row(table, id, *value, at));
  return std::optional(std::move(row));
}

Result<std::vector<StoredRow>> Batch::Reader::all_rows() {
  TRY(check(kRows));
  std::vector<StoredRow> out;
  for (const RowTable table : {RowTable::version, RowTable::upload}) {
    TRY(batch_.context_.records.scan(
        table_of(table), key_, key_, [&](std::string_view at, std::string_view value) -> Result<bool> {
          TRY(StoredRow row, decode_row(table, std::string(at.substr(key_.size())), value, at));
          out.push_back(std::move(row));
          return true;
        }));
  }
  return out;
}

Result<std::vector<StoredPart>> Batch::Reader::parts(const std::string& upload_id) {
  TRY(check(kParts));
  std::vector<StoredPart> out;
  const std::string prefix = part_prefix(upload_id);
  TRY(batch_.context_.records.scan(Table::parts, prefix, prefix,
                                   [&](std::string_view at, std::string_view value) -> Result<bool> {
                                     TRY(const PartKeyTail tail, split_part_key(at));
                                     TRY(StoredPart part, decode_part(tail.number, tail.data, value, at));
                                     out.push_back(std::move(part));
                                     return true;
                                   }));
  return out;
}

Result<bool> Batch::Reader::has_body(DataId id) {
  TRY(const auto found, body(id));
  return found.has_value();
}

// A damaged body is none: it is to be healed.
Result<std::optional<Slice>> Batch::Reader::body(DataId id) {
  TRY(check(kBodies));
  auto value = batch_.context_.records.get(Table::bodies, id.bytes(), {.alone = true});
  if (!value) {
    if (value.error().is(Code::corrupt)) return std::optional<Slice>{};
    return fail(value.error());
  }
  if (!*value) return std::optional<Slice>{};
  auto body = body_of_value(std::move(**value), id);
  if (!body && body.error().is(Code::corrupt)) return std::optional<Slice>{};
  if (!body) return fail(body.error());
  return std::optional(std::move(*body));
}

bool Batch::Reader::has_file(DataId id) {
  BatchContext& c = batch_.context_;
  const auto here = c.shards.exists(id);
  if (!here || !*here) return false;
  const auto owned = c.records.get(Table::work, work_key(WorkKind::stage, id.bytes()));
  if (!owned || *owned) return false;
  return c.whole || c.probe(id);
}

Result<bool> Batch::Reader::going(DataId id) {
  TRY(check(kCollect));
  TRY(const auto entry, batch_.context_.records.get(Table::work, work_key(WorkKind::collect, id.bytes())));
  return entry.has_value();
}

bool Batch::Reader::staged(const StageToken& token) {
  return token.boot == batch_.context_.boot && batch_.context_.staged.contains(token.data);
}

Result<std::optional<HealEntry>> Batch::Reader::heal() {
  TRY(check(kHeal));
  TRY(const auto value, batch_.context_.records.get(Table::work, work_key(WorkKind::heal, key_)));
  if (!value) return std::optional<HealEntry>{};
  TRY(HealEntry entry, decode_heal(*value));
  return std::optional(entry);
}

}  // namespace cairn::drive
