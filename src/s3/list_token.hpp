#pragma once
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"

namespace cairn::s3 {

// The continuation token of a list: opaque to clients, the place to go on from within.
std::string make_list_token(std::string_view after);
Result<std::string> parse_list_token(std::string_view token);  // invalid_argument

}  // namespace cairn::s3
