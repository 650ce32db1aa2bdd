#include "iam/query/call.hpp"

// Users and their access keys.
namespace cairn::iam::query {
namespace {

template <class T>
using Named = std::vector<std::pair<std::string, Ref<T>>>;  // by name in lower case, in order

std::unexpected<Error> no_such_key(const std::string& id) {
  return fail(Code::no_such_entity, "The Access Key with id " + id + " cannot be found.");
}

std::string owner_of(const Ref<User>& user) { return user ? user->id : std::string(kRootId); }
std::string name_of(const Call& c, const Ref<User>& user) {
  return user ? user->name : c.store.find_subject(kRootId)->display_name;
}

// The key that a request names, if it is that user's. Without a UserName it is the caller's own.
Result<Ref<AccessKey>> own_key(const Call& c) {
  auto id = c.required("AccessKeyId");
  if (!id) return fail(std::move(id).error());
  auto user = own_user(c);
  if (!user) return fail(std::move(user).error());
  auto key = c.store.read([&](const Directory& d) { return d.keys.find(*id); });
  if (!key || key->owner != owner_of(*user)) return no_such_key(*id);
  return key;
}

}  // namespace

Task<void> create_user(Call& c) {
  User draft;
  CO_TRY(draft.name, c.required("UserName"));
  if (const std::string path = c.get("Path"); !path.empty()) draft.path = path;
  draft.boundary = c.get("PermissionsBoundary");
  draft.tags = c.tags();
  CO_TRY(const Ref<User> made, co_await c.store.create<User>(std::move(draft)));
  c.out.open("User");
  write_user(c.out, *made);
  c.out.close("User");
  co_return Status();
}

Task<void> get_user(Call& c) {
  CO_TRY(const Ref<User> user, own_user(c));
  c.out.open("User");
  if (user) {
    write_user(c.out, *user);
  } else {
    c.out.text("Path", "/")
        .text("UserName", name_of(c, user))
        .text("UserId", c.caller->principal.user_id)
        .text("Arn", c.caller->principal.arn)
        .text("CreateDate", xml_time(0));
  }
  c.out.close("User");
  co_return Status();
}

Task<void> list_users(Call& c) {
  const std::string prefix = c.get("PathPrefix");
  Named<User> users;
  c.store.read([&](const Directory& d) {
    for (const auto& [name, user] : d.users.all())
      if (user->path.starts_with(prefix)) users.emplace_back(name, user);
  });
  co_return write_page(
      c, "Users", users, [](const auto& u) -> const std::string& { return u.first; },
      [](s3wire::XmlWriter& out, const auto& u) { write_user(out, *u.second); });
}

Task<void> update_user(Call& c) {
  CO_TRY(std::string name, c.required("UserName"));
  const std::string new_name = c.get("NewUserName"), new_path = c.get("NewPath");
  const std::function<Status(User&)> change = [&](User& u) -> Status {
    if (!new_name.empty()) u.name = new_name;
    if (!new_path.empty()) u.path = new_path;
    return {};
  };
  CO_TRY(co_await c.store.update<User>(std::move(name), change));
  co_return Status();
}

Task<void> delete_user(Call& c) {
  CO_TRY(std::string name, c.required("UserName"));
  co_return co_await c.store.remove<User>(std::move(name));
}

Task<void> create_access_key(Call& c) {
  CO_TRY(const Ref<User> user, own_user(c));
  AccessKey draft;
  draft.owner = owner_of(user);
  CO_TRY(const Ref<AccessKey> made, co_await c.store.create<AccessKey>(std::move(draft)));
  c.out.open("AccessKey")
      .text("UserName", name_of(c, user))
      .text("AccessKeyId", made->id)
      .text("Status", "Active")
      .text("SecretAccessKey", made->secret)
      .text("CreateDate", xml_time(made->created))
      .close("AccessKey");
  co_return Status();
}

Task<void> list_access_keys(Call& c) {
  CO_TRY(const Ref<User> user, own_user(c));
  const std::string name = name_of(c, user);
  const auto keys = c.store.read([&](const Directory& d) { return d.keys_of(owner_of(user)); });
  c.out.text("UserName", name);
  co_return write_page(
      c, "AccessKeyMetadata", keys, [](const auto& k) -> const std::string& { return k->id; },
      [&](s3wire::XmlWriter& out, const auto& k) {
        out.text("UserName", name)
            .text("AccessKeyId", k->id)
            .text("Status", k->active ? "Active" : "Inactive")
            .text("CreateDate", xml_time(k->created));
      });
}

Task<void> update_access_key(Call& c) {
  CO_TRY(const Ref<AccessKey> key, own_key(c));
  CO_TRY(const std::string status, c.required("Status"));
  if (status != "Active" && status != "Inactive")
    co_return fail(Code::validation_error, "Status must be Active or Inactive.");
  const std::function<Status(AccessKey&)> change = [&](AccessKey& k) -> Status {
    k.active = status == "Active";
    return {};
  };
  CO_TRY(co_await c.store.update<AccessKey>(key->id, change));
  co_return Status();
}

Task<void> delete_access_key(Call& c) {
  CO_TRY(const Ref<AccessKey> key, own_key(c));
  co_return co_await c.store.remove<AccessKey>(key->id);
}

Task<void> get_access_key_last_used(Call& c) {
  CO_TRY(const std::string id, c.required("AccessKeyId"));
  const auto key = c.store.read([&](const Directory& d) { return d.keys.find(id); });
  if (!key) co_return no_such_key(id);
  const auto user = c.store.read([&](const Directory& d) { return d.users.find_id(key->owner); });
  c.out.text("UserName", name_of(c, user)).open("AccessKeyLastUsed");
  const auto use = c.store.last_use(id);
  if (use && use->time != 0) {
    c.out.text("LastUsedDate", xml_time(use->time))
        .text("ServiceName", KeyUse::kServices[use->service])
        .text("Region", c.facts.region);
  } else {
    c.out.text("ServiceName", "N/A").text("Region", "N/A");
  }
  c.out.close("AccessKeyLastUsed");
  co_return Status();
}

}  // namespace cairn::iam::query
