#include <list>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include "cairn/base/await.hpp"
#include "cairn/base/buffer.hpp"

namespace cairn {

struct MemoryBudget::State {
  struct Waiter {
    std::size_t bytes;
    Completion<void> granted;
  };
  mutable std::mutex mutex;
  std::size_t limit;
  std::size_t used = 0;
  std::list<std::shared_ptr<Waiter>> small, large;

  explicit State(std::size_t l) : limit(l) {}

  std::list<std::shared_ptr<Waiter>>& queue_of(std::size_t bytes) { return bytes <= kSmall ? small : large; }

  bool fits(std::size_t bytes) const {
    const std::size_t reserve = bytes <= kSmall ? 0 : limit / 8;
    return used + bytes + reserve <= limit || used == 0;
  }

  // Takes from the queues all that fit now; the caller completes them outside of the lock.
  std::vector<std::shared_ptr<Waiter>> grant() {
    std::vector<std::shared_ptr<Waiter>> out;
    for (auto* queue : {&small, &large})
      while (!queue->empty() && fits(queue->front()->bytes)) {
        used += queue->front()->bytes;
        out.push_back(std::move(queue->front()));
        queue->pop_front();
      }
    return out;
  }
};

MemoryBudget::MemoryBudget(std::size_t limit) : state_(std::make_unique<State>(limit)) {}
MemoryBudget::~MemoryBudget() = default;

Task<MemoryBudget::Reservation> MemoryBudget::reserve(std::size_t bytes, std::chrono::milliseconds patience) {
  bytes = std::min(bytes, state_->limit);
  const auto granted = [&] {
    Reservation r;
    r.budget_ = this;
    r.bytes_ = bytes;
    return r;
  };
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->queue_of(bytes).empty() && state_->fits(bytes)) {
      state_->used += bytes;
      co_return granted();
    }
  }
  auto waiter = std::make_shared<State::Waiter>();
  waiter->bytes = bytes;
  asio::steady_timer timer(co_await asio::this_coro::executor, patience);
  timer.async_wait([this, weak = std::weak_ptr(waiter)](const boost::system::error_code& ec) {
    const auto w = weak.lock();
    if (ec || !w) return;
    {
      const std::lock_guard lock(state_->mutex);
      auto& queue = state_->queue_of(w->bytes);
      const auto it = std::find(queue.begin(), queue.end(), w);
      if (it == queue.end()) return;  // granted just now
      queue.erase(it);
    }
    w->granted(fail(Code::overloaded, "memory budget"));
  });
  CO_TRY(co_await await_completion<void>([&](Completion<void> done) {
    waiter->granted = std::move(done);
    std::vector<std::shared_ptr<State::Waiter>> ready;
    {
      const std::lock_guard lock(state_->mutex);
      state_->queue_of(bytes).push_back(waiter);
      ready = state_->grant();
    }
    for (auto& w : ready) w->granted({});
  }));
  co_return granted();
}

MemoryBudget::Reservation MemoryBudget::try_reserve(std::size_t bytes) {
  Reservation r;
  const std::lock_guard lock(state_->mutex);
  if (!state_->large.empty() || state_->used + bytes > state_->limit / 2) return r;
  state_->used += bytes;
  r.budget_ = this;
  r.bytes_ = bytes;
  return r;
}

MemoryBudget::Reservation& MemoryBudget::Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    release();
    budget_ = std::exchange(other.budget_, nullptr);
    bytes_ = std::exchange(other.bytes_, 0);
  }
  return *this;
}

void MemoryBudget::Reservation::release() {
  if (!budget_) return;
  auto& state = *std::exchange(budget_, nullptr)->state_;
  std::vector<std::shared_ptr<State::Waiter>> ready;
  {
    const std::lock_guard lock(state.mutex);
    state.used -= std::exchange(bytes_, 0);
    ready = state.grant();
  }
  for (auto& w : ready) w->granted({});
}

std::size_t MemoryBudget::limit() const { return state_->limit; }
std::size_t MemoryBudget::used() const {
  const std::lock_guard lock(state_->mutex);
  return state_->used;
}
std::size_t MemoryBudget::waiting() const {
  const std::lock_guard lock(state_->mutex);
  return state_->small.size() + state_->large.size();
}

}  // namespace cairn
