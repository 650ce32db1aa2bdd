#include <algorithm>
#include <array>

#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/sigv4.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/sigv2.hpp"
#include "s3wire/sigv4_canonical.hpp"
#include "s3wire/sigv4_claim.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::size_t kMaxSignedHeaders = 128;
constexpr std::uint64_t kMaxExpires = 604'800;  // seven days

// The three places where the parts of a signature stand, as found.
struct Parts {
  std::string_view credential, signed_headers, signature;
};

AuthResult<Parts> split_authorization(std::string_view header) {
  const auto bad = [](std::string_view what) {
    return refuse(Code::authorization_header_malformed,
                  "The authorization header is malformed; " + std::string(what));
  };
  header.remove_prefix(sigv4::kAlgorithm.size());
  Parts p;
  while (!header.empty()) {
    std::string_view value = trim(cut(header, ','));
    if (value.empty()) continue;
    const std::string_view name = cut(value, '=');
    std::string_view* slot = name == "Credential"      ? &p.credential
                             : name == "SignedHeaders" ? &p.signed_headers
                             : name == "Signature"     ? &p.signature
                                                       : nullptr;
    if (!slot) return bad("it holds a part that is not known.");
    if (!slot->empty()) return bad("a part stands there twice.");
    *slot = value;
  }
  if (p.credential.empty()) return bad("the authorization component Credential is missing.");
  if (p.signed_headers.empty()) return bad("the authorization component SignedHeaders is missing.");
  if (p.signature.empty()) return bad("the authorization component Signature is missing.");
  return p;
}

bool lists_header(std::string_view signed_headers, std::string_view name) {
  while (!signed_headers.empty())
    if (iequals(cut(signed_headers, ';'), name)) return true;
  return false;
}

// Host and every x-amz- header must be signed: otherwise whoever holds a presigned URL could give it another
// meaning.
AuthResult<void> check_signed_headers(const AuthClaim& claim, const HttpRequestView& request) {
  // Each name copies its value into the canonical request, before anything is known to be genuine: once is
  // enough.
  std::array<std::string_view, kMaxSignedHeaders> names;
  std::size_t count = 0;
  for (std::string_view rest = claim.signed_headers; !rest.empty();) {
    const std::string_view name = cut(rest, ';');
    if (count == names.size()) return refuse(malformed(claim.type), "Too many signed headers.");
    if (std::find(names.begin(), names.begin() + count, name) != names.begin() + count)
      return refuse(malformed(claim.type), "A signed header is named twice.");
    names[count++] = name;
  }
  std::string missing;
  const auto miss = [&](std::string_view name) {
    if (!missing.empty()) missing += ", ";
    missing += to_lower(name);
  };
  if (!lists_header(claim.signed_headers, "host")) miss("host");
  for (const HeaderField& h : request.headers) {
    if (!starts_with_nocase(h.name, "x-amz-")) continue;
    // Its value is bound by the last line of the canonical request; Amazon tolerates it too.
    if (iequals(h.name, "x-amz-content-sha256")) continue;
    if (!lists_header(claim.signed_headers, h.name)) miss(h.name);
  }
  if (missing.empty()) return {};
  return refuse(Code::access_denied, "There were headers present in the request which were not signed",
                {{"HeadersNotSigned", std::move(missing)}});
}

