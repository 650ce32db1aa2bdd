#pragma once
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "cairn/base/task.hpp"

namespace cairn {

// Turns an operation that takes a Completion<T> into an awaitable: `start` is called at once with the
// completion, and the coroutine resumes on its own executor. There is no cancellation: the operation runs to
// its end.
//   auto r = co_await await_completion<View>([&](Completion<View> done) { drive.read(request,
//   std::move(done)); });
template <class T, class Start>
Task<T> await_completion(Start start) {
  co_return co_await asio::async_initiate<decltype(asio::use_awaitable), void(Result<T>)>(
      [](auto handler, Start begin) {
        auto executor = asio::get_associated_executor(handler);
        begin(Completion<T>([h = std::move(handler), executor](Result<T> result) mutable {
          asio::post(executor, [done = std::move(h), value = std::move(result)]() mutable {
            std::move(done)(std::move(value));
          });
        }));
      },
      asio::use_awaitable, std::move(start));
}

}  // namespace cairn
