#include "cairn/base/bytes.hpp"
#include "cairn/s3wire/post_object.hpp"

#include "s3wire/sigv2.hpp"
#include "s3wire/sigv4_canonical.hpp"
#include "s3wire/sigv4_claim.hpp"

namespace cairn::s3wire {
namespace {

// As Amazon names them.
constexpr std::string_view kV4Fields[] = {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date",
                                          "X-Amz-Signature"};
constexpr std::string_view kV2Fields[] = {"AWSAccessKeyId", "Signature"};

bool any_of(const FormFields& fields, std::span<const std::string_view> names) {
  for (const std::string_view n : names)
    if (fields.has(n)) return true;
  return false;
}

AuthResult<void> require(const FormFields& fields, std::span<const std::string_view> names) {
  for (const std::string_view n : names)
    if (!fields.has(n))
      return refuse(Code::invalid_argument,
                    "Bucket POST must contain a field named '" + std::string(n) +
                        "'.  If it is specified, please check the order of the fields.",
                    {{"ArgumentName", std::string(n)}, {"ArgumentValue", ""}});
  return {};
}

AuthResult<AuthClaim> parse_v4(const FormFields& fields, const AuthConfig& config) {
  if (auto r = require(fields, kV4Fields); !r) return std::unexpected(std::move(r).error());
  if (fields.get("x-amz-algorithm") != sigv4::kAlgorithm)
    return refuse(Code::invalid_argument, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
  AuthClaim claim;
  claim.type = AuthType::form;
  claim.signature = fields.get("x-amz-signature");
  if (auto r = take_credential(claim, fields.get("x-amz-credential"), config); !r)
    return std::unexpected(std::move(r).error());
  if (auto r = take_time(claim, fields.get("x-amz-date")); !r) return std::unexpected(std::move(r).error());
  return claim;
}

AuthResult<AuthClaim> parse_v2(const FormFields& fields, const AuthConfig& config) {
  if (!config.accept_v2)
    return refuse(
        Code::invalid_request,
        "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
  if (auto r = require(fields, kV2Fields); !r) return std::unexpected(std::move(r).error());
  AuthClaim claim;
  claim.type = AuthType::form;
  claim.version = SignatureVersion::v2;
  claim.access_key = fields.get("AWSAccessKeyId");
  claim.signature = fields.get("signature");
  return claim;
}

}  // namespace

AuthResult<AuthClaim> parse_post_auth(const FormFields& fields, const AuthConfig& config) {
  const bool v4 = any_of(fields, kV4Fields), v2 = any_of(fields, kV2Fields);
  if (v4 && v2)
    return refuse(Code::invalid_argument, "Only one auth mechanism allowed; the form has fields of two.");
  if (!v4 && !v2) {
    if (fields.has("policy")) return refuse(Code::access_denied);
    return AuthClaim{};
  }
  static constexpr std::string_view kPolicy[] = {"Policy"};
  if (auto r = require(fields, kPolicy); !r) return std::unexpected(std::move(r).error());
  auto claim = v4 ? parse_v4(fields, config) : parse_v2(fields, config);
  if (claim) claim->security_token = fields.get("x-amz-security-token");
  return claim;
}

AuthResult<void> verify_post_signature(const FormFields& fields, const AuthClaim& claim,
                                       std::string_view secret, SigningKeyCache& cache) {
  const std::string policy(fields.get("policy"));
  if (claim.version == SignatureVersion::v2) return sigv2::check(claim, secret, policy);
  const SigningKey key = cache.get(claim.access_key, secret, claim.date, claim.region, claim.service);
  if (equal_constant_time(sigv4::view(sigv4::sign(key, policy)), claim.signature)) return {};
  return refuse(Code::signature_does_not_match, {},
                {{"AWSAccessKeyId", std::string(claim.access_key)},
                 {"StringToSign", policy},
                 {"SignatureProvided", std::string(claim.signature)}});
}

}  // namespace cairn::s3wire
