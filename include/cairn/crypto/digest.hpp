#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cairn/base/bytes.hpp"
#include "cairn/base/result.hpp"

struct evp_md_ctx_st;

namespace cairn::crypto {

// The checksums S3 clients may send (x-amz-checksum-*). The numbers stand in records.
enum class ChecksumAlgorithm : std::uint8_t { crc32 = 1, crc32c = 2, crc64nvme = 3, sha1 = 4, sha256 = 5 };

enum class DigestAlgorithm : std::uint8_t { md5, sha1, sha256, sha512, crc32, crc32c, crc64nvme };

DigestAlgorithm digest_of(ChecksumAlgorithm algorithm);
std::size_t digest_size(DigestAlgorithm algorithm);  // bytes of finish()
inline std::size_t digest_size(ChecksumAlgorithm algorithm) { return digest_size(digest_of(algorithm)); }
// "CRC64NVME", as in the S3 API's ChecksumAlgorithm; parse takes exactly these spellings.
std::string_view checksum_name(ChecksumAlgorithm algorithm);
std::optional<ChecksumAlgorithm> parse_checksum_name(std::string_view name);
// Whether parts' checksums can be combined to the whole object's (the CRCs).
constexpr bool is_crc(ChecksumAlgorithm a) {
  return a == ChecksumAlgorithm::crc32 || a == ChecksumAlgorithm::crc32c || a == ChecksumAlgorithm::crc64nvme;
}

// A digest or checksum of a stream. Not thread-safe, but may move between threads. finish() may be called
// once.
class Digest {
 public:
  explicit Digest(DigestAlgorithm algorithm);
  explicit Digest(ChecksumAlgorithm algorithm) : Digest(digest_of(algorithm)) {}
  Digest(Digest&& other) noexcept;
  Digest& operator=(Digest&& other) noexcept;
  ~Digest();

  DigestAlgorithm algorithm() const { return algorithm_; }
  void update(Bytes data);
  void update(std::string_view data) { update(as_bytes(data)); }
  // The raw bytes, big-endian as S3 encodes them in base64 or hex.
  std::string finish();

 private:
  DigestAlgorithm algorithm_;
  std::uint64_t crc_ = 0;
  evp_md_ctx_st* context_ = nullptr;
};

// One-shot forms, with contexts kept per thread. Raw bytes.
std::string digest(DigestAlgorithm algorithm, Bytes data);
std::array<std::uint8_t, 16> md5(Bytes data);
std::array<std::uint8_t, 32> sha256(Bytes data);
std::array<std::uint8_t, 32> hmac_sha256(Bytes key, Bytes data);
std::array<std::uint8_t, 20> hmac_sha1(Bytes key, Bytes data);
inline std::array<std::uint8_t, 32> sha256(std::string_view data) { return sha256(as_bytes(data)); }
inline std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view data) {
  return hmac_sha256(as_bytes(key), as_bytes(data));
}
template <std::size_t N>
std::string_view raw_text(const std::array<std::uint8_t, N>& raw) {
  return {reinterpret_cast<const char*>(raw.data()), N};
}

}  // namespace cairn::crypto
