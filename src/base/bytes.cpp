#include "cairn/base/bytes.hpp"

#include <array>

namespace cairn {

Slice Slice::of(std::string text) {
  auto owned = std::make_shared<const std::string>(std::move(text));
  return {owned, cairn::as_bytes(*owned)};
}

void Encoder::varint(std::uint64_t v) {
  while (v >= 0x80) {
    u8(static_cast<std::uint8_t>(v | 0x80));
    v >>= 7;
  }
  u8(static_cast<std::uint8_t>(v));
}

std::uint64_t Decoder::varint() {
  std::uint64_t v = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t b = u8();
    if (!ok_) return 0;
    if (shift == 63 && b > 1) break;
    v |= static_cast<std::uint64_t>(b & 0x7f) << shift;
    if (!(b & 0x80)) return v;
  }
  set_bad();
  return 0;
}

std::string_view Decoder::raw(std::size_t count) {
  if (!ok_ || count > in_.size()) {
    set_bad();
    return {};
  }
  const std::string_view out = in_.substr(0, count);
  in_.remove_prefix(count);
  return out;
}

Status Decoder::finish(std::string_view what) const {
  if (!ok_) return fail(Code::corrupt, std::string(what) + ": truncated or malformed");
  if (!in_.empty()) return fail(Code::corrupt, std::string(what) + ": bytes left over");
  return {};
}

std::string to_hex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const std::byte b : bytes) {
    out.push_back(kDigits[std::to_integer<unsigned>(b) >> 4]);
    out.push_back(kDigits[std::to_integer<unsigned>(b) & 15]);
  }
  return out;
}

Result<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2) return fail(Code::invalid_argument, "hex: odd length");
  const auto digit = [](char c) -> int {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  std::string out(hex.size() / 2, '\0');
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int hi = digit(hex[2 * i]), lo = digit(hex[2 * i + 1]);
    if (hi < 0 || lo < 0) return fail(Code::invalid_argument, "hex: not a digit");
    out[i] = static_cast<char>(hi * 16 + lo);
  }
  return out;
}

namespace {
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto kBase64Values = [] {
  std::array<std::int8_t, 256> t{};
  t.fill(-1);
  for (int i = 0; i < 64; ++i) t[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
  return t;
}();
}  // namespace

std::string to_base64(Bytes bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t v = 0;
    for (std::size_t j = 0; j < 3; ++j)
      v = v << 8 | (j < n ? std::to_integer<std::uint32_t>(bytes[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) out.push_back(j <= n ? kBase64[v >> (18 - 6 * j) & 63] : '=');
  }
  return out;
}

Result<std::string> from_base64(std::string_view text) {
  if (text.size() % 4) return fail(Code::invalid_argument, "base64: length");
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (std::size_t i = 0; i < text.size(); i += 4) {
    const bool last = i + 4 == text.size();
    const std::size_t pad = last ? (text[i + 3] == '=') + (text[i + 3] == '=' && text[i + 2] == '=') : 0;
    std::uint32_t v = 0;
    for (std::size_t j = 0; j < 4; ++j) {
      const int d = j >= 4 - pad ? 0 : kBase64Values[static_cast<unsigned char>(text[i + j])];
      if (d < 0) return fail(Code::invalid_argument, "base64: character");
      v = v << 6 | static_cast<std::uint32_t>(d);
    }
    if (pad && (v & (pad == 1 ? 0xffu : 0xffffu)))
      return fail(Code::invalid_argument, "base64: trailing bits");
    for (std::size_t j = 0; j < 3 - pad; ++j) out.push_back(static_cast<char>(v >> (16 - 8 * j)));
  }
  return out;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char diff = 0;
  for (std::size_t i = 0; i < a.size(); ++i) diff = diff | static_cast<unsigned char>(a[i] ^ b[i]);
  return diff == 0;
}

}  // namespace cairn
