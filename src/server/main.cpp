#include "cairn/s3client/bench.hpp"
#include "cairn/store/store.hpp"

#include "server/admin/admin_command.hpp"
#include "server/command_line.hpp"
#include "server/drive_command.hpp"

int main(int argc, char** argv) {
  using namespace cairn;
  const server::OpenStore open_store = [](auto executor, auto config, auto& buffers, auto& budget,
                                          auto& metrics) {
    return store::Store::open(std::move(executor), std::move(config), buffers, budget, metrics);
  };
  return server::run_command({argv + 1, argv + argc},
                             {open_store, s3client::bench_main, server::run_drive, server::run_admin});
}
