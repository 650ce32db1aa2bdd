#include "admin/api/call.hpp"

// Access keys and service accounts, which are keys with a policy of their own, or of root.
namespace cairn::admin::api {
namespace {

json document_in(const Call& c, const iam::Directory& all, const iam::AccessKey& k) {
  const auto user = all.users.find_id(k.owner);
  const auto use = c.identities().last_use(k.id);
  return {{"access_key", k.id},
          {"user", user ? json(user->name) : json()},
          {"owner", owner_arn(all, k.owner)},
          {"created", iso8601_ms(k.created)},
          {"active", k.active},
          {"expires", time_or_null(k.expires)},
          {"expired", k.expires != 0 && k.expires <= c.now},
          {"last_used", time_or_null(use ? use->time.load() : 0)},
          {"name", k.name},
          {"description", k.description},
          {"policy", k.policy.empty() ? json() : json(k.policy)}};
}

// A key of root's is as good as root; nobody else may make or change one.
Status only_root_for_root(const Call& c, std::string_view owner) {
  if (owner != iam::kRootId || (c.who->is_root() && c.who->limits.empty())) return {};
  return fail(Code::access_denied, "Only root, without a policy of the key's own, manages the keys of root.");
}

// The owner of a new key: the user that is named, else who asks.
Result<std::string> read_owner(const Call& c) {
  TRY(const auto name, read_text(c.body, "user"));
  if (name) {
    TRY(const auto user, find_user(c, *name));
    return user->id;
  }
  using Kind = iam::Principal::Kind;
  if (c.who->principal.kind == Kind::root) return std::string(iam::kRootId);
  if (c.who->principal.kind == Kind::user) return c.who->principal.user_id;
  return fail(Code::validation_error, "user must be given: sessions of roles have no keys");
}

// What may be said of a key when it is made, and later.
Status read_settings(const Call& c, iam::AccessKey& key) {
  TRY(const auto name, read_text(c.body, "name"));
  TRY(const auto description, read_text(c.body, "description"));
  TRY(const auto expires, read_time(c.body, "expires"));
  if (name) key.name = *name;
  if (description) key.description = *description;
  if (expires && *expires != 0 && *expires <= c.now)
    return fail(Code::validation_error, "expires must lie in the future");
  if (expires) key.expires = *expires;
  if (c.body.contains("policy")) {
    TRY(const auto policy, read_text(c.body, "policy"));
    key.policy = policy.value_or("");
  }
  return {};
}

Result<iam::Ref<iam::AccessKey>> find_own_key(const Call& c) {
  TRY(auto key, find_key(c, c.path[0]));
  TRY(only_root_for_root(c, key->owner));
  return key;
}

}  // namespace

json key_document(const Call& call, const iam::AccessKey& key, bool with_secret) {
  json out = call.identities().read([&](const iam::Directory& d) { return document_in(call, d, key); });
  if (with_secret) out["secret_key"] = key.secret;
  return out;
}

Task<json> list_keys(Call& c) {
  const std::string* name = c.query.find("user");
  std::string owner;
  if (name) {
    CO_TRY(const auto user, find_user(c, *name));
    owner = user->id;
  }
  co_return c.identities().read([&](const iam::Directory& d) {
    return write_page(c, d.keys.all(), [&](const auto& k) {
      return owner.empty() || k->owner == owner ? document_in(c, d, *k) : json();
    });
  });
}

Task<json> create_key(Call& c) {
  CO_TRY(
      check_fields(c.body, {"user", "access_key", "secret_key", "name", "description", "expires", "policy"}));
  iam::AccessKey draft;
  CO_TRY(draft.owner, read_owner(c));
  CO_TRY(only_root_for_root(c, draft.owner));
  CO_TRY(const auto id, read_text(c.body, "access_key"));
  CO_TRY(const auto secret, read_text(c.body, "secret_key"));
  if (secret && !id) co_return fail(Code::validation_error, "secret_key needs an access_key.");
  draft.id = id.value_or("");
  draft.secret = secret.value_or("");
  CO_TRY(read_settings(c, draft));
  CO_TRY(const auto made, co_await c.identities().create<iam::AccessKey>(std::move(draft)));
  co_return key_document(c, *made, true);
}

Task<json> get_key(Call& c) {
  CO_TRY(const auto key, find_key(c, c.path[0]));
  co_return key_document(c, *key);
}

Task<json> update_key(Call& c) {
  CO_TRY(check_fields(c.body, {"active", "name", "description", "expires", "policy"}));
  CO_TRY(const auto key, find_own_key(c));
  CO_TRY(const auto active, read_flag(c.body, "active"));
  const std::function<Status(iam::AccessKey&)> change = [&](iam::AccessKey& k) -> Status {
    if (active) k.active = *active;
    return read_settings(c, k);
  };
  CO_TRY(const auto changed, co_await c.identities().update<iam::AccessKey>(key->id, change));
  co_return key_document(c, *changed);
}

Task<json> delete_key(Call& c) {
  CO_TRY(const auto key, find_own_key(c));
  CO_TRY(co_await c.identities().remove<iam::AccessKey>(key->id));
  co_return json::object();
}

}  // namespace cairn::admin::api
