#pragma once
#include <functional>

#include "cairn/base/task.hpp"

namespace cairn {

// Awaits body(0) ... body(count - 1), at most `width` at a time, interleaved on one strand of the caller's
// executor: they need no locks among themselves. All are started whatever the others answer; the first error
// is the result. `body` is called until all have ended and must outlive that, as the caller's frame does.
Task<void> for_each_parallel(std::size_t count, std::size_t width,
                             std::function<Task<void>(std::size_t)> body);

}  // namespace cairn
