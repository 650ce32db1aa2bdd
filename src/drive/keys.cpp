#include "cairn/drive/keys.hpp"

#include "drive/encoding.hpp"

namespace cairn::drive {

namespace {
constexpr char kEscape = '\0';
constexpr char kEscapedZero = '\xff';
constexpr char kEnd = '\x01';

void append_escaped(std::string& out, std::string_view key) {
  for (;;) {
    const std::size_t zero = key.find(kEscape);
    out.append(key.substr(0, zero));
    if (zero == std::string_view::npos) return;
    out.push_back(kEscape);
    out.push_back(kEscapedZero);
    key.remove_prefix(zero + 1);
  }
}
}  // namespace

std::string record_prefix(BucketId bucket, std::string_view prefix) {
  std::string out;
  out.reserve(8 + prefix.size() + 2);
  put_big_endian(out, static_cast<std::uint64_t>(bucket), 8);
  append_escaped(out, prefix);
  return out;
}

std::string record_key(BucketId bucket, std::string_view key) {
  std::string out = record_prefix(bucket, key);
  out.push_back(kEscape);
  out.push_back(kEnd);
  return out;
}

Result<DecodedKey> decode_record_key(std::string_view text) {
  if (text.size() < 10 || text[text.size() - 2] != kEscape || text.back() != kEnd)
    return fail(Code::corrupt, "record key: malformed");
  DecodedKey out{BucketId{get_big_endian(text.substr(0, 8))}, {}};
  std::string_view rest = text.substr(8, text.size() - 10);
  out.key.reserve(rest.size());
  for (;;) {
    const std::size_t zero = rest.find(kEscape);
    out.key.append(rest.substr(0, zero));
    if (zero == std::string_view::npos) return out;
    if (zero + 1 >= rest.size() || rest[zero + 1] != kEscapedZero)
      return fail(Code::corrupt, "record key: malformed escape");
    out.key.push_back(kEscape);
    rest.remove_prefix(zero + 2);
  }
}

std::string row_key(std::string_view record_key, std::string_view id) {
  std::string out;
  out.reserve(record_key.size() + id.size());
  out.append(record_key).append(id);
  return out;
}

Result<RowKey> split_row_key(std::string_view row_key) {
  for (std::size_t at = 8; at + 1 < row_key.size(); at += 2) {
    at = row_key.find(kEscape, at);
    if (at == std::string_view::npos || at + 1 >= row_key.size()) break;
    if (row_key[at + 1] == kEnd) return RowKey{row_key.substr(0, at + 2), row_key.substr(at + 2)};
    if (row_key[at + 1] != kEscapedZero) break;
  }
  return fail(Code::corrupt, "row key: malformed");
}

std::string part_prefix(std::string_view upload_id, std::uint32_t number) {
  std::string out;
  append_escaped(out, upload_id);
  out.push_back(kEscape);
  out.push_back(kEnd);
  if (number) put_big_endian(out, number, 4);
  return out;
}

std::string part_key(std::string_view upload_id, std::uint32_t number, DataId data) {
  std::string out = part_prefix(upload_id);
  put_big_endian(out, number, 4);
  out.append(data.bytes());
  return out;
}

Result<PartKeyTail> split_part_key(std::string_view key) {
  if (key.size() < 22) return fail(Code::corrupt, "part key: malformed");
  const std::string_view tail = key.substr(key.size() - 20);
  return PartKeyTail{static_cast<std::uint32_t>(get_big_endian(tail.substr(0, 4))),
                     DataId::from_bytes(tail.substr(4))};
}

void put_big_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

std::uint64_t get_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string after_prefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '\xff') prefix.pop_back();
  if (!prefix.empty()) prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

}  // namespace cairn::drive
