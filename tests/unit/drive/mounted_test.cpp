#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <sys/mount.h>

#include "unit/drive/shard_fixture.hpp"
#include "unit/drive/test_folder.hpp"

// Shard files on real file systems that fill, fail and go away. Needs root, loop devices and the tools;
// skipped without.
namespace cairn::drive::test {
namespace {

struct FileSystem {
  const char* name;
  const char* size;
  const char* make;
};

bool shell(const std::string& command) { return std::system((command + " >/dev/null 2>&1").c_str()) == 0; }

class MountedTest : public testing::TestWithParam<FileSystem> {
 protected:
  void SetUp() override {
    const std::string image = folder_.path() + "/image";
    std::filesystem::create_directory(root_);
    if (!shell("truncate -s " + std::string(GetParam().size) + " " + image) ||
        !shell(std::string(GetParam().make) + " " + image) || !shell("mount -o loop " + image + " " + root_))
      GTEST_SKIP() << "cannot mount " << GetParam().name << " here";
    mounted_ = true;
    ASSERT_TRUE(ShardStore::make_directories(files_, root_));
    store_.emplace(ShardStoreConfig{
        .files = files_,
        .buffers = buffers_,
        .root = root_,
        .boot = BootId::random(),
        .run = [](std::move_only_function<void()> job) { job(); },
        .fault = [this](ShardFault fault, const Error&) { faults_.push_back(fault); },
        .cached_read_limit = 0,
    });
  }
  void TearDown() override {
    store_.reset();
    if (mounted_) ::umount2(root_.c_str(), MNT_DETACH);  // the loop device goes with its last user
  }

  cairn::test::TestFolder folder_;
  const std::string root_ = folder_.path() + "/mnt";
  SystemFiles files_;
  BufferPool buffers_;
  std::vector<ShardFault> faults_;
  std::optional<ShardStore> store_;
  bool mounted_ = false;
};

INSTANTIATE_TEST_SUITE_P(FileSystems, MountedTest,
                         testing::Values(FileSystem{"ext4", "64M", "mkfs.ext4 -q -F"},
                                         FileSystem{"xfs", "320M", "mkfs.xfs -q -f"}),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(MountedTest, WhatWasWrittenIsReadBackDirectly) {
  TestShard shard{.geometry = {.data = 2, .parity = 1, .chunk_size = 65536}, .size = 200 * 131072 - 77};
  ASSERT_TRUE(write_shard(*store_, shard, 7));
  const auto file = files_.open(ShardStore::path_of(root_, shard.id), {.direct = true});
  EXPECT_TRUE((*file)->direct()) << "else this test tests nothing";
  const auto reader = open(*store_, shard.open_request()).value();
  expect_chunks(shard, 150, read(*reader, 150, 50), 50);
  expect_chunks(shard, 0, read(*reader, 0, 200), 200);
  ASSERT_TRUE(rewrite(*reader, 199, shard.chunk(199)));
  expect_chunks(shard, 120, read(*reader, 120, 80), 80);
  EXPECT_TRUE(faults_.empty());
}

TEST_P(MountedTest, ItIsAMountPoint) {
  EXPECT_TRUE(files_.is_mount_point(root_).value());
  EXPECT_FALSE(files_.is_mount_point(root_ + "/shards").value());
  EXPECT_FALSE(files_.is_mount_point(folder_.path()).value());
}

TEST_P(MountedTest, AFullFileSystemRefusesAtTheStartAndTakesRemovals) {
  std::vector<TestShard> written;
  Result<StageToken> last = fail(Code::internal);
  for (int i = 0; i < 400; ++i) {
    TestShard shard{.geometry = {.data = 1, .parity = 0, .chunk_size = 1 << 20}, .size = 2 << 20};
    shard.index = 0;
    last = write_shard(*store_, shard);
    if (!last) break;
    written.push_back(shard);
  }
  ASSERT_FALSE(last);
  EXPECT_EQ(last.error().code, Code::drive_full) << last.error().context;
  EXPECT_EQ(faults_, std::vector{ShardFault::full});
  ASSERT_GT(written.size(), 10u);
  expect_chunks(written.back(), 0, read(*open(*store_, written.back().open_request()).value(), 0, 2), 2);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(store_->remove(std::array{written.back().id}));
    written.pop_back();
  }
  TestShard again{.geometry = {.data = 1, .parity = 0, .chunk_size = 1 << 20}, .size = 2 << 20};
  again.index = 0;
  EXPECT_TRUE(write_shard(*store_, again));
  std::size_t files = 0;
  ASSERT_TRUE(store_->for_each([&](const DataId&) { ++files; }));
  EXPECT_EQ(files, written.size() + 1) << "what was refused left nothing";
}

TEST_P(MountedTest, AReadOnlyFileSystemIsAFaultOfTheDriveAndReadsGoOn) {
  TestShard shard{.size = 8192 * 10};
  ASSERT_TRUE(write_shard(*store_, shard));
  ASSERT_TRUE(shell("mount -o remount,ro " + root_));
  EXPECT_EQ(stage(*store_, TestShard{.size = 10}.stage_request()).error().code, Code::io);
  EXPECT_EQ(store_->remove(std::array{shard.id}).error().code, Code::io);
  EXPECT_EQ(faults_, (std::vector{ShardFault::io, ShardFault::io}));
  const auto reader = open(*store_, shard.open_request()).value();
  expect_chunks(shard, 0, read(*reader, 0, 10), 10);
  EXPECT_EQ(rewrite(*reader, 0, shard.chunk(0)).error().code, Code::io);
  ASSERT_TRUE(shell("mount -o remount,rw " + root_));
  EXPECT_TRUE(write_shard(*store_, TestShard{.size = 10}));
}

TEST_P(MountedTest, AFileSystemThatWasShutDownFailsOpenFilesToo) {
  TestShard shard{.size = 8192 * 10};
  ASSERT_TRUE(write_shard(*store_, shard));
  const auto reader = open(*store_, shard.open_request()).value();
  TestShard other{.size = 8192 * 10};
  const auto writer = stage(*store_, other.stage_request()).value();
  ASSERT_TRUE(append(*writer, other.chunks(0, 3)));
  if (!shell("xfs_io -x -c shutdown " + root_)) GTEST_SKIP() << "needs xfs_io";
  EXPECT_EQ(read(*reader, 0, 10).error().code, Code::io);
  EXPECT_FALSE(append(*writer, other.chunks(3, 10)));
  EXPECT_FALSE(finish(*writer, "m"));
  EXPECT_FALSE(stage(*store_, TestShard{.size = 10}.stage_request()));
  EXPECT_GE(faults_.size(), 2u);
}

TEST_P(MountedTest, NothingIsWrittenUnderAMountPointThatLostItsDrive) {
  TestShard shard{.size = 8192 * 10};
  ASSERT_TRUE(write_shard(*store_, shard));
  const auto reader = open(*store_, shard.open_request()).value();
  ASSERT_EQ(::umount2(root_.c_str(), MNT_DETACH), 0);
  mounted_ = false;
  EXPECT_EQ(stage(*store_, TestShard{.size = 10}.stage_request()).error().code, Code::offline);
  EXPECT_EQ(open(*store_, shard.open_request()).error().code, Code::offline);
  EXPECT_FALSE(faults_.empty());
  EXPECT_TRUE(std::filesystem::is_empty(root_));
  expect_chunks(shard, 0, read(*reader, 0, 10), 10);  // what is open stays so
}

}  // namespace
}  // namespace cairn::drive::test
