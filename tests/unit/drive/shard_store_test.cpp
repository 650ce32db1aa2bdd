#include "drive/shard_store.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <future>

#include <gtest/gtest.h>

#include "cairn/base/thread_pool.hpp"

#include "unit/drive/shard_fixture.hpp"
#include "unit/drive/test_folder.hpp"

namespace cairn::drive::test {
namespace {

struct Mode {
  const char* name;
  bool direct_write;
  std::uint64_t cached_read_limit;
};

class ShardStoreTest : public testing::TestWithParam<Mode> {
 protected:
  ShardStoreTest() {
    EXPECT_TRUE(ShardStore::make_directories(files_, root_));
    store_.emplace(config());
  }

  ShardStoreConfig config() {
    return {.files = files_,
            .buffers = buffers_,
            .root = root_,
            .boot = boot_,
            .run = [this](std::move_only_function<void()> job) { run(std::move(job)); },
            .fault = [this](ShardFault fault, const Error&) { faults_.push_back(fault); },
            .direct_write = GetParam().direct_write,
            .cached_read_limit = GetParam().cached_read_limit};
  }
  virtual void run(std::move_only_function<void()> job) {
    if (held_) {
      jobs_.push_back(std::move(job));
    } else {
      job();
    }
  }
  void run_held() {
    while (!jobs_.empty()) {
      auto job = std::move(jobs_.front());
      jobs_.pop_front();
      job();
    }
  }

  std::string path_of(const TestShard& shard) const { return ShardStore::path_of(root_, shard.id); }
  void flip(const TestShard& shard, std::uint64_t offset) {
    const auto file = files_.open(path_of(shard), {.mode = OpenMode::write}).value();
    std::string byte(1, '\0');
    const std::array into{std::as_writable_bytes(std::span(byte))};
    ASSERT_EQ(file->read(offset, into).value(), 1u);
    byte[0] = static_cast<char>(byte[0] ^ 0x40);
    const std::array from{as_bytes(byte)};
    ASSERT_TRUE(file->write(offset, from));
  }

