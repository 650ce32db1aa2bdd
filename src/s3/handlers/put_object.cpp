#include "s3/expiration.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {

Task<void> put_object(Context& c) {
  CO_TRY(store::ObjectAttributes attributes, read_attributes(c));
  CO_TRY(co_await check_lock_allowed(c, attributes));
  CO_TRY(store::WriteOptions options, read_write_options(c));
  RequestBody::Options body_options;
  // Every object gets a checksum of the whole, as Amazon's do: where the client sends none it is CRC64NVME.
  body_options.also = crypto::ChecksumAlgorithm::crc64nvme;
  body_options.only_if_none = true;
  CO_TRY(auto body, RequestBody::open(c, body_options));
  CO_TRY(const store::ObjectInfo info,
         co_await c.layer().put(c.name(), std::move(attributes), *body, std::move(options)));
  c.response.field("ETag", quoted(info.etag));
  write_checksum_fields(c.response, info.checksums);
  write_new_version_field(c, info);
  write_expiration_field(c, info);
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
