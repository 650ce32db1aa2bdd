#include "drive/shard_store.hpp"

#include <algorithm>
#include <array>

#include "drive/shard_store_impl.hpp"

namespace cairn::drive {
namespace {

std::string directory_of(const std::string& root, unsigned first_byte) {
  static constexpr char kDigits[] = "0123456789abcdef";
  return root + "/shards/" + kDigits[first_byte >> 4] + kDigits[first_byte & 15];
}

// A directory that is missing means that the drive's file system is gone or damaged.
Status offline_if_missing(Status status) {
  if (!status && status.error().is(Code::not_found))
    return fail(Code::offline, std::move(status).error().context);
  return status;
}

}  // namespace

ShardStore::ShardStore(ShardStoreConfig config)
    : config_(std::make_shared<const ShardStoreConfig>(std::move(config))) {}

ShardStore::~ShardStore() = default;

std::string ShardStore::path_of(const std::string& root, const DataId& id) {
  return directory_of(root, id.raw[0]) + "/" + id.hex();
}

Status ShardStore::make_directories(FileLayer& files, const std::string& root) {
  TRY(ensure_directory(files, root + "/shards"));
  for (unsigned i = 0; i < 256; ++i)
    if (auto made = files.make_directory(directory_of(root, i)); !made && !made.error().is(Code::exists))
      return made;
  return files.sync_directory(root + "/shards");
}

Status ShardStore::remove(std::span<const DataId> ids) {
  std::vector<DataId> sorted(ids.begin(), ids.end());
  std::ranges::sort(sorted);
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    auto removed = config_->files.remove(path_of(config_->root, sorted[i]));
    if (!removed && !removed.error().is(Code::not_found)) return report(*config_, std::move(removed));
    if (i + 1 < sorted.size() && sorted[i + 1].raw[0] == sorted[i].raw[0]) continue;
    TRY(report_sync(*config_, offline_if_missing(config_->files.sync_directory(
                                  directory_of(config_->root, sorted[i].raw[0])))));
  }
  return {};
}

Result<bool> ShardStore::exists(const DataId& id) {
  const std::string path = path_of(config_->root, id);
  auto info = config_->files.stat(path);
  if (info) return true;
  if (!info.error().is(Code::not_found)) return report(*config_, Result<bool>(fail(std::move(info).error())));
  if (config_->files.stat(parent_path(path))) return false;
  return report(*config_, Result<bool>(fail(Code::offline, std::move(info).error().context)));
}

Status ShardStore::for_each(const std::function<void(const DataId&)>& visit) {
  for (unsigned i = 0; i < 256; ++i) {
    const std::string directory = directory_of(config_->root, i);
    TRY(const auto entries, report(*config_, config_->files.list(directory)));
    for (const DirectoryEntry& entry : entries) {
      const auto id = DataId::parse(entry.name);
      if (id && entry.kind == FileKind::file && id->raw[0] == i && id->hex() == entry.name) visit(*id);
    }
  }
  return {};
}

Result<ShardFileMetadata> read_shard_file_metadata(FileLayer& files, const std::string& path) {
  TRY(const auto file, files.open(path, {}));
  const auto read = [&](std::uint64_t offset, std::uint64_t count) -> Result<std::string> {
    std::string bytes(static_cast<std::size_t>(count), '\0');
    const std::array parts{std::as_writable_bytes(std::span(bytes))};
    TRY(const std::size_t got, file->read(offset, parts));
    if (got != count) return fail(Code::corrupt, path + ": truncated");
    return bytes;
  };
  TRY(const std::string block, read(0, codec::kBlockSize));
  ShardFileMetadata out;
  TRY(out.header, codec::decode_header(as_bytes(block)));
  const std::uint64_t offset = out.header.layout().trailer_offset();
  TRY(const std::string first, read(offset, codec::kBlockSize));
  TRY(const std::uint64_t length, codec::trailer_size_from(as_bytes(first)));
  TRY(const std::string trailer, read(offset, length));
  TRY(const std::string_view metadata, codec::decode_trailer(out.header.shard, as_bytes(trailer)));
  out.metadata = metadata;
  TRY(const std::uint64_t size, file->size());
  if (size != offset + length) return fail(Code::corrupt, path + ": its size is wrong");
  return out;
}

}  // namespace cairn::drive
