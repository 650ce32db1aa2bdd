#pragma once
#include <string>
#include <string_view>

#include "cairn/base/bytes.hpp"
#include "cairn/drive/drive.hpp"

// The parts that the encodings of states, rows and records share; docs/formats/records.md gives the bytes.
namespace cairn::drive {

inline constexpr std::uint8_t kStateVersion = 1;
// Counts that a decoder believes before it has seen the elements: what stands in a corrupt record must not
// make it allocate. Elements are also bounded by the bytes that are left.
inline constexpr std::size_t kMaxElements = 1u << 20;

void put_ballot(Encoder& e, const Ballot& ballot);  // 12 bytes
Ballot get_ballot(Decoder& d);
void put_data(Encoder& e, const std::vector<DataRef>& data);
std::vector<DataRef> get_data(Decoder& d);
void put_ref(Encoder& e, const DataRef& ref);  // 17 bytes
DataRef get_ref(Decoder& d);
// How many elements of at least `least` bytes each follow; bad when the bytes that are left cannot hold them.
std::size_t get_count(Decoder& d, std::size_t least);

// What a list needs of an encoded state, without decoding the rest. Views into `bytes`.
struct StatePeek {
  StateId id;
  StateKind kind = StateKind::none;
  std::string_view head;
};
Result<StatePeek> peek_state(std::string_view bytes);

// The 64-bit checksum of durable values: HighwayHash-64 keyed with the key they stand under, so that a value
// in the wrong place fails as well.
std::uint64_t value_checksum(std::string_view key, std::string_view value);
// value followed by its checksum; and back, corrupt when it does not fit.
void seal(std::string& value, std::string_view key);
Result<std::string_view> unseal(std::string_view sealed, std::string_view key);

// Rows stand under their record key and then their id; a record key shows its own end.
std::string row_key(std::string_view record_key, std::string_view id);
struct RowKey {
  std::string_view record_key, id;
};
Result<RowKey> split_row_key(std::string_view row_key);

// Part rows stand under the upload id (escaped and ended as an S3 key is), the part's number in 4 big-endian
// bytes and the data id. Below `number` of an upload: part_prefix(upload_id, number).
std::string part_prefix(std::string_view upload_id, std::uint32_t number = 0);
std::string part_key(std::string_view upload_id, std::uint32_t number, DataId data);
struct PartKeyTail {
  std::uint32_t number = 0;
  DataId data;
};
Result<PartKeyTail> split_part_key(std::string_view part_key);

void put_big_endian(std::string& out, std::uint64_t value, int bytes);
std::uint64_t get_big_endian(std::string_view bytes);

}  // namespace cairn::drive
