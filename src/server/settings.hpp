#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/admin/service.hpp"
#include "cairn/base/log.hpp"
#include "cairn/s3/service.hpp"

namespace cairn::server {

// Everything that `cairn server` can be told, with its defaults.
struct Settings {
  std::vector<std::string> volumes;  // as given, patterns not expanded
  std::string address;               // empty: :9000
  std::string region = "us-east-1";
  std::vector<std::string> domains;
  std::vector<std::string> website_domains;
  std::string certs_dir;
  std::string credentials_file;
  std::string root_user, root_password;
  std::optional<std::uint32_t> parity;
  std::uint64_t memory_limit = 512ull << 20;
  unsigned threads = 0;  // 0: one a core
  log::Level log_level = log::Level::info;
  bool log_json = false;
  s3::AccessLog access_log = s3::AccessLog::errors;
  s3::BucketDefaults bucket_defaults = s3::BucketDefaults::classic;
  admin::MetricsAccess metrics_access = admin::MetricsAccess::loopback;
  std::string metrics_token;
  std::uint64_t max_connections = 10'000;
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds idle_timeout{75'000};
  std::chrono::milliseconds stall_timeout{30'000};
  std::chrono::milliseconds patience{10'000};
  std::chrono::milliseconds write_grace{50};
  std::chrono::milliseconds stop_grace{20'000};
  std::chrono::milliseconds upload_expiry{std::chrono::hours(24 * 7)};
  std::chrono::milliseconds verify_interval{std::chrono::hours(24 * 30)};
  bool trust_older_drives = false;
  std::chrono::milliseconds lifecycle_interval{std::chrono::hours(1)};
  std::chrono::milliseconds lifecycle_day{std::chrono::hours(24)};
  std::uint64_t lifecycle_rate = 1000;
};

// One line of the table from which the command line, the environment, the configuration file, --help and
// docs/operations/configuration.md come.
struct Setting {
  std::string_view flag;   // "--address"; empty: no flag, because what stands on a command line is no secret
  std::string_view env;    // "CAIRN_ADDRESS"
  std::string_view value;  // "HOST:PORT"
  std::string_view standard;  // what the default is, for people
  std::string_view help;
  bool repeatable = false;  // flag: again and again; variable: separated by commas or blanks
  Status (*apply)(Settings&, std::string_view);  // config; the text says what is wrong with the value
};
std::span<const Setting> settings_table();

// The configuration page of the manual.
std::string render_configuration_page();

// Flag or variable -> the values given for it.
using Values = std::map<std::string, std::vector<std::string>, std::less<>>;
struct SettingsSources {
  Values flags;  // by flag; PATHS under "PATHS"
  std::function<std::optional<std::string>(std::string_view)> getenv;
  std::function<Result<std::string>(const std::string& path, bool secret)> read_file;
};
// Flags before the environment before the configuration file before defaults. config.
Result<Settings> load_settings(const SettingsSources& sources);

// Lines of NAME=value, # comments, quotes around the value; as systemd's EnvironmentFile. config.
Result<std::map<std::string, std::string, std::less<>>> parse_env_file(std::string_view text,
                                                                       std::string_view name);
// A whole file of at most 1 MiB; a secret one must not be readable by everybody. config.
Result<std::string> read_settings_file(const std::string& path, bool secret);

}  // namespace cairn::server
