#pragma once
#include <string>
#include <string_view>

#include "cairn/base/clock.hpp"
#include "cairn/s3wire/sigv4.hpp"

// AWS Signature Version 2: HMAC-SHA1 of a few of a request's parts. Only what the server needs.
namespace cairn::s3wire::sigv2 {

// `Authorization: AWS key:signature`; the failures are those of parse_auth.
AuthResult<AuthClaim> parse_header(const HttpRequestView& request, const Query& query,
                                   std::string_view authorization, const AuthConfig& config, UnixMillis now);
// AWSAccessKeyId, Signature and Expires (seconds since 1970) as parameters.
AuthResult<AuthClaim> parse_presigned(const HttpRequestView& request, const Query& query,
                                      const AuthConfig& config, UnixMillis now);

std::string string_to_sign(const HttpRequestView& request, const Query& query, const AuthClaim& claim);

// base64(HMAC-SHA1(secret, text))
std::string sign(std::string_view secret, std::string_view text);
// Compares in constant time; signature_does_not_match.
AuthResult<void> check(const AuthClaim& claim, std::string_view secret, const std::string& text);

AuthResult<void> verify(const HttpRequestView& request, const Query& query, const AuthClaim& claim,
                        std::string_view secret);

}  // namespace cairn::s3wire::sigv2
