#include "s3client/bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace cairn::s3client::bench {

std::size_t Histogram::bucket_of(std::uint64_t value) {
  constexpr std::uint64_t kSteps = 1ULL << kBits;
  if (value < kSteps) return value;
  const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
  return (static_cast<std::size_t>(shift) << kBits) + (value >> shift);
}

std::uint64_t Histogram::middle_of(std::size_t bucket) {
  constexpr std::size_t kSteps = std::size_t{1} << kBits;
  if (bucket < kSteps) return bucket;
  const unsigned shift = static_cast<unsigned>(bucket >> kBits) - 1;
  const std::uint64_t low = static_cast<std::uint64_t>(bucket - (static_cast<std::size_t>(shift) << kBits))
                            << shift;
  return low + ((1ULL << shift) >> 1);
}

void Histogram::record(std::uint64_t nanoseconds) {
  ++counts_[bucket_of(std::min(nanoseconds, kLimit - 1))];
  ++count_;
  min_ = std::min(min_, nanoseconds);
  max_ = std::max(max_, nanoseconds);
  sum_ += static_cast<double>(nanoseconds);
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

std::uint64_t Histogram::quantile(double q) const {
  if (count_ == 0) return 0;
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(count_));
  const std::uint64_t rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, count_);
  if (rank == count_) return max_;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += counts_[i];
    if (seen >= rank) return std::clamp(middle_of(i), min_, max_);
  }
  return max_;
}

}  // namespace cairn::s3client::bench
