#include "fakes/powercut_fs.hpp"

#include <algorithm>
#include <cstring>

#include "cairn/codec/layout.hpp"

#include "fakes/powercut_model.hpp"

namespace cairn::test {
namespace {

using codec::kBlockSize;
using drive::FileKind;

std::vector<std::string> names_of(std::string_view path) {
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view name = path.substr(0, slash);
    if (!name.empty() && name != ".") names.emplace_back(name);
    path.remove_prefix(std::min(slash + 1, path.size()));
  }
  return names;
}

std::string normal(std::string_view path) {
  std::string out;
  for (const std::string& name : names_of(path)) out += "/" + name;
  return out;
}

void apply_change(std::string& content, const DiskFile::Change& change) {
  if (change.truncate) {
    content.resize(change.offset);
    return;
  }
  content.resize(std::max<std::size_t>(content.size(), change.offset + change.bytes.size()));
  std::memcpy(content.data() + change.offset, change.bytes.data(), change.bytes.size());
}

// The change cut into pieces of the blocks that a device writes.
std::vector<DiskFile::Change> blocks_of(const DiskFile::Change& change) {
  if (change.truncate) return {change};
  std::vector<DiskFile::Change> blocks;
  for (std::size_t at = 0; at < change.bytes.size();) {
    const std::uint64_t offset = change.offset + at;
    const std::size_t count =
        std::min<std::size_t>(kBlockSize - offset % kBlockSize, change.bytes.size() - at);
    blocks.push_back({offset, change.bytes.substr(at, count), false});
    at += count;
  }
  return blocks;
}

void apply_change(DiskNames& names, const DiskNode::NameChange& change) {
  if (!change.remove.empty()) {
    const auto found = names.find(change.remove);
    if (found != names.end() && found->second == change.node) names.erase(found);
  }
  if (!change.add.empty()) names[change.add] = change.node;
}

}  // namespace

PowerCutDisk::Model::Model(std::uint64_t seed, std::uint64_t capacity)
    : random_(seed), capacity_(capacity), root_(std::make_shared<DiskNode>()) {
  root_->directory = true;
}

Status PowerCutDisk::Model::powerless(std::string_view path) const {
  if (cut_) return fail(Code::io, std::string(path) + ": the power is off");
  return {};
}

Status PowerCutDisk::Model::enter(DiskOp op, std::string_view path) {
  TRY(powerless(path));
  if (!fault_) return {};
  if (auto error = fault_(op, path)) return fail(std::move(*error));
  return {};
}

Status PowerCutDisk::Model::enter_mutation(DiskOp op, std::string_view path, bool& dying) {
  TRY(enter(op, path));
  dying = ++mutations_ == cut_at_;
  cut_ = cut_ || dying;
  return {};
}

Status PowerCutDisk::Model::check_life(const Handle& handle) const {
  if (handle.node->file.life != life_)
    return fail(Code::io, handle.path + ": opened before the power was cut");
  return {};
}

Result<DiskNodePtr> PowerCutDisk::Model::find(std::string_view path) const {
  DiskNodePtr node = root_;
  for (const std::string& name : names_of(path)) {
    const auto found = node->live.find(name);
    if (found == node->live.end()) return fail(Code::not_found, std::string(path) + ": not there");
    node = found->second;
  }
  return node;
}

Result<PowerCutDisk::Model::Place> PowerCutDisk::Model::place_of(std::string_view path) const {
  auto names = names_of(path);
  if (names.empty()) return fail(Code::invalid_argument, "the root");
  std::string name = std::move(names.back());
  const std::string_view parent = path.substr(0, path.rfind(name));
  TRY(DiskNodePtr directory, find(parent));
  if (!directory->directory) return fail(Code::not_found, std::string(parent) + ": not a directory");
  return Place{std::move(directory), std::move(name)};
}

