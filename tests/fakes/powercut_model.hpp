#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "fakes/powercut_fs.hpp"

namespace cairn::test {

// One file: what everybody sees, what would survive, and the changes between.
struct DiskFile {
  struct Change {
    std::uint64_t offset = 0;
    std::string bytes;
    bool truncate = false;  // then `offset` is the new size
  };
  std::string live, durable;
  std::vector<Change> pending;
  std::uint64_t id = 0;
  std::uint64_t life = 0;
};

struct DiskNode;
using DiskNodePtr = std::shared_ptr<DiskNode>;
using DiskNames = std::map<std::string, DiskNodePtr, std::less<>>;

// A file or a directory.
struct DiskNode {
  struct NameChange {
    std::string add, remove;  // names; a rename has both
    DiskNodePtr node;         // what `add` names, what `remove` named
  };
  bool directory = false;
  DiskFile file;
  DiskNames live, durable;
  std::vector<NameChange> pending;
};

// The state behind PowerCutDisk. Every method locks; the file calls take the life in which the file was
// opened.
class PowerCutDisk::Model {
 public:
  Model(std::uint64_t seed, std::uint64_t capacity);

  // A file of the tree, opened in the present life.
  struct Handle {
    DiskNodePtr node;
    std::string path;
  };
  enum class Existing { must, may, must_not };
  Result<Handle> open(const std::string& path, Existing existing, bool truncate);
  Result<std::size_t> read(const Handle& handle, std::uint64_t offset, std::span<const MutableBytes> parts);
  Status write(const Handle& handle, std::uint64_t offset, std::span<const Bytes> parts);
  Status truncate(const Handle& handle, std::uint64_t size);
  Status sync(const Handle& handle);
  Result<std::uint64_t> size(const Handle& handle);

  Status make_directory(const std::string& path);
  Status sync_directory(const std::string& path);
  Status remove(const std::string& path);
  Status rename(const std::string& from, const std::string& to);
  Result<drive::FileInfo> stat(const std::string& path);
  Result<std::vector<drive::DirectoryEntry>> list(const std::string& path);
  drive::Space space() const;
  bool is_mount_point(const std::string& path) const;

  Status lock_file(const std::string& path);
  void unlock_file(const std::string& path);

  void cut_after(std::uint64_t operations);
  void power_cut();
  bool is_cut() const;
  void reboot();
  std::uint64_t mutations() const;
  void set_fault(Fault fault);
  void set_capacity(std::uint64_t bytes);
  void set_mount_point(std::string path);

 private:
  // Before a call: fails when the power is off or by script. A mutating one may be the one that meets the
  // cut; then `dying` is true, the caller leaves its change pending and fails.
  Status enter(DiskOp op, std::string_view path);
  Status enter_mutation(DiskOp op, std::string_view path, bool& dying);
  Status powerless(std::string_view path) const;
  Status check_life(const Handle& handle) const;
  Result<DiskNodePtr> find(std::string_view path) const;
  struct Place {
    DiskNodePtr directory;
    std::string name;
  };
  Result<Place> place_of(std::string_view path) const;
  Status resize(DiskFile& file, std::uint64_t size, std::string_view path);
  void survive(DiskNode& node);
  void survive_file(DiskFile& file);
  void survive_names(DiskNode& directory);
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::uint64_t below(std::uint64_t n) { return n ? random_() % n : 0; }

  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  std::uint64_t capacity_, used_ = 0;
  std::uint64_t life_ = 1, next_id_ = 1, mutations_ = 0;
  std::uint64_t cut_at_ = 0;  // in mutations; 0: never
  bool cut_ = false;
  DiskNodePtr root_;
  std::set<std::string> locks_;
  std::string mount_point_;
  Fault fault_;
};

std::unique_ptr<drive::FileLayer> make_power_cut_layer(std::shared_ptr<PowerCutDisk::Model> model);
std::shared_ptr<rocksdb::FileSystem> make_power_cut_rocksdb(std::shared_ptr<PowerCutDisk::Model> model);

}  // namespace cairn::test
