#include "cairn/codec/reed_solomon.hpp"

#include <bit>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "unit/codec/test_bytes.hpp"

namespace cairn::codec {
namespace {

// All shards of one stripe, in one block, each in an allocation of its own size.
struct Stripe {
  std::vector<std::vector<std::byte>> shards;
  std::vector<const std::byte*> sources() const {
    std::vector<const std::byte*> out;
    out.reserve(shards.size());
    for (const auto& s : shards) out.push_back(s.data());
    return out;
  }
};

Stripe encoded(const ReedSolomon& code, std::size_t length) {
  Stripe out;
  for (unsigned i = 0; i < code.total(); ++i) {
    out.shards.push_back(i < code.data() ? random_data(length, i + 1) : std::vector<std::byte>(length));
  }
  std::vector<std::byte*> parity;
  for (unsigned i = code.data(); i < code.total(); ++i) parity.push_back(out.shards[i].data());
  const auto sources = out.sources();
  code.encode(std::span(sources).first(code.data()), parity, length);
  return out;
}

void expect_rebuilt(const ReedSolomon& code, const Stripe& stripe, std::uint32_t missing,
                    std::size_t length) {
  auto present = stripe.sources();
  std::vector<std::vector<std::byte>> rebuilt(code.total());
  std::vector<std::byte*> wanted(code.total());
  for (unsigned i = 0; i < code.total(); ++i) {
    if (!(missing >> i & 1)) continue;
    present[i] = nullptr;
    rebuilt[i].assign(length, std::byte{0xaa});
    wanted[i] = rebuilt[i].data();
  }
  ASSERT_TRUE(code.reconstruct(present, wanted, length))
      << code.data() << "+" << code.parity() << " " << missing;
  for (unsigned i = 0; i < code.total(); ++i) {
    if (!wanted[i]) continue;
    ASSERT_EQ(rebuilt[i], stripe.shards[i])
        << code.data() << "+" << code.parity() << " " << missing << " " << i;
  }
}

TEST(ReedSolomon, RefusesShapesItCannotCode) {
  for (const auto& [data, parity] :
       {std::pair{0u, 0u}, {0u, 1u}, {1u, 2u}, {9u, 8u}, {16u, 1u}, {17u, 0u}, {~0u, 1u}}) {
    const auto code = ReedSolomon::get(data, parity);
    ASSERT_FALSE(code) << data << "+" << parity;
    EXPECT_EQ(code.error().code, Code::invalid_argument);
  }
}

TEST(ReedSolomon, EveryShapeOfUpTo16ShardsIsThere) {
  unsigned shapes = 0;
  for (unsigned data = 1; data <= 16; ++data) {
    for (unsigned parity = 0; valid_shards(data, parity); ++parity, ++shapes) {
      const auto code = ReedSolomon::get(data, parity);
      ASSERT_TRUE(code);
      EXPECT_EQ((*code)->data(), data);
      EXPECT_EQ((*code)->parity(), parity);
      EXPECT_EQ(*code, ReedSolomon::get(data, parity).value());  // made once
    }
  }
  EXPECT_EQ(shapes, 80u);
}

TEST(ReedSolomon, TheParityOfOneDataShardIsACopy) {
  const auto stripe = encoded(**ReedSolomon::get(1, 1), 1000);
  EXPECT_EQ(stripe.shards[0], stripe.shards[1]);
}

// Every shape, every set of up to P missing shards: 164,007 patterns.
TEST(ReedSolomon, EveryLossOfUpToPShardsIsRebuilt) {
  constexpr std::size_t kLength = 40;  // a vector and a rest
  for (unsigned data = 1; data <= 16; ++data) {
    for (unsigned parity = 0; valid_shards(data, parity); ++parity) {
      const ReedSolomon& code = **ReedSolomon::get(data, parity);
      const Stripe stripe = encoded(code, kLength);
      for (std::uint32_t missing = 0; missing < 1u << code.total(); ++missing) {
        if (std::popcount(missing) > static_cast<int>(parity)) continue;
        expect_rebuilt(code, stripe, missing, kLength);
        if (HasFatalFailure()) return;
      }
    }
  }
}

TEST(ReedSolomon, EveryLengthIsRebuilt) {
  const ReedSolomon& code = **ReedSolomon::get(6, 3);
  for (std::size_t length = 0; length <= 300; ++length) {
    const Stripe stripe = encoded(code, length);
    expect_rebuilt(code, stripe, 0b001'100001, length);
    if (HasFatalFailure()) return;
  }
  for (const std::size_t length : {4096u, 87382u, 1u << 20}) {
    expect_rebuilt(code, encoded(code, length), 0b100'010010, length);
  }
}

TEST(ReedSolomon, OneMoreLossThanPIsRefusedAndNothingIsWritten) {
  const ReedSolomon& code = **ReedSolomon::get(4, 2);
  const Stripe stripe = encoded(code, 64);
  auto present = stripe.sources();
  present[0] = present[3] = present[5] = nullptr;
  std::vector<std::byte> out(64, std::byte{0x77});
  std::vector<std::byte*> wanted(6);
  wanted[0] = out.data();
  const Status status = code.reconstruct(present, wanted, 64);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::no_quorum);
  EXPECT_EQ(out, std::vector<std::byte>(64, std::byte{0x77}));
}

TEST(ReedSolomon, OnlyWhatIsWantedIsRebuiltAlsoFromPresentShards) {
  const ReedSolomon& code = **ReedSolomon::get(4, 4);
  const Stripe stripe = encoded(code, 100);
  auto present = stripe.sources();
  present[0] = present[1] = present[6] = nullptr;
  std::vector<std::byte> one(100), again(100);
  std::vector<std::byte*> wanted(8);
  wanted[1] = one.data();
  wanted[7] = again.data();
  ASSERT_TRUE(code.reconstruct(present, wanted, 100));
  EXPECT_EQ(one, stripe.shards[1]);
  EXPECT_EQ(again, stripe.shards[7]);
}

// The parity of a fixed stripe, so that the matrix, which is part of the drive format, cannot change
// unnoticed.
TEST(ReedSolomon, TheParityOfAKnownStripeStaysWhatItIs) {
  const ReedSolomon& code = **ReedSolomon::get(4, 2);
  const std::string data[4] = {"abcd", "efgh", "ijkl", "mnop"};
  std::vector<const std::byte*> sources;
  for (const auto& d : data) sources.push_back(reinterpret_cast<const std::byte*>(d.data()));
  std::vector<std::byte> p0(4), p1(4);
  const std::vector<std::byte*> parity{p0.data(), p1.data()};
  code.encode(sources, parity, 4);
  EXPECT_EQ(to_hex(p0) + " " + to_hex(p1), "86e6c6a1 066646a0");
}

TEST(ReedSolomon, ThreadsMayDecodeTheSamePatternsAtTheSameTime) {
  const ReedSolomon& code = **ReedSolomon::get(8, 8);
  const Stripe stripe = encoded(code, 64);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (std::uint32_t missing = 1; missing < 400; ++missing) {
        if (std::popcount(missing) <= 8) expect_rebuilt(code, stripe, missing, 64);
      }
    });
  }
  for (auto& t : threads) t.join();
}

}  // namespace
}  // namespace cairn::codec
