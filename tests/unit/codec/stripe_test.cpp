#include "cairn/codec/stripe.hpp"

#include <algorithm>
#include <bit>

#include <gtest/gtest.h>

#include "cairn/codec/shard_file.hpp"

#include "unit/codec/test_bytes.hpp"

namespace cairn::codec {
namespace {

const StripeId kId{test_data_id(), 3, 41};

struct Encoded {
  std::vector<std::byte> original, buffer, parity;
  EncodedStripe stripe;
  std::vector<const std::byte*> chunks(unsigned total) const {
    std::vector<const std::byte*> out;
    out.reserve(total);
    for (unsigned i = 0; i < total; ++i) out.push_back(stripe.chunks[i].data());
    return out;
  }
};

Encoded encode(const ReedSolomon& code, std::size_t length) {
  Encoded e;
  e.original = random_data(length);
  e.buffer = e.original;
  e.buffer.resize(padded_length(code.data(), length), std::byte{0xee});
  e.parity.resize(code.parity() * chunk_length(code.data(), length));
  e.stripe = encode_stripe(code, kId, e.buffer, length, e.parity);
  return e;
}

TEST(Stripe, DataChunksAreTheBufferItselfPaddedWithZeros) {
  const ReedSolomon& code = **ReedSolomon::get(4, 2);
  const Encoded e = encode(code, 4097);
  EXPECT_EQ(e.stripe.chunk_length, 1025u);
  for (unsigned i = 0; i < 4; ++i) {
    EXPECT_EQ(e.stripe.chunks[i].data(), e.buffer.data() + i * 1025);
    EXPECT_EQ(e.stripe.chunks[i].size(), 1025u);
  }
  EXPECT_TRUE(std::equal(e.original.begin(), e.original.end(), e.buffer.begin()));
  for (std::size_t i = 4097; i < e.buffer.size(); ++i) EXPECT_EQ(e.buffer[i], std::byte{});
}

TEST(Stripe, EachChunkHasTheHashOfItsPlace) {
  const ReedSolomon& code = **ReedSolomon::get(5, 3);
  const Encoded e = encode(code, 70000);
  for (unsigned i = 0; i < 8; ++i) {
    const ShardId shard{kId.data_id, kId.part, static_cast<std::uint8_t>(i)};
    EXPECT_TRUE(chunk_is_good(shard, kId.stripe, e.stripe.chunks[i], e.stripe.hashes[i])) << i;
    EXPECT_FALSE(chunk_is_good(shard, kId.stripe + 1, e.stripe.chunks[i], e.stripe.hashes[i])) << i;
  }
}

TEST(Stripe, WithOneDataShardNothingIsCodedOrCopied) {
  for (const unsigned parity : {0u, 1u}) {
    const ReedSolomon& code = **ReedSolomon::get(1, parity);
    std::vector<std::byte> buffer = random_data(5000);
    const EncodedStripe stripe = encode_stripe(code, kId, buffer, buffer.size(), {});
    for (unsigned i = 0; i <= parity; ++i) {
      EXPECT_EQ(stripe.chunks[i].data(), buffer.data());
      EXPECT_EQ(stripe.chunks[i].size(), 5000u);
    }
    if (parity) {
      EXPECT_NE(stripe.hashes[0], stripe.hashes[1]);
    }
    const std::byte* chunks[2] = {buffer.data(), nullptr};
    EXPECT_TRUE(decode_stripe(code, std::span(chunks).first(code.total()), 5000, buffer));
  }
}

TEST(Stripe, AnEmptyStripeHasEmptyChunksWithHashes) {
  const ReedSolomon& code = **ReedSolomon::get(4, 2);
  const Encoded e = encode(code, 0);
  EXPECT_EQ(e.stripe.chunk_length, 0u);
  EXPECT_TRUE(chunk_is_good({kId.data_id, kId.part, 5}, kId.stripe, {}, e.stripe.hashes[5]));
}

TEST(Stripe, EveryLossOfUpToPChunksGivesTheDataBack) {
  for (const auto& [data, parity] : {std::pair{1u, 1u}, {2u, 1u}, {2u, 2u}, {4u, 2u}, {3u, 3u}, {6u, 6u}}) {
    const ReedSolomon& code = **ReedSolomon::get(data, parity);
    for (const std::size_t length : {1u, 2u, 11u, 4096u, 10001u}) {
      const Encoded e = encode(code, length);
      for (std::uint32_t missing = 0; missing < 1u << code.total(); ++missing) {
        if (std::popcount(missing) > static_cast<int>(parity)) continue;
        auto chunks = e.chunks(code.total());
        for (unsigned i = 0; i < code.total(); ++i) {
          if (missing >> i & 1) chunks[i] = nullptr;
        }
        std::vector<std::byte> out(padded_length(data, length), std::byte{0x55});
        ASSERT_TRUE(decode_stripe(code, chunks, e.stripe.chunk_length, out));
        ASSERT_TRUE(std::equal(e.original.begin(), e.original.end(), out.begin()))
            << data << parity << missing;
      }
    }
  }
}

TEST(Stripe, ChunksReadIntoPlaceStayAndOnlyNeededOnesAreRebuilt) {
  const ReedSolomon& code = **ReedSolomon::get(4, 2);
  const Encoded e = encode(code, 4000);
  std::vector<std::byte> out(4000, std::byte{0x55});
  std::copy_n(e.buffer.begin() + 1000, 1000, out.begin() + 1000);
  auto chunks = e.chunks(6);
  chunks[0] = chunks[3] = nullptr;
  chunks[1] = out.data() + 1000;
  ShardSet needed;
  needed.set(1).set(3);
  ASSERT_TRUE(decode_stripe(code, chunks, 1000, out, needed));
  EXPECT_TRUE(std::equal(out.begin() + 1000, out.begin() + 2000, e.original.begin() + 1000));
  EXPECT_TRUE(std::equal(out.begin() + 3000, out.end(), e.original.begin() + 3000));
  EXPECT_EQ(std::count(out.begin(), out.begin() + 1000, std::byte{0x55}), 1000);
}

TEST(Stripe, TooFewChunksAreRefused) {
  const ReedSolomon& code = **ReedSolomon::get(4, 2);
  const Encoded e = encode(code, 4000);
  auto chunks = e.chunks(6);
  chunks[0] = chunks[3] = chunks[4] = nullptr;
  std::vector<std::byte> out(4000);
  const Status status = decode_stripe(code, chunks, 1000, out);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::no_quorum);
}

TEST(Stripe, BadChunksAreFoundAndMissingOnesAreNotBad) {
  const ReedSolomon& code = **ReedSolomon::get(6, 3);
  Encoded e = encode(code, 60000);
  auto chunks = e.chunks(9);
  EXPECT_TRUE(bad_chunks(kId, chunks, e.stripe.chunk_length, e.stripe.hashes).none());
  e.buffer[2 * 10000 + 77] ^= std::byte{1};
  e.parity[0] ^= std::byte{0x80};
  chunks[1] = nullptr;
  std::swap(chunks[7], chunks[8]);  // good bytes in wrong places
  const ShardSet bad = bad_chunks(kId, chunks, e.stripe.chunk_length, e.stripe.hashes);
  EXPECT_EQ(bad, ShardSet(0b111'000100));
}

}  // namespace
}  // namespace cairn::codec
