#include "cairn/s3wire/object_lock.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {

Task<void> get_object_legal_hold(Context& c) {
  CO_TRY(const std::string version, read_version_id(c));
  CO_TRY(co_await require_object_lock(c));
  store::ObjectName name = c.name(version);
  CO_TRY(const store::ObjectInfo info, co_await c.layer().head(std::move(name)));
  CO_TRY(refuse_delete_marker(c, info));
  if (!info.attributes.legal_hold_set) co_return fail(Code::no_such_object_lock_configuration);
  co_return co_await send_xml(c, s3wire::render_legal_hold(info.attributes.legal_hold));
}

Task<void> put_object_legal_hold(Context& c) {
  CO_TRY(const Document document, co_await read_document(c, DocumentOptions()));
  const auto parsed = s3wire::parse_legal_hold(*document.text);
  if (parsed) c.asked.legal_hold = *parsed;
  CO_TRY(co_await authorize_request(c));
  CO_TRY(refuse_unsupported_write(c));
  CO_TRY(const std::string version, read_version_id(c));
  CO_TRY(co_await require_object_lock(c));
  CO_TRY(const bool on, parsed);
  const store::AttributeChange change = [on](store::ObjectAttributes& attributes) -> Status {
    attributes.legal_hold = on;
    attributes.legal_hold_set = true;
    return {};
  };
  store::ObjectName name = c.name(version);
  store::WriteOptions options;
  CO_TRY(const store::ObjectInfo info,
         co_await c.layer().change_attributes(std::move(name), change, std::move(options)));
  write_version_field(c.response, info);
  co_return co_await send_status(c, 200);
}

}  // namespace cairn::s3
