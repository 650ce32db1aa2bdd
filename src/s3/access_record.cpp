#include "s3/access_record.hpp"

#include <array>

#include "cairn/s3wire/errors.hpp"
#include "cairn/s3wire/uri.hpp"

namespace cairn::s3 {
namespace {
using s3wire::Operation;

struct Named {
  std::string_view parameter, resource;
};
// How access logs name sub-resources, where it is not the parameter in upper case.
constexpr std::array<Named, 6> kResources{{{"uploadId", "UPLOAD"},
                                           {"delete", "MULTI_OBJECT_DELETE"},
                                           {"policy", "BUCKETPOLICY"},
                                           {"versions", "BUCKETVERSIONS"},
                                           {"logging", "LOGGING_STATUS"},
                                           {"object-lock", "OBJECT_LOCK_CONFIGURATION"}}};
constexpr std::array<std::string_view, 14> kPlain{
    "acl",     "cors",      "lifecycle",  "location",       "tagging",      "uploads",    "versioning",
    "website", "retention", "legal-hold", "requestPayment", "notification", "accelerate", "encryption"};

// REST.GET.OBJECT
std::string operation_of(const Context& c) {
  std::string out = c.website ? "WEBSITE." : "REST.";
  const Operation op = c.route.op;
  if (op == Operation::copy_object || op == Operation::upload_part_copy)
    return out + (op == Operation::copy_object ? "COPY.OBJECT" : "COPY.PART");
  out += c.request.method();
  if (op == Operation::upload_part) return out + ".PART";
  for (const Named& n : kResources)
    if (c.query().has(n.parameter)) return out + "." + std::string(n.resource);
  for (const std::string_view name : kPlain)
    if (c.query().has(name)) {
      out += '.';
      for (const char ch : name)
        out += ch == '-' ? '_' : static_cast<char>(ch >= 'a' && ch <= 'z' ? ch - 32 : ch);
      return out;
    }
  return out + (c.key().empty() ? ".BUCKET" : ".OBJECT");
}

// A presigned URL's signature is as good as a password for as long as it is valid.
std::string uri_without_signature(const Context& c) {
  std::string out(c.request.path());
  std::string_view query = c.request.query();
  char mark = '?';
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::string_view name = part.substr(0, part.find('='));
    out += mark;
    mark = '&';
    const bool secret = s3wire::iequals(name, "X-Amz-Signature") || s3wire::iequals(name, "Signature") ||
                        s3wire::iequals(name, "X-Amz-Security-Token");
    out += secret ? name : part;
  }
  return out;
}

}  // namespace

services::AccessRecord access_record(const Context& c, const Error* error, double seconds,
                                     std::string_view host_id) {
  services::AccessRecord r;
  r.time = c.now;
  r.remote_ip = c.request.remote().host;
  if (!c.principal.anonymous) r.requester = c.owner.id;
  r.request_id = c.request.trace_id;
  r.operation = operation_of(c);
  s3wire::append_uri_encoded(r.key, c.key(), s3wire::Slash::keep);
  r.request_uri = std::string(c.request.method()) + " " + uri_without_signature(c) + " HTTP/1.1";
  r.status = c.response.status();
  if (error) r.error_code = s3wire::s3_error(error->code).code;
  r.bytes_sent = c.response.bytes_sent();
  r.object_size = c.object_size;
  r.total_ms = static_cast<std::uint64_t>(seconds * 1e3);
  r.referer = c.raw_header("referer");
  r.user_agent = c.raw_header("user-agent");
  r.version_id = c.query().get("versionId");
  r.host_id = host_id;
  if (c.claim.type != s3wire::AuthType::anonymous) {
    r.signature_version = c.claim.version == s3wire::SignatureVersion::v2 ? "SigV2" : "SigV4";
    r.authentication = c.claim.type == s3wire::AuthType::header ? "AuthHeader" : "QueryString";
  }
  r.host = c.raw_header("host");
  r.tls_version = c.request.tls_version();
  return r;
}

}  // namespace cairn::s3
