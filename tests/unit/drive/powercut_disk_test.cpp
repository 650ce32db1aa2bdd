#include <array>
#include <set>

#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include "fakes/powercut_fs.hpp"

// The fake itself: what it must keep, and that it does lose what it may lose.
namespace cairn::test {
namespace {

using drive::File;
using drive::OpenMode;

Status put(File& file, std::uint64_t offset, std::string_view text) {
  const std::array parts{as_bytes(text)};
  return file.write(offset, parts);
}

std::optional<std::string> text_of(PowerCutDisk& disk, const std::string& path) {
  auto text = drive::read_text_file(disk.files(), path, 1 << 20);
  return text ? std::optional(std::move(*text)) : std::nullopt;
}

TEST(PowerCutDiskTest, WhatWasSyncedSurvivesAndTheRestMayNot) {
  std::set<std::optional<std::string>> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    PowerCutDisk disk(seed);
    {
      const auto file = disk.files().open("/f", {.mode = OpenMode::create}).value();
      ASSERT_TRUE(put(*file, 0, "synced"));
      ASSERT_TRUE(file->sync());
      ASSERT_TRUE(disk.files().sync_directory("/"));
      ASSERT_TRUE(put(*file, 6, ", not"));
    }
    disk.power_cut();
    disk.reboot();
    const auto text = text_of(disk, "/f");
    ASSERT_TRUE(text);
    EXPECT_EQ(text->substr(0, 6), "synced");
    seen.insert(text);
  }
  EXPECT_TRUE(seen.contains("synced"));
  EXPECT_TRUE(seen.contains("synced, not"));
  EXPECT_TRUE(seen.contains("synced, n")) << "torn";
}

TEST(PowerCutDiskTest, BlocksOfAnUnsyncedWriteSurviveInAnyCombination) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    PowerCutDisk disk(seed);
    const auto file = disk.files().open("/f", {.mode = OpenMode::create}).value();
    ASSERT_TRUE(disk.files().sync_directory("/"));
    ASSERT_TRUE(put(*file, 0, std::string(4096, 'a') + std::string(4096, 'b')));
    disk.power_cut();
    disk.reboot();
    const auto text = text_of(disk, "/f").value();
    std::string kinds;
    if (text.size() > 10) kinds += text[10] ? text[10] : '0';
    if (text.size() > 4106) kinds += text[4106] ? text[4106] : '0';
    seen.insert(kinds);
  }
  EXPECT_TRUE(seen.contains(""));
  EXPECT_TRUE(seen.contains("a"));
  EXPECT_TRUE(seen.contains("ab"));
  EXPECT_TRUE(seen.contains("0b")) << "the second block without the first";
}

TEST(PowerCutDiskTest, NamesThatWereNotSyncedMayBeLostOrStay) {
  unsigned created = 0, removed = 0, renamed = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    PowerCutDisk disk(seed);
    auto& files = disk.files();
    for (const char* name : {"/old", "/from"}) {
      const auto file = files.open(name, {.mode = OpenMode::create}).value();
      ASSERT_TRUE(put(*file, 0, name));
      ASSERT_TRUE(file->sync());
    }
    ASSERT_TRUE(files.sync_directory("/"));
    ASSERT_TRUE(files.open("/new", {.mode = OpenMode::create}));
    ASSERT_TRUE(files.remove("/old"));
    ASSERT_TRUE(files.rename("/from", "/to"));
    disk.power_cut();
    disk.reboot();
    created += text_of(disk, "/new").has_value();
    removed += !text_of(disk, "/old").has_value();
    const bool to = text_of(disk, "/to").has_value();
    EXPECT_NE(to, text_of(disk, "/from").has_value()) << "a rename stays whole";
    renamed += to;
  }
  for (const unsigned count : {created, removed, renamed}) {
    EXPECT_GT(count, 20u);
    EXPECT_LT(count, 180u);
  }
}

TEST(PowerCutDiskTest, SyncedNamesAndRemovalsSurvive) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    PowerCutDisk disk(seed);
    auto& files = disk.files();
    ASSERT_TRUE(files.make_directory("/d"));
    ASSERT_TRUE(files.sync_directory("/"));
    ASSERT_TRUE(files.open("/d/a", {.mode = OpenMode::create}));
    ASSERT_TRUE(files.open("/d/b", {.mode = OpenMode::create}));
    ASSERT_TRUE(files.remove("/d/a"));
    ASSERT_TRUE(files.rename("/d/b", "/d/c"));
    ASSERT_TRUE(files.sync_directory("/d"));
    disk.power_cut();
    disk.reboot();
    const auto entries = files.list("/d").value();
    ASSERT_EQ(entries.size(), 1u);
    EXPECT_EQ(entries[0].name, "c");
  }
}

