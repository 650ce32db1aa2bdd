#include "cairn/s3wire/post_object.hpp"

#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/tagging.hpp"

#include "s3/authenticate.hpp"
#include "s3/form_body.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"

// POST Object: a browser's upload form, signed by its policy (S3 API reference, "POST Object").
namespace cairn::s3 {
namespace {

// Who signed the form, if anybody did.
Status authenticate_form(Context& c, const s3wire::FormFields& fields) {
  s3wire::AuthConfig config;
  config.region = c.config.region;
  auto claim = s3wire::parse_post_auth(fields, config);
  if (!claim) return refuse(c, std::move(claim.error()));
  c.claim = std::move(*claim);
  if (c.claim.type == s3wire::AuthType::anonymous) return {};
  TRY(iam::IdentityPtr claimant, find_claimant(c));
  s3wire::SigningKeyCache keys;
  auto verified = s3wire::verify_post_signature(fields, c.claim, claimant->secret, keys);
  if (!verified) return refuse(c, std::move(verified.error()));
  act_as(c, std::move(claimant));
  return {};
}

}  // namespace

Task<void> post_object(Context& c) {
  CO_TRY(const auto body, co_await FormBody::open(c));
  CO_TRY(const s3wire::FormFields fields, s3wire::expand_filename(body->fields(), body->filename()));
  CO_TRY(authenticate_form(c, fields));
  std::optional<s3wire::PostPolicy> policy;
  if (fields.has("policy")) {
    CO_TRY(policy, s3wire::parse_post_policy(fields.get("policy")));
    auto allowed = s3wire::check_post_policy(*policy, c.bucket(), fields, c.now);
    if (!allowed) co_return refuse(c, std::move(allowed.error()));
  }
  auto key = s3wire::post_key(fields);
  if (!key) co_return refuse(c, std::move(key.error()));
  c.route.key = *key;
  // From here on the form's fields are what the headers of a PUT are.
  c.headers = s3wire::post_headers(fields);
  c.view.headers = c.headers;
  const std::string* tagging = fields.find("tagging");
  c.tags_new_object = tagging != nullptr;
  if (tagging) {
    CO_TRY(c.asked.object_tags, s3wire::parse_tagging(*tagging, s3wire::TagTarget::object));
  }
  CO_TRY(co_await authorize(c, s3wire::Operation::put_object, c.bucket(), c.key()));
  CO_TRY(store::ObjectAttributes attributes, read_attributes(c));
  CO_TRY(co_await check_lock_allowed(c, attributes));
  if (tagging) attributes.tags = to_store(*c.asked.object_tags);
  CO_TRY(s3wire::ChecksumPlan plan, s3wire::parse_upload_checksums(c.view, s3wire::Query()));
  CO_TRY(co_await body->begin(std::move(plan)));
  if (policy) {
    auto fits = s3wire::check_post_size(*policy, body->size());
    if (!fits) co_return refuse(c, std::move(fits.error()));
  }
  CO_TRY(store::WriteOptions options, read_write_options(c));
  store::ObjectName name = c.name();
  CO_TRY(const store::ObjectInfo info,
         co_await c.layer().put(std::move(name), std::move(attributes), *body, std::move(options)));
  const std::string location = object_url(c);
  s3wire::PostAnswer answer = s3wire::answer_post(fields, {c.bucket(), c.key(), info.etag, location});
  c.response.status(answer.status);
  c.response.field("ETag", quoted(info.etag));
  c.response.field("Location", answer.location);
  write_new_version_field(c, info);
  if (answer.body.empty()) co_return co_await c.response.send();
  co_return co_await send_xml(c, std::move(answer.body));
}

}  // namespace cairn::s3
