#include <algorithm>

#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/sigv4.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/sigv4_canonical.hpp"

namespace cairn::s3wire {
namespace {

// Headers that proxies and HTTP libraries may add or change on the way.
bool never_signed(std::string_view lower_name) {
  for (const std::string_view n : {"authorization", "user-agent", "expect", "connection", "transfer-encoding",
                                   "content-length", "accept-encoding", "x-amzn-trace-id"})
    if (lower_name == n) return true;
  return false;
}

std::string signed_header_list(const OutgoingRequest& request) {
  std::vector<std::string> names;
  for (const auto& [name, value] : request.headers)
    if (std::string n = to_lower(name); !never_signed(n)) names.push_back(std::move(n));
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  std::string out;
  for (const std::string& n : names) {
    if (!out.empty()) out += ';';
    out += n;
  }
  return out;
}

std::string scope_of(std::string_view date, const SigningScope& scope) {
  std::string out(date);
  return out.append("/").append(scope.region).append("/").append(scope.service).append("/aws4_request");
}

std::string signature_of(const OutgoingRequest& request, std::string_view signed_headers,
                         std::string_view payload_hash, std::string_view time, std::string_view scope,
                         const SigningKey& key) {
  std::vector<HeaderField> fields;
  fields.reserve(request.headers.size());
  for (const auto& [name, value] : request.headers) fields.push_back({name, value});
  const HttpRequestView view{request.method, request.path, request.query, fields};
  const Query query = Query::parse(request.query).value();  // our own query: bad encoding is a bug
  std::string canonical, text;
  sigv4::append_canonical_request(canonical, {view, query, signed_headers, payload_hash});
  sigv4::append_string_to_sign(text, time, scope, canonical);
  return std::string(sigv4::view(sigv4::sign(key, text)));
}

void set_header(OutgoingRequest& request, std::string_view name, std::string_view value) {
  std::erase_if(request.headers, [&](const auto& h) { return iequals(h.first, name); });
  request.headers.emplace_back(name, value);
}

}  // namespace

ChunkSigner sign_request(OutgoingRequest& request, const Credentials& credentials, const SigningScope& scope,
                         UnixMillis now, std::string_view content_sha256, SigningKeyCache& cache) {
  std::string time = amz_date(now);
  const std::string_view date = std::string_view(time).substr(0, 8);
  set_header(request, "x-amz-date", time);
  set_header(request, "x-amz-content-sha256", content_sha256);
  if (!credentials.session_token.empty())
    set_header(request, "x-amz-security-token", credentials.session_token);
  std::string full_scope = scope_of(date, scope);
  const std::string names = signed_header_list(request);
  const SigningKey key =
      cache.get(credentials.access_key, credentials.secret_key, date, scope.region, scope.service);
  std::string signature = signature_of(request, names, content_sha256, time, full_scope, key);
  std::string value(sigv4::kAlgorithm);
  value.append(" Credential=").append(credentials.access_key).append("/").append(full_scope);
  value.append(",SignedHeaders=").append(names).append(",Signature=").append(signature);
  set_header(request, "authorization", value);
  return ChunkSigner(key, std::move(time), std::move(full_scope), std::move(signature));
}

void presign(OutgoingRequest& request, const Credentials& credentials, const SigningScope& scope,
             UnixMillis now, std::uint32_t expires_seconds, SigningKeyCache& cache) {
  const std::string time = amz_date(now);
  const std::string_view date = std::string_view(time).substr(0, 8);
  const std::string full_scope = scope_of(date, scope);
  const std::string names = signed_header_list(request);
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!request.query.empty()) request.query += '&';
    request.query.append(name).append("=");
    append_uri_encoded(request.query, value, Slash::encode);
  };
  add("X-Amz-Algorithm", sigv4::kAlgorithm);
  add("X-Amz-Credential", credentials.access_key + "/" + full_scope);
  add("X-Amz-Date", time);
  add("X-Amz-Expires", std::to_string(expires_seconds));
  if (!credentials.session_token.empty()) add("X-Amz-Security-Token", credentials.session_token);
  add("X-Amz-SignedHeaders", names);
  const SigningKey key =
      cache.get(credentials.access_key, credentials.secret_key, date, scope.region, scope.service);
  add("X-Amz-Signature", signature_of(request, names, kUnsignedPayload, time, full_scope, key));
}

}  // namespace cairn::s3wire
