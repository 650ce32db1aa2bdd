#include "cairn/crypto/crc.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace cairn::crypto {
namespace {

std::vector<std::byte> random_data(std::size_t size) {
  std::mt19937 random(3);
  std::vector<std::byte> out(size);
  for (auto& b : out) b = static_cast<std::byte>(random());
  return out;
}

// A bit at a time, as the definitions say.
template <class Word>
Word reference(Bytes data, Word poly) {
  Word reg = static_cast<Word>(~Word{0});
  for (const std::byte b : data) {
    reg ^= std::to_integer<Word>(b);
    for (int bit = 0; bit < 8; ++bit) reg = static_cast<Word>(reg >> 1 ^ (reg & 1 ? poly : 0));
  }
  return static_cast<Word>(~reg);
}

// The check values of the CRC catalogue (reveng) for "123456789".
TEST(Crc, GivesTheCheckValues) {
  const Bytes digits = as_bytes("123456789");
  EXPECT_EQ(crc32(0, digits), 0xcbf43926u);
  EXPECT_EQ(crc32c(0, digits), 0xe3069283u);
  EXPECT_EQ(crc64nvme(0, digits), 0xae8b14860a799888u);
  for (const Crc64Target& target : crc64nvme_targets()) {
    if (!target.supported) continue;
    EXPECT_EQ(target.update(0, reinterpret_cast<const unsigned char*>("123456789"), 9), 0xae8b14860a799888u);
  }
}

// RFC 3720 appendix B.4, and the 4 KiB pages of the NVM Command Set Specification.
TEST(Crc, GivesThePublishedValuesOfWholePages) {
  const std::vector<std::byte> zeros(4096), ones(4096, std::byte{0xff});
  EXPECT_EQ(crc32c(0, Bytes(zeros).first(32)), 0x8a9136aau);
  EXPECT_EQ(crc32c(0, Bytes(ones).first(32)), 0x62a8ab43u);
  EXPECT_EQ(crc64nvme(0, zeros), 0x6482d367eb22b64eu);
  EXPECT_EQ(crc64nvme(0, ones), 0xc0ddba7302eca3acu);
}

TEST(Crc, OfNothingIsZeroAndChangesNothing) {
  EXPECT_EQ(crc32(0, {}), 0u);
  EXPECT_EQ(crc32c(0, {}), 0u);
  EXPECT_EQ(crc64nvme(0, {}), 0u);
  EXPECT_EQ(crc32(0x12345678, {}), 0x12345678u);
  EXPECT_EQ(crc32c(0x12345678, {}), 0x12345678u);
  EXPECT_EQ(crc64nvme(0x12345678, {}), 0x12345678u);
}

TEST(Crc, EveryTargetAgreesWithTheDefinitionAtEveryLengthAndAlignment) {
  const auto data = random_data(20000);
  std::vector<std::size_t> sizes{1023, 1024, 1025, 4096, 19000};
  for (std::size_t size = 0; size <= 1100; ++size) sizes.push_back(size);
  for (const std::size_t size : sizes) {
    const Bytes input = Bytes(data).subspan(size % 17, size);
    ASSERT_EQ(crc32(0, input), reference<std::uint32_t>(input, 0xedb88320)) << size;
    ASSERT_EQ(crc32c(0, input), reference<std::uint32_t>(input, 0x82f63b78)) << size;
    const std::uint64_t expected = reference<std::uint64_t>(input, 0x9a6c9329ac4bc9b5);
    ASSERT_EQ(crc64nvme(0, input), expected) << size;
    for (const Crc64Target& target : crc64nvme_targets()) {
      if (!target.supported) continue;
      const auto* start = reinterpret_cast<const unsigned char*>(input.data());
      ASSERT_EQ(target.update(0, start, size), expected) << target.name << " " << size;
      const std::size_t half = size / 2;
      ASSERT_EQ(target.update(target.update(0, start, half), start + half, size - half), expected)
          << target.name;
    }
  }
}

TEST(Crc, CombinedPartsGiveTheCrcOfTheWhole) {
  const auto data = random_data(300000);
  std::mt19937 random(4);
  for (int round = 0; round < 300; ++round) {
    const Bytes all = Bytes(data).first(random() % (round < 100 ? 50 : data.size()));
    const std::size_t cut = all.empty() ? 0 : random() % (all.size() + 1);
    const Bytes a = all.first(cut), b = all.subspan(cut);
    ASSERT_EQ(combine_crc32(crc32(0, a), crc32(0, b), b.size()), crc32(0, all));
    ASSERT_EQ(combine_crc32c(crc32c(0, a), crc32c(0, b), b.size()), crc32c(0, all));
    ASSERT_EQ(combine_crc64nvme(crc64nvme(0, a), crc64nvme(0, b), b.size()), crc64nvme(0, all));
    for (const auto algorithm :
         {ChecksumAlgorithm::crc32, ChecksumAlgorithm::crc32c, ChecksumAlgorithm::crc64nvme}) {
      const DigestAlgorithm d = digest_of(algorithm);
      ASSERT_EQ(combine_checksums(algorithm, digest(d, a), digest(d, b), b.size()).value(), digest(d, all));
    }
  }
}

// Lengths above 32 bits: "x" and twice 4 TiB of zeros, joined from the left and from the right.
TEST(Crc, CombinesManyTebibytesInEitherOrder) {
  const std::vector<std::byte> block(1 << 20);
  const std::uint64_t x = crc64nvme(0, as_bytes("x"));
  const std::uint32_t x_32 = crc32(0, as_bytes("x"));
  std::uint64_t zeros = crc64nvme(0, block), length = block.size();
  std::uint32_t zeros_32 = crc32(0, block);
  for (; length < std::uint64_t{1} << 42; length *= 2) {
    zeros = combine_crc64nvme(zeros, zeros, length);
    zeros_32 = combine_crc32(zeros_32, zeros_32, length);
  }
  EXPECT_EQ(combine_crc64nvme(combine_crc64nvme(x, zeros, length), zeros, length),
            combine_crc64nvme(x, combine_crc64nvme(zeros, zeros, length), 2 * length));
  EXPECT_EQ(combine_crc32(combine_crc32(x_32, zeros_32, length), zeros_32, length),
            combine_crc32(x_32, combine_crc32(zeros_32, zeros_32, length), 2 * length));
}

TEST(Crc, OnlyCrcsOfTheRightSizeCombine) {
  EXPECT_FALSE(combine_checksums(ChecksumAlgorithm::sha256, std::string(32, 'a'), std::string(32, 'b'), 5));
  EXPECT_FALSE(combine_checksums(ChecksumAlgorithm::sha1, std::string(20, 'a'), std::string(20, 'b'), 5));
  EXPECT_FALSE(combine_checksums(ChecksumAlgorithm::crc32, "abc", "abcd", 5));
  EXPECT_FALSE(combine_checksums(ChecksumAlgorithm::crc64nvme, "abcdefgh", "abcd", 5));
}

}  // namespace
}  // namespace cairn::crypto
