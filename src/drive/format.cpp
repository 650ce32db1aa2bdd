#include "cairn/drive/format.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cairn/base/log.hpp"
#include "cairn/codec/highway_hash.hpp"

#include "drive/shard_store.hpp"

namespace cairn::drive {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMaxFormatFile = 64u << 10;
constexpr std::string_view kFormatName = "cairn drive";
constexpr std::string_view kMarkerName = "cairn drive replacement";
// Not a secret: it tells a torn or edited file from a whole one.
constexpr codec::HashKey kChecksumKey{{0x636169726e2d6472, 0x6976652d666f726d, 0x61742e6a736f6e00, 1}};

std::string format_path(const std::string& root) { return root + "/format.json"; }
std::string marker_path(const std::string& root) { return root + "/replace.json"; }

// Over the document as it is written, without white space and without the checksum itself.
std::string checksum_of(const Json& document) {
  return fmt::format("{:016x}", codec::hash64(kChecksumKey, as_bytes(document.dump())));
}

// Reads an object's fields, each exactly once, and remembers the first mistake.
class Fields {
 public:
  Fields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) mistake("is not an object");
  }

  std::uint64_t number(const char* name, std::uint64_t least, std::uint64_t most) {
    const Json* value = find(name);
    if (!value) return least;
    if (!value->is_number_unsigned() || value->get<std::uint64_t>() < least ||
        value->get<std::uint64_t>() > most) {
      mistake(fmt::format("{} is not a number from {} to {}", name, least, most));
      return least;
    }
    return value->get<std::uint64_t>();
  }
  std::uint32_t small(const char* name, std::uint32_t least, std::uint32_t most) {
    return static_cast<std::uint32_t>(number(name, least, most));
  }
  bool boolean(const char* name) {
    const Json* value = find(name);
    if (value && value->is_boolean()) return value->get<bool>();
    if (value) mistake(fmt::format("{} is neither true nor false", name));
    return false;
  }
  std::string text(const char* name) {
    const Json* value = find(name);
    if (value && value->is_string()) return value->get<std::string>();
    if (value) mistake(fmt::format("{} is not a text", name));
    return {};
  }
  template <class Id>
  Id id(const char* name) {
    const auto parsed = Id::parse(text(name));
    if (parsed && !parsed->is_null()) return *parsed;
    mistake(fmt::format("{} is not an id", name));
    return {};
  }
  const Json& list(const char* name) {
    static const Json kEmpty = Json::array();
    const Json* value = find(name);
    if (value && value->is_array()) return *value;
    if (value) mistake(fmt::format("{} is not a list", name));
    return kEmpty;
  }
  void mistake(std::string text) {
    if (!mistake_) mistake_ = fmt::format("{}: {}", where_, text);
  }
  Status finish() {
    if (object_.is_object())
      for (const auto& item : object_.items())
        if (!known_.contains(item.key())) mistake(fmt::format("{} is not known", item.key()));
    if (mistake_) return fail(Code::corrupt, *mistake_);
    return {};
  }

 private:
  const Json* find(const char* name) {
    known_.insert(name);
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(name);
    if (found != object_.end()) return &*found;
    mistake(fmt::format("{} is missing", name));
    return nullptr;
  }

  const Json& object_;
  std::string where_;
  std::set<std::string> known_;
  std::optional<std::string> mistake_;
};

Result<Json> parse(std::string_view text, std::string_view name, std::string_view where) {
  if (text.size() > kMaxFormatFile) return fail(Code::corrupt, fmt::format("{}: too large", where));
  Json document = Json::parse(text, nullptr, false);
  if (document.is_discarded() || !document.is_object())
    return fail(Code::corrupt, fmt::format("{}: not a JSON object", where));
  // The name and version come first: what a later version changed must not read as damage.
  const auto format = document.find("format");
  if (format == document.end() || *format != name)
    return fail(Code::corrupt, fmt::format("{}: not a {}", where, name));
  const auto version = document.find("version");
  if (version == document.end() || !version->is_number_unsigned() || *version == 0u)
    return fail(Code::corrupt, fmt::format("{}: version is missing", where));
  if (*version > kDriveFormatVersion)
    return fail(Code::unsupported, fmt::format("{}: version {} is newer than this program, which knows {}",
                                               where, version->dump(), kDriveFormatVersion));
  const auto checksum = document.find("checksum");
  if (checksum == document.end()) return fail(Code::corrupt, fmt::format("{}: checksum is missing", where));
  const Json expected = *checksum;
  document.erase("checksum");
  if (expected != checksum_of(document))
    return fail(Code::corrupt, fmt::format("{}: its checksum is wrong; it was damaged or edited", where));
  return document;
}

