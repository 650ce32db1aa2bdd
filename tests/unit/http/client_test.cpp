#include "cairn/http/client.hpp"

#include "fakes/memory_stream.hpp"
#include "loopback.hpp"

namespace cairn::http {
namespace {

using fakes::MemoryStream;
using testing::Loop;
using namespace std::chrono_literals;

const ClientOptions kDefaults;  // named: GCC 12 copies a braced temporary in a co_await byte by byte

asio::awaitable<void> echo(Request& request, Response& response) {
  if (request.path() == "/forbidden") {
    response.status(403);
    (void)co_await response.send(std::string("no"));
    co_return;
  }
  auto body = co_await request.read_body_text(10 << 20);
  if (!body) co_return;
  response.field("X-Method", request.method());
  if (request.path() == "/close") response.close_after();
  if (request.path() != "/chunked") {
    (void)co_await response.send(std::move(*body));
    co_return;
  }
  response.start_chunked();
  (void)co_await response.write(Slice::of(std::move(*body)));
  (void)co_await response.finish();
}

struct ClientOverLoopback : ::testing::Test {
  Loop loop;
  Server server{loop.executor(), options(), echo};
  ClientOverLoopback() { EXPECT_TRUE(server.start()); }
  static ServerOptions options() {
    ServerOptions o;
    o.listen = {{"127.0.0.1", 0}};
    return o;
  }
  Endpoint endpoint() const { return server.endpoints().front(); }
};

ClientRequest to(std::string_view method, std::string_view target) {
  ClientRequest request;
  request.method = method;
  request.target = target;
  return request;
}

Task<std::string> exchange(ClientConnection& connection, ClientRequest request, std::string_view body) {
  request.content_length = body.size();
  CO_TRY(co_await connection.send(request, as_bytes(body)));
  CO_TRY(const ClientResponse* response, co_await connection.read_head());
  CO_TRY(auto text, co_await connection.read_body_text(10 << 20));
  co_return std::to_string(response->status) + " " + text;
}

Task<void> several_requests(Endpoint endpoint) {
  CO_TRY(auto c, co_await ClientConnection::connect(std::move(endpoint), kDefaults));
  const std::string large(5 << 20, 'x');
  EXPECT_EQ(co_await exchange(*c, to("PUT", "/a"), "hello"), "200 hello");
  EXPECT_EQ(co_await exchange(*c, to("PUT", "/chunked"), "hello"), "200 hello");
  EXPECT_EQ(co_await exchange(*c, to("PUT", "/b"), large), "200 " + large);
  EXPECT_EQ(co_await exchange(*c, to("GET", "/c"), ""), "200 ");
  EXPECT_EQ(co_await exchange(*c, to("HEAD", "/c"), "hello"), "200 ");
  EXPECT_TRUE(c->reusable());
  EXPECT_EQ(co_await exchange(*c, to("GET", "/close"), ""), "200 ");
  EXPECT_FALSE(c->reusable());
  co_return Status{};
}

TEST_F(ClientOverLoopback, SendsRequestAfterRequestOnOneConnection) {
  EXPECT_TRUE(loop.run(several_requests(endpoint())));
  EXPECT_EQ(server.counters().accepted, 1u);
  EXPECT_EQ(server.counters().requests, 6u);
}

Task<void> pieces(Endpoint endpoint) {
  CO_TRY(auto c, co_await ClientConnection::connect(std::move(endpoint), kDefaults));
  for (const bool chunked : {true, false}) {
    ClientRequest request{.method = "PUT", .target = "/"};
    request.content_length = chunked ? std::nullopt : std::optional<std::uint64_t>(10);
    CO_TRY(co_await c->send(request, as_bytes("01")));
    CO_TRY(co_await c->write_body(as_bytes("234")));
    CO_TRY(co_await c->write_body(Bytes()));
    CO_TRY(co_await c->write_body(as_bytes("56789")));
    CO_TRY(co_await c->finish_body());
    CO_TRY(const ClientResponse* response, co_await c->read_head());
    EXPECT_EQ(response->fields.get("x-method"), "PUT");
    EXPECT_EQ(response->content_length, 10u);
    EXPECT_EQ(co_await c->read_body_text(100), "0123456789");
    EXPECT_TRUE(c->reusable());
  }
  ClientRequest request{.method = "PUT", .target = "/"};
  request.content_length = 2;
  EXPECT_FALSE(co_await c->send(request, as_bytes("abc")));
  co_return Status{};
}

TEST_F(ClientOverLoopback, SendsBodiesInPieces) { EXPECT_TRUE(loop.run(pieces(endpoint()))); }

Task<void> ask_first(Endpoint endpoint) {
  CO_TRY(auto c, co_await ClientConnection::connect(endpoint, kDefaults));
  ClientRequest request{.method = "PUT", .target = "/", .content_length = 5, .expect_continue = true};
  CO_TRY(co_await c->send(request));
  EXPECT_EQ(co_await c->wait_continue(), true);
  CO_TRY(co_await c->write_body(as_bytes("hello")));
  CO_TRY(co_await c->read_head());
  EXPECT_EQ(co_await c->read_body_text(100), "hello");
  EXPECT_TRUE(c->reusable());
  request.target = "/forbidden";
  CO_TRY(co_await c->send(request));
  EXPECT_EQ(co_await c->wait_continue(), false);
  CO_TRY(const ClientResponse* response, co_await c->read_head());
  EXPECT_EQ(response->status, 403);
  EXPECT_EQ(co_await c->read_body_text(100), "no");
  EXPECT_FALSE(c->reusable());
  co_return Status{};
}

TEST_F(ClientOverLoopback, SendsABodyOnlyWhenInvited) { EXPECT_TRUE(loop.run(ask_first(endpoint()))); }

Task<bool> lease(Client& client, Endpoint endpoint, std::string target, bool read) {
  CO_TRY(auto lease, co_await client.acquire(std::move(endpoint)));
  CO_TRY(co_await lease.connection->send(to("GET", target)));
  CO_TRY(co_await lease.connection->read_head());
  if (read) CO_TRY(co_await lease.connection->skip_body());
  client.release(std::move(lease.connection));
  co_return lease.reused;
}

TEST_F(ClientOverLoopback, PoolKeepsOnlyConnectionsThatAreAtTheEndOfAnExchange) {
  Client client({});
  EXPECT_EQ(loop.run(lease(client, endpoint(), "/", true)), false);
  EXPECT_EQ(loop.run(lease(client, endpoint(), "/", true)), true);
  EXPECT_EQ(loop.run(lease(client, endpoint(), "/close", true)), true);
  EXPECT_EQ(loop.run(lease(client, endpoint(), "/chunked", false)), false);
  EXPECT_EQ(loop.run(lease(client, endpoint(), "/", true)), false);
  EXPECT_EQ(loop.run(lease(client, endpoint(), "/", true)), true);
}

Task<void> connect_to(Endpoint endpoint) {
  CO_TRY(auto c, co_await ClientConnection::connect(std::move(endpoint), kDefaults));
  co_return Status{};
}

TEST_F(ClientOverLoopback, ConnectsToNamesAndSaysWhenNobodyListens) {
  EXPECT_TRUE(loop.run(connect_to({"localhost", endpoint().port})));
  const Endpoint gone = endpoint();
  server.stop(0ms);
  const auto refused = loop.run(connect_to(gone));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::connection_closed);
}

// What a client makes of these bytes from a server.
Task<std::string> answer_to(std::string_view method, std::string bytes, MemoryStream::AtEnd at_end) {
  MemoryStream::Log log;
  ClientOptions options;
  options.stall = 20ms;
  ClientConnection c(std::make_unique<MemoryStream>(std::deque<std::string>{std::move(bytes)}, log, at_end),
                     {"h", 80}, options);
  CO_TRY(co_await c.send(to(method, "/")));
  CO_TRY(const ClientResponse* response, co_await c.read_head());
  CO_TRY(const std::string text, co_await c.read_body_text(1000));
  co_return std::to_string(response->status) + " " + text + (c.reusable() ? " reusable" : "");
}

Result<std::string> answer(std::string_view method, const std::string& bytes,
                           MemoryStream::AtEnd at_end = MemoryStream::AtEnd::eof) {
  asio::io_context context;
  auto done = asio::co_spawn(context, answer_to(method, bytes, at_end), asio::use_future);
  context.run();
  return done.get();
}

TEST(ClientConnection, UnderstandsEveryFraming) {
  EXPECT_EQ(answer("GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "200 hi reusable");
  EXPECT_EQ(answer("GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
            "200 hi reusable");
  EXPECT_EQ(answer("GET", "HTTP/1.1 200 OK\r\n\r\nhi"), "200 hi");
  EXPECT_EQ(answer("GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "200 hi");
  EXPECT_EQ(answer("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"), "200  reusable");
  EXPECT_EQ(answer("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n"), "304  reusable");
  EXPECT_EQ(
      answer("GET", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 204 \r\n\r\n"),
      "204  reusable");
  EXPECT_EQ(answer("GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhiHTTP"),
            "200 hi");  // bytes nobody asked for
}

TEST(ClientConnection, NeverTakesATruncatedOrMalformedAnswerForAWholeOne) {
  const auto code = [](const std::string& bytes, MemoryStream::AtEnd at_end = MemoryStream::AtEnd::eof) {
    const auto r = answer("GET", bytes, at_end);
    return r ? Code{} : r.error().code;
  };
  EXPECT_EQ(code("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi"), Code::incomplete_body);
  EXPECT_EQ(code("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"), Code::incomplete_body);
  EXPECT_EQ(code("HTTP/1.1 200 OK\r\n\r\nhi", MemoryStream::AtEnd::cut), Code::connection_closed);
  EXPECT_EQ(code(""), Code::connection_closed);
  EXPECT_EQ(code("HTTP/1.1 200"), Code::connection_closed);
  EXPECT_EQ(code("SSH-2.0-x\r\n\r\n"), Code::bad_http);
  EXPECT_EQ(code("HTTP/1.1 200 OK\r\nA: " + std::string(100'000, 'x')), Code::bad_http);
  EXPECT_EQ(code("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nhi"), Code::bad_http);
}

Task<Code> impatient(Endpoint endpoint) {
  ClientOptions options;
  options.stall = 20ms;
  CO_TRY(auto c, co_await ClientConnection::connect(std::move(endpoint), options));
  ClientRequest request = to("PUT", "/");
  request.content_length = 1;
  CO_TRY(co_await c->send(request));  // and not the byte that the server waits for
  const auto head = co_await c->read_head();
  co_return head ? Code{} : head.error().code;
}

TEST(ClientConnection, GivesUpOnASilentServer) {
  Loop loop;
  Server server(loop.executor(), ClientOverLoopback::options(), echo);
  ASSERT_TRUE(server.start());
  EXPECT_EQ(loop.run(impatient(server.endpoints().front())), Code::request_timeout);
}

}  // namespace
}  // namespace cairn::http
