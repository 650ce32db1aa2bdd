#include <array>

#include <rocksdb/file_system.h>

#include "fakes/powercut_model.hpp"

// PowerCutDisk as RocksDB sees it.
namespace cairn::test {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using Model = PowerCutDisk::Model;
using Existing = Model::Existing;

IOStatus to_rocksdb(const Error& error) {
  switch (error.code) {
    case Code::not_found:
      return IOStatus::NotFound(error.context);
    case Code::drive_full:
      return IOStatus::NoSpace(error.context);
    case Code::unsupported:
      return IOStatus::NotSupported(error.context);
    default:
      return IOStatus::IOError(error.context);
  }
}

IOStatus to_rocksdb(const Status& status) { return status ? IOStatus::OK() : to_rocksdb(status.error()); }

// RocksDB tells a missing file that it opens from one that it asks for.
IOStatus open_error(const Error& error) {
  return error.is(Code::not_found) ? IOStatus::PathNotFound(error.context) : to_rocksdb(error);
}

IOStatus read_at(Model& model, const Model::Handle& handle, std::uint64_t offset, std::size_t n,
                 rocksdb::Slice* result, char* scratch) {
  const std::array parts{MutableBytes(reinterpret_cast<std::byte*>(scratch), n)};
  const auto count = model.read(handle, offset, parts);
  *result = rocksdb::Slice(scratch, count.value_or(0));
  return count ? IOStatus::OK() : to_rocksdb(count.error());
}

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  SequentialFile(std::shared_ptr<Model> model, Model::Handle handle)
      : model_(std::move(model)), handle_(std::move(handle)) {}
  IOStatus Read(std::size_t n, const IOOptions&, rocksdb::Slice* result, char* scratch,
                IODebugContext*) override {
    const IOStatus status = read_at(*model_, handle_, offset_, n, result, scratch);
    offset_ += result->size();
    return status;
  }
  IOStatus Skip(std::uint64_t n) override {
    offset_ += n;
    return IOStatus::OK();
  }

 private:
  const std::shared_ptr<Model> model_;
  const Model::Handle handle_;
  std::uint64_t offset_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  RandomAccessFile(std::shared_ptr<Model> model, Model::Handle handle)
      : model_(std::move(model)), handle_(std::move(handle)) {}
  IOStatus Read(std::uint64_t offset, std::size_t n, const IOOptions&, rocksdb::Slice* result, char* scratch,
                IODebugContext*) const override {
    return read_at(*model_, handle_, offset, n, result, scratch);
  }

 private:
  const std::shared_ptr<Model> model_;
  const Model::Handle handle_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  WritableFile(std::shared_ptr<Model> model, Model::Handle handle, std::uint64_t size)
      : model_(std::move(model)), handle_(std::move(handle)), size_(size) {}
  using FSWritableFile::Append;
  IOStatus Append(const rocksdb::Slice& data, const IOOptions&, IODebugContext*) override {
    const std::array parts{as_bytes(std::string_view(data.data(), data.size()))};
    const IOStatus status = to_rocksdb(model_->write(handle_, size_, parts));
    if (status.ok()) size_ += data.size();
    return status;
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
    size_ = size;
    return to_rocksdb(model_->truncate(handle_, size));
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Sync(const IOOptions&, IODebugContext*) override { return to_rocksdb(model_->sync(handle_)); }
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return size_; }

 private:
  const std::shared_ptr<Model> model_;
  const Model::Handle handle_;
  std::uint64_t size_;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  Directory(std::shared_ptr<Model> model, std::string path)
      : model_(std::move(model)), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return to_rocksdb(model_->sync_directory(path_));
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  const std::shared_ptr<Model> model_;
  const std::string path_;
};

class Lock final : public rocksdb::FileLock {
 public:
  explicit Lock(std::string path) : path_(std::move(path)) {}
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

class NoLogger final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

class FileSystem final : public rocksdb::FileSystem {
 public:
  explicit FileSystem(std::shared_ptr<Model> model) : model_(std::move(model)) {}

  const char* Name() const override { return "PowerCutDisk"; }

