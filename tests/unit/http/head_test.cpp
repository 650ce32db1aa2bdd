#include "http/head.hpp"

#include <string>

#include <gtest/gtest.h>

namespace cairn::http {
namespace {

constexpr HeadScanner::Limits kLimits{100, 300, 10};

Result<RequestHead> parse(const std::string& text) {
  RequestHead head;
  TRY(parse_request_head(text, head));
  return head;
}

// A request with these field lines besides Host.
Result<RequestHead> with(const std::string& fields) {
  static std::string text;
  text = "PUT /b/k HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n";
  return parse(text);
}

Code code_of(const Result<RequestHead>& r) { return r ? Code{} : r.error().code; }

TEST(HeadScanner, FindsTheEndWhereverTheBytesAreCut) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
  const std::string text = head + "body\r\n\r\n";
  for (std::size_t cut = 0; cut < text.size(); ++cut) {
    HeadScanner scanner(kLimits);
    const auto first = scanner.scan(std::string_view(text).substr(0, cut));
    ASSERT_TRUE(first);
    EXPECT_EQ(*first, cut >= head.size() ? head.size() : 0u);
    if (*first == 0) {
      EXPECT_EQ(scanner.scan(text).value_or(0), head.size());
    }
  }
}

TEST(HeadScanner, HoldsItsLimitsWhetherTheLineIsCompleteOrNot) {
  const auto code = [](const std::string& text) {
    HeadScanner scanner(kLimits);
    const auto r = scanner.scan(text);
    return r ? Code{} : r.error().code;
  };
  const std::string line = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(code(std::string(100, 'x') + "\r\n"), Code{});
  EXPECT_EQ(code(std::string(101, 'x') + "\r\n"), Code::invalid_uri);
  EXPECT_EQ(code(std::string(102, 'x')), Code::invalid_uri);
  EXPECT_EQ(code(line + std::string(301, 'x')), Code::request_header_section_too_large);
  EXPECT_EQ(code(line + "A: " + std::string(300, 'x') + "\r\n\r\n"), Code::request_header_section_too_large);
  std::string ten;
  for (int i = 0; i < 10; ++i) ten += "A: b\r\n";
  EXPECT_EQ(code(line + ten + "\r\n"), Code{});
  EXPECT_EQ(code(line + ten + "A: b\r\n\r\n"), Code::request_header_section_too_large);
}

TEST(HeadScanner, RefusesBareLineFeedsAndFoldedLines) {
  for (const char* text :
       {"\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\nHost: h\n\n", "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n", "GET / HTTP/1.1\r\n A: b\r\n\r\n"}) {
    HeadScanner scanner(kLimits);
    const auto r = scanner.scan(text);
    ASSERT_FALSE(r) << text;
    EXPECT_EQ(r.error().code, Code::bad_http);
  }
}

TEST(RequestHead, KeepsTargetAndFieldsAsSent) {
  const std::string text =
      "GET /b/%2Fk+\xc3\xa4//..?list-type=2&prefix=%20 HTTP/1.1\r\nHost: h:9000\r\nX-Amz-Meta-A:  v 1 "
      "\r\nx-amz-meta-a:v2\r\nE:\r\n\r\n";
  const auto head = parse(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, "GET");
  EXPECT_EQ(head->target, "/b/%2Fk+\xc3\xa4//..?list-type=2&prefix=%20");
  EXPECT_EQ(head->fields.get("x-amz-META-a"), "v 1");
  EXPECT_EQ(head->fields.all("x-amz-meta-a"), (std::vector<std::string_view>{"v 1", "v2"}));
  EXPECT_EQ(head->fields.find("e"), std::string_view());
  EXPECT_FALSE(head->fields.has("absent"));
  EXPECT_EQ(head->fields.begin()->name, "Host");
  EXPECT_TRUE(head->framing.keep_alive);
}

TEST(RequestHead, RefusesMalformedHeads) {
  for (const char* text :
       {"GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
        "GET /\r\nHost: h\r\n\r\n", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA B: c\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\n: c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA: \x01\r\n\r\n", "GET / HTTP/1.1\r\nHost: h\r\nA\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nA: x\ry\r\n\r\n", "G\x7fT / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n"})
    EXPECT_EQ(code_of(parse(text)), Code::bad_http) << text;
}

TEST(RequestHead, RefusesFramingThatReadersCouldUnderstandDifferently) {
  for (const char* fields :
       {"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n", "Content-Length: 1\r\nContent-Length: 2\r\n",
        "Content-Length: 1, 2\r\n", "Content-Length: 1, 1\r\n", "Content-Length: +1\r\n",
        "Content-Length: -1\r\n", "Content-Length: 0x1\r\n", "Content-Length:\r\n",
        "Content-Length: 18446744073709551616\r\n", "Content-Length: 1 1\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"})
    EXPECT_EQ(code_of(with(fields)), Code::bad_http) << fields;
  for (const char* fields : {"Transfer-Encoding: gzip\r\n", "Transfer-Encoding: gzip, chunked\r\n",
                             "Transfer-Encoding: identity\r\n", "Transfer-Encoding: xchunked\r\n"})
    EXPECT_EQ(code_of(with(fields)), Code::not_implemented) << fields;
  EXPECT_EQ(code_of(parse("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n")), Code::bad_http);
}

TEST(RequestHead, UnderstandsFraming) {
  EXPECT_EQ(with("Content-Length: 5\r\nContent-Length: 5\r\n")->framing.content_length, 5u);
  EXPECT_EQ(with("Content-Length: 18446744073709551615\r\n")->framing.content_length, UINT64_MAX);
  EXPECT_TRUE(with("Transfer-Encoding: Chunked\r\n")->framing.chunked);
  EXPECT_TRUE(with("Expect: 100-Continue\r\n")->framing.expect_continue);
  EXPECT_FALSE(with("Connection: foo, Close\r\n")->framing.keep_alive);
  EXPECT_FALSE(parse("GET / HTTP/1.0\r\n\r\n")->framing.keep_alive);
  EXPECT_TRUE(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")->framing.keep_alive);
}

TEST(SplitTarget, TakesTheFirstQuestionMarkAndStripsTheAuthority) {
  const auto is = [](std::string_view target, std::string_view path, std::string_view query,
                     std::string_view authority = {}) {
    const Target t = split_target(target);
    return t.path == path && t.query == query && t.authority == authority;
  };
  EXPECT_TRUE(is("/a/b?c?d", "/a/b", "c?d"));
  EXPECT_TRUE(is("/", "/", ""));
  EXPECT_TRUE(is("/?", "/", ""));
  EXPECT_TRUE(is("*", "*", ""));
  EXPECT_TRUE(is("http://h:1/a?b", "/a", "b", "h:1"));
  EXPECT_TRUE(is("http://h?b", "/", "b", "h"));
  EXPECT_TRUE(is("/x?u=http://h/y", "/x", "u=http://h/y"));
}

}  // namespace
}  // namespace cairn::http
