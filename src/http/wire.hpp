#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "cairn/http/stream.hpp"

#include "http/chunked.hpp"
#include "http/watchdog.hpp"

namespace cairn::http {

// A stream with what both ends of HTTP need around it: a buffer for heads and chunk framing, a stall limit on
// every transfer, byte counts. Used by one coroutine at a time.
class Wire {
 public:
  Wire(std::unique_ptr<Stream> stream, std::size_t max_buffer);

  // Stall limits work only while attached; `executor` runs one thing at a time.
  void attach(asio::any_io_executor executor);
  void detach() { watchdog_.reset(); }

  Stream& stream() { return *stream_; }
  std::string_view buffered() const { return {buffer_.get() + begin_, end_ - begin_}; }
  void consume(std::size_t n) { begin_ += n; }
  // Appends what arrives to the buffer, which may move; 0 is the peer's end. Errors: as Stream's;
  // request_timeout; internal when the buffer is full, which the limits of its users must rule out.
  Task<std::size_t> fill(std::chrono::milliseconds stall);
  Task<std::size_t> read_some(MutableBytes into, std::chrono::milliseconds stall);
  Task<void> write(std::span<const Bytes> pieces, std::chrono::milliseconds stall);
  Task<void> handshake(std::chrono::milliseconds limit);
  Task<void> shutdown(std::chrono::milliseconds limit);

  std::uint64_t bytes_in() const { return bytes_in_; }
  std::uint64_t bytes_out() const { return bytes_out_; }

 private:
  void make_room();
  Error timed(Error error) const;

  std::unique_ptr<Stream> stream_;
  std::optional<Watchdog> watchdog_;
  std::unique_ptr<char[]> buffer_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t max_buffer_;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::vector<Bytes> rest_;  // of a write in pieces
};

// Reads one message body from a wire, whatever its framing.
class BodyReader {
 public:
  enum class Kind { none, length, chunked, until_close };
  void begin(Kind kind, std::uint64_t length);
  bool done() const { return done_; }
  bool broken() const { return broken_; }
  Kind kind() const { return kind_; }
  std::uint64_t left() const { return left_; }  // of a body with a length
  // At least one byte, 0 at the end; errors as Request::read_body_some.
  Task<std::size_t> read_some(Wire& wire, MutableBytes into, std::chrono::milliseconds stall);

 private:
  Task<std::size_t> read_chunked(Wire& wire, MutableBytes into, std::chrono::milliseconds stall);
  static Task<std::size_t> transfer(Wire& wire, MutableBytes into, std::chrono::milliseconds stall);
  Kind kind_ = Kind::none;
  std::uint64_t left_ = 0;
  bool done_ = true;
  bool broken_ = false;
  ChunkDecoder chunks_;
};

}  // namespace cairn::http
