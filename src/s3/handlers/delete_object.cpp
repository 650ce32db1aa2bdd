#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {

Task<void> delete_object(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  auto version = read_version_id(c);
  if (!version && !version.error().is(Code::no_such_version)) co_return fail(version.error());
  if (version) {
    store::WriteOptions options;
    options.owner = c.owner.id;
    options.invocation = invocation_of(c, c.key());
    if (const auto match = c.raw_header("if-match"); !match.empty())
      options.precondition = delete_precondition(std::string(match));
    const auto removed = co_await c.layer().remove(c.name(std::move(*version)), std::move(options));
    // What is not there is deleted already.
    const bool gone =
        !removed && (removed.error().is(Code::no_such_version) ||
                     (removed.error().is(Code::no_such_key) && c.raw_header("if-match").empty()));
    if (!removed && !gone) co_return fail(removed.error());
  } else {
    CO_TRY(co_await c.layer().head_bucket(c.bucket()));
  }
  co_return co_await send_status(c, 204);
}

}  // namespace cairn::s3
