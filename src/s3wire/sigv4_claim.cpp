#include "s3wire/sigv4_claim.hpp"

#include <algorithm>

#include "cairn/s3wire/headers.hpp"

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {

Code malformed(AuthType type) {
  return type == AuthType::header ? Code::authorization_header_malformed
                                  : Code::authorization_query_parameters_error;
}

bool all_digits(std::string_view s) { return std::ranges::all_of(s, is_digit); }

// access-key/date/region/service/aws4_request; an access key may hold slashes itself.
AuthResult<void> take_credential(AuthClaim& claim, std::string_view credential, const AuthConfig& config) {
  const auto bad = [&](std::string text, std::vector<ErrorField> fields = {}) {
    const std::string_view intro = claim.type == AuthType::header
                                       ? "The authorization header is malformed; "
                                       : "Error parsing the X-Amz-Credential parameter; ";
    return refuse(malformed(claim.type), std::string(intro) + std::move(text), std::move(fields));
  };
  std::size_t at[4];
  std::size_t end = credential.size();
  for (std::size_t i = 4; i-- > 0;) {
    at[i] = end == 0 ? std::string_view::npos : credential.rfind('/', end - 1);
    if (at[i] == std::string_view::npos)
      return bad(
          "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
    end = at[i];
  }
  const auto part = [&](std::size_t i) {
    return credential.substr(at[i] + 1, (i == 3 ? credential.size() : at[i + 1]) - at[i] - 1);
  };
  claim.access_key = credential.substr(0, at[0]);
  claim.scope = credential.substr(at[0] + 1);
  claim.date = part(0);
  claim.region = part(1);
  claim.service = part(2);
  if (claim.access_key.empty() || claim.access_key.size() > 256) return bad("the access key is not valid.");
  if (claim.date.size() != 8 || !all_digits(claim.date))
    return bad("incorrect date format. This date in the credential must be in the format \"yyyyMMdd\".");
  if (part(3) != "aws4_request") return bad("incorrect terminal. This endpoint uses \"aws4_request\".");
  if (claim.service != config.service)
    return bad("incorrect service. This endpoint belongs to \"" + config.service + "\".");
  if (!config.region.empty() && claim.region != config.region)
    return bad("the region is wrong; expecting '" + config.region + "'", {{"Region", config.region}});
  return {};
}

AuthResult<void> take_payload(AuthClaim& claim, std::string_view text) {
  struct Form {
    std::string_view text;
    PayloadMode mode;
  };
  static constexpr Form kForms[] = {{kUnsignedPayload, PayloadMode::unsigned_payload},
                                    {kStreamingSigned, PayloadMode::streaming_signed},
                                    {kStreamingSignedTrailer, PayloadMode::streaming_signed_trailer},
                                    {kStreamingUnsignedTrailer, PayloadMode::streaming_unsigned_trailer}};
  for (const Form& f : kForms)
    if (text == f.text) {
      claim.payload = f.mode;
      return {};
    }
  if (text.starts_with("STREAMING-AWS4-ECDSA-"))
    return refuse(Code::not_implemented, "Signature Version 4A is not implemented.");
  Sha256 hash{};
  bool good = text.size() == 64;
  for (std::size_t i = 0; good && i < hash.size(); ++i) {
    const int hi = hex_value(text[2 * i]), lo = hex_value(text[2 * i + 1]);
    good = hi >= 0 && lo >= 0;
    if (good) hash[i] = static_cast<std::uint8_t>(hi * 16 + lo);
  }
  if (!good)
    return refuse(Code::invalid_argument,
                  "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
                  "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid "
                  "sha256 value.");
  claim.payload = PayloadMode::hashed;
  claim.payload_hash = hash;
  return {};
}

AuthResult<void> take_unsigned_payload(AuthClaim& claim, const HttpRequestView& request) {
  if (request.count("x-amz-content-sha256") > 1)
    return refuse(Code::invalid_argument, "The header x-amz-content-sha256 stands there twice.");
  const auto mode = request.header("x-amz-content-sha256");
  if (!mode) return {};
  if (auto r = take_payload(claim, *mode); !r) return r;
  if (claim.payload == PayloadMode::streaming_signed ||
      claim.payload == PayloadMode::streaming_signed_trailer)
    return refuse(Code::access_denied, "A signed body needs a request that is signed with AWS4-HMAC-SHA256.");
  return {};
}

AuthResult<void> take_time(AuthClaim& claim, std::string_view text) {
  const auto t = parse_amz_date(text);
  if (!t) {
    return claim.type == AuthType::header
               ? refuse(Code::access_denied, "AWS authentication requires a valid Date or x-amz-date header")
               : refuse(Code::authorization_query_parameters_error,
                        "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  }
  claim.signed_at = *t;
  std::ranges::copy(text, claim.amz_date.begin());
  if (text.substr(0, 8) != claim.date)
    return refuse(malformed(claim.type), "Invalid credential date. This date is not the same as X-Amz-Date.");
  return {};
}

AuthFailure skewed(const AuthClaim& claim, const AuthConfig& config, UnixMillis now) {
  return {Error(Code::request_time_too_skewed),
          {{"RequestTime", std::string(claim.amz_date.begin(), claim.amz_date.end())},
           {"ServerTime", iso8601_ms(now)},
           {"MaxAllowedSkewMilliseconds", std::to_string(config.max_skew_ms)}}};
}

}  // namespace cairn::s3wire
