#include "s3/upload_checksum.hpp"

namespace cairn::s3 {

Status check_part_checksum(const store::UploadInfo& upload,
                           std::optional<crypto::ChecksumAlgorithm> of_part) {
  if (!of_part || !upload.checksum_algorithm || *of_part == *upload.checksum_algorithm) return {};
  if (*upload.checksum_algorithm == crypto::ChecksumAlgorithm::crc64nvme) return {};
  return fail(Code::invalid_request,
              "Checksum Type mismatch occurred, expected checksum Type: " +
                  std::string(crypto::checksum_name(*upload.checksum_algorithm)) +
                  ", actual checksum Type: " + std::string(crypto::checksum_name(*of_part)));
}

std::optional<s3wire::MultipartChecksum> checksum_of(const store::UploadInfo& upload) {
  if (!upload.checksum_algorithm) return std::nullopt;
  return s3wire::MultipartChecksum{*upload.checksum_algorithm, upload.checksum_composite
                                                                   ? s3wire::ChecksumType::composite
                                                                   : s3wire::ChecksumType::full_object};
}

}  // namespace cairn::s3
