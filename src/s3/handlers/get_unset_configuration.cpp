// What clients ask of every bucket and object and nobody can set yet: Amazon's answer for the unset state.
#include "cairn/s3wire/xml.hpp"

#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"

namespace cairn::s3 {
namespace {
using s3wire::Operation;

Result<std::string> unset_bucket_document(Operation operation, const s3wire::Owner& owner) {
  switch (operation) {
    case Operation::get_bucket_acl:
      return s3wire::render_acl(owner);
    case Operation::get_bucket_versioning:
      return s3wire::render_versioning_unset();
    case Operation::get_bucket_request_payment:
      return s3wire::render_request_payment();
    case Operation::get_bucket_accelerate_configuration:
      return s3wire::render_empty("AccelerateConfiguration");
    case Operation::get_bucket_logging:
      return s3wire::render_empty("BucketLoggingStatus");
    case Operation::get_bucket_notification_configuration:
      return s3wire::render_empty("NotificationConfiguration");
    case Operation::get_bucket_cors:
      return fail(Code::no_such_cors_configuration);
    case Operation::get_bucket_encryption:
      return fail(Code::sse_configuration_not_found);
    case Operation::get_bucket_lifecycle_configuration:
      return fail(Code::no_such_lifecycle_configuration);
    case Operation::get_bucket_ownership_controls:
      return fail(Code::ownership_controls_not_found);
    case Operation::get_bucket_policy:
    case Operation::get_bucket_policy_status:
      return fail(Code::no_such_bucket_policy);
    case Operation::get_bucket_replication:
      return fail(Code::replication_configuration_not_found);
    case Operation::get_bucket_tagging:
      return fail(Code::no_such_tag_set);
    case Operation::get_bucket_website:
      return fail(Code::no_such_website_configuration);
    case Operation::get_object_lock_configuration:
      return fail(Code::object_lock_configuration_not_found);
    case Operation::get_public_access_block:
      return fail(Code::no_such_public_access_block);
    default:
      return fail(Code::no_such_configuration);  // analytics, inventory, metrics, tiering: asked for by id
  }
}

Result<std::string> unset_object_document(Operation operation, const s3wire::Owner& owner) {
  switch (operation) {
    case Operation::get_object_acl:
      return s3wire::render_acl(owner);
    case Operation::get_object_tagging: {
      s3wire::XmlWriter xml("Tagging");
      xml.open("TagSet").close("TagSet");
      return std::move(xml).finish();
    }
    default:
      return fail(Code::invalid_request, "Bucket is missing Object Lock Configuration");
  }
}
}  // namespace

Task<void> get_unset_bucket_configuration(Context& c) {
  CO_TRY(co_await c.layer().head_bucket(c.bucket()));
  if (c.route.op == Operation::get_bucket_tagging || c.route.op == Operation::get_bucket_policy)
    c.error_fields.emplace_back("BucketName", c.bucket());
  CO_TRY(std::string xml, unset_bucket_document(c.route.op, c.owner));
  co_return co_await send_xml(c, std::move(xml));
}

Task<void> get_unset_object_configuration(Context& c) {
  CO_TRY(std::string version, read_version_id(c));
  CO_TRY(co_await c.layer().head(c.name(std::move(version))));
  CO_TRY(std::string xml, unset_object_document(c.route.op, c.owner));
  co_return co_await send_xml(c, std::move(xml));
}

}  // namespace cairn::s3
