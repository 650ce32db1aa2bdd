#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/bytes.hpp"
#include "cairn/base/ids.hpp"
#include "cairn/base/result.hpp"
#include "cairn/codec/highway_hash.hpp"
#include "cairn/codec/layout.hpp"

// The bytes of shard files and of inline shards; docs/formats/shard-file.md is their specification. Pure
// functions: the drive does the I/O. A file is a header block, groups (a block of hashes and up to 128
// chunks) and a trailer:
//   0, Layout::hash_block_offset(), Layout::chunk_offset(), Layout::trailer_offset(), file_size().
namespace cairn::codec {

inline constexpr std::uint32_t kShardFormatVersion = 1;
inline constexpr std::size_t kMaxIdentity = 3072;
inline constexpr std::size_t kMaxTrailerMetadata = 4u << 20;

// Which shard this is. `part` is 0 for an object put whole, else the part's number.
struct ShardId {
  DataId data_id;
  std::uint32_t part = 0;
  std::uint8_t index = 0;  // 0 to D-1 data, D to D+P-1 parity
  bool operator==(const ShardId&) const = default;
};

struct ShardHeader {
  ShardId shard;
  Geometry geometry;
  std::uint64_t size = 0;  // of the object or part, not of the shard
  std::string
      identity;  // opaque here: deployment, bucket incarnation, key, version; at most kMaxIdentity bytes
  Layout layout() const { return {geometry, size}; }
  bool operator==(const ShardHeader&) const = default;
};

// The header as its block of kBlockSize bytes. Precondition: valid geometry, index and sizes
// (invalid_argument otherwise).
Result<std::string> encode_header(const ShardHeader& header);
// corrupt for a block that is not whole and exact, unsupported for a later format version.
Result<ShardHeader> decode_header(Bytes block);

// The key of one chunk's hash: made from the chunk's place, so that a chunk in the wrong place fails as a
// changed one does.
HashKey chunk_key(const DataId& data_id, std::uint32_t part, std::uint8_t shard_index, std::uint64_t stripe);
inline HashKey chunk_key(const ShardId& shard, std::uint64_t stripe) {
  return chunk_key(shard.data_id, shard.part, shard.index, stripe);
}
Hash256 chunk_hash(const ShardId& shard, std::uint64_t stripe, Bytes chunk);
bool chunk_is_good(const ShardId& shard, std::uint64_t stripe, Bytes chunk, const Hash256& expected);

// The hash of one chunk, read from or written to its group's block of kBlockSize bytes.
Hash256 get_hash(Bytes hash_block, std::uint64_t stripe);
void put_hash(MutableBytes hash_block, std::uint64_t stripe, const Hash256& hash);

// The trailer: opaque metadata with a hash of its own, in whole blocks, zero-padded.
std::uint64_t trailer_size(std::size_t metadata_size);
Result<std::string> encode_trailer(const ShardId& shard, std::string_view metadata);
// How many bytes decode_trailer() needs, from the trailer's first block.
Result<std::uint64_t> trailer_size_from(Bytes first_block);
// The metadata, as a view into `trailer`, which is exactly the trailer's blocks.
Result<std::string_view> decode_trailer(const ShardId& shard, Bytes trailer);

std::uint64_t file_size(const Layout& layout, std::size_t metadata_size);

// A small shard, one stripe, as it stands in a record: the chunk's hash (stripe 0), then the chunk.
inline constexpr std::size_t kInlineOverhead = sizeof(Hash256);
std::string encode_inline(const Hash256& hash, Bytes chunk);
std::string encode_inline(const ShardId& shard, Bytes chunk);
// The chunk, as a view into `encoded`, once its hash is found right; corrupt otherwise.
Result<Bytes> decode_inline(const ShardId& shard, Bytes encoded);

}  // namespace cairn::codec
