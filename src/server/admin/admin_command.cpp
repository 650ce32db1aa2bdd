#include "server/admin/admin_command.hpp"

#include <cstdio>
#include <cstdlib>
#include <iostream>

#include <fmt/format.h>

#include "server/admin/client.hpp"
#include "server/admin/render.hpp"
#include "server/settings.hpp"

namespace cairn::server {
namespace {

constexpr std::size_t kMaxInput = 64u << 10;  // what the server takes

Result<std::string> read_input(const std::string& path) {
  if (path != "-") return read_settings_file(path, false);
  std::string text(kMaxInput + 1, '\0');
  std::cin.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::cin.gcount()));
  if (text.size() > kMaxInput) return fail(Code::config, "standard input has more than 64 KiB");
  return text;
}

std::optional<std::string> from_environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

int complain(const Error& error) {
  fmt::print(stderr, "cairn admin: {}\n",
             error.context.empty() ? code_name(error.code) : std::string_view(error.context));
  return error.is(Code::config) ? 2 : 1;
}

// The server's own words; as JSON they go where the answer would.
int refused(const AdminPlan& plan, const AdminAnswer& answer) {
  if (plan.json) fmt::print("{}\n", answer.document.dump(2));
  fmt::print(stderr, "cairn admin: {}: {}\n",
             answer.document.value("code", "HTTP " + std::to_string(answer.status)),
             answer.document.value("message", std::string()));
  return 1;
}

}  // namespace

int run_admin(const std::vector<std::string>& args) {
  const SystemClock clock;
  const auto plan = plan_admin(args, {read_input, clock.now_ms()});
  if (!plan) return plan.error();
  const auto target = find_admin_target(
      *plan, {from_environment, [](const std::string& path) { return read_settings_file(path, true); }});
  if (!target) return complain(target.error());
  AdminClient client(*target, {.verify = !plan->tls_skip_verify, .ca_file = plan->ca_file}, clock);
  AdminAnswer last;
  for (const AdminRequest& request : plan->requests) {
    auto answer = client.ask(request);
    if (!answer) return complain(answer.error());
    if (answer->status >= 300) return refused(*plan, *answer);
    last = std::move(*answer);
  }
  const std::string text = plan->json ? last.document.dump(2) + "\n" : render_admin(*plan, last.document);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace cairn::server
