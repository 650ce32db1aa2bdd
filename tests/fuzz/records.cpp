// The decoders of what stands in a drive's records: they take any bytes, and what they accept is encoded back
// to the same bytes. The first byte chooses the decoder; with its high bit set the checksum is made right
// first, since random bytes never carry one.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "drive/batch.hpp"
#include "drive/encoding.hpp"
#include "drive/register.hpp"

namespace {

using namespace cairn;
using namespace cairn::drive;

void require(bool holds) {
  if (!holds) std::abort();
}

// Varints have longer spellings, so bytes need not come back; values do.
void record(const std::string& bytes) {
  const auto first = decode_record(bytes, "key");
  (void)peek_record(bytes, "key");
  if (!first) return;
  const auto second = decode_record(encode_record(*first, "key"), "key");
  require(second && *second == *first);
}

void state(const std::string& bytes) {
  const auto first = decode_state(bytes);
  if (!first) return;
  std::string again;
  encode_state(again, *first);
  const auto second = decode_state(again);
  require(second && *second == *first);
  const auto peek = peek_state(again);
  require(peek && peek->id == first->id && peek->head == first->head);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool fix = data[0] & 0x80;
  const DataId id = DataId::from_bytes("0123456789abcdef");
  switch (data[0] & 0x7f) {
    case 0:
      if (fix) seal(bytes, "key");
      record(bytes);
      break;
    case 1:
      state(bytes);
      break;
    case 2: {
      if (fix) seal(bytes, "key");
      const auto row = decode_row(RowTable::version, "id", bytes, "key");
      if (row) require(*decode_row(RowTable::version, "id", encode_row(*row, "key"), "key") == *row);
      break;
    }
    case 3:
      if (fix) seal(bytes, "key");
      (void)decode_part(1, id, bytes, "key");
      break;
    case 4: {
      const auto table = decode_part_table(bytes);
      if (table) require(decode_part_table(encode_part_table(table->parts, table->rest)).has_value());
      break;
    }
    case 5: {
      const auto key = decode_record_key(bytes);
      if (key) require(record_key(key->bucket, key->key) == bytes);
      break;
    }
    case 6: {
      const auto row = split_row_key(bytes);
      if (row) require(row->record_key.size() + row->id.size() == bytes.size());
      (void)split_part_key(bytes);
      break;
    }
    case 7:
      if (fix) seal(bytes, id.bytes());
      (void)body_of_value(std::move(bytes), id);
      break;
    default:
      (void)decode_heal(bytes);
      break;
  }
  return 0;
}
