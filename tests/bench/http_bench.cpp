// How quick the HTTP module is on this machine: its server and its client in one process, over loopback.
//   http_bench [seconds]           prints smallest GETs a second and GB/s of 64 MiB bodies in both directions
//   http_bench serve PORT [CERTS]  only the server, for a load generator of your own: / is empty, /big is 64
//   MiB
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>
#include <sys/resource.h>

#include "cairn/base/buffer.hpp"
#include "cairn/http/client.hpp"
#include "cairn/http/server.hpp"

namespace cairn::http {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kBody = 64u << 20;
constexpr std::size_t kPiece = 1u << 20;

struct Site {
  BufferPool pool;
  Slice piece = Buffer::share(pool.get(kPiece));
};

asio::awaitable<void> handle(Site& site, Request& request, Response& response) {
  if (request.method() == "PUT") {
    Buffer buffer = site.pool.get(kPiece);
    for (;;) {
      const auto n = co_await request.read_body_full(buffer.span());
      if (!n || *n == 0) break;
    }
    (void)co_await response.send();
  } else if (request.path() == "/big") {
    response.start(kBody);
    for (std::size_t sent = 0; sent < kBody; sent += kPiece)
      if (!co_await response.write(site.piece)) co_return;
  } else {
    response.field("ETag", "\"d41d8cd98f00b204e9800998ecf8427e\"");
    (void)co_await response.send();
  }
}

struct Load {
  Endpoint endpoint;
  std::string_view method, target;
  std::uint64_t body = 0;
  Clock::time_point until;
  TlsContext tls;
  std::atomic<std::uint64_t> requests{0}, bytes{0}, errors{0};
  Slice piece;
};

Task<void> client(Load& load) {
  const std::array<Field, 3> fields{
      {{"x-amz-date", "20261123T000000Z"},
       {"x-amz-content-sha256", "UNSIGNED-PAYLOAD"},
       {"Authorization", "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/"}}};
  ClientOptions options;
  options.tls = load.tls;
  CO_TRY(const auto connection, co_await ClientConnection::connect(load.endpoint, options));
  BufferPool pool;
  Buffer buffer = pool.get(kPiece);
  while (Clock::now() < load.until) {
    ClientRequest request{.method = load.method, .target = load.target, .fields = fields};
    request.content_length = load.body;
    CO_TRY(co_await connection->send(request));
    for (std::uint64_t sent = 0; sent < load.body; sent += kPiece) {
      CO_TRY(co_await connection->write_body(load.piece.bytes));
      load.bytes.fetch_add(kPiece, std::memory_order_relaxed);
    }
    CO_TRY(const ClientResponse* response, co_await connection->read_head());
    if (response->status != 200) ++load.errors;
    for (;;) {
      CO_TRY(const std::size_t n, co_await connection->read_body_some(buffer.span()));
      if (n == 0) break;
      load.bytes.fetch_add(n, std::memory_order_relaxed);
    }
    load.requests.fetch_add(1, std::memory_order_relaxed);
  }
  co_return Status{};
}

double cpu_seconds() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto s = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return s(u.ru_utime) + s(u.ru_stime);
}

void run(asio::io_context& context, const char* name, Load& load, int connections, double seconds,
         Site& site) {
  load.requests = load.bytes = load.errors = 0;
  load.piece = site.piece;
  const auto start = Clock::now();
  const double cpu = cpu_seconds();
  load.until = start + std::chrono::milliseconds(static_cast<int>(seconds * 1000));
  {
    TaskGroup group(context.get_executor());
    for (int i = 0; i < connections; ++i) group.spawn("client", [&load] { return client(load); });
    while (group.running() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const double took = std::chrono::duration<double>(Clock::now() - start).count();
  fmt::print(
      "{:<22} {:>3} connections  {:>9.0f}/s  {:>6.2f} GB/s  {:>6.1f} us CPU each, client included  {} "
      "errors\n",
      name, connections, static_cast<double>(load.requests) / took,
      static_cast<double>(load.bytes) / took / 1e9,
      (cpu_seconds() - cpu) * 1e6 / static_cast<double>(std::max<std::uint64_t>(1, load.requests)),
      load.errors.load());
  std::fflush(stdout);
}

int bench(int argc, char** argv) {
  const bool only_serve = argc > 2 && std::string_view(argv[1]) == "serve";
  const double seconds = argc > 1 && !only_serve ? std::strtod(argv[1], nullptr) : 2;
  asio::io_context context;
  auto work = asio::make_work_guard(context);
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) threads.emplace_back([&] { context.run(); });
  {
    Site site;
    ServerOptions options;
    options.listen = {
        {"127.0.0.1", static_cast<std::uint16_t>(only_serve ? std::strtoul(argv[2], nullptr, 10) : 0)}};
    if (only_serve && argc > 3) options.certs_dir = argv[3];
    Server server(context.get_executor(), options,
                  [&site](Request& request, Response& response) { return handle(site, request, response); });
    if (const auto started = server.start(); !started) {
      fmt::print(stderr, "{}\n", started.error().context);
      return 1;
    }
    if (only_serve) {
      for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }
    Load load;
    load.endpoint = server.endpoints().front();
    load.method = "GET";
    load.target = "/small";
    for (const int n : {1, 16, 64}) run(context, "GET, empty", load, n, seconds, site);
    load.target = "/big";
    for (const int n : {1, 4}) run(context, "GET, 64 MiB", load, n, seconds, site);
    load.method = "PUT";
    load.body = kBody;
    for (const int n : {1, 4}) run(context, "PUT, 64 MiB", load, n, seconds, site);
  }
  work.reset();
  context.stop();
  for (auto& t : threads) t.join();
  return 0;
}

}  // namespace
}  // namespace cairn::http

int main(int argc, char** argv) { return cairn::http::bench(argc, argv); }
