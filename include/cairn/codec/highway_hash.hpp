#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "cairn/base/bytes.hpp"

namespace cairn::codec {

struct HashKey {
  std::array<std::uint64_t, 4> lanes{};
  bool operator==(const HashKey&) const = default;
};

// A HighwayHash-256 as it stands in files: four little-endian lanes.
using Hash256 = std::array<std::uint8_t, 32>;

inline Bytes as_bytes(const Hash256& hash) { return std::as_bytes(std::span(hash)); }

// HighwayHash by the best instruction set of this CPU. Pure and thread-safe. It finds bitrot and mix-ups; the
// keys are not secret, so it proves nothing against somebody who may write.
Hash256 hash256(const HashKey& key, Bytes data);
std::uint64_t hash64(const HashKey& key, Bytes data);

// hash256 of several byte strings of one length, a few at a time in one loop, which is up to twice as fast as
// one after the other. `keys`, `data` and `out` are equally long.
void hash256_many(std::span<const HashKey> keys, std::span<const std::byte* const> data, std::size_t length,
                  std::span<Hash256> out);

// One implementation: what the functions above choose from, for tests and benchmarks.
struct HashTarget {
  std::string_view name;
  bool supported;  // by this CPU and operating system
  void (*hash256)(const std::uint64_t key[4], const char* data, std::size_t length, std::uint64_t out[4]);
  std::uint64_t (*hash64)(const std::uint64_t key[4], const char* data, std::size_t length);
  // Three inputs of one length, interleaved.
  void (*hash256_x3)(const std::uint64_t (*keys)[4], const char* const data[3], std::size_t length,
                     std::uint64_t (*out)[4]);
};

// Best first; the last is the portable one, which every CPU supports.
std::span<const HashTarget> hash_targets();

}  // namespace cairn::codec
