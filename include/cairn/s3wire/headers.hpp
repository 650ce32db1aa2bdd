#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/clock.hpp"
#include "cairn/base/result.hpp"
#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/uri.hpp"

namespace cairn::s3wire {

// An HTTP date in any of the three forms of RFC 9110 section 5.6.7, at a resolution of seconds; nullopt if it
// is none.
std::optional<UnixMillis> parse_http_date(std::string_view text);
// "20130524T000000Z".
std::optional<UnixMillis> parse_amz_date(std::string_view text);
std::string amz_date(UnixMillis t);
// "2026-11-23T12:34:56.789Z", fraction optional, as in S3's XML.
std::optional<UnixMillis> parse_iso8601(std::string_view text);

// ---- Range ----

// One byte range, not yet held against an object's size.
struct RangeSpec {
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;  // inclusive; without `first` a suffix length
};
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};
// A Range header. nullopt where S3 serves the whole object: no header, another unit, bad syntax, several
// ranges.
std::optional<RangeSpec> parse_range(std::optional<std::string_view> header);
// The bytes a spec means in an object of `size` bytes; invalid_range where it has none of them.
Result<ByteRange> resolve_range(const RangeSpec& spec, std::uint64_t size);
// x-amz-copy-source-range: "bytes=first-last" exactly, within the source; invalid_argument, as Amazon
// answers. invalid_range.
Result<ByteRange> parse_copy_range(std::string_view text, std::uint64_t source_size);

// ---- Conditions ----

// The conditional headers of a read, a write or (with the x-amz-copy-source- prefix) a copy's source.
struct Conditions {
  std::optional<std::string> if_match;       // the list as sent
  std::optional<std::string> if_none_match;  // likewise
  std::optional<UnixMillis> if_modified_since;
  std::optional<UnixMillis> if_unmodified_since;
  bool empty() const { return !if_match && !if_none_match && !if_modified_since && !if_unmodified_since; }
};
Conditions parse_conditions(const HttpRequestView& request);
Conditions parse_copy_source_conditions(const HttpRequestView& request);

// Whether an If-Match / If-None-Match list ("*", quoted or bare tags, weak ones too) names this ETag (without
// quotes).
bool etag_matches(std::string_view list, std::string_view etag);

// RFC 9110 section 13.2.2 as S3 applies it to GET, HEAD and copy sources: {} to go on, not_modified,
// precondition_failed. `etag` without quotes. A copy answers precondition_failed in place of not_modified:
// say so with `copy`.
Status check_conditions(const Conditions& c, std::string_view etag, UnixMillis last_modified,
                        bool copy = false);

// ---- Copy source ----

struct CopySource {
  std::string bucket;
  std::string key;
  std::optional<std::string> version_id;
};
// x-amz-copy-source: "[/]bucket/key[?versionId=...]", percent-encoded. invalid_argument, invalid_bucket_name.
Result<CopySource> parse_copy_source(std::string_view header);

// ---- Metadata ----

// What an object keeps of the headers that wrote it.
struct ObjectHeaders {
  std::optional<std::string> content_type;
  std::optional<std::string> content_encoding;  // without aws-chunked; nullopt if nothing is left
  std::optional<std::string> content_language;
  std::optional<std::string> content_disposition;
  std::optional<std::string> cache_control;
  std::optional<std::string> expires;  // as sent
  std::optional<std::string> storage_class;
  std::optional<std::string> website_redirect_location;
  std::vector<std::pair<std::string, std::string>>
      user_metadata;  // lower-case name without "x-amz-meta-", sorted
};
inline constexpr std::size_t kMaxUserMetadata = 2048;  // sum of names (without the prefix) and values
// Reads them from the headers and the headers hoisted into a presigned query. metadata_too_large,
// invalid_storage_class, invalid_argument (control characters in a value).
Result<ObjectHeaders> parse_object_headers(const HttpRequestView& request, const Query& query);

// A header, or the same hoisted into the query of a presigned URL.
std::optional<std::string> header_or_hoisted(const HttpRequestView& request, const Query& query,
                                             std::string_view name);

// One of S3's names (STANDARD, REDUCED_REDUNDANCY, ...).
bool valid_storage_class(std::string_view name);

// Headers that change a write's meaning and that this server does not do yet; the first one found, for a 501.
// Checks the encryption, lock, tagging, grant and website headers, hoisted ones too.
std::optional<std::string> unsupported_write_header(const HttpRequestView& request, const Query& query);

}  // namespace cairn::s3wire
