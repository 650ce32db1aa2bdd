// What clients ask of every bucket and object and nobody can set yet: Amazon's answer for the unset state.
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {
namespace {
using s3wire::Operation;

Result<std::string> unset_bucket_document(Operation operation, const s3wire::Owner& owner) {
  switch (operation) {
    case Operation::get_bucket_acl:
      return s3wire::render_acl(owner);
    case Operation::get_bucket_notification_configuration:
      return s3wire::render_empty("NotificationConfiguration");
    case Operation::get_bucket_encryption:
      return fail(Code::sse_configuration_not_found);
    case Operation::get_bucket_ownership_controls:
      return fail(Code::ownership_controls_not_found);
    case Operation::get_bucket_policy:
    case Operation::get_bucket_policy_status:
      return fail(Code::no_such_bucket_policy);
    case Operation::get_bucket_replication:
      return fail(Code::replication_configuration_not_found);
    case Operation::get_bucket_website:
      return fail(Code::no_such_website_configuration);
    case Operation::get_public_access_block:
      return fail(Code::no_such_public_access_block);
    default:
      return fail(Code::no_such_configuration);  // analytics, inventory, metrics, tiering: asked for by id
  }
}

}  // namespace

Task<void> get_unset_bucket_configuration(Context& c) {
  CO_TRY(co_await c.layer().head_bucket(c.bucket()));
  if (c.route.op == Operation::get_bucket_policy) c.error_fields.emplace_back("BucketName", c.bucket());
  CO_TRY(std::string xml, unset_bucket_document(c.route.op, c.owner));
  co_return co_await send_xml(c, std::move(xml));
}

Task<void> get_unset_object_configuration(Context& c) {
  CO_TRY(const std::string version, read_version_id(c));
  store::ObjectName name = c.name(version);
  CO_TRY(const store::ObjectInfo info, co_await c.layer().head(std::move(name)));
  CO_TRY(refuse_delete_marker(c, info));
  co_return co_await send_xml(c, s3wire::render_acl(c.owner));
}

}  // namespace cairn::s3
