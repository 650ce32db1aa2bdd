#include "s3/cors.hpp"

namespace cairn::s3 {

Result<std::optional<s3wire::CorsConfiguration>> cors_of(const store::BucketInfo& bucket) {
  const std::string* xml = bucket.find_config("cors");
  if (!xml) return std::nullopt;
  TRY(s3wire::CorsConfiguration config, s3wire::parse_cors(*xml));
  return config;
}

Task<void> add_cors_headers(Context& c) {
  if (c.raw_header("origin").empty() || c.bucket().empty()) co_return Status();
  if (c.route.op == s3wire::Operation::options_preflight) co_return Status();  // its handler says it all
  const auto bucket = co_await c.layer().head_bucket(c.bucket());
  if (!bucket) co_return Status();  // the request itself will say so
  CO_TRY(const auto config, cors_of(**bucket));
  if (!config) co_return Status();
  for (auto& [name, value] : s3wire::cors_headers(*config, c.view)) {
    c.response.field(name, value);
    c.error_headers.emplace_back(name, std::move(value));
  }
  co_return Status();
}

}  // namespace cairn::s3
