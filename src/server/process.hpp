#pragma once
#include <csignal>
#include <memory>
#include <thread>
#include <vector>

#include "cairn/base/task.hpp"

namespace cairn::server {

// Blocks the signals that end or prod the server in this thread and those it starts from now on, so that
// wait() gets them.
class Signals {
 public:
  Signals();
  // The next SIGTERM or SIGINT; SIGHUP is answered with `on_hangup`, SIGUSR1 with `on_user`. Blocks.
  int wait(const std::function<void()>& on_hangup, const std::function<void()>& on_user);
  // From now on the next one ends the process at once: for an operator who will not wait.
  void release();

 private:
  sigset_t set_;
};

// The threads that run all coroutines, over one shared context. stop() drops what still waits; call it when
// nothing does.
class IoThreads {
 public:
  explicit IoThreads(unsigned count);
  ~IoThreads();
  asio::any_io_executor executor();
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Gives memory that the allocator holds without use back to the system whenever the process has grown near
// `limit` bytes: threads that come and go in their work leave much of it behind. Until cancelled.
Task<void> keep_memory_below(std::uint64_t limit);

// As many file descriptors as the hard limit allows; returns how many.
std::size_t raise_file_limit();

}  // namespace cairn::server
