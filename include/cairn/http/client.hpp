#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cairn/base/task.hpp"
#include "cairn/http/fields.hpp"
#include "cairn/http/stream.hpp"
#include "cairn/http/tls.hpp"

namespace cairn::http {

struct ClientOptions {
  TlsContext tls;           // set: TLS
  std::string server_name;  // checked against the certificate and sent as SNI; empty: the endpoint's host
  std::chrono::milliseconds connect{5'000};  // with the TLS handshake
  std::chrono::milliseconds stall{60'000};   // without a byte in either direction
  std::chrono::milliseconds wait_continue{1'000};
  std::size_t header_section = 64u << 10;
};

// What to send. The client adds Content-Length or Transfer-Encoding, Expect, and Host unless the fields have
// it.
struct ClientRequest {
  std::string_view method = "GET";
  std::string_view target = "/";
  std::span<const Field> fields;
  std::optional<std::uint64_t> content_length = 0;  // nothing: chunked
  bool expect_continue = false;
};

// The head of an answer; views are valid until the connection's next send().
struct ClientResponse {
  int status = 0;
  std::string_view reason;
  Fields fields;
  std::optional<std::uint64_t> content_length;  // nothing: chunked or until the end of the connection
};

// One connection to a server, one request at a time: send(), write_body()..., read_head(), read_body_some()
// until 0. Used by one coroutine at a time, whose executor runs one thing at a time (a strand: TaskGroup
// gives one; or a single-threaded context). Between two requests it may move to another coroutine. No
// allocation per request once warm.
class ClientConnection {
 public:
  static Task<std::unique_ptr<ClientConnection>> connect(Endpoint endpoint, ClientOptions options);
  ClientConnection(std::unique_ptr<Stream> stream, Endpoint endpoint, ClientOptions options);
  ~ClientConnection();

  // Sends the head together with the first pieces of the body. With expect_continue give no pieces and call
  // wait_continue() next: true means send the body, false that the final answer is already there.
  Task<void> send(const ClientRequest& request, std::span<const Bytes> body = {});
  Task<void> send(const ClientRequest& request, Bytes body);
  Task<bool> wait_continue();
  Task<void> write_body(Bytes piece);
  Task<void> finish_body();  // ends a chunked body; no effect otherwise
  // After a failed write_body() too: the server may have answered early. The pointer is the connection's.
  Task<const ClientResponse*> read_head();
  // At least one byte; 0 at the end. incomplete_body when the connection ends before the body.
  Task<std::size_t> read_body_some(MutableBytes into);
  Task<std::string> read_body_text(std::size_t limit);
  Task<std::uint64_t> skip_body();  // reads the rest, says how much that was

  bool reusable() const;  // the exchange is complete and the server keeps the connection
  void close();
  const Endpoint& endpoint() const;

 private:
  friend class Client;
  struct State;
  std::unique_ptr<State> state_;
};

// Keeps idle connections for reuse. Thread-safe.
class Client {
 public:
  explicit Client(ClientOptions options, std::size_t max_idle_per_endpoint = 64,
                  std::chrono::milliseconds max_idle = std::chrono::seconds(20));
  ~Client();
  // An idle connection or a new one. An idle one may have been closed by the server meanwhile: when send() or
  // read_head() on it fails before any byte came back and `reused()` says so, an idempotent request may be
  // tried on a new one.
  struct Lease {
    std::unique_ptr<ClientConnection> connection;
    bool reused = false;
  };
  Task<Lease> acquire(Endpoint endpoint, bool fresh = false);
  void release(std::unique_ptr<ClientConnection> connection);  // kept if reusable, else closed

 private:
  struct Idle {
    std::unique_ptr<ClientConnection> connection;
    std::chrono::steady_clock::time_point since;
  };
  ClientOptions options_;
  std::size_t max_idle_per_endpoint_;
  std::chrono::milliseconds max_idle_;
  std::mutex mutex_;
  std::map<Endpoint, std::vector<Idle>> idle_;
};

}  // namespace cairn::http
