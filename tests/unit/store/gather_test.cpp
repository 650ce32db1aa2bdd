#include "store/gather.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

namespace cairn::store {
namespace {

// Runs a coroutine to its end on this thread.
void run(std::function<asio::awaitable<void>()> body) {
  asio::io_context io;
  auto done = asio::co_spawn(io, std::move(body), asio::use_future);
  io.run();
  done.get();
}

TEST(Gather, AWaitInVainKeepsNothingAlive) {
  auto gather = Gather<int>::make(1);
  const std::weak_ptr<Gather<int>> weak = gather;
  Completion<int> late = gather->expect(0);
  run([gather]() -> asio::awaitable<void> {
    // A condition that holds the gather itself.
    const auto never = [gather](const auto&) { return false; };
    co_await gather->collect(never, std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
  });
  gather.reset();
  EXPECT_FALSE(weak.expired()) << "the reply is still to come";
  late(1);
  late = nullptr;
  EXPECT_TRUE(weak.expired());
}

TEST(Gather, AReplyAfterTakeGoesToWhoeverWantsIt) {
  auto gather = Gather<int>::make(2);
  int first = 0, second = 0;
  Completion<int> a = gather->expect(0, [&](Result<int> r) { first = *r; });
  Completion<int> b = gather->expect(1, [&](Result<int> r) { second = *r; });
  a(1);
  const auto replies = gather->take();
  b(2);
  ASSERT_TRUE(replies[0] && !replies[1]);
  EXPECT_EQ(**replies[0], 1);
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 2);
}

}  // namespace
}  // namespace cairn::store
