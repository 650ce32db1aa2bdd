#pragma once
#include "s3/context.hpp"

// One function per S3 operation, each in the file of its name. They answer the request or return the error to
// answer; after the first byte of an answer left, an error cuts the connection.
namespace cairn::s3 {

Task<void> abort_multipart_upload(Context& c);
Task<void> complete_multipart_upload(Context& c);
Task<void> copy_object(Context& c);
Task<void> create_bucket(Context& c);
Task<void> create_multipart_upload(Context& c);
Task<void> delete_bucket(Context& c);
Task<void> delete_bucket_cors(Context& c);
Task<void> delete_bucket_lifecycle(Context& c);
Task<void> delete_bucket_ownership_controls(Context& c);
Task<void> delete_bucket_policy(Context& c);
Task<void> delete_bucket_tagging(Context& c);
Task<void> delete_bucket_website(Context& c);
Task<void> delete_object(Context& c);
Task<void> delete_object_tagging(Context& c);
Task<void> delete_objects(Context& c);
Task<void> delete_public_access_block(Context& c);
Task<void> get_bucket_accelerate_configuration(Context& c);
Task<void> get_bucket_acl(Context& c);
Task<void> get_bucket_cors(Context& c);
Task<void> get_bucket_lifecycle_configuration(Context& c);
Task<void> get_bucket_location(Context& c);
Task<void> get_bucket_logging(Context& c);
Task<void> get_bucket_ownership_controls(Context& c);
Task<void> get_bucket_policy(Context& c);
Task<void> get_bucket_policy_status(Context& c);
Task<void> get_bucket_request_payment(Context& c);
Task<void> get_bucket_tagging(Context& c);
Task<void> get_bucket_versioning(Context& c);
Task<void> get_bucket_website(Context& c);
Task<void> get_object(Context& c);
Task<void> get_object_acl(Context& c);
Task<void> get_object_attributes(Context& c);
Task<void> get_object_legal_hold(Context& c);
Task<void> get_object_lock_configuration(Context& c);
Task<void> get_object_retention(Context& c);
Task<void> get_object_tagging(Context& c);
Task<void> get_public_access_block(Context& c);
Task<void> head_bucket(Context& c);
Task<void> head_object(Context& c);
Task<void> list_buckets(Context& c);
Task<void> list_multipart_uploads(Context& c);
Task<void> list_object_versions(Context& c);
Task<void> list_objects(Context& c);
Task<void> list_objects_v2(Context& c);
Task<void> list_parts(Context& c);
Task<void> options_preflight(Context& c);
Task<void> put_bucket_accelerate_configuration(Context& c);
Task<void> put_bucket_acl(Context& c);
Task<void> put_bucket_cors(Context& c);
Task<void> put_bucket_lifecycle_configuration(Context& c);
Task<void> put_bucket_logging(Context& c);
Task<void> put_bucket_ownership_controls(Context& c);
Task<void> put_bucket_policy(Context& c);
Task<void> put_bucket_request_payment(Context& c);
Task<void> put_bucket_tagging(Context& c);
Task<void> post_object(Context& c);
Task<void> put_bucket_versioning(Context& c);
Task<void> put_bucket_website(Context& c);
Task<void> put_object(Context& c);
Task<void> put_object_acl(Context& c);
Task<void> put_object_legal_hold(Context& c);
Task<void> put_object_lock_configuration(Context& c);
Task<void> put_object_retention(Context& c);
Task<void> put_object_tagging(Context& c);
Task<void> put_public_access_block(Context& c);
Task<void> upload_part(Context& c);
Task<void> upload_part_copy(Context& c);
// What clients probe and nobody can set yet.
Task<void> get_unset_bucket_configuration(Context& c);

}  // namespace cairn::s3
