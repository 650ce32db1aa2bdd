#include "cairn/s3wire/errors.hpp"

#include <algorithm>

#include "cairn/s3wire/xml.hpp"

namespace cairn::s3wire {
namespace {

struct Row {
  Code base;
  S3Error s3;
};

constexpr std::string_view kInternal = "We encountered an internal error. Please try again.";
constexpr std::string_view kUnavailable =
    "The service cannot handle the request right now. Please try again.";
constexpr std::string_view kSlowDown = "Please reduce your request rate.";

// Texts follow the S3 API reference's error list. Where two rows share an S3 code, the first is what
// code_of() gives.
constexpr Row kTable[] = {
    {Code::access_denied, {"AccessDenied", 403, "Access Denied"}},
    {Code::authorization_header_malformed,
     {"AuthorizationHeaderMalformed", 400, "The authorization header that you provided is not valid."}},
    {Code::authorization_query_parameters_error,
     {"AuthorizationQueryParametersError", 400,
      "The authorization query parameters that you provided are not valid."}},
    {Code::bad_digest,
     {"BadDigest", 400,
      "The Content-MD5 or checksum value that you specified did not match what the server received."}},
    {Code::bucket_already_exists,
     {"BucketAlreadyExists", 409,
      "The requested bucket name is not available. The bucket namespace is shared by all users of the "
      "system. "
      "Specify a different name and try again."}},
    {Code::bucket_already_owned_by_you,
     {"BucketAlreadyOwnedByYou", 409, "The bucket that you tried to create already exists, and you own it."}},
    {Code::bucket_not_empty, {"BucketNotEmpty", 409, "The bucket that you tried to delete is not empty."}},
    {Code::entity_too_large,
     {"EntityTooLarge", 400, "Your proposed upload exceeds the maximum allowed object size."}},
    {Code::entity_too_small,
     {"EntityTooSmall", 400, "Your proposed upload is smaller than the minimum allowed object size."}},
    {Code::expired_token, {"ExpiredToken", 400, "The provided token has expired."}},
    {Code::incomplete_body,
     {"IncompleteBody", 400,
      "You did not provide the number of bytes specified by the Content-Length HTTP header."}},
    {Code::invalid_access_key_id,
     {"InvalidAccessKeyId", 403, "The AWS access key ID that you provided does not exist in our records."}},
    {Code::invalid_argument, {"InvalidArgument", 400, "Invalid Argument"}},
    {Code::invalid_bucket_name, {"InvalidBucketName", 400, "The specified bucket is not valid."}},
    {Code::invalid_bucket_state,
     {"InvalidBucketState", 409, "The request is not valid for the current state of the bucket."}},
    {Code::invalid_digest,
     {"InvalidDigest", 400, "The Content-MD5 or checksum value that you specified is not valid."}},
    {Code::invalid_location_constraint,
     {"InvalidLocationConstraint", 400, "The specified location constraint is not valid."}},
    {Code::invalid_object_state,
     {"InvalidObjectState", 403, "The operation is not valid for the current state of the object."}},
    {Code::invalid_part,
     {"InvalidPart", 400,
      "One or more of the specified parts could not be found. The part might not have been uploaded, or the "
      "specified entity tag might not have matched the part's entity tag."}},
    {Code::invalid_part_order,
     {"InvalidPartOrder", 400,
      "The list of parts was not in ascending order. The parts list must be specified in order by part "
      "number."}},
    {Code::invalid_range, {"InvalidRange", 416, "The requested range is not satisfiable"}},
    {Code::invalid_request, {"InvalidRequest", 400, "Invalid Request"}},
    {Code::invalid_storage_class,
     {"InvalidStorageClass", 400, "The storage class that you specified is not valid."}},
    {Code::invalid_token, {"InvalidToken", 400, "The provided token is malformed or otherwise not valid."}},
    {Code::no_such_entity, {"NoSuchEntity", 404, "The identity that you named does not exist."}},
    {Code::entity_already_exists, {"EntityAlreadyExists", 409, "An identity of this name exists already."}},
    {Code::delete_conflict,
     {"DeleteConflict", 409, "The identity cannot be deleted as long as others depend on it."}},
    {Code::limit_exceeded, {"LimitExceeded", 409, "The request goes beyond a limit of this server."}},
    {Code::validation_error, {"ValidationError", 400, "A value in the request is not valid."}},
    {Code::packed_policy_too_large,
     {"PackedPolicyTooLarge", 400, "The session policies are too large for a session token."}},
    {Code::invalid_uri, {"InvalidURI", 400, "The specified URI couldn't be parsed."}},
    {Code::key_too_long, {"KeyTooLongError", 400, "Your key is too long."}},
    {Code::malformed_xml,
     {"MalformedXML", 400,
      "The XML that you provided was not well formed or did not validate against our published "
      "schema."}},
    {Code::max_message_length_exceeded, {"MaxMessageLengthExceeded", 400, "Your request was too large."}},
    {Code::metadata_too_large,
     {"MetadataTooLarge", 400, "Your metadata headers exceed the maximum allowed metadata size."}},
    {Code::method_not_allowed,
     {"MethodNotAllowed", 405, "The specified method is not allowed against this resource."}},
    {Code::missing_content_length,
     {"MissingContentLength", 411, "You must provide the Content-Length HTTP header."}},
    {Code::missing_request_body, {"MissingRequestBodyError", 400, "Request body is empty."}},
    {Code::missing_security_header,
     {"MissingSecurityHeader", 400, "Your request is missing a required header."}},
    {Code::no_such_bucket, {"NoSuchBucket", 404, "The specified bucket does not exist."}},
    {Code::no_such_key, {"NoSuchKey", 404, "The specified key does not exist."}},
    {Code::no_such_upload,
     {"NoSuchUpload", 404,
      "The specified multipart upload does not exist. The upload ID might not be valid, or the multipart "
      "upload "
      "might have been aborted or completed."}},
    {Code::no_such_version, {"NoSuchVersion", 404, "The specified version does not exist."}},
    {Code::not_implemented,
     {"NotImplemented", 501,
      "A header or operation that you provided implies functionality that is not "
      "implemented."}},
    {Code::not_modified, {"NotModified", 304, "Not Modified"}},
    {Code::operation_aborted,
     {"OperationAborted", 409,
      "A conflicting conditional operation is currently in progress against this resource. Try again."}},
    {Code::precondition_failed,
     {"PreconditionFailed", 412, "At least one of the preconditions that you specified did not hold."}},
    {Code::request_time_too_skewed,
     {"RequestTimeTooSkewed", 403,
      "The difference between the request time and the server's time is too large."}},
    {Code::request_timeout,
     {"RequestTimeout", 400,
      "Your socket connection to the server was not read from or written to within the timeout period."}},
    {Code::service_unavailable, {"ServiceUnavailable", 503, kUnavailable}},
    {Code::signature_does_not_match,
     {"SignatureDoesNotMatch", 403,
      "The request signature that we calculated does not match the signature that you provided. Check your "
      "secret "
      "access key and signing method."}},
    {Code::slow_down, {"SlowDown", 503, kSlowDown}},
    {Code::too_many_buckets,
     {"TooManyBuckets", 400, "You have attempted to create more buckets than are allowed."}},
    {Code::content_sha256_mismatch,
     {"XAmzContentSHA256Mismatch", 400,
      "The provided 'x-amz-content-sha256' header does not match what was computed."}},
    {Code::invalid_chunk_size,
     {"InvalidChunkSizeError", 403, "Only the last chunk is allowed to have a size less than 8192 bytes"}},
    {Code::malformed_trailer,
     {"MalformedTrailerError", 400,
      "The request contained trailing data that was not well-formed or did not "
      "conform to our published schema."}},
    {Code::no_such_tag_set, {"NoSuchTagSet", 404, "The TagSet does not exist"}},
    {Code::no_such_bucket_policy, {"NoSuchBucketPolicy", 404, "The bucket policy does not exist"}},
    {Code::no_such_lifecycle_configuration,
     {"NoSuchLifecycleConfiguration", 404, "The lifecycle configuration does not exist"}},
    {Code::no_such_cors_configuration,
     {"NoSuchCORSConfiguration", 404, "The CORS configuration does not exist"}},
    {Code::no_such_website_configuration,
     {"NoSuchWebsiteConfiguration", 404, "The specified bucket does not have a website configuration"}},
    {Code::sse_configuration_not_found,
     {"ServerSideEncryptionConfigurationNotFoundError", 404,
      "The server side encryption configuration was not found"}},
    {Code::object_lock_configuration_not_found,
     {"ObjectLockConfigurationNotFoundError", 404,
      "Object Lock configuration does not exist for this bucket"}},
    {Code::replication_configuration_not_found,
     {"ReplicationConfigurationNotFoundError", 404, "The replication configuration was not found"}},
    {Code::no_such_public_access_block,
     {"NoSuchPublicAccessBlockConfiguration", 404, "The public access block configuration was not found"}},
    {Code::ownership_controls_not_found,
     {"OwnershipControlsNotFoundError", 404, "The bucket ownership controls were not found"}},
    {Code::request_header_section_too_large,
     {"RequestHeaderSectionTooLarge", 400, "Your request header section exceeds the maximum allowed size."}},
    {Code::conditional_request_conflict,
     {"ConditionalRequestConflict", 409, "A conflicting operation occurred. Retry the upload if needed."}},
    {Code::invalid_encryption_algorithm,
     {"InvalidEncryptionAlgorithmError", 400,
      "The encryption request that you specified is not valid. The valid "
      "value is AES256."}},
    {Code::no_such_object_lock_configuration,
     {"NoSuchObjectLockConfiguration", 404,
      "The specified object does not have an Object Lock configuration"}},
    {Code::no_such_configuration,
     {"NoSuchConfiguration", 404, "The specified configuration does not exist."}},
    {Code::quota_exceeded, {"QuotaExceeded", 403, "The bucket's quota does not allow this upload."}},
    {Code::malformed_policy, {"MalformedPolicy", 400, "The policy is not valid."}},
    {Code::malformed_post_request,
     {"MalformedPOSTRequest", 400, "The body of your POST request is not well-formed multipart/form-data."}},
    {Code::invalid_tag, {"InvalidTag", 400, "The tag provided was not a valid tag."}},
    {Code::access_forbidden, {"AccessForbidden", 403, "CORSResponse: This CORS request is not allowed."}},
    {Code::not_acceptable_acl, {"AccessControlListNotSupported", 400, "The bucket does not allow ACLs"}},
    {Code::bad_request, {"BadRequest", 400, "Bad Request"}},
    {Code::malformed_acl,
     {"MalformedACLError", 400,
      "The ACL that you provided was not well formed or did not validate against our published schema."}},
    {Code::unresolvable_grant,
     {"UnresolvableGrantByEmailAddress", 400,
      "The email address that you provided does not match any account on record."}},
    {Code::ambiguous_grant,
     {"AmbiguousGrantByEmailAddress", 400,
      "The email address that you provided is associated with more than one account."}},
    {Code::unexpected_content,
     {"UnexpectedContent", 400, "This request contains content that is not supported."}},
    {Code::invalid_bucket_acl_with_object_ownership,
     {"InvalidBucketAclWithObjectOwnership", 400,
      "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"}},
    {Code::illegal_versioning_configuration,
     {"IllegalVersioningConfigurationException", 400,
      "The versioning configuration specified in the request is not valid."}},
    {Code::invalid_target_bucket_for_logging,
     {"InvalidTargetBucketForLogging", 400,
      "The target bucket for logging either does not exist, is not owned by you, or does not have the "
      "appropriate grants for the log-delivery group."}},

    {Code::incorrect_number_of_files,
     {"IncorrectNumberOfFilesInPostRequest", 400, "POST requires exactly one file upload per request."}},
    {Code::invalid_policy_document,
     {"InvalidPolicyDocument", 400,
      "The content of the form does not meet the conditions specified in the policy document."}},
    {Code::post_fields_too_large,
     {"MaxPostPreDataLengthExceeded", 400,
      "Your POST request fields preceding the upload file were too large."}},
    {Code::invalid_redirect_location,
     {"InvalidRedirectLocation", 400,
      "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."}},

    // What the layers below say. docs/operations/errors.md tells why.
    {Code::internal, {"InternalError", 500, kInternal}},
    {Code::io, {"InternalError", 500, kInternal}},
    {Code::corrupt, {"InternalError", 500, kInternal}},
    {Code::outcome_unknown, {"InternalError", 500, kInternal}},
    {Code::not_found, {"InternalError", 500, kInternal}},
    {Code::exists, {"InternalError", 500, kInternal}},
    {Code::unsupported, {"InternalError", 500, kInternal}},
    {Code::config, {"InternalError", 500, kInternal}},
    {Code::permission, {"InternalError", 500, kInternal}},
    {Code::canceled, {"ServiceUnavailable", 503, kUnavailable}},
    {Code::deadline, {"ServiceUnavailable", 503, kUnavailable}},
    {Code::offline, {"ServiceUnavailable", 503, kUnavailable}},
    {Code::no_quorum, {"ServiceUnavailable", 503, kUnavailable}},
    {Code::stale_stage, {"ServiceUnavailable", 503, kUnavailable}},
    {Code::connection_closed, {"ServiceUnavailable", 503, kUnavailable}},
    {Code::overloaded, {"SlowDown", 503, kSlowDown}},
    {Code::preempted, {"SlowDown", 503, kSlowDown}},
    {Code::drive_full,
     {"InsufficientStorage", 507,
      "There is not enough space left to store the object. Deletes are still possible."}},
    {Code::bad_http, {"InvalidRequest", 400, "The HTTP request is malformed."}},
};

constexpr S3Error kFallback{"InternalError", 500, kInternal};

}  // namespace

const S3Error& s3_error(Code code) {
  for (const Row& row : kTable)
    if (row.base == code) return row.s3;
  return kFallback;
}

Code code_of(std::string_view s3_code, int http_status) {
  for (const Row& row : kTable)
    if (row.s3.code == s3_code) return row.base;
  // Names that Amazon or other servers use for what has another name here.
  if (s3_code == "NotFound") return Code::no_such_key;
  switch (http_status) {
    case 304:
      return Code::not_modified;
    case 400:
      return Code::invalid_request;
    case 401:
    case 403:
      return Code::access_denied;
    case 404:
      return Code::no_such_key;
    case 405:
      return Code::method_not_allowed;
    case 409:
      return Code::operation_aborted;
    case 411:
      return Code::missing_content_length;
    case 412:
      return Code::precondition_failed;
    case 416:
      return Code::invalid_range;
    case 429:
      return Code::slow_down;
    case 501:
      return Code::not_implemented;
    case 503:
      return Code::service_unavailable;
    case 507:
      return Code::drive_full;
    default:
      return http_status >= 400 && http_status < 500 ? Code::invalid_request : Code::internal;
  }
}

std::string_view error_message(const Error& error) {
  const S3Error& e = s3_error(error.code);
  const bool clients_mistake = e.status < 500 || error.code == Code::not_implemented;
  return clients_mistake && !error.context.empty() ? std::string_view(error.context) : e.message;
}

std::string render_error_xml(const Error& error, std::string_view resource, std::string_view request_id,
                             std::string_view host_id, std::span<const ErrorField> fields) {
  XmlWriter xml("Error", "");
  xml.text("Code", s3_error(error.code).code).text("Message", error_message(error));
  for (const auto& [name, value] : fields) xml.text(name, value);
  xml.text("Resource", resource).text("RequestId", request_id).text("HostId", host_id);
  return std::move(xml).finish();
}

}  // namespace cairn::s3wire
