#include "server/settings.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cairn::server {
namespace {
constexpr std::string_view kBlank = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string> split_list(std::string_view text, std::string_view separators) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = std::min(text.find_first_of(separators), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

using EnvFile = std::map<std::string, std::string, std::less<>>;

// Where a variable's value comes from: the environment, else the configuration file.
std::optional<std::string> variable(const SettingsSources& sources, const EnvFile& file,
                                    std::string_view name) {
  if (auto value = sources.getenv(name)) return value;
  const auto it = file.find(name);
  return it == file.end() ? std::nullopt : std::optional(it->second);
}

Status apply(const Setting& setting, Settings& settings, const std::vector<std::string>& values,
             std::string_view origin) {
  if (values.size() > 1 && !setting.repeatable)
    return fail(Code::config, fmt::format("{} is given twice", origin));
  for (const std::string& value : values)
    if (const Status s = setting.apply(settings, value); !s)
      return fail(Code::config, fmt::format("{}: {}", origin, s.error().context));
  return {};
}

bool is_secret(const EnvFile& file) {
  return file.contains("CAIRN_ROOT_PASSWORD") || file.contains("CAIRN_METRICS_TOKEN");
}

Result<EnvFile> load_config_file(const SettingsSources& sources) {
  const auto flag = sources.flags.find("--config-file");
  std::optional<std::string> path;
  if (flag != sources.flags.end() && !flag->second.empty()) path = flag->second.front();
  if (!path) path = sources.getenv("CAIRN_CONFIG_FILE");
  if (!path || path->empty()) return EnvFile();
  TRY(const std::string text, sources.read_file(*path, false));
  TRY(EnvFile file, parse_env_file(text, *path));
  if (is_secret(file)) TRY(sources.read_file(*path, true));
  const auto table = settings_table();
  for (const auto& [name, value] : file) {
    const bool known =
        name == "CAIRN_VOLUMES" ||
        std::any_of(table.begin(), table.end(), [&](const Setting& s) { return s.env == name; });
    if (!known && name.starts_with("CAIRN_"))
      return fail(Code::config, fmt::format("{}: there is no setting {}", *path, name));
  }
  return file;
}

// The credentials' file fills what the environment leaves open.
Status load_credentials_file(const SettingsSources& sources, Settings& settings) {
  if (settings.credentials_file.empty()) return {};
  TRY(const std::string text, sources.read_file(settings.credentials_file, true));
  TRY(const EnvFile file, parse_env_file(text, settings.credentials_file));
  const auto fill = [&](std::string& out, std::string_view name) -> Status {
    const auto it = file.find(name);
    if (it == file.end())
      return fail(Code::config, fmt::format("{} has no {}", settings.credentials_file, name));
    if (!out.empty() && out != it->second)
      return fail(Code::config,
                  fmt::format("{} is given twice: in {} and elsewhere", name, settings.credentials_file));
    out = it->second;
    return {};
  };
  TRY(fill(settings.root_user, "CAIRN_ROOT_USER"));
  return fill(settings.root_password, "CAIRN_ROOT_PASSWORD");
}
}  // namespace

Result<EnvFile> parse_env_file(std::string_view text, std::string_view name) {
  EnvFile out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.starts_with("export ")) line = trimmed(line.substr(7));
    const auto equals = line.find('=');
    // The line itself may be a secret and is not repeated.
    if (equals == std::string_view::npos || equals == 0)
      return fail(Code::config, fmt::format("{}, line {}: not NAME=value", name, number));
    std::string_view value = trimmed(line.substr(equals + 1));
    if (value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front())
      value = value.substr(1, value.size() - 2);
    out[std::string(trimmed(line.substr(0, equals)))] = value;
  }
  return out;
}

Result<std::string> read_settings_file(const std::string& path, bool secret) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(Code::config, fmt::format("{}: {}", path, std::strerror(errno)));
  struct stat info{};
  std::string text;
  Status status;
  if (fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
    status = fail(Code::config, fmt::format("{} is not a file", path));
  } else if (secret && (info.st_mode & S_IROTH) != 0) {
    status = fail(Code::config,
                  fmt::format("{} holds a secret and everybody may read it: chmod o-rwx {}", path, path));
  } else {
    char block[4096];
    ssize_t n = 0;
    while (text.size() <= (1u << 20) && (n = ::read(fd, block, sizeof block)) > 0)
      text.append(block, static_cast<std::size_t>(n));
    if (n < 0) status = fail(Code::config, fmt::format("{}: {}", path, std::strerror(errno)));
    if (text.size() > (1u << 20)) status = fail(Code::config, fmt::format("{} is too large", path));
  }
  ::close(fd);
  TRY(status);
  return text;
}

Result<Settings> load_settings(const SettingsSources& sources) {
  TRY(const EnvFile file, load_config_file(sources));
  Settings settings;
  if (const auto paths = sources.flags.find("PATHS"); paths != sources.flags.end() && !paths->second.empty())
    settings.volumes = paths->second;
  else if (const auto volumes = variable(sources, file, "CAIRN_VOLUMES"))
    settings.volumes = split_list(*volumes, " \t\n");
  for (const Setting& setting : settings_table()) {
    const auto flag = setting.flag.empty() ? sources.flags.end() : sources.flags.find(setting.flag);
    if (flag != sources.flags.end() && !flag->second.empty()) {
      TRY(apply(setting, settings, flag->second, setting.flag));
    } else if (const auto value = variable(sources, file, setting.env); value && !value->empty()) {
      const auto values = setting.repeatable ? split_list(*value, ", \t") : std::vector{*value};
      TRY(apply(setting, settings, values, setting.env));
    }
  }
  TRY(load_credentials_file(sources, settings));
  return settings;
}

}  // namespace cairn::server
