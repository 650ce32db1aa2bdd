#include "s3/handlers/handlers.hpp"
#include "s3/object_access.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"

namespace cairn::s3 {

Task<void> create_multipart_upload(Context& c) {
  store::CreateUploadRequest request;
  request.bucket = c.bucket();
  request.key = c.key();
  CO_TRY(const NewObjectAccess access, read_new_object_access(c));
  request.owner = access.owner;
  CO_TRY(request.attributes, read_attributes(c));
  CO_TRY(co_await check_lock_allowed(c, request.attributes));
  CO_TRY(const auto asked, s3wire::parse_multipart_checksum(c.view, c.query()));
  // Without a wish it is CRC64NVME of the whole object, as with Amazon; such an upload takes parts with any
  // checksum.
  const s3wire::MultipartChecksum checksum = asked.value_or(
      s3wire::MultipartChecksum{crypto::ChecksumAlgorithm::crc64nvme, s3wire::ChecksumType::full_object});
  request.checksum_algorithm = checksum.algorithm;
  request.checksum_composite = checksum.type == s3wire::ChecksumType::composite;
  CO_TRY(const store::UploadInfo upload, co_await c.layer().create_upload(std::move(request)));
  if (asked) {
    c.response.field("x-amz-checksum-algorithm", s3wire::checksum_name(asked->algorithm));
    c.response.field("x-amz-checksum-type", s3wire::checksum_type_name(asked->type));
  }
  s3wire::InitiateMultipartUploadResult result{c.bucket(), c.key(), upload.upload_id};
  co_return co_await send_xml(c, result.render());
}

}  // namespace cairn::s3
