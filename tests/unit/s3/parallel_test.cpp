#include "cairn/base/parallel.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

namespace cairn::s3 {
namespace {

struct Steps {
  std::vector<int> done;
  std::size_t now = 0, most = 0;

  Task<void> step(std::size_t i) {
    most = std::max(most, ++now);
    for (std::size_t turns = 0; turns < 1 + i % 3; ++turns)
      co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable);
    --now;
    done[i]++;
    if (i % 5 == 3) co_return fail(Code::io, std::to_string(i));
    co_return Status();
  }
};

Status run(Steps& steps, std::size_t count, std::size_t width) {
  steps.done.resize(count);
  asio::io_context context;
  Status out = fail(Code::internal, "not finished");
  asio::co_spawn(context, for_each_parallel(count, width, [&](std::size_t i) { return steps.step(i); }),
                 [&](std::exception_ptr, Status s) { out = std::move(s); });
  context.run();
  return out;
}

TEST(ForEachParallel, RunsEachOnceWithinItsWidth) {
  Steps steps;
  const Status s = run(steps, 100, 7);
  EXPECT_EQ(steps.done, std::vector<int>(100, 1));
  EXPECT_EQ(steps.most, 7u);
  ASSERT_FALSE(s);
  EXPECT_EQ(s.error().code, Code::io);
}

TEST(ForEachParallel, NothingToDoIsDone) {
  Steps steps;
  EXPECT_TRUE(run(steps, 0, 7));
}

TEST(ForEachParallel, FewerStepsThanItsWidth) {
  Steps steps;
  EXPECT_TRUE(run(steps, 3, 7));
  EXPECT_EQ(steps.done, std::vector<int>(3, 1));
  EXPECT_LE(steps.most, 3u);
}

}  // namespace
}  // namespace cairn::s3
