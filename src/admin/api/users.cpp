#include <algorithm>

#include "admin/api/call.hpp"

// Users, and their keys as far as they come and go with them.
namespace cairn::admin::api {
namespace {

json user_document(const iam::Directory& all, const iam::User& u) {
  json groups = json::array(), own = json::array(), keys = json::array();
  for (const auto& g : all.groups_of(u)) groups.push_back(g->name);
  for (const auto& [name, text] : u.permissions.inline_policies) own.push_back(name);
  for (const auto& k : all.keys_of(u.id)) keys.push_back(k->id);
  return {{"name", u.name},
          {"path", u.path},
          {"arn", iam::user_arn(u)},
          {"created", iso8601_ms(u.created)},
          {"enabled", u.enabled},
          {"policies", policy_names(u.permissions.attached)},
          {"inline_policies", std::move(own)},
          {"groups", std::move(groups)},
          {"keys", std::move(keys)}};
}

json document_of(const Call& c, const iam::User& u) {
  return c.identities().read([&](const iam::Directory& d) { return user_document(d, u); });
}

// Policies and groups need the rights that giving them later would need.
Result<iam::User> read_draft(const Call& c) {
  TRY(check_fields(c.body, {"name", "path", "policies", "groups", "with_key", "access_key", "secret_key"}));
  iam::User draft;
  TRY(draft.name, required_text(c.body, "name"));
  TRY(const auto path, read_text(c.body, "path"));
  if (path) draft.path = *path;
  TRY(const auto policies, read_texts(c.body, "policies"));
  if (!policies.empty()) TRY(authorize(c, "admin:AttachUserOrGroupPolicy", iam::user_arn(draft)));
  TRY(draft.permissions.attached, policy_arns(c, policies));
  TRY(const auto groups, read_texts(c.body, "groups"));
  for (const std::string& name : groups) {
    TRY(const auto group, find_group(c, name));
    TRY(authorize(c, "admin:AddUserToGroup", iam::group_arn(*group)));
    if (std::ranges::find(draft.groups, group->id) == draft.groups.end()) draft.groups.push_back(group->id);
  }
  return draft;
}

// The key that comes with a new user; nothing where none is wanted.
Result<std::optional<iam::AccessKey>> read_first_key(const Call& c) {
  TRY(const auto wanted, read_flag(c.body, "with_key"));
  TRY(const auto id, read_text(c.body, "access_key"));
  TRY(const auto secret, read_text(c.body, "secret_key"));
  if (!wanted.value_or(true)) {
    if (id || secret) return fail(Code::validation_error, "with_key is false, but a key is given.");
    return std::nullopt;
  }
  if (secret && !id) return fail(Code::validation_error, "secret_key needs an access_key.");
  iam::AccessKey draft;
  draft.id = id.value_or("");
  draft.secret = secret.value_or("");
  return draft;
}

}  // namespace

Task<json> list_users(Call& c) {
  co_return c.identities().read([&](const iam::Directory& d) {
    return write_page(c, d.users.all(), [&](const auto& u) { return user_document(d, *u); });
  });
}

// The user first, then its key: if that cannot be, the user goes again.
Task<json> create_user(Call& c) {
  CO_TRY(iam::User draft, read_draft(c));
  CO_TRY(std::optional<iam::AccessKey> key, read_first_key(c));
  CO_TRY(const auto user, co_await c.identities().create<iam::User>(std::move(draft)));
  if (!key) co_return document_of(c, *user);
  key->owner = user->id;
  const auto made = co_await c.identities().create<iam::AccessKey>(std::move(*key));
  if (!made) {
    (void)co_await c.identities().remove<iam::User>(user->name, true);
    co_return fail(made.error());
  }
  json out = document_of(c, *user);
  out["access_key"] = (*made)->id;
  out["secret_key"] = (*made)->secret;
  co_return out;
}

Task<json> get_user(Call& c) {
  CO_TRY(const auto user, find_user(c, c.path[0]));
  co_return document_of(c, *user);
}

Task<json> update_user(Call& c) {
  CO_TRY(check_fields(c.body, {"enabled"}));
  CO_TRY(const auto enabled, read_flag(c.body, "enabled"));
  if (!enabled) co_return fail(Code::validation_error, "enabled must be given");
  const std::function<Status(iam::User&)> change = [&](iam::User& u) -> Status {
    u.enabled = *enabled;
    return {};
  };
  CO_TRY(const auto user, co_await c.identities().update<iam::User>(c.path[0], change));
  co_return document_of(c, *user);
}

Task<json> delete_user(Call& c) {
  CO_TRY(co_await c.identities().remove<iam::User>(c.path[0], true));
  co_return json::object();
}

}  // namespace cairn::admin::api