Result<PowerCutDisk::Model::Handle> PowerCutDisk::Model::open(const std::string& path, Existing existing,
                                                              bool truncate) {
  const std::lock_guard lock(mutex_);
  TRY(enter(DiskOp::open, path));
  TRY(const Place place, place_of(path));
  const auto found = place.directory->live.find(place.name);
  if (found != place.directory->live.end()) {
    if (existing == Existing::must_not) return fail(Code::exists, path + ": exists");
    if (found->second->directory) return fail(Code::io, path + ": a directory");
    DiskFile& file = found->second->file;
    if (truncate && !file.live.empty()) {
      bool dying = false;
      TRY(enter_mutation(DiskOp::truncate, path, dying));
      used_ -= file.live.size();
      file.live.clear();
      file.pending.push_back({0, {}, true});
      if (dying) TRY(powerless(path));
    }
    return Handle{found->second, path};
  }
  if (existing == Existing::must) return fail(Code::not_found, path + ": not there");
  bool dying = false;
  TRY(enter_mutation(DiskOp::open, path, dying));
  auto node = std::make_shared<DiskNode>();
  node->file.id = next_id_++;
  node->file.life = life_;
  place.directory->live[place.name] = node;
  place.directory->pending.push_back({.add = place.name, .remove = {}, .node = node});
  if (dying) TRY(powerless(path));
  return Handle{std::move(node), path};
}

Result<std::size_t> PowerCutDisk::Model::read(const Handle& handle, std::uint64_t offset,
                                              std::span<const MutableBytes> parts) {
  const std::lock_guard lock(mutex_);
  TRY(enter(DiskOp::read, handle.path));
  TRY(check_life(handle));
  const std::string& content = handle.node->file.live;
  std::size_t total = 0;
  for (const MutableBytes part : parts) {
    if (offset >= content.size()) break;
    const std::size_t count = std::min<std::size_t>(part.size(), content.size() - offset);
    std::memcpy(part.data(), content.data() + offset, count);
    offset += count;
    total += count;
  }
  return total;
}

Status PowerCutDisk::Model::resize(DiskFile& file, std::uint64_t size, std::string_view path) {
  const std::uint64_t used = used_ - file.live.size() + size;
  if (size > file.live.size() && used > capacity_)
    return fail(Code::drive_full, std::string(path) + ": no space");
  used_ = used;
  file.live.resize(size);
  return {};
}

Status PowerCutDisk::Model::write(const Handle& handle, std::uint64_t offset, std::span<const Bytes> parts) {
  const std::lock_guard lock(mutex_);
  bool dying = false;
  TRY(enter_mutation(DiskOp::write, handle.path, dying));
  TRY(check_life(handle));
  DiskFile& file = handle.node->file;
  DiskFile::Change change{.offset = offset, .bytes = {}};
  for (const Bytes part : parts) change.bytes += as_text(part);
  TRY(resize(file, std::max<std::uint64_t>(file.live.size(), offset + change.bytes.size()), handle.path));
  apply_change(file.live, change);
  file.pending.push_back(std::move(change));
  if (dying) return powerless(handle.path);
  return {};
}

Status PowerCutDisk::Model::truncate(const Handle& handle, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  bool dying = false;
  TRY(enter_mutation(DiskOp::truncate, handle.path, dying));
  TRY(check_life(handle));
  TRY(resize(handle.node->file, size, handle.path));
  handle.node->file.pending.push_back({size, {}, true});
  if (dying) return powerless(handle.path);
  return {};
}

Status PowerCutDisk::Model::sync(const Handle& handle) {
  const std::lock_guard lock(mutex_);
  bool dying = false;
  TRY(enter_mutation(DiskOp::sync, handle.path, dying));
  TRY(check_life(handle));
  if (dying) return powerless(handle.path);
  DiskFile& file = handle.node->file;
  for (const DiskFile::Change& change : file.pending) apply_change(file.durable, change);
  file.pending.clear();
  return {};
}

