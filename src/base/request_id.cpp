#include "cairn/base/request_id.hpp"

#include <atomic>

#include "cairn/base/ids.hpp"

namespace cairn {

std::string next_request_id() {
  static std::atomic<std::uint64_t> counter{random_u64()};
  // splitmix64: a bijection, so that no two counts give one id.
  std::uint64_t x = counter.fetch_add(0x9e3779b97f4a7c15u, std::memory_order_relaxed);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  x ^= x >> 31;
  std::string id(16, '0');
  for (std::size_t i = 16; i-- > 0; x >>= 4) id[i] = "0123456789ABCDEF"[x & 15];
  return id;
}

}  // namespace cairn
