#include <condition_variable>
#include <future>
#include <mutex>

#include "cairn/base/await.hpp"

#include "loopback.hpp"

namespace cairn::http {
namespace {

using testing::Loop;
using testing::RawClient;
using namespace std::chrono_literals;

const std::string kGet = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

asio::awaitable<void> hello(Request&, Response& response) {
  (void)co_await response.send(std::string("hello"));
}

ServerOptions options_on(const std::string& host = "127.0.0.1") {
  ServerOptions options;
  options.listen = {{host, 0}};
  return options;
}

std::uint16_t port_of(const Server& server) { return server.endpoints().front().port; }

// Runs until `done`, which another thread makes true soon.
template <class Condition>
void wait_for(Condition done) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!done() && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_TRUE(done());
}

TEST(Server, ServesOnThePortItReports) {
  Loop loop;
  Server server(loop.executor(), options_on(), hello);
  ASSERT_TRUE(server.start());
  EXPECT_NE(port_of(server), 0);
  RawClient client(port_of(server));
  client.send(kGet + kGet + "GET / HTTP/1.0\r\n\r\n");
  const std::string text = client.read();
  EXPECT_EQ(std::count(text.begin(), text.end(), 'S'), 3);  // of the Server field
  EXPECT_TRUE(text.ends_with("\r\n\r\nhello"));
  EXPECT_TRUE(client.at_end);
  EXPECT_NE(text.find("Server: Cairn\r\nDate: "), std::string::npos);
  EXPECT_EQ(server.counters().requests, 3u);
  EXPECT_EQ(server.counters().accepted, 1u);
}

TEST(Server, ListensOnSeveralAddressesAndOnAllOfThem) {
  Loop loop;
  ServerOptions options;
  options.listen = {{"127.0.0.1", 0}, {"localhost", 0}, {"", 0}};
  Server server(loop.executor(), options, hello);
  ASSERT_TRUE(server.start());
  ASSERT_EQ(server.endpoints().size(), 3u);
  for (const std::size_t i : {0u, 2u}) {
    RawClient client(server.endpoints()[i].port);
    client.send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(client.read().ends_with("hello"));
  }
}

TEST(Server, RefusesToStartWhereItCannotListen) {
  Loop loop;
  Server first(loop.executor(), options_on(), hello);
  ASSERT_TRUE(first.start());
  ServerOptions options;
  options.listen = {{"127.0.0.1", port_of(first)}};
  Server second(loop.executor(), options, hello);
  const auto started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, Code::io);
  options.listen = {{"no such host", 1}};
  EXPECT_EQ(Server(loop.executor(), options, hello).start().error().code, Code::config);
  options = options_on();
  options.certs_dir = "/nonexistent";
  EXPECT_EQ(Server(loop.executor(), options, hello).start().error().code, Code::config);
}

TEST(Server, TellsAConnectionAboveTheLimitToSlowDown) {
  Loop loop;
  ServerOptions options = options_on();
  options.max_connections = 1;
  options.limits.linger = 50ms;
  Server server(loop.executor(), options, hello, [](const Error& error, Response& response) {
    response.field("Retry-After", "1");
    return std::string(error.is(Code::overloaded) ? "<SlowDown/>" : "?");
  });
  ASSERT_TRUE(server.start());
  RawClient first(port_of(server));
  first.send(kGet);
  EXPECT_FALSE(first.read(10).empty());
  {
    RawClient second(port_of(server));
    const std::string text = second.read();
    EXPECT_TRUE(text.starts_with("HTTP/1.1 503 ")) << text;
    EXPECT_TRUE(text.ends_with("<SlowDown/>")) << text;
  }
  EXPECT_EQ(server.counters().rejected, 1u);
  first.close();
  wait_for([&] { return server.counters().open == 0; });
  RawClient third(port_of(server));
  third.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_TRUE(third.read().ends_with("hello"));
}

TEST(Server, CutsOffASlowHead) {
  Loop loop;
  ServerOptions options = options_on();
  options.limits.header = 100ms;
  options.limits.linger = 50ms;
  Server server(loop.executor(), options, hello);
  ASSERT_TRUE(server.start());
  RawClient client(port_of(server));
  const auto start = std::chrono::steady_clock::now();
  client.send("GET / HTTP/1.1\r\n");
  // A byte now and then does not move the deadline.
  std::jthread drip([&](const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    do {
      stopped.wait_for(lock, stop, 10ms, [] { return false; });
    } while (!stop.stop_requested() && client.send("a"));
  });
  EXPECT_TRUE(client.read().starts_with("HTTP/1.1 408 "));
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  drip.request_stop();
  drip.join();
  EXPECT_EQ(server.counters().timeouts, 1u);
}

TEST(Server, ClosesAConnectionThatStaysIdle) {
  Loop loop;
  ServerOptions options = options_on();
  options.limits.idle = 50ms;
  Server server(loop.executor(), options, hello);
  ASSERT_TRUE(server.start());
  RawClient client(port_of(server));
  client.send(kGet);
  EXPECT_TRUE(client.read().ends_with("hello"));
  EXPECT_TRUE(client.at_end);
}

asio::awaitable<void> report_body(std::promise<Code>& told, Request& request, Response& response) {
  std::array<std::byte, 1000> piece;
  for (;;) {
    const auto n = co_await request.read_body_some(piece);
    if (!n) {
      told.set_value(n.error().code);
      response.status(400);
      break;
    }
    if (*n == 0) break;
  }
  (void)co_await response.send();
}

