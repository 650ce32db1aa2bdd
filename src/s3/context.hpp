#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/http/message.hpp"
#include "cairn/s3/service.hpp"
#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/errors.hpp"
#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/route.hpp"
#include "cairn/s3wire/sigv4.hpp"

namespace cairn::s3 {

// Who makes a request.
struct Principal {
  bool anonymous = true;
  std::string_view access_key;
};

// One request on its way from the router to its handler and back. Lives in the frame of S3Service::handle,
// used by that coroutine only. Everything it refers to outlives it.
struct Context {
  const ServiceParts& parts;
  const ServiceConfig& config;
  const s3wire::Owner& owner;  // root, who owns all
  http::Request& request;
  http::Response& response;

  std::vector<s3wire::HeaderField> headers;
  s3wire::HttpRequestView view;
  s3wire::Route route;
  s3wire::AuthClaim claim;
  s3wire::ChunkSigner chunk_signer;
  Principal principal;
  UnixMillis now = 0;
  std::vector<s3wire::ErrorField> error_fields;   // what an error document says besides code and message
  std::vector<s3wire::ErrorField> error_headers;  // and what its head says
  std::uint64_t bytes_received = 0;               // of the body, unframed

  store::ObjectLayer& layer() const { return parts.layer; }
  const std::string& bucket() const { return route.bucket; }
  const std::string& key() const { return route.key; }
  const s3wire::Query& query() const { return route.query; }
  // The object of the request. (Calls of coroutines take names from here or from a variable, and no braces:
  // GCC 12 destroys a braced temporary in a co_await expression twice.)
  store::ObjectName name(std::string version_id = {}) const {
    return {route.bucket, route.key, std::move(version_id)};
  }
  // A header, or the same as a parameter of a presigned URL.
  std::optional<std::string> header(std::string_view name) const;
  // The header as it was sent, without a copy.
  std::string_view raw_header(std::string_view name) const { return request.field(name); }
};

using Handler = Task<void> (*)(Context&);

// The handler of an operation; nullptr where there is none yet.
Handler find_handler(s3wire::Operation operation);

// Whether the request's principal may do this; asked once for the request itself and by handlers for what
// else they touch (a copy's source). The place where policies will be evaluated.
Status authorize(const Context& c, s3wire::Operation operation, std::string_view bucket,
                 std::string_view key);

}  // namespace cairn::s3
