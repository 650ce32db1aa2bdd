#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "cairn/s3wire/checksums.hpp"
#include "cairn/store/object_layer.hpp"

#include "s3/context.hpp"

namespace cairn::s3 {

std::string quoted(std::string_view etag);

// What a write keeps of its headers; refuses those whose meaning this server does not have yet
// (not_implemented) and storage classes it has not (invalid_storage_class).
Result<store::ObjectAttributes> read_attributes(const Context& c);
// not_implemented for encryption, lock, tagging, grants and website headers; for canned ACLs that give others
// access too.
Status refuse_unsupported_write(const Context& c);
// SSE-C headers on a read: no object here is encrypted, so they do not apply (invalid_request).
Status refuse_customer_key(const Context& c);

// If-Match and If-None-Match of a write, and the SDK's invocation id.
Result<store::WriteOptions> read_write_options(const Context& c);
// If-Match of a delete, whose answer for an object that is not there differs from a write's.
store::Precondition delete_precondition(std::string if_match);
// Ties a retry to its first attempt: what of the request is the same in every attempt. Zero without an
// invocation id.
std::array<std::uint8_t, 16> invocation_of(const Context& c, std::string_view key);

// Content-Type, metadata, ETag, Last-Modified, ... of a GET or HEAD.
void write_object_fields(http::Response& response, const store::ObjectInfo& info);
// x-amz-checksum-... and x-amz-checksum-type.
void write_checksum_fields(http::Response& response, const std::vector<store::Checksum>& checksums,
                           bool with_type = true);

store::Checksum to_store(const s3wire::ChecksumValue& value);
std::optional<s3wire::ChecksumValue> to_wire(const store::Checksum& checksum);
std::optional<s3wire::ChecksumValue> to_wire(const std::vector<store::Checksum>& checksums);

// "" and "null" are the null version; any other on a bucket without versions is no_such_version, or
// invalid_argument where no version could be called that.
Result<std::string> read_version_id(const Context& c);
Status check_version_id(std::string_view version_id);

// 200 with an XML document.
Task<void> send_xml(Context& c, std::string xml);
Task<void> send_status(Context& c, int status);

// partNumber, 1 to 10,000.
Result<std::uint32_t> read_part_number(const Context& c);
store::UploadName read_upload_name(const Context& c);

}  // namespace cairn::s3
