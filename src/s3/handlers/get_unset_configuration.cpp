// What clients ask of every bucket and object and nobody can set yet: Amazon's answer for the unset state.
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {
namespace {
using s3wire::Operation;

Result<std::string> unset_bucket_document(Operation operation) {
  switch (operation) {
    case Operation::get_bucket_notification_configuration:
      return s3wire::render_empty("NotificationConfiguration");
    case Operation::get_bucket_encryption:
      return fail(Code::sse_configuration_not_found);
    case Operation::get_bucket_replication:
      return fail(Code::replication_configuration_not_found);
    default:
      return fail(Code::no_such_configuration);  // analytics, inventory, metrics, tiering: asked for by id
  }
}

}  // namespace

Task<void> get_unset_bucket_configuration(Context& c) {
  CO_TRY(co_await c.layer().head_bucket(c.bucket()));
  CO_TRY(std::string xml, unset_bucket_document(c.route.op));
  co_return co_await send_xml(c, std::move(xml));
}

}  // namespace cairn::s3
