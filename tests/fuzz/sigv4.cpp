// A request ("METHOD path?query", then "name: value" lines) through the authentication; and the same request
// signed by our client, which our server must then take.
#include "cairn/s3wire/sigv4.hpp"

#include <cstdlib>
#include <optional>

#include "cairn/s3wire/checksums.hpp"
#include "cairn/s3wire/headers.hpp"

#include "s3wire/ascii.hpp"

using namespace cairn;
using namespace cairn::s3wire;

namespace {

constexpr UnixMillis kNow = 1'369'353'600'000;  // 2013-05-24, as the seeds
const Credentials kCredentials{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};

bool is_token(std::string_view s) {
  if (s.empty()) return false;
  for (const char c : s)
    if (!is_digit(c) && !is_lower_alpha(lower(c)) && c != '-' && c != '_') return false;
  return true;
}

void require(bool good) {
  if (!good) std::abort();
}

void authenticate(const HttpRequestView& request, SigningKeyCache& cache) {
  const auto query = Query::parse(request.raw_query);
  if (!query) return;
  const auto claim = parse_auth(request, *query, {}, kNow);
  if (!claim || claim->type == AuthType::anonymous) return;
  if (claim->version == SignatureVersion::v4)
    require(claim->service == "s3" && claim->region == "us-east-1" && claim->date.size() == 8);
  (void)verify_signature(request, *query, *claim, kCredentials.secret_key, cache);
}

void sign_and_verify(const HttpRequestView& request, SigningKeyCache& cache) {
  const auto query = Query::parse(request.raw_query);
  if (!query || query->has("AWSAccessKeyId") || query->has("Signature")) return;
  for (const QueryParam& p : query->params())
    if (starts_with_nocase(p.name, "x-amz-")) return;
  OutgoingRequest out{
      std::string(request.method), std::string(request.raw_path), std::string(request.raw_query), {}};
  for (const HeaderField& h : request.headers)
    if (!iequals(h.name, "host") && !iequals(h.name, "x-amz-security-token") &&
        !iequals(h.name, "authorization") && !iequals(h.name, "x-amz-content-sha256") &&
        !iequals(h.name, "x-amz-date"))
      out.headers.emplace_back(h.name, h.value);
  out.headers.emplace_back("host", "h");
  const bool presigned = request.raw_path.size() % 2 == 0;
  if (presigned) {
    presign(out, kCredentials, {}, kNow, 60, cache);
  } else {
    sign_request(out, kCredentials, {}, kNow, kUnsignedPayload, cache);
  }
  std::vector<HeaderField> fields;
  for (const auto& [name, value] : out.headers) fields.push_back({name, value});
  const HttpRequestView view{out.method, out.path, out.query, fields};
  const auto signed_query = Query::parse(out.query);
  if (!signed_query) return;  // the signature's own parameters were too many
  const auto claim = parse_auth(view, *signed_query, {}, kNow);
  if (!claim)
    return require(claim.error().error.code == Code::authorization_query_parameters_error ||
                   claim.error().error.code == Code::authorization_header_malformed);  // too many headers
  require(verify_signature(view, *signed_query, *claim, kCredentials.secret_key, cache).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static SigningKeyCache cache;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::string_view target = cut(rest, '\n');
  const std::string_view method = cut(target, ' ');
  const std::string_view path = cut(target, '?');
  std::vector<HeaderField> fields;
  while (!rest.empty() && fields.size() < 64) {
    std::string_view value = cut(rest, '\n');
    const std::string_view name = cut(value, ':');
    if (is_token(name)) fields.push_back({name, trim(value)});
  }
  const HttpRequestView request{method, path, target, fields};
  authenticate(request, cache);
  sign_and_verify(request, cache);
  (void)parse_conditions(request);
  (void)parse_range(request.header("range"));
  if (const auto query = Query::parse(target)) {
    (void)parse_object_headers(request, *query);
    (void)parse_upload_checksums(request, *query);
    (void)unsupported_write_header(request, *query);
  }
  for (const HeaderField& h : fields) {
    (void)parse_copy_source(h.value);
    (void)parse_http_date(h.value);
    (void)parse_iso8601(h.value);
    (void)etag_matches(h.value, "etag");
  }
  return 0;
}
