#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"

namespace cairn {

using Bytes = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

inline Bytes as_bytes(std::string_view text) { return std::as_bytes(std::span(text.data(), text.size())); }
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Bytes together with what keeps them alive: cheap to copy, shared between the drives of a write and the
// sockets of a read. The bytes are never changed while a Slice refers to them.
struct Slice {
  std::shared_ptr<const void> owner;
  Bytes bytes;

  Slice() = default;
  Slice(std::shared_ptr<const void> keep, Bytes view) : owner(std::move(keep)), bytes(view) {}
  // A Slice that owns the text.
  static Slice of(std::string text);
  std::size_t size() const { return bytes.size(); }
  bool empty() const { return bytes.empty(); }
  Slice sub(std::size_t offset, std::size_t count = std::dynamic_extent) const {
    return {owner, bytes.subspan(offset, count)};
  }
  std::string_view text() const { return as_text(bytes); }
};

// Appends the project's binary encoding to a string: little-endian integers, LEB128 varints, length-prefixed
// bytes. docs/formats/encoding.md gives the bytes.
class Encoder {
 public:
  explicit Encoder(std::string& out) : out_(out) {}
  void u8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
  void u16(std::uint16_t v) { little(v); }
  void u32(std::uint32_t v) { little(v); }
  void u64(std::uint64_t v) { little(v); }
  void varint(std::uint64_t v);
  void signed_varint(std::int64_t v) {  // zigzag
    varint((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63));
  }
  void raw(Bytes b) { out_.append(as_text(b)); }
  void raw(std::string_view s) { out_.append(s); }
  void bytes(std::string_view s) {  // varint length, then the bytes
    varint(s.size());
    out_.append(s);
  }

 private:
  template <class T>
  void little(T v) {
    char b[sizeof v];
    for (std::size_t i = 0; i < sizeof v; ++i) b[i] = static_cast<char>(v >> (8 * i));
    out_.append(b, sizeof v);
  }
  std::string& out_;
};

// Reads what Encoder wrote. A read past the end or a malformed varint turns the decoder bad and yields zeros;
// check ok() or finish() once at the end instead of after each field. Views point into the input.
class Decoder {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}
  explicit Decoder(Bytes in) : in_(as_text(in)) {}
  std::uint8_t u8() { return little<std::uint8_t>(); }
  std::uint16_t u16() { return little<std::uint16_t>(); }
  std::uint32_t u32() { return little<std::uint32_t>(); }
  std::uint64_t u64() { return little<std::uint64_t>(); }
  std::uint64_t varint();
  std::int64_t signed_varint() {
    const std::uint64_t v = varint();
    return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
  }
  std::string_view raw(std::size_t count);
  std::string_view bytes() { return raw(varint()); }
  std::size_t remaining() const { return in_.size(); }
  bool ok() const { return ok_; }
  void set_bad() {
    ok_ = false;
    in_ = {};
  }
  // corrupt unless every read succeeded and nothing is left over.
  Status finish(std::string_view what) const;

 private:
  template <class T>
  T little() {
    const std::string_view b = raw(sizeof(T));
    T v = 0;
    for (std::size_t i = 0; i < b.size(); ++i)
      v |= static_cast<T>(static_cast<T>(static_cast<unsigned char>(b[i])) << (8 * i));
    return v;
  }
  std::string_view in_;
  bool ok_ = true;
};

std::string to_hex(Bytes bytes);  // lower case
Result<std::string> from_hex(std::string_view hex);
std::string to_base64(Bytes bytes);                        // RFC 4648 section 4, padded
Result<std::string> from_base64(std::string_view base64);  // strict: padded, no white space

// Whether two byte strings are equal, in time that depends on their lengths only.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace cairn
