#include "http/watchdog.hpp"

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace cairn::http {
namespace {
using Clock = std::chrono::steady_clock;
constexpr auto kNever = Clock::time_point::max();
}  // namespace

struct Watchdog::State : std::enable_shared_from_this<Watchdog::State> {
  asio::any_io_executor executor;
  std::function<void()> on_expiry;  // empty once the owner is gone
  asio::steady_timer timer;
  Clock::time_point deadline = kNever;
  Clock::time_point fires = kNever;  // when the timer that runs will fire
  bool expired = false;

  State(asio::any_io_executor e, std::function<void()> f)
      : executor(std::move(e)), on_expiry(std::move(f)), timer(executor) {}

  void run_timer() {
    fires = deadline;
    timer.expires_at(deadline);  // cancels the wait before it
    timer.async_wait(asio::bind_executor(executor, [self = shared_from_this()](boost::system::error_code ec) {
      if (!ec) self->fired();
    }));
  }

  void fired() {
    fires = kNever;
    if (!on_expiry || deadline == kNever) return;
    if (Clock::now() < deadline) {
      run_timer();
      return;
    }
    deadline = kNever;
    expired = true;
    on_expiry();
  }
};

Watchdog::Watchdog(asio::any_io_executor executor, std::function<void()> on_expiry)
    : state_(std::make_shared<State>(std::move(executor), std::move(on_expiry))) {}

Watchdog::~Watchdog() {
  state_->on_expiry = nullptr;
  state_->timer.cancel();
}

void Watchdog::arm(std::chrono::milliseconds time) {
  state_->expired = false;
  state_->deadline = Clock::now() + time;
  if (state_->deadline < state_->fires) state_->run_timer();
}

void Watchdog::disarm() { state_->deadline = kNever; }
bool Watchdog::expired() const { return state_->expired; }

}  // namespace cairn::http
