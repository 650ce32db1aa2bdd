#pragma once
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "server/admin/plan.hpp"

namespace cairn::server {

using nlohmann::json;

// A command line while it is described and read: what options write to, and what is done when a subcommand
// was given.
struct Draft {
  using Action = std::function<Status(Draft&)>;

  CLI::App& app;
  AdminPlan& plan;
  const AdminInputs& inputs;
  std::vector<std::pair<CLI::App*, Action>> actions = {};

  std::string name, user, group_name, role, access_key, secret_file, display_name, description, expires, file,
      size, objects, action, resource;
  std::vector<std::string> policies, groups, names, context;
  bool no_key = false, anonymous = false, start = false;

  CLI::App& group(const char* word, const char* help);  // has subcommands
  CLI::App& leaf(const char* word, const char* help);
  CLI::App& named(CLI::App& parent, const char* verb, const char* what, const char* help);  // takes `name`
  void on(CLI::App& sub, Action act);

  void get(std::string path);
  void send(std::string method, std::string path, json body = nullptr);
  void list(std::string path, std::vector<Column> columns);

  Result<std::string> read(const std::string& path) const;
  Result<std::string> read_secret() const;
  Result<std::string> read_expiry() const;
};

std::string encoded(std::string_view name);  // as one segment of a path

void add_users(Draft& d);
void add_keys(Draft& d);
void add_groups(Draft& d);
void add_policies(Draft& d);

}  // namespace cairn::server
