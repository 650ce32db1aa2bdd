#include "drive/drive_env.hpp"

#include <pthread.h>

namespace cairn::drive {

DriveEnv::DriveEnv(std::shared_ptr<rocksdb::Env> base, unsigned compactions) : EnvWrapper(std::move(base)) {
  const auto start = [](Lane& lane, const char* name) {
    lane.threads.emplace_back([&lane] { work(lane); });
    pthread_setname_np(lane.threads.back().native_handle(), name);
  };
  start(lanes_[0], "records-flush");
  for (unsigned i = 0; i < compactions; ++i) start(lanes_[1], "records-compact");
}

DriveEnv::~DriveEnv() {
  for (Lane& lane : lanes_) {
    {
      const std::lock_guard lock(lane.mutex);
      lane.stopping = true;
    }
    lane.ready.notify_all();
    for (std::thread& thread : lane.threads) thread.join();
  }
}

void DriveEnv::work(Lane& lane) {
  std::unique_lock lock(lane.mutex);
  for (;;) {
    lane.ready.wait(lock, [&] { return lane.stopping || !lane.jobs.empty(); });
    if (lane.jobs.empty()) return;
    const Job job = lane.jobs.front();
    lane.jobs.pop_front();
    lock.unlock();
    job.function(job.arg);
    lock.lock();
  }
}

void DriveEnv::Schedule(void (*function)(void*), void* arg, Priority pri, void* tag,
                        void (*unschedule)(void*)) {
  Lane& l = lane(pri);
  {
    const std::lock_guard lock(l.mutex);
    l.jobs.push_back({function, arg, tag, unschedule});
  }
  l.ready.notify_one();
}

int DriveEnv::UnSchedule(void* tag, Priority pri) {
  Lane& l = lane(pri);
  std::vector<Job> removed;
  {
    const std::lock_guard lock(l.mutex);
    std::erase_if(l.jobs, [&](const Job& job) {
      if (job.tag != tag) return false;
      removed.push_back(job);
      return true;
    });
  }
  for (const Job& job : removed)
    if (job.unschedule) job.unschedule(job.arg);
  return static_cast<int>(removed.size());
}

unsigned int DriveEnv::GetThreadPoolQueueLen(Priority pri) const {
  const Lane& l = lane(pri);
  const std::lock_guard lock(l.mutex);
  return static_cast<unsigned>(l.jobs.size());
}

int DriveEnv::GetBackgroundThreads(Priority pri) { return static_cast<int>(lane(pri).threads.size()); }

}  // namespace cairn::drive
