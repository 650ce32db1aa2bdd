#pragma once
#include <algorithm>
#include <deque>
#include <string>
#include <vector>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cairn/http/stream.hpp"

namespace cairn::fakes {

// A Stream whose peer is a script: each read gets (the rest of) the next piece, then the end, or silence
// until cancelled. What is written is kept in a string. All on one thread.
class MemoryStream final : public http::Stream {
 public:
  // What the stream saw; outlives it.
  struct Log {
    std::string written;
    std::vector<std::size_t> read_sizes;  // how much each read asked for
    bool shut_down = false;
    bool closed = false;
    bool reset = false;
  };
  enum class AtEnd { eof, silence, cut };

  MemoryStream(std::deque<std::string> pieces, Log& log, AtEnd at_end = AtEnd::eof)
      : pieces_(std::move(pieces)), log_(log), at_end_(at_end) {}

  Task<std::size_t> read_some(MutableBytes into) override {
    if (log_.closed) co_return fail(Code::canceled);
    log_.read_sizes.push_back(into.size());
    while (!pieces_.empty() && pieces_.front().empty()) pieces_.pop_front();
    if (pieces_.empty()) {
      if (at_end_ == AtEnd::eof) co_return std::size_t{0};
      if (at_end_ == AtEnd::cut) co_return fail(Code::connection_closed, "cut");
      asio::steady_timer forever(co_await asio::this_coro::executor, asio::steady_timer::time_point::max());
      waiting_ = &forever;
      boost::system::error_code ec;
      co_await forever.async_wait(asio::redirect_error(asio::use_awaitable, ec));
      waiting_ = nullptr;
      co_return fail(Code::canceled);
    }
    std::string& piece = pieces_.front();
    const std::size_t n = std::min(piece.size(), into.size());
    std::copy_n(reinterpret_cast<const std::byte*>(piece.data()), n, into.data());
    piece.erase(0, n);
    co_return n;
  }

  Task<std::size_t> write_some(std::span<const Bytes> pieces) override {
    if (log_.closed) co_return fail(Code::canceled);
    // limit_writes(): a few bytes a call, so that every write is continued in all its places.
    std::size_t left = write_limit_;
    std::size_t total = 0;
    for (const Bytes& p : pieces) {
      const std::size_t n = std::min(p.size(), left);
      log_.written.append(as_text(p.first(n)));
      left -= n;
      total += n;
    }
    co_return total;
  }

  Task<void> shutdown() override {
    log_.shut_down = true;
    co_return Status{};
  }
  void cancel() override {
    if (waiting_) waiting_->cancel();
  }
  void close(bool reset) override {
    log_.closed = true;
    log_.reset = log_.reset || reset;
    cancel();
  }
  http::Endpoint remote() const override { return {"192.0.2.1", 1234}; }
  std::string_view tls_version() const override { return {}; }

  void limit_writes(std::size_t bytes) { write_limit_ = bytes; }

 private:
  std::deque<std::string> pieces_;
  Log& log_;
  AtEnd at_end_;
  asio::steady_timer* waiting_ = nullptr;
  std::size_t write_limit_ = std::string::npos;
};

}  // namespace cairn::fakes
