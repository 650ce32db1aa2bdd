#include "cairn/crypto/digest.hpp"

#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace cairn::crypto {
namespace {

constexpr DigestAlgorithm kAll[] = {
    DigestAlgorithm::md5,   DigestAlgorithm::sha1,   DigestAlgorithm::sha256,   DigestAlgorithm::sha512,
    DigestAlgorithm::crc32, DigestAlgorithm::crc32c, DigestAlgorithm::crc64nvme};

std::string hex(DigestAlgorithm algorithm, std::string_view data) {
  return to_hex(as_bytes(digest(algorithm, as_bytes(data))));
}

template <std::size_t N>
std::string hex(const std::array<std::uint8_t, N>& raw) {
  return to_hex(as_bytes(raw_text(raw)));
}

// RFC 1321 appendix A.5.
TEST(Digest, Md5GivesThePublishedValues) {
  EXPECT_EQ(hex(DigestAlgorithm::md5, ""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(hex(DigestAlgorithm::md5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(hex(DigestAlgorithm::md5, "message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(hex(md5(as_bytes("abcdefghijklmnopqrstuvwxyz"))), "c3fcd3d76192e4007dfb496cca67e13b");
}

// FIPS 180 examples: one block, two blocks, a million "a".
TEST(Digest, ShaGivesThePublishedValues) {
  const std::string two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", many(1000000, 'a');
  EXPECT_EQ(hex(DigestAlgorithm::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(hex(DigestAlgorithm::sha1, two), "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  EXPECT_EQ(hex(DigestAlgorithm::sha1, many), "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  EXPECT_EQ(hex(DigestAlgorithm::sha256, ""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(DigestAlgorithm::sha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(DigestAlgorithm::sha256, two),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hex(sha256(many)), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_EQ(hex(DigestAlgorithm::sha512, "abc"),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Digest, CrcsAreBigEndianAsS3EncodesThem) {
  EXPECT_EQ(hex(DigestAlgorithm::crc32, "123456789"), "cbf43926");
  EXPECT_EQ(hex(DigestAlgorithm::crc32c, "123456789"), "e3069283");
  EXPECT_EQ(hex(DigestAlgorithm::crc64nvme, "123456789"), "ae8b14860a799888");
}

TEST(Digest, AStreamCutAnywhereGivesTheOneShotDigest) {
  std::mt19937 random(5);
  std::string data(100000, '\0');
  for (char& c : data) c = static_cast<char>(random());
  for (const DigestAlgorithm algorithm : kAll) {
    const std::string expected = digest(algorithm, as_bytes(data));
    EXPECT_EQ(expected.size(), digest_size(algorithm));
    for (int round = 0; round < 30; ++round) {
      Digest stream(algorithm);
      for (std::size_t at = 0; at < data.size();) {
        const std::size_t n = std::min<std::size_t>(random() % (1 + random() % 20000), data.size() - at);
        stream.update(std::string_view(data).substr(at, n));
        at += n;
      }
      ASSERT_EQ(stream.finish(), expected);
    }
  }
}

TEST(Digest, ManyStreamsAtATimeDoNotMix) {
  for (const DigestAlgorithm algorithm : kAll) {
    std::vector<Digest> streams;
    streams.reserve(40);
    for (int i = 0; i < 40; ++i) streams.emplace_back(algorithm);
    for (int i = 0; i < 40; ++i) streams[static_cast<std::size_t>(i)].update(std::to_string(i));
    for (int i = 0; i < 40; i += 2) {
      EXPECT_EQ(streams[static_cast<std::size_t>(i)].finish(),
                digest(algorithm, as_bytes(std::to_string(i))));
    }
  }  // the others are dropped unfinished
  EXPECT_EQ(hex(DigestAlgorithm::md5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Digest, MovesBetweenObjectsAndThreads) {
  Digest a(DigestAlgorithm::sha256);
  a.update("ab");
  Digest b(DigestAlgorithm::crc32);
  b = std::move(a);
  std::string out;
  std::thread([moved = std::move(b), &out]() mutable {
    moved.update("c");
    out = moved.finish();
  }).join();
  EXPECT_EQ(out, raw_text(sha256("abc")));
}

// RFC 4231.
TEST(Hmac, GivesThePublishedValues) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(
      hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex(hmac_sha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Hmac, Sha1OfRfc2202) {
  const auto mac = [](std::string_view key, std::string_view data) {
    return hex(hmac_sha1(as_bytes(key), as_bytes(data)));
  };
  EXPECT_EQ(mac(std::string(20, '\x0b'), "Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(mac("Jefe", "what do ya want for nothing?"), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(mac(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

TEST(Hmac, KeysOfABlockAreUsedAsTheyAre) {
  const std::string key(64, 'k');
  EXPECT_NE(hmac_sha256(key, "data"), hmac_sha256(raw_text(sha256(key)), "data"));
  const std::string longer(65, 'k');
  EXPECT_EQ(hmac_sha256(longer, "data"), hmac_sha256(raw_text(sha256(longer)), "data"));
}

TEST(Checksum, NamesAreTheOnesOfS3) {
  for (const auto& [algorithm, name, size] : {std::tuple{ChecksumAlgorithm::crc32, "CRC32", 4u},
                                              {ChecksumAlgorithm::crc32c, "CRC32C", 4u},
                                              {ChecksumAlgorithm::crc64nvme, "CRC64NVME", 8u},
                                              {ChecksumAlgorithm::sha1, "SHA1", 20u},
                                              {ChecksumAlgorithm::sha256, "SHA256", 32u}}) {
    EXPECT_EQ(checksum_name(algorithm), name);
    EXPECT_EQ(parse_checksum_name(name), algorithm);
    EXPECT_EQ(digest_size(algorithm), size);
    EXPECT_EQ(is_crc(algorithm), size <= 8);
  }
  EXPECT_FALSE(parse_checksum_name("crc32"));
  EXPECT_FALSE(parse_checksum_name(""));
  EXPECT_FALSE(parse_checksum_name("MD5"));
}

}  // namespace
}  // namespace cairn::crypto
