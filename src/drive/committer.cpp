#include "drive/committer.hpp"

#include <algorithm>
#include <utility>

#include <pthread.h>

namespace cairn::drive {

using SteadyTime = std::chrono::steady_clock::time_point;

Committer::Committer(Config config) : config_(std::move(config)), thread_([this] { work(); }) {
  pthread_setname_np(thread_.native_handle(), config_.name.substr(0, 15).c_str());
}

Committer::~Committer() { stop(); }

bool Committer::add(std::shared_ptr<Mutation> mutation) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return false;
    if (mutation->lazy) {
      if (lazy_due_ == SteadyTime::max()) {
        lazy_due_ = std::chrono::steady_clock::now() + config_.lazy_delay;
        wake = true;
      }
    } else {
      wake = urgent_++ == 0;
    }
    waiting_.push_back(std::move(mutation));
  }
  if (wake) wake_.notify_one();
  return true;
}

void Committer::set_alarm(SteadyTime when) {
  {
    const std::lock_guard lock(mutex_);
    if (when >= alarm_) return;
    alarm_ = when;
  }
  wake_.notify_one();
}

void Committer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Committer::abandon(const Error& error) {
  std::vector<std::shared_ptr<Mutation>> waited_for;
  {
    const std::lock_guard lock(mutex_);
    const auto urgent = [](const auto& mutation) { return !mutation->lazy; };
    for (const auto& queue : {&waiting_, &writing_})
      std::copy_if(queue->begin(), queue->end(), std::back_inserter(waited_for), urgent);
    std::erase_if(waiting_, urgent);
    urgent_ = 0;
  }
  for (const auto& mutation : waited_for) mutation->complete(fail(error));
}

void Committer::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (now >= alarm_ && !stopping_) {
      alarm_ = SteadyTime::max();
      lock.unlock();
      config_.alarm();
      lock.lock();
      continue;
    }
    if (!(urgent_ || now >= lazy_due_ || (stopping_ && !waiting_.empty()))) {
      if (stopping_) return;
      const SteadyTime until = std::min(alarm_, lazy_due_);
      if (until == SteadyTime::max()) {
        wake_.wait(lock);
      } else {
        wake_.wait_until(lock, until);
      }
      continue;
    }
    writing_ = std::exchange(waiting_, {});
    urgent_ = 0;
    lazy_due_ = SteadyTime::max();
    busy_since_ = now;
    lock.unlock();
    // Not under the lock: abandon() only reads writing_.
    for (std::size_t done = 0; done < writing_.size();)
      done += config_.commit(Mutations(writing_).subspan(done));
    lock.lock();
    busy_since_ = SteadyTime::max();
    std::vector<std::shared_ptr<Mutation>> finished = std::exchange(writing_, {});
    lock.unlock();
    finished.clear();  // outside of the lock: they take along what their functions hold
    lock.lock();
  }
}

}  // namespace cairn::drive
