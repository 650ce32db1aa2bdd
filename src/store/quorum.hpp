#pragma once
#include <algorithm>
#include <cstdint>

namespace cairn::store {

// How many drives of a set must take part. All rules hold across changes of the parity: any two write quorums
// are more than half of the set, and what is concluded from absence uses the smallest of them (`majority`).
struct Quorum {
  std::uint32_t drives = 1;  // N
  std::uint32_t data = 1;    // D of the standard storage class
  std::uint32_t parity = 0;  // P

  // W: acceptances (with their shards) that make a write of D+P acknowledged.
  static constexpr std::uint32_t write_of(std::uint32_t n, std::uint32_t d) {
    const std::uint32_t p = n - d;
    if (n <= 2) return n;
    return p == 1 && d > 1 ? d : d + 1;
  }
  std::uint32_t write() const { return write_of(drives, data); }
  // The least W that any parity allows (P <= N/2): more than half.
  std::uint32_t majority() const { return drives / 2 + 1; }
  // Whole answers without which nothing may be concluded: they meet every write quorum.
  std::uint32_t evidence() const { return drives - majority() + 1; }
  // R: answers of a read.
  std::uint32_t read() const { return std::max(data, evidence()); }

  // The parity that a set of N drives has by default.
  static constexpr std::uint32_t default_parity(std::uint32_t n) {
    return n <= 1 ? 0 : n <= 3 ? 1 : n <= 5 ? 2 : n <= 7 ? 3 : 4;
  }
};

}  // namespace cairn::store
