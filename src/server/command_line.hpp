#pragma once
#include <functional>
#include <string>
#include <vector>

#include "server/app.hpp"

namespace cairn::server {

// What the subcommands stand on; main() names the real ones.
struct Commands {
  OpenStore open_store;
  std::function<int(std::vector<std::string> args)> bench, drive,
      admin;  // the arguments behind the subcommand's name
};

// What main() does with its arguments; gives the exit status: 0, 1 when the command failed, 2 for a wrong
// command line or setting.
int run_command(const std::vector<std::string>& args, const Commands& commands);

}  // namespace cairn::server
