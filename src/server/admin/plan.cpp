#include "server/admin/plan.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/uri.hpp"

#include "server/admin/plan_parts.hpp"
#include "server/units.hpp"

namespace cairn::server {
namespace {

void add_usage(Draft& d) {
  CLI::App& app = d.group("usage", "What buckets hold: exact, from the counters");
  app.require_subcommand(0);
  app.add_option("BUCKET", d.name, "This one only");
  d.on(app, [](Draft& draft) -> Status {
    if (draft.name.empty()) {
      draft.list("/usage", {{"BUCKET", "bucket"},
                            {"OBJECTS", "objects"},
                            {"SIZE", "bytes", true},
                            {"MAX SIZE", "max_bytes", true},
                            {"MAX OBJECTS", "max_objects"}});
      draft.plan.totals = true;
    } else {
      draft.get("/usage/" + encoded(draft.name));
    }
    return {};
  });
}

void add_quota(Draft& d) {
  CLI::App& app = d.group("quota", "What buckets may hold");
  d.on(*app.add_subcommand("list", "Buckets with a quota"), [](Draft& draft) -> Status {
    draft.list("/quotas",
               {{"BUCKET", "bucket"}, {"MAX SIZE", "max_bytes", true}, {"MAX OBJECTS", "max_objects"}});
    return {};
  });
  d.on(d.named(app, "info", "BUCKET", "Show a quota"), [](Draft& draft) -> Status {
    draft.get("/quotas/" + encoded(draft.name));
    return {};
  });
  CLI::App& set = d.named(app, "set", "BUCKET", "Give a bucket a quota: a new one replaces the old one");
  set.add_option("--size", d.size, "At most so many bytes: 10GiB");
  set.add_option("--objects", d.objects, "At most so many objects and versions");
  d.on(set, [](Draft& draft) -> Status {
    json body = json::object();
    if (!draft.size.empty()) {
      TRY(body["max_bytes"], parse_size(draft.size));
    }
    if (!draft.objects.empty()) {
      TRY(body["max_objects"], parse_number(draft.objects, 0, 1ull << 53));
    }
    if (body.empty()) return fail(Code::config, "give --size, --objects or both");
    draft.send("PUT", "/quotas/" + encoded(draft.name), std::move(body));
    return {};
  });
  d.on(d.named(app, "remove", "BUCKET", "Take the quota away"), [](Draft& draft) -> Status {
    draft.send("DELETE", "/quotas/" + encoded(draft.name));
    return {};
  });
}

void add_server(Draft& d) {
  d.on(d.leaf("info", "The server, its sets and its drives"), [](Draft& draft) -> Status {
    draft.get("/info");
    draft.plan.view = AdminView::info;
    return {};
  });
  d.on(d.leaf("heal", "What waits to be healed, and which drives are not as they should be"),
       [](Draft& draft) -> Status {
         draft.get("/heal");
         draft.plan.view = AdminView::heal;
         return {};
       });
  CLI::App& verify = d.leaf("verify", "The verifying pass that was asked for last");
  verify.add_flag("--start", d.start, "Read and check every chunk now");
  d.on(verify, [](Draft& draft) -> Status {
    draft.send(draft.start ? "POST" : "GET", "/verify");
    return {};
  });
}

void add_target_options(CLI::App& app, AdminPlan& plan) {
  app.add_flag("--json", plan.json, "Answer in JSON, for scripts");
  app.add_option("--endpoint", plan.endpoint, "URL of the server (CAIRN_ENDPOINT); http://127.0.0.1:9000");
  app.add_option("--profile", plan.profile,
                 "A file with CAIRN_ENDPOINT=, AWS_ACCESS_KEY_ID=, AWS_SECRET_ACCESS_KEY= (CAIRN_PROFILE)");
  app.add_option("--region", plan.region, "Region to sign for (CAIRN_REGION, AWS_REGION)");
  app.add_option("--ca", plan.ca_file, "PEM file of the certificates to trust");
  app.add_flag("--tls-skip-verify", plan.tls_skip_verify, "Accept any certificate");
}

}  // namespace

std::string encoded(std::string_view name) { return s3wire::uri_encode(name, s3wire::Slash::encode); }

CLI::App& Draft::group(const char* word, const char* help) {
  CLI::App& sub = *app.add_subcommand(word, help);
  sub.require_subcommand(1);
  return sub;
}
CLI::App& Draft::leaf(const char* word, const char* help) { return *app.add_subcommand(word, help); }
CLI::App& Draft::named(CLI::App& parent, const char* verb, const char* what, const char* help) {
  CLI::App& sub = *parent.add_subcommand(verb, help);
  sub.add_option(what, name, "")->required();
  return sub;
}
void Draft::on(CLI::App& sub, Action act) { actions.emplace_back(&sub, std::move(act)); }

void Draft::get(std::string path) { send("GET", std::move(path)); }
void Draft::send(std::string method, std::string path, json body) {
  plan.requests.push_back({std::move(method), std::move(path), {}, std::move(body), false});
}
void Draft::list(std::string path, std::vector<Column> columns) {
  plan.requests.push_back({"GET", std::move(path), {}, nullptr, true});
  plan.view = AdminView::table;
  plan.columns = std::move(columns);
}

Result<std::string> Draft::read(const std::string& path) const {
  TRY(std::string text, inputs.read_file(path));
  return text;
}

// A file with the secret alone, without the end of its line.
Result<std::string> Draft::read_secret() const {
  TRY(std::string text, inputs.read_file(secret_file));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

// A time, or how long from now.
Result<std::string> Draft::read_expiry() const {
  if (s3wire::parse_iso8601(expires)) return expires;
  constexpr std::chrono::years kLongest{100};
  const auto after = parse_duration(expires);
  if (!after || *after > kLongest)
    return fail(Code::config, "--expires is a time (2030-01-31T12:00:00Z) or a duration (90d)");
  return iso8601_ms(inputs.now + after->count());
}

std::expected<AdminPlan, int> plan_admin(std::vector<std::string> args, const AdminInputs& inputs) {
  CLI::App app("Administers a Cairn server", "cairn admin");
  app.require_subcommand(1);
  app.fallthrough();
  AdminPlan plan;
  Draft draft{app, plan, inputs};
  add_target_options(app, plan);
  add_users(draft);
  add_keys(draft);
  add_groups(draft);
  add_policies(draft);
  add_usage(draft);
  add_quota(draft);
  add_server(draft);
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
  } catch (const CLI::ParseError& e) {
    return std::unexpected(app.exit(e) == 0 ? 0 : 2);
  }
  for (const auto& [sub, action] : draft.actions) {
    if (!sub->parsed()) continue;
    if (const Status made = action(draft); !made) {
      fmt::print(stderr, "cairn admin: {}\n", made.error().context);
      return std::unexpected(2);
    }
  }
  return plan;
}

}  // namespace cairn::server
