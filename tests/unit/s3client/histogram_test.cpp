#include "s3client/bench/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "s3client/bench/sizes.hpp"

namespace cairn::s3client::bench {
namespace {

TEST(Histogram, AnEmptyOneIsAllZero) {
  const Histogram h;
  EXPECT_EQ(h.count(), 0u);
  EXPECT_EQ(h.min(), 0u);
  EXPECT_EQ(h.max(), 0u);
  EXPECT_EQ(h.mean(), 0.0);
  EXPECT_EQ(h.quantile(0.99), 0u);
}

TEST(Histogram, SmallValuesAreExact) {
  Histogram h;
  for (std::uint64_t v = 1; v <= 100; ++v) h.record(v);
  EXPECT_EQ(h.quantile(0), 1u);
  EXPECT_EQ(h.quantile(0.5), 50u);
  EXPECT_EQ(h.quantile(0.99), 99u);
  EXPECT_EQ(h.quantile(1), 100u);
  EXPECT_DOUBLE_EQ(h.mean(), 50.5);
}

TEST(Histogram, QuantilesAreWithinOnePercentOfTheSortedValues) {
  Histogram h;
  std::vector<std::uint64_t> values;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    // 1 us to 100 s, evenly in the logarithm.
    const double u = static_cast<double>(mix64(i) >> 11) * 0x1p-53;
    values.push_back(static_cast<std::uint64_t>(1e3 * std::pow(1e8, u)));
    h.record(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double q : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    const auto exact = static_cast<double>(values[static_cast<std::size_t>(std::ceil(q * 1e5)) - 1]);
    EXPECT_NEAR(static_cast<double>(h.quantile(q)), exact, exact / 128) << q;
  }
  EXPECT_EQ(h.min(), values.front());
  EXPECT_EQ(h.max(), values.back());
}

TEST(Histogram, EveryPowerOfTwoAndItsNeighboursFindTheirBucket) {
  for (int bit = 0; bit < 41; ++bit)
    for (const std::int64_t offset : {-1, 0, 1}) {
      const std::uint64_t v = (1ULL << bit) + static_cast<std::uint64_t>(offset);
      if (v == 0) continue;
      Histogram h;
      h.record(v);
      h.record(v * 2 + 2);
      EXPECT_NEAR(static_cast<double>(h.quantile(0.5)), static_cast<double>(v),
                  static_cast<double>(v) / 128 + 1e-9)
          << v;
    }
}

TEST(Histogram, WhatIsLongerThanItsRangeStillCounts) {
  Histogram h;
  h.record(1ULL << 60);
  h.record(5);
  EXPECT_EQ(h.count(), 2u);
  EXPECT_EQ(h.max(), 1ULL << 60);
  EXPECT_EQ(h.quantile(1), 1ULL << 60);
}

TEST(Histogram, MergingIsTheSameAsRecordingAllInOne) {
  Histogram a, b, all;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    (i % 3 == 0 ? a : b).record(i * 1001);
    all.record(i * 1001);
  }
  a.merge(b);
  EXPECT_EQ(a.count(), all.count());
  EXPECT_EQ(a.min(), all.min());
  EXPECT_EQ(a.max(), all.max());
  EXPECT_DOUBLE_EQ(a.mean(), all.mean());
  for (const double q : {0.1, 0.5, 0.99}) EXPECT_EQ(a.quantile(q), all.quantile(q));
}

}  // namespace
}  // namespace cairn::s3client::bench
