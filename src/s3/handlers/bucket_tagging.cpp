#include "cairn/s3wire/tagging.hpp"

#include "s3/bucket_config.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {

Task<void> get_bucket_tagging(Context& c) { return send_config(c, "tagging", Code::no_such_tag_set); }

Task<void> put_bucket_tagging(Context& c) {
  DocumentOptions limits;
  limits.limit = s3wire::kMaxTaggingBody;
  CO_TRY(const Document document, co_await read_document(c, limits));
  CO_TRY(const s3wire::TagSet tags, s3wire::parse_tagging(*document.text, s3wire::TagTarget::bucket));
  std::string xml = s3wire::render_tagging(tags);
  CO_TRY(co_await write_config(c, "tagging", std::move(xml)));
  co_return co_await send_status(c, 204);
}

Task<void> delete_bucket_tagging(Context& c) { return remove_config(c, "tagging"); }

}  // namespace cairn::s3
