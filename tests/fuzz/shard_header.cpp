// The shard file's parsers: they take any bytes, and what they accept is exactly what the encoders write. The
// first byte chooses the parser. Random bytes never carry a right hash, so in every second choice the hash is
// made right first.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "cairn/codec/shard_file.hpp"

namespace {

using namespace cairn;
using namespace cairn::codec;

void require(bool holds) {
  if (!holds) std::abort();
}

const ShardId kShard{DataId::from_bytes("0123456789abcdef"), 7, 3};

// The header's key, as docs/formats/shard-file.md gives it.
constexpr HashKey kHeaderKey{
    {0x6a09e667f3bcc908, 0xb2fb1366ea957d3e, 0x3adec17512775099, 0xda2f590b0667322a}};

void put(std::string& bytes, std::size_t at, const Hash256& hash) {
  std::memcpy(bytes.data() + at, hash.data(), hash.size());
}

void header(std::string block, bool fix) {
  if (fix) {
    block.resize(kBlockSize);
    block.replace(0, 8, "CAIRNSHD");
    put(block, kBlockSize - 32, hash256(kHeaderKey, as_bytes(block).first(kBlockSize - 32)));
  }
  const auto decoded = decode_header(as_bytes(block));
  if (!decoded) return;
  require(encode_header(*decoded).value() == block);
  const Layout layout = decoded->layout();  // its arithmetic holds for whatever was accepted
  require(layout.trailer_offset() >= layout.shard_payload());
  require(layout.shard_payload() * decoded->geometry.data >= decoded->size);
}

void trailer(std::string bytes, bool fix) {
  if (fix && bytes.size() >= 48) {
    bytes.replace(0, 8, "CAIRNTRL");
    const std::uint32_t size = Decoder(std::string_view(bytes).substr(8)).u32();
    if (size <= bytes.size() - 48) {
      const std::string hashed = bytes.substr(0, 16) + bytes.substr(48, size);
      put(bytes, 16, hash256(chunk_key(kShard, ~std::uint64_t{0}), as_bytes(hashed)));
    }
    bytes.resize(round_up_to_block(bytes.size()));
  }
  if (const auto size = trailer_size_from(as_bytes(bytes))) require(*size % kBlockSize == 0);
  const auto metadata = decode_trailer(kShard, as_bytes(bytes));
  if (metadata) require(encode_trailer(kShard, *metadata).value() == bytes);
}

void inline_shard(std::string bytes, bool fix) {
  if (fix && bytes.size() >= 32) put(bytes, 0, chunk_hash(kShard, 0, as_bytes(bytes).subspan(32)));
  const auto chunk = decode_inline(kShard, as_bytes(bytes));
  require(!fix || bytes.size() < 32 || chunk.has_value());
  if (chunk) require(encode_inline(kShard, *chunk) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool fix = data[0] & 1;
  switch (data[0] >> 1 & 3) {
    case 0:
      header(input, fix);
      break;
    case 1:
      trailer(input, fix);
      break;
    default:
      inline_shard(input, fix);
  }
  return 0;
}
