#include "cairn/s3wire/bucket_settings.hpp"

#include "s3/bucket_config.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

// Who pays and whether transfers are accelerated: settings that are kept and shown and mean nothing here.
namespace cairn::s3 {
namespace {

Task<void> show(Context& c, std::string_view name, std::string unset) {
  CO_TRY(const store::Bucket bucket, co_await c.layer().head_bucket(c.bucket()));
  const std::string* kept = bucket->find_config(name);
  std::string xml = kept ? *kept : std::move(unset);
  co_return co_await send_xml(c, std::move(xml));
}

}  // namespace

Task<void> get_bucket_request_payment(Context& c) {
  return show(c, "requestPayment", s3wire::render_request_payment(s3wire::Payer::bucket_owner));
}

Task<void> put_bucket_request_payment(Context& c) {
  CO_TRY(const Document document, co_await read_document(c, DocumentOptions()));
  CO_TRY(const s3wire::Payer payer, s3wire::parse_request_payment(*document.text));
  std::string xml = s3wire::render_request_payment(payer);
  CO_TRY(co_await write_config(c, "requestPayment", std::move(xml)));
  co_return co_await send_status(c, 200);
}

Task<void> get_bucket_accelerate_configuration(Context& c) {
  return show(c, "accelerate", s3wire::render_accelerate(s3wire::AccelerateState::unset));
}

Task<void> put_bucket_accelerate_configuration(Context& c) {
  CO_TRY(const Document document, co_await read_document(c, DocumentOptions()));
  CO_TRY(const s3wire::AccelerateState state, s3wire::parse_accelerate(*document.text));
  if (c.bucket().find('.') != std::string::npos)
    co_return fail(Code::invalid_request,
                   "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names");
  std::string xml = s3wire::render_accelerate(state);
  CO_TRY(co_await write_config(c, "accelerate", std::move(xml)));
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
