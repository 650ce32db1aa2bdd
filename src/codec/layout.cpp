#include "cairn/codec/layout.hpp"

#include <algorithm>
#include <bit>

namespace cairn::codec {
namespace {
constexpr std::uint64_t kStripe = 1u << 20;
constexpr std::uint64_t kLargeStripe = 4u << 20;
constexpr std::uint64_t kLargeObject = 256u << 20;
}  // namespace

bool Geometry::valid() const {
  return valid_shards(data, parity) && std::has_single_bit(chunk_size) && chunk_size >= kBlockSize &&
         chunk_size <= kMaxChunkSize;
}

Geometry choose_geometry(unsigned data, unsigned parity, std::uint64_t object_size) {
  const std::uint64_t stripe = object_size >= kLargeObject ? kLargeStripe : kStripe;
  return {static_cast<std::uint8_t>(data), static_cast<std::uint8_t>(parity),
          static_cast<std::uint32_t>(std::bit_floor(stripe / data))};
}

std::uint64_t Layout::stripe_count() const {
  const std::uint64_t stripe = geometry_.stripe_size();
  return size_ / stripe + (size_ % stripe != 0);
}

std::uint64_t Layout::stripe_offset(std::uint64_t stripe) const { return stripe * geometry_.stripe_size(); }

std::uint64_t Layout::stripe_length(std::uint64_t stripe) const {
  const std::uint64_t start = stripe_offset(stripe);
  return start >= size_ ? 0 : std::min(geometry_.stripe_size(), size_ - start);
}

std::uint32_t Layout::chunk_length(std::uint64_t stripe) const {
  return static_cast<std::uint32_t>((stripe_length(stripe) + geometry_.data - 1) / geometry_.data);
}

std::uint64_t Layout::shard_payload() const {
  const std::uint64_t count = stripe_count();
  return count == 0 ? 0 : (count - 1) * geometry_.chunk_size + chunk_length(count - 1);
}

StripeRange Layout::stripes_of(std::uint64_t offset, std::uint64_t length) const {
  if (offset >= size_ || length == 0) return {};
  const std::uint64_t last = offset + std::min(length, size_ - offset) - 1;
  const std::uint64_t stripe = geometry_.stripe_size();
  return {offset / stripe, last / stripe - offset / stripe + 1, offset % stripe};
}

std::uint64_t Layout::group_count() const { return (stripe_count() + kChunksPerGroup - 1) / kChunksPerGroup; }

std::uint64_t Layout::group_chunks(std::uint64_t group) const {
  const std::uint64_t first = group * kChunksPerGroup, count = stripe_count();
  return first >= count ? 0 : std::min(kChunksPerGroup, count - first);
}

std::uint64_t Layout::hash_block_offset(std::uint64_t group) const {
  return kBlockSize + group * (kBlockSize + kChunksPerGroup * geometry_.chunk_size);
}

std::uint64_t Layout::chunk_offset(std::uint64_t stripe) const {
  return hash_block_offset(group_of(stripe)) + kBlockSize + hash_index(stripe) * geometry_.chunk_size;
}

std::uint64_t Layout::chunk_space(std::uint64_t stripe) const {
  return round_up_to_block(chunk_length(stripe));
}

std::uint64_t Layout::trailer_offset() const {
  const std::uint64_t count = stripe_count();
  return count == 0 ? kBlockSize : chunk_offset(count - 1) + chunk_space(count - 1);
}

}  // namespace cairn::codec
