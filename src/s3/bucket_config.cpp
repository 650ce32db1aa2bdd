#include "s3/bucket_config.hpp"

#include "s3/object_headers.hpp"

namespace cairn::s3 {

Task<store::Bucket> bucket_with_config(Context& c, std::string_view name, Code missing) {
  CO_TRY(store::Bucket bucket, co_await c.layer().head_bucket(c.bucket()));
  if (!bucket->find_config(name)) {
    c.error_fields.emplace_back("BucketName", c.bucket());
    co_return fail(missing);
  }
  co_return bucket;
}

Task<std::string> read_config(Context& c, std::string_view name, Code missing) {
  CO_TRY(const store::Bucket bucket, co_await bucket_with_config(c, name, missing));
  co_return *bucket->find_config(name);
}

Task<void> write_configs(Context& c, ConfigChanges changes) {
  const store::ObjectLayer::BucketChange change = [&](store::BucketInfo& bucket) -> Status {
    for (const auto& [name, value] : changes) {
      if (value)
        bucket.config[name] = *value;
      else
        bucket.config.erase(name);
    }
    return {};
  };
  CO_TRY(co_await c.layer().update_bucket(c.bucket(), change));
  co_return Status();
}

Task<void> write_config(Context& c, std::string name, std::optional<std::string> value) {
  ConfigChanges changes;
  changes.emplace(std::move(name), std::move(value));
  co_return co_await write_configs(c, std::move(changes));
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
