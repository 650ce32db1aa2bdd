#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/clock.hpp"
#include "cairn/base/ids.hpp"
#include "cairn/drive/drive.hpp"
#include "cairn/drive/files.hpp"

// <drive>/format.json: what a drive is and where it belongs. docs/formats/drive.md is the specification. A
// drive without it is not a drive; nothing is ever written to one except by a FormattingPlan.
namespace cairn::drive {

inline constexpr std::uint32_t kDriveFormatVersion = 1;
inline constexpr std::uint32_t kMaxSetDrives = 16;
inline constexpr std::uint32_t kMaxSets = 4096;

// How the drives of a pool are divided.
struct SetLayout {
  std::uint32_t sets = 1;
  std::uint32_t drives_per_set = 1;
  bool operator==(const SetLayout&) const = default;
};

struct SetMember {
  DriveId id;
  std::uint32_t incarnation = 1;
  bool operator==(const SetMember&) const = default;
};

struct Format {
  DriveIdentity identity;
  SetLayout layout;
  std::vector<SetMember> members;  // the drives of its set by slot, as known when this was written
  bool mount = false;              // its folder was a mount point of its own when it was formatted
  // False while a new deployment is being formatted. Until one drive of it is complete nothing can have been
  // stored, and formatting starts anew.
  bool complete = false;
  // Set (write_format) once records/ was made, durably, before the first record is acknowledged: a drive that
  // has this and no records has lost them.
  bool has_records = false;
  UnixMillis created = 0;
};
bool operator==(const Format& a, const Format& b);

std::string encode_format(const Format& format);  // JSON with a checksum, for people to read and not to edit
// corrupt names the field; unsupported for a later version.
Result<Format> decode_format(std::string_view json);

Result<Format> read_format(FileLayer& files, const std::string& root);
Status write_format(FileLayer& files, const std::string& root, const Format& format);  // atomic and durable

// Left in an empty folder by `cairn drive replace PATH`: format this one as the slot's new drive, mount point
// or not.
struct ReplaceMarker {
  DeploymentId deployment;
  std::uint32_t pool = 0, set = 0, slot = 0;
  bool operator==(const ReplaceMarker&) const = default;
};
std::string encode_replace_marker(const ReplaceMarker& marker);
Result<ReplaceMarker> decode_replace_marker(std::string_view json);
// invalid_argument unless the folder is there and empty.
Status write_replace_marker(FileLayer& files, const std::string& root, const ReplaceMarker& marker);

// What stands at a path that was given to the server.
struct ProbedPath {
  enum class Kind : std::uint8_t {
    missing,    // no such folder, or it cannot be read: `detail`
    empty,      // nothing but what file systems make (lost+found), a marker, or the start of a formatting
    formatted,  // `format`
    damaged,    // a format.json that cannot be used: `detail`
    foreign,    // anything else: `detail` names some of it
  };
  std::string path;
  Kind kind = Kind::missing;
  bool mount = false;
  std::string file_id;  // equal for two names of one folder; empty: unknown
  std::optional<Format> format;
  std::optional<ReplaceMarker> marker;
  std::string detail;
};
ProbedPath probe_path(FileLayer& files, const std::string& path);

// What to do with each path, in the order given.
struct FormattingPlan {
  enum class Action : std::uint8_t {
    use,      // it holds `format`
    create,   // write `format`: a drive of a new deployment
    replace,  // write `format`: a new, empty drive in the place of a lost one
    offline,  // leave alone; `format.identity` has the place it stands for, `reason` says why
  };
  struct Drive {
    std::string path;
    Action action = Action::offline;
    Format format;
    std::string reason;
  };
  DeploymentId deployment;
  SetLayout layout;
  std::vector<Drive> drives;  // by set and slot: drives[set * drives_per_set + slot]
  bool new_deployment = false;
  std::vector<std::pair<std::string, Format>>
      updates;  // format.json of drives in use that must be told of a change
};

struct FormattingRequest {
  std::vector<ProbedPath> paths;
  SetLayout layout;  // for a new deployment; a formatted one has its own, and the number of paths must match
  std::uint32_t pool = 0;
  UnixMillis now = 0;
  std::function<void(void* out, std::size_t count)> random = &random_bytes;  // for new ids
};

// Decides, touches nothing. Errors are config with a text for the operator:
// - nothing formatted anywhere: a new deployment, if every path is there, empty and, as all others, a mount
// point or not;
// - otherwise the formatted drives are used wherever their paths stand. Two drives for one place, several
// deployments and
//   another number of paths are errors; the older incarnation of a place is offline;
// - a path without a drive takes a place that is left, its own by position first. It is formatted (next
// incarnation) if it
//   is empty and a mount point as the deployment's drives were, or carries a marker for its place; otherwise
//   it is offline: an empty folder may be the mount point of a drive that did not come up.
Result<FormattingPlan> decide_formatting(const FormattingRequest& request);

// Carries a plan out. A new deployment is formatted in two rounds, so that a crash between leaves either
// nothing or all. A path that fails is turned to offline with its reason; for a new deployment it is an
// error.
Status carry_out(FileLayer& files, FormattingPlan& plan);

}  // namespace cairn::drive
