#include <algorithm>
#include <cerrno>
#include <system_error>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cairn/codec/layout.hpp"
#include "cairn/drive/files.hpp"

namespace cairn::drive {
namespace {

constexpr mode_t kFilePermissions = 0600;
constexpr mode_t kDirectoryPermissions = 0700;

Code code_of(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Code::not_found;
    case EEXIST:
    case ENOTEMPTY:
      return Code::exists;
    case ENOSPC:
    case EDQUOT:
      return Code::drive_full;
    case EACCES:
    case EPERM:
      return Code::permission;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return Code::overloaded;
    default:
      return Code::io;
  }
}

std::unexpected<Error> system_error(int error, std::string_view what, const std::string& path) {
  return fail(code_of(error),
              path + ": " + std::string(what) + ": " + std::generic_category().message(error));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

int open_retrying(const std::string& path, int flags) {
  for (;;) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, kFilePermissions);
    if (fd >= 0 || errno != EINTR) return fd;
  }
}

template <class Part>
void append_parts(std::vector<iovec>& out, std::span<const Part> parts) {
  for (const Part& part : parts)
    if (!part.empty()) out.push_back({const_cast<std::byte*>(part.data()), part.size()});
}

// Drops the first `count` bytes, which were transferred, from the vectors that begin at `first`.
std::size_t advance(std::vector<iovec>& vectors, std::size_t first, std::size_t count) {
  while (first < vectors.size() && count >= vectors[first].iov_len) count -= vectors[first++].iov_len;
  if (count) {
    vectors[first].iov_base = static_cast<char*>(vectors[first].iov_base) + count;
    vectors[first].iov_len -= count;
  }
  return first;
}

class SystemFile final : public File {
 public:
  SystemFile(std::string path, int fd, bool direct) : path_(std::move(path)), fd_(fd), direct_(direct) {}

  bool direct() const override { return direct_; }

  Result<std::size_t> read(std::uint64_t offset, std::span<const MutableBytes> parts) override {
    std::vector<iovec> vectors;
    append_parts(vectors, parts);
    std::size_t total = 0;
    for (std::size_t first = 0; first < vectors.size();) {
      const ssize_t n =
          ::preadv(fd_.get(), &vectors[first], batch(vectors, first), static_cast<off_t>(offset + total));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_error(errno, "read", path_);
      if (n == 0) break;
      total += static_cast<std::size_t>(n);
      // A direct read that ends off a block has met the end of the file and cannot go on from there.
      if (direct_ && static_cast<std::size_t>(n) % codec::kBlockSize) break;
      first = advance(vectors, first, static_cast<std::size_t>(n));
    }
    return total;
  }

  Status write(std::uint64_t offset, std::span<const Bytes> parts) override {
    std::vector<iovec> vectors;
    append_parts(vectors, parts);
    for (std::size_t first = 0; first < vectors.size();) {
      const ssize_t n =
          ::pwritev(fd_.get(), &vectors[first], batch(vectors, first), static_cast<off_t>(offset));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_error(errno, "write", path_);
      if (n == 0) return fail(Code::io, path_ + ": write: nothing was written");
      offset += static_cast<std::uint64_t>(n);
      first = advance(vectors, first, static_cast<std::size_t>(n));
    }
    return {};
  }

  Status sync() override {
    if (::fdatasync(fd_.get()) != 0) return system_error(errno, "fdatasync", path_);
    return {};
  }

  Status truncate(std::uint64_t size) override {
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) != 0) return system_error(errno, "ftruncate", path_);
    return {};
  }

  Status reserve(std::uint64_t size) override {
    if (size == 0 || ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) == 0) return {};
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == EINTR) return {};
    return system_error(errno, "fallocate", path_);
  }

  Result<std::uint64_t> size() override {
    struct stat info{};
    if (::fstat(fd_.get(), &info) != 0) return system_error(errno, "fstat", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  static int batch(const std::vector<iovec>& vectors, std::size_t first) {
    return static_cast<int>(std::min<std::size_t>(vectors.size() - first, IOV_MAX));
  }

  std::string path_;
  Descriptor fd_;
  bool direct_;
};

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::file;
  return S_ISDIR(mode) ? FileKind::directory : FileKind::other;
}

}  // namespace

