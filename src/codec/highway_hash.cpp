#include "cairn/codec/highway_hash.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "codec/highway_hash_target.hpp"

namespace cairn::codec {
namespace {

static_assert(std::endian::native == std::endian::little, "hashes are copied as the machine has them");

const HashTarget& best() {
  static const HashTarget& target =
      *std::ranges::find_if(hash_targets(), [](const HashTarget& t) { return t.supported; });
  return target;
}

const char* chars(const std::byte* data) { return reinterpret_cast<const char*>(data); }

}  // namespace

std::span<const HashTarget> hash_targets() {
  static const std::array<HashTarget, 3> targets{{
      {"avx2", __builtin_cpu_supports("avx2") != 0, hash256_avx2, hash64_avx2},
      {"sse4.1", __builtin_cpu_supports("sse4.1") != 0, hash256_sse41, hash64_sse41},
      {"portable", true, hash256_portable, hash64_portable},
  }};
  return targets;
}

Hash256 hash256(const HashKey& key, Bytes data) {
  const std::byte* const start = data.data();
  Hash256 out;
  hash256_many({&key, 1}, {&start, 1}, data.size(), {&out, 1});
  return out;
}

std::uint64_t hash64(const HashKey& key, Bytes data) {
  HashTarget::Lanes lanes;
  std::ranges::copy(key.lanes, lanes);
  return best().hash64(lanes, chars(data.data()), data.size());
}

void hash256_many(std::span<const HashKey> keys, std::span<const std::byte* const> data, std::size_t length,
                  std::span<Hash256> out) {
  constexpr std::size_t kMost = HashTarget::kInterleaved;
  const auto run = best().hash256;
  for (std::size_t done = 0; done < data.size();) {
    const std::size_t left = data.size() - done;
    const std::size_t count = left == kMost + 1 ? 2 : std::min(left, kMost);  // 2 + 2 costs less than 3 + 1
    HashTarget::Lanes lanes[kMost], results[kMost];
    const char* starts[kMost];
    for (std::size_t i = 0; i < count; ++i) {
      std::ranges::copy(keys[done + i].lanes, lanes[i]);
      starts[i] = chars(data[done + i]);
    }
    run(lanes, starts, count, length, results);
    for (std::size_t i = 0; i < count; ++i) std::memcpy(out[done + i].data(), results[i], sizeof(Hash256));
    done += count;
  }
}

}  // namespace cairn::codec
