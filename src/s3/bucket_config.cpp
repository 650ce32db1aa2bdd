#include "s3/bucket_config.hpp"

#include "s3/object_headers.hpp"

namespace cairn::s3 {

Task<std::string> read_config(Context& c, std::string_view name, Code missing) {
  CO_TRY(const store::Bucket bucket, co_await c.layer().head_bucket(c.bucket()));
  const std::string* value = bucket->find_config(name);
  if (!value) {
    c.error_fields.emplace_back("BucketName", c.bucket());
    co_return fail(missing);
  }
  co_return *value;
}

Task<void> write_config(Context& c, std::string name, std::optional<std::string> value) {
  const store::ObjectLayer::BucketChange change = [&](store::BucketInfo& bucket) -> Status {
    if (value)
      bucket.config[name] = *value;
    else
      bucket.config.erase(name);
    return {};
  };
  CO_TRY(co_await c.layer().update_bucket(c.bucket(), change));
  co_return Status();
}

Task<void> send_config(Context& c, std::string_view name, Code missing) {
  CO_TRY(std::string value, co_await read_config(c, name, missing));
  co_return co_await send_xml(c, std::move(value));
}

Task<void> remove_config(Context& c, std::string_view name) {
  CO_TRY(co_await write_config(c, std::string(name), std::nullopt));
  co_return co_await send_status(c, 204);
}

}  // namespace cairn::s3
