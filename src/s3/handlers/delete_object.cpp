#include <charconv>

#include "cairn/s3wire/headers.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"

namespace cairn::s3 {
namespace {
// If-Match, x-amz-if-match-last-modified-time, x-amz-if-match-size.
Result<DeleteConditions> read_delete_conditions(const Context& c) {
  DeleteConditions out;
  if (const auto match = c.raw_header("if-match"); !match.empty()) out.etag = match;
  if (const auto text = c.header("x-amz-if-match-last-modified-time")) {
    const auto time = s3wire::parse_http_date(*text);
    if (!time) return fail(Code::invalid_argument, "x-amz-if-match-last-modified-time is not a date of HTTP");
    out.modified = *time;
  }
  if (const auto text = c.header("x-amz-if-match-size")) {
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), size);
    if (error != std::errc() || end != text->data() + text->size())
      return fail(Code::invalid_argument, "x-amz-if-match-size is not a number");
    out.size = size;
  }
  return out;
}
}  // namespace

Task<void> delete_object(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  CO_TRY(const std::string version, read_version_id(c));
  CO_TRY(DeleteConditions conditions, read_delete_conditions(c));
  store::WriteOptions options;
  options.owner = c.owner.id;
  options.invocation = invocation_of(c, c.key());
  CO_TRY(options.bypass_governance, co_await may_bypass_governance(c, c.key()));
  const bool unconditional = conditions.empty();
  if (!unconditional) options.precondition = delete_precondition(std::move(conditions));
  store::ObjectName name = c.name(version);
  const auto removed = co_await c.layer().remove(std::move(name), std::move(options));
  // What is not there is deleted already.
  if (!removed && !(unconditional && removed.error().is(Code::no_such_key))) co_return fail(removed.error());
  if (removed) {
    if (removed->delete_marker) c.response.field("x-amz-delete-marker", "true");
    if (!version.empty())
      c.response.field("x-amz-version-id", version);
    else if (removed->versioned)
      c.response.field("x-amz-version-id", shown_version(removed->version_id));
  }
  co_return co_await send_status(c, 204);
}

}  // namespace cairn::s3
