#include "s3wire/sigv2.hpp"

#include <algorithm>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/crypto/digest.hpp"
#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/route.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/sigv4_claim.hpp"

namespace cairn::s3wire::sigv2 {
namespace {

constexpr std::uint64_t kLatestExpiry = 100'000'000'000;  // seconds: the year 5138

AuthResult<AuthClaim> new_claim(AuthType type, std::string_view access_key, std::string_view signature,
                                const AuthConfig& config) {
  if (!config.accept_v2 || config.service != "s3")
    return refuse(
        Code::invalid_request,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
  AuthClaim claim;
  claim.type = type;
  claim.version = SignatureVersion::v2;
  claim.access_key = access_key;
  claim.signature = signature;
  if (access_key.empty() || access_key.size() > 256 || signature.empty())
    return refuse(
        Code::invalid_argument,
        "AWS authorization is invalid. Expected an access key of 256 characters at most and a signature.");
  return claim;
}

// What is signed once must be there once: which of two did the client mean?
AuthResult<void> check_repeated(const HttpRequestView& request) {
  for (const std::string_view once : {"date", "x-amz-date", "x-amz-security-token", "host", "content-md5",
                                      "content-type", "x-amz-content-sha256"})
    if (request.count(once) > 1)
      return refuse(Code::invalid_argument, "The header " + std::string(once) + " stands there twice.");
  return {};
}

void set_time(AuthClaim& claim, UnixMillis t) {
  claim.signed_at = t;
  std::ranges::copy(amz_date(t), claim.amz_date.begin());
}

// A header, or in a link the parameter that stands for it.
std::string_view header_or_parameter(const HttpRequestView& request, const Query& query,
                                     const AuthClaim& claim, std::string_view name) {
  if (const auto h = request.header(name)) return *h;
  if (claim.type != AuthType::presigned) return {};
  for (const QueryParam& p : query.params())
    if (iequals(p.name, name)) return p.value;
  return {};
}

// The x-amz- headers, those of a link that stand as parameters too: lower case, sorted, repeated ones joined.
void append_amz_headers(std::string& out, const HttpRequestView& request, const Query& query) {
  struct Header {
    std::string name;
    std::size_t place;  // of those with one name the first stays first
    std::string_view value;
  };
  std::vector<Header> all;
  for (const HeaderField& h : request.headers)
    if (starts_with_nocase(h.name, "x-amz-")) all.push_back({to_lower(h.name), all.size(), trim(h.value)});
  for (const QueryParam& p : query.params())
    if (starts_with_nocase(p.name, "x-amz-") && !request.header(p.name))
      all.push_back({to_lower(p.name), all.size(), trim(p.value)});
  std::ranges::sort(all, {}, [](const Header& h) { return std::pair(std::string_view(h.name), h.place); });
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && all[i].name == all[i - 1].name) {
      out.back() = ',';
    } else {
      out.append(all[i].name).push_back(':');
    }
    out.append(all[i].value).push_back('\n');
  }
}

// Which parameters are signed. More than Amazon lists: whatever makes another operation of a request must be
// signed, or else who holds a link could turn it into something else. A client that does not sign a newer
// sub-resource is refused.
bool is_signed(std::string_view name) {
  for (const std::string_view n :
       {"versionId", "uploadId", "partNumber", "select-type", "response-content-type",
        "response-content-language", "response-expires", "response-cache-control",
        "response-content-disposition", "response-content-encoding"})
    if (name == n) return true;
  return name != "list-type" && is_sub_resource(name);
}

// Values are signed without what would tell where they end: a link's holder could hide one part of what was
// signed in the value of another.
AuthResult<void> check_unambiguous(const Query& query) {
  for (const QueryParam& p : query.params()) {
    const bool resource = is_signed(p.name);
    const bool header = starts_with_nocase(p.name, "x-amz-") || starts_with_nocase(p.name, "content-");
    if (!resource && !header) continue;
    bool good = std::ranges::none_of(p.value, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
    std::string_view rest = p.value;
    for (cut(rest, '&'); resource && good && !rest.empty();) {
      std::string_view name = cut(rest, '&');
      good = !is_signed(cut(name, '='));
    }
    if (!good)
      return refuse(Code::invalid_argument,
                    "The value of the parameter " + p.name + " cannot be signed with Signature Version 2.");
  }
  return {};
}

void append_resource(std::string& out, const HttpRequestView& request, const Query& query,
                     const AuthClaim& claim) {
  if (!claim.virtual_bucket.empty()) out.append("/").append(claim.virtual_bucket);
  out.append(request.raw_path);
  std::vector<const QueryParam*> params;
  for (const QueryParam& p : query.params())
    if (is_signed(p.name)) params.push_back(&p);
  std::ranges::sort(params, {}, [](const QueryParam* p) { return std::pair(std::string_view(p->name), p); });
  char separator = '?';
  for (const QueryParam* p : params) {
    out.append(1, separator).append(p->name);
    if (!p->bare) out.append("=").append(p->value);
    separator = '&';
  }
}

}  // namespace

AuthResult<AuthClaim> parse_header(const HttpRequestView& request, const Query& query,
                                   std::string_view authorization, const AuthConfig& config, UnixMillis now) {
  std::string_view credential = trim(authorization.substr(std::string_view("AWS ").size()));
  const std::size_t colon = credential.rfind(':');
  if (colon == std::string_view::npos)
    return refuse(Code::invalid_argument,
                  "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature");
  auto claim = new_claim(AuthType::header, credential.substr(0, colon), credential.substr(colon + 1), config);
  if (!claim) return claim;
  if (auto r = check_repeated(request); !r) return std::unexpected(std::move(r).error());
  if (auto r = check_unambiguous(query); !r) return std::unexpected(std::move(r).error());
  const std::string_view time = request.header("x-amz-date").value_or(request.header("date").value_or(""));
  auto t = parse_http_date(time);
  if (!t) t = parse_amz_date(time);
  if (!t || *t < 0)
    return refuse(Code::access_denied, "AWS authentication requires a valid Date or x-amz-date header");
  set_time(*claim, *t);
  if (now - *t > config.max_skew_ms || *t - now > config.max_skew_ms)
    return std::unexpected(skewed(*claim, config, now));
  if (auto r = take_unsigned_payload(*claim, request); !r) return std::unexpected(std::move(r).error());
  claim->security_token = request.header("x-amz-security-token").value_or("");
  return claim;
}

AuthResult<AuthClaim> parse_presigned(const HttpRequestView& request, const Query& query,
                                      const AuthConfig& config, UnixMillis now) {
  for (const std::string_view name : {"AWSAccessKeyId", "Signature", "Expires"})
    if (std::ranges::count(query.params(), name, &QueryParam::name) != 1)
      return refuse(
          Code::access_denied,
          "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters");
  auto claim = new_claim(AuthType::presigned, query.get("AWSAccessKeyId"), query.get("Signature"), config);
  if (!claim) return claim;
  if (auto r = check_repeated(request); !r) return std::unexpected(std::move(r).error());
  if (auto r = check_unambiguous(query); !r) return std::unexpected(std::move(r).error());
  const std::string_view expires = query.get("Expires");
  const auto seconds = parse_decimal(expires);
  if (!seconds || *seconds > kLatestExpiry)
    return refuse(Code::access_denied,
                  "Invalid date (should be seconds since epoch): " + std::string(expires));
  const UnixMillis end = static_cast<UnixMillis>(*seconds) * 1000;
  if (now > end)
    return refuse(Code::access_denied, "Request has expired",
                  {{"Expires", iso8601_ms(end)}, {"ServerTime", iso8601_ms(now)}});
  set_time(*claim, now);  // when it was signed is not said
  if (auto r = take_unsigned_payload(*claim, request); !r) return std::unexpected(std::move(r).error());
  claim->security_token = header_or_parameter(request, query, *claim, "x-amz-security-token");
  return claim;
}

std::string string_to_sign(const HttpRequestView& request, const Query& query, const AuthClaim& claim) {
  std::string out(request.method);
  for (const std::string_view name : {"content-md5", "content-type"})
    out.append("\n").append(trim(header_or_parameter(request, query, claim, name)));
  out.push_back('\n');
  if (claim.type == AuthType::presigned) {
    out.append(query.get("Expires"));
  } else if (!request.header("x-amz-date")) {
    out.append(trim(request.header("date").value_or("")));
  }
  out.push_back('\n');
  append_amz_headers(out, request, query);
  append_resource(out, request, query, claim);
  return out;
}

std::string sign(std::string_view secret, std::string_view text) {
  const auto mac = crypto::hmac_sha1(as_bytes(secret), as_bytes(text));
  return to_base64(std::as_bytes(std::span(mac)));
}

AuthResult<void> check(const AuthClaim& claim, std::string_view secret, const std::string& text) {
  if (equal_constant_time(sign(secret, text), claim.signature)) return {};
  return refuse(Code::signature_does_not_match, {},
                {{"AWSAccessKeyId", std::string(claim.access_key)},
                 {"StringToSign", text},
                 {"SignatureProvided", std::string(claim.signature)}});
}

AuthResult<void> verify(const HttpRequestView& request, const Query& query, const AuthClaim& claim,
                        std::string_view secret) {
  auto as_sent = check(claim, secret, string_to_sign(request, query, claim));
  const bool bucket_alone =
      request.raw_path.size() > 1 && request.raw_path.find('/', 1) == std::string_view::npos;
  if (as_sent || !bucket_alone || !claim.virtual_bucket.empty()) return as_sent;
  // boto3 asks for /bucket and signs /bucket/.
  const std::string path = std::string(request.raw_path) + "/";
  HttpRequestView with_slash = request;
  with_slash.raw_path = path;
  if (check(claim, secret, string_to_sign(with_slash, query, claim))) return {};
  return as_sent;
}

}  // namespace cairn::s3wire::sigv2
