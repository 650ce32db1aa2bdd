#include "cairn/s3wire/headers.hpp"

#include <gtest/gtest.h>

#include "requests.hpp"

namespace cairn::s3wire {
namespace {

using test::Request;

constexpr UnixMillis k1994 = 784'111'777'000;  // RFC 9110's example

TEST(HttpDate, AllThreeForms) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), k1994);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), k1994);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), k1994);
  EXPECT_EQ(parse_http_date("Sun Nov 16 08:49:37 1994"), k1994 + 10 * 86'400'000);
  EXPECT_EQ(parse_http_date(http_date(k1994)), k1994);
  for (const char* bad : {"", "x", "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
                          "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ",
                          "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT"})
    EXPECT_EQ(parse_http_date(bad), std::nullopt) << bad;
}

TEST(AmzDate, ThereAndBack) {
  EXPECT_EQ(parse_amz_date("19941106T084937Z"), k1994);
  EXPECT_EQ(amz_date(k1994 + 999), "19941106T084937Z");
  EXPECT_EQ(amz_date(-1000), "19691231T235959Z");
  for (const char* bad : {"", "19941106T084937", "19941306T084937Z", "1994110 T084937Z", "19941106T084937ZZ"})
    EXPECT_EQ(parse_amz_date(bad), std::nullopt) << bad;
}

TEST(Iso8601, WithAndWithoutFraction) {
  EXPECT_EQ(parse_iso8601("1994-11-06T08:49:37Z"), k1994);
  EXPECT_EQ(parse_iso8601("1994-11-06T08:49:37.125Z"), k1994 + 125);
  EXPECT_EQ(parse_iso8601("1994-11-06T08:49:37.123456789+00:00"), k1994 + 123);
  EXPECT_EQ(parse_iso8601(iso8601_ms(k1994 + 7)), k1994 + 7);
  EXPECT_EQ(parse_iso8601("1994-11-06T08:49:37.Z"), std::nullopt);
}

std::string range(std::string_view header, std::uint64_t size) {
  const auto spec = parse_range(header);
  if (!spec) return "whole";
  const auto r = resolve_range(*spec, size);
  return r ? std::to_string(r->offset) + "+" + std::to_string(r->length) : "unsatisfiable";
}

TEST(Range, OneRangeOrTheWholeObject) {
  EXPECT_EQ(range("bytes=0-0", 10), "0+1");
  EXPECT_EQ(range("bytes=0-99", 10), "0+10");
  EXPECT_EQ(range("bytes=5-", 10), "5+5");
  EXPECT_EQ(range("bytes=-3", 10), "7+3");
  EXPECT_EQ(range("bytes=-30", 10), "0+10");
  EXPECT_EQ(range("Bytes = 1 - 2", 10), "1+2");
  for (const char* unsatisfiable : {"bytes=10-", "bytes=10-20", "bytes=-0"})
    EXPECT_EQ(range(unsatisfiable, 10), "unsatisfiable");
  EXPECT_EQ(range("bytes=0-", 0), "unsatisfiable");
  EXPECT_EQ(range("bytes=-1", 0), "unsatisfiable");
  EXPECT_EQ(range("bytes=0-18446744073709551615", 10), "0+10");
  for (const char* ignored : {"", "bytes=", "bytes=-", "bytes=2-1", "bytes=0-1,3-4", "lines=0-1", "bytes=a-b",
                              "bytes=0x1-2", "bytes=0-18446744073709551616", "bytes=--1"})
    EXPECT_EQ(range(ignored, 10), "whole") << ignored;
  EXPECT_EQ(parse_range(std::nullopt), std::nullopt);
}

TEST(CopyRange, IsExact) {
  EXPECT_EQ(parse_copy_range("bytes=2-5", 6)->length, 4u);
  EXPECT_EQ(parse_copy_range("bytes=2-6", 6).error().code, Code::invalid_range);
  for (const char* bad : {"0-2", "bytes=0", "bytes=hello-world", "bytes=0-bar", "bytes=hello-",
                          "bytes=0-2,3-5", "bytes=-2", "bytes=2-", "bytes=5-2"})
    EXPECT_EQ(parse_copy_range(bad, 6).error().code, Code::invalid_argument) << bad;
}

