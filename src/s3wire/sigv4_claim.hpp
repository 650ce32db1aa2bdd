#pragma once
#include <string_view>

#include "cairn/base/clock.hpp"
#include "cairn/s3wire/sigv4.hpp"

// Parts of a claim that are read alike wherever they stand.
namespace cairn::s3wire {

// The code of a claim that cannot be read.
Code malformed(AuthType type);
bool all_digits(std::string_view s);

// access-key/date/region/service/aws4_request; an access key may hold slashes itself.
AuthResult<void> take_credential(AuthClaim& claim, std::string_view credential, const AuthConfig& config);

// x-amz-content-sha256.
AuthResult<void> take_payload(AuthClaim& claim, std::string_view text);
// The same of a request whose signature, if it has one, does not cover its body.
AuthResult<void> take_unsigned_payload(AuthClaim& claim, const HttpRequestView& request);

// X-Amz-Date, which must be of the credential's day.
AuthResult<void> take_time(AuthClaim& claim, std::string_view text);

AuthFailure skewed(const AuthClaim& claim, const AuthConfig& config, UnixMillis now);

}  // namespace cairn::s3wire