Result<std::uint64_t> PowerCutDisk::Model::size(const Handle& handle) {
  const std::lock_guard lock(mutex_);
  TRY(enter(DiskOp::stat, handle.path));
  TRY(check_life(handle));
  return handle.node->file.live.size();
}

Status PowerCutDisk::Model::make_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  bool dying = false;
  TRY(enter(DiskOp::make_directory, path));
  TRY(const Place place, place_of(path));
  if (place.directory->live.contains(place.name)) return fail(Code::exists, path + ": exists");
  TRY(enter_mutation(DiskOp::make_directory, path, dying));
  auto node = std::make_shared<DiskNode>();
  node->directory = true;
  node->file.id = next_id_++;
  place.directory->live[place.name] = node;
  place.directory->pending.push_back({.add = place.name, .remove = {}, .node = node});
  if (dying) return powerless(path);
  return {};
}

Status PowerCutDisk::Model::sync_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  bool dying = false;
  TRY(enter_mutation(DiskOp::sync_directory, path, dying));
  TRY(const DiskNodePtr node, find(path));
  if (dying) return powerless(path);
  node->durable = node->live;
  node->pending.clear();
  return {};
}

Status PowerCutDisk::Model::remove(const std::string& path) {
  const std::lock_guard lock(mutex_);
  bool dying = false;
  TRY(enter_mutation(DiskOp::remove, path, dying));
  TRY(const Place place, place_of(path));
  const auto found = place.directory->live.find(place.name);
  if (found == place.directory->live.end()) return fail(Code::not_found, path + ": not there");
  const DiskNodePtr node = found->second;
  if (!node->live.empty()) return fail(Code::exists, path + ": not empty");
  used_ -= node->file.live.size();  // as if nobody had it open
  place.directory->live.erase(found);
  place.directory->pending.push_back({.add = {}, .remove = place.name, .node = node});
  if (dying) return powerless(path);
  return {};
}

Status PowerCutDisk::Model::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  bool dying = false;
  TRY(enter_mutation(DiskOp::rename, from, dying));
  TRY(const Place source, place_of(from));
  TRY(const Place target, place_of(to));
  const auto found = source.directory->live.find(source.name);
  if (found == source.directory->live.end()) return fail(Code::not_found, from + ": not there");
  if (source.directory != target.directory) return fail(Code::unsupported, "a rename between directories");
  const DiskNodePtr node = found->second;
  const DiskNode::NameChange change{.add = target.name, .remove = source.name, .node = node};
  const auto replaced = target.directory->live.find(target.name);
  if (replaced != target.directory->live.end()) used_ -= replaced->second->file.live.size();
  apply_change(source.directory->live, change);
  source.directory->pending.push_back(change);
  if (dying) return powerless(from);
  return {};
}

Result<drive::FileInfo> PowerCutDisk::Model::stat(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TRY(enter(DiskOp::stat, path));
  TRY(const DiskNodePtr node, find(path));
  return drive::FileInfo{node->directory ? FileKind::directory : FileKind::file, node->file.live.size(), 1,
                         node->file.id};
}

Result<std::vector<drive::DirectoryEntry>> PowerCutDisk::Model::list(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TRY(enter(DiskOp::list, path));
  TRY(const DiskNodePtr directory, find(path));
  if (!directory->directory) return fail(Code::not_found, path + ": not a directory");
  std::vector<drive::DirectoryEntry> entries;
  for (const auto& [name, node] : directory->live)
    entries.push_back({name, node->directory ? FileKind::directory : FileKind::file});
  return entries;
}

drive::Space PowerCutDisk::Model::space() const {
  const std::lock_guard lock(mutex_);
  return {capacity_, capacity_ - std::min(used_, capacity_)};
}

bool PowerCutDisk::Model::is_mount_point(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return normal(path) == mount_point_;
}

Status PowerCutDisk::Model::lock_file(const std::string& path) {
  const std::lock_guard lock(mutex_);
  TRY(powerless(path));
  if (!locks_.insert(normal(path)).second) return fail(Code::io, path + ": locked");
  return {};
}

