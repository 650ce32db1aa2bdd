#include "cairn/crypto/seal.hpp"

#include <gtest/gtest.h>

#include "cairn/base/bytes.hpp"

namespace cairn::crypto {
namespace {

SealKey key_of(std::uint8_t fill) {
  SealKey key;
  key.fill(fill);
  return key;
}

TEST(Seal, ATextComesBackAndIsSealedAnewEachTime) {
  for (const std::size_t size : {0u, 1u, 15u, 16u, 17u, 4'000u}) {
    const std::string text(size, 'x');
    const std::string sealed = seal(key_of(1), text, "bound");
    EXPECT_EQ(sealed.size(), size + 28);
    EXPECT_NE(sealed, seal(key_of(1), text, "bound"));
    EXPECT_EQ(unseal(key_of(1), sealed, "bound").value(), text);
  }
}

TEST(Seal, EveryChangedByteIsNoticed) {
  const std::string sealed = seal(key_of(1), "who and until when");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(unseal(key_of(1), changed)) << i;
  }
  EXPECT_FALSE(unseal(key_of(2), sealed));
  EXPECT_FALSE(unseal(key_of(1), sealed, "bound"));
  for (std::size_t i = 0; i < sealed.size(); ++i) EXPECT_FALSE(unseal(key_of(1), sealed.substr(0, i))) << i;
}

// "The Galois/Counter Mode of Operation (GCM)", McGrew and Viega, appendix B, test cases 14 and 16: the nonce
// comes first, then the ciphertext, then the tag.
TEST(Seal, IsTheStandardsAlgorithm) {
  const std::string zeros =
      from_hex(std::string(24, '0') + "cea7403d4d606b6e074ec5d3baf39d18" + "d0d1c8a799996bf0265b98b5d48ab919")
          .value();
  EXPECT_EQ(unseal(key_of(0), zeros).value(), std::string(16, '\0'));
  const std::string raw_key =
      from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308").value();
  SealKey key;
  std::copy(raw_key.begin(), raw_key.end(), key.begin());
  const std::string bound = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2").value();
  const std::string sealed = from_hex(
                                 "cafebabefacedbaddecaf888"
                                 "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                                 "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                                 "76fc6ece0f4e1768cddf8853bb2d551b")
                                 .value();
  EXPECT_EQ(unseal(key, sealed, bound).value(),
            from_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                     "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")
                .value());
}

}  // namespace
}  // namespace cairn::crypto
