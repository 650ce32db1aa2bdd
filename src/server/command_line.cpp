#include "server/command_line.hpp"

#include <cstdio>
#include <cstdlib>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "server/version.hpp"

namespace cairn::server {
namespace {
std::optional<std::string> from_environment(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

// The options of `cairn server`, from the table of settings.
struct ServerCommand {
  CLI::App* app;
  Values values;
  bool print_docs = false;

  explicit ServerCommand(CLI::App& parent) {
    app = parent.add_subcommand("server", "Serve S3 from the drives at PATHS");
    app->add_option("PATHS", values["PATHS"],
                    "The drives' folders; /mnt/disk{1...4} stands for four (CAIRN_VOLUMES)");
    app->add_option("--config-file", values["--config-file"],
                    "A file of NAME=value lines (CAIRN_CONFIG_FILE)")
        ->type_name("FILE");
    for (const Setting& s : settings_table())
      if (!s.flag.empty())
        app->add_option(std::string(s.flag), values[std::string(s.flag)],
                        fmt::format("{} Default: {}. ({})", s.help, s.standard, s.env))
            ->type_name(std::string(s.value))
            ->allow_extra_args(false);
    std::string only = "Only in the environment or a file:";
    for (const Setting& s : settings_table())
      if (s.flag.empty()) only += fmt::format("\n  {:<24} {} Default: {}.", s.env, s.help, s.standard);
    app->footer(only);
    app->add_flag("--print-config-docs", print_docs)->group("");
  }

  int run(const OpenStore& open_store) const {
    if (print_docs) {
      std::fputs(render_configuration_page().c_str(), stdout);
      return 0;
    }
    const auto settings = load_settings({values, from_environment, read_settings_file});
    const Status served = settings ? run_server(*settings, open_store) : Status(fail(settings.error()));
    if (served) return 0;
    fmt::print(stderr, "cairn: {}\n",
               served.error().context.empty() ? code_name(served.error().code)
                                              : std::string_view(served.error().context));
    return served.error().is(Code::config) ? 2 : 1;
  }
};
}  // namespace

int run_command(const std::vector<std::string>& args, const Commands& commands) {
  // These have command lines of their own.
  if (!args.empty() && args.front() == "bench" && commands.bench)
    return commands.bench({args.begin() + 1, args.end()});
  if (!args.empty() && args.front() == "drive" && commands.drive)
    return commands.drive({args.begin() + 1, args.end()});
  if (!args.empty() && args.front() == "admin" && commands.admin)
    return commands.admin({args.begin() + 1, args.end()});
  CLI::App app("Cairn: an S3-compatible erasure-coded object store", "cairn");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string(kVersion));
  ServerCommand server(app);
  if (commands.bench)
    app.add_subcommand("bench", "Put load on an S3 endpoint and measure; see cairn bench --help");
  if (commands.drive)
    app.add_subcommand("drive", "Look at a drive, or replace a lost one; see cairn drive --help");
  if (commands.admin)
    app.add_subcommand("admin", "Users, policies, quotas and the server's health; see cairn admin --help");
  const CLI::App* version = app.add_subcommand("version", "Say what this is");
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  if (version->parsed()) {
    fmt::print("cairn {} ({})\n", kVersion, kRevision);
    return 0;
  }
  return server.run(commands.open_store);
}

}  // namespace cairn::server
