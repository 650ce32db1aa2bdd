#include "server/admin/plan_parts.hpp"

// cairn admin policy.
namespace cairn::server {
namespace {

Status change_attachment(Draft& d, const char* method) {
  if (d.user.empty() == d.group_name.empty()) return fail(Code::config, "give either --user or --group");
  const std::string target =
      d.user.empty() ? "/groups/" + encoded(d.group_name) : "/users/" + encoded(d.user);
  d.send(method, target + "/policies/" + encoded(d.name));
  return {};
}

void add_attachment(CLI::App& app, Draft& d, const char* verb, const char* help, const char* method) {
  CLI::App& sub = d.named(app, verb, "POLICY", help);
  sub.add_option("--user", d.user, "A user");
  sub.add_option("--group", d.group_name, "A group");
  d.on(sub, [method](Draft& draft) { return change_attachment(draft, method); });
}

std::string full_action(const std::string& action) {
  return action.find(':') == std::string::npos ? "s3:" + action : action;
}
// "photos/2026/a.jpg" is how people name objects.
std::string full_resource(const std::string& resource) {
  return resource == "*" || resource.starts_with("arn:") ? resource : "arn:aws:s3:::" + resource;
}

Status explain(Draft& d) {
  json body{{"action", full_action(d.action)}, {"resource", full_resource(d.resource)}};
  if (!d.user.empty()) body["user"] = d.user;
  if (!d.role.empty()) body["role"] = d.role;
  if (!d.access_key.empty()) body["access_key"] = d.access_key;
  if (d.anonymous) body["anonymous"] = true;
  json context = json::object();
  for (const std::string& pair : d.context) {
    const auto equals = pair.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(Code::config, "--context is KEY=VALUE, not " + pair);
    context[pair.substr(0, equals)].push_back(pair.substr(equals + 1));
  }
  if (!context.empty()) body["context"] = std::move(context);
  d.send("POST", "/explain", std::move(body));
  d.plan.view = AdminView::explain;
  return {};
}

void add_explain(CLI::App& app, Draft& d) {
  CLI::App& sub = *app.add_subcommand("explain", "Which statement decides a request");
  auto& who = *sub.add_option_group("who");
  who.add_option("--user", d.user, "As this user");
  who.add_option("--role", d.role, "As this role");
  who.add_option("--access-key", d.access_key, "As this key, with what limits it");
  who.add_flag("--anonymous", d.anonymous, "Without a signature");
  who.require_option(1);
  sub.add_option("ACTION", d.action, "s3:GetObject, or GetObject")->required();
  sub.add_option("RESOURCE", d.resource, "BUCKET/KEY, BUCKET, or an ARN")->required();
  sub.add_option("--context", d.context, "aws:SourceIp=10.0.0.1; again for more");
  d.on(sub, explain);
}

}  // namespace

void add_policies(Draft& d) {
  CLI::App& app = d.group("policy", "Policies");
  d.on(*app.add_subcommand("list", "All policies"), [](Draft& draft) -> Status {
    draft.list(
        "/policies",
        {{"NAME", "name"}, {"BUILT IN", "built_in"}, {"CHANGED", "updated"}, {"DESCRIPTION", "description"}});
    return {};
  });
  d.on(d.named(app, "info", "NAME", "Show a policy"), [](Draft& draft) -> Status {
    draft.get("/policies/" + encoded(draft.name));
    return {};
  });
  CLI::App& put = d.named(app, "put", "NAME", "Make a policy, or give it a new text");
  put.add_option("FILE", d.file, "The JSON text, - for standard input")->required();
  put.add_option("--description", d.description, "What it is for");
  d.on(put, [](Draft& draft) -> Status {
    json body = json::object();
    TRY(body["document"], draft.read(draft.file));
    if (!draft.description.empty()) body["description"] = draft.description;
    draft.send("PUT", "/policies/" + encoded(draft.name), std::move(body));
    return {};
  });
  d.on(d.named(app, "remove", "NAME", "Remove a policy that nobody has"), [](Draft& draft) -> Status {
    draft.send("DELETE", "/policies/" + encoded(draft.name));
    return {};
  });
  add_attachment(app, d, "attach", "Give a policy to a user or a group", "PUT");
  add_attachment(app, d, "detach", "Take it away again", "DELETE");
  add_explain(app, d);
}

}  // namespace cairn::server
