#include "cairn/base/thread_pool.hpp"

#include <pthread.h>

namespace cairn {

ThreadPool::ThreadPool(std::string name, unsigned threads) {
  name.resize(std::min<std::size_t>(name.size(), 15));
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { work(); });
    pthread_setname_np(threads_.back().native_handle(), name.c_str());
  }
}

ThreadPool::~ThreadPool() { stop(); }

void ThreadPool::post(std::move_only_function<void()> job) {
  {
    std::unique_lock lock(mutex_);
    if (!stopping_) {
      jobs_.push_back(std::move(job));
      lock.unlock();
      ready_.notify_one();
      return;
    }
  }
  job();
}

void ThreadPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (std::thread& t : threads_)
    if (t.joinable()) t.join();
}

std::size_t ThreadPool::queued() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void ThreadPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ready_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace cairn
