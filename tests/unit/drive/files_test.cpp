#include "cairn/drive/files.hpp"

#include <algorithm>
#include <array>

#include <gtest/gtest.h>

#include "unit/drive/test_folder.hpp"

namespace cairn::drive {
namespace {

class FilesTest : public testing::Test {
 protected:
  std::string at(const std::string& name) const { return folder_.path() + "/" + name; }

  test::TestFolder folder_;
  SystemFiles files_;
};

std::string read_all(FileLayer& files, const std::string& path) {
  return read_text_file(files, path, 1 << 20).value();
}

Status write_text(File& file, std::uint64_t offset, std::string_view text) {
  const std::array parts{as_bytes(text)};
  return file.write(offset, parts);
}

TEST_F(FilesTest, CreateRefusesAFileThatIsThere) {
  ASSERT_TRUE(files_.open(at("a"), {.mode = OpenMode::create}));
  const auto again = files_.open(at("a"), {.mode = OpenMode::create});
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::exists);
  EXPECT_NE(again.error().context.find(at("a")), std::string::npos);
}

TEST_F(FilesTest, MissingFilesAndDirectoriesAreNotFound) {
  EXPECT_EQ(files_.open(at("a"), {}).error().code, Code::not_found);
  EXPECT_EQ(files_.open(at("a"), {.mode = OpenMode::write}).error().code, Code::not_found);
  EXPECT_EQ(files_.open(at("no/a"), {.mode = OpenMode::create}).error().code, Code::not_found);
  EXPECT_EQ(files_.stat(at("a")).error().code, Code::not_found);
  EXPECT_EQ(files_.list(at("a")).error().code, Code::not_found);
  EXPECT_EQ(files_.remove(at("a")).error().code, Code::not_found);
  EXPECT_EQ(files_.rename(at("a"), at("b")).error().code, Code::not_found);
  EXPECT_EQ(files_.sync_directory(at("a")).error().code, Code::not_found);
}

TEST_F(FilesTest, PartsAreWrittenAndReadInOrderAtAnOffset) {
  const auto file = files_.open(at("a"), {.mode = OpenMode::create}).value();
  const std::array<Bytes, 3> parts{as_bytes("one"), Bytes(), as_bytes("two")};
  ASSERT_TRUE(file->write(2, parts));
  std::string first(3, '?'), second(10, '?');
  const std::array<MutableBytes, 2> into{std::as_writable_bytes(std::span(first)),
                                         std::as_writable_bytes(std::span(second))};
  const auto count = file->read(2, into);
  ASSERT_TRUE(count);
  EXPECT_EQ(*count, 6u);  // the file ends there
  EXPECT_EQ(first, "one");
  EXPECT_EQ(second.substr(0, 3), "two");
  EXPECT_EQ(file->size().value(), 8u);
}

TEST_F(FilesTest, MoreThanAThousandPartsGoThrough) {
  const auto file = files_.open(at("a"), {.mode = OpenMode::create}).value();
  std::vector<Bytes> parts(3000, as_bytes("xy"));
  ASSERT_TRUE(file->write(0, parts));
  EXPECT_EQ(file->size().value(), 6000u);
  std::string text(6000, '?');
  std::vector<MutableBytes> into;
  for (std::size_t i = 0; i < 6000; i += 2)
    into.push_back(std::as_writable_bytes(std::span(text)).subspan(i, 2));
  EXPECT_EQ(file->read(0, into).value(), 6000u);
  EXPECT_EQ(text.find('?'), std::string::npos);
}

TEST_F(FilesTest, ReservedSpaceDoesNotShowAsSize) {
  const auto file = files_.open(at("a"), {.mode = OpenMode::create}).value();
  ASSERT_TRUE(file->reserve(1 << 20));
  EXPECT_EQ(file->size().value(), 0u);
  ASSERT_TRUE(write_text(*file, 0, "text"));
  ASSERT_TRUE(file->truncate(2));
  ASSERT_TRUE(file->sync());
  EXPECT_EQ(read_all(files_, at("a")), "te");
}

TEST_F(FilesTest, TruncateEmptiesWhatWasThere) {
  ASSERT_TRUE(write_text(*files_.open(at("a"), {.mode = OpenMode::create}).value(), 0, "text"));
  ASSERT_TRUE(files_.open(at("a"), {.mode = OpenMode::truncate}));
  EXPECT_EQ(read_all(files_, at("a")), "");
}

TEST_F(FilesTest, ListNamesFilesAndDirectories) {
  ASSERT_TRUE(files_.make_directory(at("d")));
  ASSERT_TRUE(files_.open(at("f"), {.mode = OpenMode::create}));
  EXPECT_EQ(files_.make_directory(at("d")).error().code, Code::exists);
  auto entries = files_.list(folder_.path()).value();
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].name, "d");
  EXPECT_EQ(entries[0].kind, FileKind::directory);
  EXPECT_EQ(entries[1].name, "f");
  EXPECT_EQ(entries[1].kind, FileKind::file);
}

