#include "cairn/base/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "cairn/base/await.hpp"
#include "cairn/base/buffer.hpp"
#include "cairn/base/parallel.hpp"
#include "cairn/base/thread_pool.hpp"

namespace cairn {
namespace {

using namespace std::chrono_literals;

Task<int> twice(int v) { co_return 2 * v; }
Task<int> fails() { co_return fail(Code::io, "x"); }
Task<int> adds() {
  CO_TRY(const int a, co_await twice(3));
  CO_TRY(const int b, co_await fails());
  co_return a + b;
}

TEST(Task, AnErrorPassesThrough) {
  asio::thread_pool threads(1);
  const auto r = asio::co_spawn(threads, adds(), asio::use_future).get();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::io);
}

TEST(TaskGroup, StopEndsWhatSleepsAndJoinsIt) {
  asio::thread_pool threads(2);
  std::atomic<int> ended = 0;
  TaskGroup group(threads.get_executor());
  for (int i = 0; i < 10; ++i)
    group.spawn("sleeper", [&]() -> Task<void> {
      const auto r = co_await sleep_for(1h);
      ++ended;
      co_return r;
    });
  group.stop();
  EXPECT_EQ(ended, 10);
  EXPECT_EQ(group.running(), 0u);
  group.spawn("late", [&]() -> Task<void> {
    ++ended;
    co_return Status{};
  });
  EXPECT_EQ(group.running(), 0u);
}

TEST(MemoryBudget, WaitersAreServedInOrderAndLateOnesRefused) {
  asio::thread_pool threads(2);
  MemoryBudget budget(100);
  auto first = asio::co_spawn(threads, budget.reserve(80, 1ms), asio::use_future).get();
  ASSERT_TRUE(first);
  auto second = asio::co_spawn(threads, budget.reserve(50, 1h), asio::use_future);
  const auto refused = asio::co_spawn(threads, budget.reserve(50, 1ms), asio::use_future).get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::overloaded);
  first->release();
  const auto got = second.get();
  ASSERT_TRUE(got);
  EXPECT_EQ(budget.used(), 50u);
}

TEST(MemoryBudget, LargeReservationsLeaveRoomForSmallOnes) {
  asio::thread_pool threads(2);
  constexpr std::size_t kLarge = 2 * MemoryBudget::kSmall;
  MemoryBudget budget(16 * kLarge);
  std::vector<MemoryBudget::Reservation> held;
  for (int i = 0; i < 14; ++i)
    held.push_back(*asio::co_spawn(threads, budget.reserve(kLarge, 1ms), asio::use_future).get());
  auto waits = asio::co_spawn(threads, budget.reserve(kLarge, 1h), asio::use_future);
  while (budget.waiting() == 0) std::this_thread::yield();
  EXPECT_TRUE(asio::co_spawn(threads, budget.reserve(4096, 1ms), asio::use_future).get());
  EXPECT_EQ(budget.try_reserve(1).bytes(), 0u) << "nothing to spare while somebody waits";
  held.clear();
  EXPECT_TRUE(waits.get());
  EXPECT_EQ(budget.try_reserve(kLarge).bytes(), kLarge);
}

TEST(MemoryBudget, AReservationAboveTheLimitGetsAllOfIt) {
  asio::thread_pool threads(1);
  MemoryBudget budget(100);
  {
    const auto all = asio::co_spawn(threads, budget.reserve(1000, 1ms), asio::use_future).get();
    ASSERT_TRUE(all);
    EXPECT_EQ(budget.used(), 100u);
  }
  EXPECT_EQ(budget.used(), 0u);
}

TEST(ThreadPool, StopRunsWhatIsQueued) {
  std::atomic<int> done = 0;
  {
    ThreadPool pool("test", 3);
    for (int i = 0; i < 1000; ++i) pool.post([&] { ++done; });
  }
  EXPECT_EQ(done, 1000);
}

TEST(Parallel, RunsAllAndGivesTheFirstError) {
  asio::thread_pool threads(2);
  std::vector<int> seen;
  const std::function<Task<void>(std::size_t)> step = [&](std::size_t i) -> Task<void> {
    CO_TRY(co_await sleep_for(0ms));
    seen.push_back(static_cast<int>(i));  // steps share a strand, so this needs no lock
    if (i == 5) co_return fail(Code::io);
    co_return Status{};
  };
  const auto r = asio::co_spawn(threads, for_each_parallel(100, 7, step), asio::use_future).get();
  ASSERT_FALSE(r);
  EXPECT_EQ(r.error().code, Code::io);
  EXPECT_EQ(seen.size(), 100u);
}

}  // namespace
}  // namespace cairn