  cairn::test::TestFolder folder_;
  SystemFiles files_;
  BufferPool buffers_;
  const std::string root_ = folder_.path();
  const BootId boot_ = BootId::random();
  bool held_ = false;
  std::deque<std::move_only_function<void()>> jobs_;
  std::vector<ShardFault> faults_;
  std::optional<ShardStore> store_;
};

INSTANTIATE_TEST_SUITE_P(Modes, ShardStoreTest,
                         testing::Values(Mode{"Direct", true, 0}, Mode{"Cached", false, UINT64_MAX},
                                         Mode{"Mixed", true, UINT64_MAX}),
                         [](const auto& instance) { return instance.param.name; });

TEST_P(ShardStoreTest, WhatWasWrittenIsReadBackForEverySize) {
  const std::uint64_t stripe = 8192;
  const std::uint64_t group = codec::Layout::kChunksPerGroup;
  for (const std::uint64_t size :
       {std::uint64_t{0}, std::uint64_t{1}, stripe - 1, stripe, stripe + 1, 3 * stripe, group * stripe - 5,
        group * stripe, group * stripe + 5, 2 * group * stripe + 7777}) {
    for (const std::uint64_t at_a_time : {1, 100, 1000}) {
      TestShard shard{.size = size};
      const auto token = write_shard(*store_, shard, at_a_time);
      ASSERT_TRUE(token) << token.error().context;
      EXPECT_EQ(token->data, shard.id);
      EXPECT_EQ(token->boot, boot_);
      const auto reader = open(*store_, shard.open_request());
      ASSERT_TRUE(reader) << reader.error().context;
      const std::uint64_t count = shard.layout().stripe_count();
      expect_chunks(shard, 0, read(**reader, 0, static_cast<std::uint32_t>(count)), count);
      if (count > 2) expect_chunks(shard, count - 2, read(**reader, count - 2, 2), 2);
      const auto metadata = read_shard_file_metadata(files_, path_of(shard));
      ASSERT_TRUE(metadata) << metadata.error().context;
      EXPECT_EQ(metadata->metadata, "metadata");
      EXPECT_EQ(metadata->header.identity, "bucket/key");
      EXPECT_EQ(metadata->header.size, size);
    }
  }
  EXPECT_TRUE(faults_.empty());
}

TEST_P(ShardStoreTest, AFileHasExactlyTheSizeOfItsFormat) {
  TestShard shard{.size = 100'000};
  shard.metadata = std::string(5000, 'm');
  ASSERT_TRUE(write_shard(*store_, shard));
  EXPECT_EQ(files_.stat(path_of(shard))->size, codec::file_size(shard.layout(), 5000));
}

TEST_P(ShardStoreTest, EveryRunOfChunksIsReadable) {
  const std::uint64_t count = 300;
  TestShard shard{.size = count * 8192};
  ASSERT_TRUE(write_shard(*store_, shard, 7));
  const auto reader = open(*store_, shard.open_request()).value();
  // The first read begins in the middle of a group, so header and hashes come by reads of their own.
  for (const auto& [first, n] :
       {std::pair{200u, 3u}, {0u, 1u}, {127u, 2u}, {128u, 1u}, {100u, 200u}, {299u, 1u}, {300u, 0u}})
    expect_chunks(shard, first, read(*reader, first, n), n);
  EXPECT_EQ(read(*reader, 299, 2).error().code, Code::invalid_argument);
  EXPECT_EQ(read(*reader, 301, 0).error().code, Code::invalid_argument);
  EXPECT_EQ(read(*reader, UINT64_MAX, 2).error().code, Code::invalid_argument);
}

TEST_P(ShardStoreTest, ChunksAtAnyAddressAreWrittenWhole) {
  TestShard shard{.size = 5 * 8192};
  auto writer = stage(*store_, shard.stage_request()).value();
  const Buffer memory = buffers_.get(64 << 10);
  for (std::uint64_t i = 0; i < 5; ++i) {
    const std::string bytes = shard.bytes(i);
    std::byte* at = memory.data() + i;  // the first is aligned
    std::memcpy(at, bytes.data(), bytes.size());
    ASSERT_TRUE(append(*writer, {Chunk{Slice({}, Bytes(at, bytes.size())), shard.hash(i)}}));
  }
  ASSERT_TRUE(finish(*writer, "m"));
  expect_chunks(shard, 0, read(*open(*store_, shard.open_request()).value(), 0, 5), 5);
}

TEST_P(ShardStoreTest, ChunksOfTheWrongNumberOrLengthAreRefused) {
  TestShard shard{.size = 2 * 8192};
  auto writer = stage(*store_, shard.stage_request()).value();
  EXPECT_EQ(append(*writer, {Chunk{Slice::of("short"), {}}}).error().code, Code::internal);
  EXPECT_TRUE(append(*writer, shard.chunks(0, 1)));
  EXPECT_EQ(append(*writer, {shard.chunk(1), shard.chunk(1)}).error().code, Code::internal);
  EXPECT_EQ(finish(*writer, "m").error().code, Code::internal);
  EXPECT_FALSE(store_->exists(shard.id).value()) << "what was not finished is removed";
}

TEST_P(ShardStoreTest, AnImpossibleGeometryIsRefused) {
  TestShard shard{.size = 10};
  shard.index = 3;  // of three shards
  EXPECT_EQ(stage(*store_, shard.stage_request()).error().code, Code::invalid_argument);
  EXPECT_EQ(open(*store_, shard.open_request()).error().code, Code::invalid_argument);
  shard.index = 0;
  shard.geometry.chunk_size = 5000;
  EXPECT_EQ(stage(*store_, shard.stage_request()).error().code, Code::invalid_argument);
}

TEST_P(ShardStoreTest, ADroppedWriterLeavesNothing) {
  TestShard shard{.size = 8192 * 3};
  auto writer = stage(*store_, shard.stage_request()).value();
  ASSERT_TRUE(append(*writer, shard.chunks(0, 2)));
  EXPECT_TRUE(store_->exists(shard.id).value());
  writer.reset();
  EXPECT_FALSE(store_->exists(shard.id).value());
}

TEST_P(ShardStoreTest, AWriterDroppedWhileItWritesLeavesNothing) {
  TestShard shard{.size = 8192 * 3};
  auto writer = stage(*store_, shard.stage_request()).value();
  held_ = true;
  Outcome<void> outcome;
  writer->append(shard.chunks(0, 2), outcome.completion());
  writer.reset();
  run_held();
  EXPECT_TRUE(outcome.take());
  EXPECT_FALSE(store_->exists(shard.id).value());
}

TEST_P(ShardStoreTest, AWriterDroppedAfterFinishLeavesTheFile) {
  TestShard shard{.size = 8192};
  auto writer = stage(*store_, shard.stage_request()).value();
  ASSERT_TRUE(append(*writer, shard.chunks(0, 1)));
  held_ = true;
  Outcome<StageToken> outcome;
  writer->finish("m", outcome.completion());
  writer.reset();
  run_held();
  EXPECT_TRUE(outcome.take());
  EXPECT_TRUE(store_->exists(shard.id).value());
}

TEST_P(ShardStoreTest, ADataIdIsWrittenOnce) {
  TestShard shard{.size = 8192};
  ASSERT_TRUE(write_shard(*store_, shard));
  EXPECT_EQ(stage(*store_, shard.stage_request()).error().code, Code::exists);
  expect_chunks(shard, 0, read(*open(*store_, shard.open_request()).value(), 0, 1), 1);
}

TEST_P(ShardStoreTest, ReplaceMendsADamagedFileInPlace) {
  TestShard shard{.size = 8192 * 140};
  shard.metadata = std::string(9000, 'o');
  ASSERT_TRUE(write_shard(*store_, shard));
  const auto before = files_.stat(path_of(shard)).value();
  for (const std::uint64_t offset :
       {std::uint64_t{3}, shard.layout().hash_block_offset(1), shard.layout().chunk_offset(7)})
    flip(shard, offset);
  EXPECT_EQ(read(*open(*store_, shard.open_request()).value(), 0, 1).error().code, Code::corrupt);
  shard.metadata = "shorter";
  ASSERT_TRUE(write_shard(*store_, shard, 9, true));
  expect_chunks(shard, 0, read(*open(*store_, shard.open_request()).value(), 0, 140), 140);
  EXPECT_EQ(read_shard_file_metadata(files_, path_of(shard))->metadata, "shorter");
  EXPECT_LT(files_.stat(path_of(shard))->size, before.size);
}

TEST_P(ShardStoreTest, ReplaceMakesAFileThatIsMissing) {
  TestShard shard{.size = 8192 * 2};
  ASSERT_TRUE(write_shard(*store_, shard, 1, true));
  expect_chunks(shard, 0, read(*open(*store_, shard.open_request()).value(), 0, 2), 2);
}

TEST_P(ShardStoreTest, ADroppedReplacementLeavesWhatWasGood) {
  TestShard shard{.size = 8192 * 3};
  ASSERT_TRUE(write_shard(*store_, shard));
  auto writer = stage(*store_, shard.stage_request(true)).value();
  ASSERT_TRUE(append(*writer, shard.chunks(0, 1)));
  writer.reset();
  expect_chunks(shard, 0, read(*open(*store_, shard.open_request()).value(), 0, 3), 3);
}

TEST_P(ShardStoreTest, AMissingFileIsNotFound) {
  EXPECT_EQ(open(*store_, TestShard{.size = 1}.open_request()).error().code, Code::not_found);
  EXPECT_FALSE(store_->exists(DataId::random()).value());
  EXPECT_TRUE(faults_.empty()) << "that is no fault of the drive";
}

TEST_P(ShardStoreTest, AMissingDirectoryIsAFaultOfTheDrive) {
  TestShard shard{.size = 8192};
  ASSERT_TRUE(write_shard(*store_, shard));
  std::filesystem::remove_all(root_ + "/shards");
  EXPECT_EQ(open(*store_, shard.open_request()).error().code, Code::offline);
  EXPECT_EQ(stage(*store_, shard.stage_request()).error().code, Code::offline);
  EXPECT_EQ(store_->exists(shard.id).error().code, Code::offline);
  EXPECT_EQ(store_->remove(std::array{shard.id}).error().code, Code::offline);
  EXPECT_EQ(faults_.size(), 4u);
  EXPECT_FALSE(std::filesystem::exists(root_ + "/shards"))
      << "nothing may be written in a mount point's stead";
}

TEST_P(ShardStoreTest, ATruncatedFileIsCorrupt) {
  TestShard shard{.size = 8192 * 3};
  ASSERT_TRUE(write_shard(*store_, shard));
  const auto size = files_.stat(path_of(shard))->size;
  for (const std::uint64_t left :
       {size - 1, size - 4096, std::uint64_t{4096}, std::uint64_t{1}, std::uint64_t{0}}) {
    std::filesystem::resize_file(path_of(shard), left);
    EXPECT_EQ(open(*store_, shard.open_request()).error().code, Code::corrupt) << left;
  }
  EXPECT_TRUE(faults_.empty());
}

TEST_P(ShardStoreTest, AFileTruncatedUnderItsReaderIsCorrupt) {
  TestShard shard{.size = 8192 * 3};
  ASSERT_TRUE(write_shard(*store_, shard));
  const auto reader = open(*store_, shard.open_request()).value();
  std::filesystem::resize_file(path_of(shard), 4096 * 3);
  EXPECT_EQ(read(*reader, 0, 3).error().code, Code::corrupt);
}

TEST_P(ShardStoreTest, AHeaderOfAnotherShardIsCorrupt) {
  TestShard shard{.size = 8192 * 200};
  ASSERT_TRUE(write_shard(*store_, shard));
  auto request = shard.open_request();
  request.shard_index = 0;
  for (const std::uint64_t first : {0u, 5u, 150u})
    EXPECT_EQ(read(*open(*store_, request).value(), first, 1).error().code, Code::corrupt);
  request = shard.open_request();
  request.size -= 1;
  EXPECT_EQ(read(*open(*store_, request).value(), 0, 1).error().code, Code::corrupt);
  TestShard other{.size = shard.size};
  std::filesystem::copy(path_of(shard), path_of(other));
  EXPECT_EQ(read(*open(*store_, other.open_request()).value(), 0, 1).error().code, Code::corrupt);
}

TEST_P(ShardStoreTest, AFlippedBitIsHandedOutWithAHashThatDoesNotMatch) {
  TestShard shard{.size = 8192 * 3};
  ASSERT_TRUE(write_shard(*store_, shard));
  flip(shard, shard.layout().chunk_offset(1) + 17);
  const auto chunks = read(*open(*store_, shard.open_request()).value(), 0, 3).value();
  EXPECT_EQ(chunks[1].hash, shard.hash(1));
  EXPECT_FALSE(
      codec::chunk_is_good({.data_id = shard.id, .index = 1}, 1, chunks[1].data.bytes, chunks[1].hash));
}

TEST_P(ShardStoreTest, RewriteMendsAChunkAndItsHash) {
  TestShard shard{.size = 8192 * 200 - 3};
  ASSERT_TRUE(write_shard(*store_, shard));
  const auto reader = open(*store_, shard.open_request()).value();
  for (const std::uint64_t stripe : {1u, 150u, 199u}) {
    flip(shard, shard.layout().chunk_offset(stripe) + 17);
    flip(shard, shard.layout().hash_block_offset(codec::Layout::group_of(stripe)) +
                    codec::Layout::hash_index(stripe) * 32);
  }
  EXPECT_NE(read(*reader, 150, 1).value()[0].hash, shard.hash(150));
  for (const std::uint64_t stripe : {1u, 150u, 199u})
    ASSERT_TRUE(rewrite(*reader, stripe, shard.chunk(stripe)));
  expect_chunks(shard, 0, read(*reader, 0, 200), 200);
  expect_chunks(shard, 0, read(*open(*store_, shard.open_request()).value(), 0, 200), 200);
  EXPECT_EQ(rewrite(*reader, 200, shard.chunk(1)).error().code, Code::invalid_argument);
  EXPECT_EQ(rewrite(*reader, 199, shard.chunk(1)).error().code, Code::invalid_argument)
      << "the last chunk is shorter";
}

TEST_P(ShardStoreTest, AReaderStaysReadableAfterTheFileWasCollected) {
  TestShard shard{.size = 8192 * 150};
  ASSERT_TRUE(write_shard(*store_, shard));
  const auto reader = open(*store_, shard.open_request()).value();
  ASSERT_TRUE(store_->remove(std::array{shard.id}));
  EXPECT_FALSE(store_->exists(shard.id).value());
  expect_chunks(shard, 0, read(*reader, 0, 150), 150);
  EXPECT_EQ(rewrite(*reader, 1, shard.chunk(1)).error().code, Code::not_found);
  EXPECT_FALSE(store_->exists(shard.id).value()) << "a rewrite must not bring a file back";
}

TEST_P(ShardStoreTest, RemoveAndListKnowAllFiles) {
  std::vector<DataId> ids;
  for (int i = 0; i < 50; ++i) {
    TestShard shard{.size = 1};
    ASSERT_TRUE(write_shard(*store_, shard));
    ids.push_back(shard.id);
  }
  // What is not a shard file is not listed.
  ASSERT_TRUE(files_.open(root_ + "/shards/00/note", {.mode = OpenMode::create}));
  ASSERT_TRUE(files_.open(root_ + "/shards/00/ff" + std::string(30, '0'), {.mode = OpenMode::create}));
  std::vector<DataId> found;
  ASSERT_TRUE(store_->for_each([&](const DataId& id) { found.push_back(id); }));
  std::ranges::sort(ids);
  std::ranges::sort(found);
  EXPECT_EQ(found, ids);
  ids.push_back(DataId::random());  // one that is not there is fine
  ASSERT_TRUE(store_->remove(ids));
  found.clear();
  ASSERT_TRUE(store_->for_each([&](const DataId& id) { found.push_back(id); }));
  EXPECT_TRUE(found.empty());
}

TEST_P(ShardStoreTest, BuffersReturnToThePool) {
  TestShard shard{.size = 8192 * 300};
  ASSERT_TRUE(write_shard(*store_, shard));
  {
    const auto reader = open(*store_, shard.open_request()).value();
    ASSERT_TRUE(read(*reader, 0, 300));
    EXPECT_LE(buffers_.bytes_in_use(), 3 * 4096u) << "only the cached blocks of hashes stay";
  }
  EXPECT_EQ(buffers_.bytes_in_use(), 0u);
}

TEST_P(ShardStoreTest, SalvageRefusesDamage) {
  TestShard shard{.size = 8192 * 3};
  ASSERT_TRUE(write_shard(*store_, shard));
  ASSERT_TRUE(read_shard_file_metadata(files_, path_of(shard)));
  flip(shard, shard.layout().trailer_offset() + 20);
  EXPECT_EQ(read_shard_file_metadata(files_, path_of(shard)).error().code, Code::corrupt);
  flip(shard, shard.layout().trailer_offset() + 20);
  flip(shard, 10);
  EXPECT_FALSE(read_shard_file_metadata(files_, path_of(shard)));
  std::filesystem::resize_file(path_of(shard), 100);
  EXPECT_EQ(read_shard_file_metadata(files_, path_of(shard)).error().code, Code::corrupt);
}

TEST_P(ShardStoreTest, ManyShardsAreWrittenAndReadAtOnce) {
  ThreadPool pool("test-io", 4);
  auto concurrent = config();
  concurrent.run = [&pool](std::move_only_function<void()> job) { pool.post(std::move(job)); };
  ShardStore store(std::move(concurrent));
  struct Flow {
    TestShard shard{.size = 8192 * 160};
    std::unique_ptr<ShardWriter> writer;
    std::promise<void> done;
  };
  std::vector<Flow> flows(16);
  for (Flow& flow : flows) {
    store.stage(flow.shard.stage_request(), [&flow](Result<std::unique_ptr<ShardWriter>> writer) {
      ASSERT_TRUE(writer);
      flow.writer = std::move(*writer);
      flow.writer->append(flow.shard.chunks(0, 100), [&flow](Status first) {
        ASSERT_TRUE(first);
        flow.writer->append(flow.shard.chunks(100, 160), [&flow](Status second) {
          ASSERT_TRUE(second);
          flow.writer->finish("m", [&flow](Result<StageToken> token) {
            EXPECT_TRUE(token);
            flow.done.set_value();
          });
        });
      });
    });
  }
  for (Flow& flow : flows) flow.done.get_future().wait();
  for (Flow& flow : flows) {
    std::promise<Result<std::shared_ptr<ShardReader>>> opened;
    store.open(flow.shard.open_request(), [&](auto reader) { opened.set_value(std::move(reader)); });
    const auto reader = opened.get_future().get().value();
    std::promise<Result<std::vector<Chunk>>> a, b;
    reader->read(0, 160, [&](auto chunks) { a.set_value(std::move(chunks)); });
    reader->read(90, 60, [&](auto chunks) { b.set_value(std::move(chunks)); });
    expect_chunks(flow.shard, 0, a.get_future().get(), 160);
    expect_chunks(flow.shard, 90, b.get_future().get(), 60);
  }
}

}  // namespace
}  // namespace cairn::drive::test
