#include "cairn/http/client.hpp"

#include <array>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "http/client_state.hpp"
#include "http/net_error.hpp"
#include "http/plain_stream.hpp"
#include "http/tls_stream.hpp"

namespace cairn::http {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kStatusLine = 8192;

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

Task<tcp::socket> connect_socket(const Endpoint& endpoint, std::chrono::milliseconds limit) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::socket socket(executor);
  tcp::resolver resolver(executor);
  Watchdog watchdog(executor, [&] {
    resolver.cancel();
    error_code ignored;
    socket.close(ignored);
  });
  watchdog.arm(limit);
  error_code ec;
  std::vector<tcp::endpoint> addresses;
  if (const auto address = asio::ip::make_address(endpoint.host, ec); !ec) {
    addresses.emplace_back(address, endpoint.port);
  } else {
    const auto found = co_await resolver.async_resolve(endpoint.host, std::to_string(endpoint.port),
                                                       asio::redirect_error(asio::use_awaitable, ec));
    if (ec && !watchdog.expired())
      co_return fail(Code::connection_closed, endpoint.text() + ": " + ec.message());
    for (const auto& entry : found) addresses.push_back(entry.endpoint());
  }
  ec = asio::error::host_not_found;
  for (const tcp::endpoint& address : addresses) {
    if (watchdog.expired()) break;
    error_code ignored;
    socket.close(ignored);
    co_await socket.async_connect(address, asio::redirect_error(asio::use_awaitable, ec));
    if (!ec) break;
  }
  if (watchdog.expired()) co_return fail(Code::deadline, endpoint.text() + ": no connection in time");
  if (ec) co_return fail(Code::connection_closed, endpoint.text() + ": " + ec.message());
  watchdog.disarm();
  socket.set_option(tcp::no_delay(true), ec);
  co_return std::move(socket);
}

}  // namespace

ClientConnection::State::State(std::unique_ptr<Stream> stream, Endpoint e, ClientOptions o)
    : wire(std::move(stream), kStatusLine + o.header_section + 64),
      endpoint(std::move(e)),
      options(std::move(o)),
      scanner({kStatusLine, options.header_section, 1000}) {}

Task<std::unique_ptr<ClientConnection>> ClientConnection::connect(Endpoint endpoint, ClientOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  CO_TRY(tcp::socket socket, co_await connect_socket(endpoint, options.connect));
  std::unique_ptr<Stream> stream = make_plain_stream(std::move(socket));
  if (options.tls) {
    const std::string& name = options.server_name.empty() ? endpoint.host : options.server_name;
    CO_TRY(stream, make_tls_client_stream(std::move(stream), options.tls, name));
  }
  const auto limit = options.connect;
  auto connection =
      std::make_unique<ClientConnection>(std::move(stream), std::move(endpoint), std::move(options));
  connection->state_->wire.attach(executor);
  CO_TRY(co_await connection->state_->wire.handshake(limit));
  co_return connection;
}

ClientConnection::ClientConnection(std::unique_ptr<Stream> stream, Endpoint endpoint, ClientOptions options)
    : state_(std::make_unique<State>(std::move(stream), std::move(endpoint), std::move(options))) {}

ClientConnection::~ClientConnection() {
  if (state_) close();
}

void ClientConnection::State::build_head(const ClientRequest& request) {
  out.clear();
  out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
  bool has_host = false;
  for (const Field& f : request.fields) {
    append_field(out, f.name, f.value);
    has_host = has_host || equal_ignoring_case(f.name, "host");
  }
  if (!has_host) append_field(out, "Host", endpoint.text());
  if (!request.content_length) {
    out.append("Transfer-Encoding: chunked\r\n");
  } else if (*request.content_length > 0 || request.method == "PUT" || request.method == "POST") {
    fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", *request.content_length);
  }
  if (request.expect_continue) out.append("Expect: 100-continue\r\n");
  out.append("\r\n");
}

Task<void> ClientConnection::send(const ClientRequest& request, Bytes body) {
  const std::array<Bytes, 1> pieces{body};
  co_return co_await send(request, pieces);
}

Task<void> ClientConnection::send(const ClientRequest& request, std::span<const Bytes> body) {
  State& s = *state_;
  if (s.phase != State::Phase::idle && !s.complete())
    co_return fail(Code::internal, "the exchange before is not complete");
  s.phase = State::Phase::sent;
  s.head_request = request.method == "HEAD";
  s.chunked = !request.content_length;
  s.unsent = request.content_length.value_or(0);
  s.body_ended = !s.chunked;
  s.build_head(request);
  co_return co_await s.write(body, true);
}

Task<void> ClientConnection::write_body(Bytes piece) {
  const std::array<Bytes, 1> pieces{piece};
  co_return co_await state_->write(pieces, false);
}

