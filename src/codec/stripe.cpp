#include "cairn/codec/stripe.hpp"

#include <algorithm>
#include <cstring>

#include "cairn/codec/shard_file.hpp"

namespace cairn::codec {
namespace {

HashKey key_of(const StripeId& id, std::size_t shard) {
  return chunk_key(id.data_id, id.part, static_cast<std::uint8_t>(shard), id.stripe);
}

}  // namespace

EncodedStripe encode_stripe(const ReedSolomon& code, const StripeId& id, MutableBytes buffer,
                            std::size_t length, MutableBytes parity) {
  const unsigned data = code.data(), total = code.total();
  EncodedStripe out;
  out.chunk_length = chunk_length(data, length);
  std::ranges::fill(buffer.subspan(length, padded_length(data, length) - length), std::byte{});

  std::array<const std::byte*, kMaxShards> chunks{};
  std::array<std::byte*, kMaxShards> coded{};
  const bool copies = data == 1;  // the one coefficient is 1
  for (unsigned i = 0; i < total; ++i) {
    if (i >= data && !copies) {
      coded[i - data] = parity.subspan((i - data) * out.chunk_length, out.chunk_length).data();
      chunks[i] = coded[i - data];
    } else {
      chunks[i] = buffer.data() + (copies ? 0 : i * out.chunk_length);
    }
    out.chunks[i] = {chunks[i], out.chunk_length};
  }
  if (!copies)
    code.encode(std::span(chunks).first(data), std::span(coded).first(total - data), out.chunk_length);

  std::array<HashKey, kMaxShards> keys;
  for (unsigned i = 0; i < total; ++i) keys[i] = key_of(id, i);
  hash256_many(std::span(keys).first(total), std::span(chunks).first(total), out.chunk_length, out.hashes);
  return out;
}

ShardSet bad_chunks(const StripeId& id, std::span<const std::byte* const> chunks, std::size_t length,
                    std::span<const Hash256> hashes) {
  std::array<std::size_t, kMaxShards> shards;
  std::array<HashKey, kMaxShards> keys;
  std::array<const std::byte*, kMaxShards> present;
  std::array<Hash256, kMaxShards> found;
  std::size_t count = 0;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (!chunks[i]) continue;
    shards[count] = i;
    keys[count] = key_of(id, i);
    present[count++] = chunks[i];
  }
  hash256_many(std::span(keys).first(count), std::span(present).first(count), length, found);
  ShardSet bad;
  for (std::size_t i = 0; i < count; ++i) bad[shards[i]] = found[i] != hashes[shards[i]];
  return bad;
}

Status decode_stripe(const ReedSolomon& code, std::span<const std::byte* const> chunks, std::size_t length,
                     MutableBytes buffer, ShardSet needed) {
  std::array<std::byte*, kMaxShards> wanted{};
  bool rebuild = false;
  for (unsigned i = 0; i < code.data(); ++i) {
    std::byte* const place = buffer.subspan(i * length, length).data();
    if (!needed[i] || chunks[i] == place) continue;
    if (chunks[i]) {
      std::memcpy(place, chunks[i], length);
    } else {
      wanted[i] = place;
      rebuild = true;
    }
  }
  if (!rebuild) return {};
  return code.reconstruct(chunks, std::span(wanted).first(code.total()), length);
}

}  // namespace cairn::codec
