#include "cairn/s3wire/tagging.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {
namespace {

Task<void> set_tags(Context& c, store::HeaderList tags, int status) {
  CO_TRY(const std::string version, read_version_id(c));
  const store::AttributeChange change = [&tags](store::ObjectAttributes& attributes) -> Status {
    attributes.tags = tags;
    return {};
  };
  store::ObjectName name = c.name(version);
  store::WriteOptions options;
  CO_TRY(const store::ObjectInfo info,
         co_await c.layer().change_attributes(std::move(name), change, std::move(options)));
  write_version_field(c.response, info);
  co_return co_await send_status(c, status);
}

}  // namespace

Task<void> get_object_tagging(Context& c) {
  CO_TRY(const std::string version, read_version_id(c));
  store::ObjectName name = c.name(version);
  CO_TRY(const store::ObjectInfo info, co_await c.layer().head(std::move(name)));
  CO_TRY(refuse_delete_marker(c, info));
  write_version_field(c.response, info);
  co_return co_await send_xml(c, s3wire::render_tagging(to_wire_tags(info.attributes.tags)));
}

Task<void> put_object_tagging(Context& c) {
  DocumentOptions limits;
  limits.limit = s3wire::kMaxTaggingBody;
  CO_TRY(const Document document, co_await read_document(c, limits));
  const auto tags = s3wire::parse_tagging(*document.text, s3wire::TagTarget::object);
  if (tags) c.asked.object_tags = *tags;
  CO_TRY(co_await authorize_request(c));
  CO_TRY(refuse_unsupported_write(c));
  if (!tags) co_return fail(tags.error());
  co_return co_await set_tags(c, to_store(*tags), 200);
}

Task<void> delete_object_tagging(Context& c) { co_return co_await set_tags(c, store::HeaderList(), 204); }

}  // namespace cairn::s3
