#include <thread>

#include <gtest/gtest.h>

#include "cairn/base/buffer.hpp"
#include "cairn/base/bytes.hpp"
#include "cairn/base/clock.hpp"
#include "cairn/base/ids.hpp"
#include "cairn/base/metrics.hpp"

namespace cairn {
namespace {

TEST(Bytes, DecoderReadsWhatEncoderWrote) {
  std::string bytes;
  Encoder out(bytes);
  out.u8(7);
  out.u16(0x1234);
  out.u32(0x89abcdef);
  out.u64(0xfedcba9876543210);
  for (const std::uint64_t v : {0ull, 127ull, 128ull, 300ull, ~0ull}) out.varint(v);
  for (const std::int64_t v : {0ll, -1ll, 1ll, INT64_MIN + 0ll, INT64_MAX + 0ll}) out.signed_varint(v);
  out.bytes("text");
  Decoder in(bytes);
  EXPECT_EQ(in.u8(), 7);
  EXPECT_EQ(in.u16(), 0x1234);
  EXPECT_EQ(in.u32(), 0x89abcdef);
  EXPECT_EQ(in.u64(), 0xfedcba9876543210);
  for (const std::uint64_t v : {0ull, 127ull, 128ull, 300ull, ~0ull}) EXPECT_EQ(in.varint(), v);
  for (const std::int64_t v : {0ll, -1ll, 1ll, INT64_MIN + 0ll, INT64_MAX + 0ll})
    EXPECT_EQ(in.signed_varint(), v);
  EXPECT_EQ(in.bytes(), "text");
  EXPECT_TRUE(in.finish("test"));
}

TEST(Bytes, DecoderTurnsBadAtTheEndAndStaysBad) {
  std::string bytes;
  Encoder(bytes).varint(1000);  // a length with nothing behind it
  Decoder in(bytes);
  EXPECT_EQ(in.bytes(), "");
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.u64(), 0u);
  EXPECT_EQ(in.finish("test").error().code, Code::corrupt);
  Decoder endless(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 11));
  endless.varint();
  EXPECT_FALSE(endless.ok());
  Decoder left("ab");
  left.u8();
  EXPECT_FALSE(left.finish("test"));
}

TEST(Bytes, Base64IsStrict) {
  for (const char* text : {"", "a", "ab", "abc", "abcd"})
    EXPECT_EQ(*from_base64(to_base64(as_bytes(text))), text);
  EXPECT_EQ(to_base64(as_bytes("foobar")), "Zm9vYmFy");
  for (const char* bad : {"Zg=", "Zh==", "Z===", "Zg==Zg==", "Zm 9", "====", "Zg=a"})
    EXPECT_FALSE(from_base64(bad)) << bad;
}

TEST(Bytes, HexRoundTripsAndRefusesTheRest) {
  EXPECT_EQ(to_hex(as_bytes(std::string_view("\x00\xff\x10", 3))), "00ff10");
  EXPECT_EQ(*from_hex("00FF10"), std::string_view("\x00\xff\x10", 3));
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(Bytes, ConstantTimeCompareIsEquality) {
  EXPECT_TRUE(equal_constant_time("", ""));
  EXPECT_TRUE(equal_constant_time("same", "same"));
  EXPECT_FALSE(equal_constant_time("same", "samE"));
  EXPECT_FALSE(equal_constant_time("same", "same "));
}

TEST(Ids, RandomIdsDifferAndParseBack) {
  const DataId a = DataId::random(), b = DataId::random();
  EXPECT_NE(a, b);
  EXPECT_FALSE(a.is_null());
  EXPECT_EQ(*DataId::parse(a.hex()), a);
  EXPECT_FALSE(DataId::parse("12"));
}

TEST(Clock, DatesAreThoseOfTheStandards) {
  EXPECT_EQ(iso8601_ms(784111777123), "1994-11-06T08:49:37.123Z");
  EXPECT_EQ(http_date(784111777123), "Sun, 06 Nov 1994 08:49:37 GMT");  // the example of RFC 9110
}

TEST(BufferPool, BlocksAreAlignedDistinctAndReused) {
  BufferPool pool;
  std::byte* first = nullptr;
  {
    Buffer a = pool.get(5000), b = pool.get(5000);
    first = a.data();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(a.data()) % 4096, 0u);
    EXPECT_GE(std::abs(a.data() - b.data()), 8192);
    EXPECT_EQ(pool.bytes_in_use(), 2u * 8192);
  }
  EXPECT_EQ(pool.bytes_in_use(), 0u);
  const std::size_t mapped = pool.bytes_mapped();
  for (int i = 0; i < 1000; ++i) pool.get(1u << 20);
  EXPECT_EQ(pool.bytes_mapped(), mapped);
  EXPECT_NE(first, nullptr);
}

TEST(BufferPool, AMixOfSizesDoesNotUseUpMemory) {
  BufferPool pool;
  for (int round = 0; round < 200; ++round) {
    std::vector<Buffer> held;
    for (int i = 0; i < 8; ++i) held.push_back(pool.get(round % 2 ? 1u << 20 : 4096));
  }
  EXPECT_LE(pool.bytes_mapped(), std::size_t{64} << 20);
}

TEST(BufferPool, ASharedBufferLivesAsLongAsItsSlices) {
  BufferPool pool;
  Slice kept;
  {
    Buffer b = pool.get(4096);
    b.data()[10] = std::byte{42};
    kept = Buffer::share(std::move(b)).sub(10, 1);
  }
  EXPECT_EQ(kept.bytes[0], std::byte{42});
  EXPECT_EQ(pool.bytes_in_use(), 4096u);
  kept = {};
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(Metrics, HistogramsAreCumulativeAndEndInInf) {
  MetricRegistry registry;
  auto& h = registry.histogram("cairn_test_seconds", "Test.", {{"op", "a\"b"}});
  h.observe(0.00005);
  h.observe(0.002);
  h.observe(1000);
  const std::string text = registry.render();
  EXPECT_NE(text.find("cairn_test_seconds_bucket{op=\"a\\\"b\",le=\"0.0001\"} 1\n"), std::string::npos)
      << text;
  EXPECT_NE(text.find("le=\"100\"} 2\n"), std::string::npos);
  EXPECT_NE(text.find("le=\"+Inf\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("cairn_test_seconds_count{op=\"a\\\"b\"} 3\n"), std::string::npos);
}

}  // namespace
}  // namespace cairn
