#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include <rocksdb/cache.h>
#include <rocksdb/write_buffer_manager.h>

#include "cairn/drive/local_drive.hpp"

namespace cairn::drive {

// Looks once a second after those that asked for it, and sleeps while nobody does. A drive asks while it has
// an operation in flight. Thread-safe.
class Watchdog {
 public:
  // `look` returns whether to look again; it must not block.
  using Look = std::function<bool()>;
  Watchdog();
  ~Watchdog();
  void watch(const void* owner, Look look);  // no effect if the owner is being watched
  void forget(const void* owner);            // `look` is not running and not called again when this returns

 private:
  void work();
  std::mutex mutex_;
  std::condition_variable wake_;
  struct Watched {
    Look look;
    bool asked_again = false;
  };
  std::map<const void*, Watched> watched_;
  const void* looking_ = nullptr;  // at this one, without the lock
  bool stopping_ = false;
  std::thread thread_;
};

struct SharedResourcesImpl final : SharedResources {
  explicit SharedResourcesImpl(const SharedResourcesConfig& config);
  std::shared_ptr<rocksdb::Cache> cache;
  std::shared_ptr<rocksdb::WriteBufferManager> write_buffers;
  Watchdog watchdog;
};

}  // namespace cairn::drive
