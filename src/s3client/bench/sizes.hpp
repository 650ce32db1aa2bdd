#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/result.hpp"

namespace cairn::s3client::bench {

// "4KiB", "1MiB", "64MB", "1.5GiB", "512": a number of bytes, at most 5 TiB. K, M, G and T alone are powers
// of 1024, as are KiB...; KB... are powers of 1000. invalid_argument for anything else.
Result<std::uint64_t> parse_size(std::string_view text);
std::string format_size(std::uint64_t bytes);  // "4KiB" where that is exact, else bytes

// "250ms", "30s", "5m", "1h", "10" (seconds), in nanoseconds; at most a week. invalid_argument for anything
// else.
Result<std::int64_t> parse_duration(std::string_view text);

// A 64-bit mix (splitmix64's finaliser): equal inputs, equal outputs, no visible pattern. Where objects get
// their keys, sizes and contents from, so that nothing has to be remembered about them.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// How large the objects are: one size, weighted sizes ("4KiB:50,1MiB:30,64MiB:20") or any between two, with
// equal weight for every power of two ("random:4KiB-1MiB").
class SizeDistribution {
 public:
  static Result<SizeDistribution> parse(std::string_view text);
  // The size that belongs to a random number; the same for the same number.
  std::uint64_t pick(std::uint64_t random) const;
  std::uint64_t largest() const;
  double mean() const;
  const std::string& text() const { return text_; }

 private:
  struct Entry {
    std::uint64_t size = 0;
    std::uint64_t up_to = 0;  // cumulative weight
  };
  std::string text_;
  std::vector<Entry> entries_;        // empty: a range
  std::uint64_t low_ = 0, high_ = 0;  // of the range, both possible
};

}  // namespace cairn::s3client::bench
