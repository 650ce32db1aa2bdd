#include "cairn/codec/reed_solomon.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <vector>

#include <isa-l/erasure_code.h>

// ISA-L's gf_mul by the name that the build gives it, because libcrypto has a function of that name too.
extern "C" unsigned char isal_gf_mul(unsigned char a, unsigned char b);

namespace cairn::codec {
namespace {

constexpr std::size_t kTableBytes = 32;  // of ec_init_tables, per coefficient
constexpr std::size_t kCachedPatterns = 64;
constexpr std::size_t kMostPerCall = 1u << 30;  // ISA-L takes the length as int

using GfTables = std::vector<unsigned char>;

// ISA-L takes its sources as pointers to non-const, and only reads them.
using Sources = std::array<unsigned char*, kMaxShards>;
unsigned char* source(const std::byte* p) {
  return const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(p));
}

// targets = coefficients x sources, row by row.
void multiply(unsigned sources, unsigned targets, const GfTables& tables, Sources from, Sources to,
              std::size_t length) {
  while (length > 0) {
    const std::size_t step = std::min(length, kMostPerCall);
    ec_encode_data(static_cast<int>(step), static_cast<int>(sources), static_cast<int>(targets),
                   const_cast<unsigned char*>(tables.data()), from.data(), to.data());
    for (unsigned i = 0; i < sources; ++i) from[i] += step;
    for (unsigned i = 0; i < targets; ++i) to[i] += step;
    length -= step;
  }
}

GfTables expand(unsigned columns, unsigned rows, unsigned char* coefficients) {
  GfTables out(kTableBytes * columns * rows);
  ec_init_tables(static_cast<int>(columns), static_cast<int>(rows), coefficients, out.data());
  return out;
}

}  // namespace

struct ReedSolomon::Tables {
  std::array<unsigned char, kMaxShards * kMaxShards>
      matrix{};  // D+P rows of D coefficients, the identity first
  GfTables encode;
  // Decoding tables by (shards used, shards wanted), the oldest dropped first.
  mutable std::mutex mutex;
  mutable std::unordered_map<std::uint32_t, std::shared_ptr<const GfTables>> decode;
  mutable std::deque<std::uint32_t> decode_order;

  std::shared_ptr<const GfTables> decoder(unsigned data, std::uint32_t used, std::uint32_t wanted) const;
  GfTables make_decoder(unsigned data, std::uint32_t used, std::uint32_t wanted) const;
};

std::shared_ptr<const GfTables> ReedSolomon::Tables::decoder(unsigned data, std::uint32_t used,
                                                             std::uint32_t wanted) const {
  const std::uint32_t pattern = used << kMaxShards | wanted;
  {
    const std::lock_guard lock(mutex);
    if (const auto it = decode.find(pattern); it != decode.end()) return it->second;
  }
  auto made = std::make_shared<const GfTables>(make_decoder(data, used, wanted));
  const std::lock_guard lock(mutex);
  if (!decode.emplace(pattern, made).second) return made;  // another thread was faster
  decode_order.push_back(pattern);
  if (decode.size() > kCachedPatterns) {
    decode.erase(decode_order.front());
    decode_order.pop_front();
  }
  return made;
}

// The rows of the matrix that belong to the used shards give these from the data; their inverse gives the
// data from them, and that times a row of the matrix gives any wanted shard.
GfTables ReedSolomon::Tables::make_decoder(unsigned data, std::uint32_t used, std::uint32_t wanted) const {
  std::array<unsigned char, kMaxShards * kMaxShards> rows{}, inverse{}, out{};
  unsigned row = 0;
  for (std::uint32_t set = used; set; set &= set - 1) {
    const auto shard = static_cast<unsigned>(std::countr_zero(set));
    std::copy_n(&matrix[shard * data], data, &rows[row++ * data]);
  }
  // Never singular: every square submatrix of a Cauchy matrix is invertible.
  gf_invert_matrix(rows.data(), inverse.data(), static_cast<int>(data));
  unsigned target = 0;
  for (std::uint32_t set = wanted; set; set &= set - 1, ++target) {
    const auto shard = static_cast<unsigned>(std::countr_zero(set));
    for (unsigned column = 0; column < data; ++column) {
      unsigned char sum = 0;
      for (unsigned i = 0; i < data; ++i) {
        sum ^= isal_gf_mul(matrix[shard * data + i], inverse[i * data + column]);
      }
      out[target * data + column] = sum;
    }
  }
  return expand(data, target, out.data());
}

ReedSolomon::ReedSolomon(unsigned data, unsigned parity)
    : data_(data), parity_(parity), tables_(std::make_unique<Tables>()) {
  gf_gen_cauchy1_matrix(tables_->matrix.data(), static_cast<int>(total()), static_cast<int>(data));
  if (parity > 0) tables_->encode = expand(data, parity, &tables_->matrix[std::size_t{data} * data]);
}

ReedSolomon::~ReedSolomon() = default;

Result<const ReedSolomon*> ReedSolomon::get(unsigned data, unsigned parity) {
  if (!valid_shards(data, parity))
    return fail(Code::invalid_argument, "erasure code: data and parity shards");
  static std::mutex mutex;
  static std::array<std::unique_ptr<const ReedSolomon>, (kMaxShards + 1) * (kMaxShards + 1)> made;
  const std::lock_guard lock(mutex);
  auto& coder = made[data * (kMaxShards + 1) + parity];
  if (!coder) coder.reset(new ReedSolomon(data, parity));
  return coder.get();
}

void ReedSolomon::encode(std::span<const std::byte* const> data, std::span<std::byte* const> parity,
                         std::size_t length) const {
  if (parity_ == 0) return;
  Sources from{}, to{};
  for (unsigned i = 0; i < data_; ++i) from[i] = source(data[i]);
  for (unsigned i = 0; i < parity_; ++i) to[i] = source(parity[i]);
  multiply(data_, parity_, tables_->encode, from, to, length);
}

Status ReedSolomon::reconstruct(std::span<const std::byte* const> present, std::span<std::byte* const> wanted,
                                std::size_t length) const {
  if (length == 0) return {};  // nothing to rebuild, and the pointers of empty shards may be null
  Sources from{}, to{};
  std::uint32_t used = 0, asked = 0;
  unsigned sources = 0, targets = 0;
  for (unsigned i = 0; i < total(); ++i) {
    if (present[i] && sources < data_) {
      used |= 1u << i;
      from[sources++] = source(present[i]);
    }
    if (wanted[i]) {
      asked |= 1u << i;
      to[targets++] = source(wanted[i]);
    }
  }
  if (sources < data_) return fail(Code::no_quorum, "erasure code: fewer shards than are needed");
  if (targets > 0) multiply(data_, targets, *tables_->decoder(data_, used, asked), from, to, length);
  return {};
}

}  // namespace cairn::codec
