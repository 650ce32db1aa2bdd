#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "cairn/base/result.hpp"

namespace cairn::server {

inline constexpr std::size_t kMaxDrives = 4096;

// "/mnt/disk{1...4}" -> /mnt/disk1 ... /mnt/disk4; several patterns multiply, the last one runs fastest;
// "{01...12}" keeps its width. A text without a pattern gives itself. config.
Result<std::vector<std::string>> expand_ellipses(const std::string& text);

// The drives' paths by pool: paths without ellipses form one pool together, and each argument with ellipses
// forms one of its own; a mixture of both is refused, as is a path that is given twice. config.
Result<std::vector<std::vector<std::string>>> pools_of(const std::vector<std::string>& arguments);

// How many drives a set of such a pool has: the largest number up to 16 that divides it.
std::size_t set_size(std::size_t drives);
// EC:n for pools of these sizes: at most half of every set. config.
Status check_parity(std::uint32_t parity, const std::vector<std::vector<std::string>>& pools);

}  // namespace cairn::server
