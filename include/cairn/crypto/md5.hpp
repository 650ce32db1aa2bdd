#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "cairn/base/bytes.hpp"

namespace cairn::crypto {

// MD5 of a message that comes in pieces, which can be digested together with those of other messages. MD5
// uses a small part of a core, one step waiting for the last: eight messages in the lanes of a vector take
// little longer than one. A value; used by one thread at a time.
class Md5 {
 public:
  static constexpr std::size_t kLanes = 8;

  void update(Bytes piece);
  // Digests pieces[i] into streams[i], which are different ones; any number.
  static void update(std::span<Md5* const> streams, std::span<const Bytes> pieces);
  std::array<std::uint8_t, 16> finish();  // ends it

 private:
  static constexpr std::size_t kBlock = 64;
  Bytes complete_block(Bytes piece);  // takes what the block that was begun still needs
  void keep(Bytes rest);

  std::uint32_t state_[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::array<std::byte, kBlock> block_{};
  std::uint64_t size_ = 0;  // of the message so far
};

}  // namespace cairn::crypto
