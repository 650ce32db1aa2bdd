#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "cairn/base/result.hpp"
#include "cairn/base/task.hpp"

namespace cairn::drive {

class Batch;

// One change to the records, from its arrival to its completion.
class Mutation {
 public:
  virtual ~Mutation() = default;
  // Decides and adds to the batch. Runs on the committer's thread, and again if the batch was cut before it.
  virtual void run(Batch& batch) = 0;
  // Answers, once: with the outcome if `written`, else with its error. Any thread.
  virtual void complete(const Status& written) = 0;
  bool lazy = false;  // may wait for company
};

// The one thread that changes a drive's records: it takes everything that is waiting, has it written as one
// batch with one sync, and completes it, while the next batch gathers. Lazy mutations wait for others, at
// most `lazy_delay`; the thread sleeps while there is nothing to do.
class Committer {
 public:
  using Mutations = std::span<const std::shared_ptr<Mutation>>;
  struct Config {
    std::string name;
    std::chrono::milliseconds lazy_delay{1000};
    // Writes a batch of the first mutations, at least one, completes them and returns their number.
    std::function<std::size_t(Mutations)> commit;
    std::function<void()> alarm;  // see set_alarm(); runs on the committer's thread, must not block
  };
  explicit Committer(Config config);
  ~Committer();  // stop()

  // False after stop(): the mutation was not taken.
  bool add(std::shared_ptr<Mutation> mutation);
  // Calls `alarm` at `when` or the earliest time asked for since it last rang.
  void set_alarm(std::chrono::steady_clock::time_point when);
  // Completes what was added, then ends the thread.
  void stop();
  // Completes what somebody waits for, what is being written included, with `error`: for a drive that hangs.
  // Lazy mutations stay.
  void abandon(const Error& error);

  // Since when the present batch is being written; max() when none is. Takes no lock: every request asks.
  std::chrono::steady_clock::time_point busy_since() const {
    return busy_since_.load(std::memory_order_relaxed);
  }

 private:
  void work();
  Config config_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::shared_ptr<Mutation>> waiting_;
  std::vector<std::shared_ptr<Mutation>> writing_;
  std::size_t urgent_ = 0;  // of waiting_
  std::chrono::steady_clock::time_point lazy_due_ = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point alarm_ = std::chrono::steady_clock::time_point::max();
  std::atomic<std::chrono::steady_clock::time_point> busy_since_{
      std::chrono::steady_clock::time_point::max()};
  bool stopping_ = false;
  std::thread thread_;
};

// A mutation from a function and a completion.
template <class T>
class MutationOf final : public Mutation {
 public:
  using Body = std::move_only_function<Result<T>(Batch&)>;
  MutationOf(Body body, Completion<T> done) : body_(std::move(body)), done_(std::move(done)) {}
  void run(Batch& batch) override { result_ = body_(batch); }
  void complete(const Status& written) override {
    if (answered_.exchange(true)) return;
    if (!done_) return;
    if (written) {
      done_(std::move(result_));
    } else {
      done_(fail(written.error()));
    }
  }

 private:
  Body body_;
  Completion<T> done_;
  Result<T> result_ = fail(Code::internal);
  std::atomic<bool> answered_{false};
};

}  // namespace cairn::drive