Result<std::unique_ptr<File>> SystemFiles::open(const std::string& path, OpenOptions options) {
  int flags = O_RDWR;
  switch (options.mode) {
    case OpenMode::read:
      flags = O_RDONLY;
      break;
    case OpenMode::write:
      break;
    case OpenMode::create:
      flags |= O_CREAT | O_EXCL;
      break;
    case OpenMode::truncate:
      flags |= O_CREAT | O_TRUNC;
      break;
  }
  if (options.direct) {
    const int fd = open_retrying(path, flags | O_DIRECT);
    if (fd >= 0) return std::make_unique<SystemFile>(path, fd, true);
    if (errno != EINVAL) return system_error(errno, "open", path);
    // A file system without direct I/O may have made the file before it refused the flag.
    flags &= ~O_EXCL;
  }
  const int fd = open_retrying(path, flags);
  if (fd < 0) return system_error(errno, "open", path);
  return std::make_unique<SystemFile>(path, fd, false);
}

Status SystemFiles::make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), kDirectoryPermissions) != 0) return system_error(errno, "mkdir", path);
  return {};
}

Status SystemFiles::sync_directory(const std::string& path) {
  const Descriptor fd(open_retrying(path, O_RDONLY | O_DIRECTORY));
  if (fd.get() < 0) return system_error(errno, "open", path);
  if (::fsync(fd.get()) != 0) return system_error(errno, "fsync", path);
  return {};
}

Status SystemFiles::remove(const std::string& path) {
  if (::unlink(path.c_str()) == 0) return {};
  if (errno != EISDIR && errno != EPERM) return system_error(errno, "unlink", path);
  const int refused = errno;
  if (::rmdir(path.c_str()) == 0) return {};
  return system_error(errno == ENOTDIR ? refused : errno, "remove", path);
}

Status SystemFiles::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return system_error(errno, "rename", from);
  return {};
}

Result<FileInfo> SystemFiles::stat(const std::string& path) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return system_error(errno, "stat", path);
  return FileInfo{kind_of(info.st_mode), static_cast<std::uint64_t>(info.st_size),
                  static_cast<std::uint64_t>(info.st_dev), static_cast<std::uint64_t>(info.st_ino)};
}

Result<std::vector<DirectoryEntry>> SystemFiles::list(const std::string& path) {
  DIR* const directory = ::opendir(path.c_str());
  if (!directory) return system_error(errno, "opendir", path);
  const std::unique_ptr<DIR, int (*)(DIR*)> closer(directory, &::closedir);
  std::vector<DirectoryEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(directory);
    if (!entry) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    FileKind kind = entry->d_type == DT_REG   ? FileKind::file
                    : entry->d_type == DT_DIR ? FileKind::directory
                                              : FileKind::other;
    if (entry->d_type == DT_UNKNOWN) {
      if (const auto info = stat(path + "/" + entry->d_name)) kind = info->kind;
    }
    entries.push_back({std::string(name), kind});
  }
  if (errno != 0) return system_error(errno, "readdir", path);
  return entries;
}

Result<Space> SystemFiles::space(const std::string& path) {
  struct statvfs info{};
  if (::statvfs(path.c_str(), &info) != 0) return system_error(errno, "statvfs", path);
  return Space{std::uint64_t{info.f_blocks} * info.f_frsize, std::uint64_t{info.f_bavail} * info.f_frsize};
}

Result<bool> SystemFiles::is_mount_point(const std::string& path) {
  struct statx info{};
  // The kernel says so since 5.8, for bind mounts too.
  if (::statx(AT_FDCWD, path.c_str(), 0, STATX_BASIC_STATS, &info) != 0)
    return system_error(errno, "statx", path);
  if (info.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)
    return (info.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
  TRY(const FileInfo here, stat(path));
  TRY(const FileInfo above, stat(path + "/.."));
  return here.device != above.device || here.inode == above.inode;
}

}  // namespace cairn::drive