TEST(ETag, ListsMatch) {
  EXPECT_TRUE(etag_matches("*", "abc"));
  EXPECT_TRUE(etag_matches("\"abc\"", "abc"));
  EXPECT_TRUE(etag_matches("abc", "abc"));
  EXPECT_TRUE(etag_matches("\"x\" , W/\"abc\"", "abc"));
  for (const char* no : {"", "\"ab\"", "\"abcd\"", ",,", "\"", "\"*\""})
    EXPECT_FALSE(etag_matches(no, "abc")) << no;
}

Code conditions(std::vector<std::pair<std::string, std::string>> headers, bool copy = false) {
  Request r{"GET", "/", "", std::move(headers)};
  const Conditions c = copy ? parse_copy_source_conditions(r.view()) : parse_conditions(r.view());
  const Status s = check_conditions(c, "abc", k1994 + 500, copy);
  return s ? Code::internal : s.error().code;  // internal: go on
}

TEST(Conditions, InTheOrderOfRfc9110) {
  const std::string at = http_date(k1994), before = http_date(k1994 - 1000), after = http_date(k1994 + 1000);
  constexpr Code kGo = Code::internal, k304 = Code::not_modified, k412 = Code::precondition_failed;
  EXPECT_EQ(conditions({}), kGo);
  EXPECT_EQ(conditions({{"If-Match", "\"abc\""}}), kGo);
  EXPECT_EQ(conditions({{"If-Match", "\"x\""}}), k412);
  EXPECT_EQ(conditions({{"If-None-Match", "\"abc\""}}), k304);
  EXPECT_EQ(conditions({{"If-None-Match", "\"x\""}}), kGo);
  EXPECT_EQ(conditions({{"If-Modified-Since", at}}), k304);
  EXPECT_EQ(conditions({{"If-Modified-Since", before}}), kGo);
  EXPECT_EQ(conditions({{"If-Unmodified-Since", at}}), kGo);
  EXPECT_EQ(conditions({{"If-Unmodified-Since", before}}), k412);
  EXPECT_EQ(conditions({{"If-Match", "\"abc\""}, {"If-Unmodified-Since", before}}), kGo);
  EXPECT_EQ(conditions({{"If-None-Match", "\"x\""}, {"If-Modified-Since", after}}), kGo);
  EXPECT_EQ(conditions({{"If-None-Match", "\"abc\""}, {"If-Modified-Since", before}}), k304);
  EXPECT_EQ(conditions({{"If-Modified-Since", "yesterday"}}), kGo);
  EXPECT_EQ(conditions({{"If-Match", "\"x\""}, {"If-Match", "\"abc\""}}), kGo);
  EXPECT_EQ(conditions({{"x-amz-copy-source-if-none-match", "\"abc\""}, {"If-Match", "\"x\""}}, true), k412);
  EXPECT_EQ(conditions({{"x-amz-copy-source-if-match", "\"abc\""}}, true), kGo);
}

TEST(CopySource, AllWritings) {
  const auto same = [](std::string_view text, std::string_view key, std::optional<std::string> version = {}) {
    const auto c = parse_copy_source(text);
    ASSERT_TRUE(c.has_value()) << text;
    EXPECT_EQ(c->bucket, "bucket");
    EXPECT_EQ(c->key, key);
    EXPECT_EQ(c->version_id, version);
  };
  same("bucket/a/b", "a/b");
  same("/bucket/a%20b", "a b");
  same("bucket%2Fkey", "key");
  same("bucket//key", "/key");
  same("bucket/k?versionId=null", "k", "null");
  same("bucket/what%3FversionId=1?versionId=2", "what?versionId=1", "2");
  same("bucket/question?mark", "question?mark");
  for (const char* bad : {"", "/", "bucket", "bucket/", "/bucket/", "bucket/%zz", "bucket/k?versionId="})
    EXPECT_EQ(parse_copy_source(bad).error().code, Code::invalid_argument) << bad;
  EXPECT_EQ(parse_copy_source("Bucket/k").error().code, Code::invalid_bucket_name);
  EXPECT_EQ(parse_copy_source("arn:aws:s3:x/k").error().code, Code::not_implemented);
}