Task<void> ClientConnection::finish_body() {
  State& s = *state_;
  if (s.body_ended) co_return Status{};
  s.body_ended = true;
  static constexpr std::string_view kEnd = "0\r\n\r\n";
  const std::array<Bytes, 1> piece{as_bytes(kEnd)};
  co_return co_await s.wire.write(piece, s.options.stall);
}

Task<void> ClientConnection::State::write(std::span<const Bytes> body, bool with_head) {
  std::uint64_t size = 0;
  for (const Bytes& b : body) size += b.size();
  if (!chunked) {
    if (size > unsent) co_return fail(Code::internal, "more body than announced");
    unsent -= size;
  }
  if (!with_head) out.clear();
  if (chunked && size > 0) fmt::format_to(std::back_inserter(out), "{:x}\r\n", size);
  pieces.clear();
  if (!out.empty()) pieces.push_back(as_bytes(out));
  pieces.insert(pieces.end(), body.begin(), body.end());
  if (chunked && size > 0) pieces.push_back(as_bytes("\r\n"));
  auto sent = co_await wire.write(pieces, options.stall);
  broken = broken || !sent;
  co_return sent;
}

// The next head, informational ones included.
Task<void> ClientConnection::State::read_one_head(std::chrono::milliseconds stall) {
  scanner.reset();
  for (;;) {
    const auto length = scanner.scan(wire.buffered());
    if (!length) co_return fail(Code::bad_http, length.error().context);
    if (*length > 0) {
      head_text.assign(wire.buffered().substr(0, *length));
      wire.consume(*length);
      co_return parse_response_head(head_text, head);
    }
    CO_TRY(const std::size_t n, co_await wire.fill(stall));
    if (n == 0) co_return fail(Code::connection_closed, "the server closed the connection");
  }
}

Status ClientConnection::State::accept_head() {
  using Kind = BodyReader::Kind;
  const Framing& f = head.framing;
  response.status = head.status;
  response.reason = head.reason;
  std::swap(response.fields, head.fields);
  response.content_length = f.content_length;
  keep_alive = f.keep_alive && head.status != 101;
  const bool bodiless = head_request || head.status == 204 || head.status == 304;
  reader.begin(bodiless           ? Kind::none
               : f.chunked        ? Kind::chunked
               : f.content_length ? Kind::length
                                  : Kind::until_close,
               f.content_length.value_or(0));
  phase = Phase::answered;
  return {};
}

Task<const ClientResponse*> ClientConnection::read_head() {
  State& s = *state_;
  if (s.phase == State::Phase::idle) co_return fail(Code::internal, "no request was sent");
  while (s.phase == State::Phase::sent) {
    const auto read = co_await s.read_one_head(s.options.stall);
    if (!read) {
      s.broken = true;
      co_return fail(read.error());
    }
    if (s.head.status >= 200 || s.head.status == 101) CO_TRY(s.accept_head());
  }
  co_return &s.response;
}

Task<bool> ClientConnection::wait_continue() {
  State& s = *state_;
  const auto read = co_await s.read_one_head(s.options.wait_continue);
  if (!read) {
    // A server that does not know the expectation stays silent: send the body then (RFC 9110 section 10.1.1).
    if (read.error().is(Code::request_timeout)) co_return true;
    s.broken = true;
    co_return fail(read.error());
  }
  if (s.head.status < 200) co_return true;
  CO_TRY(s.accept_head());
  co_return false;
}

Task<std::size_t> ClientConnection::read_body_some(MutableBytes into) {
  State& s = *state_;
  if (s.phase != State::Phase::answered) co_return fail(Code::internal, "there is no answer yet");
  co_return co_await s.reader.read_some(s.wire, into, s.options.stall);
}

Task<std::string> ClientConnection::read_body_text(std::size_t limit) {
  std::string text;
  std::array<std::byte, 8192> piece;
  for (;;) {
    CO_TRY(const std::size_t n, co_await read_body_some(piece));
    if (n == 0) break;
    if (text.size() + n > limit) co_return fail(Code::max_message_length_exceeded, "the answer is too long");
    text.append(as_text(std::span(piece).first(n)));
  }
  co_return text;
}

Task<std::uint64_t> ClientConnection::skip_body() {
  std::uint64_t total = 0;
  std::array<std::byte, 16384> piece;
  for (;;) {
    CO_TRY(const std::size_t n, co_await read_body_some(piece));
    if (n == 0) co_return total;
    total += n;
  }
}

bool ClientConnection::reusable() const { return state_->complete(); }

void ClientConnection::close() { state_->wire.stream().close(false); }
const Endpoint& ClientConnection::endpoint() const { return state_->endpoint; }

}  // namespace cairn::http
