#include <array>

#include "s3/handlers/handlers.hpp"

namespace cairn::s3 {
namespace {
using s3wire::Operation;

constexpr auto kHandlers = [] {
  std::array<Handler, 256> table{};
  const auto set = [&](Operation operation, Handler handler) {
    table[static_cast<std::size_t>(operation)] = handler;
  };
  set(Operation::abort_multipart_upload, abort_multipart_upload);
  set(Operation::complete_multipart_upload, complete_multipart_upload);
  set(Operation::copy_object, copy_object);
  set(Operation::create_bucket, create_bucket);
  set(Operation::create_multipart_upload, create_multipart_upload);
  set(Operation::delete_bucket, delete_bucket);
  set(Operation::delete_bucket_cors, delete_bucket_cors);
  set(Operation::delete_bucket_lifecycle, delete_bucket_lifecycle);
  set(Operation::delete_bucket_ownership_controls, delete_bucket_ownership_controls);
  set(Operation::delete_bucket_policy, delete_bucket_policy);
  set(Operation::delete_bucket_tagging, delete_bucket_tagging);
  set(Operation::delete_bucket_website, delete_bucket_website);
  set(Operation::delete_object, delete_object);
  set(Operation::delete_object_tagging, delete_object_tagging);
  set(Operation::delete_objects, delete_objects);
  set(Operation::delete_public_access_block, delete_public_access_block);
  set(Operation::get_bucket_accelerate_configuration, get_bucket_accelerate_configuration);
  set(Operation::get_bucket_acl, get_bucket_acl);
  set(Operation::get_bucket_cors, get_bucket_cors);
  set(Operation::get_bucket_lifecycle_configuration, get_bucket_lifecycle_configuration);
  set(Operation::get_bucket_location, get_bucket_location);
  set(Operation::get_bucket_logging, get_bucket_logging);
  set(Operation::get_bucket_ownership_controls, get_bucket_ownership_controls);
  set(Operation::get_bucket_policy, get_bucket_policy);
  set(Operation::get_bucket_policy_status, get_bucket_policy_status);
  set(Operation::get_bucket_request_payment, get_bucket_request_payment);
  set(Operation::get_bucket_tagging, get_bucket_tagging);
  set(Operation::get_bucket_versioning, get_bucket_versioning);
  set(Operation::get_bucket_website, get_bucket_website);
  set(Operation::get_object, get_object);
  set(Operation::get_object_acl, get_object_acl);
  set(Operation::get_object_attributes, get_object_attributes);
  set(Operation::get_object_legal_hold, get_object_legal_hold);
  set(Operation::get_object_lock_configuration, get_object_lock_configuration);
  set(Operation::get_object_retention, get_object_retention);
  set(Operation::get_object_tagging, get_object_tagging);
  set(Operation::get_public_access_block, get_public_access_block);
  set(Operation::head_bucket, head_bucket);
  set(Operation::head_object, head_object);
  set(Operation::list_buckets, list_buckets);
  set(Operation::list_multipart_uploads, list_multipart_uploads);
  set(Operation::list_object_versions, list_object_versions);
  set(Operation::list_objects, list_objects);
  set(Operation::list_objects_v2, list_objects_v2);
  set(Operation::list_parts, list_parts);
  set(Operation::options_preflight, options_preflight);
  set(Operation::put_bucket_accelerate_configuration, put_bucket_accelerate_configuration);
  set(Operation::put_bucket_acl, put_bucket_acl);
  set(Operation::put_bucket_cors, put_bucket_cors);
  set(Operation::put_bucket_lifecycle_configuration, put_bucket_lifecycle_configuration);
  set(Operation::put_bucket_logging, put_bucket_logging);
  set(Operation::put_bucket_ownership_controls, put_bucket_ownership_controls);
  set(Operation::put_bucket_policy, put_bucket_policy);
  set(Operation::put_bucket_request_payment, put_bucket_request_payment);
  set(Operation::put_bucket_tagging, put_bucket_tagging);
  set(Operation::post_object, post_object);
  set(Operation::put_bucket_versioning, put_bucket_versioning);
  set(Operation::put_bucket_website, put_bucket_website);
  set(Operation::put_object, put_object);
  set(Operation::put_object_acl, put_object_acl);
  set(Operation::put_object_legal_hold, put_object_legal_hold);
  set(Operation::put_object_lock_configuration, put_object_lock_configuration);
  set(Operation::put_object_retention, put_object_retention);
  set(Operation::put_object_tagging, put_object_tagging);
  set(Operation::put_public_access_block, put_public_access_block);
  set(Operation::upload_part, upload_part);
  set(Operation::upload_part_copy, upload_part_copy);
  for (const Operation probe :
       {Operation::get_bucket_analytics_configuration, Operation::get_bucket_encryption,
        Operation::get_bucket_intelligent_tiering_configuration,
        Operation::get_bucket_inventory_configuration, Operation::get_bucket_metrics_configuration,
        Operation::get_bucket_notification_configuration, Operation::get_bucket_replication})
    set(probe, get_unset_bucket_configuration);
  return table;
}();
}  // namespace

Handler find_handler(Operation operation) { return kHandlers[static_cast<std::size_t>(operation)]; }

}  // namespace cairn::s3
