#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"
#include "s3/upload_checksum.hpp"

namespace cairn::s3 {

Task<void> upload_part(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  CO_TRY(const std::uint32_t number, read_part_number(c));
  CO_TRY(const store::UploadInfo upload, co_await c.layer().head_upload(read_upload_name(c)));
  RequestBody::Options options;
  options.also = upload.checksum_algorithm;
  CO_TRY(auto body, RequestBody::open(c, options));
  CO_TRY(check_part_checksum(upload, body->plan().algorithm));
  CO_TRY(const store::PartInfo part, co_await c.layer().put_part(read_upload_name(c), number, *body));
  c.object_size = part.size;
  c.response.field("ETag", quoted(part.etag));
  const auto algorithm = body->plan().algorithm ? body->plan().algorithm : upload.checksum_algorithm;
  for (const auto& checksum : part.checksums)
    if (checksum.algorithm == algorithm) write_checksum_fields(c.response, {checksum}, false);
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
