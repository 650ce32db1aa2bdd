#include "iam/build_identity.hpp"

#include <cstdlib>

#include "cairn/base/bytes.hpp"
#include "cairn/crypto/digest.hpp"
#include "cairn/iam/identity_store.hpp"

#include "iam/text.hpp"

namespace cairn::iam {
namespace {

const Policy& deny_all() {
  static const Policy policy = [] {
    auto p = Policy::parse(
        R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]})",
        PolicyKind::identity);
    if (!p) std::abort();
    return *p;
  }();
  return policy;
}

// Size was checked when it was stored, perhaps by another release.
constexpr PolicyLimits kAnySize{.max_characters = 1u << 20};

void add(std::vector<NamedPolicy>& out, std::string name, const std::string& text,
         PolicyKind kind = PolicyKind::identity) {
  auto policy = Policy::parse(text, kind, kAnySize);
  if (policy)
    out.push_back({std::move(name), std::move(*policy)});
  else
    out.push_back({std::move(name) + " (cannot be understood)", deny_all()});
}

void add_attached(const Directory& all, std::vector<NamedPolicy>& out, const std::string& prefix,
                  const std::string& arn, PolicyKind kind = PolicyKind::identity) {
  if (const auto policy = all.find_policy(arn))
    add(out, prefix + policy->name, policy->text(), kind);
  else
    out.push_back({prefix + arn + " (does not exist)", deny_all()});
}

void add_permissions(const Directory& all, std::vector<NamedPolicy>& out, const std::string& prefix,
                     const Permissions& p) {
  for (const std::string& arn : p.attached) add_attached(all, out, prefix, arn);
  for (const auto& [name, text] : p.inline_policies) add(out, prefix + name, text);
}

std::unique_ptr<const PolicyLayer> boundary_of(const Directory& all, const std::string& arn) {
  std::vector<NamedPolicy> policies;
  if (!arn.empty()) add_attached(all, policies, "boundary ", arn);
  return std::make_unique<const PolicyLayer>(std::move(policies));
}

void collect_keys(std::vector<std::string>& keys, const PolicyLayer* layer) {
  if (!layer) return;
  for (const NamedPolicy& p : layer->policies()) merge_keys(keys, p.policy);
}

// The views and lists that follow from the rest.
IdentityPtr finished(std::shared_ptr<Identity> identity) {
  const Subject& s = *identity->subject;
  collect_keys(identity->asked_keys, s.identity.get());
  collect_keys(identity->asked_keys, s.boundary.get());
  for (const auto& layer : identity->limits) {
    collect_keys(identity->asked_keys, layer.get());
    identity->limit_views.push_back(layer->list());
  }
  return identity;
}

void merge_tags(TagList& tags, const TagList& session) {
  for (const Tag& t : session) {
    std::erase_if(tags, [&](const Tag& old) { return to_lower(old.key) == to_lower(t.key); });
    tags.push_back(t);
  }
}

}  // namespace

std::string canonical_id_of(std::string_view unique_id) {
  const auto hash = crypto::sha256("cairn canonical user id\n" + std::string(unique_id));
  return to_hex(std::as_bytes(std::span(hash)));
}

SubjectPtr build_root(std::string_view access_key, std::string_view canonical_id) {
  auto s = std::make_shared<Subject>();
  s->principal.kind = Principal::Kind::root;
  s->principal.account = kAccount;
  s->principal.arn = "arn:aws:iam::" + std::string(kAccount) + ":root";
  s->principal.user_id = kAccount;
  s->principal.canonical_id = canonical_id;
  s->display_name = access_key;
  return s;
}

SubjectPtr build_subject(const Directory& all, const User& user) {
  auto s = std::make_shared<Subject>();
  s->principal.kind = Principal::Kind::user;
  s->principal.account = kAccount;
  s->principal.arn = user_arn(user);
  s->principal.user_name = user.name;
  s->principal.user_id = user.id;
  s->principal.canonical_id = canonical_id_of(user.id);
  s->display_name = user.name;
  s->tags = user.tags;
  s->enabled = user.enabled;
  std::vector<NamedPolicy> policies;
  add_permissions(all, policies, "", user.permissions);
  for (const std::string& id : user.groups) {
    if (const auto group = all.groups.find_id(id))
      add_permissions(all, policies, "group " + group->name + ": ", group->permissions);
    else
      policies.push_back({"group " + id + " (does not exist)", deny_all()});
  }
  s->identity = std::make_unique<const PolicyLayer>(std::move(policies));
  s->boundary = boundary_of(all, user.boundary);
  return s;
}

SubjectPtr build_subject(const Directory& all, const Role& role) {
  auto s = std::make_shared<Subject>();
  s->principal.kind = Principal::Kind::role_session;
  s->principal.account = kAccount;
  s->principal.arn = role_arn(role);
  s->principal.user_id = role.id;
  s->principal.canonical_id = canonical_id_of(role.id);
  s->display_name = role.name;
  s->tags = role.tags;
  std::vector<NamedPolicy> policies;
  add_permissions(all, policies, "", role.permissions);
  s->identity = std::make_unique<const PolicyLayer>(std::move(policies));
  s->boundary = boundary_of(all, role.boundary);
  return s;
}

IdentityPtr build_identity(SubjectPtr subject, const AccessKey& key, std::shared_ptr<KeyUse> use) {
  auto out = std::make_shared<Identity>();
  const bool own = key.policy.empty() && key.owner != kRootId;
  out->credential = own ? Identity::Credential::access_key : Identity::Credential::service_account;
  out->principal = subject->principal;
  out->tags = subject->tags;
  out->subject = std::move(subject);
  out->access_key = key.id;
  out->secret = key.secret;
  out->expires = key.expires;
  out->use = std::move(use);
  if (!key.policy.empty()) {
    std::vector<NamedPolicy> policies;
    add(policies, "access key " + key.id, key.policy, PolicyKind::session);
    out->limits.push_back(std::make_unique<const PolicyLayer>(std::move(policies)));
  }
  return finished(std::move(out));
}

IdentityPtr build_root_identity(SubjectPtr root, std::string access_key, std::string secret) {
  auto out = std::make_shared<Identity>();
  out->credential = Identity::Credential::root;
  out->principal = root->principal;
  out->subject = std::move(root);
  out->access_key = std::move(access_key);
  out->secret = std::move(secret);
  return finished(std::move(out));
}

IdentityPtr build_session(const Directory& all, SubjectPtr subject, const SessionClaims& claims,
                          std::string secret) {
  auto out = std::make_shared<Identity>();
  out->credential =
      claims.assumed_role ? Identity::Credential::assumed_role : Identity::Credential::session_token;
  out->principal = subject->principal;
  if (claims.assumed_role) {
    out->principal.identity_arn = subject->principal.arn;
    out->principal.arn = session_arn(subject->display_name, claims.name);
    out->principal.user_id += ":" + claims.name;
  }
  out->tags = subject->tags;
  merge_tags(out->tags, claims.tags);
  out->subject = std::move(subject);
  out->access_key = claims.access_key;
  out->secret = std::move(secret);
  out->issued = claims.issued;
  out->expires = claims.expires;
  std::vector<NamedPolicy> limits;
  if (!claims.policy.empty()) add(limits, "session policy", claims.policy, PolicyKind::session);
  for (const std::string& arn : claims.policy_arns)
    add_attached(all, limits, "session policy ", arn, PolicyKind::identity);
  if (!limits.empty()) out->limits.push_back(std::make_unique<const PolicyLayer>(std::move(limits)));
  return finished(std::move(out));
}

}  // namespace cairn::iam
