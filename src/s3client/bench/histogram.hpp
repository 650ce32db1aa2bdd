#pragma once
#include <cstdint>
#include <vector>

namespace cairn::s3client::bench {

// Latencies in nanoseconds, in buckets that are linear within a power of two: every value is kept to within
// 1/128 of itself, from 1 ns to more than an hour, in 36 KiB (the layout is HdrHistogram's). Not thread-safe:
// one per thread, merged at the end.
class Histogram {
 public:
  Histogram() : counts_(kBuckets) {}
  void record(std::uint64_t nanoseconds);
  void merge(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
  std::uint64_t max() const { return max_; }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }
  // The smallest value that at least the fraction q (0 to 1) of all values does not exceed; 0 when there is
  // none.
  std::uint64_t quantile(double q) const;

 private:
  static constexpr unsigned kBits = 7;                 // 128 steps in each power of two
  static constexpr std::uint64_t kLimit = 1ULL << 42;  // 73 minutes; longer ones count as that
  static constexpr std::size_t kBuckets = (42 - kBits + 1) << kBits;
  static std::size_t bucket_of(std::uint64_t value);
  static std::uint64_t middle_of(std::size_t bucket);

  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::uint64_t min_ = ~0ULL;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

}  // namespace cairn::s3client::bench
