#include "cairn/s3wire/bucket_settings.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {

Task<void> get_bucket_versioning(Context& c) {
  CO_TRY(const store::Bucket bucket, co_await c.layer().head_bucket(c.bucket()));
  // Both name the same three states in the same order.
  const auto state = static_cast<s3wire::VersioningState>(bucket->versioning);
  co_return co_await send_xml(c, s3wire::render_versioning(state));
}

Task<void> put_bucket_versioning(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  CO_TRY(const Document document, co_await read_document(c, DocumentOptions()));
  CO_TRY(const s3wire::VersioningState state, s3wire::parse_versioning(*document.text));
  const store::ObjectLayer::BucketChange change = [state](store::BucketInfo& bucket) -> Status {
    if (bucket.object_lock && state != s3wire::VersioningState::enabled)
      return fail(Code::invalid_bucket_state,
                  "An Object Lock configuration is present on this bucket, so the versioning state cannot be "
                  "changed.");
    bucket.versioning = static_cast<store::Versioning>(state);
    return {};
  };
  CO_TRY(co_await c.layer().update_bucket(c.bucket(), change));
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
