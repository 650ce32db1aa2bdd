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

inline Bytes hash_bytes(const Hash256& hash) { return std::as_bytes(std::span(hash)); }

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
  static constexpr std::size_t kInterleaved = 3;
  using Lanes = std::uint64_t[4];
  std::string_view name;
  bool supported;  // by this CPU and operating system
  // 1 to kInterleaved inputs of one length in one loop.
  void (*hash256)(const Lanes* keys, const char* const* data, std::size_t count, std::size_t length,
                  Lanes* out);
  std::uint64_t (*hash64)(const Lanes& key, const char* data, std::size_t length);
};

// Best first; the last is the portable one, which every CPU supports.
std::span<const HashTarget> hash_targets();

}  // namespace cairn::codec
