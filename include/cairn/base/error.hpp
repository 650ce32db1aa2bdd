#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace cairn {

// What went wrong, as a stable number: codes cross the node RPC and stand in durable records, so a number is
// never reused. s3wire/errors.hpp maps each to the S3 error document a client sees; unmapped codes become
// InternalError.
enum class Code : std::uint16_t {
  // The system below: 1-99.
  internal = 1,          // a bug or an impossible state
  canceled = 2,          // the caller gave up or the server stops
  deadline = 3,          // time ran out
  overloaded = 4,        // a budget (memory, connections) is used up; the client should slow down
  io = 5,                // a drive or file answered with an error
  corrupt = 6,           // a hash or a format check failed
  offline = 7,           // a drive or peer is out of service
  drive_full = 8,        // no space above the reserve
  no_quorum = 9,         // too few drives answer; nothing was changed
  outcome_unknown = 10,  // an accept was sent and its fate is not known
  preempted = 11,        // another proposer's ballot was higher
  stale_stage = 12,      // staged by an earlier boot of the drive
  not_found = 13,        // no such record or file (below S3)
  exists = 14,
  unsupported = 15,        // a format version or feature this build does not know
  connection_closed = 16,  // the peer closed or cut the connection
  bad_http = 17,           // malformed HTTP from the peer
  config = 18,             // a setting is wrong; the context says which
  permission = 19,         // the operating system refused

  // S3 semantics, named as the S3 API reference names them: 100 and up.
  access_denied = 100,
  authorization_header_malformed = 101,
  authorization_query_parameters_error = 102,
  bad_digest = 103,
  bucket_already_exists = 104,
  bucket_already_owned_by_you = 105,
  bucket_not_empty = 106,
  entity_too_large = 107,
  entity_too_small = 108,
  expired_token = 109,
  incomplete_body = 110,
  invalid_access_key_id = 111,
  invalid_argument = 112,
  invalid_bucket_name = 113,
  invalid_bucket_state = 114,
  invalid_digest = 115,
  invalid_location_constraint = 116,
  invalid_object_state = 117,
  invalid_part = 118,
  invalid_part_order = 119,
  invalid_range = 120,
  invalid_request = 121,
  invalid_storage_class = 122,
  invalid_uri = 123,
  key_too_long = 124,
  malformed_xml = 125,
  max_message_length_exceeded = 126,
  metadata_too_large = 127,
  method_not_allowed = 128,
  missing_content_length = 129,
  missing_request_body = 130,
  missing_security_header = 131,
  no_such_bucket = 132,
  no_such_key = 133,
  no_such_upload = 134,
  no_such_version = 135,
  not_implemented = 136,
  not_modified = 137,
  operation_aborted = 138,
  precondition_failed = 139,
  request_time_too_skewed = 140,
  request_timeout = 141,
  service_unavailable = 142,
  signature_does_not_match = 143,
  slow_down = 144,
  too_many_buckets = 145,
  content_sha256_mismatch = 146,  // XAmzContentSHA256Mismatch
  invalid_chunk_size = 147,
  malformed_trailer = 148,
  no_such_tag_set = 149,
  no_such_bucket_policy = 150,
  no_such_lifecycle_configuration = 151,
  no_such_cors_configuration = 152,
  no_such_website_configuration = 153,
  sse_configuration_not_found = 154,  // ServerSideEncryptionConfigurationNotFoundError
  object_lock_configuration_not_found = 155,
  replication_configuration_not_found = 156,
  no_such_public_access_block = 157,
  ownership_controls_not_found = 158,
  request_header_section_too_large = 159,
  conditional_request_conflict = 160,
  invalid_encryption_algorithm = 161,
  no_such_object_lock_configuration = 162,
  no_such_configuration = 163,
  quota_exceeded = 164,
  malformed_policy = 165,
  malformed_post_request = 166,
  invalid_tag = 167,
  access_forbidden = 168,    // CORS preflight refused
  not_acceptable_acl = 169,  // AccessControlListNotSupported
  bad_request = 170,         // BadRequest: too many tags, a preflight without what it needs
  malformed_acl = 171,
  unresolvable_grant = 172,  // UnresolvableGrantByEmailAddress
  ambiguous_grant = 173,     // AmbiguousGrantByEmailAddress
  unexpected_content = 174,
  invalid_bucket_acl_with_object_ownership = 175,
  illegal_versioning_configuration = 176,  // IllegalVersioningConfigurationException
  invalid_target_bucket_for_logging = 177,
  incorrect_number_of_files = 191,  // IncorrectNumberOfFilesInPostRequest
  invalid_policy_document = 192,    // of a form upload
  post_fields_too_large = 193,      // MaxPostPreDataLengthExceeded
  invalid_redirect_location = 194,  // x-amz-website-redirect-location

  // Identities, as the IAM and STS API references name them: 210 and up.
  invalid_token = 210,            // InvalidToken, InvalidClientTokenId
  no_such_entity = 211,           // NoSuchEntity
  entity_already_exists = 212,    // EntityAlreadyExists
  delete_conflict = 213,          // DeleteConflict
  limit_exceeded = 214,           // LimitExceeded
  validation_error = 215,         // ValidationError
  packed_policy_too_large = 216,  // PackedPolicyTooLarge
};

// A failure: a stable code for programs and a context for people. The context goes to logs and, for client
// mistakes, into the S3 error message, so it never holds a secret.
struct Error {
  Code code = Code::internal;
  std::string context;

  Error() = default;
  explicit Error(Code c, std::string text = {}) : code(c), context(std::move(text)) {}
  bool is(Code c) const { return code == c; }
};

// The code's name, as in this file: for logs and metrics.
std::string_view code_name(Code code);

}  // namespace cairn
