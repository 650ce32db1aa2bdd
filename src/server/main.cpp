#include "cairn/s3client/bench.hpp"
#include "cairn/store/store.hpp"

#include "server/command_line.hpp"
#include "server/drive_command.hpp"

int main(int argc, char** argv) {
  return cairn::server::run_command(
      {argv + 1, argv + argc},
      {cairn::store::Store::open, cairn::s3client::bench_main, cairn::server::run_drive});
}
