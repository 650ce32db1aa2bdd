#include "s3client/bench/sizes.hpp"

#include <map>

#include <gtest/gtest.h>

#include "s3client/bench/objects.hpp"
#include "s3client/bench/options.hpp"

namespace cairn::s3client::bench {
namespace {

TEST(Sizes, UnitsAreBinaryOrDecimalAsWritten) {
  EXPECT_EQ(parse_size("0").value(), 0u);
  EXPECT_EQ(parse_size("512").value(), 512u);
  EXPECT_EQ(parse_size("4KiB").value(), 4096u);
  EXPECT_EQ(parse_size("4K").value(), 4096u);
  EXPECT_EQ(parse_size("4KB").value(), 4000u);
  EXPECT_EQ(parse_size("1.5MiB").value(), 1572864u);
  EXPECT_EQ(parse_size("64MB").value(), 64'000'000u);
  EXPECT_EQ(parse_size("5TiB").value(), 5ULL << 40);
}

TEST(Sizes, WhatIsNoSizeIsRefused) {
  for (const char* text : {"", "KiB", "-1", "4kib", "4 KiB", "1e3", "6TiB", "4KiBx", "nan", "inf"})
    EXPECT_FALSE(parse_size(text)) << text;
}

TEST(Sizes, FormattingGivesWhatParsesToTheSame) {
  for (const std::uint64_t size :
       {0ULL, 1ULL, 1023ULL, 1024ULL, 1536ULL, 4096ULL, 1ULL << 20, 3ULL << 30, 5ULL << 40})
    EXPECT_EQ(parse_size(format_size(size)).value(), size) << format_size(size);
}

TEST(Durations, AreReadWithTheirUnits) {
  EXPECT_EQ(parse_duration("250ms").value(), 250'000'000);
  EXPECT_EQ(parse_duration("10").value(), 10'000'000'000);
  EXPECT_EQ(parse_duration("1.5s").value(), 1'500'000'000);
  EXPECT_EQ(parse_duration("5m").value(), 300'000'000'000);
  EXPECT_EQ(parse_duration("1h").value(), 3'600'000'000'000);
  for (const char* text : {"", "s", "-1s", "5d", "900h"}) EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(SizeDistribution, OneSizeIsAlwaysThatSize) {
  const auto d = SizeDistribution::parse("4KiB").value();
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(d.pick(mix64(i)), 4096u);
  EXPECT_EQ(d.largest(), 4096u);
  EXPECT_DOUBLE_EQ(d.mean(), 4096);
}

TEST(SizeDistribution, WeightsAreShares) {
  const auto d = SizeDistribution::parse("4KiB:50,1MiB:30,64MiB:20").value();
  std::map<std::uint64_t, int> seen;
  for (std::uint64_t i = 0; i < 100'000; ++i) ++seen[d.pick(mix64(i))];
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_NEAR(seen[4096], 50'000, 1'000);
  EXPECT_NEAR(seen[1 << 20], 30'000, 1'000);
  EXPECT_NEAR(seen[64 << 20], 20'000, 1'000);
  EXPECT_EQ(d.largest(), 64u << 20);
  EXPECT_DOUBLE_EQ(d.mean(), (4096 * 50.0 + (1 << 20) * 30.0 + (64 << 20) * 20.0) / 100);
}

TEST(SizeDistribution, ARangeStaysWithinItsBoundsWithEqualWeightPerPowerOfTwo) {
  const auto d = SizeDistribution::parse("random:4KiB-1MiB").value();
  int low_half = 0;
  double sum = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    const std::uint64_t size = d.pick(mix64(i));
    ASSERT_GE(size, 4096u);
    ASSERT_LE(size, 1u << 20);
    low_half += size < 65'536 ? 1 : 0;  // the middle of the logarithms
    sum += static_cast<double>(size);
  }
  EXPECT_NEAR(low_half, 50'000, 1'000);
  EXPECT_NEAR(sum / 100'000, d.mean(), d.mean() * 0.02);
}

TEST(SizeDistribution, WhatIsNoneIsRefused) {
  for (const char* text : {"", ",", "4KiB:", "4KiB:0", "4KiB:x", "4KiB,,1MiB", "random:", "random:1MiB",
                           "random:2MiB-1MiB", "random:1-x", "4KiB:50;1MiB:50"})
    EXPECT_FALSE(SizeDistribution::parse(text)) << text;
}

TEST(Mix, SharesAreKept) {
  const Mix mix = Mix::parse("get:75,put:25").value();
  int gets = 0;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    const OpKind kind = mix.pick(mix64(i));
    ASSERT_TRUE(kind == OpKind::get || kind == OpKind::put);
    gets += kind == OpKind::get ? 1 : 0;
  }
  EXPECT_NEAR(gets, 7'500, 200);
  for (const char* text : {"", "get", "get:", "got:1", "get:0", "get:1,", "get:-1"})
    EXPECT_FALSE(Mix::parse(text)) << text;
}

RunOptions some_options() {
  RunOptions o;
  o.prefix = "p";
  o.seed = 7;
  o.sizes = SizeDistribution::parse("random:1-10MiB").value();
  return o;
}

TEST(ObjectSpace, TheSameSeedGivesTheSameObjectsAndAnotherGivesOthers) {
  RunOptions other = some_options();
  other.seed = 8;
  const ObjectSpace a(some_options()), b(some_options()), c(other);
  std::string key_a, key_b, key_c;
  a.append_key(key_a, 12);
  b.append_key(key_b, 12);
  c.append_key(key_c, 12);
  EXPECT_EQ(key_a, key_b);
  EXPECT_NE(key_a, key_c);
  EXPECT_EQ(a.size(12), b.size(12));
}

TEST(ObjectSpace, KeysAreSpreadOverThePrefixes) {
  RunOptions o = some_options();
  o.prefixes = 3;
  const ObjectSpace objects(o);
  for (std::uint64_t i = 0; i < 9; ++i) {
    std::string key;
    objects.append_key(key, i);
    EXPECT_TRUE(key.starts_with(objects.prefix(i % 3))) << key;
  }
}

TEST(ObjectSpace, ContentReadInPiecesEqualsItselfAndNothingElse) {
  const ObjectSpace objects(some_options());
  const std::uint64_t size = 9u << 20;
  std::vector<Bytes> pieces;
  objects.append_content(pieces, 5, 0, size);
  std::uint64_t at = 0;
  for (const Bytes piece : pieces) {
    EXPECT_TRUE(objects.content_equals(5, at, piece));
    EXPECT_FALSE(objects.content_equals(6, at, piece));
    EXPECT_FALSE(objects.content_equals(5, at + 1, piece));
    at += piece.size();
  }
  EXPECT_EQ(at, size);
  // From the middle on, as a part of an upload does it.
  std::vector<Bytes> rest;
  objects.append_content(rest, 5, 1234567, 100'000);
  at = 1234567;
  for (const Bytes piece : rest) {
    EXPECT_TRUE(objects.content_equals(5, at, piece));
    at += piece.size();
  }
}

}  // namespace
}  // namespace cairn::s3client::bench
