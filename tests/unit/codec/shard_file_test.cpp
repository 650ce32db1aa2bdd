#include "cairn/codec/shard_file.hpp"

#include <fstream>
#include <iterator>
#include <set>

#include <gtest/gtest.h>

#include "unit/codec/test_bytes.hpp"

namespace cairn::codec {
namespace {

ShardHeader sample() {
  ShardHeader h;
  h.shard = {test_data_id(), 7, 3};
  h.geometry = {4, 2, 262144};
  h.size = 123456789;
  h.identity = "deployment/bucket/a key/with \xc3\xa9/version";
  return h;
}

std::string golden(const std::string& name) {
  std::ifstream in(std::string(CAIRN_TEST_DIR) + "/unit/codec/golden/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(ShardHeader, ReadsBackWhatWasWritten) {
  ShardHeader h = sample();
  for (const std::size_t identity : {std::size_t{0}, std::size_t{1}, kMaxIdentity}) {
    h.identity.assign(identity, 'x');
    const auto block = encode_header(h);
    ASSERT_TRUE(block);
    EXPECT_EQ(block->size(), kBlockSize);
    const auto back = decode_header(as_bytes(*block));
    ASSERT_TRUE(back) << back.error().context;
    EXPECT_EQ(*back, h);
  }
}

TEST(ShardHeader, RefusesToWriteWhatItWouldNotRead) {
  ShardHeader h = sample();
  h.identity.assign(kMaxIdentity + 1, 'x');
  EXPECT_FALSE(encode_header(h));
  h = sample();
  h.shard.index = 6;
  EXPECT_FALSE(encode_header(h));
  h = sample();
  h.geometry.chunk_size = 5000;
  EXPECT_FALSE(encode_header(h));
  h = sample();
  h.size = kMaxObjectSize + 1;
  EXPECT_FALSE(encode_header(h));
}

TEST(ShardHeader, EveryFlippedBitIsFound) {
  const std::string block = encode_header(sample()).value();
  for (std::size_t bit = 0; bit < block.size() * 8; ++bit) {
    std::string bad = block;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
    const auto back = decode_header(as_bytes(bad));
    ASSERT_FALSE(back) << bit;
    ASSERT_EQ(back.error().code, Code::corrupt);
  }
}

TEST(ShardHeader, ShortAndLongBlocksAreRefused) {
  const std::string block = encode_header(sample()).value();
  EXPECT_FALSE(decode_header({}));
  EXPECT_FALSE(decode_header(as_bytes(block).first(kBlockSize - 1)));
  EXPECT_FALSE(decode_header(as_bytes(block + std::string(1, '\0'))));
}

// A later version is told apart from damage: its hash is right.
TEST(ShardHeader, ALaterFormatVersionIsUnsupported) {
  std::string block = golden("header-version-2.bin");
  ASSERT_EQ(block.size(), kBlockSize);
  const auto back = decode_header(as_bytes(block));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().code, Code::unsupported);
}

TEST(ShardHeader, MatchesTheGoldenFile) {
  const std::string file = golden("shard-v1-header.bin");
  ASSERT_FALSE(file.empty());
  EXPECT_EQ(encode_header(sample()).value(), file);
  EXPECT_EQ(decode_header(as_bytes(file)).value(), sample());
}

TEST(ShardTrailer, ReadsBackMetadataOfEverySize) {
  const ShardId shard = sample().shard;
  for (const std::size_t size : {0u, 1u, 4047u, 4048u, 4049u, 100000u, 4u << 20}) {
    const std::string metadata(size, 'm');
    const auto trailer = encode_trailer(shard, metadata);
    ASSERT_TRUE(trailer);
    EXPECT_EQ(trailer->size(), trailer_size(size));
    EXPECT_EQ(trailer->size() % kBlockSize, 0u);
    EXPECT_EQ(trailer_size_from(as_bytes(*trailer).first(kBlockSize)).value(), trailer->size());
    const auto back = decode_trailer(shard, as_bytes(*trailer));
    ASSERT_TRUE(back) << back.error().context;
    EXPECT_EQ(*back, metadata);
  }
  EXPECT_EQ(trailer_size(4048), kBlockSize);
  EXPECT_EQ(trailer_size(4049), 2 * kBlockSize);
  EXPECT_FALSE(encode_trailer(shard, std::string(kMaxTrailerMetadata + 1, 'm')));
}

TEST(ShardTrailer, EveryFlippedBitIsFound) {
  const ShardId shard = sample().shard;
  const std::string trailer = encode_trailer(shard, std::string(300, 'm')).value();
  for (std::size_t bit = 0; bit < trailer.size() * 8; ++bit) {
    std::string bad = trailer;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(decode_trailer(shard, as_bytes(bad))) << bit;
  }
}

TEST(ShardTrailer, BelongsToItsShardOnly) {
  const ShardId shard = sample().shard;
  const std::string trailer = encode_trailer(shard, "metadata").value();
  ShardId other = shard;
  other.index = 4;
  EXPECT_FALSE(decode_trailer(other, as_bytes(trailer)));
  other = shard;
  other.part = 8;
  EXPECT_FALSE(decode_trailer(other, as_bytes(trailer)));
  EXPECT_FALSE(decode_trailer(shard, as_bytes(trailer).first(kBlockSize - 1)));
  EXPECT_FALSE(decode_trailer(shard, as_bytes(trailer + std::string(kBlockSize, '\0'))));
  EXPECT_FALSE(decode_trailer(shard, {}));
}

TEST(ShardTrailer, MatchesTheGoldenFile) {
  const std::string file = golden("shard-v1-trailer.bin");
  ASSERT_FALSE(file.empty());
  const std::string metadata = "the version's metadata, as it was written";
  EXPECT_EQ(encode_trailer(sample().shard, metadata).value(), file);
  EXPECT_EQ(decode_trailer(sample().shard, as_bytes(file)).value(), metadata);
}

TEST(ChunkHash, EveryPlaceHasAKeyOfItsOwn) {
  std::set<std::array<std::uint64_t, 4>> keys;
  for (std::uint8_t id = 0; id < 3; ++id) {
    for (std::uint32_t part = 0; part < 4; ++part) {
      for (std::uint8_t index = 0; index < 4; ++index) {
        for (std::uint64_t stripe = 0; stripe < 4; ++stripe) {
          keys.insert(chunk_key(test_data_id(id), part, index, stripe).lanes);
        }
      }
    }
  }
  EXPECT_EQ(keys.size(), 3u * 4 * 4 * 4);
}

TEST(ChunkHash, IsTheOneInTheFormatDescription) {
  EXPECT_EQ(to_hex(hash_bytes(chunk_hash({test_data_id(), 7, 3}, 5, as_bytes("chunk")))),
            "bd0a10e5cff0b1807f5fa9ed5569d7bdb785e94b93f1ebb4af5cc50692c3b563");
}

TEST(HashBlock, HoldsOneHashAChunk) {
  std::vector<std::byte> block(kBlockSize);
  std::vector<Hash256> hashes;
  for (std::uint64_t stripe = 128; stripe < 256; ++stripe) {
    hashes.push_back(chunk_hash({test_data_id(), 0, 0}, stripe, as_bytes("chunk")));
    put_hash(block, stripe, hashes.back());
  }
  for (std::uint64_t stripe = 128; stripe < 256; ++stripe)
    EXPECT_EQ(get_hash(block, stripe), hashes[stripe - 128]);
  EXPECT_EQ(std::string(as_text(Bytes(block).first(32))), std::string(as_text(hash_bytes(hashes[0]))));
}

TEST(ShardFile, SizeIsHeaderGroupsAndTrailer) {
  // 300 full stripes and a short one: three groups.
  const Layout layout({4, 2, 8192}, 300 * 4 * 8192 + 100);
  EXPECT_EQ(layout.group_count(), 3u);
  EXPECT_EQ(file_size(layout, 5000), 4096u + 3 * 4096 + 300 * 8192 + 4096 + 2 * 4096);
  EXPECT_EQ(file_size(Layout({4, 2, 8192}, 0), 10), 2 * 4096u);
}

TEST(InlineShard, ReadsBackWhatWasWritten) {
  const ShardId shard{test_data_id(), 0, 2};
  for (const std::size_t size : {0u, 1u, 31u, 4096u, 100000u}) {
    const auto chunk = random_data(size);
    const std::string encoded = encode_inline(shard, chunk);
    EXPECT_EQ(encoded.size(), kInlineOverhead + size);
    EXPECT_EQ(encode_inline(chunk_hash(shard, 0, chunk), chunk), encoded);
    const auto back = decode_inline(shard, as_bytes(encoded));
    ASSERT_TRUE(back);
    EXPECT_EQ(as_text(*back), as_text(chunk));
  }
}

TEST(InlineShard, DamageAndMixUpsAreFound) {
  const ShardId shard{test_data_id(), 0, 2};
  const std::string encoded = encode_inline(shard, random_data(100));
  for (std::size_t bit = 0; bit < encoded.size() * 8; ++bit) {
    std::string bad = encoded;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ 1 << bit % 8);
    ASSERT_FALSE(decode_inline(shard, as_bytes(bad))) << bit;
  }
  for (std::size_t size = 0; size < encoded.size(); ++size) {
    ASSERT_FALSE(decode_inline(shard, as_bytes(encoded).first(size))) << size;
  }
  EXPECT_FALSE(decode_inline({shard.data_id, 0, 1}, as_bytes(encoded)));
  EXPECT_FALSE(decode_inline({shard.data_id, 1, 2}, as_bytes(encoded)));
  EXPECT_FALSE(decode_inline({test_data_id(0x11), 0, 2}, as_bytes(encoded)));
}

}  // namespace
}  // namespace cairn::codec
