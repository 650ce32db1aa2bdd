#include "cairn/drive/state.hpp"

#include "cairn/codec/highway_hash.hpp"

#include "drive/encoding.hpp"

namespace cairn::drive {

namespace {

constexpr codec::HashKey kRowKey{
    {0x43616972'6e526f77, 0x64696765'73740001, 0x9e3779b9'7f4a7c15, 0xf39cc060'5cedc834}};

struct RowHash {
  std::uint64_t low, high;
};

RowHash hash_row(const Row& row) {
  std::string bytes;
  Encoder e(bytes);
  e.u8(static_cast<std::uint8_t>(row.table));
  e.bytes(row.id);
  e.bytes(row.value);
  put_data(e, row.data);
  const codec::Hash256 h = codec::hash256(kRowKey, as_bytes(bytes));
  Decoder d{std::as_bytes(std::span(h))};
  return {d.u64(), d.u64()};
}

bool valid_form(std::uint8_t form) {
  return form >= static_cast<std::uint8_t>(DataForm::inlined) &&
         form <= static_cast<std::uint8_t>(DataForm::parts);
}

}  // namespace

void put_ballot(Encoder& e, const Ballot& ballot) {
  e.u64(ballot.time);
  e.u32(ballot.node);
}

Ballot get_ballot(Decoder& d) {
  Ballot b;
  b.time = d.u64();
  b.node = d.u32();
  return b;
}

void put_ref(Encoder& e, const DataRef& ref) {
  e.raw(ref.id.bytes());
  e.u8(static_cast<std::uint8_t>(ref.form));
}

DataRef get_ref(Decoder& d) {
  DataRef ref;
  if (const std::string_view id = d.raw(16); d.ok()) ref.id = DataId::from_bytes(id);
  const std::uint8_t form = d.u8();
  if (!valid_form(form)) d.set_bad();
  ref.form = static_cast<DataForm>(form);
  return ref;
}

std::size_t get_count(Decoder& d, std::size_t least) {
  const std::uint64_t count = d.varint();
  if (count > kMaxElements || count * least > d.remaining()) {
    d.set_bad();
    return 0;
  }
  return static_cast<std::size_t>(count);
}

void put_data(Encoder& e, const std::vector<DataRef>& data) {
  e.varint(data.size());
  for (const DataRef& ref : data) put_ref(e, ref);
}

std::vector<DataRef> get_data(Decoder& d) {
  std::vector<DataRef> data(get_count(d, 17));
  for (DataRef& ref : data) ref = get_ref(d);
  return data;
}

std::string encode_part_table(const std::vector<DataRef>& parts, std::string_view rest) {
  std::string out;
  out.reserve(8 + parts.size() * 17 + rest.size());
  Encoder e(out);
  e.u8(kStateVersion);
  put_data(e, parts);
  e.raw(rest);
  return out;
}

Result<PartTable> decode_part_table(std::string_view body) {
  Decoder d(body);
  if (const std::uint8_t version = d.u8(); d.ok() && version != kStateVersion)
    return fail(Code::unsupported, "part table: format version");
  PartTable table;
  table.parts = get_data(d);
  table.rest = d.raw(d.remaining());
  TRY(d.finish("part table"));
  for (const DataRef& part : table.parts)
    if (part.form == DataForm::parts) return fail(Code::corrupt, "part table: a part that is a table");
  return table;
}

void RowsDigest::add(const Row& row) {
  const RowHash h = hash_row(row);
  low += h.low;
  high += h.high;
  ++count;
}

void RowsDigest::remove(const Row& row) {
  const RowHash h = hash_row(row);
  low -= h.low;
  high -= h.high;
  --count;
}

// id, kind and head stand first, so that a list reads no further.
void encode_state(std::string& out, const State& state) {
  Encoder e(out);
  e.u8(kStateVersion);
  put_ballot(e, state.id);
  e.u8(static_cast<std::uint8_t>(state.kind));
  e.bytes(state.head);
  e.varint(state.ancestors.size());
  for (const StateId& id : state.ancestors) put_ballot(e, id);
  e.raw(std::string_view(reinterpret_cast<const char*>(state.invocation.data()), state.invocation.size()));
  put_data(e, state.data);
  e.u64(state.rows.low);
  e.u64(state.rows.high);
  e.u32(state.rows.count);
  e.varint(state.usage_objects);
  e.varint(state.usage_bytes);
}

namespace {

Status start_state(Decoder& d, StateId& id, StateKind& kind, std::string_view& head) {
  if (const std::uint8_t version = d.u8(); d.ok() && version != kStateVersion)
    return fail(Code::unsupported, "state: format version");
  id = get_ballot(d);
  const std::uint8_t k = d.u8();
  if (k > static_cast<std::uint8_t>(StateKind::delete_marker)) d.set_bad();
  kind = static_cast<StateKind>(k);
  head = d.bytes();
  if (!d.ok()) return fail(Code::corrupt, "state: truncated or malformed");
  return {};
}

}  // namespace

Result<StatePeek> peek_state(std::string_view bytes) {
  Decoder d(bytes);
  StatePeek peek;
  TRY(start_state(d, peek.id, peek.kind, peek.head));
  return peek;
}

Result<State> decode_state(std::string_view bytes) {
  Decoder d(bytes);
  State s;
  std::string_view head;
  TRY(start_state(d, s.id, s.kind, head));
  s.head = head;
  s.ancestors.resize(get_count(d, 12));
  for (StateId& id : s.ancestors) id = get_ballot(d);
  const std::string_view invocation = d.raw(s.invocation.size());
  if (d.ok()) std::memcpy(s.invocation.data(), invocation.data(), invocation.size());
  s.data = get_data(d);
  s.rows.low = d.u64();
  s.rows.high = d.u64();
  s.rows.count = d.u32();
  s.usage_objects = d.varint();
  s.usage_bytes = d.varint();
  TRY(d.finish("state"));
  if (s.ancestors.size() > State::kMaxAncestors) return fail(Code::corrupt, "state: too many ancestors");
  return s;
}

std::uint64_t value_checksum(std::string_view key, std::string_view value) {
  static constexpr codec::HashKey kBase{
      {0x43616972'6e52ec01, 0x76616c75'65636865, 0xa4093822'299f31d0, 0x082efa98'ec4e6c89}};
  codec::HashKey keyed = kBase;
  keyed.lanes[3] ^= codec::hash64(kBase, as_bytes(key));
  return codec::hash64(keyed, as_bytes(value));
}

void seal(std::string& value, std::string_view key) {
  const std::uint64_t sum = value_checksum(key, value);
  Encoder(value).u64(sum);
}

Result<std::string_view> unseal(std::string_view sealed, std::string_view key) {
  if (sealed.size() < 8) return fail(Code::corrupt, "value: truncated");
  const std::string_view value = sealed.substr(0, sealed.size() - 8);
  if (Decoder(sealed.substr(value.size())).u64() != value_checksum(key, value))
    return fail(Code::corrupt, "value: checksum");
  return value;
}

}  // namespace cairn::drive
