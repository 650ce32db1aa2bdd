#include "server/drive_replace.hpp"

#include <set>

#include <fmt/format.h>

namespace cairn::server {

Result<drive::ReplaceMarker> choose_place(std::span<const drive::ProbedPath> paths, const std::string& path) {
  using Kind = drive::ProbedPath::Kind;
  const drive::Format* any = nullptr;
  std::set<std::size_t> taken;
  std::size_t position = paths.size();
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].path == path) position = i;
    if (paths[i].kind != Kind::formatted || !paths[i].format) continue;
    const drive::Format& f = *paths[i].format;
    if (any && f.identity.deployment != any->identity.deployment)
      return fail(Code::config,
                  fmt::format("{} belongs to another deployment than the other drives", paths[i].path));
    any = &f;
    taken.insert(f.identity.set * f.layout.drives_per_set + f.identity.slot);
  }
  if (position == paths.size())
    return fail(Code::config, fmt::format("{} is not among the paths of the server", path));
  if (paths[position].kind != Kind::empty)
    return fail(Code::config, fmt::format("{} is not an empty folder", path));
  if (!any) return fail(Code::config, "none of the paths holds a drive: there is nothing to replace");
  const std::size_t places = std::size_t{any->layout.sets} * any->layout.drives_per_set;
  if (places != paths.size())
    return fail(Code::config,
                fmt::format("the deployment has {} drives, but {} paths are given", places, paths.size()));
  std::size_t place = position;
  if (taken.contains(place)) {
    if (taken.size() + 1 != places)
      return fail(
          Code::config,
          "several drives are missing and the paths do not say which: give them in the server's order");
    for (place = 0; taken.contains(place);) ++place;
  }
  drive::ReplaceMarker marker;
  marker.deployment = any->identity.deployment;
  marker.pool = any->identity.pool;
  marker.set = static_cast<std::uint32_t>(place / any->layout.drives_per_set);
  marker.slot = static_cast<std::uint32_t>(place % any->layout.drives_per_set);
  return marker;
}

}  // namespace cairn::server
