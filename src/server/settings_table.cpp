#include <algorithm>

#include <fmt/format.h>

#include "cairn/http/endpoint.hpp"

#include "server/settings.hpp"
#include "server/units.hpp"

namespace cairn::server {
namespace {
using Text = std::string_view;

template <class T>
Status one_of(T& out, Text text, std::initializer_list<std::pair<Text, T>> choices) {
  std::string known;
  for (const auto& [name, value] : choices) {
    if (name == text) {
      out = value;
      return {};
    }
    known += (known.empty() ? "" : ", ") + std::string(name);
  }
  return fail(Code::config, fmt::format("'{}' is none of {}", text, known));
}

Status set_duration(std::chrono::milliseconds& out, Text text, std::chrono::milliseconds least) {
  TRY(out, parse_duration(text));
  if (out < least) return fail(Code::config, fmt::format("'{}' is too short", text));
  return {};
}

Status set_parity(Settings& s, Text text) {
  if (!text.starts_with("EC:")) return fail(Code::config, fmt::format("'{}' is not EC: and a number", text));
  TRY(const auto n, parse_number(text.substr(3), 0, 8));
  s.parity = static_cast<std::uint32_t>(n);
  return {};
}

Status set_region(Settings& s, Text text) {
  const bool ok = !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!ok) return fail(Code::config, fmt::format("'{}' is not a region's name (a-z, 0-9, -)", text));
  s.region = text;
  return {};
}

Status add_domain(std::vector<std::string>& domains, Text text) {
  std::string domain;
  for (const char c : text) domain += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  const bool ok = !domain.empty() && domain.size() <= 253 && domain.front() != '.' && domain.back() != '.' &&
                  std::all_of(domain.begin(), domain.end(), [](char c) {
                    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
                  });
  if (!ok) return fail(Code::config, fmt::format("'{}' is not a host name (without a port)", text));
  domains.push_back(std::move(domain));
  return {};
}

Status set_address(Settings& s, Text text) {
  if (auto endpoint = http::Endpoint::parse(text); !endpoint) return fail(endpoint.error());
  s.address = text;
  return {};
}

Status set_memory(Settings& s, Text text) {
  TRY(s.memory_limit, parse_size(text));
  if (s.memory_limit < (128ull << 20)) return fail(Code::config, "less than 128MiB is not enough");
  return {};
}

constexpr std::chrono::milliseconds kNone{0}, kTick{1}, kHour{3'600'000};

constexpr Setting kTable[] = {
    {"--address", "CAIRN_ADDRESS", "HOST:PORT", ":9000, all addresses; 127.0.0.1:9000 without credentials",
     "Where to listen, for S3, health and metrics alike.", false, set_address},
    {"--region", "CAIRN_REGION", "NAME", "us-east-1", "The region that clients sign for and buckets live in.",
     false, set_region},
    {"--domain", "CAIRN_DOMAIN", "NAME", "none: path-style only",
     "A domain below which buckets stand as virtual hosts (bucket.NAME).", true,
     [](Settings& s, Text t) { return add_domain(s.domains, t); }},
    {"--website-domain", "CAIRN_WEBSITE_DOMAIN", "NAME", "none",
     "A domain below which buckets serve their websites (bucket.NAME); not one of --domain.", true,
     [](Settings& s, Text t) { return add_domain(s.website_domains, t); }},
    {"--certs-dir", "CAIRN_CERTS_DIR", "DIR", "none: plain HTTP",
     "TLS with DIR/public.crt and DIR/private.key; new files are taken up within seconds, without a restart.",
     false,
     [](Settings& s, Text t) -> Status {
       s.certs_dir = t;
       return {};
     }},
    {"--credentials-file", "CAIRN_CREDENTIALS_FILE", "FILE", "none",
     "A file with the lines CAIRN_ROOT_USER=... and CAIRN_ROOT_PASSWORD=...; refused if everybody may read "
     "it.",
     false,
     [](Settings& s, Text t) -> Status {
       s.credentials_file = t;
       return {};
     }},
    {"", "CAIRN_ROOT_USER", "NAME", "none", "The access key of the root user, at least 3 characters.", false,
     [](Settings& s, Text t) -> Status {
       s.root_user = t;
       return {};
     }},
    {"", "CAIRN_ROOT_PASSWORD", "SECRET", "none", "Its secret key, at least 8 characters.", false,
     [](Settings& s, Text t) -> Status {
       s.root_password = t;
       return {};
     }},
    {"--bucket-defaults", "CAIRN_BUCKET_DEFAULTS", "WHICH", "classic",
     "What new buckets are that are made without saying: aws disables ACLs (BucketOwnerEnforced) and blocks "
     "public "
     "access, as Amazon does since April 2023; classic does neither, as older applications expect.",
     false,
     [](Settings& s, Text t) {
       using s3::BucketDefaults;
       return one_of<BucketDefaults>(s.bucket_defaults, t,
                                     {{"classic", BucketDefaults::classic}, {"aws", BucketDefaults::aws}});
     }},
    {"--storage-class-standard", "CAIRN_STORAGE_CLASS_STANDARD", "EC:n",
     "by the set's size: 1 drive 0, 2-3 drives 1, 4-5 drives 2, 6-7 drives 3, more 4",
     "Parity shards of new objects: how many drives of a set may fail. At most half of the set.", false,
     set_parity},
    {"--memory-limit", "CAIRN_MEMORY_LIMIT", "SIZE", "512MiB",
     "What the process may use; requests beyond it wait and then get 503 SlowDown.", false, set_memory},
    {"--threads", "CAIRN_THREADS", "N", "one a core", "Threads that serve connections.", false,
     [](Settings& s, Text t) -> Status {
       TRY(const auto n, parse_number(t, 1, 1024));
       s.threads = static_cast<unsigned>(n);
       return {};
     }},
    {"--max-connections", "CAIRN_MAX_CONNECTIONS", "N", "10000",
     "Connections at a time; further ones are turned away.", false,
     [](Settings& s, Text t) -> Status {
       TRY(s.max_connections, parse_number(t, 1, 1'000'000));
       return {};
     }},
    {"--header-timeout", "CAIRN_HEADER_TIMEOUT", "TIME", "10s",
     "From a request's first byte to the end of its head.", false,
     [](Settings& s, Text t) { return set_duration(s.header_timeout, t, kTick); }},
    {"--idle-timeout", "CAIRN_IDLE_TIMEOUT", "TIME", "75s",
     "How long a connection may wait between two requests.", false,
     [](Settings& s, Text t) { return set_duration(s.idle_timeout, t, kTick); }},
    {"--stall-timeout", "CAIRN_STALL_TIMEOUT", "TIME", "30s",
     "How long a client may send nothing of a body, or take nothing of an answer.", false,
     [](Settings& s, Text t) { return set_duration(s.stall_timeout, t, kTick); }},
    {"--patience", "CAIRN_PATIENCE", "TIME", "10s",
     "How long a request waits for memory or a quorum before it gets 503.", false,
     [](Settings& s, Text t) { return set_duration(s.patience, t, kTick); }},
    {"--write-grace", "CAIRN_WRITE_GRACE", "TIME", "50ms",
     "How long a write that has its quorum waits for the other live drives.", false,
     [](Settings& s, Text t) { return set_duration(s.write_grace, t, kNone); }},
    {"--stop-grace", "CAIRN_STOP_GRACE", "TIME", "20s",
     "How long requests under way may take to finish when the server is told to stop.", false,
     [](Settings& s, Text t) { return set_duration(s.stop_grace, t, kNone); }},
    {"--upload-expiry", "CAIRN_UPLOAD_EXPIRY", "TIME", "7d", "Multipart uploads older than this are aborted.",
     false, [](Settings& s, Text t) { return set_duration(s.upload_expiry, t, kHour); }},
    {"--verify-interval", "CAIRN_VERIFY_INTERVAL", "TIME", "30d",
     "How often every chunk is read again and checked.", false,
     [](Settings& s, Text t) { return set_duration(s.verify_interval, t, kHour); }},
    {"--trust-older-drives", "CAIRN_TRUST_OLDER_DRIVES", "yes|no", "no",
     "For one start, after all drives were put back to an earlier time: takes them as they are. Otherwise a "
     "drive that is older than its peers remember is rebuilt from them.",
     false,
     [](Settings& s, Text t) {
       return one_of<bool>(s.trust_older_drives, t, {{"yes", true}, {"no", false}});
     }},
    {"--lifecycle-interval", "CAIRN_LIFECYCLE_INTERVAL", "TIME", "1h",
     "From the end of one pass over the buckets' lifecycle rules to the next.", false,
     [](Settings& s, Text t) { return set_duration(s.lifecycle_interval, t, kTick); }},
    {"--lifecycle-rate", "CAIRN_LIFECYCLE_RATE", "N", "1000",
     "How many objects, versions and uploads a second lifecycle rules may remove.", false,
     [](Settings& s, Text t) -> Status {
       TRY(s.lifecycle_rate, parse_number(t, 1, 1'000'000));
       return {};
     }},
    {"", "CAIRN_LIFECYCLE_DAY", "TIME", "24h",
     "How long a day of lifecycle rules is. For tests only: shorter days delete data early.", false,
     [](Settings& s, Text t) { return set_duration(s.lifecycle_day, t, kTick); }},
    {"--log-level", "CAIRN_LOG_LEVEL", "LEVEL", "info", "debug, info, warn or error.", false,
     [](Settings& s, Text t) {
       using log::Level;
       return one_of<Level>(
           s.log_level, t,
           {{"debug", Level::debug}, {"info", Level::info}, {"warn", Level::warn}, {"error", Level::error}});
     }},
    {"--log-format", "CAIRN_LOG_FORMAT", "FORMAT", "text",
     "text for people, json for machines: one object a line.", false,
     [](Settings& s, Text t) { return one_of<bool>(s.log_json, t, {{"text", false}, {"json", true}}); }},
    {"--access-log", "CAIRN_ACCESS_LOG", "WHICH", "errors",
     "Which requests get a line in the log: all, errors or off.", false,
     [](Settings& s, Text t) {
       using s3::AccessLog;
       return one_of<AccessLog>(
           s.access_log, t,
           {{"all", AccessLog::all}, {"errors", AccessLog::errors}, {"off", AccessLog::off}});
     }},
    {"--metrics-access", "CAIRN_METRICS_ACCESS", "WHO", "loopback",
     "Who may read /metrics without a token: loopback, everybody or nobody.", false,
     [](Settings& s, Text t) {
       using admin::MetricsAccess;
       return one_of<MetricsAccess>(s.metrics_access, t,
                                    {{"loopback", MetricsAccess::loopback},
                                     {"everybody", MetricsAccess::everybody},
                                     {"nobody", MetricsAccess::nobody}});
     }},
    {"", "CAIRN_METRICS_TOKEN", "SECRET", "none",
     "Who sends it as a bearer token may read /metrics from anywhere.", false,
     [](Settings& s, Text t) -> Status {
       if (t.size() < 16) return fail(Code::config, "a token of less than 16 characters is too short");
       s.metrics_token = t;
       return {};
     }},
};
}  // namespace

