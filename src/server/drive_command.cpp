#include "server/drive_command.hpp"

#include <cstdio>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cairn/drive/inspect.hpp"

#include "server/drive_replace.hpp"
#include "server/volumes.hpp"

namespace cairn::server {
namespace {
std::string_view kind_name(drive::ProbedPath::Kind kind) {
  using Kind = drive::ProbedPath::Kind;
  switch (kind) {
    case Kind::missing:
      return "missing or unreadable";
    case Kind::empty:
      return "an empty folder";
    case Kind::formatted:
      return "a drive";
    case Kind::damaged:
      return "a drive whose format.json cannot be used";
    case Kind::foreign:
      return "a folder with other files";
  }
  return "unknown";
}

// What stands at a path that is no drive.
int describe_path(const std::string& path, const drive::ProbedPath& probed) {
  fmt::print("{}: {}{}{}\n", path, kind_name(probed.kind), probed.mount ? ", a mount point" : "",
             probed.detail.empty() ? "" : ": " + probed.detail);
  if (probed.marker)
    fmt::print("  marked to replace set {}, slot {} of deployment {}\n", probed.marker->set,
               probed.marker->slot, probed.marker->deployment.hex());
  return probed.kind == drive::ProbedPath::Kind::empty ? 0 : 1;
}

int inspect(const std::string& path, const drive::InspectOptions& options) {
  drive::SystemFiles files;
  std::error_code ec;
  Status status;
  if (std::filesystem::is_regular_file(path, ec)) {
    status = drive::inspect_shard_file(files, path, options, std::cout);
  } else {
    const drive::ProbedPath probed = drive::probe_path(files, path);
    if (!probed.format) return describe_path(path, probed);
    status = drive::inspect_drive(files, path, options, std::cout);
  }
  std::cout.flush();
  if (status) return 0;
  fmt::print(stderr, "cairn: {}: {}\n", code_name(status.error().code), status.error().context);
  return 1;
}

Result<drive::ReplaceMarker> mark(const std::string& path, const std::vector<std::string>& arguments) {
  TRY(const auto pools, pools_of(arguments));
  drive::SystemFiles files;
  for (const auto& pool : pools) {
    if (std::find(pool.begin(), pool.end(), path) == pool.end()) continue;
    std::vector<drive::ProbedPath> probed;
    for (const std::string& p : pool) probed.push_back(drive::probe_path(files, p));
    TRY(const auto marker, choose_place(probed, path));
    TRY(drive::write_replace_marker(files, path, marker));
    return marker;
  }
  return fail(Code::config, fmt::format("{} is not among the paths of the server", path));
}

int replace(const std::string& path, const std::vector<std::string>& arguments) {
  const auto marker = mark(path, arguments);
  if (!marker) {
    fmt::print(stderr, "cairn: {}\n", marker.error().context);
    return 1;
  }
  fmt::print(
      "{} will be formatted as set {}, slot {} when the server next looks at it, and filled from its "
      "peers.\n",
      path, marker->set, marker->slot);
  return 0;
}
}  // namespace

int run_drive(const std::vector<std::string>& args) {
  CLI::App app("Looks at a drive, or puts an empty one in a lost one's place", "cairn drive");
  app.require_subcommand(1);
  std::string path;
  std::vector<std::string> peers;
  CLI::App* inspecting = app.add_subcommand("inspect", "Show what a drive is and what it holds");
  inspecting
      ->add_option("PATH", path, "The folder of a drive that no server has open, or one of its shard files")
      ->required();
  drive::InspectOptions shown;
  inspecting->add_option("--bucket", shown.bucket,
                         "Show the record of a key in this bucket: # and the bucket's id");
  inspecting->add_option("--key", shown.key, "The key");
  CLI::App* replacing = app.add_subcommand("replace", "Let an empty folder take the place of a lost drive");
  replacing->add_option("PATH", path, "The empty folder")->required();
  replacing->add_option("PATHS", peers, "All paths as the server is given them, PATH among them")->required();
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return inspecting->parsed() ? inspect(path, shown) : replace(path, peers);
}

}  // namespace cairn::server
