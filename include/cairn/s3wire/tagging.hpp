#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/result.hpp"

namespace cairn::s3wire {

// Tags of objects and buckets. Amazon keeps them in UTF-16 and counts lengths in its units ("Categorizing
// your storage using tags", S3 User Guide). Allowed are letters, digits and separators of every script and
// _ . : / = + - @ (S3Tag, S3 Control API Reference).
struct Tag {
  std::string key;
  std::string value;
  bool operator==(const Tag&) const = default;
};
using TagSet = std::vector<Tag>;  // in the client's order

enum class TagTarget : std::uint8_t { object, bucket };

inline constexpr std::size_t kMaxObjectTags = 10;
inline constexpr std::size_t kMaxBucketTags = 50;
inline constexpr std::size_t kMaxTagKey = 128;    // UTF-16 units; at least 1
inline constexpr std::size_t kMaxTagValue = 256;  // likewise; may be empty
inline constexpr std::size_t kMaxTaggingBody = 256u << 10;
inline constexpr std::size_t kMaxTaggingHeader = 64u << 10;

// invalid_tag for a key or value that is not allowed, a key that is there twice or begins with "aws:";
// invalid_tag for too many tags of an object, bad_request for too many of a bucket. As Amazon does, tags are
// checked one by one first and counted last.
Status check_tags(const TagSet& tags, TagTarget target);

// A Tagging document. The above, and malformed_xml.
Result<TagSet> parse_tagging(std::string_view xml, TagTarget target);
std::string render_tagging(const TagSet& tags);

// The x-amz-tagging header of an object: "key=value&key=value", each percent-encoded UTF-8, '+' a space.
// Errors as check_tags(), but invalid_argument for what cannot be decoded, an empty key and a key that is
// there twice.
Result<TagSet> parse_tagging_header(std::string_view header);
// The same form back, for storing tags and for sending them on.
std::string render_tagging_header(const TagSet& tags);

}  // namespace cairn::s3wire
