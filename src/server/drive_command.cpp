#include "server/drive_command.hpp"

#include <cstdio>
#include <filesystem>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

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

struct Sizes {
  std::uint64_t files = 0, bytes = 0;
};

Sizes sizes_below(const std::filesystem::path& folder) {
  Sizes out;
  std::error_code ec;
  for (std::filesystem::recursive_directory_iterator it(folder, ec), end; !ec && it != end;
       it.increment(ec)) {
    std::error_code ignored;
    if (!it->is_regular_file(ignored)) continue;
    ++out.files;
    out.bytes += it->file_size(ignored);
  }
  return out;
}

int inspect(const std::string& path) {
  drive::SystemFiles files;
  const drive::ProbedPath probed = drive::probe_path(files, path);
  fmt::print("{}: {}{}{}\n", path, kind_name(probed.kind), probed.mount ? ", a mount point" : "",
             probed.detail.empty() ? "" : ": " + probed.detail);
  if (probed.marker)
    fmt::print("  marked to replace set {}, slot {} of deployment {}\n", probed.marker->set,
               probed.marker->slot, probed.marker->deployment.hex());
  if (!probed.format) return probed.kind == drive::ProbedPath::Kind::empty ? 0 : 1;
  const drive::Format& f = *probed.format;
  fmt::print("  deployment   {}\n  drive        {}\n", f.identity.deployment.hex(), f.identity.id.hex());
  fmt::print("  place        pool {}, set {} of {}, slot {} of {}, incarnation {}\n", f.identity.pool,
             f.identity.set, f.layout.sets, f.identity.slot, f.layout.drives_per_set, f.identity.incarnation);
  fmt::print("  formatted    {}{}{}\n", iso8601_ms(f.created), f.complete ? "" : ", not completed",
             f.mount ? ", on a mount point" : "");
  const Sizes records = sizes_below(std::filesystem::path(path) / "records");
  const Sizes shards = sizes_below(std::filesystem::path(path) / "shards");
  fmt::print("  records      {} files, {} bytes{}\n", records.files, records.bytes,
             f.has_records && records.files == 0 ? ": LOST" : "");
  fmt::print("  shards       {} files, {} bytes\n", shards.files, shards.bytes);
  return 0;
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
  inspecting->add_option("PATH", path, "The drive's folder")->required();
  CLI::App* replacing = app.add_subcommand("replace", "Let an empty folder take the place of a lost drive");
  replacing->add_option("PATH", path, "The empty folder")->required();
  replacing->add_option("PATHS", peers, "All paths as the server is given them, PATH among them")->required();
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  return inspecting->parsed() ? inspect(path) : replace(path, peers);
}

}  // namespace cairn::server
