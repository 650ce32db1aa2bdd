#include "drive/wal_tail.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "cairn/base/bytes.hpp"

namespace cairn::drive {

namespace {

constexpr std::size_t kBlock = 32768;
constexpr std::size_t kHeader = 7;
enum RecordType : std::uint8_t { kZero = 0, kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

// CRC-32C by table: this runs when an opening has failed, and never else.
std::uint32_t crc32c(std::string_view bytes) {
  static constexpr auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = c & 1 ? 0x82f63b78u ^ c >> 1 : c >> 1;
      table[i] = c;
    }
    return table;
  }();
  std::uint32_t crc = ~0u;
  for (const char b : bytes) crc = kTable[(crc ^ static_cast<unsigned char>(b)) & 0xff] ^ crc >> 8;
  return ~crc;
}

std::uint32_t mask(std::uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; }

struct WalRecord {
  std::uint8_t type = kZero;
  std::size_t size = 0;  // with its header
};

// The record at the start of `rest`, which ends with its block; nothing if it is not whole.
bool read_record(std::string_view rest, WalRecord& out) {
  if (rest.size() < kHeader) return false;
  Decoder d(rest);
  const std::uint32_t crc = d.u32();
  const std::uint16_t length = d.u16();
  const std::uint8_t type = d.u8();
  if (type < kFull || type > kLast || kHeader + length > rest.size()) return false;
  if (mask(crc32c(rest.substr(6, 1 + std::size_t{length}))) != crc) return false;
  out = {type, kHeader + length};
  return true;
}

}  // namespace

WalTail examine_wal(std::string_view log) {
  bool bad = false, in_batch = false;
  for (std::size_t start = 0; start < log.size(); start += kBlock) {
    std::string_view rest = log.substr(start, kBlock);
    while (rest.size() >= kHeader) {
      WalRecord record;
      if (!read_record(rest, record)) {
        // Zeros to the end are space taken in advance and never written.
        bad |= rest.find_first_not_of('\0') != std::string_view::npos || start + kBlock < log.size();
        break;
      }
      const bool begins = record.type == kFull || record.type == kFirst;
      if (begins && (bad || in_batch)) return WalTail::damaged;
      if (!begins && !in_batch) bad = true;
      in_batch = record.type == kFirst || (record.type == kMiddle && in_batch);
      rest.remove_prefix(record.size);
    }
    // A batch whose next fragment is bad: what follows of it proves nothing, another beginning would.
    if (bad) in_batch = false;
  }
  return bad || in_batch ? WalTail::torn : WalTail::whole;
}

std::size_t whole_batches(std::string_view log) {
  std::size_t whole = 0;
  bool in_batch = false;
  for (std::size_t start = 0; start < log.size(); start += kBlock) {
    std::string_view rest = log.substr(start, kBlock);
    while (rest.size() >= kHeader) {
      WalRecord record;
      if (!read_record(rest, record)) return whole;
      const bool begins = record.type == kFull || record.type == kFirst;
      if (begins == in_batch) return whole;
      in_batch = record.type == kFirst || record.type == kMiddle;
      rest.remove_prefix(record.size);
      if (!in_batch) whole = start + (std::min(kBlock, log.size() - start) - rest.size());
    }
  }
  return whole;
}

}  // namespace cairn::drive
