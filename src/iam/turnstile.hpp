#pragma once
#include <deque>
#include <mutex>
#include <utility>

#include "cairn/base/await.hpp"

namespace cairn::iam {

// One coroutine at a time, first come first served: the changes of the identity store. Thread-safe.
class Turnstile {
 public:
  class Pass {
   public:
    Pass() = default;
    explicit Pass(Turnstile* of) : of_(of) {}
    Pass(Pass&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Pass& operator=(Pass&& other) noexcept {
      if (this != &other) {
        leave();
        of_ = std::exchange(other.of_, nullptr);
      }
      return *this;
    }
    ~Pass() { leave(); }

   private:
    void leave() {
      if (of_) std::exchange(of_, nullptr)->leave();
    }
    Turnstile* of_ = nullptr;
  };

  Task<Pass> enter() {
    CO_TRY(co_await await_completion<void>([this](Completion<void> done) {
      {
        const std::lock_guard guard(mutex_);
        if (std::exchange(taken_, true)) {
          waiting_.push_back(std::move(done));
          return;
        }
      }
      done({});
    }));
    co_return Pass(this);
  }

 private:
  void leave() {
    Completion<void> next;
    {
      const std::lock_guard guard(mutex_);
      if (waiting_.empty()) {
        taken_ = false;
      } else {
        next = std::move(waiting_.front());
        waiting_.pop_front();
      }
    }
    if (next) next({});
  }

  std::mutex mutex_;
  bool taken_ = false;
  std::deque<Completion<void>> waiting_;
};

}  // namespace cairn::iam
