#pragma once
#include <string>
#include <string_view>

#include "cairn/admin/service.hpp"
#include "cairn/s3wire/sigv4.hpp"

#include "admin/api/call.hpp"

namespace cairn::admin::api {

// No bucket's name may begin so.
inline constexpr std::string_view kPrefix = "/_admin/v1";
inline constexpr std::size_t kMaxBody = 64u << 10;

// The path is kPrefix or lies below it.
bool is_api_path(std::string_view path);

// Answers requests below kPrefix: who signed it, whether that one may, the handler of its route. JSON both
// ways; an error is {"code", "message", "request_id"} with the names of S3's and IAM's errors. Thread-safe,
// no background work.
class AdminApi {
 public:
  AdminApi(const ApiParts& parts, const ServiceConfig& config) : parts_(parts), config_(config) {}
  Task<void> handle(http::Request& request, http::Response& response);

 private:
  Task<json> answer(http::Request& request, Call& call, Match& match);
  Task<void> read_body(http::Request& request, Call& call, const Match& match);

  const ApiParts& parts_;
  const ServiceConfig& config_;
  s3wire::SigningKeyCache keys_;
};

// Who signed a request, with Signature V4 for the service "s3" in the header, the hash of the body included:
// nothing here is for links, and no change is made by a body that nobody vouches for. access_denied,
// signature_does_not_match, content_sha256_mismatch, ...
Result<iam::IdentityPtr> authenticate(const http::Request& request, const s3wire::Query& query,
                                      std::string_view body, const Call& call, s3wire::SigningKeyCache& keys,
                                      std::string_view region);

}  // namespace cairn::admin::api
