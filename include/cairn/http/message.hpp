#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cairn/base/buffer.hpp"
#include "cairn/base/task.hpp"
#include "cairn/http/endpoint.hpp"
#include "cairn/http/fields.hpp"

namespace cairn::http {

class Session;

// A request as the handler sees it: the head is there, the body is read on demand. Used by the handler's
// coroutine only; it and all its views die when the handler returns.
class Request {
 public:
  std::string_view method() const { return method_; }
  // The request target exactly as sent; path() and query() are its parts before and after the first '?',
  // still encoded.
  std::string_view target() const { return target_; }
  std::string_view path() const { return path_; }    // of an absolute target: the part after the authority
  std::string_view query() const { return query_; }  // without the '?'
  const Fields& fields() const { return fields_; }
  std::string_view field(std::string_view name) const { return fields_.get(name); }
  int minor_version() const { return minor_version_; }  // 0 or 1 of HTTP/1.x
  const Endpoint& remote() const;
  std::string_view tls_version() const;  // "TLSv1.3"; empty without TLS
  bool is_tls() const { return !tls_version().empty(); }

  // The Content-Length; nothing for a chunked body; 0 when there is no body.
  std::optional<std::uint64_t> content_length() const { return content_length_; }
  bool body_done() const;  // everything has been read
  // Reads body bytes, straight from the socket where possible: at least one, 0 at the end. The first call
  // sends `100 Continue` to a client that waits for it; a handler that answers without reading never asks for
  // the body. Errors: incomplete_body (the peer ended in the middle), connection_closed, request_timeout (it
  // stalled), bad_http (broken chunked coding). After an error the answer can still be sent, the connection
  // then closes.
  Task<std::size_t> read_body_some(MutableBytes into);
  // Fills `into`; less only at the body's end.
  Task<std::size_t> read_body_full(MutableBytes into);
  // The next up to `size` bytes in a buffer of the pool; empty at the end.
  Task<Slice> read_body(BufferPool& pool, std::size_t size);
  // The whole body as text; max_message_length_exceeded when it is longer than `limit`.
  Task<std::string> read_body_text(std::size_t limit);

  // For the layers above; the server only clears them between requests.
  std::string trace_id;
  std::chrono::steady_clock::time_point received{};  // when the head was complete
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

 private:
  friend class Session;
  explicit Request(Session& session) : session_(session) {}
  Session& session_;
  std::string_view method_, target_, path_, query_;
  Fields fields_;
  int minor_version_ = 1;
  std::optional<std::uint64_t> content_length_;
};

// The answer to one request. Status and fields first, then either send() once, or start() or start_chunked(),
// any number of write() and finish(). Nothing reaches the wire before the first write() or finish(), where
// the head leaves together with that piece; until then reset() and another answer are possible.
// Content-Length, Transfer-Encoding, Date and Connection are the server's. To a HEAD request, and with 204
// and 304, body bytes are counted but not sent. Used by the handler's coroutine only. Errors:
// connection_closed, or request_timeout when the client stops reading.
class Response {
 public:
  void status(int code) { status_ = code; }
  int status() const { return status_; }
  // Adds a field. Control characters in the value (a response split) become spaces.
  void field(std::string_view name, std::string_view value);
  // Forgets status, fields and framing; only while !head_sent().
  void reset();
  bool head_sent() const { return head_sent_; }
  bool finished() const { return finished_; }
  void close_after() { close_after_ = true; }              // ends the connection after this answer
  std::uint64_t bytes_sent() const { return body_sent_; }  // of the body

  Task<void> send() { return send_all({}); }
  Task<void> send(Slice body) { return send_all(std::move(body)); }
  Task<void> send(std::string body) { return send_all(Slice::of(std::move(body))); }

  void start(std::uint64_t content_length);
  void start_chunked();
  Task<void> write(Slice piece);
  Task<void> write(std::span<const Slice> pieces);  // as one gather write
  Task<void> finish();                              // fewer bytes than announced: aborts, and internal
  // Cuts the connection, so that what was sent never looks complete. Also what happens when a handler leaves
  // a started answer unfinished.
  void abort();

 private:
  friend class Session;
  enum class Framing { none, length, chunked, until_close };
  explicit Response(Session& session) : session_(session) {}
  Task<void> send_all(Slice body);
  void renew();  // for the next request
  Session& session_;
  int status_ = 200;
  std::string fields_;  // as they will stand in the head
  Framing framing_ = Framing::none;
  std::uint64_t length_ = 0;
  std::uint64_t body_sent_ = 0;
  bool head_sent_ = false;
  bool finished_ = false;
  bool aborted_ = false;
  bool close_after_ = false;
};

// Answers one request. An exception that leaves it becomes a 500 where possible, else a cut connection.
using Handler = std::function<asio::awaitable<void>(Request&, Response&)>;

// Fills the answer (fields and body) to what never reached a handler: a malformed or oversized head, a
// time-out, too many connections, a handler that failed. `response` already has its status. Returns the body.
// Codes: bad_http, invalid_uri (414), request_header_section_too_large, request_timeout, not_implemented,
// overloaded, internal.
using ErrorResponder = std::function<std::string(const Error& error, Response& response)>;

}  // namespace cairn::http
