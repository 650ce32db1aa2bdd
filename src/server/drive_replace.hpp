#pragma once
#include <span>
#include <string>

#include "cairn/drive/format.hpp"

namespace cairn::server {

// Which place an empty drive at `path` is to take, among the paths of a server (the path itself included):
// the place that is its by position if no drive stands for it, else the one place that is free. Pure. config.
Result<drive::ReplaceMarker> choose_place(std::span<const drive::ProbedPath> paths, const std::string& path);

}  // namespace cairn::server
