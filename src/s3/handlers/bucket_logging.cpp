#include "cairn/s3wire/logging.hpp"

#include "s3/bucket_config.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {

Task<void> get_bucket_logging(Context& c) {
  CO_TRY(const store::Bucket bucket, co_await c.layer().head_bucket(c.bucket()));
  const std::string* kept = bucket->find_config("logging");
  std::string xml = kept ? *kept : s3wire::render_bucket_logging(std::nullopt);
  co_return co_await send_xml(c, std::move(xml));
}

Task<void> put_bucket_logging(Context& c) {
  CO_TRY(const Document document, co_await read_document(c, DocumentOptions()));
  CO_TRY(const auto logging, s3wire::parse_bucket_logging(*document.text));
  std::optional<std::string> xml;
  if (logging) {
    CO_TRY(const store::Bucket source, co_await c.layer().head_bucket(c.bucket()));
    const auto target = co_await c.layer().head_bucket(logging->target_bucket);
    if (!target && !target.error().is(Code::no_such_bucket)) co_return fail(target.error());
    // Logs tell of other people's requests: they go to a bucket of the same owner only.
    if (!target || (*target)->owner != source->owner)
      co_return fail(Code::invalid_target_bucket_for_logging,
                     "The target bucket for logging does not exist, or is not owned by you.");
    xml = s3wire::render_bucket_logging(logging);
  }
  CO_TRY(co_await write_config(c, "logging", std::move(xml)));
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
