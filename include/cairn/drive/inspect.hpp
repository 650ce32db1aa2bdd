#pragma once
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "cairn/drive/drive.hpp"
#include "cairn/drive/files.hpp"

// A drive shown to a person: `cairn drive inspect`. Reads only, and not from a drive that a server has open.
namespace cairn::drive {

// Gives the committed state of a record key with its body, for what only the store can resolve.
using RecordLookup = std::function<Result<std::optional<Held>>(std::string_view record_key)>;

struct InspectOptions {
  std::string bucket;  // a name, or # and the bucket id in decimal; empty: no record is shown
  std::string key;     // S3 key
  std::uint64_t count_limit = 1'000'000;  // tables are counted up to here, and estimated beyond
  // One or more lines about the store's opaque metadata of a version. Null: its size is shown.
  std::function<std::string(std::string_view head)> describe_head = {};
  // The id of a bucket by its name. Null: only ids can be given.
  std::function<Result<BucketId>(const std::string& name, const RecordLookup& lookup)> resolve_bucket = {};
};

// Format, table sizes, work, usage, and the record of options.key where a bucket is given. Writes what it
// can; the error is what kept it from the rest: not_found, corrupt, unsupported, offline (a server has the
// drive open).
Status inspect_drive(FileLayer& files, const std::string& root, const InspectOptions& options,
                     std::ostream& out);

// A shard file: header, every chunk against its hash, trailer. corrupt if anything is wrong.
Status inspect_shard_file(FileLayer& files, const std::string& path, const InspectOptions& options,
                          std::ostream& out);

}  // namespace cairn::drive
