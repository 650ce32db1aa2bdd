#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {

Task<void> delete_bucket(Context& c) {
  CO_TRY(co_await c.layer().delete_bucket(c.bucket()));
  co_return co_await send_status(c, 204);
}

}  // namespace cairn::s3
