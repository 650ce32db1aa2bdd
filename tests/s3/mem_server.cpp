// The server over an object layer in memory: for trying out clients and for the wire tests without drives.
#include "fakes/mem_object_layer.hpp"
#include "server/command_line.hpp"

int main(int argc, char** argv) {
  static cairn::SystemClock clock;
  return cairn::server::run_command(
      {argv + 1, argv + argc},
      {[](auto, auto, auto&, auto&, auto&) -> cairn::Result<std::unique_ptr<cairn::store::Store>> {
         return std::make_unique<cairn::fakes::MemObjectLayer>(clock);
       },
       {},
       {}});
}
