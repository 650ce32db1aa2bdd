#include <algorithm>

#include "cairn/iam/authorize.hpp"

#include "iam/names.hpp"
#include "iam/query/call.hpp"
#include "iam/text.hpp"

// Temporary credentials.
namespace cairn::iam::query {
namespace {

constexpr std::uint32_t kLeast = 900;
constexpr std::uint32_t kMostOwn = 129'600;  // GetSessionToken
constexpr std::uint32_t kMostRoot = 3'600;   // of root, and of a role that a role's session assumes
constexpr std::uint32_t kMostSelf = 604'800;
constexpr std::uint32_t kDefaultRole = 3'600, kDefaultOwn = 43'200;

void write_credentials(s3wire::XmlWriter& out, const SessionCredentials& s) {
  out.open("Credentials")
      .text("AccessKeyId", s.access_key)
      .text("SecretAccessKey", s.secret_key)
      .text("SessionToken", s.token)
      .text("Expiration", xml_time(s.expires))
      .close("Credentials");
}

void write_session(s3wire::XmlWriter& out, const SessionCredentials& s, const SessionClaims& claims,
                   std::string_view id, std::string_view arn) {
  write_credentials(out, s);
  out.open("AssumedRoleUser").text("AssumedRoleId", id).text("Arn", arn).close("AssumedRoleUser");
  out.number("PackedPolicySize", (packed_size(claims) * 100 + kMaxPackedSession - 1) / kMaxPackedSession);
}

// The unique id of who calls: a user, a role behind a session, or root.
std::string caller_id(const Call& c) {
  const Principal& p = c.caller->principal;
  if (p.kind == Principal::Kind::root) return std::string(kRootId);
  return p.user_id.substr(0, p.user_id.find(':'));
}

bool own_credentials(const Identity& who) { return !who.temporary() && who.limits.empty(); }

Status check_no_mfa(const Call& c) {
  if (c.get("SerialNumber").empty() && c.get("TokenCode").empty()) return {};
  return fail(Code::access_denied, "MultiFactorAuthentication failed: there are no MFA devices here.");
}

Status check_session_name(std::string_view name) {
  if (name.size() < 2)
    return fail(Code::validation_error, "RoleSessionName must have at least 2 characters.");
  return check_name("roleSessionName", name, 64);
}

void read_session_policies(const Call& c, SessionClaims& claims) {
  claims.policy = c.get("Policy");
  for (int n = 1; n <= 12; ++n) {
    std::string arn = c.get("PolicyArns.member." + std::to_string(n) + ".arn");
    if (arn.empty()) break;
    claims.policy_arns.push_back(std::move(arn));
  }
}

// The condition keys of a question about AssumeRole.
Context assume_context(const Call& c, const std::vector<const Policy*>& policies,
                       const SessionClaims& claims) {
  std::vector<std::string> keys = c.caller->asked_keys;
  for (const Policy* p : policies) merge_keys(keys, *p);
  Context context = global_context(keys, c.facts, *c.caller);
  const auto set = [&](const std::string& key, const std::string& value) {
    if (!value.empty()) context.set(key, value);
  };
  for (const std::string& key : keys) {
    if (key == "sts:externalid") set(key, c.get("ExternalId"));
    if (key == "sts:rolesessionname") set(key, claims.name);
    if (key == "sts:sourceidentity") set(key, c.get("SourceIdentity"));
    if (key.starts_with("aws:requesttag/"))
      for (const Tag& t : claims.tags)
        if ("aws:requesttag/" + to_lower(t.key) == key) set(key, t.value);
  }
  return context;
}

// Both must agree: the role trusts the caller, and the caller may assume it (which a trust policy that names
// the caller itself says as well).
Status check_trust(const Call& c, const Role& role, const SessionClaims& claims) {
  const std::string arn = role_arn(role);
  const auto denied = [&] {
    return fail(Code::access_denied, "User: " + c.caller->principal.arn +
                                         " is not authorized to perform: sts:AssumeRole on resource: " + arn);
  };
  const auto parsed = Policy::parse(role.trust, PolicyKind::trust);
  if (!parsed) return denied();
  const Policy trust = parsed->bound_to(role.trust_ids);
  PolicySet policies = c.caller->policies();
  const AttachedPolicy attached{&trust, "trust policy"};
  policies.resource = {&attached, 1};
  const AccessRequest request{c.caller->principal, "sts:AssumeRole", arn,
                              assume_context(c, {&trust}, claims)};
  const Explanation found = explain(request, policies);
  const bool trusted = std::ranges::any_of(found.lines, [](const TraceLine& line) {
    return line.source == Source::resource && line.allow && line.outcome == TraceLine::Outcome::applies;
  });
  if (!trusted || !found.verdict.allowed()) return denied();
  // A key with a policy of its own does not get rid of it through a role that trusts everybody.
  policies.boundary = {};
  if (!limits_allow(request, policies)) return denied();
  return {};
}

// AssumeRole without a role, as clients of other servers ask for it: credentials of the caller's own, perhaps
// with less rights.
Task<void> assume_self(Call& c) {
  if (!own_credentials(*c.caller))
    co_return fail(Code::access_denied, "Cannot call AssumeRole without a role with session credentials.");
  SessionClaims claims;
  read_session_policies(c, claims);
  CO_TRY(const std::uint32_t seconds, c.number("DurationSeconds", kDefaultRole, kLeast, kMostSelf));
  claims.subject = claims.source = caller_id(c);
  claims.issued = c.facts.now;
  claims.expires = c.facts.now + UnixMillis{seconds} * 1'000;
  CO_TRY(const SessionCredentials made, c.store.issue(claims));
  write_session(c.out, made, claims, c.caller->principal.user_id, c.caller->principal.arn);
  co_return Status();
}

}  // namespace

Task<void> assume_role(Call& c) {
  CO_TRY(check_no_mfa(c));
  const std::string arn = c.get("RoleArn");
  if (arn.empty() || arn.starts_with("arn:xxx:")) co_return co_await assume_self(c);
  SessionClaims claims;
  claims.assumed_role = true;
  CO_TRY(claims.name, c.required("RoleSessionName"));
  CO_TRY(check_session_name(claims.name));
  claims.tags = c.tags();
  read_session_policies(c, claims);
  const auto role = c.store.read([&](const Directory& d) { return d.find_role(arn); });
  if (!role)  // whether it exists is not told
    co_return fail(Code::access_denied,
                   "User: " + c.caller->principal.arn +
                       " is not authorized to perform: sts:AssumeRole on resource: " + arn);
  CO_TRY(check_trust(c, *role, claims));
  const bool chained = c.caller->credential == Identity::Credential::assumed_role;
  const std::uint32_t most = chained ? kMostRoot : role->max_session;
  CO_TRY(const std::uint32_t seconds, c.number("DurationSeconds", kDefaultRole, kLeast, 43'200));
  if (seconds > most)
    co_return fail(Code::validation_error,
                   "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
  claims.subject = role->id;
  claims.source = caller_id(c);
  claims.issued = c.facts.now;
  claims.expires = c.facts.now + UnixMillis{seconds} * 1'000;
  CO_TRY(const SessionCredentials made, c.store.issue(claims));
  write_session(c.out, made, claims, role->id + ":" + claims.name, session_arn(role->name, claims.name));
  c.out.optional("SourceIdentity", c.get("SourceIdentity"));
  co_return Status();
}

Task<void> get_session_token(Call& c) {
  CO_TRY(check_no_mfa(c));
  if (!own_credentials(*c.caller))
    co_return fail(Code::access_denied,
                   "Cannot call GetSessionToken with session credentials, nor with an access key that has a "
                   "policy of its own.");
  const std::uint32_t most = c.caller->is_root() ? kMostRoot : kMostOwn;
  CO_TRY(const std::uint32_t seconds,
         c.number("DurationSeconds", std::min(kDefaultOwn, most), kLeast, kMostOwn));
  SessionClaims claims;
  claims.subject = claims.source = caller_id(c);
  claims.issued = c.facts.now;
  claims.expires = c.facts.now + UnixMillis{std::min(seconds, most)} * 1'000;
  CO_TRY(const SessionCredentials made, c.store.issue(claims));
  write_credentials(c.out, made);
  co_return Status();
}

Task<void> get_caller_identity(Call& c) {
  const Principal& p = c.caller->principal;
  c.out.text("Arn", p.arn).text("UserId", p.user_id).text("Account", p.account);
  co_return Status();
}

Task<void> get_access_key_info(Call& c) {
  CO_TRY(c.required("AccessKeyId"));
  c.out.text("Account", kAccount);
  co_return Status();
}

}  // namespace cairn::iam::query
