#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/result.hpp"
#include "cairn/s3wire/errors.hpp"
#include "cairn/s3wire/request_view.hpp"

// Cross-origin requests: the configuration of a bucket, and what it makes of a request.
// Source: the S3 user guide, "Elements of a CORS configuration"; the S3 API reference, PutBucketCors and
// "OPTIONS object".
namespace cairn::s3wire {

inline constexpr std::size_t kMaxCorsRules = 100;
inline constexpr std::size_t kMaxCorsBody = 64u << 10;

struct CorsRule {
  std::string id;                            // empty: none
  std::vector<std::string> allowed_headers;  // at most one '*' each
  std::vector<std::string> allowed_methods;  // GET PUT POST DELETE HEAD
  std::vector<std::string> allowed_origins;  // at most one '*' each
  std::vector<std::string> expose_headers;   // header names
  std::optional<std::uint32_t> max_age_seconds;
};

struct CorsConfiguration {
  std::vector<CorsRule> rules;
  std::string render() const;
};

// malformed_xml; invalid_request for an unknown method, a second wildcard, a wildcard or no header's name in
// ExposeHeader and for too many rules; invalid_argument for an ID of more than 255 characters.
Result<CorsConfiguration> parse_cors(std::string_view xml);

// Headers for the head of the answer, in S3's order.
using CorsHeaders = std::vector<std::pair<std::string_view, std::string>>;

// For an actual request: nothing where it has no Origin or no rule allows it, which is no error. As at Amazon
// an Access-Control-Request-Method or -Headers that such a request carries is heeded like a preflight's.
CorsHeaders cors_headers(const CorsConfiguration& config, const HttpRequestView& request);

enum class CorsTarget : std::uint8_t { bucket, object };

// For a preflight (OPTIONS). `config` is nullptr where the bucket has none. bad_request without an Origin or
// a method; access_forbidden where no rule allows the request.
std::expected<CorsHeaders, Refusal> answer_preflight(const CorsConfiguration* config,
                                                     const HttpRequestView& request, CorsTarget target);

// The refusal of a preflight to a bucket that does not exist.
Refusal preflight_without_bucket(const HttpRequestView& request);

}  // namespace cairn::s3wire
