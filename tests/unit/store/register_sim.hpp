#pragma once
#include <coroutine>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fakes/mem_drive.hpp"
#include "store/settle.hpp"
#include "unit/store/linearizable.hpp"

// One key of one erasure set under a random schedule: the real register (drive/register.cpp through MemDrive)
// and the real decisions (store/settle.cpp), and between them clients that take the steps of ErasureSet and
// Healer one message at a time. Deterministic: equal seeds give equal runs.
namespace cairn::store::sim {

// A rule of the protocol that is left out.
enum class Bug {
  none,
  no_floor,         // a restart forgets the promises and the floor
  no_live_promise,  // a drive accepts without the promise
  w_minus_one,      // one acceptance too few is called success
  open_read,        // a read answers with whatever is open
  absent,           // the absence on a replaced drive is evidence
  partial_purge,    // a tombstone goes when W drives hold it
  propose_again,    // after an accept, the change is proposed again as another state
  no_data_count,    // an acceptance without its shard counts
};

struct Shape {
  std::uint32_t drives, data;
  Quorum quorum() const { return {drives, data, drives - data}; }
};

struct Options {
  Shape shape{4, 2};
  std::uint64_t seed = 0;
  Bug bug = Bug::none;
  std::uint32_t clients = 3;
  std::uint32_t operations = 10;
  bool uploads = true;
  bool deletes = true;
  bool healing = true;
  bool replace = false;
  bool data_loss = true;  // some shards cannot be staged
  bool calm = false;      // few failures
  bool trace = false;     // prints what the drives are asked to accept
};

struct Outcome {
  bool ok = true;
  std::string problem;  // and the history, when not ok
  std::uint32_t acknowledged = 0, reads = 0, unknown = 0, refused = 0, heals = 0, purges = 0, fills = 0,
                carried = 0, lost = 0;
};

Outcome run(const Options& options);

// ---- coroutines that a scheduler resumes by hand ----

template <class T>
class [[nodiscard]] Flow {
 public:
  struct promise_type {
    std::optional<T> value;
    std::coroutine_handle<> waiter;
    Flow get_return_object() { return Flow(std::coroutine_handle<promise_type>::from_promise(*this)); }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Final {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
        return h.promise().waiter ? h.promise().waiter : std::noop_coroutine();
      }
      void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    void return_value(T v) { value = std::move(v); }
    void unhandled_exception() { std::terminate(); }
  };
  explicit Flow(std::coroutine_handle<promise_type> h) : handle_(h) {}
  Flow(Flow&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Flow& operator=(Flow&&) = delete;
  ~Flow() {
    if (handle_) handle_.destroy();
  }
  bool await_ready() const { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) {
    handle_.promise().waiter = waiter;
    return handle_;
  }
  T await_resume() { return std::move(*handle_.promise().value); }
  void start() { handle_.resume(); }
  bool done() const { return handle_.done(); }

 private:
  std::coroutine_handle<promise_type> handle_;
};

}  // namespace cairn::store::sim
