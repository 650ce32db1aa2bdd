#pragma once
#include <deque>
#include <memory>
#include <vector>

#include "cairn/base/buffer.hpp"
#include "cairn/codec/reed_solomon.hpp"
#include "cairn/codec/stripe.hpp"

#include "store/erasure_set.hpp"

namespace cairn::store {

// Where the shards of some data went: by slot.
struct Stored {
  drive::DataRef ref;  // null id: no bytes
  codec::Geometry geometry;
  std::vector<Slice> bodies;                             // inlined: the shard of each slot
  std::vector<std::optional<drive::StageToken>> staged;  // file
};

// Shards up to this size go into the record. docs/performance.md has the measurement.
inline constexpr std::size_t kInlineShard = 128u << 10;

// Whether `size` bytes are stored in the records: one stripe, with small shards.
bool fits_inline(const codec::Geometry& geometry, std::uint64_t size);

// Codes one buffer of `length` <= one stripe into the inlined shards, by slot.
// `data` has room for the padding.
Stored encode_inlined(const ErasureSet& set, std::uint32_t rotation, codec::Geometry geometry,
                      MutableBytes data, std::size_t length, BufferPool& pool);

// Streams stripes to all drives of a set at once, each at its own pace: a drive that fails or lags far behind
// is left out as long as `need` others go on. One caller.
class StripeWriter {
 public:
  struct Target {
    DataId data;
    codec::Geometry geometry;
    std::uint64_t size = 0;
    std::string identity;
    std::uint32_t rotation = 0;
    std::uint32_t need = 1;
    SlotMask slots = 0;    // the drives to write to; others are left out
    bool replace = false;  // rewrite damaged files (heal)
  };
  StripeWriter(ErasureSet& set, BufferPool& pool, Target target);
  ~StripeWriter();

  Task<void> open();
  // The next stripe: `length` bytes of `data`, which has room for the padding. Returns when the drives can
  // take more.
  Task<void> write(std::shared_ptr<Buffer> data, std::size_t length);
  // The next chunks of the slots that are written to, ready made (heal).
  Task<void> write_chunks(std::vector<std::optional<drive::Chunk>> by_slot);
  // Durable on `need` drives, and on the others that keep up.
  Task<std::vector<std::optional<drive::StageToken>>> finish(std::string metadata);

 private:
  struct Fan;
  Task<void> flow(std::size_t ahead);

  ErasureSet& set_;
  BufferPool& pool_;
  Target target_;
  const codec::ReedSolomon* code_ = nullptr;
  std::uint64_t stripe_ = 0;
  const Deadline begun_ = std::chrono::steady_clock::now();
  std::shared_ptr<Fan> fan_;
};

}  // namespace cairn::store
