#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"
#include "cairn/s3wire/tagging.hpp"

// The small documents that configure a bucket (S3 API Reference, the Put and Get operation of each name).
// Parsers give malformed_xml for whatever does not fit the schema and take at most kMaxSmallBody bytes.
namespace cairn::s3wire {

// A bucket on which versioning was never set has no state: its document is empty.
enum class VersioningState : std::uint8_t { unset, enabled, suspended };
// Enabled or suspended. illegal_versioning_configuration without a Status; not_implemented for MfaDelete
// Enabled.
Result<VersioningState> parse_versioning(std::string_view xml);
std::string render_versioning(VersioningState state);

enum class ObjectOwnership : std::uint8_t { bucket_owner_enforced, bucket_owner_preferred, object_writer };
// The value of OwnershipControls and of the header x-amz-object-ownership; invalid_argument for another word.
Result<ObjectOwnership> parse_object_ownership(std::string_view word);
std::string_view object_ownership_name(ObjectOwnership ownership);
Result<ObjectOwnership> parse_ownership_controls(std::string_view xml);  // exactly one rule
std::string render_ownership_controls(ObjectOwnership ownership);

// What is left out of the document is false.
struct PublicAccessBlock {
  bool block_public_acls = false;
  bool ignore_public_acls = false;
  bool block_public_policy = false;
  bool restrict_public_buckets = false;
  bool operator==(const PublicAccessBlock&) const = default;
};
Result<PublicAccessBlock> parse_public_access_block(std::string_view xml);
std::string render_public_access_block(const PublicAccessBlock& block);

enum class Payer : std::uint8_t { bucket_owner, requester };
Result<Payer> parse_request_payment(std::string_view xml);
std::string render_request_payment(Payer payer);

enum class AccelerateState : std::uint8_t { unset, enabled, suspended };
Result<AccelerateState> parse_accelerate(std::string_view xml);  // enabled or suspended
std::string render_accelerate(AccelerateState state);

std::string render_policy_status(bool is_public);

// The body of CreateBucket; everything is empty without a body.
struct CreateBucketConfiguration {
  std::string location;  // LocationConstraint
  TagSet tags;           // checked
};
// not_implemented for the Location and Bucket elements of directory buckets; malformed_xml; what check_tags()
// gives.
Result<CreateBucketConfiguration> parse_create_bucket_configuration(std::string_view xml);

}  // namespace cairn::s3wire
