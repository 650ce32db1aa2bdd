#pragma once
#include <cstddef>
#include <cstdint>

#include "cairn/base/result.hpp"
#include "cairn/codec/reed_solomon.hpp"

namespace cairn::codec {

inline constexpr std::uint32_t kBlockSize =
    4096;  // the unit of O_DIRECT: offsets and lengths in shard files are multiples
inline constexpr std::uint32_t kMaxChunkSize = 64u << 20;
inline constexpr std::uint64_t kMaxObjectSize = std::uint64_t{1}
                                                << 50;  // far above S3's limits, far below overflow

// How an object (or a part of one) is cut: `data` and `parity` shards, in stripes of chunks of `chunk_size`
// bytes, a power of two of at least kBlockSize. Stored with every object, so choose_geometry() may change.
struct Geometry {
  std::uint8_t data = 1;
  std::uint8_t parity = 0;
  std::uint32_t chunk_size = kBlockSize;

  unsigned shards() const { return unsigned{data} + parity; }
  std::uint64_t stripe_size() const { return std::uint64_t{data} * chunk_size; }
  bool valid() const;
  bool operator==(const Geometry&) const = default;
};

// Stripes of about 1 MiB, or 4 MiB for objects from 256 MiB on, so that a spinning disk reads long runs.
// Needs valid_shards(data, parity).
Geometry choose_geometry(unsigned data, unsigned parity, std::uint64_t object_size);

// The stripes that hold a range of bytes.
struct StripeRange {
  std::uint64_t first = 0;
  std::uint64_t count = 0;  // 0: the range is empty
  std::uint64_t skip = 0;   // bytes of the first stripe before the range
  bool operator==(const StripeRange&) const = default;
};

// The stripes of an object (or part) of `size` bytes, in memory and, by the *_offset functions, in each of
// its shard files (docs/formats/shard-file.md). All stripes are full but the last, whose D chunks are as
// short as its data allows: ceil(rest / D) bytes each. Pure arithmetic. Needs geometry.valid() and size <=
// kMaxObjectSize.
class Layout {
 public:
  Layout(Geometry geometry, std::uint64_t size) : geometry_(geometry), size_(size) {}

  const Geometry& geometry() const { return geometry_; }
  std::uint64_t size() const { return size_; }
  std::uint64_t stripe_count() const;                       // 0 for an empty object
  std::uint64_t stripe_offset(std::uint64_t stripe) const;  // in the object
  std::uint64_t stripe_length(std::uint64_t stripe) const;  // bytes of the object in this stripe
  std::uint32_t chunk_length(
      std::uint64_t stripe) const;      // bytes of each of its chunks, padding of the code included
  std::uint64_t shard_payload() const;  // the sum of one shard's chunk lengths
  // The part of [offset, offset + length) that lies within the object.
  StripeRange stripes_of(std::uint64_t offset, std::uint64_t length) const;

  // Shard files: groups of up to kChunksPerGroup chunks, each group preceded by one block of their hashes.
  static constexpr std::uint64_t kChunksPerGroup = kBlockSize / 32;
  std::uint64_t group_count() const;
  static std::uint64_t group_of(std::uint64_t stripe) { return stripe / kChunksPerGroup; }
  static std::size_t hash_index(std::uint64_t stripe) {
    return static_cast<std::size_t>(stripe % kChunksPerGroup);
  }
  std::uint64_t group_chunks(std::uint64_t group) const;  // chunks in this group
  std::uint64_t hash_block_offset(std::uint64_t group) const;
  std::uint64_t chunk_offset(std::uint64_t stripe) const;
  std::uint64_t chunk_space(std::uint64_t stripe) const;  // chunk_length() rounded up to whole blocks
  std::uint64_t trailer_offset() const;                   // the end of the last chunk's space

 private:
  Geometry geometry_;
  std::uint64_t size_;
};

constexpr std::uint64_t round_up_to_block(std::uint64_t bytes) {
  return (bytes + kBlockSize - 1) / kBlockSize * kBlockSize;
}

}  // namespace cairn::codec
