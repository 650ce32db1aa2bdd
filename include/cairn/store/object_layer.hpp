#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/base/clock.hpp"
#include "cairn/base/task.hpp"
#include "cairn/crypto/digest.hpp"
#include "cairn/store/bucket.hpp"
#include "cairn/store/system_documents.hpp"

namespace cairn::store {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// A checksum that a client sent or asked for. `value` is base64, with "-N" behind it where it is composite.
struct Checksum {
  crypto::ChecksumAlgorithm algorithm{};
  bool composite = false;
  std::string value;
  bool operator==(const Checksum&) const = default;
};

// What a client says of an object besides its bytes; kept as it was sent.
struct ObjectAttributes {
  HeaderList headers;   // Content-Type, Cache-Control, Content-Disposition, Content-Encoding,
                        // Content-Language, Expires, ...; canonical names
  HeaderList metadata;  // x-amz-meta-*, names in lower case without the prefix
  std::string storage_class = "STANDARD";
  HeaderList tags;
  std::string acl;  // as the S3 layer keeps it; empty: the bucket's owner alone
  Retention retention;
  bool legal_hold = false;
  bool legal_hold_set = false;  // somebody said whether there is one
  bool operator==(const ObjectAttributes&) const = default;
};

struct PartInfo {
  std::uint32_t number = 0;
  std::uint64_t size = 0;
  std::string etag;  // hex MD5, no quotes
  UnixMillis modified = 0;
  std::vector<Checksum> checksums;
};

struct ObjectInfo {
  std::string key;
  std::string version_id;      // empty: the null version
  bool delete_marker = false;  // then there are neither bytes nor attributes
  bool latest = true;
  bool versioned = false;  // its bucket has versioning enabled or suspended: clients are told the version id
  std::uint64_t size = 0;
  std::string etag;  // without quotes: hex MD5, or hex-N for N parts
  UnixMillis modified = 0;
  ObjectAttributes attributes;
  std::vector<Checksum> checksums;
  std::uint32_t parts_count = 0;  // 0: not a multipart upload
  std::string owner;
};

// Decides, from the newest version (nullptr: no object shows) or, where a request names one, from that
// version, whether a change may go on. Called inside the commit, on the state that the change will stand on;
// perhaps several times. Pure and quick.
using Precondition = std::function<Status(const ObjectInfo* current)>;

// What a body turned out to be, after all of it came and everything the client sent to check it by was
// checked.
struct BodyDigests {
  std::string md5;  // raw 16 bytes
  std::vector<Checksum> checksums;
};

// The bytes of a PUT on their way in. One caller; calls do not overlap, but digest() returns at once.
class BodySource {
 public:
  virtual ~BodySource() = default;
  virtual std::uint64_t size() const = 0;  // exact
  // Fills `into`, less only at the end of the body; 0 at the end. incomplete_body, request_timeout, ...
  virtual Task<std::size_t> read(MutableBytes into) = 0;
  // Gives every piece read back, in order, to be digested while it is coded and written.
  virtual void digest(Slice piece) = 0;
  // After the end: waits for the digests and checks them: bad_digest, content_sha256_mismatch,
  // signature_does_not_match, ...
  virtual Task<BodyDigests> finish() = 0;
};

// One version opened for reading. It stays readable when it is overwritten meanwhile. One caller.
class ObjectReader {
 public:
  virtual ~ObjectReader() = default;
  virtual const ObjectInfo& info() const = 0;
  // The parts with their sizes and checksums; empty where the object is not a multipart upload.
  virtual const std::vector<PartInfo>& parts() const = 0;
  // Once, before next(): the bytes [offset, offset + length) are wanted; they must lie inside the object.
  virtual Status start(std::uint64_t offset, std::uint64_t length) = 0;
  // The next verified bytes; empty at the end. An error in the middle means that the response must be cut.
  virtual Task<Slice> next() = 0;
};

struct ObjectName {
  std::string bucket;
  std::string key;
  std::string version_id;  // empty: the newest; "null": the null version
};

struct WriteOptions {
  Precondition precondition;  // empty: none
  std::array<std::uint8_t, 16>
      invocation{};  // amz-sdk-invocation-id, zero if none: a retry recognises its own success
  std::string owner;
  bool bypass_governance = false;  // the caller may, and asks to, lift a GOVERNANCE retention
};

struct DeleteResult {
  bool existed = false;
  bool delete_marker = false;  // one was made, or the version that went was one
  std::string version_id;      // of the marker, or of the version that went; empty: the null version
  bool versioned = false;      // as in ObjectInfo
};

// A change to what a version carries besides its bytes: tags, ACL, retention, legal hold. Called like a
// Precondition; what else it changes is ignored. An Error ends the request.
using AttributeChange = std::function<Status(ObjectAttributes& attributes)>;

struct ListRequest {
  std::string bucket;
  std::string prefix;
  std::string delimiter;
  std::string after;  // S3 marker, start-after or decoded continuation token: results lie above it (a common
                      // prefix too)
  std::uint32_t limit = 1000;
};

// In order of key; a common prefix stands where its first key would.
struct ListItem {
  bool common_prefix = false;
  std::string key;  // or the prefix
  std::uint64_t size = 0;
  std::string etag;
  UnixMillis modified = 0;
  std::string storage_class;
  std::vector<crypto::ChecksumAlgorithm> checksum_algorithms;
  bool checksum_composite = false;
  std::string owner;
};

struct ListResult {
  std::vector<ListItem> items;
  bool truncated = false;
  std::string next;  // pass as `after`
};

// Every version of every key: by key, then newest first.
struct ListVersionsRequest {
  std::string bucket;
  std::string prefix;
  std::string delimiter;
  std::string key_marker;         // as ListRequest::after, but for:
  std::string version_id_marker;  // of key_marker's versions those that follow this one come too; "null" is
                                  // the null version; needs key_marker
  std::uint32_t limit = 1000;
};
struct ListVersionsResult {
  struct Item {
    bool common_prefix = false;
    std::string prefix;
    ObjectInfo info;  // with its tags and retention
  };
  std::vector<Item> items;
  bool truncated = false;
  std::string next_key, next_version_id;  // the last item
};

struct UploadInfo {
  std::string key;
  std::string upload_id;
  UnixMillis initiated = 0;
  ObjectAttributes attributes;
  std::optional<crypto::ChecksumAlgorithm> checksum_algorithm;
  bool checksum_composite = false;
  std::string owner;
};

struct CreateUploadRequest {
  std::string bucket, key;
  ObjectAttributes attributes;
  std::optional<crypto::ChecksumAlgorithm> checksum_algorithm;
  bool checksum_composite = false;
  std::string owner;
};

struct UploadName {
  std::string bucket, key, upload_id;
};

struct ListUploadsRequest {
  std::string bucket, prefix, delimiter, key_marker, upload_id_marker;
  std::uint32_t limit = 1000;
};
struct ListUploadsResult {
  struct Item {
    bool common_prefix = false;
    std::string prefix;
    UploadInfo upload;
  };
  std::vector<Item> items;
  bool truncated = false;
  std::string next_key, next_upload_id;
};

struct ListPartsResult {
  UploadInfo upload;
  std::vector<PartInfo> parts;
  bool truncated = false;
  std::uint32_t next = 0;
};

// What the client lists in CompleteMultipartUpload, ascending by number.
struct CompletedPart {
  std::uint32_t number = 0;
  std::string etag;  // without quotes
  std::vector<Checksum> checksums;
};

struct CompleteUploadRequest {
  UploadName upload;
  std::vector<CompletedPart> parts;
  std::optional<Checksum> expected;            // the whole object's, where the client sent it
  std::optional<std::uint64_t> expected_size;  // x-amz-mp-object-size
  WriteOptions options;
};

struct UsageInfo {
  std::uint64_t objects = 0, bytes = 0;
};

// What S3 handlers, the admin API and services stand on. Implemented by the erasure sets and, later, by
// gateways. Thread-safe; each call runs on the executor of its caller. Names are validated by the caller
// (s3wire). Errors: no_such_bucket, no_such_key, no_such_version, no_such_upload, precondition_failed,
// no_quorum (nothing changed), outcome_unknown (the write may yet show), drive_full, overloaded, and whatever
// the body or the precondition answered.
class ObjectLayer {
 public:
  virtual ~ObjectLayer() = default;

