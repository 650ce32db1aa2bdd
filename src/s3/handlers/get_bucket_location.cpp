#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {

Task<void> get_bucket_location(Context& c) {
  CO_TRY(const store::Bucket info, co_await c.layer().head_bucket(c.bucket()));
  co_return co_await send_xml(c, s3wire::render_location(info->region));
}

}  // namespace cairn::s3
