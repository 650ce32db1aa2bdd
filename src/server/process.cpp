#include "server/process.hpp"

#include <fstream>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cairn/base/log.hpp"

namespace cairn::server {

Signals::Signals() {
  sigemptyset(&set_);
  for (const int s : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&set_, s);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

int Signals::wait(const std::function<void()>& on_hangup, const std::function<void()>& on_user) {
  for (;;) {
    int signal = 0;
    if (sigwait(&set_, &signal) != 0) continue;
    if (signal == SIGHUP)
      on_hangup();
    else if (signal == SIGUSR1)
      on_user();
    else
      return signal;
  }
}

void Signals::release() { pthread_sigmask(SIG_UNBLOCK, &set_, nullptr); }

struct IoThreads::State {
  explicit State(unsigned count) : context(static_cast<int>(count)), work(context.get_executor()) {}
  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::vector<std::thread> threads;
};

IoThreads::IoThreads(unsigned count) : state_(std::make_unique<State>(count)) {
  for (unsigned i = 0; i < count; ++i)
    state_->threads.emplace_back([this] {
      pthread_setname_np(pthread_self(), "cairn-io");
      state_->context.run();
    });
}

IoThreads::~IoThreads() { stop(); }

asio::any_io_executor IoThreads::executor() { return state_->context.get_executor(); }

void IoThreads::stop() {
  state_->work.reset();
  state_->context.stop();
  for (auto& t : state_->threads) t.join();
  state_->threads.clear();
}

namespace {
// What the process has in memory, in bytes; 0 where the system does not tell.
std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t all = 0, resident = 0;
  if (!(statm >> all >> resident)) return 0;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}
}  // namespace

Task<void> keep_memory_below(std::uint64_t limit) {
  constexpr std::chrono::seconds kLook{1}, kRest{5};
  for (;;) {
    CO_TRY(co_await sleep_for(kLook));
    if (resident_bytes() < limit / 8 * 7) continue;
    ::malloc_trim(0);
    CO_TRY(co_await sleep_for(kRest));  // it takes milliseconds of each arena's lock
  }
}

std::size_t raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace cairn::server
