#include "cairn/base/parallel.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>

#include "cairn/base/await.hpp"

namespace cairn {
namespace {
struct Group {
  std::size_t count, next = 0, running = 0;
  const std::function<Task<void>(std::size_t)>* body;
  Status result;
  Completion<void> done;
};

asio::awaitable<void> work(std::shared_ptr<Group> group) {
  while (group->next < group->count) {
    const std::size_t index = group->next++;
    Status s = co_await (*group->body)(index);
    if (!s && group->result) group->result = std::move(s);
  }
}
}  // namespace

Task<void> for_each_parallel(std::size_t count, std::size_t width,
                             std::function<Task<void>(std::size_t)> body) {
  if (count == 0) co_return Status();
  const auto strand = asio::make_strand(co_await asio::this_coro::executor);
  auto group = std::make_shared<Group>();
  group->count = count;
  group->body = &body;
  group->running = std::min(width, count);
  co_return co_await await_completion<void>([&](Completion<void> done) {
    group->done = std::move(done);
    for (std::size_t i = 0, n = group->running; i < n; ++i)
      asio::co_spawn(strand, work(group), [group](std::exception_ptr e) {
        if (e && group->result) group->result = fail(Code::internal, "an exception left a parallel step");
        if (--group->running == 0) group->done(std::move(group->result));
      });
  });
}

}  // namespace cairn
