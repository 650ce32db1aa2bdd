#pragma once
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>

#include "cairn/base/bytes.hpp"
#include "cairn/base/ids.hpp"
#include "cairn/base/result.hpp"
#include "cairn/codec/highway_hash.hpp"
#include "cairn/codec/reed_solomon.hpp"

namespace cairn::codec {

// Which stripe of which object or part.
struct StripeId {
  DataId data_id;
  std::uint32_t part = 0;
  std::uint64_t stripe = 0;
};

// Bytes of each chunk of a stripe of `length` bytes, and the room its data chunks take up together: `length`
// and less than D bytes of padding.
constexpr std::size_t chunk_length(unsigned data, std::size_t length) { return (length + data - 1) / data; }
constexpr std::size_t padded_length(unsigned data, std::size_t length) {
  return chunk_length(data, length) * data;
}

struct EncodedStripe {
  std::size_t chunk_length = 0;
  std::array<Bytes, kMaxShards> chunks;    // by shard index; views into the buffers given to encode_stripe()
  std::array<Hash256, kMaxShards> hashes;  // by shard index, keyed with their place
};

// Codes one stripe. `buffer` holds its `length` bytes and has room for padded_length(), which is filled up
// with zeros: chunk i is the view at i * chunk_length, so nothing is copied. Parity goes to `parity`, at
// least P * chunk_length bytes, likewise (with one data shard the parity is the data, and `parity` may be
// empty).
EncodedStripe encode_stripe(const ReedSolomon& code, const StripeId& id, MutableBytes buffer,
                            std::size_t length, MutableBytes parity);

// By shard index.
using ShardSet = std::bitset<kMaxShards>;

// Which of the chunks that are present (not null), each `chunk_length` bytes, do not have the hash they
// should have.
ShardSet bad_chunks(const StripeId& id, std::span<const std::byte* const> chunks, std::size_t chunk_length,
                    std::span<const Hash256> hashes);

// Completes the data of one stripe in `buffer` (D * chunk_length bytes, chunk i at i * chunk_length, so that
// the stripe can be sent in one piece) from verified chunks by shard index, null where missing. A chunk that
// was read into its place in `buffer` stays, one that is elsewhere is copied, and one that is missing is
// rebuilt. no_quorum when fewer than D are present. `needed` limits the work to these data shards, for
// ranges; the rest of `buffer` is then left as it is.
Status decode_stripe(const ReedSolomon& code, std::span<const std::byte* const> chunks,
                     std::size_t chunk_length, MutableBytes buffer, ShardSet needed = ShardSet{}.set());

}  // namespace cairn::codec
