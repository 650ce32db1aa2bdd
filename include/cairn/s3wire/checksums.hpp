#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cairn/base/result.hpp"
#include "cairn/crypto/digest.hpp"
#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/uri.hpp"

namespace cairn::s3wire {

using crypto::checksum_name;  // "CRC32C"
using crypto::ChecksumAlgorithm;
enum class ChecksumType : std::uint8_t { full_object, composite };

std::string_view checksum_header(ChecksumAlgorithm a);   // "x-amz-checksum-crc32c"
std::string_view checksum_element(ChecksumAlgorithm a);  // "ChecksumCRC32C"
std::string_view checksum_type_name(ChecksumType t);     // "COMPOSITE"
// invalid_request for a name S3 does not have; not_implemented for those of S3 that this build lacks (SHA512,
// XXHASH...).
Result<ChecksumAlgorithm> parse_checksum_algorithm(std::string_view name);
// By header name, lower or upper case; nullopt for another header.
std::optional<ChecksumAlgorithm> checksum_of_header(std::string_view header);

// A checksum as clients see it: base64 of the digest and, for a composite one, "-" and the number of parts.
struct ChecksumValue {
  ChecksumAlgorithm algorithm{};
  std::string digest;  // raw bytes
  ChecksumType type = ChecksumType::full_object;
  std::uint32_t parts = 0;  // of a composite one
  std::string text() const;
};
// Parses text(); invalid_request where it is not base64 of the right size, or "-N" is not 1 to 10,000.
Result<ChecksumValue> parse_checksum_value(ChecksumAlgorithm a, std::string_view text);

// What a PutObject or UploadPart has to compute and compare.
struct ChecksumPlan {
  std::optional<ChecksumAlgorithm>
      algorithm;                        // what to compute; none asked for: the server's default may be added
  std::optional<std::string> expected;  // raw digest, where a header gave it
  bool in_trailer = false;  // the expected value comes in the trailer named checksum_header(*algorithm)
  std::optional<std::array<std::uint8_t, 16>> content_md5;
};
// From x-amz-checksum-*, x-amz-sdk-checksum-algorithm, x-amz-trailer and Content-MD5 (hoisted ones too).
// invalid_digest (Content-MD5), invalid_request (two checksums, a bad value, names that contradict),
// not_implemented.
Result<ChecksumPlan> parse_upload_checksums(const HttpRequestView& request, const Query& query);
// The expected digest from the trailers once the body is done; invalid_request or malformed_trailer if it is
// not there.
Result<std::string> expected_from_trailer(const ChecksumPlan& plan,
                                          std::span<const std::pair<std::string, std::string>> trailers);
// bad_digest unless both are the same bytes.
Status compare_checksum(ChecksumAlgorithm a, std::string_view expected, std::string_view computed);

// What CreateMultipartUpload asks for: x-amz-checksum-algorithm and x-amz-checksum-type. Without a type the
// CRCs but CRC64NVME and the SHAs are composite. invalid_request for a pair S3 has not (CRC64NVME composite,
// SHA full object).
struct MultipartChecksum {
  ChecksumAlgorithm algorithm{};
  ChecksumType type = ChecksumType::composite;
};
Result<std::optional<MultipartChecksum>> parse_multipart_checksum(const HttpRequestView& request,
                                                                  const Query& query);
Result<std::optional<ChecksumType>> parse_checksum_type(std::optional<std::string_view> header);

// Whether x-amz-checksum-mode asks a GET or HEAD for checksums ("ENABLED"); invalid_argument for another
// word.
Result<bool> checksum_mode_enabled(const HttpRequestView& request, const Query& query);

}  // namespace cairn::s3wire
