#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/result.hpp"
#include "cairn/s3wire/checksums.hpp"
#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/uri.hpp"

// GetObjectAttributes (S3 API Reference).
namespace cairn::s3wire {

// What a client asks for: x-amz-object-attributes (one header or several), x-amz-max-parts and
// x-amz-part-number-marker.
struct ObjectAttributesRequest {
  bool etag = false;
  bool checksum = false;
  bool object_parts = false;
  bool storage_class = false;
  bool object_size = false;
  std::uint32_t max_parts = 1000;  // 0 to 1,000
  std::uint32_t part_number_marker = 0;
};
// invalid_request without a name; invalid_argument for an unknown one or a number that is none.
Result<ObjectAttributesRequest> parse_object_attributes(const HttpRequestView& request, const Query& query);

struct AttributePart {
  std::uint32_t number = 0;
  std::uint64_t size = 0;
  std::optional<ChecksumValue> checksum;
};
// Parts of an object that was uploaded in parts. Amazon lists them only for objects that have a checksum of
// their own; without one it tells the number alone.
struct AttributeParts {
  std::uint32_t total = 0;
  bool listed = false;  // whether what follows is rendered
  std::uint32_t part_number_marker = 0;
  std::uint32_t next_part_number_marker = 0;
  std::uint32_t max_parts = 1000;
  bool truncated = false;
  std::vector<AttributePart> parts;
};
// Only what is set is rendered.
struct ObjectAttributesAnswer {
  std::optional<std::string> etag;  // without quotes, here in the document too: Amazon sends it bare
  std::optional<ChecksumValue> checksum;
  std::optional<AttributeParts> object_parts;
  std::optional<std::string> storage_class;
  std::optional<std::uint64_t> object_size;
  std::string render() const;
};

}  // namespace cairn::s3wire
