#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {

Task<void> abort_multipart_upload(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  CO_TRY(co_await c.layer().abort_upload(read_upload_name(c)));
  co_return co_await send_status(c, 204);
}

}  // namespace cairn::s3
