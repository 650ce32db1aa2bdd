#include "http/plain_stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/socket.h>
#include <sys/uio.h>

#include "http/net_error.hpp"

namespace cairn::http {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

// System calls are tried at once, and the reactor is asked only when they would block: a bulk transfer then
// does not pass through the scheduler for each piece. After this much without a pause others get their turn.
constexpr std::size_t kTurn = 4u << 20;
constexpr std::size_t kMaxPieces = 16;

Error last_error() { return net_error(error_code(errno, boost::system::system_category())); }
bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

class PlainStream final : public Stream {
 public:
  explicit PlainStream(tcp::socket socket) : socket_(std::move(socket)) {
    error_code ec;
    const auto peer = socket_.remote_endpoint(ec);
    if (!ec) remote_ = {peer.address().to_string(), peer.port()};
  }

  Task<std::size_t> read_some(MutableBytes into) override {
    error_code ec;
    if (more_expected_) {
      if (turn_ >= kTurn) co_await yield();
      const ssize_t n = ::recv(socket_.native_handle(), into.data(), into.size(), MSG_DONTWAIT);
      if (n < 0 && !would_block() && errno != EINTR) co_return fail(last_error());
      if (n >= 0) co_return read_done(static_cast<std::size_t>(n), into.size());
    }
    turn_ = 0;
    const std::size_t n = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()),
                                                           asio::redirect_error(asio::use_awaitable, ec));
    if (ec == asio::error::eof) co_return std::size_t{0};
    if (ec) co_return fail(net_error(ec));
    co_return read_done(n, into.size());
  }

  Task<std::size_t> write_some(std::span<const Bytes> pieces) override {
    std::array<iovec, kMaxPieces> vectors;
    msghdr message{};
    message.msg_iov = vectors.data();
    for (const Bytes& p : pieces) {
      if (message.msg_iovlen == kMaxPieces) break;
      if (!p.empty()) vectors[message.msg_iovlen++] = {const_cast<std::byte*>(p.data()), p.size()};
    }
    if (message.msg_iovlen == 0) co_return std::size_t{0};
    if (turn_ >= kTurn) co_await yield();
    for (;;) {
      const ssize_t n = ::sendmsg(socket_.native_handle(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (n >= 0) {
        turn_ += static_cast<std::size_t>(n);
        co_return static_cast<std::size_t>(n);
      }
      if (errno == EINTR) continue;
      if (!would_block()) co_return fail(last_error());
      error_code ec;
      turn_ = 0;
      co_await socket_.async_wait(tcp::socket::wait_write, asio::redirect_error(asio::use_awaitable, ec));
      if (ec) co_return fail(net_error(ec));
    }
  }

  Task<void> shutdown() override {
    error_code ec;
    socket_.shutdown(tcp::socket::shutdown_send, ec);
    if (ec) co_return fail(net_error(ec));
    co_return Status{};
  }

  void cancel() override {
    error_code ec;
    socket_.cancel(ec);
  }

  void close(bool reset) override {
    error_code ec;
    if (reset) socket_.set_option(tcp::socket::linger(true, 0), ec);
    socket_.close(ec);
  }

  Endpoint remote() const override { return remote_; }
  std::string_view tls_version() const override { return {}; }

 private:
  std::size_t read_done(std::size_t n, std::size_t wanted) {
    more_expected_ = n == wanted || n >= 16384;
    turn_ += n;
    return n;
  }

  asio::awaitable<void> yield() {
    turn_ = 0;
    co_await asio::post(asio::use_awaitable);
  }

  tcp::socket socket_;
  Endpoint remote_;
  bool more_expected_ = false;  // the last read was long, so that there is probably more
  std::size_t turn_ = 0;        // bytes moved since others could run
};

}  // namespace

std::unique_ptr<Stream> make_plain_stream(tcp::socket socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace cairn::http
