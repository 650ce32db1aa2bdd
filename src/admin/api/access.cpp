#include "cairn/base/bytes.hpp"
#include "cairn/crypto/digest.hpp"
#include "cairn/iam/authorize.hpp"

#include "admin/api/admin_api.hpp"

namespace cairn::admin::api {

Result<iam::IdentityPtr> authenticate(const http::Request& request, const s3wire::Query& query,
                                      std::string_view body, const Call& call, s3wire::SigningKeyCache& keys,
                                      std::string_view region) {
  std::vector<s3wire::HeaderField> headers;
  for (const auto& f : request.fields()) headers.push_back({f.name, f.value});
  const s3wire::HttpRequestView view{request.method(), request.path(), request.query(), headers};
  s3wire::AuthConfig config;
  config.region = region;
  config.accept_v2 = false;
  auto claim = s3wire::parse_auth(view, query, config, call.now);
  if (!claim) return fail(std::move(claim).error().error);
  if (claim->type != s3wire::AuthType::header)
    return fail(Code::access_denied, "Sign the request with Signature V4 in its Authorization header.");
  const auto hash = crypto::sha256(body);
  if (claim->payload != s3wire::PayloadMode::hashed && !body.empty())
    return fail(Code::access_denied,
                "The signature must cover the body: x-amz-content-sha256 is its SHA-256.");
  if (claim->payload == s3wire::PayloadMode::hashed &&
      claim->canonical_hash != to_hex(as_bytes(crypto::raw_text(hash))))
    return fail(Code::content_sha256_mismatch);
  auto found = call.identities().find(claim->access_key, claim->security_token, call.now);
  if (!found && found.error().is(Code::invalid_access_key_id))
    return fail(s3wire::unknown_access_key(*claim).error);
  if (!found) return found;
  auto verified = s3wire::verify_signature(view, query, *claim, (*found)->secret, keys);
  if (!verified) return fail(std::move(verified).error().error);
  if ((*found)->use) (*found)->use->note("s3", call.now);
  return found;
}

Status authorize(const Call& call, std::string_view action, std::string resource) {
  const iam::Identity& who = *call.who;
  return iam::authorize(who, {who.principal, std::string(action), std::move(resource),
                              iam::global_context(who.asked_keys, call.facts, who)});
}

}  // namespace cairn::admin::api
