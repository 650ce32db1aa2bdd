#include "http/wire.hpp"

#include <algorithm>
#include <cstring>

namespace cairn::http {
namespace {
constexpr std::size_t kFirstBuffer = 8192;
}  // namespace

Wire::Wire(std::unique_ptr<Stream> stream, std::size_t max_buffer)
    : stream_(std::move(stream)), max_buffer_(std::max(max_buffer, kFirstBuffer)) {}

void Wire::attach(asio::any_io_executor executor) {
  watchdog_.emplace(std::move(executor), [stream = stream_.get()] { stream->cancel(); });
}

Error Wire::timed(Error error) const {
  if (error.is(Code::canceled) && watchdog_ && watchdog_->expired())
    return Error(Code::request_timeout, "the peer stalled");
  return error;
}

void Wire::make_room() {
  const std::size_t used = end_ - begin_;
  std::size_t capacity = capacity_;
  // What one large head made large does not stay so.
  if (used == 0 && capacity > 4 * kFirstBuffer) capacity = 0;
  if (used == capacity) capacity = std::min(max_buffer_, std::max(kFirstBuffer, capacity * 4));
  if (capacity != capacity_) {
    auto other = std::make_unique_for_overwrite<char[]>(capacity);
    if (used > 0) std::memcpy(other.get(), buffer_.get() + begin_, used);
    buffer_ = std::move(other);
    capacity_ = capacity;
  } else if (used > 0 && begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, used);
  }
  begin_ = 0;
  end_ = used;
}

Task<std::size_t> Wire::fill(std::chrono::milliseconds stall) {
  if (begin_ == end_ || end_ == capacity_) make_room();
  if (end_ == capacity_) co_return fail(Code::internal, "the head buffer is full");
  CO_TRY(
      const std::size_t n,
      co_await read_some(std::as_writable_bytes(std::span(buffer_.get() + end_, capacity_ - end_)), stall));
  end_ += n;
  co_return n;
}

Task<std::size_t> Wire::read_some(MutableBytes into, std::chrono::milliseconds stall) {
  if (watchdog_) watchdog_->arm(stall);
  auto n = co_await stream_->read_some(into);
  if (!n) co_return fail(timed(std::move(n).error()));
  if (watchdog_) watchdog_->disarm();
  bytes_in_ += *n;
  co_return n;
}

Task<void> Wire::write(std::span<const Bytes> pieces, std::chrono::milliseconds stall) {
  std::size_t left = 0;
  for (const Bytes& p : pieces) left += p.size();
  bool first = true;
  while (left > 0) {
    if (watchdog_) watchdog_->arm(stall);
    const auto n = co_await stream_->write_some(pieces);
    if (!n) co_return fail(timed(n.error()));
    if (watchdog_) watchdog_->disarm();
    bytes_out_ += *n;
    left -= *n;
    if (left == 0) break;
    if (first) rest_.assign(pieces.begin(), pieces.end());
    first = false;
    std::size_t skip = *n;
    std::size_t done = 0;
    while (skip >= rest_[done].size()) skip -= rest_[done++].size();
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(done));
    rest_.front() = rest_.front().subspan(skip);
    pieces = rest_;
  }
  co_return Status{};
}

Task<void> Wire::handshake(std::chrono::milliseconds limit) {
  if (watchdog_) watchdog_->arm(limit);
  auto done = co_await stream_->handshake();
  if (!done) co_return fail(timed(std::move(done).error()));
  if (watchdog_) watchdog_->disarm();
  co_return Status{};
}

Task<void> Wire::shutdown(std::chrono::milliseconds limit) {
  if (watchdog_) watchdog_->arm(limit);
  auto done = co_await stream_->shutdown();
  if (!done) co_return fail(timed(std::move(done).error()));
  if (watchdog_) watchdog_->disarm();
  co_return Status{};
}

void BodyReader::begin(Kind kind, std::uint64_t length) {
  kind_ = kind;
  left_ = kind == Kind::length ? length : 0;
  done_ = kind == Kind::none || (kind == Kind::length && length == 0);
  broken_ = false;
  chunks_ = {};
}

Task<std::size_t> BodyReader::transfer(Wire& wire, MutableBytes into, std::chrono::milliseconds stall) {
  if (const std::string_view ready = wire.buffered(); !ready.empty()) {
    const std::size_t n = std::min(ready.size(), into.size());
    std::memcpy(into.data(), ready.data(), n);
    wire.consume(n);
    co_return n;
  }
  co_return co_await wire.read_some(into, stall);
}

Task<std::size_t> BodyReader::read_some(Wire& wire, MutableBytes into, std::chrono::milliseconds stall) {
  if (done_ || into.empty()) co_return std::size_t{0};
  if (broken_) co_return fail(Code::connection_closed, "the body could not be read before");
  broken_ = true;  // until proved otherwise: an error below leaves the wire in the middle of a body
  if (kind_ == Kind::chunked) {
    CO_TRY(const std::size_t n, co_await read_chunked(wire, into, stall));
    broken_ = false;
    done_ = n == 0;
    co_return n;
  }
  if (kind_ == Kind::length && into.size() > left_) into = into.first(static_cast<std::size_t>(left_));
  CO_TRY(const std::size_t n, co_await transfer(wire, into, stall));
  if (n == 0 && kind_ == Kind::length)
    co_return fail(Code::incomplete_body, "the connection ended in the body");
  broken_ = false;
  left_ -= kind_ == Kind::length ? n : 0;
  done_ = kind_ == Kind::length ? left_ == 0 : n == 0;
  co_return n;
}

Task<std::size_t> BodyReader::read_chunked(Wire& wire, MutableBytes into, std::chrono::milliseconds stall) {
  while (chunks_.data_left() == 0) {
    if (wire.buffered().empty()) {
      CO_TRY(const std::size_t n, co_await wire.fill(stall));
      if (n == 0) co_return fail(Code::incomplete_body, "the connection ended in the body");
    }
    CO_TRY(const std::size_t used, chunks_.feed(wire.buffered()));
    wire.consume(used);
    if (chunks_.done()) co_return std::size_t{0};
  }
  if (into.size() > chunks_.data_left()) into = into.first(static_cast<std::size_t>(chunks_.data_left()));
  CO_TRY(const std::size_t n, co_await transfer(wire, into, stall));
  if (n == 0) co_return fail(Code::incomplete_body, "the connection ended in the body");
  chunks_.took(n);
  co_return n;
}

}  // namespace cairn::http
