#include "cairn/s3wire/website.hpp"

#include "s3/bucket_config.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {

Task<void> get_bucket_website(Context& c) {
  return send_config(c, "website", Code::no_such_website_configuration);
}

Task<void> put_bucket_website(Context& c) {
  DocumentOptions limits;
  limits.limit = s3wire::kMaxWebsiteBody;
  CO_TRY(const Document document, co_await read_document(c, limits));
  CO_TRY(const s3wire::WebsiteConfiguration config, s3wire::parse_website(*document.text));
  std::string xml = config.render();
  CO_TRY(co_await write_config(c, "website", std::move(xml)));
  co_return co_await send_status(c, 200);
}

Task<void> delete_bucket_website(Context& c) { return remove_config(c, "website"); }

}  // namespace cairn::s3
