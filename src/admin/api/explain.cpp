#include <array>

#include "cairn/iam/authorize.hpp"
#include "cairn/iam/bucket_policy.hpp"
#include "cairn/iam/request_facts.hpp"

#include "admin/api/call.hpp"

// Which statement decides: the same evaluation that requests get, with everything that led to it.
namespace cairn::admin::api {
namespace {

constexpr std::array<std::string_view, 6> kSources{"nobody",   "root",    "identity",
                                                   "boundary", "session", "resource"};
constexpr std::array<std::string_view, 3> kDecisions{"allow", "explicit_deny", "implicit_deny"};
constexpr std::array<std::string_view, 5> kOutcomes{"applies", "other_principal", "other_action",
                                                    "other_resource", "condition_fails"};

template <class Names, class E>
std::string_view name_of(const Names& names, E value) {
  return names[static_cast<std::size_t>(value)];
}

// Who is asked about, as a request of theirs would carry it.
Result<iam::IdentityPtr> identity_of(iam::SubjectPtr subject, const std::string& name) {
  if (!subject) return fail(Code::no_such_entity, "There is no " + name + ".");
  auto identity = std::make_shared<iam::Identity>();
  identity->principal = subject->principal;
  identity->tags = subject->tags;
  identity->subject = std::move(subject);
  return identity;
}

template <class T>
Result<iam::IdentityPtr> subject_named(const Call& c, const std::string& kind, const std::string& name) {
  const auto found = c.identities().read([&](const iam::Directory& d) { return d.table<T>().find(name); });
  return identity_of(found ? c.identities().find_subject(found->id) : nullptr, kind + name);
}

Result<iam::IdentityPtr> read_asker(const Call& c) {
  TRY(const auto key, read_text(c.body, "access_key"));
  TRY(const auto user, read_text(c.body, "user"));
  TRY(const auto role, read_text(c.body, "role"));
  TRY(const auto anonymous, read_flag(c.body, "anonymous"));
  if (int{key.has_value()} + int{user.has_value()} + int{role.has_value()} + int{anonymous.value_or(false)} !=
      1)
    return fail(Code::validation_error, "Give one of user, role, access_key and anonymous.");
  if (user) return subject_named<iam::User>(c, "user ", *user);
  if (role) return subject_named<iam::Role>(c, "role ", *role);
  if (!key) return iam::anonymous_identity();
  auto identity = c.identities().find(*key, "", c.now);
  if (!identity && identity.error().is(Code::invalid_access_key_id))
    return fail(Code::no_such_entity,
                "The access key " + *key + " does not exist, is switched off or has expired.");
  return identity;
}

// {"key": "value"} or {"key": ["one", "two"]}, before what is known without: who asks, and the time.
Result<iam::Context> read_context(const Call& c, const iam::Identity& who,
                                  const std::vector<std::string>& asked) {
  iam::RequestFacts facts;
  facts.region = c.config.region;
  facts.now = c.now;
  iam::Context context = iam::global_context(asked, facts, who);
  const auto given = c.body.find("context");
  if (given == c.body.end() || given->is_null()) return context;
  if (!given->is_object()) return fail(Code::validation_error, "context must be an object");
  for (const auto& [key, value] : given->items()) {
    if (value.is_string()) {
      context.set(key, value.get<std::string>());
    } else {
      TRY(std::vector<std::string> values, read_texts(*given, key.c_str()));
      context.set(key, std::move(values));
    }
  }
  return context;
}

std::vector<std::string> keys_asked_by(const iam::PolicySet& policies) {
  std::vector<std::string> keys;
  const auto add = [&](iam::PolicyList list) {
    for (const iam::AttachedPolicy& p : list) iam::merge_keys(keys, *p.policy);
  };
  for (const iam::PolicyList list : {policies.identity, policies.boundary, policies.resource}) add(list);
  for (const iam::PolicyList list : policies.sessions) add(list);
  return keys;
}

std::string bucket_of(std::string_view resource) {
  constexpr std::string_view kArn = "arn:aws:s3:::";
  if (!resource.starts_with(kArn)) return {};
  resource.remove_prefix(kArn.size());
  return std::string(resource.substr(0, resource.find('/')));
}

json line_document(const iam::TraceLine& l) {
  return {{"source", name_of(kSources, l.source)},
          {"policy", l.policy},
          {"statement", l.statement},
          {"sid", l.sid},
          {"effect", l.allow ? "Allow" : "Deny"},
          {"outcome", name_of(kOutcomes, l.outcome)},
          {"condition", l.condition},
          {"text", iam::describe(l)}};
}

json document_of(const iam::Explanation& e) {
  json statements = json::array();
  for (const iam::TraceLine& l : e.lines) statements.push_back(line_document(l));
  const iam::Verdict& v = e.verdict;
  return {{"decision", name_of(kDecisions, v.decision)},
          {"source", name_of(kSources, v.source)},
          {"policy", v.policy},
          {"statement", v.statement < 0 ? json() : json(v.statement)},
          {"sid", v.sid},
          {"text", iam::describe(v)},
          {"statements", std::move(statements)}};
}

}  // namespace

Task<json> explain_policy(Call& c) {
  CO_TRY(check_fields(c.body, {"user", "role", "access_key", "anonymous", "action", "resource", "context"}));
  CO_TRY(const iam::IdentityPtr asker, read_asker(c));
  iam::AccessRequest request;
  request.principal = asker->principal;
  CO_TRY(request.action, required_text(c.body, "action"));
  CO_TRY(const auto resource, read_text(c.body, "resource"));
  request.resource = resource.value_or("*");
  iam::PolicySet policies = asker->policies();

  std::optional<iam::Policy> bucket_policy;
  std::vector<iam::AttachedPolicy> attached;
  bool owner = false;
  if (const std::string bucket = bucket_of(request.resource);
      !bucket.empty() && bucket.find('*') == std::string::npos) {
    auto found = co_await c.api.store.head_bucket(bucket);
    if (!found && !found.error().is(Code::no_such_bucket)) co_return fail(found.error());
    const std::string* text = found ? (*found)->find_config(iam::kPolicyConfig) : nullptr;
    if (text) {
      CO_TRY(bucket_policy,
             iam::read_bucket_policy(*text, (*found)->find_config(iam::kPolicyIdsConfig), bucket));
      attached.push_back({&*bucket_policy, "bucket policy"});
    }
    const std::string& id = request.principal.canonical_id;
    owner = found && !id.empty() && (*found)->owner == id;
  }
  policies.resource = attached;
  const std::vector<std::string> asked = keys_asked_by(policies);
  CO_TRY(request.context, read_context(c, *asker, asked));
  json out = document_of(iam::explain(request, policies));
  out["action"] = request.action;
  out["resource"] = request.resource;
  out["owns_bucket"] = owner;
  co_return out;
}

}  // namespace cairn::admin::api