std::string finish(Json document) {
  document["checksum"] = checksum_of(document);
  return document.dump(2) + "\n";
}

SetMember decode_member(const Json& json, Fields& outer) {
  Fields f(json, "drives");
  SetMember member;
  member.id = f.id<DriveId>("id");
  member.incarnation = f.small("incarnation", 1, UINT32_MAX);
  if (auto done = f.finish(); !done) outer.mistake(done.error().context);
  return member;
}

}  // namespace

bool operator==(const Format& a, const Format& b) { return encode_format(a) == encode_format(b); }

std::string encode_format(const Format& format) {
  const DriveIdentity& id = format.identity;
  Json members = Json::array();
  for (const SetMember& m : format.members)
    members.push_back(Json{{"id", m.id.hex()}, {"incarnation", m.incarnation}});
  return finish(Json{
      {"format", kFormatName},
      {"version", kDriveFormatVersion},
      {"deployment", id.deployment.hex()},
      {"drive", id.id.hex()},
      {"pool", id.pool},
      {"set", id.set},
      {"slot", id.slot},
      {"incarnation", id.incarnation},
      {"sets", format.layout.sets},
      {"drives_per_set", format.layout.drives_per_set},
      {"drives", std::move(members)},
      {"mount", format.mount},
      {"complete", format.complete},
      {"has_records", format.has_records},
      {"created_ms", static_cast<std::uint64_t>(format.created)},
  });
}

Result<Format> decode_format(std::string_view json) {
  TRY(const Json document, parse(json, kFormatName, "format.json"));
  Fields f(document, "format.json");
  Format format;
  DriveIdentity& id = format.identity;
  (void)f.text("format");
  (void)f.small("version", 1, kDriveFormatVersion);
  id.deployment = f.id<DeploymentId>("deployment");
  id.id = f.id<DriveId>("drive");
  id.pool = f.small("pool", 0, UINT16_MAX);
  format.layout.sets = f.small("sets", 1, kMaxSets);
  format.layout.drives_per_set = f.small("drives_per_set", 1, kMaxSetDrives);
  id.set = f.small("set", 0, format.layout.sets - 1);
  id.slot = f.small("slot", 0, format.layout.drives_per_set - 1);
  id.incarnation = f.small("incarnation", 1, UINT32_MAX);
  for (const Json& member : f.list("drives")) format.members.push_back(decode_member(member, f));
  if (format.members.size() != format.layout.drives_per_set) {
    f.mistake("drives does not name drives_per_set drives");
  } else if (format.members[id.slot] != SetMember{id.id, id.incarnation}) {
    f.mistake("drives has another drive in this drive's slot");
  }
  format.mount = f.boolean("mount");
  format.complete = f.boolean("complete");
  format.has_records = f.boolean("has_records");
  format.created = static_cast<UnixMillis>(f.number("created_ms", 0, std::uint64_t{1} << 53));
  TRY(f.finish());
  return format;
}

Result<Format> read_format(FileLayer& files, const std::string& root) {
  TRY(const std::string text, read_text_file(files, format_path(root), kMaxFormatFile));
  auto format = decode_format(text);
  if (!format) return fail(format.error().code, root + "/" + format.error().context);
  return format;
}

Status write_format(FileLayer& files, const std::string& root, const Format& format) {
  return replace_text_file(files, format_path(root), encode_format(format));
}

std::string encode_replace_marker(const ReplaceMarker& marker) {
  return finish(Json{
      {"format", kMarkerName},
      {"version", kDriveFormatVersion},
      {"deployment", marker.deployment.hex()},
      {"pool", marker.pool},
      {"set", marker.set},
      {"slot", marker.slot},
  });
}

Result<ReplaceMarker> decode_replace_marker(std::string_view json) {
  TRY(const Json document, parse(json, kMarkerName, "replace.json"));
  Fields f(document, "replace.json");
  ReplaceMarker marker;
  (void)f.text("format");
  (void)f.small("version", 1, kDriveFormatVersion);
  marker.deployment = f.id<DeploymentId>("deployment");
  marker.pool = f.small("pool", 0, UINT16_MAX);
  marker.set = f.small("set", 0, kMaxSets - 1);
  marker.slot = f.small("slot", 0, kMaxSetDrives - 1);
  TRY(f.finish());
  return marker;
}

Status write_replace_marker(FileLayer& files, const std::string& root, const ReplaceMarker& marker) {
  const ProbedPath probed = probe_path(files, root);
  if (probed.kind != ProbedPath::Kind::empty) {
    return fail(Code::invalid_argument, fmt::format("{}: only an empty folder can become a new drive{}{}",
                                                    root, probed.detail.empty() ? "" : ": ", probed.detail));
  }
  return replace_text_file(files, marker_path(root), encode_replace_marker(marker));
}

