#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cairn/base/bytes.hpp"
#include "cairn/base/result.hpp"
#include "cairn/crypto/digest.hpp"

namespace cairn::crypto {

// The checksum of what `crc` is the checksum of, followed by `data`; start with 0. Pure and thread-safe.
std::uint32_t crc32(std::uint32_t crc, Bytes data);      // CRC-32/ISO-HDLC (gzip, zip)
std::uint32_t crc32c(std::uint32_t crc, Bytes data);     // CRC-32/ISCSI
std::uint64_t crc64nvme(std::uint64_t crc, Bytes data);  // CRC-64/NVME

// The checksum of A followed by B from the checksums of A and B and the length of B, in logarithmic time.
std::uint32_t combine_crc32(std::uint32_t a, std::uint32_t b, std::uint64_t length_b);
std::uint32_t combine_crc32c(std::uint32_t a, std::uint32_t b, std::uint64_t length_b);
std::uint64_t combine_crc64nvme(std::uint64_t a, std::uint64_t b, std::uint64_t length_b);

// The same on raw digests as Digest::finish() gives them: the full-object checksum of a multipart upload from
// its parts'. invalid_argument for an algorithm that is no CRC or a digest of the wrong size.
Result<std::string> combine_checksums(ChecksumAlgorithm algorithm, std::string_view a, std::string_view b,
                                      std::uint64_t length_b);

// The implementations of crc64nvme(), best first, for tests and benchmarks.
struct Crc64Target {
  std::string_view name;
  bool supported;
  std::uint64_t (*update)(std::uint64_t crc, const unsigned char* data, std::size_t length);
};
std::span<const Crc64Target> crc64nvme_targets();

}  // namespace cairn::crypto
