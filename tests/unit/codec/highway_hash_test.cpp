#include "cairn/codec/highway_hash.hpp"

#include <algorithm>
#include <cstring>

#include <gtest/gtest.h>

#include "unit/codec/highway_hash_vectors.hpp"
#include "unit/codec/test_bytes.hpp"

namespace cairn::codec {
namespace {

constexpr HashKey kPublishedKey{
    {0x0706050403020100, 0x0f0e0d0c0b0a0908, 0x1716151413121110, 0x1f1e1d1c1b1a1918}};

Hash256 as_hash(const std::uint64_t (&lanes)[4]) {
  Hash256 out;
  std::memcpy(out.data(), lanes, sizeof lanes);
  return out;
}

// One input, through the target's own entry.
Hash256 hash_by(const HashTarget& target, const HashKey& key, Bytes data) {
  HashTarget::Lanes lanes, out;
  std::ranges::copy(key.lanes, lanes);
  const char* start = reinterpret_cast<const char*>(data.data());
  target.hash256(&lanes, &start, 1, data.size(), &out);
  return as_hash(out);
}

std::uint64_t hash64_by(const HashTarget& target, const HashKey& key, Bytes data) {
  HashTarget::Lanes lanes;
  std::ranges::copy(key.lanes, lanes);
  return target.hash64(lanes, reinterpret_cast<const char*>(data.data()), data.size());
}

std::vector<std::byte> counting(std::size_t size) {
  std::vector<std::byte> out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::byte>(i);
  return out;
}

TEST(HighwayHash, TheLastTargetIsPortableAndAlwaysSupported) {
  ASSERT_FALSE(hash_targets().empty());
  EXPECT_EQ(hash_targets().back().name, "portable");
  EXPECT_TRUE(hash_targets().back().supported);
}

TEST(HighwayHash, EveryTargetGivesThePublishedHashes) {
  for (const HashTarget& target : hash_targets()) {
    if (!target.supported) continue;
    for (std::size_t size = 0; size <= 64; ++size) {
      EXPECT_EQ(hash_by(target, kPublishedKey, counting(size)), as_hash(kPublished256[size]))
          << target.name << " " << size;
      EXPECT_EQ(hash64_by(target, kPublishedKey, counting(size)), kPublished64[size])
          << target.name << " " << size;
    }
  }
}

TEST(HighwayHash, TheDispatchedFunctionsGiveThePublishedHashes) {
  for (std::size_t size = 0; size <= 64; ++size) {
    EXPECT_EQ(hash256(kPublishedKey, counting(size)), as_hash(kPublished256[size])) << size;
    EXPECT_EQ(hash64(kPublishedKey, counting(size)), kPublished64[size]) << size;
  }
}

TEST(HighwayHash, AllTargetsAgreeOnEveryLengthAndAlignment) {
  const auto data = random_data(1 << 20);
  const HashTarget& portable = hash_targets().back();
  std::vector<std::size_t> sizes{4095, 4096, 4097, 65536, 131072, (1 << 20) - 37};
  for (std::size_t size = 0; size <= 300; ++size) sizes.push_back(size);
  for (const HashTarget& target : hash_targets()) {
    if (!target.supported) continue;
    for (const std::size_t size : sizes) {
      const Bytes input = Bytes(data).subspan(size % 33, size);
      ASSERT_EQ(hash_by(target, kPublishedKey, input), hash_by(portable, kPublishedKey, input))
          << target.name << size;
      ASSERT_EQ(hash64_by(target, kPublishedKey, input), hash64_by(portable, kPublishedKey, input))
          << target.name << size;
    }
  }
}

// An input at the end of its own allocation: AddressSanitizer sees a read past it.
TEST(HighwayHash, ReadsNothingOutsideTheInput) {
  for (const HashTarget& target : hash_targets()) {
    if (!target.supported) continue;
    for (std::size_t size = 1; size <= 100; ++size) {
      const std::vector<std::byte> exact = random_data(size);
      EXPECT_EQ(hash_by(target, kPublishedKey, exact), hash256(kPublishedKey, exact));
    }
  }
}

TEST(HighwayHash, InterleavedInputsHashAsTheyDoAlone) {
  const auto data = random_data(64 * 1024);
  for (const HashTarget& target : hash_targets()) {
    if (!target.supported) continue;
    for (std::size_t count = 1; count <= HashTarget::kInterleaved; ++count) {
      for (std::size_t length = 0; length < 200; ++length) {
        HashTarget::Lanes keys[HashTarget::kInterleaved], out[HashTarget::kInterleaved];
        const char* starts[HashTarget::kInterleaved];
        for (std::size_t i = 0; i < count; ++i) {
          for (std::size_t lane = 0; lane < 4; ++lane) keys[i][lane] = i * 77 + lane;
          starts[i] = reinterpret_cast<const char*>(data.data()) + i * 1000;
        }
        target.hash256(keys, starts, count, length, out);
        for (std::size_t i = 0; i < count; ++i) {
          const HashKey key{{keys[i][0], keys[i][1], keys[i][2], keys[i][3]}};
          ASSERT_EQ(as_hash(out[i]), hash256(key, Bytes(data).subspan(i * 1000, length)))
              << target.name << " " << count << " " << length;
        }
      }
    }
  }
}

TEST(HighwayHash, ManyInputsHashAsTheyDoAlone) {
  const auto data = random_data(200 * 1000);
  for (std::size_t count = 0; count <= 17; ++count) {
    std::vector<HashKey> keys(count);
    std::vector<const std::byte*> starts(count);
    std::vector<Hash256> out(count);
    for (std::size_t i = 0; i < count; ++i) {
      keys[i].lanes = {i, 2 * i, 3, ~i};
      starts[i] = data.data() + i * 1111;
    }
    hash256_many(keys, starts, 9999, out);
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_EQ(out[i], hash256(keys[i], {starts[i], 9999})) << count << " " << i;
  }
}

TEST(HighwayHash, EachBitOfTheKeyAndOfTheDataCounts) {
  const auto data = random_data(64);
  const Hash256 plain = hash256(kPublishedKey, data);
  for (std::size_t bit = 0; bit < 256; ++bit) {
    HashKey key = kPublishedKey;
    key.lanes[bit / 64] ^= std::uint64_t{1} << bit % 64;
    EXPECT_NE(hash256(key, data), plain) << bit;
  }
  for (std::size_t bit = 0; bit < data.size() * 8; ++bit) {
    auto changed = data;
    changed[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    EXPECT_NE(hash256(kPublishedKey, changed), plain) << bit;
  }
}

}  // namespace
}  // namespace cairn::codec
