#pragma once
#include <expected>
#include <string>
#include <utility>

#include "cairn/base/error.hpp"

namespace cairn {

// A value or an Error. Exceptions are for bugs and for running out of memory only.
template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

inline std::unexpected<Error> fail(Code code, std::string context = {}) {
  return std::unexpected(Error(code, std::move(context)));
}
inline std::unexpected<Error> fail(Error error) { return std::unexpected(std::move(error)); }

}  // namespace cairn

// TRY(expr) passes on the error of a Result and drops its value; TRY(decl, expr) declares a variable from the
// value:
//   TRY(auto head, parse_head(bytes));
// CO_TRY is the same in a coroutine: CO_TRY(auto view, co_await drive.read(key));
#define CAIRN_TRY_CAT2(a, b) a##b
#define CAIRN_TRY_CAT(a, b) CAIRN_TRY_CAT2(a, b)
#define CAIRN_TRY_PICK(_1, _2, _3, _4, _5, _6, name, ...) name
#define CAIRN_TRY_ONE(ret, tmp, expr) \
  if (auto tmp = (expr); !tmp) ret ::cairn::fail(std::move(tmp).error())
#define CAIRN_TRY_TWO(ret, tmp, decl, ...)             \
  auto tmp = (__VA_ARGS__);                            \
  if (!tmp) ret ::cairn::fail(std::move(tmp).error()); \
  decl = std::move(*tmp)
#define CAIRN_TRY_NAME CAIRN_TRY_CAT(cairn_try_, __COUNTER__)
#define CAIRN_TRY_SELECT(...)                                                                            \
  CAIRN_TRY_PICK(__VA_ARGS__, CAIRN_TRY_TWO, CAIRN_TRY_TWO, CAIRN_TRY_TWO, CAIRN_TRY_TWO, CAIRN_TRY_TWO, \
                 CAIRN_TRY_ONE, 0)
#define TRY(...) CAIRN_TRY_SELECT(__VA_ARGS__)(return, CAIRN_TRY_NAME, __VA_ARGS__)
#define CO_TRY(...) CAIRN_TRY_SELECT(__VA_ARGS__)(co_return, CAIRN_TRY_NAME, __VA_ARGS__)
