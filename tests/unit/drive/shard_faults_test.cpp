#include <gtest/gtest.h>

#include "fakes/powercut_fs.hpp"
#include "unit/drive/shard_fixture.hpp"

// Shard files on a disk that fails, fills and loses its power.
namespace cairn::drive::test {
namespace {

using cairn::test::DiskOp;
using cairn::test::PowerCutDisk;

class ShardFaultsTest : public testing::Test {
 protected:
  explicit ShardFaultsTest(std::uint64_t seed = 1) : disk_(seed) {
    EXPECT_TRUE(disk_.files().make_directory("/d"));
    EXPECT_TRUE(ShardStore::make_directories(disk_.files(), "/d"));
    EXPECT_TRUE(disk_.files().sync_directory("/"));
  }

  ShardStore store() {
    return ShardStore({.files = disk_.files(),
                       .buffers = buffers_,
                       .root = "/d",
                       .boot = BootId::random(),
                       .run = [](std::move_only_function<void()> job) { job(); },
                       .fault = [this](ShardFault fault, const Error&) { faults_.push_back(fault); },
                       .cached_read_limit = 0});  // direct: the disk checks the alignment
  }
  void fail_on(DiskOp failing, Code code) {
    disk_.set_fault([=](DiskOp op, std::string_view) -> std::optional<Error> {
      if (op == failing) return Error(code, "injected");
      return std::nullopt;
    });
  }

  PowerCutDisk disk_;
  BufferPool buffers_;
  std::vector<ShardFault> faults_;
};

TEST_F(ShardFaultsTest, AFullDriveRefusesDataAndKeepsNothing) {
  auto shards = store();
  TestShard shard{.size = 8192 * 10};
  disk_.set_capacity(20000);
  EXPECT_EQ(write_shard(shards, shard).error().code, Code::drive_full);
  EXPECT_EQ(faults_, std::vector{ShardFault::full});
  EXPECT_FALSE(shards.exists(shard.id).value());
  EXPECT_EQ(disk_.files().space("/")->free, 20000u);
}

TEST_F(ShardFaultsTest, AWriteErrorIsTheDrivesFaultAndEndsTheWriter) {
  auto shards = store();
  TestShard shard{.size = 8192 * 3};
  auto writer = stage(shards, shard.stage_request()).value();
  fail_on(DiskOp::write, Code::io);
  EXPECT_EQ(append(*writer, shard.chunks(0, 1)).error().code, Code::io);
  EXPECT_EQ(faults_, std::vector{ShardFault::io});
  disk_.set_fault({});
  EXPECT_EQ(append(*writer, shard.chunks(0, 1)).error().code, Code::io) << "what came before is not known";
  EXPECT_EQ(finish(*writer, "m").error().code, Code::io);
  EXPECT_FALSE(shards.exists(shard.id).value());
}

TEST_F(ShardFaultsTest, AFailedSyncOfAFileOrItsDirectoryIsToldAsSuch) {
  for (const DiskOp op : {DiskOp::sync, DiskOp::sync_directory}) {
    for (const Code code : {Code::io, Code::drive_full}) {
      faults_.clear();
      auto shards = store();
      TestShard shard{.size = 8192 * 3};
      fail_on(op, code);
      EXPECT_EQ(write_shard(shards, shard).error().code, code);
      EXPECT_EQ(faults_, std::vector{ShardFault::sync});
      disk_.set_fault({});
      EXPECT_FALSE(shards.exists(shard.id).value());
    }
  }
}

TEST_F(ShardFaultsTest, AReadErrorIsTheDrivesFault) {
  auto shards = store();
  TestShard shard{.size = 8192 * 3};
  ASSERT_TRUE(write_shard(shards, shard));
  const auto reader = open(shards, shard.open_request()).value();
  fail_on(DiskOp::read, Code::io);
  EXPECT_EQ(read(*reader, 0, 3).error().code, Code::io);
  EXPECT_EQ(faults_, std::vector{ShardFault::io});
  disk_.set_fault({});
  expect_chunks(shard, 0, read(*reader, 0, 3), 3);
}

TEST_F(ShardFaultsTest, OutOfFileHandlesIsNoFaultOfTheDrive) {
  auto shards = store();
  TestShard shard{.size = 8192 * 3};
  ASSERT_TRUE(write_shard(shards, shard));
  fail_on(DiskOp::open, Code::overloaded);
  EXPECT_EQ(open(shards, shard.open_request()).error().code, Code::overloaded);
  EXPECT_TRUE(faults_.empty());
}

TEST_F(ShardFaultsTest, AFinishedShardSurvivesAPowerCutWhole) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    auto shards = store();
    TestShard shard{.size = 8192 * 130 + seed};
    ASSERT_TRUE(write_shard(shards, shard, 1 + seed * 5));
    disk_.power_cut();
    disk_.reboot();
    auto later = store();
    expect_chunks(shard, 0, read(*open(later, shard.open_request()).value(), 0, 131 - (seed == 0)),
                  131 - (seed == 0));
    EXPECT_EQ(read_shard_file_metadata(disk_.files(), ShardStore::path_of("/d", shard.id))->metadata,
              "metadata");
  }
}

TEST_F(ShardFaultsTest, ARemovedShardStaysRemovedAfterAPowerCut) {
  for (int i = 0; i < 30; ++i) {
    auto shards = store();
    TestShard shard{.size = 8192};
    ASSERT_TRUE(write_shard(shards, shard));
    ASSERT_TRUE(shards.remove(std::array{shard.id}));
    disk_.power_cut();
    disk_.reboot();
    EXPECT_FALSE(store().exists(shard.id).value());
  }
}

TEST_F(ShardFaultsTest, AShardCutOffWhileItWasWrittenIsNeverReadAsWhole) {
  unsigned found = 0;
  for (std::uint64_t i = 0; i < 60; ++i) {
    auto shards = store();
    TestShard shard{.size = 8192 * 4};
    disk_.cut_after(2 + i % 6);
    ASSERT_FALSE(write_shard(shards, shard, 2));
    disk_.reboot();
    auto later = store();
    if (const auto reader = open(later, shard.open_request())) {
      const auto chunks = read(**reader, 0, 4);
      if (!chunks) continue;
      for (std::uint64_t s = 0; s < 4; ++s) {
        const bool right = (*chunks)[s].data.text() == shard.bytes(s);
        const bool taken = codec::chunk_is_good({.data_id = shard.id, .index = 1}, s, (*chunks)[s].data.bytes,
                                                (*chunks)[s].hash);
        EXPECT_TRUE(right || !taken);
        found += right && taken;
      }
    }
  }
  EXPECT_GT(found, 0u) << "some must have survived, or nothing was tested";
}

TEST_F(ShardFaultsTest, AReplacementCutOffLeavesEveryChunkThatWasGood) {
  for (std::uint64_t i = 0; i < 60; ++i) {
    auto shards = store();
    TestShard shard{.size = 8192 * 140};
    ASSERT_TRUE(write_shard(shards, shard));
    disk_.cut_after(1 + i % 12);
    ASSERT_FALSE(write_shard(shards, shard, 20, true));
    disk_.reboot();
    auto later = store();
    expect_chunks(shard, 0, read(*open(later, shard.open_request()).value(), 0, 140), 140);
  }
}

}  // namespace
}  // namespace cairn::drive::test
