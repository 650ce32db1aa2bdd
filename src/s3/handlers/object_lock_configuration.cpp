#include "cairn/s3wire/object_lock.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {

Task<void> get_object_lock_configuration(Context& c) {
  CO_TRY(const store::Bucket bucket, co_await c.layer().head_bucket(c.bucket()));
  if (!bucket->object_lock) {
    c.error_fields.emplace_back("BucketName", c.bucket());
    co_return fail(Code::object_lock_configuration_not_found);
  }
  s3wire::ObjectLockConfiguration configuration;
  if (const auto& rule = bucket->default_retention)
    configuration.rule = s3wire::DefaultRetention{to_wire(rule->mode), rule->days, rule->years};
  co_return co_await send_xml(c, s3wire::render_object_lock_configuration(configuration));
}

Task<void> put_object_lock_configuration(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  CO_TRY(const Document document, co_await read_document(c, DocumentOptions()));
  CO_TRY(const auto configuration, s3wire::parse_object_lock_configuration(*document.text));
  const store::ObjectLayer::BucketChange change = [&](store::BucketInfo& bucket) -> Status {
    if (bucket.versioning != store::Versioning::enabled)
      return fail(Code::invalid_bucket_state,
                  "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration");
    bucket.object_lock = true;
    bucket.default_retention.reset();
    if (const auto& rule = configuration.rule)
      bucket.default_retention = store::DefaultRetention{to_store(rule->mode), rule->days, rule->years};
    return {};
  };
  CO_TRY(co_await c.layer().update_bucket(c.bucket(), change));
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
