#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/clock.hpp"
#include "cairn/base/result.hpp"
#include "cairn/s3wire/checksums.hpp"

// The XML documents of S3: requests parsed, answers rendered, both as plain structs. ETags stand here without
// quotes; the documents carry them quoted. Times are Unix milliseconds. Element names and order are those of
// the service model.
namespace cairn::s3wire {

// ---- Request bodies: malformed_xml on anything wrong ----

inline constexpr std::size_t kMaxParts = 10'000;
inline constexpr std::size_t kMaxDeletes = 1'000;
inline constexpr std::size_t kMaxCompleteBody = 8u << 20;  // bytes of a body that a handler need read at most
inline constexpr std::size_t kMaxDeleteBody = 8u << 20;
inline constexpr std::size_t kMaxSmallBody = 64u << 10;

struct CompletedPart {
  std::uint32_t number = 0;
  std::string etag;
  std::optional<ChecksumValue> checksum;
};
// Parts must ascend: invalid_part_order. Of a number that is there several times in a row the last one
// counts. Numbers of 1 to 10,000; at least one part.
Result<std::vector<CompletedPart>> parse_complete_multipart_upload(std::string_view xml);

struct DeleteTarget {
  std::string key;
  std::string version_id;
  std::optional<std::string> etag;
  std::optional<UnixMillis> last_modified;
  std::optional<std::uint64_t> size;
};
struct DeleteRequest {
  std::vector<DeleteTarget> objects;
  bool quiet = false;
};
Result<DeleteRequest> parse_delete(std::string_view xml);

// ---- Answers ----

struct Owner {
  std::string id;
  std::string display_name;
};

struct BucketEntry {
  std::string name;
  UnixMillis created = 0;
  std::string region;  // left out where empty
};
struct ListBucketsResult {
  Owner owner;
  std::vector<BucketEntry> buckets;
  std::string prefix;
  std::string continuation_token;  // the next one
  std::string render() const;
};

struct ObjectEntry {
  std::string key;
  UnixMillis last_modified = 0;
  std::string etag;
  std::uint64_t size = 0;
  std::string storage_class = "STANDARD";
  std::optional<Owner> owner;
  std::optional<ChecksumAlgorithm> checksum_algorithm;
  ChecksumType checksum_type = ChecksumType::full_object;
};

// What the two lists have in common. With url_encoding keys, prefixes, delimiter and markers are encoded on
// rendering.
struct ListObjectsCommon {
  std::string bucket;
  std::string prefix;
  std::string delimiter;
  std::uint32_t max_keys = 1000;
  bool url_encoding = false;
  bool truncated = false;
  std::vector<ObjectEntry> contents;
  std::vector<std::string> common_prefixes;
};
struct ListObjectsResult : ListObjectsCommon {
  std::string marker;
  std::string next_marker;  // Amazon sends it with a delimiter only; left out where empty
  std::string render() const;
};
struct ListObjectsV2Result : ListObjectsCommon {
  std::optional<std::string> continuation_token;  // as asked for
  std::string next_continuation_token;
  std::string start_after;
  std::string render() const;
};

struct UploadEntry {
  std::string key;
  std::string upload_id;
  Owner initiator;
  Owner owner;
  std::string storage_class = "STANDARD";
  UnixMillis initiated = 0;
  std::optional<MultipartChecksum> checksum;
};
struct ListMultipartUploadsResult {
  std::string bucket;
  std::string key_marker;
  std::string upload_id_marker;
  std::string next_key_marker;
  std::string next_upload_id_marker;
  std::string prefix;
  std::string delimiter;
  std::uint32_t max_uploads = 1000;
  bool url_encoding = false;
  bool truncated = false;
  std::vector<UploadEntry> uploads;
  std::vector<std::string> common_prefixes;
  std::string render() const;
};

struct PartEntry {
  std::uint32_t number = 0;
  UnixMillis last_modified = 0;
  std::string etag;
  std::uint64_t size = 0;
  std::optional<ChecksumValue> checksum;
};
struct ListPartsResult {
  std::string bucket;
  std::string key;
  std::string upload_id;
  Owner initiator;
  Owner owner;
  std::string storage_class = "STANDARD";
  std::uint32_t part_number_marker = 0;
  std::uint32_t next_part_number_marker = 0;
  std::uint32_t max_parts = 1000;
  bool truncated = false;
  std::optional<MultipartChecksum> checksum;
  std::vector<PartEntry> parts;
  std::string render() const;
};

struct InitiateMultipartUploadResult {
  std::string bucket;
  std::string key;
  std::string upload_id;
  std::string render() const;
};
struct CompleteMultipartUploadResult {
  std::string location;
  std::string bucket;
  std::string key;
  std::string etag;
  std::optional<ChecksumValue> checksum;
  std::string render() const;
};
// CopyObject and UploadPartCopy.
struct CopyResult {
  std::string etag;
  UnixMillis last_modified = 0;
  std::optional<ChecksumValue> checksum;
  std::string render_object() const;  // CopyObjectResult
  std::string render_part() const;    // CopyPartResult
};

struct DeletedEntry {
  std::string key;
  std::string version_id;
  bool delete_marker = false;
  std::string delete_marker_version_id;
};
struct DeleteErrorEntry {
  std::string key;
  std::string version_id;
  Error error;
};
struct DeleteResult {
  std::vector<DeletedEntry> deleted;  // leave empty for a quiet request
  std::vector<DeleteErrorEntry> errors;
  std::string render() const;
};

// region "us-east-1" renders as the empty constraint, as Amazon's does.
std::string render_location(std::string_view region);
std::string render_empty(
    std::string_view root);  // an unset configuration: <NotificationConfiguration xmlns=.../>

// ---- For our client: answers parsed, requests rendered ----

struct ClientError {
  std::string code;
  std::string message;
  std::string region;
  std::string request_id;
};
Result<ClientError> parse_error(std::string_view xml);
Result<ListObjectsV2Result> parse_list_objects_v2(std::string_view xml);  // url-encoded names decoded
Result<InitiateMultipartUploadResult> parse_initiate_multipart_upload(std::string_view xml);
Result<CompleteMultipartUploadResult> parse_complete_result(
    std::string_view xml);  // an <Error> in a 200 becomes that error
Result<CopyResult> parse_copy_result(std::string_view xml);
Result<DeleteResult> parse_delete_result(std::string_view xml);
Result<ListBucketsResult> parse_list_buckets(std::string_view xml);
std::string render_complete_multipart_upload(const std::vector<CompletedPart>& parts);
std::string render_delete(const DeleteRequest& request);

}  // namespace cairn::s3wire
