#include "server/admin/plan_parts.hpp"

// cairn admin user, key, group.
namespace cairn::server {
namespace {

void add_secret_options(CLI::App& sub, Draft& d) {
  sub.add_option("--access-key", d.access_key, "Default: a random one");
  sub.add_option("--secret-key-file", d.secret_file,
                 "File with the secret key, - for standard input; default: a random one")
      ->needs("--access-key");
}

Status take_secret(const Draft& d, json& body) {
  if (!d.access_key.empty()) body["access_key"] = d.access_key;
  if (!d.secret_file.empty()) {
    TRY(body["secret_key"], d.read_secret());
  }
  return {};
}

Draft::Action get_named(std::string path) {
  return [path](Draft& d) -> Status {
    d.get(path + encoded(d.name));
    return {};
  };
}
Draft::Action send_named(std::string method, std::string path, json body = nullptr) {
  return [method, path, body](Draft& d) -> Status {
    d.send(method, path + encoded(d.name), body);
    return {};
  };
}

Status create_user(Draft& d) {
  json body{{"name", d.name}};
  TRY(take_secret(d, body));
  if (!d.policies.empty()) body["policies"] = d.policies;
  if (!d.groups.empty()) body["groups"] = d.groups;
  if (d.no_key) body["with_key"] = false;
  d.send("POST", "/users", std::move(body));
  return {};
}

Status take_key_options(const Draft& d, json& body) {
  if (!d.display_name.empty()) body["name"] = d.display_name;
  if (!d.description.empty()) body["description"] = d.description;
  if (!d.expires.empty()) {
    TRY(body["expires"], d.read_expiry());
  }
  if (!d.file.empty()) {
    TRY(body["policy"], d.read(d.file));
  }
  return {};
}

Status create_key(Draft& d) {
  json body = json::object();
  if (!d.user.empty()) body["user"] = d.user;
  TRY(take_secret(d, body));
  TRY(take_key_options(d, body));
  d.send("POST", "/keys", std::move(body));
  return {};
}

Status change_key(Draft& d) {
  json body = json::object();
  TRY(take_key_options(d, body));
  if (body.empty()) return fail(Code::config, "give what is to change");
  d.send("PATCH", "/keys/" + encoded(d.name), std::move(body));
  return {};
}

Status change_members(Draft& d, const char* method) {
  for (const std::string& user : d.names)
    d.send(method, "/groups/" + encoded(d.name) + "/members/" + encoded(user));
  return {};
}

void add_key_options(CLI::App& sub, Draft& d) {
  sub.add_option("--name", d.display_name, "What people call it");
  sub.add_option("--description", d.description, "What it is for");
  sub.add_option("--expires", d.expires, "2030-01-31T12:00:00Z, or 90d from now");
  sub.add_option("--policy-file", d.file, "A policy that limits the key, - for standard input");
}

void add_members(CLI::App& app, Draft& d, const char* verb, const char* help, const char* method) {
  CLI::App& sub = d.named(app, verb, "GROUP", help);
  sub.add_option("USERS", d.names, "")->required();
  d.on(sub, [method](Draft& draft) { return change_members(draft, method); });
}

}  // namespace

void add_users(Draft& d) {
  CLI::App& app = d.group("user", "Users");
  d.on(*app.add_subcommand("list", "All users"), [](Draft& draft) -> Status {
    draft.list("/users", {{"NAME", "name"},
                          {"ENABLED", "enabled"},
                          {"POLICIES", "policies"},
                          {"GROUPS", "groups"},
                          {"KEYS", "keys"},
                          {"CREATED", "created"}});
    return {};
  });
  CLI::App& add = d.named(app, "add", "NAME", "Make a user with an access key; its secret is shown only now");
  add_secret_options(add, d);
  add.add_option("--policy", d.policies, "Attach this policy");
  add.add_option("--group", d.groups, "Put the user into this group");
  add.add_flag("--no-key", d.no_key, "Without an access key");
  d.on(add, create_user);
  d.on(d.named(app, "info", "NAME", "Show a user"), get_named("/users/"));
  d.on(d.named(app, "enable", "NAME", "Let the user's keys be taken"),
       send_named("PATCH", "/users/", {{"enabled", true}}));
  d.on(d.named(app, "disable", "NAME", "Take none of the user's keys"),
       send_named("PATCH", "/users/", {{"enabled", false}}));
  d.on(d.named(app, "remove", "NAME", "Remove a user with all of its keys"), send_named("DELETE", "/users/"));
}

void add_keys(Draft& d) {
  CLI::App& app = d.group("key", "Access keys and service accounts");
  CLI::App& list = *app.add_subcommand("list", "All access keys");
  list.add_option("--user", d.user, "Of this user");
  d.on(list, [](Draft& draft) -> Status {
    draft.list("/keys", {{"ACCESS KEY", "access_key"},
                         {"USER", "user"},
                         {"ACTIVE", "active"},
                         {"EXPIRES", "expires"},
                         {"LAST USED", "last_used"},
                         {"NAME", "name"}});
    if (!draft.user.empty()) draft.plan.requests.back().query.emplace_back("user", draft.user);
    return {};
  });
  CLI::App& add = *app.add_subcommand("add", "Make an access key; its secret is shown only now");
  add.add_option("--user", d.user, "For this user; default: for yourself");
  add_secret_options(add, d);
  add_key_options(add, d);
  d.on(add, create_key);
  d.on(d.named(app, "info", "ACCESS_KEY", "Show a key"), get_named("/keys/"));
  CLI::App& set = d.named(app, "set", "ACCESS_KEY", "Change what is said of a key, its end or its policy");
  add_key_options(set, d);
  d.on(set, change_key);
  d.on(d.named(app, "enable", "ACCESS_KEY", "Take the key again"),
       send_named("PATCH", "/keys/", {{"active", true}}));
  d.on(d.named(app, "disable", "ACCESS_KEY", "Take the key no more"),
       send_named("PATCH", "/keys/", {{"active", false}}));
  d.on(d.named(app, "remove", "ACCESS_KEY", "Remove the key"), send_named("DELETE", "/keys/"));
}

void add_groups(Draft& d) {
  CLI::App& app = d.group("group", "Groups");
  d.on(*app.add_subcommand("list", "All groups"), [](Draft& draft) -> Status {
    draft.list("/groups", {{"NAME", "name"}, {"POLICIES", "policies"}, {"CREATED", "created"}});
    return {};
  });
  CLI::App& add = d.named(app, "add", "NAME", "Make a group");
  add.add_option("--policy", d.policies, "Attach this policy");
  d.on(add, [](Draft& draft) -> Status {
    json body{{"name", draft.name}};
    if (!draft.policies.empty()) body["policies"] = draft.policies;
    draft.send("POST", "/groups", std::move(body));
    return {};
  });
  d.on(d.named(app, "info", "NAME", "Show a group"), get_named("/groups/"));
  d.on(d.named(app, "remove", "NAME", "Remove a group; its members stay"), send_named("DELETE", "/groups/"));
  add_members(app, d, "join", "Put users into a group", "PUT");
  add_members(app, d, "leave", "Take users out of a group", "DELETE");
}

}  // namespace cairn::server
