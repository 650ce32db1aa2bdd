#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "cairn/base/buffer.hpp"
#include "cairn/base/ids.hpp"
#include "cairn/base/task.hpp"
#include "cairn/codec/shard_file.hpp"
#include "cairn/drive/drive.hpp"
#include "cairn/drive/files.hpp"

namespace cairn::drive {

// What an error of the files means to the drive.
enum class ShardFault : std::uint8_t {
  io,    // a read or write failed, or a directory is gone: the drive is suspect
  sync,  // a sync failed: the drive must answer nothing until it is reopened
  full,  // no space: data is refused, the drive is fine
};

struct ShardStoreConfig {
  FileLayer& files;
  BufferPool& buffers;
  std::string root;  // the drive's folder
  BootId boot;       // goes into the StageTokens
  // Runs a blocking job on the drive's I/O threads; completions are called there. Jobs keep what they use
  // alive, except `files` and `buffers`, so the threads must be stopped (queue worked off) before those two
  // go.
  std::function<void(std::move_only_function<void()>)> run;
  // Told of every error that says something about the drive; called on an I/O thread, must not block.
  std::function<void(ShardFault, const Error&)> fault = {};
  bool direct_write = true;
  // Shard files up to this size are read through the page cache, for the sake of hot small objects and of
  // disks that seek; larger ones past it. Measured: what is not cached reads twice as fast directly, at any
  // size; what is cached reads 1.5 to 3 times as fast through the cache. Writes go past it: 2 to 4 times as
  // fast from 1 MiB on.
  std::uint64_t cached_read_limit = std::uint64_t{256} << 10;
};

// The shard files of one drive: <root>/shards/ab/<data id in hex>, where ab are the id's first two digits.
// The 256 directories are made when the drive is formatted, so that making a file needs one directory synced,
// and a drive whose mount is gone is never written to in its mount point's stead. Knows nothing of records:
// the work entry that owns a data id must be durable before stage().
//
// Thread-safe. Writers and readers outlive the store if they must. `part` of the shard id is always 0: a
// multipart part has a data id of its own.
class ShardStore {
 public:
  explicit ShardStore(ShardStoreConfig config);
  ~ShardStore();

  // exists if there is such a file (and not request.replace). With `replace` the file is written over in
  // place: what a chunk holds is determined by its place, so at every moment it is no worse than it was, and
  // a dropped writer leaves it. Without `replace` a dropped writer removes the file in the background (not
  // durably: the stage entry does the rest).
  void stage(StageRequest request, Completion<std::unique_ptr<ShardWriter>> done);
  // not_found, corrupt (its size is impossible). The header is checked with the first read, in the same I/O
  // where that begins at the file's start; a read of a file with the wrong header is corrupt.
  void open(OpenShardRequest request, Completion<std::shared_ptr<ShardReader>> done);

  // Blocking, for the I/O threads:
  // Removes the files (those that are not there are fine) and syncs each directory once: durable when it
  // returns.
  Status remove(std::span<const DataId> ids);
  Result<bool> exists(const DataId& id);
  // Every shard file, in no order; stops at the first error. Other names are skipped.
  Status for_each(const std::function<void(const DataId&)>& visit);

  static std::string path_of(const std::string& root, const DataId& id);
  // The folder tree of an empty drive, durable; what is there already is fine.
  static Status make_directories(FileLayer& files, const std::string& root);

 private:
  std::shared_ptr<const ShardStoreConfig> config_;
};

struct ShardFileMetadata {
  codec::ShardHeader header;
  std::string metadata;  // of the trailer: the version's metadata as it was written
};
// Header and trailer of a file, for salvage and inspection: corrupt unless both are whole and the file has
// its size.
Result<ShardFileMetadata> read_shard_file_metadata(FileLayer& files, const std::string& path);

}  // namespace cairn::drive
