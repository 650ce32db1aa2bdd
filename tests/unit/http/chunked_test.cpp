#include "http/chunked.hpp"

#include <string>

#include <gtest/gtest.h>

namespace cairn::http {
namespace {

// Decodes `coded` given in pieces of `step` bytes; what follows the body is left in `rest`.
Result<std::string> decode(std::string_view coded, std::size_t step, std::size_t* rest = nullptr) {
  ChunkDecoder decoder;
  std::string out;
  std::size_t at = 0;
  std::size_t have = 0;
  while (!decoder.done()) {
    if (have == at) {
      if (have == coded.size()) return fail(Code::incomplete_body);
      have = std::min(coded.size(), have + step);
    }
    TRY(const std::size_t used, decoder.feed(coded.substr(at, have - at)));
    at += used;
    const auto n = std::min<std::uint64_t>(decoder.data_left(), have - at);
    out.append(coded.substr(at, n));
    at += n;
    decoder.took(n);
  }
  if (rest) *rest = coded.size() - at;
  return out;
}

TEST(ChunkDecoder, GivesTheDataWhereverTheBytesAreCut) {
  constexpr std::string_view kCoded =
      "5\r\nhello\r\nA;name=\"va;lue\"\r\n0123456789\r\n000\r\nTrailer: x\r\n\r\nGET";
  for (std::size_t step = 1; step <= kCoded.size(); ++step) {
    std::size_t rest = 0;
    const auto text = decode(kCoded, step, &rest);
    ASSERT_TRUE(text) << step;
    EXPECT_EQ(*text, "hello0123456789");
    EXPECT_LE(rest, 3u);
  }
  std::size_t rest = 0;
  ASSERT_TRUE(decode(kCoded, kCoded.size(), &rest));
  EXPECT_EQ(rest, 3u);
}

TEST(ChunkDecoder, RefusesWhatReadersCouldUnderstandDifferently) {
  for (const char* coded :
       {"\r\n", ";x\r\n", "5\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n", "0x5\r\nhello\r\n",
        "+5\r\nhello\r\n", "-1\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5\r\nhello\n0\r\n\r\n",
        "10000000000000000\r\n", "5;a\nb\r\nhello\r\n", "0\r\n\n", "0\r\nA: b\n\r\n", "0\r\n\rX", "5\rX"}) {
    const auto text = decode(coded, 1);
    ASSERT_FALSE(text) << coded;
    EXPECT_TRUE(text.error().is(Code::bad_http)) << coded;
  }
}

TEST(ChunkDecoder, LimitsExtensionsAndTrailers) {
  EXPECT_TRUE(decode("0\r\nA: " + std::string(8000, 'x') + "\r\n\r\n", 100));
  EXPECT_FALSE(decode("0\r\nA: " + std::string(9000, 'x') + "\r\n\r\n", 100));
  EXPECT_FALSE(decode("1;" + std::string(9000, 'x') + "\r\n", 100));
  std::string many;
  for (int i = 0; i < 10000; ++i) many += "1;ext\r\nx\r\n";
  EXPECT_FALSE(decode(many + "0\r\n\r\n", 100));
}

}  // namespace
}  // namespace cairn::http