TEST(ObjectHeaders, WhatAnObjectKeeps) {
  Request r{"PUT",
            "/",
            "x-amz-meta-hoisted=h&x-amz-storage-class=STANDARD_IA",
            {{"Content-Type", "text/plain"},
             {"Content-Encoding", "aws-chunked, gzip"},
             {"X-Amz-Meta-Zeta", "z"},
             {"x-amz-meta-a", "1"},
             {"X-AMZ-META-A", "2"},
             {"Cache-Control", "no-cache"}}};
  const Query q = Query::parse(r.query).value();
  const ObjectHeaders h = parse_object_headers(r.view(), q).value();
  EXPECT_EQ(h.content_type, "text/plain");
  EXPECT_EQ(h.content_encoding, "gzip");
  EXPECT_EQ(h.cache_control, "no-cache");
  EXPECT_EQ(h.storage_class, "STANDARD_IA");
  using Metadata = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(h.user_metadata, (Metadata{{"a", "1,2"}, {"hoisted", "h"}, {"zeta", "z"}}));
  Request chunked{"PUT", "/", "", {{"Content-Encoding", "aws-chunked"}}};
  EXPECT_EQ(parse_object_headers(chunked.view(), {})->content_encoding, std::nullopt);
}

Code object_headers_code(std::vector<std::pair<std::string, std::string>> headers) {
  Request r{"PUT", "/", "", std::move(headers)};
  const auto h = parse_object_headers(r.view(), {});
  return h ? Code::internal : h.error().code;
}

TEST(ObjectHeaders, Limits) {
  EXPECT_EQ(object_headers_code({{"x-amz-meta-ab", std::string(2046, 'x')}}), Code::internal);
  EXPECT_EQ(object_headers_code({{"x-amz-meta-ab", std::string(2047, 'x')}}), Code::metadata_too_large);
  EXPECT_EQ(object_headers_code({{"x-amz-meta-", "x"}}), Code::invalid_argument);
  EXPECT_EQ(object_headers_code({{"x-amz-meta-a", "a\nb"}}), Code::invalid_argument);
  EXPECT_EQ(object_headers_code({{"content-type", "a\x01"}}), Code::invalid_argument);
  EXPECT_EQ(object_headers_code({{"x-amz-storage-class", "GOLD"}}), Code::invalid_storage_class);
}

TEST(UnsupportedHeaders, AreFoundInHeadersAndInThePresignedQuery) {
  const auto found = [](std::string name, std::string value = "x") {
    Request r{"PUT", "/", "", {{std::move(name), std::move(value)}}};
    return unsupported_write_header(r.view(), {}).value_or("");
  };
  for (const char* name : {"x-amz-server-side-encryption", "x-amz-server-side-encryption-customer-key",
                           "x-amz-mfa", "x-amz-write-offset-bytes"})
    EXPECT_EQ(found(name), name);
  EXPECT_EQ(found("X-Amz-MFA"), "x-amz-mfa");
  EXPECT_EQ(found("x-amz-server-side-encryption-bucket-key-enabled", "false"), "");
  for (const char* name : {"x-amz-acl", "x-amz-meta-a", "x-amz-storage-class", "x-amz-checksum-crc32",
                           "x-amz-date", "content-type"})
    EXPECT_EQ(found(name), "") << name;
  Request r{"PUT", "/", "", {}};
  EXPECT_EQ(unsupported_write_header(r.view(), Query::parse("x-amz-mfa=a%3Db").value()), "x-amz-mfa");
}

}  // namespace
}  // namespace cairn::s3wire
