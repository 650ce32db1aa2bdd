#include "s3/query_request.hpp"

#include <algorithm>

#include "cairn/base/bytes.hpp"
#include "cairn/crypto/digest.hpp"
#include "cairn/iam/query_api.hpp"
#include "cairn/s3wire/uri.hpp"

#include "s3/condition_keys.hpp"

namespace cairn::s3 {
namespace {
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

bool is_form(const Context& c) {
  std::string_view type = c.raw_header("content-type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return c.request.method() == "POST" && s3wire::iequals(type, kForm);
}

// The hash of the body is part of what was signed, also where no header repeats it.
Status bind_body(const Context& c, s3wire::AuthClaim& claim, const std::string& body_hash) {
  if (claim.type == s3wire::AuthType::presigned) {
    if (!c.query().has("X-Amz-Content-Sha256")) claim.canonical_hash = body_hash;
    return {};
  }
  if (claim.canonical_hash.empty()) claim.canonical_hash = body_hash;
  if (claim.canonical_hash != body_hash) return fail(Code::content_sha256_mismatch);
  return {};
}

Result<iam::IdentityPtr> authenticate_query(Context& c, s3wire::SigningKeyCache& keys,
                                            std::string_view service, std::string_view body) {
  s3wire::AuthConfig config;
  config.region.clear();  // IAM is one for all regions, and clients sign for any
  config.service = service;
  auto claim = s3wire::parse_auth(c.view, c.query(), config, c.now);
  if (!claim) return fail(std::move(claim).error().error);
  if (claim->type == s3wire::AuthType::anonymous) return iam::anonymous_identity();
  const auto hash = crypto::sha256(body);
  const std::string body_hash = to_hex(as_bytes(crypto::raw_text(hash)));
  TRY(bind_body(c, *claim, body_hash));
  TRY(iam::IdentityPtr who, find_identity(c, claim->access_key, claim->security_token));
  auto verified = s3wire::verify_signature(c.view, c.query(), *claim, who->secret, keys);
  if (!verified) return fail(std::move(verified).error().error);
  if (who->use) who->use->note(service, c.now);
  return who;
}

struct Form {
  std::string body;
  s3wire::Query parameters;
  MemoryBudget::Reservation memory;
};

Task<Form> read_form(Context& c) {
  Form form;
  const std::size_t announced = c.request.content_length().value_or(iam::kMaxForm);
  if (announced > s3wire::kMaxSmallBody) {
    const std::size_t size = std::min(announced, iam::kMaxForm);
    CO_TRY(form.memory, co_await c.parts.budget.reserve(size, c.config.patience));
  }
  if (c.request.method() == "POST") {
    CO_TRY(form.body, co_await c.request.read_body_text(iam::kMaxForm));
  }
  c.bytes_received = form.body.size();
  form.parameters = c.query();
  if (is_form(c) && !form.body.empty()) {
    CO_TRY(form.parameters, s3wire::Query::parse(form.body));
  }
  co_return form;
}

Task<iam::QueryAnswer> answer(Context& c, s3wire::SigningKeyCache& keys) {
  auto form = co_await read_form(c);
  if (!form) co_return iam::query_error(form.error(), iam::QueryService::iam, c.request.trace_id);
  const iam::QueryService service = iam::query_service(form->parameters);
  auto who = authenticate_query(c, keys, iam::query_service_name(service), form->body);
  if (!who) co_return iam::query_error(who.error(), service, c.request.trace_id);
  act_as(c, *who);
  iam::QueryApi api(c.parts.identities);
  iam::QueryRequest request{form->parameters, std::move(*who), facts_of(c), c.request.trace_id};
  co_return co_await api.handle(std::move(request));
}
}  // namespace

bool is_query_request(const Context& c) {
  if (!c.route.bucket.empty() || c.request.path() != "/") return false;
  const std::string_view method = c.request.method();
  return is_form(c) || ((method == "GET" || method == "POST") && c.query().has("Action"));
}

Task<void> answer_query(Context& c, s3wire::SigningKeyCache& keys) {
  c.route.op = s3wire::Operation::unknown;
  CO_TRY(iam::QueryAnswer done, co_await answer(c, keys));
  c.response.status(done.status);
  c.response.field("x-amzn-RequestId", c.request.trace_id);
  c.response.field("Content-Type", "text/xml");
  if (done.status == 503) c.response.field("Retry-After", "1");
  co_return co_await c.response.send(std::move(done.xml));
}

}  // namespace cairn::s3
