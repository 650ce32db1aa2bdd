#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/http/client.hpp"
#include "cairn/s3client/s3_client.hpp"
#include "cairn/s3wire/documents.hpp"

#include "s3client/bench/objects.hpp"
#include "s3client/bench/options.hpp"
#include "s3client/bench/signer.hpp"
#include "s3client/bench/stats.hpp"

namespace cairn::s3client::bench {

std::int64_t steady_now();  // nanoseconds

// What all lanes of one thread share.
struct LaneTools {
  const RunOptions& options;
  const ServerAddress& address;
  const http::ClientOptions& http;
  const ObjectSpace& objects;
  const Clock& clock;
  RequestSigner signer;
  std::vector<std::byte> scratch;  // bodies that nobody looks at are read into it, of all lanes at a time
};

struct Operation {
  OpKind kind{};
  std::uint64_t object = 0;  // of a list: which prefix to begin with, if one is not under way
};

struct Outcome {
  std::int64_t first_byte = 0;
  std::uint64_t bytes = 0;
  std::uint64_t items = 1;
  std::string error;       // empty: it worked; else an S3 code or the name of what happened to the connection
  bool slow_down = false;  // a 503 that may be tried again
  bool transport = false;  // the connection failed: there is no answer
};

// One request after the other on one connection. Used by one coroutine at a time.
class Lane {
 public:
  Lane(LaneTools& tools, std::uint64_t seed) : tools_(tools), random_(seed) {}

  asio::awaitable<Outcome> run(Operation operation);
  std::uint64_t random() { return random_ = mix64(random_); }
  void disconnect() { connection_.reset(); }

  std::vector<std::uint64_t> own;  // mixed mode: the objects that only this lane touches

 private:
  struct Request {
    std::string_view method;
    std::string_view query;
    std::string_view payload_hash;
    std::span<const Bytes> body;
    std::uint64_t body_size = 0;
  };
  // Sends path_ with the request and reads the head; a connection that the server had closed meanwhile is
  // replaced.
  Task<const http::ClientResponse*> exchange(Request request);
  Task<const http::ClientResponse*> exchange_once(const Request& request);
  // The same, for requests whose answer is a document or nothing of interest.
  asio::awaitable<Outcome> exchange_text(Request request, std::string& text);
  asio::awaitable<Outcome> put(std::uint64_t object);
  asio::awaitable<Outcome> put_parts(std::uint64_t object, std::uint64_t size);
  asio::awaitable<Outcome> put_part(std::uint64_t object, std::uint64_t offset, std::uint64_t size,
                                    std::string_view query);
  asio::awaitable<Outcome> get(std::uint64_t object);
  asio::awaitable<Outcome> list(std::uint64_t start);
  asio::awaitable<Outcome> failed_answer(const http::ClientResponse& response);
  Task<std::uint64_t> read_body(std::uint64_t object, bool& equal);
  void set_path(std::uint64_t object);
  void set_content(std::uint64_t object, std::uint64_t offset, std::uint64_t size);

  LaneTools& tools_;
  std::uint64_t random_;
  std::unique_ptr<http::ClientConnection> connection_;
  std::string path_, target_, payload_hash_, etag_;
  std::vector<Bytes> content_;
  std::vector<std::byte> to_verify_;
  std::string list_token_, list_prefix_;
};

}  // namespace cairn::s3client::bench