void PowerCutDisk::Model::unlock_file(const std::string& path) {
  const std::lock_guard lock(mutex_);
  locks_.erase(normal(path));
}

void PowerCutDisk::Model::cut_after(std::uint64_t operations) {
  const std::lock_guard lock(mutex_);
  cut_at_ = mutations_ + operations;
}

void PowerCutDisk::Model::power_cut() {
  const std::lock_guard lock(mutex_);
  cut_ = true;
}

bool PowerCutDisk::Model::is_cut() const {
  const std::lock_guard lock(mutex_);
  return cut_;
}

// What is left of a file. The four cases are those that disks and page caches show: nothing was written back,
// everything was, in order up to some point, or in any order.
void PowerCutDisk::Model::survive_file(DiskFile& file) {
  std::vector<DiskFile::Change> blocks;
  for (const DiskFile::Change& change : file.pending)
    std::ranges::move(blocks_of(change), std::back_inserter(blocks));
  switch (below(4)) {
    case 0:
      blocks.clear();
      break;
    case 1:
      break;
    case 2:
      if (!blocks.empty()) {
        blocks.resize(1 + below(blocks.size()));
        blocks.back().bytes.resize(below(blocks.back().bytes.size() + 1));
      }
      break;
    default:
      std::erase_if(blocks, [&](const auto&) { return chance(50); });
      if (!blocks.empty() && chance(50)) {
        std::string& torn = blocks[below(blocks.size())].bytes;
        torn.resize(below(torn.size() + 1));
      }
      break;
  }
  for (const DiskFile::Change& block : blocks) apply_change(file.durable, block);
  file.pending.clear();
  file.live = file.durable;
  file.life = life_;
  used_ += file.live.size();
}

void PowerCutDisk::Model::survive_names(DiskNode& directory) {
  auto& pending = directory.pending;
  pending.resize(below(pending.size() + 1));
  for (const DiskNode::NameChange& change : pending) apply_change(directory.durable, change);
  pending.clear();
  directory.live = directory.durable;
}

void PowerCutDisk::Model::survive(DiskNode& node) {
  if (!node.directory) {
    if (node.file.life != life_) survive_file(node.file);
    return;
  }
  survive_names(node);
  for (const auto& [name, child] : node.live) survive(*child);
}

void PowerCutDisk::Model::reboot() {
  const std::lock_guard lock(mutex_);
  ++life_;
  used_ = 0;
  cut_ = false;
  cut_at_ = 0;
  locks_.clear();
  survive(*root_);
}

std::uint64_t PowerCutDisk::Model::mutations() const {
  const std::lock_guard lock(mutex_);
  return mutations_;
}

void PowerCutDisk::Model::set_fault(Fault fault) {
  const std::lock_guard lock(mutex_);
  fault_ = std::move(fault);
}

void PowerCutDisk::Model::set_capacity(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  capacity_ = bytes;
}

void PowerCutDisk::Model::set_mount_point(std::string path) {
  const std::lock_guard lock(mutex_);
  mount_point_ = normal(path);
}

namespace {

class LayerFile final : public drive::File {
 public:
  LayerFile(std::shared_ptr<PowerCutDisk::Model> model, PowerCutDisk::Model::Handle handle, bool direct,
            bool writable)
      : model_(std::move(model)), handle_(std::move(handle)), direct_(direct), writable_(writable) {}

  bool direct() const override { return direct_; }
  Result<std::size_t> read(std::uint64_t offset, std::span<const MutableBytes> parts) override {
    for (const MutableBytes part : parts) TRY(check(offset, part));
    return model_->read(handle_, offset, parts);
  }
  Status write(std::uint64_t offset, std::span<const Bytes> parts) override {
    for (const Bytes part : parts) TRY(check(offset, part));
    TRY(check_writable());
    return model_->write(handle_, offset, parts);
  }
  Status sync() override { return model_->sync(handle_); }
  Status truncate(std::uint64_t size) override {
    TRY(check_writable());
    return model_->truncate(handle_, size);
  }
  Status reserve(std::uint64_t) override { return check_writable(); }
  Result<std::uint64_t> size() override { return model_->size(handle_); }