std::span<const Setting> settings_table() { return kTable; }

std::string render_configuration_page() {
  std::string out =
      "# Configuration\n\n"
      "<!-- Written by `cairn server --print-config-docs`; a test compares. -->\n\n"
      "    cairn server PATHS... [--name value ...]\n\n"
      "`PATHS`, or the variable `CAIRN_VOLUMES` with blanks between them, are the drives' folders. "
      "`/mnt/disk{1...12}` stands\n"
      "for twelve; several patterns in one argument multiply, and `{01...12}` keeps its zeros. Paths without "
      "a pattern form\n"
      "one pool together; with patterns each argument is a pool of its own.\n\n"
      "A flag goes before an environment variable, and that before the file that `--config-file` "
      "(`CAIRN_CONFIG_FILE`)\n"
      "names: lines of `NAME=value` with the variables' names, the format of systemd's `EnvironmentFile`. "
      "Times are written\n"
      "`500ms`, `10s`, `5m`, `2h`, `7d`; sizes `512MiB`, `2GiB`, `1GB`. A value that is not understood stops "
      "the start.\n\n"
      "| flag | variable | value | default | meaning |\n|---|---|---|---|---|\n";
  for (const Setting& s : kTable)
    fmt::format_to(std::back_inserter(out), "| {} | `{}` | {} | {} | {}{} |\n",
                   s.flag.empty() ? "-" : fmt::format("`{}`", s.flag), s.env, s.value, s.standard, s.help,
                   s.repeatable ? " May be repeated; in the variable commas or blanks stand between." : "");
  return out;
}

}  // namespace cairn::server
