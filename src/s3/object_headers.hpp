#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "cairn/s3wire/checksums.hpp"
#include "cairn/s3wire/object_lock.hpp"
#include "cairn/s3wire/tagging.hpp"
#include "cairn/store/object_layer.hpp"

#include "s3/context.hpp"

namespace cairn::s3 {

std::string quoted(std::string_view etag);
// Where the request's object is, as its client reaches this server.
std::string object_url(const Context& c);

// What a write keeps of its headers: metadata, tags, ACL, retention and legal hold; refuses those whose
// meaning this server does not have yet (not_implemented) and storage classes it has not
// (invalid_storage_class).
Result<store::ObjectAttributes> read_attributes(const Context& c);
// not_implemented for encryption.
Status refuse_unsupported_write(const Context& c);
// x-amz-tagging; invalid_tag, ...
Result<store::HeaderList> read_tagging_header(const Context& c);
store::HeaderList to_store(const s3wire::TagSet& tags);
store::Retention to_store(const s3wire::Retention& retention);
store::LockMode to_store(s3wire::LockMode mode);
s3wire::LockMode to_wire(store::LockMode mode);  // not none
s3wire::TagSet to_wire_tags(const store::HeaderList& tags);
// SSE-C headers on a read: no object here is encrypted, so they do not apply (invalid_request).
Status refuse_customer_key(const Context& c);

// If-Match and If-None-Match ("*" or an ETag) of a write, who owns what it makes, and the SDK's invocation
// id.
Result<store::WriteOptions> read_write_options(const Context& c);
// The conditions of a delete, whose answer for an object that is not there differs from a write's.
struct DeleteConditions {
  std::optional<std::string> etag;
  std::optional<UnixMillis> modified;  // to the second
  std::optional<std::uint64_t> size;
  bool empty() const { return !etag && !modified && !size; }
};
store::Precondition delete_precondition(DeleteConditions conditions);
// Ties a retry to its first attempt: what of the request is the same in every attempt. Zero without an
// invocation id.
std::array<std::uint8_t, 16> invocation_of(const Context& c, std::string_view key);

// no_such_key or, where the request names a delete marker itself, method_not_allowed, with what the head of
// the answer says of it.
Status refuse_delete_marker(Context& c, const store::ObjectInfo& info);
// x-amz-version-id, in buckets that have or had versions.
void write_version_field(http::Response& response, const store::ObjectInfo& info);
// The same of a version just written, where it has an id of its own; and notes its size for the access log.
void write_new_version_field(Context& c, const store::ObjectInfo& info);
// "null" for the null version.
std::string shown_version(const std::string& version_id);
// Content-Type, metadata, ETag, Last-Modified, ... of a GET or HEAD.
void write_object_fields(http::Response& response, const store::ObjectInfo& info);
// x-amz-checksum-... and x-amz-checksum-type.
void write_checksum_fields(http::Response& response, const std::vector<store::Checksum>& checksums,
                           bool with_type = true);

store::Checksum to_store(const s3wire::ChecksumValue& value);
std::optional<s3wire::ChecksumValue> to_wire(const store::Checksum& checksum);
std::optional<s3wire::ChecksumValue> to_wire(const std::vector<store::Checksum>& checksums);

// The versionId parameter, empty without; invalid_argument where no version could be called that.
Result<std::string> read_version_id(const Context& c);
Status check_version_id(std::string_view version_id);

// 200 with an XML document.
Task<void> send_xml(Context& c, std::string xml);
Task<void> send_status(Context& c, int status);

// partNumber, 1 to 10,000.
Result<std::uint32_t> read_part_number(const Context& c);
store::UploadName read_upload_name(const Context& c);

}  // namespace cairn::s3
