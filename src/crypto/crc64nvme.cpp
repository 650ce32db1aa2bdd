// CRC-64/NVME, the 64b CRC of the NVM Express NVM Command Set Specification: reflected polynomial
// 9a6c9329ac4bc9b5, starts from and is XORed with all ones. ISA-L has it only from 2.31 on.
#include <array>
#include <bit>
#include <cstring>

#include <immintrin.h>

#include "cairn/crypto/crc.hpp"

namespace cairn::crypto {
namespace {

constexpr std::uint64_t kPoly = 0x9a6c9329ac4bc9b5;

// Slicing by eight: kTable[k][b] is the effect of byte b with k bytes behind it.
using Tables = std::array<std::array<std::uint64_t, 256>, 8>;
constexpr Tables make_tables() {
  Tables t{};
  for (std::uint64_t b = 0; b < 256; ++b) {
    std::uint64_t v = b;
    for (int bit = 0; bit < 8; ++bit) v = v >> 1 ^ (v & 1 ? kPoly : 0);
    t[0][b] = v;
  }
  for (std::size_t k = 1; k < t.size(); ++k) {
    for (std::size_t b = 0; b < 256; ++b) t[k][b] = t[k - 1][b] >> 8 ^ t[0][t[k - 1][b] & 255];
  }
  return t;
}
constexpr Tables kTables = make_tables();

// These work on the inverted register.
std::uint64_t step(std::uint64_t reg, const unsigned char* data, std::size_t length) {
  for (; length >= 8; data += 8, length -= 8) {
    std::uint64_t v;
    std::memcpy(&v, data, 8);
    v ^= reg;
    reg = 0;
    for (std::size_t k = 0; k < 8; ++k) reg ^= kTables[7 - k][v >> 8 * k & 255];
  }
  for (; length > 0; ++data, --length) reg = reg >> 8 ^ kTables[0][(reg ^ *data) & 255];
  return reg;
}

std::uint64_t update_table(std::uint64_t crc, const unsigned char* data, std::size_t length) {
  return ~step(~crc, data, length);
}

// x^n mod P, reflected.
constexpr std::uint64_t x_to_the(unsigned n) {
  std::uint64_t v = std::uint64_t{1} << 63;
  while (n-- > 0) v = v >> 1 ^ (v & 1 ? kPoly : 0);
  return v;
}

// Folding after Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction"
// (Intel, 2009), section 2: 128 bits that stand n bits before the end of a message, L x^64 + H, weigh there L
// x^(64+n) + H x^n. The carry-less product of two reflected words is the reflected product times x, hence the
// exponents less one.
#define CAIRN_FOLD __attribute__((target("pclmul,sse4.1")))
#define CAIRN_FOLD_512 __attribute__((target("avx512f,vpclmulqdq,pclmul,sse4.1")))

CAIRN_FOLD inline __m128i fold(__m128i v, __m128i weights) {
  return _mm_xor_si128(_mm_clmulepi64_si128(v, weights, 0x00), _mm_clmulepi64_si128(v, weights, 0x11));
}

template <unsigned kBits>
CAIRN_FOLD inline __m128i weights() {
  constexpr std::uint64_t low = x_to_the(kBits + 63), high = x_to_the(kBits - 1);
  return _mm_set_epi64x(std::bit_cast<long long>(high), std::bit_cast<long long>(low));
}

CAIRN_FOLD inline __m128i load(const unsigned char* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

// Joins consecutive blocks that end at `data`, takes what follows, and reduces all to the CRC.
CAIRN_FOLD inline std::uint64_t finish(const __m128i* blocks, std::size_t count, const unsigned char* data,
                                       std::size_t length) {
  const __m128i by_one = weights<128>();
  __m128i sum = blocks[0];
  for (std::size_t i = 1; i < count; ++i) sum = _mm_xor_si128(fold(sum, by_one), blocks[i]);
  for (; length >= 16; data += 16, length -= 16) sum = _mm_xor_si128(fold(sum, by_one), load(data));
  unsigned char rest[16];
  std::memcpy(rest, &sum, sizeof rest);
  return ~step(step(0, rest, sizeof rest), data, length);
}

// Eight blocks at a time hide the latency of the multiplication.
CAIRN_FOLD std::uint64_t update_pclmul(std::uint64_t crc, const unsigned char* data, std::size_t length) {
  constexpr std::size_t kBlocks = 8, kBytes = 16 * kBlocks;
  if (length < kBytes) return update_table(crc, data, length);
  __m128i v[kBlocks];
  for (std::size_t i = 0; i < kBlocks; ++i) v[i] = load(data + 16 * i);
  v[0] = _mm_xor_si128(v[0], _mm_set_epi64x(0, std::bit_cast<long long>(~crc)));
  const __m128i by_all = weights<kBytes * 8>();
  for (data += kBytes, length -= kBytes; length >= kBytes; data += kBytes, length -= kBytes) {
    for (std::size_t i = 0; i < kBlocks; ++i) v[i] = _mm_xor_si128(fold(v[i], by_all), load(data + 16 * i));
  }
  return finish(v, kBlocks, data, length);
}

CAIRN_FOLD_512 inline __m512i load_512(const unsigned char* p) { return _mm512_loadu_si512(p); }

// The same, four blocks in a register.
CAIRN_FOLD_512 std::uint64_t update_vpclmul(std::uint64_t crc, const unsigned char* data,
                                            std::size_t length) {
  constexpr std::size_t kRegisters = 4, kBytes = 64 * kRegisters;
  if (length < 2 * kBytes) return update_pclmul(crc, data, length);
  __m512i v[kRegisters];
  for (std::size_t i = 0; i < kRegisters; ++i) v[i] = load_512(data + 64 * i);
  v[0] = _mm512_xor_si512(v[0], _mm512_zextsi128_si512(_mm_set_epi64x(0, std::bit_cast<long long>(~crc))));
  const __m512i by_all = _mm512_broadcast_i32x4(weights<kBytes * 8>());
  constexpr int kXor3 = 0x96;  // a truth table: a ^ b ^ c
  for (data += kBytes, length -= kBytes; length >= kBytes; data += kBytes, length -= kBytes) {
    for (std::size_t i = 0; i < kRegisters; ++i) {
      v[i] = _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(v[i], by_all, 0x00),
                                       _mm512_clmulepi64_epi128(v[i], by_all, 0x11), load_512(data + 64 * i),
                                       kXor3);
    }
  }
  __m128i blocks[4 * kRegisters];
  for (std::size_t i = 0; i < kRegisters; ++i) _mm512_storeu_si512(&blocks[4 * i], v[i]);
  return finish(blocks, 4 * kRegisters, data, length);
}

bool supports_pclmul() { return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1"); }

}  // namespace

std::span<const Crc64Target> crc64nvme_targets() {
  static const std::array<Crc64Target, 3> targets{{
      {"vpclmul",
       supports_pclmul() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("vpclmulqdq"),
       update_vpclmul},
      {"pclmul", supports_pclmul(), update_pclmul},
      {"table", true, update_table},
  }};
  return targets;
}

}  // namespace cairn::crypto