namespace {

// Whether the folder shards/ has no file yet, as after a formatting that was cut short.
Result<bool> shards_are_empty(FileLayer& files, const std::string& shards) {
  TRY(const auto directories, files.list(shards));
  for (const DirectoryEntry& d : directories) {
    if (d.kind != FileKind::directory) return false;
    TRY(const auto entries, files.list(shards + "/" + d.name));
    if (!entries.empty()) return false;
  }
  return true;
}

// A name that does not belong into an empty folder; nothing if there is none.
Result<std::optional<std::string>> foreign_name(FileLayer& files, const std::string& root,
                                                const std::vector<DirectoryEntry>& entries) {
  for (const DirectoryEntry& e : entries) {
    const bool directory = e.kind == FileKind::directory;
    if (directory && e.name == "lost+found") continue;
    if (!directory &&
        (e.name == "replace.json" || e.name == "replace.json.new" || e.name == "format.json.new"))
      continue;
    if (directory && e.name == "shards") {
      TRY(const bool unused, shards_are_empty(files, root + "/shards"));
      if (unused) continue;
    }
    return e.name;
  }
  return std::nullopt;
}

}  // namespace

ProbedPath probe_path(FileLayer& files, const std::string& path) {
  using Kind = ProbedPath::Kind;
  ProbedPath out;
  out.path = path;
  const auto ended = [&](Kind kind, std::string detail) {
    out.kind = kind;
    out.detail = std::move(detail);
    return out;
  };
  const auto info = files.stat(path);
  if (!info) return ended(Kind::missing, info.error().context);
  if (info->kind != FileKind::directory) return ended(Kind::missing, path + ": not a folder");
  out.file_id = fmt::format("{}:{}", info->device, info->inode);
  out.mount = files.is_mount_point(path).value_or(false);
  const auto entries = files.list(path);
  if (!entries) return ended(Kind::missing, entries.error().context);

  auto format = read_format(files, path);
  if (format) {
    out.format = std::move(*format);
    return ended(Kind::formatted, {});
  }
  if (!format.error().is(Code::not_found)) return ended(Kind::damaged, format.error().context);

  const auto foreign = foreign_name(files, path, *entries);
  if (!foreign) return ended(Kind::missing, foreign.error().context);
  if (*foreign)
    return ended(Kind::foreign, fmt::format("it holds {}, which is not of a drive of Cairn", **foreign));
  auto text = read_text_file(files, marker_path(path), kMaxFormatFile);
  if (text) {
    const auto marker = decode_replace_marker(*text);
    if (!marker) return ended(Kind::damaged, path + "/" + marker.error().context);
    out.marker = *marker;
  } else if (!text.error().is(Code::not_found)) {
    return ended(Kind::missing, text.error().context);
  }
  return ended(Kind::empty, {});
}

Status carry_out(FileLayer& files, FormattingPlan& plan) {
  using Action = FormattingPlan::Action;
  const auto prepare = [&](const FormattingPlan::Drive& drive, bool complete) -> Status {
    TRY(ShardStore::make_directories(files, drive.path));
    Format format = drive.format;
    format.complete = complete;
    TRY(write_format(files, drive.path, format));
    if (auto removed = files.remove(marker_path(drive.path));
        !removed && !removed.error().is(Code::not_found))
      return removed;
    return files.sync_directory(drive.path);
  };
  // A deployment is only there once every drive knows of it.
  for (const auto& drive : plan.drives)
    if (drive.action == Action::create) TRY(prepare(drive, false));
  for (auto& drive : plan.drives) {
    if (drive.action != Action::create) continue;
    drive.format.complete = true;
    TRY(write_format(files, drive.path, drive.format));
  }
  // The survivors of a set know a new incarnation before it exists, so that no later one gets the same
  // number.
  std::set<std::uint32_t> told;
  for (const auto& [path, format] : plan.updates) {
    if (auto written = write_format(files, path, format)) {
      told.insert(format.identity.set);
    } else {
      log::warn("format.json not updated", {{"path", path}, {"error", written.error().context}});
    }
  }
  for (auto& drive : plan.drives) {
    if (drive.action != Action::replace) continue;
    auto done = told.contains(drive.format.identity.set)
                    ? prepare(drive, true)
                    : fail(Code::io, "no other drive of the set could be told of the new one");
    drive.format.complete = true;
    if (done) continue;
    drive.action = Action::offline;
    drive.reason = done.error().context;
  }
  return {};
}

}  // namespace cairn::drive
