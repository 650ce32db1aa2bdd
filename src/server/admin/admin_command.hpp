#pragma once
#include <string>
#include <vector>

namespace cairn::server {

// `cairn admin`: the admin API from the command line. Exit status: 0 done, 1 the server refused or could not
// be reached, 2 a wrong command line.
int run_admin(const std::vector<std::string>& args);

}  // namespace cairn::server
