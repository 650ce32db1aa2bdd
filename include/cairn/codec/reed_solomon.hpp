#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "cairn/base/result.hpp"

namespace cairn::codec {

inline constexpr unsigned kMaxShards = 16;  // data and parity together

// Whether an object can be cut into `data` and `parity` shards: one shard of data at least, no more parity
// than data, and kMaxShards at most.
constexpr bool valid_shards(unsigned data, unsigned parity) {
  return data >= 1 && data <= kMaxShards && parity <= data && data + parity <= kMaxShards;
}

// Systematic Reed-Solomon over GF(2^8) with a Cauchy matrix (ISA-L's gf_gen_cauchy1_matrix): shards 0 to D-1
// are the data, D to D+P-1 the parity, and any D of them give back the rest. Part of the drive format: the
// matrix never changes. Immutable but for a bounded cache of decoding tables; thread-safe.
class ReedSolomon {
 public:
  // The coder of this shape, which lives as long as the process; invalid_argument unless valid_shards().
  static Result<const ReedSolomon*> get(unsigned data, unsigned parity);

  unsigned data() const { return data_; }
  unsigned parity() const { return parity_; }
  unsigned total() const { return data_ + parity_; }

  // Fills the P parity shards from the D data shards, each `length` bytes.
  void encode(std::span<const std::byte* const> data, std::span<std::byte* const> parity,
              std::size_t length) const;

  // Rebuilds shards, data or parity, from any D that are present. `present` and `wanted` have D+P entries in
  // shard order: a null in `present` is a missing shard, a null in `wanted` one that is not asked for.
  // no_quorum when fewer than D are present.
  Status reconstruct(std::span<const std::byte* const> present, std::span<std::byte* const> wanted,
                     std::size_t length) const;

  ~ReedSolomon();
  ReedSolomon(const ReedSolomon&) = delete;
  ReedSolomon& operator=(const ReedSolomon&) = delete;

 private:
  ReedSolomon(unsigned data, unsigned parity);
  struct Tables;
  unsigned data_;
  unsigned parity_;
  std::unique_ptr<Tables> tables_;
};

}  // namespace cairn::codec
