#include "cairn/iam/bucket_policy.hpp"

#include "cairn/iam/bound_principals.hpp"

#include "s3/bucket_config.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {
namespace {

constexpr std::size_t kMaxPolicy = 20'480;  // bytes, white space included

// Principals that do not exist are refused: a policy for nobody is a mistake. AWS does so as well.
Status check_principals(const Context& c, const iam::Policy& policy) {
  for (const std::string& name : policy.named_principals())
    if (!c.parts.identities.has_principal(name))
      return fail(Code::malformed_policy, "Invalid principal in policy");
  return {};
}

Task<void> check_may_be_public(Context& c, const iam::Policy& policy) {
  CO_TRY(const store::Bucket bucket, co_await c.layer().head_bucket(c.bucket()));
  if (c.bucket_accesses.get(*bucket)->block.block_public_policy && iam::is_public(policy))
    co_return fail(Code::access_denied,
                   "Public policies are blocked on this bucket by its BlockPublicPolicy setting.");
  co_return Status();
}

}  // namespace

Task<void> get_bucket_policy(Context& c) {
  CO_TRY(const store::Bucket bucket,
         co_await bucket_with_config(c, iam::kPolicyConfig, Code::no_such_bucket_policy));
  const std::string& text = *bucket->find_config(iam::kPolicyConfig);
  const std::string* ids = bucket->find_config(iam::kPolicyIdsConfig);
  CO_TRY(const iam::PrincipalIds bound, iam::parse_principal_ids(ids ? *ids : std::string()));
  c.response.field("Content-Type", "application/json");
  co_return co_await c.response.send(iam::shown_policy(text, bound, c.parts.identities));
}

Task<void> put_bucket_policy(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  DocumentOptions limits;
  limits.limit = kMaxPolicy;
  auto document = co_await read_document(c, limits);
  if (!document && document.error().is(Code::max_message_length_exceeded))
    co_return fail(Code::malformed_policy, "Policy exceeds the maximum allowed document size.");
  if (!document) co_return fail(std::move(document).error());
  if (document->text->empty()) co_return fail(Code::missing_request_body);
  CO_TRY(const iam::Policy policy, iam::parse_bucket_policy(*document->text, c.bucket()));
  CO_TRY(check_principals(c, policy));
  CO_TRY(co_await check_may_be_public(c, policy));
  ConfigChanges changes;
  changes.emplace(iam::kPolicyConfig, *document->text);
  changes.emplace(iam::kPolicyIdsConfig,
                  iam::render_principal_ids(iam::bind_principals(policy, c.parts.identities)));
  CO_TRY(co_await write_configs(c, std::move(changes)));
  co_return co_await send_status(c, 204);
}

Task<void> delete_bucket_policy(Context& c) {
  ConfigChanges changes;
  changes.emplace(iam::kPolicyConfig, std::nullopt);
  changes.emplace(iam::kPolicyIdsConfig, std::nullopt);
  CO_TRY(co_await write_configs(c, std::move(changes)));
  co_return co_await send_status(c, 204);
}

Task<void> get_bucket_policy_status(Context& c) {
  CO_TRY(const store::Bucket bucket,
         co_await bucket_with_config(c, iam::kPolicyConfig, Code::no_such_bucket_policy));
  const BucketAccessPtr access = c.bucket_accesses.get(*bucket);
  co_return co_await send_xml(c, s3wire::render_policy_status(access->policy_is_public));
}

}  // namespace cairn::s3
