#include "drive/encoding.hpp"
#include "drive/register.hpp"

// docs/formats/records.md gives these bytes.
namespace cairn::drive {

namespace {

constexpr std::uint8_t kRecordVersion = 1;
constexpr std::uint8_t kRowVersion = 1;

enum RecordFlags : std::uint8_t {
  kOpen = 1,
  kShardMissing = 2,
  kRowsMissing = 4,
  kOpenShardMissing = 8,
  kOpenRowsMissing = 16,
  kAllFlags = 31,
};

void put_state(Encoder& e, const State& state) {
  std::string bytes;
  encode_state(bytes, state);
  e.bytes(bytes);
}

void put_change(Encoder& e, const RowChange& change) {
  e.u8(change.remove ? 1 : 0);
  e.u8(static_cast<std::uint8_t>(change.row.table));
  e.bytes(change.row.id);
  if (change.remove) return;
  e.bytes(change.row.value);
  put_data(e, change.row.data);
}

RowTable get_table(Decoder& d) {
  const std::uint8_t table = d.u8();
  if (table != static_cast<std::uint8_t>(RowTable::version) &&
      table != static_cast<std::uint8_t>(RowTable::upload))
    d.set_bad();
  return static_cast<RowTable>(table);
}

RowChange get_change(Decoder& d) {
  RowChange change;
  const std::uint8_t remove = d.u8();
  if (remove > 1) d.set_bad();
  change.remove = remove == 1;
  change.row.table = get_table(d);
  change.row.id = d.bytes();
  if (change.remove) return change;
  change.row.value = d.bytes();
  change.row.data = get_data(d);
  return change;
}

// The version byte and what follows; the caller reads on.
Result<Decoder> open_value(std::string_view bytes, std::string_view key, std::uint8_t version,
                           const char* what) {
  TRY(const std::string_view value, unseal(bytes, key));
  Decoder d(value);
  if (const std::uint8_t v = d.u8(); d.ok() && v != version)
    return fail(Code::unsupported, std::string(what) + ": format version");
  return d;
}

}  // namespace

std::string encode_record(const Record& record, std::string_view key) {
  std::string out;
  out.reserve(256 + record.committed.state.head.size() +
              (record.open ? 128 + record.open->state.head.size() : 0));
  Encoder e(out);
  e.u8(kRecordVersion);
  std::uint8_t flags = 0;
  if (record.open) flags |= kOpen;
  if (record.committed.shard_missing) flags |= kShardMissing;
  if (record.committed.rows_missing) flags |= kRowsMissing;
  if (record.open && record.open->shard_missing) flags |= kOpenShardMissing;
  if (record.open && record.open->rows_missing) flags |= kOpenRowsMissing;
  e.u8(flags);
  put_state(e, record.committed.state);
  put_data(e, record.orphans);
  if (record.open) {
    put_ballot(e, record.open->accepted);
    put_state(e, record.open->state);
    e.varint(record.open->rows.size());
    for (const RowChange& change : record.open->rows) put_change(e, change);
  }
  seal(out, key);
  return out;
}

Result<Record> decode_record(std::string_view bytes, std::string_view key) {
  TRY(Decoder d, open_value(bytes, key, kRecordVersion, "record"));
  Record record;
  const std::uint8_t flags = d.u8();
  if (flags & ~kAllFlags) d.set_bad();
  const std::string_view committed = d.bytes();
  record.orphans = get_data(d);
  if (!d.ok()) return fail(Code::corrupt, "record: truncated or malformed");
  TRY(record.committed.state, decode_state(committed));
  record.committed.shard_missing = flags & kShardMissing;
  record.committed.rows_missing = flags & kRowsMissing;
  if (flags & kOpen) {
    OpenEntry& open = record.open.emplace();
    open.accepted = get_ballot(d);
    const std::string_view state = d.bytes();
    const std::size_t changes = get_count(d, 3);
    for (std::size_t i = 0; i < changes && d.ok(); ++i) open.rows.push_back(get_change(d));
    if (!d.ok()) return fail(Code::corrupt, "record: truncated or malformed");
    TRY(static_cast<State&>(open.state), decode_state(state));
    open.shard_missing = flags & kOpenShardMissing;
    open.rows_missing = flags & kOpenRowsMissing;
  }
  TRY(d.finish("record"));
  return record;
}

Result<RecordPeek> peek_record(std::string_view bytes, std::string_view key) {
  TRY(Decoder d, open_value(bytes, key, kRecordVersion, "record"));
  const std::uint8_t flags = d.u8();
  const std::string_view committed = d.bytes();
  if (!d.ok() || flags & ~kAllFlags) return fail(Code::corrupt, "record: truncated or malformed");
  TRY(const StatePeek state, peek_state(committed));
  return RecordPeek{state.id, state.kind, state.head, (flags & kOpen) != 0};
}

std::string encode_row(const StoredRow& row, std::string_view key) {
  std::string out;
  Encoder e(out);
  e.u8(kRowVersion);
  e.u8(row.data_missing ? 1 : 0);
  put_data(e, row.row.data);
  e.bytes(row.row.value);
  seal(out, key);
  return out;
}

Result<StoredRow> decode_row(RowTable table, std::string id, std::string_view bytes, std::string_view key) {
  TRY(Decoder d, open_value(bytes, key, kRowVersion, "row"));
  StoredRow row;
  row.row.table = table;
  row.row.id = std::move(id);
  const std::uint8_t flags = d.u8();
  if (flags > 1) d.set_bad();
  row.data_missing = flags == 1;
  row.row.data = get_data(d);
  row.row.value = d.bytes();
  TRY(d.finish("row"));
  return row;
}

std::string encode_part(const StoredPart& part, std::string_view key) {
  std::string out;
  Encoder e(out);
  e.u8(kRowVersion);
  e.u8(part.missing ? 1 : 0);
  e.u8(static_cast<std::uint8_t>(part.part.data.form));
  e.bytes(part.part.value);
  seal(out, key);
  return out;
}

Result<StoredPart> decode_part(std::uint32_t number, DataId data, std::string_view bytes,
                               std::string_view key) {
  TRY(Decoder d, open_value(bytes, key, kRowVersion, "part"));
  StoredPart part;
  const std::uint8_t flags = d.u8();
  const std::uint8_t form = d.u8();
  if (flags > 1 || (form != static_cast<std::uint8_t>(DataForm::inlined) &&
                    form != static_cast<std::uint8_t>(DataForm::file)))
    d.set_bad();
  part.missing = flags == 1;
  part.part.number = number;
  part.part.data = {data, static_cast<DataForm>(form)};
  part.part.value = d.bytes();
  TRY(d.finish("part"));
  return part;
}

std::string encode_heal(const HealEntry& heal) {
  std::string out;
  Encoder e(out);
  e.u8(kRowVersion);
  put_ballot(e, heal.state);
  e.u32(heal.missing);
  return out;
}

Result<HealEntry> decode_heal(std::string_view bytes) {
  Decoder d(bytes);
  if (const std::uint8_t version = d.u8(); d.ok() && version != kRowVersion)
    return fail(Code::unsupported, "heal entry: format version");
  HealEntry heal;
  heal.state = get_ballot(d);
  heal.missing = d.u32();
  TRY(d.finish("heal entry"));
  return heal;
}

}  // namespace cairn::drive
