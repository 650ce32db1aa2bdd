#include "cairn/s3wire/uri.hpp"

#include <gtest/gtest.h>

namespace cairn::s3wire {
namespace {

TEST(Uri, DecodingIsStrictAndKeepsPlus) {
  EXPECT_EQ(percent_decode("/a+b%20c%2b").value(), "/a+b c+");
  EXPECT_EQ(percent_decode("%00").value(), std::string(1, '\0'));
  for (const char* bad : {"%", "%1", "a%g0", "%0g"})
    EXPECT_EQ(percent_decode(bad).error().code, Code::invalid_uri) << bad;
}

TEST(Uri, EveryByteSurvivesEncoding) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  EXPECT_EQ(percent_decode(uri_encode(all, Slash::encode)).value(), all);
  EXPECT_EQ(percent_decode(uri_encode(all, Slash::keep)).value(), all);
  EXPECT_EQ(uri_encode("aZ09-._~ /+", Slash::keep), "aZ09-._~%20/%2B");
  EXPECT_EQ(uri_encode("/", Slash::encode), "%2F");
  EXPECT_EQ(xml_url_encode("test_file(3).png"), "test_file%283%29.png");
}

TEST(Query, KeepsOrderNamesAndBareness) {
  const Query q = Query::parse("uploads&prefix=a+b%2B&&empty=&x=1&x=2").value();
  ASSERT_EQ(q.params().size(), 5u);
  EXPECT_TRUE(q.params()[0].bare);
  EXPECT_FALSE(q.params()[2].bare);
  EXPECT_EQ(q.get("prefix"), "a b+");
  EXPECT_EQ(q.get("x"), "1");
  EXPECT_TRUE(q.has("empty"));
  EXPECT_FALSE(q.has("Prefix"));
  EXPECT_EQ(Query::parse("a=b=c")->get("a"), "b=c");
}

TEST(Query, NumbersAreChecked) {
  const Query q = Query::parse("max-keys=7&neg=-1&big=4294967296&text=x&none=").value();
  EXPECT_EQ(q.number("max-keys", 1000, 5000).value(), 7u);
  EXPECT_EQ(q.number("absent", 1000, 5000).value(), 1000u);
  for (const char* name : {"neg", "big", "text", "none"})
    EXPECT_EQ(q.number(name, 1, 0x7fffffff).error().code, Code::invalid_argument) << name;
  EXPECT_FALSE(q.number("max-keys", 1, 6).has_value());
}

TEST(Query, HoistedHeadersLeaveTheSignatureOut) {
  const Query q =
      Query::parse("x-amz-acl=private&X-Amz-Date=d&X-Amz-Signature=s&x-id=PutObject&x-amz-meta-a=b").value();
  const auto headers = hoisted_headers(q);
  ASSERT_EQ(headers.size(), 2u);
  EXPECT_EQ(headers[0].name, "x-amz-acl");
  EXPECT_EQ(headers[1].value, "b");
}

}  // namespace
}  // namespace cairn::s3wire