TEST_F(FilesTest, RemoveTakesFilesAndEmptyDirectories) {
  ASSERT_TRUE(files_.make_directory(at("d")));
  ASSERT_TRUE(files_.open(at("d/f"), {.mode = OpenMode::create}));
  EXPECT_EQ(files_.remove(at("d")).error().code, Code::exists);
  EXPECT_TRUE(files_.remove(at("d/f")));
  EXPECT_TRUE(files_.remove(at("d")));
}

TEST_F(FilesTest, AnOpenFileStaysReadableAfterItsNameIsGone) {
  ASSERT_TRUE(write_text(*files_.open(at("a"), {.mode = OpenMode::create}).value(), 0, "text"));
  const auto file = files_.open(at("a"), {}).value();
  ASSERT_TRUE(files_.remove(at("a")));
  std::string text(4, '?');
  const std::array into{std::as_writable_bytes(std::span(text))};
  EXPECT_EQ(file->read(0, into).value(), 4u);
  EXPECT_EQ(text, "text");
}

TEST_F(FilesTest, ASmallFileIsReplacedAsAWhole) {
  ASSERT_TRUE(replace_text_file(files_, at("a"), "first, which is longer"));
  ASSERT_TRUE(replace_text_file(files_, at("a"), "second"));
  EXPECT_EQ(read_all(files_, at("a")), "second");
  EXPECT_EQ(files_.list(folder_.path())->size(), 1u);
  EXPECT_EQ(read_text_file(files_, at("a"), 5).error().code, Code::corrupt);
}

TEST_F(FilesTest, EnsureDirectoryTakesOneThatIsThereButNoFile) {
  EXPECT_TRUE(ensure_directory(files_, at("d")));
  EXPECT_TRUE(ensure_directory(files_, at("d")));
  ASSERT_TRUE(files_.open(at("f"), {.mode = OpenMode::create}));
  EXPECT_EQ(ensure_directory(files_, at("f")).error().code, Code::exists);
}

TEST_F(FilesTest, MountPointsAreKnown) {
  EXPECT_TRUE(files_.is_mount_point("/").value());
  EXPECT_FALSE(files_.is_mount_point(folder_.path()).value());
  EXPECT_EQ(files_.is_mount_point(at("a")).error().code, Code::not_found);
}

TEST_F(FilesTest, SpaceIsThatOfTheFileSystem) {
  const auto space = files_.space(folder_.path());
  ASSERT_TRUE(space);
  EXPECT_GT(space->total, 0u);
  EXPECT_LE(space->free, space->total);
}

TEST_F(FilesTest, TwoNamesOfOneFolderHaveOneIdentity) {
  const auto a = files_.stat(folder_.path()).value();
  const auto b = files_.stat(folder_.path() + "/.").value();
  EXPECT_EQ(a.device, b.device);
  EXPECT_EQ(a.inode, b.inode);
  EXPECT_EQ(a.kind, FileKind::directory);
}

TEST_F(FilesTest, ParentPaths) {
  EXPECT_EQ(parent_path("/a/b"), "/a");
  EXPECT_EQ(parent_path("/a"), "/");
  EXPECT_EQ(parent_path("a"), ".");
}

}  // namespace
}  // namespace cairn::drive
