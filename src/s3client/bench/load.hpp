#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "s3client/bench/lane.hpp"

namespace cairn::s3client::bench {

// One stretch of a run: preparing or measuring.
struct Phase {
  // The lane's next operation; nothing ends the lane. Called on the lanes' threads, several at a time.
  std::function<std::optional<Operation>(Lane&)> next;
  std::function<void(Lane&, const Operation&, const Outcome&)> done;  // may be empty
  Window window;
};

// The lanes of a run on their threads, each of which has an io_context of its own. The connections stay from
// one phase to the next. run() is called by one thread; stop() and live() by any.
class Load {
 public:
  Load(const RunOptions& options, const ServerAddress& address, const http::ClientOptions& http,
       const ObjectSpace& objects, const Clock& clock);
  ~Load();
  // Returns when all lanes have ended; no operation begins after the window's end or stop().
  Stats run(const Phase& phase);
  // Gives each lane its part of the objects 0 to `count`, as its own.
  void deal(std::uint64_t count);
  void stop() { stopping_ = true; }
  bool stopping() const { return stopping_; }

  struct Live {
    std::uint64_t operations = 0, bytes = 0, items = 0, errors = 0, slow_downs = 0, latency_ns = 0;
  };
  Live live() const;  // since the last run() began

 private:
  struct Thread;
  asio::awaitable<void> run_lane(Thread& thread, Lane& lane, const Phase& phase);
  asio::awaitable<Outcome> run_operation(Thread& thread, Lane& lane, const Operation& operation,
                                         const Phase& phase);

  const RunOptions& options_;
  std::atomic<bool> stopping_{false};
  std::vector<std::unique_ptr<Thread>> threads_;
};

}  // namespace cairn::s3client::bench
