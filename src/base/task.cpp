#include "cairn/base/task.hpp"

#include <condition_variable>
#include <list>
#include <mutex>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cairn/base/await.hpp"
#include "cairn/base/log.hpp"

namespace cairn {

struct TaskGroup::State : std::enable_shared_from_this<TaskGroup::State> {
  // A coroutine runs on a strand of its own, so that emitting its cancellation cannot race with it.
  struct Member {
    explicit Member(asio::any_io_executor e) : strand(asio::make_strand(std::move(e))) {}
    asio::strand<asio::any_io_executor> strand;
    asio::cancellation_signal cancel;
  };

  asio::any_io_executor executor;
  mutable std::mutex mutex;
  std::condition_variable empty;
  std::list<std::shared_ptr<Member>> members;
  std::vector<std::move_only_function<void()>> when_empty;
  bool stopping = false;

  explicit State(asio::any_io_executor e) : executor(std::move(e)) {}

  void ended(std::list<std::shared_ptr<Member>>::iterator it) {
    std::vector<std::move_only_function<void()>> waiters;
    {
      const std::lock_guard lock(mutex);
      members.erase(it);
      if (members.empty()) waiters.swap(when_empty);
      if (members.empty()) empty.notify_all();
    }
    for (auto& w : waiters) w();
  }

  void cancel_all() {
    std::list<std::shared_ptr<Member>> copy;
    {
      const std::lock_guard lock(mutex);
      stopping = true;
      copy = members;
    }
    for (auto& m : copy) asio::post(m->strand, [m] { m->cancel.emit(asio::cancellation_type::terminal); });
  }
};

namespace {
// Owns what the body captured, so that it is gone when the task counts as ended.
Task<void> run_body(std::function<Task<void>()> body) { co_return co_await body(); }
}  // namespace

TaskGroup::TaskGroup(asio::any_io_executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() { stop(); }

void TaskGroup::spawn(std::string name, std::function<Task<void>()> body) {
  auto state = state_;
  auto member = std::make_shared<State::Member>(state->executor);
  std::list<std::shared_ptr<State::Member>>::iterator it;
  {
    const std::lock_guard lock(state->mutex);
    if (state->stopping) return;
    it = state->members.insert(state->members.end(), member);
  }
  asio::co_spawn(
      member->strand, run_body(std::move(body)),
      asio::bind_cancellation_slot(member->cancel.slot(), [state, it, member, task = std::move(name)](
                                                              std::exception_ptr e, Status result) {
        if (e) {
          try {
            std::rethrow_exception(e);
          } catch (const std::exception& x) {
            if (!state->stopping) log::error("task failed", {{"task", task}, {"exception", x.what()}});
          }
        } else if (!result && !result.error().is(Code::canceled)) {
          log::warn("task ended", {{"task", task},
                                   {"code", code_name(result.error().code)},
                                   {"context", result.error().context}});
        }
        state->ended(it);
      }));
}

void TaskGroup::stop() {
  state_->cancel_all();
  std::unique_lock lock(state_->mutex);
  state_->empty.wait(lock, [this] { return state_->members.empty(); });
}

asio::awaitable<void> TaskGroup::async_stop() {
  state_->cancel_all();
  // A named closure that captures nothing with a destructor: GCC 12 copies a temporary one in a co_await byte
  // by byte, and then destroys both.
  auto state = state_;
  auto when_empty = [&state](Completion<void> completion) {
    {
      const std::lock_guard lock(state->mutex);
      if (!state->members.empty()) {
        state->when_empty.push_back([c = std::move(completion)]() mutable { c({}); });
        return;
      }
    }
    completion({});
  };
  auto done = co_await await_completion<void>(when_empty);
  (void)done;
}

std::size_t TaskGroup::running() const {
  const std::lock_guard lock(state_->mutex);
  return state_->members.size();
}

bool TaskGroup::stopping() const {
  const std::lock_guard lock(state_->mutex);
  return state_->stopping;
}

Task<void> sleep_for(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  boost::system::error_code ec;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ec));
  if (ec) co_return fail(Code::canceled);
  co_return Status{};
}

}  // namespace cairn
