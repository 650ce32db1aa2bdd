#pragma once
#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <rocksdb/env.h>

namespace cairn::drive {

// RocksDB's background work on threads of this drive alone: Env::Default() has one pool for all databases of
// the process, and a drive that hangs would then hang the flushes of the others. One thread for flushes,
// `compactions` for the rest; they sleep while there is nothing to do. Must outlive the database; the
// destructor joins.
class DriveEnv final : public rocksdb::EnvWrapper {
 public:
  // `base` may own a file system of its own (tests); null: the system's.
  DriveEnv(std::shared_ptr<rocksdb::Env> base, unsigned compactions);
  ~DriveEnv() override;

  const char* Name() const override { return "cairn.DriveEnv"; }
  void Schedule(void (*function)(void*), void* arg, Priority pri, void* tag,
                void (*unschedule)(void*)) override;
  int UnSchedule(void* tag, Priority pri) override;
  unsigned int GetThreadPoolQueueLen(Priority pri) const override;
  int ReserveThreads(int, Priority) override { return 0; }
  int ReleaseThreads(int, Priority) override { return 0; }
  void SetBackgroundThreads(int, Priority) override {}
  int GetBackgroundThreads(Priority pri) override;
  void IncBackgroundThreadsIfNeeded(int, Priority) override {}

 private:
  struct Job {
    void (*function)(void*);
    void* arg;
    void* tag;
    void (*unschedule)(void*);
  };
  struct Lane {
    mutable std::mutex mutex;
    std::condition_variable ready;
    std::deque<Job> jobs;
    bool stopping = false;
    std::vector<std::thread> threads;
  };
  Lane& lane(Priority pri) { return lanes_[pri == HIGH ? 0 : 1]; }
  const Lane& lane(Priority pri) const { return lanes_[pri == HIGH ? 0 : 1]; }
  static void work(Lane& lane);
  std::array<Lane, 2> lanes_;
};

}  // namespace cairn::drive
