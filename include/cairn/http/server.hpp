#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/task.hpp"
#include "cairn/http/message.hpp"
#include "cairn/http/stream.hpp"

namespace cairn::http {

struct Limits {
  std::size_t request_line = 16u << 10;
  std::size_t header_section = 64u << 10;  // all fields together
  std::size_t fields = 200;
  // An unread request body up to this size is read and dropped, so that the connection can be used again.
  std::size_t drain = 256u << 10;
  std::chrono::milliseconds header{10'000};      // from a head's first byte to its end
  std::chrono::milliseconds idle{75'000};        // between requests
  std::chrono::milliseconds body_stall{30'000};  // without a byte of the request body
  std::chrono::milliseconds write_stall{30'000};
  std::chrono::milliseconds linger{2'000};  // after an answer that closes, for a client that still sends
  std::chrono::milliseconds tls_handshake{10'000};
};

struct ServerOptions {
  std::vector<Endpoint> listen;
  std::string certs_dir;  // empty: plain HTTP
  std::chrono::milliseconds certs_check{5'000};
  std::string server_name = "Cairn";  // the Server field; empty: none
  std::size_t max_connections = 10'000;
  int backlog = 1024;
  Limits limits;
};

// Written by all connections, read by the metrics.
struct ServerCounters {
  std::atomic<std::uint64_t> open{0}, accepted{0}, rejected{0}, tls_failed{0};
  std::atomic<std::uint64_t> requests{0}, bad_requests{0}, timeouts{0}, aborted{0};
  std::atomic<std::uint64_t> bytes_in{0}, bytes_out{0};
};

// An HTTP/1.1 server. Each connection is a coroutine on a strand of its own; handlers run there. Thread-safe.
// Shutdown: async_stop() accepts no more, closes idle connections, lets requests under way finish within
// `grace`, then cuts them and waits for their handlers to return. The destructor does the same with no grace
// and blocks, so it must not run on the executor's only thread. What the handler refers to must outlive the
// server.
class Server {
 public:
  Server(asio::any_io_executor executor, ServerOptions options, Handler handler, ErrorResponder errors = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  Status start();  // config (a bad address or certificate) or io (the address is in use)
  std::vector<Endpoint> endpoints() const;  // where it listens, with the real ports
  asio::awaitable<void> async_stop(std::chrono::milliseconds grace);
  void stop(std::chrono::milliseconds grace);  // blocks; not on the executor's only thread
  const ServerCounters& counters() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Serves one stream until it ends: what Server does with each connection, for tests and fuzzing without
// sockets.
Task<void> serve_stream(std::unique_ptr<Stream> stream, const ServerOptions& options, const Handler& handler,
                        const ErrorResponder& errors, ServerCounters& counters);

}  // namespace cairn::http
