#pragma once
#include <array>
#include <deque>
#include <mutex>
#include <string>
#include <unordered_map>

#include "cairn/base/await.hpp"

namespace cairn::store {

// Writers of one key on this node queue here, first come first served, so that they do not preempt each
// other's ballots. Not part of the argument for correctness. Thread-safe.
class KeyLocks {
 public:
  class Lock {
   public:
    Lock() = default;
    Lock(Lock&& other) noexcept : locks_(std::exchange(other.locks_, nullptr)), key_(std::move(other.key_)) {}
    Lock& operator=(Lock&& other) noexcept {
      if (this != &other) {
        release();
        locks_ = std::exchange(other.locks_, nullptr);
        key_ = std::move(other.key_);
      }
      return *this;
    }
    ~Lock() { release(); }
    void release() {
      if (locks_) std::exchange(locks_, nullptr)->unlock(key_);
    }

   private:
    friend class KeyLocks;
    KeyLocks* locks_ = nullptr;
    std::string key_;
  };

  Task<Lock> lock(std::string key) {
    Lock held;
    held.key_ = key;
    Shard& shard = shard_of(key);
    {
      const std::lock_guard guard(shard.mutex);
      if (shard.waiting.try_emplace(key).second) {
        held.locks_ = this;
        co_return held;
      }
    }
    CO_TRY(co_await await_completion<void>([&](Completion<void> done) {
      {
        const std::lock_guard guard(shard.mutex);
        const auto [it, free] = shard.waiting.try_emplace(key);
        if (!free) {
          it->second.push_back(std::move(done));
          return;
        }
      }
      done({});
    }));
    held.locks_ = this;
    co_return held;
  }

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, std::deque<Completion<void>>> waiting;  // an entry: locked
  };
  Shard& shard_of(const std::string& key) { return shards_[std::hash<std::string>{}(key) % shards_.size()]; }

  void unlock(const std::string& key) {
    Completion<void> next;
    Shard& shard = shard_of(key);
    {
      const std::lock_guard guard(shard.mutex);
      const auto it = shard.waiting.find(key);
      if (it->second.empty()) {
        shard.waiting.erase(it);
      } else {
        next = std::move(it->second.front());
        it->second.pop_front();
      }
    }
    if (next) next({});
  }

  std::array<Shard, 64> shards_;
};

}  // namespace cairn::store
