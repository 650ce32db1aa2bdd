#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {

Task<void> head_bucket(Context& c) {
  CO_TRY(const store::Bucket info, co_await c.layer().head_bucket(c.bucket()));
  c.response.field("x-amz-bucket-region", info->region);
  c.response.field("x-amz-access-point-alias", "false");
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
