#pragma once
#include "cairn/store/object_layer.hpp"

#include "s3/context.hpp"

namespace cairn::s3 {

// Whether a part may come with this checksum: an upload that was created with an algorithm takes only parts
// of that one; one with the default (CRC64NVME of the whole object) takes any, and the part's CRC64NVME is
// computed beside it.
Status check_part_checksum(const store::UploadInfo& upload, std::optional<crypto::ChecksumAlgorithm> of_part);
std::optional<s3wire::MultipartChecksum> checksum_of(const store::UploadInfo& upload);

}  // namespace cairn::s3
