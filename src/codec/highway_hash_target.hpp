#pragma once
#include <cstddef>
#include <cstdint>

// The functions that each highway_hash_<target>.cpp defines. Included where other instruction sets are
// switched on, so: no templates of the standard library here, or the linker might choose their copy for
// everybody.
namespace cairn::codec {

#define CAIRN_HASH_TARGET(target)                                                                  \
  void hash256_##target(const std::uint64_t(*keys)[4], const char* const* data, std::size_t count, \
                        std::size_t length, std::uint64_t(*out)[4]);                               \
  std::uint64_t hash64_##target(const std::uint64_t(&key)[4], const char* data, std::size_t length);

CAIRN_HASH_TARGET(avx2)
CAIRN_HASH_TARGET(sse41)
CAIRN_HASH_TARGET(portable)

}  // namespace cairn::codec
