#pragma once
#include <string>
#include <vector>

namespace cairn::server {

// `cairn drive inspect PATH` and `cairn drive replace PATH PATHS...`; gives the exit status.
int run_drive(const std::vector<std::string>& args);

}  // namespace cairn::server