TEST(PowerCutDiskTest, TheCutFailsItsCallAndAllLaterOnes) {
  PowerCutDisk disk(1);
  const auto file = disk.files().open("/f", {.mode = OpenMode::create}).value();
  disk.cut_after(2);
  EXPECT_TRUE(put(*file, 0, "a"));
  EXPECT_FALSE(file->sync());
  EXPECT_TRUE(disk.is_cut());
  EXPECT_FALSE(put(*file, 0, "a"));
  EXPECT_FALSE(text_of(disk, "/f"));
  EXPECT_FALSE(disk.files().list("/"));
  disk.reboot();
  EXPECT_FALSE(disk.is_cut());
  EXPECT_TRUE(disk.files().list("/"));
  EXPECT_FALSE(put(*file, 0, "a")) << "the file was opened in a former life";
}

TEST(PowerCutDiskTest, AReplacedSmallFileIsTheOldOrTheNewOne) {
  unsigned news = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    PowerCutDisk disk(seed);
    ASSERT_TRUE(drive::replace_text_file(disk.files(), "/f", "old text"));
    disk.cut_after(1 + seed % 5);
    EXPECT_FALSE(drive::replace_text_file(disk.files(), "/f", "new"));
    disk.reboot();
    const auto text = text_of(disk, "/f");
    ASSERT_TRUE(text) << seed;
    EXPECT_TRUE(*text == "old text" || *text == "new") << seed << ": " << *text;
    news += *text == "new";
  }
  EXPECT_GT(news, 0u);
}

TEST(PowerCutDiskTest, ADirectFileTakesWholeBlocksOnly) {
  PowerCutDisk disk(1);
  const auto file = disk.files().open("/f", {.mode = OpenMode::create, .direct = true}).value();
  alignas(4096) static const std::array<std::byte, 8192> kBlocks{};
  for (const auto& [offset, from, count] :
       {std::array<std::size_t, 3>{1, 0, 4096}, {0, 1, 4096}, {0, 0, 100}}) {
    const std::array parts{Bytes(kBlocks).subspan(from, count)};
    EXPECT_FALSE(file->write(offset, parts));
  }
  const std::array parts{Bytes(kBlocks)};
  EXPECT_TRUE(file->write(4096, parts));
}

TEST(PowerCutDiskTest, AFullDiskSaysSo) {
  PowerCutDisk disk(1, 100);
  const auto file = disk.files().open("/f", {.mode = OpenMode::create}).value();
  ASSERT_TRUE(put(*file, 0, std::string(90, 'a')));
  EXPECT_EQ(put(*file, 90, std::string(20, 'a')).error().code, Code::drive_full);
  EXPECT_EQ(disk.files().space("/")->free, 10u);
  ASSERT_TRUE(disk.files().remove("/f"));
  EXPECT_EQ(disk.files().space("/")->free, 100u);
}

// RocksDB on the fake: every write that it acknowledged with a sync is there after a cut at any point.
TEST(PowerCutDiskTest, RocksDbKeepsItsSyncedWritesOnIt) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    PowerCutDisk disk(seed);
    const auto env = rocksdb::NewCompositeEnv(disk.rocksdb_files());
    rocksdb::Options options;
    options.create_if_missing = true;
    options.env = env.get();
    options.write_buffer_size = 64 << 10;  // so that flushes and compactions happen
    options.level0_file_num_compaction_trigger = 2;
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    // RocksDB makes its directory but does not make the name durable.
    ASSERT_TRUE(drive::ensure_directory(disk.files(), "/db"));
    int acknowledged = -1;
    const auto key = [](int i) { return std::to_string(i % 37); };
    {
      rocksdb::DB* raw = nullptr;
      ASSERT_TRUE(rocksdb::DB::Open(options, "/db", &raw).ok());
      const std::unique_ptr<rocksdb::DB> db(raw);
      disk.cut_after(1 + seed * 97);
      rocksdb::WriteOptions write;
      write.sync = true;
      for (int i = 0; i < 1000; ++i) {
        if (!db->Put(write, key(i), std::to_string(i) + std::string(2000, 'v')).ok()) break;
        acknowledged = i;
      }
      ASSERT_TRUE(disk.is_cut());
    }
    disk.reboot();
    rocksdb::DB* raw = nullptr;
    const auto opened = rocksdb::DB::Open(options, "/db", &raw);
    ASSERT_TRUE(opened.ok()) << seed << ": " << opened.ToString();
    const std::unique_ptr<rocksdb::DB> db(raw);
    for (int i = std::max(0, acknowledged - 36); i <= acknowledged; ++i) {
      std::string value;
      ASSERT_TRUE(db->Get({}, key(i), &value).ok()) << seed << ": " << i;
      EXPECT_GE(std::stoi(value), i) << seed;
      EXPECT_LE(std::stoi(value), acknowledged + 1) << seed;
    }
  }
}

}  // namespace
}  // namespace cairn::test
