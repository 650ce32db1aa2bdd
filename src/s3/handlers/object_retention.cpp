#include "cairn/s3wire/object_lock.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {

Task<void> get_object_retention(Context& c) {
  CO_TRY(const std::string version, read_version_id(c));
  CO_TRY(co_await require_object_lock(c));
  store::ObjectName name = c.name(version);
  CO_TRY(const store::ObjectInfo info, co_await c.layer().head(std::move(name)));
  CO_TRY(refuse_delete_marker(c, info));
  const store::Retention& kept = info.attributes.retention;
  if (kept.mode == store::LockMode::none) co_return fail(Code::no_such_object_lock_configuration);
  const s3wire::Retention shown{to_wire(kept.mode), kept.until};
  co_return co_await send_xml(c, s3wire::render_retention(shown));
}

Task<void> put_object_retention(Context& c) {
  CO_TRY(const Document document, co_await read_document(c, DocumentOptions()));
  const auto parsed = s3wire::parse_retention(*document.text);
  if (parsed) c.asked.retention = *parsed;
  CO_TRY(co_await authorize_request(c));
  CO_TRY(refuse_unsupported_write(c));
  CO_TRY(const std::string version, read_version_id(c));
  CO_TRY(co_await require_object_lock(c));
  CO_TRY(const auto asked, parsed);
  if (asked) CO_TRY(s3wire::check_retain_until(asked->until, c.now));
  store::WriteOptions options;
  CO_TRY(options.bypass_governance, co_await may_bypass_governance(c, c.key()));
  const store::AttributeChange change = [&](store::ObjectAttributes& attributes) -> Status {
    attributes.retention = asked ? to_store(*asked) : store::Retention{};
    return {};
  };
  store::ObjectName name = c.name(version);
  CO_TRY(const store::ObjectInfo info,
         co_await c.layer().change_attributes(std::move(name), change, std::move(options)));
  write_version_field(c.response, info);
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
