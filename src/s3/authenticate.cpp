#include "s3/authenticate.hpp"

#include "cairn/s3wire/headers.hpp"

namespace cairn::s3 {
namespace {

Task<void> check_owner_of(Context& c, std::string bucket, std::string_view header) {
  const auto expected = c.header(header);
  if (!expected) co_return Status();
  CO_TRY(const store::Bucket info, co_await c.layer().head_bucket(std::move(bucket)));
  const s3wire::Owner owner = owner_named(c, info->owner);
  if (*expected != owner.id && *expected != owner.display_name && *expected != iam::kAccount)
    co_return fail(Code::access_denied, "The bucket is owned by a different account.");
  co_return Status();
}

}  // namespace

Status refuse(Context& c, s3wire::Refusal refusal) {
  c.error_fields = std::move(refusal.fields);
  return fail(std::move(refusal.error));
}

Result<iam::IdentityPtr> find_claimant(Context& c) {
  auto found = find_identity(c, c.claim.access_key, c.claim.security_token);
  if (!found && found.error().is(Code::invalid_access_key_id))
    return fail(refuse(c, s3wire::unknown_access_key(c.claim)).error());
  return found;
}

void act_as(Context& c, iam::IdentityPtr who) {
  c.identity = std::move(who);
  const bool anonymous = c.identity->anonymous();
  c.principal = {anonymous, c.identity->access_key};
  if (anonymous)
    c.owner = {std::string(s3wire::kAnonymousId), {}};
  else
    c.owner = {c.identity->principal.canonical_id, c.identity->subject->display_name};
}

Result<iam::IdentityPtr> find_identity(const Context& c, std::string_view access_key,
                                       std::string_view token) {
  return c.parts.identities.find(access_key, token, c.now);
}

s3wire::Owner owner_named(const Context& c, const std::string& canonical_id) {
  const auto subject = c.parts.identities.find_canonical(canonical_id);
  return {canonical_id, subject ? subject->display_name : std::string()};
}

Status authenticate(Context& c, const s3wire::AuthConfig& config, s3wire::SigningKeyCache& keys) {
  auto claim = s3wire::parse_auth(c.view, c.query(), config, c.now);
  if (!claim) return refuse(c, std::move(claim).error());
  c.claim = std::move(*claim);
  if (c.claim.type == s3wire::AuthType::anonymous) return {};
  TRY(iam::IdentityPtr claimant, find_claimant(c));
  if (c.route.virtual_hosted) c.claim.virtual_bucket = c.route.bucket;
  auto signer = s3wire::verify_signature(c.view, c.query(), c.claim, claimant->secret, keys);
  if (!signer) return refuse(c, std::move(signer).error());
  c.chunk_signer = std::move(*signer);
  act_as(c, std::move(claimant));
  if (c.identity->use) c.identity->use->note(config.service, c.now);
  return {};
}

Task<void> check_expected_owner(Context& c) {
  if (!c.bucket().empty()) CO_TRY(co_await check_owner_of(c, c.bucket(), "x-amz-expected-bucket-owner"));
  const auto source = c.header("x-amz-copy-source");
  if (!source) co_return Status();
  CO_TRY(const s3wire::CopySource copied, s3wire::parse_copy_source(*source));
  co_return co_await check_owner_of(c, copied.bucket, "x-amz-source-expected-bucket-owner");
}

}  // namespace cairn::s3
