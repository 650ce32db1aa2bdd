#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "cairn/drive/files.hpp"

namespace rocksdb {
class FileSystem;
}

namespace cairn::test {

// What is done to a disk, for counting and for scripted faults.
enum class DiskOp : std::uint8_t {
  open,
  read,
  write,
  truncate,
  sync,
  make_directory,
  sync_directory,
  remove,
  rename,
  stat,
  list
};

// A file system in memory that knows what is durable and what is not, seen as a FileLayer and as RocksDB's
// file system. Written bytes, sizes and names are there at once for everybody, but durable only after the
// file's sync (bytes, size) and its directory's (names). power_cut() stops everything: each later call fails.
// reboot() makes a new life out of what survived: of each file what was synced and, by chance, nothing,
// everything, the first of, or any blocks of what was not, the last one torn; of each directory what was
// synced and, by chance, a first part of the changes since. Files held open from a life before fail for ever.
//
// Harsher than ext4, XFS and Btrfs, whose journals keep the names of different directories, and a file's size
// and its name, in order. The order of the names of one directory is kept: RocksDB relies on it (a new
// MANIFEST and the CURRENT that names it are made durable by one sync). Thread-safe. What it makes outlives
// it.
class PowerCutDisk {
 public:
  explicit PowerCutDisk(std::uint64_t seed, std::uint64_t capacity = std::uint64_t{1} << 40);
  ~PowerCutDisk();

  drive::FileLayer& files();
  std::shared_ptr<rocksdb::FileSystem> rocksdb_files();

  // Cuts the power in the `operations`-th mutating call from now on (1: the next), which fails with an
  // unknown effect.
  void cut_after(std::uint64_t operations);
  void power_cut();
  bool is_cut() const;
  void reboot();
  // Mutating calls so far, in all lives.
  std::uint64_t mutations() const;

  // Asked before every call; an error is the call's result. Called under the disk's lock.
  using Fault = std::function<std::optional<Error>(DiskOp op, std::string_view path)>;
  void set_fault(Fault fault);
  void set_capacity(std::uint64_t bytes);
  void set_mount_point(std::string path);  // none by default

  class Model;

 private:
  std::shared_ptr<Model> model_;
  std::unique_ptr<drive::FileLayer> files_;
  std::shared_ptr<rocksdb::FileSystem> rocksdb_files_;
};

}  // namespace cairn::test
