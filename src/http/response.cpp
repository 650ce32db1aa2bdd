#include <algorithm>
#include <ctime>

#include <boost/beast/http/status.hpp>
#include <fmt/format.h>
#include <sys/time.h>

#include "cairn/base/clock.hpp"

#include "http/session.hpp"

namespace cairn::http {
namespace {

// The Date field's value; it changes once a second.
std::string_view date_now() {
  thread_local std::time_t second = 0;
  thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != second) {
    second = now;
    text = http_date(static_cast<UnixMillis>(now) * 1000);
  }
  return text;
}

bool is_control(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

void append_clean(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  out.append(text);
  bool clean = true;  // nearly always; a loop without a way out runs in vectors
  for (const char c : text) clean &= !is_control(c);
  if (clean) return;
  std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), is_control, ' ');
}

bool is_servers_own(std::string_view name) {
  switch (name.size()) {
    case 4:
      return equal_ignoring_case(name, "date");
    case 10:
      return equal_ignoring_case(name, "connection");
    case 14:
      return equal_ignoring_case(name, "content-length");
    case 17:
      return equal_ignoring_case(name, "transfer-encoding");
    default:
      return false;
  }
}

bool without_body(int status) { return status == 204 || status == 304 || status / 100 == 1; }

}  // namespace

void Response::field(std::string_view name, std::string_view value) {
  if (is_servers_own(name)) return;
  append_clean(fields_, name);
  fields_.append(": ");
  append_clean(fields_, value);
  fields_.append("\r\n");
}

void Response::reset() {
  if (head_sent_) return;
  status_ = 200;
  fields_.clear();
  framing_ = Framing::none;
  length_ = body_sent_ = 0;
  finished_ = false;
}

void Response::renew() {
  head_sent_ = aborted_ = close_after_ = false;
  reset();
}

void Response::start(std::uint64_t content_length) {
  framing_ = Framing::length;
  length_ = content_length;
}

void Response::start_chunked() {
  framing_ = session_.head_.minor_version >= 1 ? Framing::chunked : Framing::until_close;
}

Task<void> Response::send_all(Slice body) {
  if (framing_ != Framing::none || finished_) co_return fail(Code::internal, "an answer was already begun");
  start(body.size());
  const std::array<Slice, 1> pieces{std::move(body)};
  co_return co_await session_.send_pieces(pieces, true);
}

Task<void> Response::write(Slice piece) {
  const std::array<Slice, 1> pieces{std::move(piece)};
  co_return co_await session_.send_pieces(pieces, false);
}

Task<void> Response::write(std::span<const Slice> pieces) { return session_.send_pieces(pieces, false); }
Task<void> Response::finish() { return session_.send_pieces({}, true); }

void Response::abort() {
  if (aborted_) return;
  aborted_ = true;
  session_.context_.counters.aborted.fetch_add(1, std::memory_order_relaxed);
  session_.cut();
}

bool Session::body_goes_out() const { return !is_head_ && !without_body(response_.status_); }

// Whether the request leaves the connection in a state in which no other can follow.
bool Session::must_close() const {
  if (stopping_ || response_.close_after_ || response_.framing_ == Response::Framing::until_close)
    return true;
  if (body_.done()) return false;
  return continue_owed_ || body_.broken() ||
         (body_.kind() == BodyReader::Kind::length && body_.left() > limits().drain);
}

void Session::build_head() {
  if (must_close()) keep_alive_ = false;
  const int status = response_.status_;
  const auto reason =
      boost::beast::http::obsolete_reason(boost::beast::http::int_to_status(static_cast<unsigned>(status)));
  out_.clear();
  const auto back = std::back_inserter(out_);
  if (status == 200) {
    out_.append("HTTP/1.1 200 OK\r\n");
  } else {
    fmt::format_to(back, "HTTP/1.1 {} {}\r\n", status, std::string_view(reason.data(), reason.size()));
  }
  if (const std::string& name = context_.options.server_name; !name.empty())
    out_.append("Server: ").append(name).append("\r\n");
  out_.append("Date: ").append(date_now()).append("\r\n").append(response_.fields_);
  if (response_.framing_ == Response::Framing::length && !without_body(status)) {
    const fmt::format_int digits(response_.length_);
    out_.append("Content-Length: ").append(digits.data(), digits.size()).append("\r\n");
  } else if (response_.framing_ == Response::Framing::chunked && !without_body(status)) {
    out_.append("Transfer-Encoding: chunked\r\n");
  }
  if (!keep_alive_) {
    out_.append("Connection: close\r\n");
  } else if (head_.minor_version == 0) {
    out_.append("Connection: keep-alive\r\n");
  }
  out_.append("\r\n");
}

// The one way out: the head if it is still due, the framing, the body's bytes and, with `last`, the body's
// end.
Task<void> Session::send_pieces(std::span<const Slice> body, bool last) {
  using F = Response::Framing;
  Response& r = response_;
  if (r.aborted_ || cut_) co_return fail(Code::connection_closed, "the connection was cut");
  if (r.finished_) co_return last&& body.empty() ? Status() : fail(Code::internal, "the answer is complete");
  if (r.framing_ == F::none) co_return fail(Code::internal, "no answer was begun");
  std::uint64_t size = 0;
  for (const Slice& s : body) size += s.size();
  r.body_sent_ += size;
  const bool goes_out = body_goes_out();
  const bool wrong =
      r.framing_ == F::length && (r.body_sent_ > r.length_ || (last && goes_out && r.body_sent_ < r.length_));
  if (wrong) {
    r.abort();
    co_return fail(Code::internal, "the body does not have the announced length");
  }
  pieces_.clear();
  if (!r.head_sent_) {
    build_head();
  } else {
    out_.clear();
  }
  std::string_view tail;
  if (goes_out && r.framing_ == F::chunked) {
    if (size > 0) fmt::format_to(std::back_inserter(out_), "{:x}\r\n", size);
    tail = size > 0 && last ? "\r\n0\r\n\r\n" : size > 0 ? "\r\n" : last ? "0\r\n\r\n" : "";
  }
  if (!out_.empty()) pieces_.push_back(as_bytes(out_));
  if (goes_out)
    for (const Slice& s : body) pieces_.push_back(s.bytes);
  if (!tail.empty()) pieces_.push_back(as_bytes(tail));
  r.head_sent_ = true;
  r.finished_ = last || (r.framing_ == F::length && r.body_sent_ == r.length_);
  auto sent = co_await wire_.write(pieces_, limits().write_stall);
  if (!sent) {
    if (sent.error().is(Code::request_timeout))
      context_.counters.timeouts.fetch_add(1, std::memory_order_relaxed);
    r.abort();
  }
  co_return sent;
}

}  // namespace cairn::http
