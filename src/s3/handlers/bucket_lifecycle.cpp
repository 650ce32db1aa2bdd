#include "cairn/s3wire/lifecycle.hpp"

#include "s3/bucket_config.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {

Task<void> get_bucket_lifecycle_configuration(Context& c) {
  return send_config(c, "lifecycle", Code::no_such_lifecycle_configuration);
}

Task<void> put_bucket_lifecycle_configuration(Context& c) {
  DocumentOptions limits;
  limits.limit = s3wire::kMaxLifecycleBody;
  CO_TRY(const Document document, co_await read_document(c, limits));
  CO_TRY(const s3wire::LifecycleConfiguration config, s3wire::parse_lifecycle(*document.text));
  std::string xml = config.render();
  CO_TRY(co_await write_config(c, "lifecycle", std::move(xml)));
  co_return co_await send_status(c, 200);
}

Task<void> delete_bucket_lifecycle(Context& c) { return remove_config(c, "lifecycle"); }

}  // namespace cairn::s3
