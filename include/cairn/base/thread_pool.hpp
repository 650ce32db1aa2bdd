#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cairn {

// A few threads that work off a queue in order of arrival: blocking I/O of one drive, digests of bodies. Jobs
// must not throw. stop() runs what is queued, then joins; the destructor calls it. post() after stop() runs
// the job in the caller.
class ThreadPool {
 public:
  ThreadPool(std::string name, unsigned threads);  // `name`: at most 15 bytes, shown by the system's tools
  ~ThreadPool();
  void post(std::move_only_function<void()> job);
  void stop();
  std::size_t queued() const;

 private:
  void work();
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::move_only_function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cairn
