#pragma once
#include <optional>
#include <string>
#include <vector>

#include "store/context.hpp"
#include "store/documents.hpp"

// The versions of a key: the newest stands in the register's head, the others in version rows, newest first
// (docs/design/versions.md).
namespace cairn::store {

// The version id of `order`: 32 hex digits that sort newest first. They are their row's id, too.
std::string new_version_id(std::uint64_t order);
bool valid_version_id(std::string_view id);
// The id of the row in which this version stands, or would stand if there were a newer one.
std::string row_id_of(const VersionDoc& doc);

// ---- object lock: pure ----

// access_denied where a legal hold or a retention keeps the version.
Status check_removable(const ObjectAttributes& attributes, UnixMillis now, bool bypass_governance);
// access_denied where `next` would shorten or lift a retention that may not be.
Status check_retention_change(const Retention& old, const Retention& next, UnixMillis now,
                              bool bypass_governance);
// When a default retention that begins at `now` ends. A year is one of the calendar; 29
// February becomes 1 March.
UnixMillis retention_end(const DefaultRetention& retention, UnixMillis now);

// What a bucket's default retention adds to a new version whose writer asked for none. It is counted from the
// latest time that this deployment has seen, so that a clock set back does not shorten it.
void apply_default_retention(const Context& context, const BucketInfo& bucket, ObjectAttributes& attributes);

// ---- rows ----

// Rows of a key as they stand with the state `current`, by id, above `after`. no_quorum where no drive that
// holds the state with its rows answers. Under a register's update they are exact; otherwise newer writes may
// show.
Task<std::vector<drive::Row>> read_rows(ErasureSet& set, const std::string& record_key,
                                        const Current& current, drive::RowTable table, std::string after,
                                        std::uint32_t limit);
// A page of a drive's rows with the changes of an open state made, which the drive may have made meanwhile,
// too. `full`: more may follow the page. Pure.
std::vector<drive::Row> with_open_changes(std::vector<drive::Row> rows,
                                          const std::vector<drive::RowChange>& open, bool full,
                                          std::uint32_t limit);
Task<std::optional<drive::Row>> find_row(ErasureSet& set, const std::string& record_key,
                                         const Current& current, drive::RowTable table,
                                         const std::string& id);

// ---- changes: all are to be called from a Decide ----

// The newest version, where the key has any.
Result<std::optional<VersionDoc>> newest_version(const drive::State& state, const std::string& key);

struct VersionChange {
  ErasureSet& set;
  const std::string& record_key;
  const std::string& key;
  const Current& base;
  UnixMillis now;
  bool bypass_governance = false;
};

// Puts `doc` on top of the versions there are, with its order, version id and counts filled in. In a bucket
// without versions, or with suspended ones, it becomes the null version and takes the place of the one there
// is. The caller adds bodies and tokens.
Task<Proposal> add_version(const VersionChange& change, Versioning versioning, VersionDoc& doc);
// The version named by `version_id` ("null": the null version).
struct NamedVersion {
  VersionDoc doc;
  std::optional<drive::Row> row;  // nothing: it is the newest
};
Task<std::optional<NamedVersion>> find_version(ErasureSet& set, const std::string& record_key,
                                               const std::string& key, const Current& current,
                                               const std::string& version_id);
// Removes it; where it is the newest the next one takes its place. access_denied where it is locked.
Task<Proposal> remove_version(const VersionChange& change, const NamedVersion& version);
// Puts other attributes in the place of its own.
Task<Proposal> rewrite_version(const VersionChange& change, const NamedVersion& version,
                               const ObjectAttributes& attributes);

}  // namespace cairn::store
