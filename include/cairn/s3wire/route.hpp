#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"
#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/uri.hpp"

namespace cairn::s3wire {

// Every operation of S3's service model (2006-03-01), and three that are not in it: the browser's form
// upload, the CORS preflight, and unknown. Two operations of the model differ only in name from their
// successors and never come out of the router: GetBucketLifecycle, GetBucketNotification and their Puts.
enum class Operation : std::uint8_t {
  unknown,
  abort_multipart_upload,
  complete_multipart_upload,
  copy_object,
  create_bucket,
  create_bucket_metadata_configuration,
  create_bucket_metadata_table_configuration,
  create_multipart_upload,
  create_session,
  delete_bucket,
  delete_bucket_analytics_configuration,
  delete_bucket_cors,
  delete_bucket_encryption,
  delete_bucket_intelligent_tiering_configuration,
  delete_bucket_inventory_configuration,
  delete_bucket_lifecycle,
  delete_bucket_metadata_configuration,
  delete_bucket_metadata_table_configuration,
  delete_bucket_metrics_configuration,
  delete_bucket_ownership_controls,
  delete_bucket_policy,
  delete_bucket_replication,
  delete_bucket_tagging,
  delete_bucket_website,
  delete_object,
  delete_object_annotation,
  delete_object_tagging,
  delete_objects,
  delete_public_access_block,
  get_bucket_abac,
  get_bucket_accelerate_configuration,
  get_bucket_acl,
  get_bucket_analytics_configuration,
  get_bucket_cors,
  get_bucket_encryption,
  get_bucket_intelligent_tiering_configuration,
  get_bucket_inventory_configuration,
  get_bucket_lifecycle,
  get_bucket_lifecycle_configuration,
  get_bucket_location,
  get_bucket_logging,
  get_bucket_metadata_configuration,
  get_bucket_metadata_table_configuration,
  get_bucket_metrics_configuration,
  get_bucket_notification,
  get_bucket_notification_configuration,
  get_bucket_ownership_controls,
  get_bucket_policy,
  get_bucket_policy_status,
  get_bucket_replication,
  get_bucket_request_payment,
  get_bucket_tagging,
  get_bucket_versioning,
  get_bucket_website,
  get_object,
  get_object_acl,
  get_object_annotation,
  get_object_attributes,
  get_object_legal_hold,
  get_object_lock_configuration,
  get_object_retention,
  get_object_tagging,
  get_object_torrent,
  get_public_access_block,
  head_bucket,
  head_object,
  list_bucket_analytics_configurations,
  list_bucket_intelligent_tiering_configurations,
  list_bucket_inventory_configurations,
  list_bucket_metrics_configurations,
  list_buckets,
  list_directory_buckets,
  list_multipart_uploads,
  list_object_annotations,
  list_object_versions,
  list_objects,
  list_objects_v2,
  list_parts,
  put_bucket_abac,
  put_bucket_accelerate_configuration,
  put_bucket_acl,
  put_bucket_analytics_configuration,
  put_bucket_cors,
  put_bucket_encryption,
  put_bucket_intelligent_tiering_configuration,
  put_bucket_inventory_configuration,
  put_bucket_lifecycle,
  put_bucket_lifecycle_configuration,
  put_bucket_logging,
  put_bucket_metrics_configuration,
  put_bucket_notification,
  put_bucket_notification_configuration,
  put_bucket_ownership_controls,
  put_bucket_policy,
  put_bucket_replication,
  put_bucket_request_payment,
  put_bucket_tagging,
  put_bucket_versioning,
  put_bucket_website,
  put_object,
  put_object_acl,
  put_object_annotation,
  put_object_legal_hold,
  put_object_lock_configuration,
  put_object_retention,
  put_object_tagging,
  put_public_access_block,
  rename_object,
  restore_object,
  select_object_content,
  update_bucket_metadata_annotation_table_configuration,
  update_bucket_metadata_inventory_table_configuration,
  update_bucket_metadata_journal_table_configuration,
  update_object_encryption,
  upload_part,
  upload_part_copy,
  write_get_object_response,
  post_object,        // POST of a form to a bucket
  options_preflight,  // OPTIONS
};

// Whether some operation takes its meaning from this parameter, which is then the first of those it needs
// (the others, such as `id`, mean nothing alone).
bool is_sub_resource(std::string_view parameter);

// "PutObject"; for logs, metrics and policies ("s3:PutObject" is not always the same word: see iam).
std::string_view operation_name(Operation op);

// What a request asks for. bucket and key are decoded and valid (key empty at bucket level).
struct Route {
  Operation op = Operation::unknown;
  std::string bucket;
  std::string key;
  bool virtual_hosted = false;
  Query query;
};

// Which operation a request is. A table gives for each operation the method, the level (service, bucket,
// object), the sub-resources and headers it needs and the parameters it may have. What does not fit wholly is
// unknown (to be answered with 501), never a neighbour: a sub-resource that the router does not know cannot
// become PutBucket or DeleteObject. Reads ignore parameters with a value that name no sub-resource, as
// Amazon's do; everybody ignores "x-..." parameters and those of a signature. `domains`: lower-case host
// names, without port, below which buckets stand as virtual hosts. Errors: invalid_uri, invalid_bucket_name,
// key_too_long, invalid_argument.
Result<Route> route_request(const HttpRequestView& request, std::span<const std::string> domains);

// The bucket that a Host names below one of the domains, in lower case; the longest domain wins. Empty for
// path style.
std::string virtual_bucket(std::string_view host, std::span<const std::string> domains);

// Amazon's rules for general-purpose buckets: 3 to 63 of a-z 0-9 . -, labels that begin and end with a letter
// or digit, not an IPv4 address, without the reserved prefixes (xn--, sthree-, amzn-s3-demo-) and suffixes
// (-s3alias, --ol-s3, .mrap, --x-s3, --table-s3).
bool valid_bucket_name(std::string_view name);

// 1 to 1,024 bytes of UTF-8 (key_too_long, invalid_argument otherwise). NUL is refused; '.', '..' and '//'
// are keys like others.
Status valid_key(std::string_view key);

}  // namespace cairn::s3wire
