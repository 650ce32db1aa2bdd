#pragma once
#include <array>
#include <cerrno>
#include <string>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cairn/http/client.hpp"
#include "cairn/http/server.hpp"

namespace cairn::http::testing {

// Two threads that run coroutines, as in the server.
class Loop {
 public:
  Loop() {
    for (auto& t : threads_) t = std::thread([this] { context_.run(); });
  }
  ~Loop() {
    work_.reset();
    for (auto& t : threads_) t.join();
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  asio::any_io_executor executor() { return context_.get_executor(); }
  // Runs a coroutine to its end on a strand.
  template <class T>
  Result<T> run(Task<T> task) {
    return asio::co_spawn(asio::make_strand(context_), std::move(task), asio::use_future).get();
  }

 private:
  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(context_);
  std::array<std::thread, 2> threads_;
};

// A blocking socket, to do what a well-behaved client does not.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // False when the connection is gone.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void shut_down() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  // Up to `count` bytes, or to the end.
  std::string read(std::size_t count = std::string::npos) {
    std::string text;
    std::array<char, 65536> piece;
    while (text.size() < count) {
      const ssize_t n = ::recv(fd_, piece.data(), std::min(piece.size(), count - text.size()), 0);
      was_reset = n < 0;
      at_end = n == 0;
      if (n <= 0) break;
      text.append(piece.data(), static_cast<std::size_t>(n));
    }
    return text;
  }
  bool was_reset = false;  // how the last read() ended
  bool at_end = false;

 private:
  int fd_;
};

}  // namespace cairn::http::testing
