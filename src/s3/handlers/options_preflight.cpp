#include "s3/authenticate.hpp"
#include "s3/cors.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {

Task<void> options_preflight(Context& c) {
  const auto bucket = co_await c.layer().head_bucket(c.bucket());
  if (!bucket) {
    if (!bucket.error().is(Code::no_such_bucket)) co_return fail(bucket.error());
    co_return refuse(c, s3wire::preflight_without_bucket(c.view));
  }
  CO_TRY(const auto config, cors_of(**bucket));
  auto headers =
      s3wire::answer_preflight(config ? &*config : nullptr, c.view,
                               c.key().empty() ? s3wire::CorsTarget::bucket : s3wire::CorsTarget::object);
  if (!headers) co_return refuse(c, std::move(headers.error()));
  for (const auto& [name, value] : *headers) c.response.field(name, value);
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