  // bucket_already_exists where it exists; create is a conditional write. Of `bucket` the name, region,
  // owner, versioning, lock and configurations are taken.
  virtual Task<Bucket> create_bucket(BucketInfo bucket) = 0;
  virtual Task<Bucket> head_bucket(std::string bucket) = 0;  // answered from memory
  virtual Task<void> delete_bucket(std::string bucket) = 0;  // bucket_not_empty
  virtual Task<std::vector<Bucket>> list_buckets() = 0;
  // One atomic change of versioning, lock or configurations. `change` may be called several times; its Error
  // ends the update with nothing changed. The lock cannot be taken away (invalid_bucket_state).
  using BucketChange = std::function<Status(BucketInfo& bucket)>;
  virtual Task<Bucket> update_bucket(std::string bucket, BucketChange change) = 0;

  virtual Task<ObjectInfo> put(ObjectName name, ObjectAttributes attributes, BodySource& body,
                               WriteOptions options) = 0;
  // A delete marker answers as a version without bytes: the caller looks at info().delete_marker.
  virtual Task<std::unique_ptr<ObjectReader>> open(ObjectName name) = 0;
  virtual Task<ObjectInfo> head(ObjectName name) = 0;
  // Without a version id, in a bucket with versions: makes a delete marker. Otherwise removes the version;
  // object_locked where its retention or legal hold forbids it.
  virtual Task<DeleteResult> remove(ObjectName name, WriteOptions options) = 0;
  // object_locked where it would shorten or lift a retention that may not be. A delete marker has no
  // attributes: method_not_allowed.
  virtual Task<ObjectInfo> change_attributes(ObjectName name, AttributeChange change,
                                             WriteOptions options) = 0;
  virtual Task<ListResult> list(ListRequest request) = 0;
  virtual Task<ListVersionsResult> list_versions(ListVersionsRequest request) = 0;

  virtual Task<UploadInfo> create_upload(CreateUploadRequest request) = 0;
  virtual Task<UploadInfo> head_upload(UploadName upload) = 0;
  virtual Task<PartInfo> put_part(UploadName upload, std::uint32_t number, BodySource& body) = 0;
  virtual Task<ListPartsResult> list_parts(UploadName upload, std::uint32_t after, std::uint32_t limit) = 0;
  virtual Task<ListUploadsResult> list_uploads(ListUploadsRequest request) = 0;
  virtual Task<void> abort_upload(UploadName upload) = 0;
  virtual Task<ObjectInfo> complete_upload(CompleteUploadRequest request) = 0;

  virtual Task<UsageInfo> usage(std::string bucket) = 0;
  virtual SystemDocuments& documents() = 0;
};

}  // namespace cairn::store