  IOStatus NewSequentialFile(const std::string& name, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result, IODebugContext*) override {
    auto handle = model_->open(name, Existing::must, false);
    if (!handle) return open_error(handle.error());
    *result = std::make_unique<SequentialFile>(model_, std::move(*handle));
    return IOStatus::OK();
  }
  IOStatus NewRandomAccessFile(const std::string& name, const FileOptions&,
                               std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                               IODebugContext*) override {
    auto handle = model_->open(name, Existing::must, false);
    if (!handle) return open_error(handle.error());
    *result = std::make_unique<RandomAccessFile>(model_, std::move(*handle));
    return IOStatus::OK();
  }
  IOStatus NewWritableFile(const std::string& name, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext*) override {
    return writable(name, true, result);
  }
  IOStatus ReopenWritableFile(const std::string& name, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext*) override {
    return writable(name, false, result);
  }
  IOStatus NewDirectory(const std::string& name, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext*) override {
    const auto info = model_->stat(name);
    if (!info) return open_error(info.error());
    *result = std::make_unique<Directory>(model_, name);
    return IOStatus::OK();
  }
  IOStatus FileExists(const std::string& name, const IOOptions&, IODebugContext*) override {
    const auto info = model_->stat(name);
    return info ? IOStatus::OK() : to_rocksdb(info.error());
  }
  IOStatus GetChildren(const std::string& name, const IOOptions&, std::vector<std::string>* result,
                       IODebugContext*) override {
    const auto entries = model_->list(name);
    if (!entries) return to_rocksdb(entries.error());
    result->clear();
    for (const auto& entry : *entries) result->push_back(entry.name);
    return IOStatus::OK();
  }
  IOStatus DeleteFile(const std::string& name, const IOOptions&, IODebugContext*) override {
    const Status removed = model_->remove(name);
    return removed ? IOStatus::OK() : open_error(removed.error());
  }
  IOStatus CreateDir(const std::string& name, const IOOptions&, IODebugContext*) override {
    return to_rocksdb(model_->make_directory(name));
  }
  IOStatus CreateDirIfMissing(const std::string& name, const IOOptions&, IODebugContext*) override {
    const Status made = model_->make_directory(name);
    return !made && made.error().is(Code::exists) ? IOStatus::OK() : to_rocksdb(made);
  }
  IOStatus DeleteDir(const std::string& name, const IOOptions&, IODebugContext*) override {
    return to_rocksdb(model_->remove(name));
  }
  IOStatus GetFileSize(const std::string& name, const IOOptions&, std::uint64_t* size,
                       IODebugContext*) override {
    const auto info = model_->stat(name);
    if (!info) return open_error(info.error());
    *size = info->size;
    return IOStatus::OK();
  }
  IOStatus GetFileModificationTime(const std::string& name, const IOOptions&, std::uint64_t* time,
                                   IODebugContext*) override {
    *time = 0;
    const auto info = model_->stat(name);
    return info ? IOStatus::OK() : to_rocksdb(info.error());
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                      IODebugContext*) override {
    return to_rocksdb(model_->rename(from, to));
  }
  IOStatus LockFile(const std::string& name, const IOOptions&, rocksdb::FileLock** lock,
                    IODebugContext*) override {
    const Status locked = model_->lock_file(name);
    *lock = locked ? new Lock(name) : nullptr;
    return to_rocksdb(locked);
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    const std::unique_ptr<Lock> owned(static_cast<Lock*>(lock));
    model_->unlock_file(owned->path());
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string* path, IODebugContext*) override {
    *path = "/test";
    return IOStatus::OK();
  }
  // What RocksDB writes for people costs operations and decides nothing.
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* result,
                     IODebugContext*) override {
    *result = std::make_shared<NoLogger>();
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* result,
                           IODebugContext*) override {
    *result = path;
    return IOStatus::OK();
  }
  IOStatus GetFreeSpace(const std::string&, const IOOptions&, std::uint64_t* free, IODebugContext*) override {
    *free = model_->space().free;
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is_directory,
                       IODebugContext*) override {
    const auto info = model_->stat(path);
    if (!info) return to_rocksdb(info.error());
    *is_directory = info->kind == drive::FileKind::directory;
    return IOStatus::OK();
  }

 private:
  IOStatus writable(const std::string& name, bool truncate,
                    std::unique_ptr<rocksdb::FSWritableFile>* result) {
    auto handle = model_->open(name, Existing::may, truncate);
    if (!handle) return open_error(handle.error());
    const auto size = model_->size(*handle);
    if (!size) return to_rocksdb(size.error());
    *result = std::make_unique<WritableFile>(model_, std::move(*handle), *size);
    return IOStatus::OK();
  }

  const std::shared_ptr<Model> model_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> make_power_cut_rocksdb(std::shared_ptr<Model> model) {
  return std::make_shared<FileSystem>(std::move(model));
}

}  // namespace cairn::test
