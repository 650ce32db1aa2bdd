#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "cairn/http/server.hpp"

#include "fakes/memory_stream.hpp"

namespace cairn::http {
namespace {

using fakes::MemoryStream;
using AtEnd = MemoryStream::AtEnd;
using namespace std::chrono_literals;

// Serves what the client sends, and keeps what it gets, without the fields that every answer has.
struct Exchange {
  ServerOptions options;
  Handler handler;
  ErrorResponder errors;
  ServerCounters counters;
  MemoryStream::Log log;
  AtEnd at_end = AtEnd::eof;
  std::size_t write_limit = std::string::npos;

  Exchange() { options.server_name.clear(); }

  std::string operator()(std::deque<std::string> pieces) {
    log = {};
    asio::io_context context;
    auto stream = std::make_unique<MemoryStream>(std::move(pieces), log, at_end);
    stream->limit_writes(write_limit);
    asio::co_spawn(context, serve_stream(std::move(stream), options, handler, errors, counters),
                   [](std::exception_ptr e, Status) {
                     if (e) std::rethrow_exception(e);
                   });
    context.run();
    std::string text = log.written;
    for (std::size_t at = 0; (at = text.find("Date: ", at)) != std::string::npos;)
      text.erase(at, text.find("\r\n", at) + 2 - at);
    return text;
  }
  std::string operator()(const std::string& all) { return (*this)(std::deque<std::string>{all}); }
};

// The codes that these tests meet.
std::string name_of(Code code) {
  switch (code) {
    case Code::bad_http:
      return "bad_http";
    case Code::incomplete_body:
      return "incomplete_body";
    case Code::connection_closed:
      return "connection_closed";
    case Code::request_timeout:
      return "request_timeout";
    case Code::max_message_length_exceeded:
      return "max_message_length_exceeded";
    case Code::invalid_uri:
      return "invalid_uri";
    case Code::request_header_section_too_large:
      return "request_header_section_too_large";
    case Code::not_implemented:
      return "not_implemented";
    case Code::internal:
      return "internal";
    default:
      return "another code";
  }
}

// Answers with the method, the target and the body.
asio::awaitable<void> echo(Request& request, Response& response) {
  auto body = co_await request.read_body_text(1 << 20);
  if (!body) {
    response.status(400);
    (void)co_await response.send(name_of(body.error().code));
    co_return;
  }
  (void)co_await response.send(std::string(request.method()) + " " + std::string(request.target()) + " " +
                               *body);
}

asio::awaitable<void> ignore_body(Request&, Response& response) {
  response.status(403);
  (void)co_await response.send(std::string("no"));
}

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST(Session, AnswersARequestWhereverItsBytesAreCut) {
  Exchange exchange;
  exchange.handler = echo;
  const std::string text = "PUT /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_EQ(exchange({text.substr(0, cut), text.substr(cut)}), ok("PUT /a?b hello")) << cut;
  EXPECT_EQ(exchange.counters.requests, text.size() + 1);
  EXPECT_EQ(exchange.counters.bytes_in, text.size() * (text.size() + 1));
}

TEST(Session, IgnoresEmptyLinesBeforeARequestWhereverTheyAreCut) {
  Exchange exchange;
  exchange.handler = echo;
  const std::string text = "\r\n\r\nGET /x HTTP/1.1\r\nHost: h\r\n\r\n\r\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut)
    EXPECT_EQ(exchange({text.substr(0, cut), text.substr(cut)}), ok("GET /x ")) << cut;
}

TEST(Session, SendsTheSameBytesWhereverWritesAreCut) {
  Exchange exchange;
  exchange.handler = echo;
  for (std::size_t limit = 1; limit < 60; ++limit) {
    exchange.write_limit = limit;
    EXPECT_EQ(exchange("GET /x HTTP/1.1\r\nHost: h\r\n\r\n"), ok("GET /x "));
  }
}

TEST(Session, ServesPipelinedRequestsInOrder) {
  Exchange exchange;
  exchange.handler = echo;
  EXPECT_EQ(
      exchange(
          "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n"
          "PUT /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
          "\r\nPUT /3 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxyGET /4 HTTP/1.1\r\nHost: h\r\n\r\n"),
      ok("GET /1 ") + ok("PUT /2 abc") + ok("PUT /3 xy") + ok("GET /4 "));
}

TEST(Session, ReadsChunkedBodiesLargerThanItsBuffer) {
  Exchange exchange;
  exchange.handler = [](Request& request, Response& response) { return echo(request, response); };
  std::string body;
  std::string coded;
  for (int i = 0; i < 400; ++i) {
    const std::string piece(static_cast<std::size_t>(i * 7 % 1000 + 1), static_cast<char>('a' + i % 26));
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    coded += size + piece + "\r\n";
    body += piece;
  }
  const std::string text =
      "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + coded + "0\r\n\r\n";
  std::deque<std::string> pieces;
  for (std::size_t at = 0, n = 1; at < text.size(); at += n, n = n * 3 % 5003 + 1)
    pieces.push_back(text.substr(at, n));
  EXPECT_EQ(exchange(pieces), ok("PUT /x " + body));
}

TEST(Session, ReadsALargeBodyStraightIntoTheHandlersBuffer) {
  Exchange exchange;
  exchange.handler = [](Request& request, Response& response) -> asio::awaitable<void> {
    std::string buffer(1 << 20, '\0');
    const auto n = co_await request.read_body_full(std::as_writable_bytes(std::span(buffer)));
    (void)co_await response.send(std::to_string(n.value_or(0)));
  };
  const std::string head = "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1048576\r\n\r\n";
  EXPECT_EQ(exchange({head, std::string(1 << 20, 'x')}), ok("1048576"));
  EXPECT_EQ(exchange.log.read_sizes[1], 1u << 20);
}

asio::awaitable<void> piece_sizes(BufferPool& pool, Request& request, Response& response) {
  std::string sizes;
  for (;;) {
    const auto piece = co_await request.read_body(pool, 1000);
    if (!piece || piece->empty()) break;
    sizes += std::to_string(piece->size()) + " ";
  }
  (void)co_await response.send(sizes);
}

TEST(Session, BodyPiecesComeInPooledBuffers) {
  Exchange exchange;
  BufferPool pool;
  exchange.handler = [&pool](Request& request, Response& response) {
    return piece_sizes(pool, request, response);
  };
  EXPECT_EQ(exchange({"PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2500\r\n\r\n" + std::string(10, 'x'),
                      std::string(1490, 'x'), std::string(1000, 'x')}),
            ok("1000 1000 500 "));
  EXPECT_EQ(pool.bytes_in_use(), 0u);
}

TEST(Session, InvitesTheBodyOnlyWhenTheHandlerReads) {
  Exchange exchange;
  exchange.handler = echo;
  const std::string head = "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  EXPECT_EQ(exchange({head, "hi"}), "HTTP/1.1 100 Continue\r\n\r\n" + ok("PUT /x hi"));
  EXPECT_EQ(exchange(head + "hi"), ok("PUT /x hi"));  // it did not wait
  EXPECT_EQ(exchange("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n" + ok("PUT /x "));
  exchange.handler = ignore_body;
  EXPECT_EQ(exchange({head, "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"}),
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  exchange.handler = echo;
  EXPECT_EQ(exchange("PUT /x HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi"),
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nPUT /x hi");
}

TEST(Session, DropsASmallUnreadBodyAndGoesOn) {
  Exchange exchange;
  exchange.handler = ignore_body;
  const std::string no = "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno";
  EXPECT_EQ(
      exchange(
          "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
      no + no);
  EXPECT_EQ(exchange("PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\nGET "
                     "/ HTTP/1.1\r\nHost: "
                     "h\r\n\r\n"),
            no + no);
}

TEST(Session, ClosesAfterALargeUnreadBodyAndTakesWhatIsOnItsWay) {
  Exchange exchange;
  exchange.handler = ignore_body;
  exchange.options.limits.drain = 4;
  EXPECT_EQ(exchange(std::deque<std::string>{"PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n",
                                             "hello", "GET / HTTP/1.1\r\nHost: h\r\n\r\n"}),
            "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
  EXPECT_TRUE(exchange.log.shut_down);
  EXPECT_FALSE(exchange.log.reset);
  EXPECT_GE(exchange.log.read_sizes.size(),
            4u);  // the rest was read after the answer, up to the client's end
  // A chunked body's size shows only while it is dropped.
  EXPECT_EQ(
      exchange(
          "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nxxxxxxxxx\r\n0\r\n\r\nGET / "
          "HTTP/1.1\r\nHost: h\r\n\r\n"),
      "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  EXPECT_TRUE(exchange.log.shut_down);
}

TEST(Session, TellsTheHandlerThatABodyIsIncompleteOrMalformed) {
  Exchange exchange;
  exchange.handler = echo;
  const auto answer = [](const std::string& body) {
    return "HTTP/1.1 400 Bad Request\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\nConnection: close\r\n\r\n" + body;
  };
  EXPECT_EQ(exchange("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nhello"),
            answer("incomplete_body"));
  EXPECT_EQ(exchange("PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"),
            answer("incomplete_body"));
  EXPECT_EQ(exchange("PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloo"),
            answer("bad_http"));
  exchange.at_end = AtEnd::cut;
  EXPECT_EQ(exchange("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nhello"),
            answer("connection_closed"));
}

TEST(Session, LimitsTheTextBody) {
  Exchange exchange;
  exchange.handler = [](Request& request, Response& response) -> asio::awaitable<void> {
    const auto body = co_await request.read_body_text(5);
    std::string text = body ? *body : name_of(body.error().code);
    (void)co_await response.send(std::move(text));
  };
  const std::string chunked = "PUT /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(exchange(chunked + "5\r\nhello\r\n0\r\n\r\n"), ok("hello"));
  EXPECT_EQ(exchange(chunked + "6\r\nhello!\r\n0\r\n\r\n"), ok("max_message_length_exceeded"));
  EXPECT_EQ(exchange("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nhello!"),
            ok("max_message_length_exceeded"));
  EXPECT_EQ(exchange("PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"), ok(""));
}

TEST(Session, KeepsOrClosesTheConnectionAsTheClientAsks) {
  Exchange exchange;
  exchange.handler = echo;
  const std::string again = "GET /2 HTTP/1.0\r\n\r\n";
  EXPECT_EQ(exchange("GET /1 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + again),
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /1 ");
  EXPECT_EQ(exchange("GET /1 HTTP/1.0\r\n\r\n" + again),
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /1 ");
  EXPECT_EQ(exchange("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + again),
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\nGET /1 "
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nGET /2 ");
}

TEST(Session, AnswersABadHeadThroughTheErrorResponderAndCloses) {
  Exchange exchange;
  exchange.handler = echo;
  exchange.options.limits.request_line = 100;
  exchange.options.limits.header_section = 200;
  exchange.errors = [](const Error& error, Response& response) {
    response.field("X-Error", name_of(error.code));
    return std::string("<Error/>");
  };
  const auto answer = [](const std::string& status, const std::string& code) {
    return "HTTP/1.1 " + status + "\r\nX-Error: " + code +
           "\r\nContent-Length: 8\r\nConnection: close\r\n\r\n<Error/>";
  };
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost : h\r\n\r\n"), answer("400 Bad Request", "bad_http"));
  EXPECT_EQ(exchange("GET /" + std::string(100, 'x')), answer("414 URI Too Long", "invalid_uri"));
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nA: " + std::string(200, 'x')),
            answer("431 Request Header Fields Too Large", "request_header_section_too_large"));
  EXPECT_EQ(exchange("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n"),
            answer("501 Not Implemented", "not_implemented"));
  EXPECT_EQ(exchange.counters.bad_requests, 4u);
  EXPECT_EQ(exchange.counters.requests, 0u);
}

TEST(Session, AnEndBetweenRequestsOrInAHeadGetsNoAnswer) {
  Exchange exchange;
  exchange.handler = echo;
  EXPECT_EQ(exchange(""), "");
  EXPECT_EQ(exchange("GET / HT"), "");
  exchange.at_end = AtEnd::cut;
  EXPECT_EQ(exchange(""), "");
}

TEST(Session, HeadAndBodilessAnswersCarryNoBytes) {
  Exchange exchange;
  exchange.handler = [](Request& request, Response& response) -> asio::awaitable<void> {
    response.status(std::stoi(std::string(request.target().substr(1))));
    response.start(1000);
    (void)co_await response.finish();
  };
  EXPECT_EQ(exchange("HEAD /200 HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  EXPECT_EQ(exchange("GET /204 HTTP/1.1\r\nHost: h\r\n\r\n"), "HTTP/1.1 204 No Content\r\n\r\n");
  EXPECT_EQ(exchange("GET /304 HTTP/1.1\r\nHost: h\r\n\r\n"), "HTTP/1.1 304 Not Modified\r\n\r\n");
  exchange.handler = echo;
  EXPECT_EQ(exchange("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nHEAD /y HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n");
}

asio::awaitable<void> stream_three(Request& request, Response& response) {
  if (request.path() == "/chunked") {
    response.start_chunked();
  } else {
    response.start(9);
  }
  (void)co_await response.write(Slice::of("abc"));
  const std::array<Slice, 2> two{Slice::of("def"), Slice::of("ghi")};
  (void)co_await response.write(two);
  (void)co_await response.finish();
}

TEST(Session, StreamsAnswers) {
  Exchange exchange;
  exchange.handler = stream_three;
  const std::string fields = " HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(exchange("GET /" + fields), ok("abcdefghi"));
  EXPECT_EQ(exchange("GET /chunked" + fields + "GET /" + fields),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n6\r\ndefghi\r\n0\r\n\r\n" +
                ok("abcdefghi"));
  EXPECT_EQ(exchange("HEAD /chunked" + fields), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(exchange("GET /chunked HTTP/1.0\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabcdefghi");
  EXPECT_TRUE(exchange.log.shut_down);
}

TEST(Session, CutsAnAnswerThatIsNotCompleted) {
  Exchange exchange;
  const std::string request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  exchange.handler = [](Request&, Response& response) -> asio::awaitable<void> {
    response.start(9);
    (void)co_await response.write(Slice::of("abc"));
  };
  (void)exchange(request);
  EXPECT_TRUE(exchange.log.reset);
  exchange.handler = [](Request&, Response& response) -> asio::awaitable<void> {
    response.start(9);
    (void)co_await response.write(Slice::of("abc"));
    EXPECT_FALSE(co_await response.finish());
  };
  (void)exchange(request);
  EXPECT_TRUE(exchange.log.reset);
  exchange.handler = [](Request&, Response& response) -> asio::awaitable<void> {
    response.start_chunked();
    (void)co_await response.write(Slice::of("abc"));
    throw std::runtime_error("broken");
  };
  (void)exchange(request);
  EXPECT_TRUE(exchange.log.reset);
  EXPECT_EQ(exchange.counters.aborted, 3u);
}

TEST(Session, NeverSendsMoreThanAnnounced) {
  Exchange exchange;
  exchange.handler = [](Request&, Response& response) -> asio::awaitable<void> {
    response.start(2);
    EXPECT_FALSE(co_await response.write(Slice::of("abc")));
  };
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), "");
  EXPECT_TRUE(exchange.log.reset);
}

TEST(Session, AFailedHandlerIsA500AsLongAsNothingWasSent) {
  Exchange exchange;
  exchange.errors = [](const Error& error, Response&) { return name_of(error.code); };
  const std::string request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string answer = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 8\r\n\r\ninternal";
  exchange.handler = [](Request&, Response& response) -> asio::awaitable<void> {
    response.field("ETag", "x");
    response.start(5);
    throw std::runtime_error("broken");
    co_return;
  };
  EXPECT_EQ(exchange(request + request), answer + answer);
  exchange.handler = [](Request&, Response&) -> asio::awaitable<void> { co_return; };
  EXPECT_EQ(exchange(request), answer);
}

TEST(Session, AnAnswerCanBeTakenBackBeforeItsFirstByte) {
  Exchange exchange;
  exchange.handler = [](Request&, Response& response) -> asio::awaitable<void> {
    response.field("ETag", "x");
    response.start(5);
    EXPECT_FALSE(response.head_sent());
    response.reset();
    response.status(503);
    (void)co_await response.send();
    EXPECT_TRUE(response.head_sent());
  };
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
}

TEST(Session, AFieldCannotSplitTheAnswer) {
  Exchange exchange;
  exchange.handler = [](Request&, Response& response) -> asio::awaitable<void> {
    response.field("X-A\r\nB", "1\r\nSet-Cookie: x\0y");
    response.field("content-length", "77");
    (void)co_await response.send();
  };
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            "HTTP/1.1 200 OK\r\nX-A  B: 1  Set-Cookie: x\r\nContent-Length: 0\r\n\r\n");
}

TEST(Session, TimesOutAHeadThatDoesNotArrive) {
  Exchange exchange;
  exchange.handler = echo;
  exchange.at_end = AtEnd::silence;
  exchange.options.limits.header = 20ms;
  exchange.options.limits.linger = 1ms;
  EXPECT_EQ(exchange("GET / HT").substr(0, 30), "HTTP/1.1 408 Request Timeout\r\n");
  EXPECT_EQ(exchange.counters.timeouts, 1u);
  exchange.options.limits.idle = 20ms;
  EXPECT_EQ(exchange(""), "");  // idle: no answer, there is no request
  EXPECT_EQ(exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), ok("GET / "));
}

TEST(Session, TellsTheHandlerThatABodyStalls) {
  Exchange exchange;
  exchange.handler = echo;
  exchange.at_end = AtEnd::silence;
  exchange.options.limits.body_stall = 20ms;
  exchange.options.limits.linger = 1ms;
  EXPECT_EQ(exchange("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhel"),
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 15\r\nConnection: close\r\n\r\nrequest_timeout");
}

TEST(Session, RequestAndResponseTellWhatTheyKnow) {
  Exchange exchange;
  exchange.handler = [](Request& request, Response& response) -> asio::awaitable<void> {
    EXPECT_EQ(request.path(), "/a");
    EXPECT_EQ(request.query(), "b=c");
    EXPECT_EQ(request.remote().text(), "192.0.2.1:1234");
    EXPECT_FALSE(request.is_tls());
    EXPECT_TRUE(request.trace_id.empty());
    request.trace_id = "kept for this request only";
    EXPECT_EQ(request.content_length(),
              request.method() == "GET" ? std::optional<std::uint64_t>(0) : std::nullopt);
    EXPECT_EQ(request.body_done(), request.method() == "GET");
    (void)co_await response.send(std::string("12345"));
    EXPECT_TRUE(response.finished());
    EXPECT_EQ(response.bytes_sent(), 5u);
  };
  EXPECT_EQ(exchange("GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n"
                     "PUT /a?b=c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
            ok("12345") + ok("12345"));
}

}  // namespace
}  // namespace cairn::http
