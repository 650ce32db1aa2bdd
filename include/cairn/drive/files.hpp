#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/base/result.hpp"

// The project's own calls to the file system, behind one platform layer: nothing above it knows of O_DIRECT,
// of errno or of directory syncs. RocksDB has a layer of its own (rocksdb::FileSystem).
//
// Paths are UTF-8. Every error carries the path and the system's text. Codes: not_found (no such file, or a
// directory of its path is missing), exists, drive_full (no space or quota), permission, overloaded (no file
// handles or memory), unsupported (direct I/O refused by the file system), io (everything else, a read-only
// file system included).
namespace cairn::drive {

enum class OpenMode : std::uint8_t {
  read,      // an existing file
  write,     // an existing file, for reading and writing
  create,    // a new file, for reading and writing; exists if there is one
  truncate,  // a new file or an emptied one
};

struct OpenOptions {
  OpenMode mode = OpenMode::read;
  // Past the page cache: offsets, lengths and addresses must then be multiples of 4 KiB. Where the file
  // system has no such thing (tmpfs) the file is opened without, and File::direct() says so.
  bool direct = false;
};

// One open file. Thread-safe: every call names its offset. Closed by its destructor; nothing is durable
// before sync().
class File {
 public:
  virtual ~File() = default;
  virtual bool direct() const = 0;
  // Reads until the parts are filled or the file ends; returns the bytes read.
  virtual Result<std::size_t> read(std::uint64_t offset, std::span<const MutableBytes> parts) = 0;
  // Writes all parts, one after the other.
  virtual Status write(std::uint64_t offset, std::span<const Bytes> parts) = 0;
  // The file's bytes and size are durable (its name is not: sync_directory). After a failure what was written
  // is undefined.
  virtual Status sync() = 0;
  virtual Status truncate(std::uint64_t size) = 0;
  // Takes space up to `size` without changing the file's size; where that is not supported it does nothing.
  virtual Status reserve(std::uint64_t size) = 0;
  virtual Result<std::uint64_t> size() = 0;
};

enum class FileKind : std::uint8_t { file, directory, other };

struct FileInfo {
  FileKind kind = FileKind::other;
  std::uint64_t size = 0;
  std::uint64_t device = 0, inode = 0;  // equal pairs are the same file under two names
};

struct DirectoryEntry {
  std::string name;
  FileKind kind = FileKind::other;
};

struct Space {
  std::uint64_t total = 0, free = 0;  // bytes; free as an unprivileged user sees it
};

// The files of one machine (SystemFiles) or a model of them (tests/fakes). Thread-safe, blocking.
class FileLayer {
 public:
  virtual ~FileLayer() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) = 0;
  virtual Status make_directory(const std::string& path) = 0;  // exists if there is something of the name
  // The names in a directory, as they were created, removed and renamed so far, are durable.
  virtual Status sync_directory(const std::string& path) = 0;
  virtual Status remove(const std::string& path) = 0;                         // a file, or an empty directory
  virtual Status rename(const std::string& from, const std::string& to) = 0;  // replaces `to`, atomically
  virtual Result<FileInfo> stat(const std::string& path) = 0;                 // follows links
  virtual Result<std::vector<DirectoryEntry>> list(
      const std::string& path) = 0;  // unordered, without . and ..
  virtual Result<Space> space(const std::string& path) = 0;
  // Whether a file system of its own is mounted there.
  virtual Result<bool> is_mount_point(const std::string& path) = 0;
};

class SystemFiles final : public FileLayer {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) override;
  Status make_directory(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Status remove(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Result<FileInfo> stat(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override;
  Result<Space> space(const std::string& path) override;
  Result<bool> is_mount_point(const std::string& path) override;
};

// A whole small file; corrupt if it is larger than `limit`.
Result<std::string> read_text_file(FileLayer& files, const std::string& path, std::size_t limit);
// Replaces or creates a small file so that after a power cut either the old or the new one is there, whole;
// durable when it returns. Goes through <path>.new.
Status replace_text_file(FileLayer& files, const std::string& path, std::string_view text);
// A directory and its name are durable; one that is there is fine.
Status ensure_directory(FileLayer& files, const std::string& path);
// "a/b" of "a/b/c"; "." without a slash.
std::string parent_path(const std::string& path);

}  // namespace cairn::drive