AuthResult<AuthClaim> parse_header_form(const HttpRequestView& request, std::string_view authorization,
                                        const AuthConfig& config, UnixMillis now) {
  AuthClaim claim;
  claim.type = AuthType::header;
  auto parts = split_authorization(authorization);
  if (!parts) return std::unexpected(std::move(parts).error());
  claim.signed_headers = parts->signed_headers;
  claim.signature = parts->signature;
  if (auto r = take_credential(claim, parts->credential, config); !r)
    return std::unexpected(std::move(r).error());

  for (const std::string_view once : {"x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "host"})
    if (request.count(once) > 1)
      return refuse(Code::invalid_argument, "The header " + std::string(once) + " stands there twice.");
  std::string from_date;
  std::string_view time = request.header("x-amz-date").value_or("");
  if (time.empty()) {
    const std::string_view date = request.header("date").value_or("");
    if (const auto t = parse_http_date(date)) {
      from_date = amz_date(*t);
      time = from_date;
    } else {
      time = date;
    }
  }
  if (auto r = take_time(claim, time); !r) return std::unexpected(std::move(r).error());
  if (now - claim.signed_at > config.max_skew_ms || claim.signed_at - now > config.max_skew_ms)
    return std::unexpected(skewed(claim, config, now));

  if (const auto hash = request.header("x-amz-content-sha256")) {
    claim.canonical_hash = *hash;
    if (auto r = take_payload(claim, *hash); !r) return std::unexpected(std::move(r).error());
  } else if (config.service == "s3") {
    return refuse(Code::invalid_request, "Missing required header for this request: x-amz-content-sha256");
  } else {
    claim.payload = PayloadMode::hashed;
  }
  if (auto r = check_signed_headers(claim, request); !r) return std::unexpected(std::move(r).error());
  claim.security_token = request.header("x-amz-security-token").value_or("");
  return claim;
}

AuthResult<void> check_expiry(const AuthClaim& claim, std::string_view expires, const AuthConfig& config,
                              UnixMillis now) {
  constexpr Code kBad = Code::authorization_query_parameters_error;
  if (expires.starts_with('-') || expires == "0") return refuse(kBad, "X-Amz-Expires must be positive");
  if (expires.empty() || !all_digits(expires)) return refuse(kBad, "X-Amz-Expires should be a number");
  const auto seconds = parse_decimal(expires);
  if (!seconds || *seconds > kMaxExpires)
    return refuse(
        kBad,
        "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less "
        "than 604800 seconds");
  if (*seconds == 0) return refuse(kBad, "X-Amz-Expires must be positive");
  if (claim.signed_at - now > config.max_skew_ms) return std::unexpected(skewed(claim, config, now));
  const UnixMillis end = claim.signed_at + static_cast<UnixMillis>(*seconds) * 1000;
  if (now > end)
    return refuse(Code::access_denied, "Request has expired",
                  {{"X-Amz-Expires", std::string(expires)},
                   {"Expires", iso8601_ms(end)},
                   {"ServerTime", iso8601_ms(now)}});
  return {};
}

AuthResult<AuthClaim> parse_presigned_form(const HttpRequestView& request, const Query& query,
                                           const AuthConfig& config, UnixMillis now) {
  constexpr Code kBad = Code::authorization_query_parameters_error;
  for (const std::string_view name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date",
                                      "X-Amz-SignedHeaders", "X-Amz-Expires"}) {
    if (!query.has(name))
      return refuse(kBad,
                    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                    "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
    if (std::ranges::count(query.params(), name, &QueryParam::name) > 1)
      return refuse(kBad, "The parameter " + std::string(name) + " stands there twice.");
  }
  const std::string_view algorithm = query.get("X-Amz-Algorithm");
  if (algorithm.starts_with("AWS4-ECDSA-"))
    return refuse(Code::not_implemented, "Signature Version 4A is not implemented.");
  if (algorithm != sigv4::kAlgorithm)
    return refuse(kBad, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
  AuthClaim claim;
  claim.type = AuthType::presigned;
  claim.signed_headers = query.get("X-Amz-SignedHeaders");
  claim.signature = query.get("X-Amz-Signature");
  claim.security_token = query.get("X-Amz-Security-Token");
  if (auto r = take_credential(claim, query.get("X-Amz-Credential"), config); !r)
    return std::unexpected(std::move(r).error());
  if (auto r = take_time(claim, query.get("X-Amz-Date")); !r) return std::unexpected(std::move(r).error());
  if (auto r = check_expiry(claim, query.get("X-Amz-Expires"), config, now); !r)
    return std::unexpected(std::move(r).error());
  if (auto r = check_signed_headers(claim, request); !r) return std::unexpected(std::move(r).error());

  // How the body is bound: the parameter, else the header if it is signed, else not at all. An unsigned
  // header still says how the body is framed.
  claim.canonical_hash = kUnsignedPayload;
  const auto header = request.header("x-amz-content-sha256");
  if (query.has("X-Amz-Content-Sha256")) {
    claim.canonical_hash = query.get("X-Amz-Content-Sha256");
  } else if (header && lists_header(claim.signed_headers, "x-amz-content-sha256")) {
    claim.canonical_hash = *header;
  }
  if (request.count("x-amz-content-sha256") > 1 || request.count("host") > 1)
    return refuse(Code::invalid_argument, "A header stands there twice.");
  const std::string_view mode =
      header && claim.canonical_hash == kUnsignedPayload ? *header : claim.canonical_hash;
  if (auto r = take_payload(claim, mode); !r) return std::unexpected(std::move(r).error());
  return claim;
}

}  // namespace

AuthResult<AuthClaim> parse_auth(const HttpRequestView& request, const Query& query, const AuthConfig& config,
                                 UnixMillis now) {
  const std::size_t headers = request.count("authorization");
  const bool presigned =
      query.has("X-Amz-Signature") || query.has("X-Amz-Algorithm") || query.has("X-Amz-Credential");
  const bool v2_query = query.has("AWSAccessKeyId") || (query.has("Signature") && query.has("Expires"));
  if (headers + (presigned ? 1u : 0u) + (v2_query ? 1u : 0u) > 1)
    return refuse(
        Code::invalid_argument,
        "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
        "parameter or the Authorization header should be specified");
  if (v2_query) return sigv2::parse_presigned(request, query, config, now);
  if (presigned) return parse_presigned_form(request, query, config, now);
  if (headers == 0) {
    AuthClaim anonymous;
    if (auto r = take_unsigned_payload(anonymous, request); !r) return std::unexpected(std::move(r).error());
    return anonymous;
  }
  const std::string_view authorization = trim(*request.header("authorization"));
  if (authorization.starts_with("AWS4-ECDSA-"))
    return refuse(Code::not_implemented, "Signature Version 4A is not implemented.");
  if (authorization.starts_with("AWS "))
    return sigv2::parse_header(request, query, authorization, config, now);
  if (authorization.substr(0, authorization.find_first_of(" \t")) != sigv4::kAlgorithm)
    return refuse(Code::invalid_argument, "Unsupported Authorization Type");
  return parse_header_form(request, authorization, config, now);
}

AuthFailure unknown_access_key(const AuthClaim& claim) {
  return {Error(Code::invalid_access_key_id), {{"AWSAccessKeyId", std::string(claim.access_key)}}};
}

}  // namespace cairn::s3wire
