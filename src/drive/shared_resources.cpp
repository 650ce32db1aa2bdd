#include "drive/shared_resources.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include <pthread.h>

namespace cairn::drive {

Watchdog::Watchdog() : thread_([this] { work(); }) {
  pthread_setname_np(thread_.native_handle(), "drive-watchdog");
}

Watchdog::~Watchdog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void Watchdog::watch(const void* owner, Look look) {
  {
    const std::lock_guard lock(mutex_);
    watched_.insert_or_assign(owner, Watched{std::move(look), true});
  }
  wake_.notify_all();
}

void Watchdog::forget(const void* owner) {
  std::unique_lock lock(mutex_);
  watched_.erase(owner);
  wake_.wait(lock, [&] { return looking_ != owner; });
  watched_.erase(owner);
}

void Watchdog::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (watched_.empty()) {
      wake_.wait(lock);
      continue;
    }
    wake_.wait_for(lock, std::chrono::seconds(1), [this] { return stopping_; });
    if (stopping_) return;
    std::vector<const void*> round;
    for (const auto& [owner, watched] : watched_) round.push_back(owner);
    for (const void* owner : round) {
      const auto it = watched_.find(owner);
      if (it == watched_.end()) continue;
      it->second.asked_again = false;
      const Look look = it->second.look;
      looking_ = owner;
      lock.unlock();
      const bool again = look();
      lock.lock();
      looking_ = nullptr;
      const auto after = watched_.find(owner);
      if (after != watched_.end() && !again && !after->second.asked_again) watched_.erase(after);
      wake_.notify_all();
    }
  }
}

// Cache entries of high priority (index and filter blocks) keep half of the cache; the write buffers of all
// drives are charged to it, so that the two together have one bound.
SharedResourcesImpl::SharedResourcesImpl(const SharedResourcesConfig& config) {
  rocksdb::LRUCacheOptions options;
  options.capacity = config.cache_bytes;
  options.high_pri_pool_ratio = 0.5;
  cache = rocksdb::NewLRUCache(options);
  write_buffers = std::make_shared<rocksdb::WriteBufferManager>(config.write_buffer_bytes, cache);
}

std::shared_ptr<SharedResources> SharedResources::make(SharedResourcesConfig config) {
  return std::make_shared<SharedResourcesImpl>(config);
}

}  // namespace cairn::drive
