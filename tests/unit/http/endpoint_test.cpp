#include "cairn/http/endpoint.hpp"

#include <gtest/gtest.h>

namespace cairn::http {
namespace {

TEST(Endpoint, ParsesWhatItPrints) {
  for (const char* text : {"localhost:9000", "1.2.3.4:1", "[::1]:65535", ":9000"}) {
    const auto e = Endpoint::parse(text);
    ASSERT_TRUE(e) << text;
    EXPECT_EQ(e->text(), text);
  }
  EXPECT_EQ(Endpoint::parse("[fe80::1]:80")->host, "fe80::1");
}

TEST(Endpoint, RefusesWhatIsNotAHostAndAPort) {
  for (const char* text : {"", "localhost", "localhost:", "localhost:x", "localhost:65536", "::1:9000",
                           "[::1]", "[]:1", "[::1:9000", "a b:1", "http://x:1", "host:-1", "host:1 "})
    EXPECT_FALSE(Endpoint::parse(text)) << text;
}

}  // namespace
}  // namespace cairn::http
