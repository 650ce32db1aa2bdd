#include "cairn/s3wire/cors.hpp"

#include "s3/bucket_config.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {

Task<void> get_bucket_cors(Context& c) { return send_config(c, "cors", Code::no_such_cors_configuration); }

Task<void> put_bucket_cors(Context& c) {
  DocumentOptions limits;
  limits.limit = s3wire::kMaxCorsBody;
  CO_TRY(const Document document, co_await read_document(c, limits));
  CO_TRY(const s3wire::CorsConfiguration config, s3wire::parse_cors(*document.text));
  std::string xml = config.render();
  CO_TRY(co_await write_config(c, "cors", std::move(xml)));
  co_return co_await send_status(c, 200);
}

Task<void> delete_bucket_cors(Context& c) { return remove_config(c, "cors"); }

}  // namespace cairn::s3