 private:
  // As the kernel does for O_DIRECT.
  Status check(std::uint64_t offset, Bytes part) const {
    if (direct_ && (offset % kBlockSize || part.size() % kBlockSize ||
                    reinterpret_cast<std::uintptr_t>(part.data()) % kBlockSize))
      return fail(Code::io, handle_.path + ": not aligned");
    return {};
  }
  Status check_writable() const {
    if (!writable_) return fail(Code::io, handle_.path + ": opened for reading");
    return {};
  }

  const std::shared_ptr<PowerCutDisk::Model> model_;
  const PowerCutDisk::Model::Handle handle_;
  const bool direct_, writable_;
};

class Layer final : public drive::FileLayer {
 public:
  explicit Layer(std::shared_ptr<PowerCutDisk::Model> model) : model_(std::move(model)) {}

  Result<std::unique_ptr<drive::File>> open(const std::string& path, drive::OpenOptions options) override {
    using Existing = PowerCutDisk::Model::Existing;
    using drive::OpenMode;
    const Existing existing = options.mode == OpenMode::create     ? Existing::must_not
                              : options.mode == OpenMode::truncate ? Existing::may
                                                                   : Existing::must;
    TRY(auto handle, model_->open(path, existing, options.mode == OpenMode::truncate));
    return std::make_unique<LayerFile>(model_, std::move(handle), options.direct,
                                       options.mode != OpenMode::read);
  }
  Status make_directory(const std::string& path) override { return model_->make_directory(path); }
  Status sync_directory(const std::string& path) override { return model_->sync_directory(path); }
  Status remove(const std::string& path) override { return model_->remove(path); }
  Status rename(const std::string& from, const std::string& to) override { return model_->rename(from, to); }
  Result<drive::FileInfo> stat(const std::string& path) override { return model_->stat(path); }
  Result<std::vector<drive::DirectoryEntry>> list(const std::string& path) override {
    return model_->list(path);
  }
  Result<drive::Space> space(const std::string& path) override {
    TRY(model_->stat(path));
    return model_->space();
  }
  Result<bool> is_mount_point(const std::string& path) override {
    TRY(model_->stat(path));
    return model_->is_mount_point(path);
  }

 private:
  const std::shared_ptr<PowerCutDisk::Model> model_;
};

}  // namespace

std::unique_ptr<drive::FileLayer> make_power_cut_layer(std::shared_ptr<PowerCutDisk::Model> model) {
  return std::make_unique<Layer>(std::move(model));
}

PowerCutDisk::PowerCutDisk(std::uint64_t seed, std::uint64_t capacity)
    : model_(std::make_shared<Model>(seed, capacity)),
      files_(make_power_cut_layer(model_)),
      rocksdb_files_(make_power_cut_rocksdb(model_)) {}

PowerCutDisk::~PowerCutDisk() = default;

drive::FileLayer& PowerCutDisk::files() { return *files_; }
std::shared_ptr<rocksdb::FileSystem> PowerCutDisk::rocksdb_files() { return rocksdb_files_; }
void PowerCutDisk::cut_after(std::uint64_t operations) { model_->cut_after(operations); }
void PowerCutDisk::power_cut() { model_->power_cut(); }
bool PowerCutDisk::is_cut() const { return model_->is_cut(); }
void PowerCutDisk::reboot() { model_->reboot(); }
std::uint64_t PowerCutDisk::mutations() const { return model_->mutations(); }
void PowerCutDisk::set_fault(Fault fault) { model_->set_fault(std::move(fault)); }
void PowerCutDisk::set_capacity(std::uint64_t bytes) { model_->set_capacity(bytes); }
void PowerCutDisk::set_mount_point(std::string path) { model_->set_mount_point(std::move(path)); }

}  // namespace cairn::test
