#include "http/session.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/this_coro.hpp>

#include "cairn/base/log.hpp"

namespace cairn::http {
namespace {

using Clock = std::chrono::steady_clock;

// A client that sent too much is told why; for that it must not see a reset, so some of what it still sends
// is taken.
constexpr std::uint64_t kMaxLinger = 64u << 20;

int status_of(Code code) {
  switch (code) {
    case Code::bad_http:
      return 400;
    case Code::invalid_uri:
      return 414;
    case Code::request_header_section_too_large:
      return 431;
    case Code::request_timeout:
      return 408;
    case Code::not_implemented:
      return 501;
    case Code::overloaded:
      return 503;
    default:
      return 500;
  }
}

HeadScanner::Limits scanner_limits(const Limits& l) { return {l.request_line, l.header_section, l.fields}; }

}  // namespace

Session::Session(std::unique_ptr<Stream> stream, Context context, asio::any_io_executor executor)
    : context_(context),
      executor_(std::move(executor)),
      remote_(stream->remote()),
      wire_(std::move(stream),
            context.options.limits.request_line + context.options.limits.header_section + 64),
      scanner_(scanner_limits(context.options.limits)),
      request_(*this),
      response_(*this) {
  wire_.attach(executor_);
}

asio::awaitable<void> Session::run() {
  // The server's stop arrives as an error of the operation under way, not as an exception in the middle of a
  // handler.
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto secured = co_await wire_.handshake(limits().tls_handshake);
  if (secured) {
    while (co_await serve_next()) {
    }
  } else {
    context_.counters.tls_failed.fetch_add(1, std::memory_order_relaxed);
    log::debug("TLS handshake failed",
               {{"remote", wire_.stream().remote().text()}, {"error", secured.error().context}});
  }
  count_bytes();
  wire_.stream().close(false);
}

asio::awaitable<void> Session::refuse() {
  co_await asio::this_coro::throw_if_cancelled(false);
  response_.reset();
  keep_alive_ = false;
  co_await answer_error(Error(Code::overloaded, "too many connections"));
  co_await linger();
  count_bytes();
  wire_.stream().close(false);
}

void Session::stop() {
  stopping_ = true;
  if (idle_) wire_.stream().cancel();
}

void Session::cut() {
  cut_ = true;
  wire_.stream().close(true);
}

void Session::count_bytes() {
  context_.counters.bytes_in.fetch_add(wire_.bytes_in() - counted_in_, std::memory_order_relaxed);
  context_.counters.bytes_out.fetch_add(wire_.bytes_out() - counted_out_, std::memory_order_relaxed);
  counted_in_ = wire_.bytes_in();
  counted_out_ = wire_.bytes_out();
}

// One request and its answer; whether another may follow.
asio::awaitable<bool> Session::serve_next() {
  response_.renew();
  body_.begin(BodyReader::Kind::none, 0);
  continue_owed_ = keep_alive_ = is_head_ = false;
  auto head = co_await read_head();
  if (head && !*head) co_return false;  // an orderly end between two requests
  if (!head) {
    const Error& error = head.error();
    if (error.is(Code::connection_closed) || error.is(Code::canceled)) co_return false;
    auto& counter =
        error.is(Code::request_timeout) ? context_.counters.timeouts : context_.counters.bad_requests;
    counter.fetch_add(1, std::memory_order_relaxed);
    co_await answer_error(error);
    co_await linger();
    co_return false;
  }
  context_.counters.requests.fetch_add(1, std::memory_order_relaxed);
  co_await call_handler();
  count_bytes();
  if (response_.aborted_ || cut_) co_return false;
  if (keep_alive_ && (body_.done() || co_await drain())) co_return !stopping_;
  co_await end();
  co_return false;
}

// False when the connection ends, or is to end, before the first byte of a head.
Task<bool> Session::read_head() {
  scanner_.reset();
  auto stall = limits().idle;
  Clock::time_point until;
  for (;;) {
    // Empty lines before a request are ignored (RFC 9112 section 2.2), also when one is cut in two.
    while (scanner_.at_start() && wire_.buffered().starts_with("\r\n")) wire_.consume(2);
    const std::string_view text = wire_.buffered();
    std::size_t length = 0;
    if (!scanner_.at_start() || text != "\r") {
      CO_TRY(length, scanner_.scan(text));
    }
    if (length > 0) {
      head_text_.assign(text.substr(0, length));
      wire_.consume(length);
      CO_TRY(accept_head());
      // Not needed where there is no body, but botocore takes the next answer for the rest of this one
      // without it.
      if (head_.framing.expect_continue && body_.done()) CO_TRY(co_await send_continue());
      co_return true;
    }
    const bool waiting = text.empty();
    if (!waiting) {
      const auto now = Clock::now();
      if (until == Clock::time_point()) until = now + limits().header;
      if (now >= until) co_return fail(Code::request_timeout, "the request's head took too long");
      stall = std::chrono::ceil<std::chrono::milliseconds>(until - now);
    }
    if (waiting && stopping_) co_return false;
    idle_ = waiting;
    const auto n = co_await wire_.fill(stall);
    idle_ = false;
    if (waiting && (!n || *n == 0)) co_return false;  // idle for too long is no reason for an answer
    CO_TRY(const std::size_t got, n);
    if (got == 0) co_return fail(Code::connection_closed, "the connection ended in a head");
  }
}

Status Session::accept_head() {
  TRY(parse_request_head(head_text_, head_));
  const Framing& framing = head_.framing;
  request_.method_ = head_.method;
  request_.target_ = head_.target;
  const Target target = split_target(head_.target);
  request_.path_ = target.path;
  request_.query_ = target.query;
  request_.minor_version_ = head_.minor_version;
  std::swap(request_.fields_, head_.fields);
  request_.trace_id.clear();
  request_.received = Clock::now();
  request_.deadline = Clock::time_point::max();
  request_.content_length_ =
      framing.chunked ? std::nullopt : std::optional(framing.content_length.value_or(0));
  is_head_ = head_.method == "HEAD";
  keep_alive_ = framing.keep_alive;
  body_.begin(framing.chunked ? BodyReader::Kind::chunked : BodyReader::Kind::length,
              framing.content_length.value_or(0));
  // A body that has begun to arrive needs no invitation.
  continue_owed_ = framing.expect_continue && !body_.done() && wire_.buffered().empty();
  return {};
}

asio::awaitable<void> Session::call_handler() {
  std::string thrown;
  try {
    co_await context_.handler(request_, response_);
  } catch (const std::exception& e) {
    thrown = e.what();
    if (thrown.empty()) thrown = "exception";
  } catch (...) {
    thrown = "unknown exception";
  }
  if (response_.finished_ || response_.aborted_) co_return;
  if (thrown.empty()) thrown = "the handler left without an answer";
  if (!cut_) log::error("request failed", {{"request", request_.trace_id}, {"error", thrown}});
  if (response_.head_sent_) {
    response_.abort();
  } else {
    response_.reset();
    co_await answer_error(Error(Code::internal));
  }
}

asio::awaitable<void> Session::answer_error(const Error& error) {
  response_.status_ = status_of(error.code);
  std::string body;
  if (context_.errors) {
    body = context_.errors(error, response_);
  } else {
    response_.field("Content-Type", "text/plain");
    body = error.context + "\n";
  }
  (void)co_await response_.send(std::move(body));
}

// Takes what the client still sends of a body that the handler did not read; whether the next request may
// follow.
asio::awaitable<bool> Session::drain() {
  if (body_.broken() || continue_owed_) co_return false;
  std::size_t left = limits().drain;
  std::array<std::byte, 16384> scratch;
  while (!body_.done()) {
    if (left == 0) co_return false;
    const auto n = co_await body_.read_some(wire_, std::span(scratch).first(std::min(left, scratch.size())),
                                            limits().body_stall);
    if (!n) co_return false;
    left -= *n;
  }
  co_return true;
}

// Ends the connection in order. Closing while the client still sends would reset it, and could destroy the
// answer.
asio::awaitable<void> Session::end() {
  if (body_.done() && wire_.buffered().empty()) {
    (void)co_await wire_.shutdown(limits().linger);
    co_return;
  }
  co_await linger();
}

asio::awaitable<void> Session::linger() {
  if (!co_await wire_.shutdown(limits().linger)) co_return;
  const auto until = Clock::now() + limits().linger;
  std::array<std::byte, 16384> scratch;
  std::uint64_t taken = 0;
  for (auto now = Clock::now(); now < until && taken < kMaxLinger && !stopping_; now = Clock::now()) {
    const auto n =
        co_await wire_.read_some(scratch, std::chrono::ceil<std::chrono::milliseconds>(until - now));
    if (!n || *n == 0) co_return;
    taken += *n;
  }
}

Task<void> Session::send_continue() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  const std::array<Bytes, 1> piece{as_bytes(kContinue)};
  co_return co_await wire_.write(piece, limits().write_stall);
}

Task<std::size_t> Session::read_body(MutableBytes into) {
  if (continue_owed_ && !response_.head_sent_) {
    continue_owed_ = false;
    CO_TRY(co_await send_continue());
  }
  auto n = co_await body_.read_some(wire_, into, limits().body_stall);
  if (!n && n.error().is(Code::request_timeout))
    context_.counters.timeouts.fetch_add(1, std::memory_order_relaxed);
  co_return n;
}

}  // namespace cairn::http
