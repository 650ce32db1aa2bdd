#pragma once
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "cairn/base/result.hpp"

namespace cairn {

namespace asio = boost::asio;

// A coroutine that ends with a value or an Error.
template <class T>
using Task = asio::awaitable<Result<T>>;

// Takes the one result of an asynchronous operation; called exactly once, on any thread.
template <class T>
using Completion = std::move_only_function<void(Result<T>)>;

// Background coroutines with an owner. spawn() starts one; stop() asks all to end (asio cancellation,
// terminal) and waits for them. An exception or Error that leaves a coroutine is logged with its name.
// Thread-safe. Declare it as the last member of its owner, so that it dies first. The destructor calls stop()
// and blocks, so it must not run on the only thread of the executor; co_await async_stop() from a coroutine
// instead.
class TaskGroup {
 public:
  explicit TaskGroup(asio::any_io_executor executor);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // `name` is for logs. After stop() has begun nothing new is started.
  void spawn(std::string name, std::function<Task<void>()> body);
  void stop();
  asio::awaitable<void> async_stop();
  std::size_t running() const;
  bool stopping() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Suspends for a while; canceled when the coroutine is cancelled.
Task<void> sleep_for(std::chrono::milliseconds time);

}  // namespace cairn
