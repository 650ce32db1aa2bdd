#include "s3/operation_actions.hpp"

#include <array>

namespace cairn::s3 {
namespace {
using Op = s3wire::Operation;

constexpr OperationActions on_bucket(Op op, std::string_view action) {
  return {op, action, {}, Level::bucket, {}, {}};
}
constexpr OperationActions on_object(Op op, std::string_view action, std::string_view with_version = {}) {
  return {op, action, with_version, Level::object, {}, {}};
}
constexpr OperationActions on_service(Op op, std::string_view action) {
  return {op, action, {}, Level::service, {}, {}};
}

constexpr auto kRows = std::to_array<OperationActions>({
    on_object(Op::abort_multipart_upload, "AbortMultipartUpload"),
    on_object(Op::complete_multipart_upload, "PutObject"),
    on_object(Op::copy_object, "PutObject"),
    on_bucket(Op::create_bucket, "CreateBucket"),
    on_bucket(Op::create_bucket_metadata_configuration, "CreateBucketMetadataTableConfiguration"),
    on_bucket(Op::create_bucket_metadata_table_configuration, "CreateBucketMetadataTableConfiguration"),
    on_object(Op::create_multipart_upload, "PutObject"),
    on_bucket(Op::create_session, "s3express:CreateSession"),
    on_bucket(Op::delete_bucket, "DeleteBucket"),
    on_bucket(Op::delete_bucket_analytics_configuration, "PutAnalyticsConfiguration"),
    on_bucket(Op::delete_bucket_cors, "PutBucketCORS"),
    on_bucket(Op::delete_bucket_encryption, "PutEncryptionConfiguration"),
    on_bucket(Op::delete_bucket_intelligent_tiering_configuration, "PutIntelligentTieringConfiguration"),
    on_bucket(Op::delete_bucket_inventory_configuration, "PutInventoryConfiguration"),
    on_bucket(Op::delete_bucket_lifecycle, "PutLifecycleConfiguration"),
    on_bucket(Op::delete_bucket_metadata_configuration, "DeleteBucketMetadataTableConfiguration"),
    on_bucket(Op::delete_bucket_metadata_table_configuration, "DeleteBucketMetadataTableConfiguration"),
    on_bucket(Op::delete_bucket_metrics_configuration, "PutMetricsConfiguration"),
    on_bucket(Op::delete_bucket_ownership_controls, "PutBucketOwnershipControls"),
    on_bucket(Op::delete_bucket_policy, "DeleteBucketPolicy"),
    on_bucket(Op::delete_bucket_replication, "PutReplicationConfiguration"),
    on_bucket(Op::delete_bucket_tagging, "PutBucketTagging"),
    on_bucket(Op::delete_bucket_website, "DeleteBucketWebsite"),
    on_object(Op::delete_object, "DeleteObject", "DeleteObjectVersion"),
    on_object(Op::delete_object_annotation, "DeleteObjectAnnotation"),
    on_object(Op::delete_object_tagging, "DeleteObjectTagging", "DeleteObjectVersionTagging"),
    {Op::delete_objects, {}, {}, Level::bucket, {}, {}},  // each key is asked for
    on_bucket(Op::delete_public_access_block, "PutBucketPublicAccessBlock"),
    on_bucket(Op::get_bucket_abac, "GetBucketAbac"),
    on_bucket(Op::get_bucket_accelerate_configuration, "GetAccelerateConfiguration"),
    on_bucket(Op::get_bucket_acl, "GetBucketAcl"),
    on_bucket(Op::get_bucket_analytics_configuration, "GetAnalyticsConfiguration"),
    on_bucket(Op::get_bucket_cors, "GetBucketCORS"),
    on_bucket(Op::get_bucket_encryption, "GetEncryptionConfiguration"),
    on_bucket(Op::get_bucket_intelligent_tiering_configuration, "GetIntelligentTieringConfiguration"),
    on_bucket(Op::get_bucket_inventory_configuration, "GetInventoryConfiguration"),
    on_bucket(Op::get_bucket_lifecycle, "GetLifecycleConfiguration"),
    on_bucket(Op::get_bucket_lifecycle_configuration, "GetLifecycleConfiguration"),
    on_bucket(Op::get_bucket_location, "GetBucketLocation"),
    on_bucket(Op::get_bucket_logging, "GetBucketLogging"),
    on_bucket(Op::get_bucket_metadata_configuration, "GetBucketMetadataTableConfiguration"),
    on_bucket(Op::get_bucket_metadata_table_configuration, "GetBucketMetadataTableConfiguration"),
    on_bucket(Op::get_bucket_metrics_configuration, "GetMetricsConfiguration"),
    on_bucket(Op::get_bucket_notification, "GetBucketNotification"),
    on_bucket(Op::get_bucket_notification_configuration, "GetBucketNotification"),
    on_bucket(Op::get_bucket_ownership_controls, "GetBucketOwnershipControls"),
    on_bucket(Op::get_bucket_policy, "GetBucketPolicy"),
    on_bucket(Op::get_bucket_policy_status, "GetBucketPolicyStatus"),
    on_bucket(Op::get_bucket_replication, "GetReplicationConfiguration"),
    on_bucket(Op::get_bucket_request_payment, "GetBucketRequestPayment"),
    on_bucket(Op::get_bucket_tagging, "GetBucketTagging"),
    on_bucket(Op::get_bucket_versioning, "GetBucketVersioning"),
    on_bucket(Op::get_bucket_website, "GetBucketWebsite"),
    on_object(Op::get_object, "GetObject", "GetObjectVersion"),
    on_object(Op::get_object_acl, "GetObjectAcl", "GetObjectVersionAcl"),
    {Op::get_object_attributes, "GetObject", "GetObjectVersion", Level::object, "GetObjectAttributes",
     "GetObjectVersionAttributes"},
    on_object(Op::get_object_annotation, "GetObjectAnnotation"),
    on_object(Op::get_object_legal_hold, "GetObjectLegalHold"),
    on_bucket(Op::get_object_lock_configuration, "GetBucketObjectLockConfiguration"),
    on_object(Op::get_object_retention, "GetObjectRetention"),
    on_object(Op::get_object_tagging, "GetObjectTagging", "GetObjectVersionTagging"),
    on_object(Op::get_object_torrent, "GetObjectTorrent", "GetObjectVersionTorrent"),
    on_bucket(Op::get_public_access_block, "GetBucketPublicAccessBlock"),
    on_bucket(Op::head_bucket, "ListBucket"),
    on_object(Op::head_object, "GetObject", "GetObjectVersion"),
    on_bucket(Op::list_bucket_analytics_configurations, "GetAnalyticsConfiguration"),
    on_bucket(Op::list_bucket_intelligent_tiering_configurations, "GetIntelligentTieringConfiguration"),
    on_bucket(Op::list_bucket_inventory_configurations, "GetInventoryConfiguration"),
    on_bucket(Op::list_bucket_metrics_configurations, "GetMetricsConfiguration"),
    on_service(Op::list_buckets, "ListAllMyBuckets"),
    on_service(Op::list_directory_buckets, "s3express:ListAllMyDirectoryBuckets"),
    on_bucket(Op::list_multipart_uploads, "ListBucketMultipartUploads"),
    on_object(Op::list_object_annotations, "ListObjectAnnotations"),
    on_bucket(Op::list_object_versions, "ListBucketVersions"),
    on_bucket(Op::list_objects, "ListBucket"),
    on_bucket(Op::list_objects_v2, "ListBucket"),
    on_object(Op::list_parts, "ListMultipartUploadParts"),
    {Op::options_preflight, {}, {}, Level::bucket, {}, {}},
    on_object(Op::post_object, "PutObject"),
    on_bucket(Op::put_bucket_abac, "PutBucketAbac"),
    on_bucket(Op::put_bucket_accelerate_configuration, "PutAccelerateConfiguration"),
    on_bucket(Op::put_bucket_acl, "PutBucketAcl"),
    on_bucket(Op::put_bucket_analytics_configuration, "PutAnalyticsConfiguration"),
    on_bucket(Op::put_bucket_cors, "PutBucketCORS"),
    on_bucket(Op::put_bucket_encryption, "PutEncryptionConfiguration"),
    on_bucket(Op::put_bucket_intelligent_tiering_configuration, "PutIntelligentTieringConfiguration"),
    on_bucket(Op::put_bucket_inventory_configuration, "PutInventoryConfiguration"),
    on_bucket(Op::put_bucket_lifecycle, "PutLifecycleConfiguration"),
    on_bucket(Op::put_bucket_lifecycle_configuration, "PutLifecycleConfiguration"),
    on_bucket(Op::put_bucket_logging, "PutBucketLogging"),
    on_bucket(Op::put_bucket_metrics_configuration, "PutMetricsConfiguration"),
    on_bucket(Op::put_bucket_notification, "PutBucketNotification"),
    on_bucket(Op::put_bucket_notification_configuration, "PutBucketNotification"),
    on_bucket(Op::put_bucket_ownership_controls, "PutBucketOwnershipControls"),
    on_bucket(Op::put_bucket_policy, "PutBucketPolicy"),
    on_bucket(Op::put_bucket_replication, "PutReplicationConfiguration"),
    on_bucket(Op::put_bucket_request_payment, "PutBucketRequestPayment"),
    on_bucket(Op::put_bucket_tagging, "PutBucketTagging"),
    on_bucket(Op::put_bucket_versioning, "PutBucketVersioning"),
    on_bucket(Op::put_bucket_website, "PutBucketWebsite"),
    on_object(Op::put_object, "PutObject"),
    on_object(Op::put_object_acl, "PutObjectAcl", "PutObjectVersionAcl"),
    on_object(Op::put_object_annotation, "PutObjectAnnotation"),
    on_object(Op::put_object_legal_hold, "PutObjectLegalHold"),
    on_bucket(Op::put_object_lock_configuration, "PutBucketObjectLockConfiguration"),
    on_object(Op::put_object_retention, "PutObjectRetention"),
    on_object(Op::put_object_tagging, "PutObjectTagging", "PutObjectVersionTagging"),
    on_bucket(Op::put_public_access_block, "PutBucketPublicAccessBlock"),
    on_object(Op::rename_object, "s3express:RenameObject"),
    on_object(Op::restore_object, "RestoreObject"),
    on_object(Op::select_object_content, "GetObject"),
    on_service(Op::unknown, "Unknown"),
    on_bucket(Op::update_bucket_metadata_annotation_table_configuration,
              "UpdateBucketMetadataAnnotationTableConfiguration"),
    on_bucket(Op::update_bucket_metadata_inventory_table_configuration,
              "UpdateBucketMetadataInventoryTableConfiguration"),
    on_bucket(Op::update_bucket_metadata_journal_table_configuration,
              "UpdateBucketMetadataJournalTableConfiguration"),
    on_object(Op::update_object_encryption, "UpdateObjectEncryption"),
    on_object(Op::upload_part, "PutObject"),
    on_object(Op::upload_part_copy, "PutObject"),
    on_object(Op::write_get_object_response, "s3-object-lambda:WriteGetObjectResponse"),
});

constexpr auto kTable = [] {
  std::array<OperationActions, 256> table{};
  for (auto& row : table) row.action = "Unknown";  // an operation without a row is nobody's but root's
  for (const OperationActions& row : kRows) table[static_cast<std::size_t>(row.operation)] = row;
  return table;
}();
}  // namespace

const OperationActions& actions_of(s3wire::Operation operation) {
  return kTable[static_cast<std::size_t>(operation)];
}

}  // namespace cairn::s3
