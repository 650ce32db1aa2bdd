#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/result.hpp"
#include "cairn/s3wire/errors.hpp"

// Buckets that serve a website: the configuration, where a request leads, and errors as HTML.
// Source: the S3 API reference, PutBucketWebsite; the S3 user guide, "Configuring an index document",
// "Configuring a custom error document" and "Configuring a webpage redirect".
namespace cairn::s3wire {

inline constexpr std::size_t kMaxRoutingRules = 50;
inline constexpr std::size_t kMaxWebsiteBody = 128u << 10;

struct RedirectAll {
  std::string host_name;
  std::string protocol;  // "http", "https" or empty: as the request's
};

struct RoutingCondition {
  std::optional<std::string> key_prefix;
  std::optional<std::uint16_t> error_code;  // 4xx or 5xx
};

struct RoutingRedirect {
  std::string protocol;                           // as above
  std::string host_name;                          // empty: the request's
  std::optional<std::string> replace_key_prefix;  // of these two at most one
  std::optional<std::string> replace_key;
  std::optional<std::uint16_t> code;  // 3xx but 300; 301 where there is none
};

struct RoutingRule {
  std::optional<RoutingCondition> condition;  // none: every request
  RoutingRedirect redirect;
};

struct WebsiteConfiguration {
  std::optional<RedirectAll> redirect_all;  // with it all else is empty
  std::string index_suffix;
  std::optional<std::string> error_key;
  std::vector<RoutingRule> rules;
  std::string render() const;
};

// malformed_xml; invalid_argument and invalid_request with Amazon's texts.
Result<WebsiteConfiguration> parse_website(std::string_view xml);

// ---- Where a request leads ----

// A GET or HEAD of a website. The parts of its URL as the client sent them, the path beginning with '/'.
struct WebsiteRequest {
  std::string_view scheme;  // "http" or "https"
  std::string_view host;    // with a port where the client names one
  std::string_view raw_path;
  std::string_view raw_query;
  std::string_view key;  // the path decoded, without the '/' before it
};

struct WebsiteStep {
  enum class Kind : std::uint8_t {
    serve,           // the object `key`; a redirect location that it has comes first (301)
    redirect,        // to `location`, with `status`
    error_document,  // the object `key`, with `status`
    error,           // the error as HTML, with its own status
  };
  Kind kind = Kind::serve;
  std::string key;
  std::string location;
  int status = 200;
};

// What to try first: a redirect or an object.
WebsiteStep website_step(const WebsiteConfiguration& config, const WebsiteRequest& request);

// The index document that would make a folder of a path whose object does not exist; empty where the path
// ends in
// '/' and so was taken for one before.
std::string folder_index(const WebsiteConfiguration& config, const WebsiteRequest& request);

// What to do where the object could not be served: `status` is the error's, `folder_exists` whether there is
// an object folder_index(). Ask about it after a 404 only.
WebsiteStep website_step_after(const WebsiteConfiguration& config, const WebsiteRequest& request, int status,
                               bool folder_exists);

// x-amz-website-redirect-location: '/', http:// or https:// in front, at most 2 KiB of printable ASCII.
// invalid_redirect_location.
Status check_redirect_location(std::string_view location);

// ---- Errors ----

struct WebsiteError {
  int status = 0;
  std::string_view code;
  std::string_view message;
  std::span<const ErrorField> fields;  // Key, BucketName, Method, ...
};
// The page of a website's error. `document_error`: what was wrong with the error document, which could not be
// served either.
std::string render_website_error(const WebsiteError& error, std::string_view request_id,
                                 std::string_view host_id, const WebsiteError* document_error = nullptr);

}  // namespace cairn::s3wire
