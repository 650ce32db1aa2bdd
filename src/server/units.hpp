#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"

namespace cairn::server {

// "500ms", "10s", "5m", "2h", "7d". config.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
// "512MiB", "2GiB", "1GB", "4096" (bytes). config.
Result<std::uint64_t> parse_size(std::string_view text);
Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most);

}  // namespace cairn::server