TEST(Server, TellsTheHandlerWhenTheConnectionIsCutInTheBody) {
  Loop loop;
  std::promise<Code> told;
  Server server(loop.executor(), options_on(), [&told](Request& request, Response& response) {
    return report_body(told, request, response);
  });
  ASSERT_TRUE(server.start());
  RawClient client(port_of(server));
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + std::string(5000, 'x'));
  client.close();
  const Code code = told.get_future().get();
  EXPECT_TRUE(code == Code::incomplete_body || code == Code::connection_closed);
}

TEST(Server, TellsTheHandlerWhenTheBodyStallsAndTheClientWhy) {
  Loop loop;
  std::promise<Code> told;
  ServerOptions options = options_on();
  options.limits.body_stall = 50ms;
  options.limits.linger = 50ms;
  Server server(loop.executor(), options, [&told](Request& request, Response& response) {
    return report_body(told, request, response);
  });
  ASSERT_TRUE(server.start());
  RawClient client(port_of(server));
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + std::string(5000, 'x'));
  EXPECT_EQ(told.get_future().get(), Code::request_timeout);
  const std::string text = client.read();
  EXPECT_TRUE(text.starts_with("HTTP/1.1 400 ")) << text;
  EXPECT_NE(text.find("Connection: close\r\n"), std::string::npos);
}

asio::awaitable<void> forbid(Request&, Response& response) {
  response.status(403);
  (void)co_await response.send(std::string("no"));
}

TEST(Server, AClientThatStillSendsGetsItsAnswer) {
  Loop loop;
  Server server(loop.executor(), options_on(), forbid);
  ASSERT_TRUE(server.start());
  RawClient client(port_of(server));
  // Far more than the sockets' buffers hold, and more than is drained.
  EXPECT_TRUE(client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 20000000\r\n\r\n"));
  EXPECT_TRUE(client.send(std::string(20'000'000, 'x')));
  client.shut_down();
  const std::string text = client.read();
  EXPECT_TRUE(text.starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(client.at_end);
}

asio::awaitable<void> flood(std::promise<Code>& told, Response& response) {
  const Slice piece = Slice::of(std::string(1 << 20, 'x'));
  response.start(1u << 30);
  for (;;) {
    const auto sent = co_await response.write(piece);
    if (sent) continue;
    told.set_value(sent.error().code);
    break;
  }
}

TEST(Server, GivesUpOnAClientThatDoesNotRead) {
  Loop loop;
  std::promise<Code> told;
  ServerOptions options = options_on();
  options.limits.write_stall = 50ms;
  Server server(loop.executor(), options,
                [&told](Request&, Response& response) { return flood(told, response); });
  ASSERT_TRUE(server.start());
  RawClient client(port_of(server));
  client.send(kGet);
  EXPECT_EQ(told.get_future().get(), Code::request_timeout);
  const std::string text = client.read();
  EXPECT_LT(text.size(), 1u << 30);
  EXPECT_TRUE(client.was_reset);
}

asio::awaitable<void> abort_in_the_middle(Request&, Response& response) {
  response.start_chunked();
  (void)co_await response.write(Slice::of("abc"));
  response.abort();
}

TEST(Server, AnAbortedAnswerEndsInAReset) {
  Loop loop;
  Server server(loop.executor(), options_on(), abort_in_the_middle);
  ASSERT_TRUE(server.start());
  RawClient client(port_of(server));
  client.send(kGet);
  (void)client.read();
  EXPECT_TRUE(client.was_reset);
}

// A handler that answers once the test lets it.
struct Gate {
  std::promise<Completion<void>> entered;
};

asio::awaitable<void> wait_at(Gate& gate, Response& response) {
  (void)co_await await_completion<void>(
      [&gate](Completion<void> open) { gate.entered.set_value(std::move(open)); });
  (void)co_await response.send(std::string("late"));
}

TEST(Server, StopsIdleConnectionsAtOnceAndWaitsForRequests) {
  Loop loop;
  Gate gate;
  Server server(loop.executor(), options_on(),
                [&gate](Request&, Response& response) { return wait_at(gate, response); });
  ASSERT_TRUE(server.start());
  const std::uint16_t port = port_of(server);
  RawClient idle(port);
  RawClient busy(port);
  busy.send(kGet);
  auto open = gate.entered.get_future().get();
  wait_for([&] { return server.counters().open == 2; });
  std::jthread stopper([&] { server.stop(20s); });
  EXPECT_EQ(idle.read(), "");
  open({});
  const std::string text = busy.read();
  EXPECT_NE(text.find("Connection: close\r\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("late"));
  stopper.join();
  EXPECT_EQ(server.counters().open, 0u);
}

asio::awaitable<void> read_for_ever(std::promise<void>& entered, Request& request, Response& response) {
  entered.set_value();
  std::array<std::byte, 100> piece;
  if (co_await request.read_body_full(piece)) (void)co_await response.send();
}

TEST(Server, CutsRequestsThatOutlastTheGrace) {
  Loop loop;
  std::promise<void> entered;
  Server server(loop.executor(), options_on(), [&entered](Request& request, Response& response) {
    return read_for_ever(entered, request, response);
  });
  ASSERT_TRUE(server.start());
  RawClient client(port_of(server));
  client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nx");
  entered.get_future().wait();
  server.stop(10ms);
  EXPECT_EQ(client.read(), "");
  EXPECT_TRUE(client.was_reset);
}

TEST(Server, CanBeStoppedTwiceAndDestroyedWithoutAnExecutorThatRuns) {
  asio::io_context context;
  {
    Server never_started(context.get_executor(), options_on(), hello);
  }
  Loop loop;
  Server server(loop.executor(), options_on(), hello);
  ASSERT_TRUE(server.start());
  server.stop(0ms);
  server.stop(0ms);
}

}  // namespace
}  // namespace cairn::http
