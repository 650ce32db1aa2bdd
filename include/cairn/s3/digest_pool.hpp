#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/base/thread_pool.hpp"
#include "cairn/crypto/md5.hpp"

namespace cairn::s3 {

// The threads that digest bodies, for all requests. MD5, the one digest that costs more than all else that a
// body needs, is done for many bodies at a time in the lanes of a vector, as soon as more of them wait than
// there are threads. Thread-safe; outlives what uses it.
class DigestPool {
 public:
  DigestPool(std::string name, unsigned threads) : threads_(threads), pool_(std::move(name), threads) {}

  void post(std::move_only_function<void()> job) { pool_.post(std::move(job)); }
  void stop() { pool_.stop(); }  // when what is queued has run; nothing new may come

  // One body. Its pieces are digested in order, each followed by a call of `digested` with its size, on a
  // thread of the pool; when all were, `md5` is the caller's again.
  struct Body {
    crypto::Md5 md5;
    std::function<void(std::size_t)> digested;

   private:
    friend class DigestPool;
    std::deque<Slice> waiting_;
    bool queued_ = false;  // in ready_, or being digested
  };
  void add(const std::shared_ptr<Body>& body, Slice piece);
  void drop(Body& body);  // forgets what waits

 private:
  void work();
  void take(std::vector<std::shared_ptr<Body>>& bodies, std::vector<Slice>& pieces);
  const std::size_t threads_;
  std::mutex mutex_;
  std::deque<std::shared_ptr<Body>> ready_;  // a piece waits and no thread has it
  std::size_t working_ = 0;                  // threads
  ThreadPool pool_;                          // last: joined before the rest goes
};

}  // namespace cairn::s3
