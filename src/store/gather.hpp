#pragma once
#include <chrono>
#include <mutex>
#include <optional>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "cairn/base/await.hpp"

namespace cairn::store {

using Deadline = std::chrono::steady_clock::time_point;

// Something that changes under a mutex, and one coroutine that waits for it to become as it wants. Subclasses
// change their fields inside update(); the coroutine calls wait(). Owned by shared_ptr: late changes may come
// after the waiter left.
class Awaited : public std::enable_shared_from_this<Awaited> {
 public:
  virtual ~Awaited() = default;

  // Runs `change` under the lock and wakes the waiter if its condition holds now. Any thread.
  template <class Change>
  void update(Change change) {
    Completion<void> wake;
    {
      const std::lock_guard lock(mutex_);
      change();
      if (waiter_ && condition_()) wake = std::exchange(waiter_, nullptr);
    }
    if (wake) wake({});
  }

  template <class Read>
  auto locked(Read read) const {
    const std::lock_guard lock(mutex_);
    return read();
  }

  // True when `condition` (called under the lock) holds, false at the deadline. Does not suspend if it holds
  // already.
  template <class Condition>
  asio::awaitable<bool> wait(Condition condition, Deadline deadline) {
    {
      const std::lock_guard lock(mutex_);
      if (condition()) co_return true;
    }
    asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
    const auto self = shared_from_this();
    const std::uint64_t round = ++round_;
    (void)co_await await_completion<void>([&](Completion<void> done) {
      {
        const std::lock_guard lock(mutex_);
        if (!condition()) {
          condition_ = condition;
          waiter_ = std::move(done);
          done = nullptr;
        }
      }
      if (done) {
        done({});
        return;
      }
      timer.async_wait([self, round](const boost::system::error_code& ec) {
        if (ec) return;
        Completion<void> wake;
        {
          const std::lock_guard lock(self->mutex_);
          if (self->round_ == round) wake = std::exchange(self->waiter_, nullptr);
        }
        if (wake) wake({});
      });
    });
    // What the condition holds, this object perhaps, must not be held by it for longer.
    const std::lock_guard lock(mutex_);
    condition_ = nullptr;
    co_return condition();
  }

 private:
  mutable std::mutex mutex_;
  std::function<bool()> condition_;
  Completion<void> waiter_;
  std::uint64_t round_ = 0;
};

// The replies of one question to many drives. replies() may be read only when no more can come or through
// take().
template <class T>
class Gather : public Awaited {
 public:
  explicit Gather(std::size_t slots) : replies_(slots) {}

  static std::shared_ptr<Gather> make(std::size_t slots) { return std::make_shared<Gather>(slots); }

  // The completion for one slot; counts as pending from now on. A reply that comes after take() goes to
  // `late`.
  Completion<T> expect(std::size_t slot, Completion<T> late = nullptr) {
    locked([&] { ++pending_; });
    return [self = std::static_pointer_cast<Gather>(shared_from_this()), slot,
            late = std::move(late)](Result<T> reply) mutable {
      bool in_time = true;
      self->update([&] {
        --self->pending_;
        in_time = !self->taken_ || !late;
        if (in_time) self->replies_[slot] = std::move(reply);
      });
      if (!in_time) late(std::move(reply));
    };
  }

  // Whether collect() would not wait: drives answer from memory as a rule, and a coroutine costs more than
  // the question.
  template <class Enough>
  bool complete(Enough enough) const {
    return locked([&] { return pending_ == 0 || enough(replies_); });
  }

  // Waits until `enough(replies)` holds or none is pending.
  template <class Enough>
  asio::awaitable<bool> collect(Enough enough, Deadline deadline) {
    return wait([this, enough] { return pending_ == 0 || enough(replies_); }, deadline);
  }

  std::size_t pending() const {
    return locked([this] { return pending_; });
  }
  // The reply of a slot, whose value may be moved out. Under the lock only.
  std::optional<Result<T>>& reply(std::size_t slot) { return replies_[slot]; }
  // Under the lock only.
  const std::optional<Result<T>>& peek(std::size_t slot) const { return replies_[slot]; }

  const std::vector<std::optional<Result<T>>>& peek_all() const { return replies_; }  // under the lock only

  // What came so far: late replies are no longer looked at.
  std::vector<std::optional<Result<T>>> take() {
    const auto size = locked([this] { return replies_.size(); });
    std::vector<std::optional<Result<T>>> out(size);
    update([&] {
      out.swap(replies_);
      taken_ = true;
    });
    return out;
  }

 private:
  std::vector<std::optional<Result<T>>> replies_;
  std::size_t pending_ = 0;
  bool taken_ = false;
};

// For Gather::collect: whether `need` drives have answered without an error.
inline auto answered_by(std::uint32_t need) {
  return [need](const auto& replies) {
    std::uint32_t good = 0;
    for (const auto& reply : replies) good += reply && reply->has_value();
    return good >= need;
  };
}

}  // namespace cairn::store
