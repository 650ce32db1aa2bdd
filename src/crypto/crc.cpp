#include "cairn/crypto/crc.hpp"

#include <algorithm>
#include <bit>

#include <isa-l/crc.h>

namespace cairn::crypto {
namespace {

constexpr std::size_t kMostPerCall = 1u << 30;  // ISA-L takes the length of crc32_iscsi as int

// Polynomials over GF(2), reflected: the highest bit is the coefficient of x^0. `poly` is without its leading
// term.
template <class Word>
constexpr Word kOne = Word{1} << (sizeof(Word) * 8 - 1);

template <class Word>
constexpr Word times_x(Word a, Word poly) {
  return static_cast<Word>(a >> 1 ^ (a & 1 ? poly : 0));
}

template <class Word>
constexpr Word multiply(Word a, Word b, Word poly) {
  Word product = 0;
  for (Word bit = kOne<Word>; bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = times_x(b, poly);
  }
  return product;
}

// crc(A B) = crc(A) * x^(8 |B|) + crc(B): what the CRCs begin with and are inverted by cancels out.
template <class Word>
constexpr Word combine(Word a, Word b, std::uint64_t length_b, Word poly) {
  Word square = kOne<Word> >> 8;  // x^8
  for (std::uint64_t n = length_b; n != 0; n >>= 1) {
    if (n & 1) a = multiply(square, a, poly);
    square = multiply(square, square, poly);
  }
  return static_cast<Word>(a ^ b);
}

constexpr std::uint32_t kCrc32 = 0xedb88320;
constexpr std::uint32_t kCrc32c = 0x82f63b78;
constexpr std::uint64_t kCrc64Nvme = 0x9a6c9329ac4bc9b5;

template <class Word>
Word from_big_endian(std::string_view raw) {
  Word v = 0;
  for (const char c : raw) v = static_cast<Word>(v << 8 | static_cast<unsigned char>(c));
  return v;
}

template <class Word>
std::string to_big_endian(Word v) {
  std::string out(sizeof v, '\0');
  for (std::size_t i = out.size(); i-- > 0; v >>= 8) out[i] = static_cast<char>(v);
  return out;
}

template <class Word>
std::string combine_raw(std::string_view a, std::string_view b, std::uint64_t length_b, Word poly) {
  return to_big_endian(combine(from_big_endian<Word>(a), from_big_endian<Word>(b), length_b, poly));
}

// Calls `step` with pieces that its length fits in an int.
template <class Step>
void in_pieces(Bytes data, Step step) {
  while (!data.empty()) {
    const Bytes piece = data.first(std::min(data.size(), kMostPerCall));
    step(reinterpret_cast<const unsigned char*>(piece.data()), piece.size());
    data = data.subspan(piece.size());
  }
}

}  // namespace

std::uint32_t crc32(std::uint32_t crc, Bytes data) {
  in_pieces(data, [&](const unsigned char* p, std::size_t n) { crc = crc32_gzip_refl(crc, p, n); });
  return crc;
}

std::uint32_t crc32c(std::uint32_t crc, Bytes data) {
  in_pieces(data, [&](const unsigned char* p, std::size_t n) {
    crc = ~crc32_iscsi(const_cast<unsigned char*>(p), static_cast<int>(n), ~crc);  // reads only
  });
  return crc;
}

std::uint64_t crc64nvme(std::uint64_t crc, Bytes data) {
  static const auto update =
      std::ranges::find_if(crc64nvme_targets(), [](const Crc64Target& t) { return t.supported; })->update;
  return update(crc, reinterpret_cast<const unsigned char*>(data.data()), data.size());
}

std::uint32_t combine_crc32(std::uint32_t a, std::uint32_t b, std::uint64_t length_b) {
  return combine(a, b, length_b, kCrc32);
}

std::uint32_t combine_crc32c(std::uint32_t a, std::uint32_t b, std::uint64_t length_b) {
  return combine(a, b, length_b, kCrc32c);
}

std::uint64_t combine_crc64nvme(std::uint64_t a, std::uint64_t b, std::uint64_t length_b) {
  return combine(a, b, length_b, kCrc64Nvme);
}

Result<std::string> combine_checksums(ChecksumAlgorithm algorithm, std::string_view a, std::string_view b,
                                      std::uint64_t length_b) {
  if (!is_crc(algorithm)) return fail(Code::invalid_argument, "checksums of this kind cannot be combined");
  const std::size_t size = digest_size(algorithm);
  if (a.size() != size || b.size() != size) return fail(Code::invalid_argument, "checksum: size");
  switch (algorithm) {
    case ChecksumAlgorithm::crc32:
      return combine_raw(a, b, length_b, kCrc32);
    case ChecksumAlgorithm::crc32c:
      return combine_raw(a, b, length_b, kCrc32c);
    default:
      return combine_raw(a, b, length_b, kCrc64Nvme);
  }
}

}  // namespace cairn::crypto
