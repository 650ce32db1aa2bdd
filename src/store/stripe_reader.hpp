#pragma once
#include <memory>
#include <vector>

#include "cairn/base/buffer.hpp"
#include "cairn/codec/reed_solomon.hpp"
#include "cairn/codec/stripe.hpp"

#include "store/erasure_set.hpp"

namespace cairn::store {

// Shards that a read found missing or damaged, by slot.
struct Damage {
  SlotMask missing = 0;  // no shard, or none that opens
  SlotMask corrupt = 0;  // chunks with wrong hashes
  SlotMask all() const { return missing | corrupt; }
};

// Checks the inlined shards in `bodies` (by slot; empty: missing) and gives back the object's bytes, `length`
// of them. no_quorum when too few are good. A single piece unless D > 1, then one piece a data shard.
Result<std::vector<Slice>> decode_inlined(const ErasureSet& set, std::uint32_t rotation,
                                          codec::Geometry geometry, DataId data, std::uint64_t length,
                                          const std::vector<Slice>& bodies, BufferPool& pool, Damage& damage);
// The inlined shards of the slots in `wanted`, rebuilt from the others.
Result<std::vector<Slice>> rebuild_inlined(const ErasureSet& set, std::uint32_t rotation,
                                           codec::Geometry geometry, DataId data, std::uint64_t length,
                                           const std::vector<Slice>& bodies, SlotMask wanted,
                                           BufferPool& pool);

// Reads one object's or part's shard files, a run of stripes at a time. Every chunk is checked; what is bad
// or missing is rebuilt from other shards. One caller; a run may be requested before the last one was
// collected (read-ahead).
class StripeReader {
 public:
  struct Source {
    DataId data;
    codec::Geometry geometry;
    std::uint64_t size = 0;
    std::uint32_t rotation = 0;
    SlotMask avoid = 0;  // slots known to lack their shard
  };
  StripeReader(ErasureSet& set, BufferPool& pool, Source source);
  ~StripeReader();

  const codec::Layout& layout() const { return layout_; }
  const Source& source() const { return source_; }

  // Chunks of a run by stripe and shard index; empty Slice: not there.
  struct Run {
    std::uint64_t first = 0;
    std::uint32_t count = 0;
    std::vector<std::array<Slice, codec::kMaxShards>> stripes;
  };
  // Reads stripes [first, first + count): at least D good chunks of each, the data chunks complete.
  Task<Run> read(std::uint64_t first, std::uint32_t count);
  // Asks the drives to begin with what read() will be asked for next.
  void prefetch(std::uint64_t first, std::uint32_t count);
  // Reads the chunks of all slots of `slots` and reports which are not there or not good; nothing is rebuilt.
  Task<Damage> check(std::uint64_t first, std::uint32_t count, SlotMask slots);
  // Which of `slots` have a shard file that is not whole around its chunks.
  Task<SlotMask> check_frames(SlotMask slots);
  const Damage& damage() const { return damage_; }
  std::shared_ptr<drive::ShardReader> opened(std::uint32_t slot) const { return readers_[slot]; }

 private:
  using Chunks = std::vector<drive::Chunk>;
  struct Ahead {
    std::uint64_t first = 0;
    std::uint32_t count = 0;
    SlotMask asked = 0;
    std::shared_ptr<Gather<Chunks>> gather;
  };
  SlotMask best(SlotMask excluded) const;
  Task<SlotMask> open(SlotMask slots);
  Ahead request(std::uint64_t first, std::uint32_t count, SlotMask slots);
  // Takes what came into `run`; returns the slots that were good throughout.
  SlotMask take(Run& run, SlotMask slots, std::vector<std::optional<Result<Chunks>>> replies);
  Status complete(Run& run);

  ErasureSet& set_;
  BufferPool& pool_;
  Source source_;
  codec::Layout layout_;
  const codec::ReedSolomon* code_ = nullptr;
  std::array<std::shared_ptr<drive::ShardReader>, codec::kMaxShards> readers_;  // by slot
  Damage damage_;
  SlotMask slow_ = 0;
  std::optional<Ahead> ahead_;
};

}  // namespace cairn::store
