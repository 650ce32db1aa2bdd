#pragma once
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cairn/base/buffer.hpp"

#include "drive/shard_store.hpp"

namespace cairn::drive::test {

// The one result of an operation whose job runs in the caller.
template <class T>
class Outcome {
 public:
  Completion<T> completion() {
    return [this](Result<T> result) {
      EXPECT_FALSE(result_) << "completed twice";
      result_.emplace(std::move(result));
    };
  }
  Result<T> take() {
    EXPECT_TRUE(result_) << "never completed";
    return result_ ? std::move(*result_) : Result<T>(fail(Code::internal, "never completed"));
  }

 private:
  std::optional<Result<T>> result_;
};

// One shard with contents that follow from its id and place, to be written and compared.
struct TestShard {
  DataId id = DataId::random();
  std::uint32_t index = 1;
  codec::Geometry geometry{.data = 2, .parity = 1, .chunk_size = 4096};
  std::uint64_t size = 0;
  std::string identity = "bucket/key";
  std::string metadata = "metadata";

  codec::Layout layout() const { return {geometry, size}; }

  std::string bytes(std::uint64_t stripe) const {
    std::string out(layout().chunk_length(stripe), '\0');
    std::uint64_t x = stripe * 0x9e3779b97f4a7c15 + id.raw[5] + 1;
    for (char& c : out) {
      x = x * 6364136223846793005u + 1442695040888963407u;
      c = static_cast<char>(x >> 56);
    }
    return out;
  }
  codec::Hash256 hash(std::uint64_t stripe) const {
    return codec::chunk_hash({.data_id = id, .index = static_cast<std::uint8_t>(index)}, stripe,
                             as_bytes(bytes(stripe)));
  }
  Chunk chunk(std::uint64_t stripe) const { return {Slice::of(bytes(stripe)), hash(stripe)}; }
  std::vector<Chunk> chunks(std::uint64_t first, std::uint64_t last) const {
    std::vector<Chunk> out;
    for (; first < last; ++first) out.push_back(chunk(first));
    return out;
  }
  StageRequest stage_request(bool replace = false) const {
    return {.data = id,
            .shard_index = index,
            .geometry = geometry,
            .size = size,
            .identity = identity,
            .replace = replace};
  }
  OpenShardRequest open_request() const {
    return {.data = id, .shard_index = index, .geometry = geometry, .size = size};
  }
};

inline Result<std::unique_ptr<ShardWriter>> stage(ShardStore& store, const StageRequest& request) {
  Outcome<std::unique_ptr<ShardWriter>> outcome;
  store.stage(request, outcome.completion());
  return outcome.take();
}
inline Status append(ShardWriter& writer, std::vector<Chunk> chunks) {
  Outcome<void> outcome;
  writer.append(std::move(chunks), outcome.completion());
  return outcome.take();
}
inline Result<StageToken> finish(ShardWriter& writer, std::string metadata) {
  Outcome<StageToken> outcome;
  writer.finish(std::move(metadata), outcome.completion());
  return outcome.take();
}
inline Result<std::shared_ptr<ShardReader>> open(ShardStore& store, const OpenShardRequest& request) {
  Outcome<std::shared_ptr<ShardReader>> outcome;
  store.open(request, outcome.completion());
  return outcome.take();
}
inline Result<std::vector<Chunk>> read(ShardReader& reader, std::uint64_t first, std::uint32_t count) {
  Outcome<std::vector<Chunk>> outcome;
  reader.read(first, count, outcome.completion());
  return outcome.take();
}
inline Status rewrite(ShardReader& reader, std::uint64_t stripe, Chunk chunk) {
  Outcome<void> outcome;
  reader.rewrite(stripe, std::move(chunk), outcome.completion());
  return outcome.take();
}

// Writes the whole shard, `at_a_time` chunks an append.
inline Result<StageToken> write_shard(ShardStore& store, const TestShard& shard, std::uint64_t at_a_time = 3,
                                      bool replace = false) {
  TRY(const auto writer, stage(store, shard.stage_request(replace)));
  const std::uint64_t count = shard.layout().stripe_count();
  for (std::uint64_t first = 0; first < count; first += at_a_time)
    TRY(append(*writer, shard.chunks(first, std::min(count, first + at_a_time))));
  return finish(*writer, shard.metadata);
}

inline void expect_chunks(const TestShard& shard, std::uint64_t first, const Result<std::vector<Chunk>>& got,
                          std::uint64_t count) {
  ASSERT_TRUE(got) << got.error().context;
  ASSERT_EQ(got->size(), count);
  for (std::uint64_t i = 0; i < count; ++i) {
    EXPECT_EQ((*got)[i].data.text(), shard.bytes(first + i)) << "stripe " << first + i;
    EXPECT_EQ((*got)[i].hash, shard.hash(first + i)) << "stripe " << first + i;
  }
}

}  // namespace cairn::drive::test
