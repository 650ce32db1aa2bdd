#include "cairn/drive/files.hpp"

#include <array>

namespace cairn::drive {

Result<std::string> read_text_file(FileLayer& files, const std::string& path, std::size_t limit) {
  TRY(const auto file, files.open(path, {}));
  TRY(const std::uint64_t size, file->size());
  if (size > limit) return fail(Code::corrupt, path + ": larger than any such file can be");
  std::string text(static_cast<std::size_t>(size), '\0');
  const std::array parts{std::as_writable_bytes(std::span(text))};
  TRY(const std::size_t count, file->read(0, parts));
  text.resize(count);
  return text;
}

Status replace_text_file(FileLayer& files, const std::string& path, std::string_view text) {
  const std::string temporary = path + ".new";
  {
    TRY(const auto file, files.open(temporary, {.mode = OpenMode::truncate}));
    const std::array parts{as_bytes(text)};
    TRY(file->write(0, parts));
    TRY(file->sync());
  }
  TRY(files.rename(temporary, path));
  return files.sync_directory(parent_path(path));
}

Status ensure_directory(FileLayer& files, const std::string& path) {
  if (auto made = files.make_directory(path); !made && !made.error().is(Code::exists)) return made;
  TRY(const FileInfo info, files.stat(path));
  if (info.kind != FileKind::directory) return fail(Code::exists, path + ": not a directory");
  return files.sync_directory(parent_path(path));
}

std::string parent_path(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace cairn::drive
