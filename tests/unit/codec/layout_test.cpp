#include "cairn/codec/layout.hpp"

#include <bit>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace cairn::codec {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

TEST(Geometry, ChunksArePowersOfTwoAndStripesAboutOneMebibyte) {
  for (unsigned data = 1; data <= 16; ++data) {
    for (unsigned parity = 0; valid_shards(data, parity); ++parity) {
      for (const std::uint64_t size : {std::uint64_t{0}, kMiB, 256 * kMiB - 1, 256 * kMiB, kMaxObjectSize}) {
        const Geometry g = choose_geometry(data, parity, size);
        EXPECT_TRUE(g.valid());
        EXPECT_EQ(g.data, data);
        EXPECT_EQ(g.parity, parity);
        const std::uint64_t target = size >= 256 * kMiB ? 4 * kMiB : kMiB;
        EXPECT_LE(g.stripe_size(), target);
        EXPECT_GT(2 * g.stripe_size(), target);
      }
    }
  }
}

TEST(Geometry, WhatCannotBeIsNotValid) {
  EXPECT_TRUE((Geometry{1, 0, 4096}.valid()));
  EXPECT_TRUE((Geometry{8, 8, 4096}.valid()));
  EXPECT_FALSE((Geometry{0, 0, 4096}.valid()));
  EXPECT_FALSE((Geometry{1, 2, 4096}.valid()));
  EXPECT_FALSE((Geometry{16, 1, 4096}.valid()));
  EXPECT_FALSE((Geometry{255, 255, 4096}.valid()));
  EXPECT_FALSE((Geometry{4, 2, 0}.valid()));
  EXPECT_FALSE((Geometry{4, 2, 2048}.valid()));
  EXPECT_FALSE((Geometry{4, 2, 12288}.valid()));
  EXPECT_FALSE((Geometry{4, 2, 2 * kMaxChunkSize}.valid()));
}

TEST(Layout, AnEmptyObjectHasNoStripes) {
  const Layout layout(choose_geometry(4, 2, 0), 0);
  EXPECT_EQ(layout.stripe_count(), 0u);
  EXPECT_EQ(layout.group_count(), 0u);
  EXPECT_EQ(layout.shard_payload(), 0u);
  EXPECT_EQ(layout.stripe_length(0), 0u);
  EXPECT_EQ(layout.chunk_length(0), 0u);
  EXPECT_EQ(layout.trailer_offset(), kBlockSize);
  EXPECT_EQ(layout.stripes_of(0, 100).count, 0u);
}

TEST(Layout, TheLastStripeIsAsShortAsItsData) {
  const Layout layout({4, 2, 4096}, 2 * 16384 + 5);
  EXPECT_EQ(layout.stripe_count(), 3u);
  EXPECT_EQ(layout.stripe_length(1), 16384u);
  EXPECT_EQ(layout.chunk_length(1), 4096u);
  EXPECT_EQ(layout.stripe_length(2), 5u);
  EXPECT_EQ(layout.chunk_length(2), 2u);
  EXPECT_EQ(layout.shard_payload(), 2 * 4096u + 2);
  EXPECT_EQ(layout.stripe_length(3), 0u);
}

TEST(Layout, TheLargestObjectDoesNotOverflow) {
  for (unsigned data = 1; data <= 16; ++data) {
    const Layout layout({static_cast<std::uint8_t>(data), 0, kBlockSize}, kMaxObjectSize);
    EXPECT_GE(layout.shard_payload() * data, kMaxObjectSize);
    EXPECT_GT(layout.trailer_offset(), layout.shard_payload());
    EXPECT_LT(layout.trailer_offset(), layout.shard_payload() / 100 * 102);
  }
}

// Writes a file's regions down one after the other and compares: they tile the file without gap or overlap.
TEST(Layout, HashBlocksAndChunksTileTheShardFile) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    const unsigned data = 1 + static_cast<unsigned>(random() % 16);
    const Geometry g{static_cast<std::uint8_t>(data), 0, kBlockSize << random() % 3};
    const std::uint64_t size = random() % (g.stripe_size() * 300);
    const Layout layout(g, size);
    std::uint64_t at = kBlockSize, payload = 0, total = 0;
    for (std::uint64_t stripe = 0; stripe < layout.stripe_count(); ++stripe) {
      if (stripe % Layout::kChunksPerGroup == 0) {
        ASSERT_EQ(layout.hash_block_offset(Layout::group_of(stripe)), at);
        at += kBlockSize;
      }
      ASSERT_EQ(layout.stripe_offset(stripe), total);
      ASSERT_EQ(layout.chunk_offset(stripe), at);
      ASSERT_EQ(at % kBlockSize, 0u);
      ASSERT_GT(layout.chunk_length(stripe), 0u);
      at += layout.chunk_space(stripe);
      payload += layout.chunk_length(stripe);
      total += layout.stripe_length(stripe);
    }
    ASSERT_EQ(layout.trailer_offset(), at);
    ASSERT_EQ(layout.shard_payload(), payload);
    ASSERT_EQ(total, size);
    std::uint64_t chunks = 0;
    for (std::uint64_t group = 0; group < layout.group_count(); ++group) chunks += layout.group_chunks(group);
    ASSERT_EQ(chunks, layout.stripe_count());
    ASSERT_EQ(layout.group_chunks(layout.group_count()), 0u);
  }
}

TEST(Layout, ARangeIsCoveredByExactlyItsStripes) {
  std::mt19937_64 random(8);
  for (int round = 0; round < 5000; ++round) {
    const Geometry g{static_cast<std::uint8_t>(1 + random() % 12), 0, kBlockSize};
    const std::uint64_t size = random() % (g.stripe_size() * 10);
    const Layout layout(g, size);
    const std::uint64_t offset = random() % (size + 10), length = random() % (size + 10);
    const StripeRange range = layout.stripes_of(offset, length);
    const std::uint64_t end = std::min(offset + length, size);
    if (offset >= end) {
      ASSERT_EQ(range.count, 0u);
      continue;
    }
    ASSERT_EQ(layout.stripe_offset(range.first) + range.skip, offset);
    ASSERT_LT(range.skip, layout.stripe_length(range.first));
    const std::uint64_t last = range.first + range.count - 1;
    ASSERT_LT(layout.stripe_offset(last), end);
    ASSERT_GE(layout.stripe_offset(last) + layout.stripe_length(last), end);
  }
  EXPECT_EQ(Layout({4, 2, 4096}, 100000).stripes_of(99999, ~std::uint64_t{0}).count, 1u);  // no overflow
}

}  // namespace
}  // namespace cairn::codec
