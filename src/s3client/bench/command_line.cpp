#include <algorithm>
#include <cstdlib>
#include <thread>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cairn/base/ids.hpp"
#include "cairn/s3client/s3_client.hpp"

#include "s3client/bench/options.hpp"

namespace cairn::s3client::bench {
namespace {

// What is given as text and parsed later, and what has no default of its own.
struct Raw {
  std::string size, duration, warmup, timeout = "60s", multipart_threshold = "128MiB", part_size = "16MiB";
  std::string progress = "auto";
  bool tls_skip_verify = false, no_prepare = false, no_cleanup = false;
};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

void add_target_options(CLI::App& app, RunOptions& o, Raw& raw) {
  app.add_option("--endpoint", o.endpoint, "URL of the server")
      ->capture_default_str()
      ->envname("CAIRN_ENDPOINT");
  app.add_option("--access-key", o.credentials.access_key,
                 "default: AWS_ACCESS_KEY_ID, else CAIRN_ROOT_USER");
  app.add_option("--secret-key", o.credentials.secret_key,
                 "default: AWS_SECRET_ACCESS_KEY, else CAIRN_ROOT_PASSWORD");
  app.add_option("--region", o.region, "region to sign for")->capture_default_str()->envname("AWS_REGION");
  app.add_flag("--virtual-host", o.virtual_host, "bucket in the host name instead of the path");
  app.add_flag("--tls-skip-verify", raw.tls_skip_verify, "accept any certificate");
  app.add_option("--ca", o.ca_file, "PEM file of the certificates to trust");
}

void add_object_options(CLI::App& app, RunOptions& o, Raw& raw) {
  app.add_option("--bucket", o.bucket, "created if missing, and then removed at the end")
      ->capture_default_str();
  app.add_option("--prefix", o.prefix, "first part of all keys; default: a random one");
  app.add_option("--prefixes", o.prefixes, "spread the objects over this many prefixes")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  app.add_option(
      "--size", raw.size,
      "4KiB, or 4KiB:50,1MiB:30,64MiB:20 (sizes and weights), or random:4KiB-1MiB; default: 1MiB for put, "
      "get and mixed, else 4KiB");
  app.add_option(
      "--objects", o.objects,
      "put: end after so many; delete: upload and delete so many; else: size of the set that is used");
  app.add_option("--seed", o.seed, "keys, sizes and contents follow from it")->capture_default_str();
  app.add_flag("--no-prepare", raw.no_prepare,
               "the objects are there, from a run with the same prefix, seed, sizes and number of objects");
  app.add_flag("--no-cleanup", raw.no_cleanup, "leave the objects");
  app.add_option("--multipart-threshold", raw.multipart_threshold, "upload in parts from this size on")
      ->capture_default_str();
  app.add_option("--part-size", raw.part_size, "of a multipart upload")->capture_default_str();
  app.add_flag("--verify", o.verify, "compare every byte that a get returns");
  app.add_flag("--sign-payload", o.sign_payload, "sign the SHA-256 of bodies instead of UNSIGNED-PAYLOAD");
}

void add_run_options(CLI::App& app, RunOptions& o, Raw& raw) {
  app.add_option("-c,--concurrency", o.concurrency, "requests at a time, each on a connection of its own")
      ->check(CLI::Range(1u, 65'536u))
      ->capture_default_str();
  app.add_option("--threads", o.threads, "threads of the bench")
      ->check(CLI::Range(1u, 256u))
      ->capture_default_str();
  app.add_option("-d,--duration", raw.duration,
                 "500ms, 30s, 5m; default: 10s, or until all --objects of put and delete");
  app.add_option("--warmup", raw.warmup,
                 "time before the measurement; default: 1s, or none where --objects ends it");
  app.add_option("--timeout", raw.timeout, "without a byte, for one operation")->capture_default_str();
  app.add_option("--retries", o.retries, "of an operation that the server answers with 503")
      ->capture_default_str();
  app.add_option("--label", o.label, "name of this run in reports");
  app.add_option("--json", o.json_file, "write the report as JSON");
  app.add_option("--html", o.html_file, "write the report as a page");
  app.add_option("--progress", raw.progress, "auto (on a terminal), always, never")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
}

Status use_credentials(RunOptions& o) {
  if (o.credentials.access_key.empty() != o.credentials.secret_key.empty())
    return fail(Code::invalid_argument, "--access-key and --secret-key belong together");
  if (o.credentials.access_key.empty()) {
    o.credentials = {environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                     environment("AWS_SESSION_TOKEN")};
    if (o.credentials.access_key.empty() || o.credentials.secret_key.empty())
      o.credentials = {environment("CAIRN_ROOT_USER"), environment("CAIRN_ROOT_PASSWORD"), ""};
  }
  if (o.credentials.access_key.empty() || o.credentials.secret_key.empty())
    return fail(Code::invalid_argument,
                "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or CAIRN_ROOT_USER and "
                "CAIRN_ROOT_PASSWORD");
  return {};
}

Status finish_times(RunOptions& o, const Raw& raw) {
  const bool ends_by_count = o.mode == Mode::del || (o.mode == Mode::put && o.objects != 0);
  if (!raw.duration.empty()) {
    TRY(o.duration, parse_duration(raw.duration));
    if (o.duration == 0) return fail(Code::invalid_argument, "--duration is 0");
  } else if (!ends_by_count) {
    o.duration = 10'000'000'000;
  }
  TRY(o.warmup, parse_duration(raw.warmup.empty() ? (ends_by_count ? "0s" : "1s") : raw.warmup));
  TRY(o.timeout, parse_duration(raw.timeout));
  if (o.timeout < 100'000'000) return fail(Code::invalid_argument, "--timeout is shorter than 100ms");
  return {};
}

Status finish(RunOptions& o, const Raw& raw) {
  TRY(ServerAddress::parse(o.endpoint));
  TRY(use_credentials(o));
  TRY(finish_times(o, raw));
  const bool large = o.mode == Mode::put || o.mode == Mode::get || o.mode == Mode::mixed;
  TRY(o.sizes, SizeDistribution::parse(raw.size.empty() ? (large ? "1MiB" : "4KiB") : raw.size));
  TRY(o.multipart_threshold, parse_size(raw.multipart_threshold));
  TRY(o.part_size, parse_size(raw.part_size));
  if (o.part_size < (5u << 20)) return fail(Code::invalid_argument, "--part-size is below S3's 5MiB");
  if (o.sizes.largest() >= o.multipart_threshold && o.sizes.largest() / o.part_size >= 10'000)
    return fail(Code::invalid_argument, "--part-size makes more than 10000 parts");
  if (o.max_keys == 0 || o.max_keys > 1000)
    return fail(Code::invalid_argument, "--max-keys is not 1 to 1000");
  if (o.mode == Mode::mixed) {
    TRY(o.mix, Mix::parse(o.mix_text));
  }
  if (o.prefix.empty()) {
    if (raw.no_prepare)
      return fail(Code::invalid_argument, "--no-prepare needs the --prefix of the run before");
    o.prefix = fmt::format("bench-{:08x}", static_cast<std::uint32_t>(random_u64()));
  }
  o.threads = std::min(o.threads, o.concurrency);
  o.tls_verify = !raw.tls_skip_verify;
  o.prepare = !raw.no_prepare;
  o.cleanup = !raw.no_cleanup && o.prepare;  // what another run left is not ours to remove
  o.progress = raw.progress == "auto"     ? Progress::automatic
               : raw.progress == "always" ? Progress::always
                                          : Progress::never;
  return {};
}

}  // namespace

std::expected<Command, int> parse_command_line(std::vector<std::string> args) {
  Command command;
  RunOptions& o = command.run;
  o.threads = std::clamp(std::thread::hardware_concurrency() / 2, 1u, 4u);
  o.mix_text = "get:45,stat:30,put:15,delete:10";
  Raw raw;
  CLI::App app("Puts load on an S3 endpoint and measures it.", "cairn bench");
  app.require_subcommand(1);
  struct Entry {
    Mode mode;
    const char* help;
  };
  static constexpr std::array<Entry, 6> kModes{
      {{Mode::put, "Upload objects"},
       {Mode::get, "Upload a set of objects, then read them at random"},
       {Mode::stat, "Upload a set of objects, then HEAD them at random"},
       {Mode::list, "Upload a set of objects, then list them page by page"},
       {Mode::del, "Upload a set of objects, then delete them"},
       {Mode::mixed, "Put, get, stat, list and delete in given shares"}}};
  std::array<CLI::App*, kModes.size()> modes{};
  for (std::size_t i = 0; i < kModes.size(); ++i) {
    CLI::App& sub = *app.add_subcommand(std::string(mode_name(kModes[i].mode)), kModes[i].help);
    add_target_options(sub, o, raw);
    add_object_options(sub, o, raw);
    add_run_options(sub, o, raw);
    if (kModes[i].mode == Mode::list || kModes[i].mode == Mode::mixed)
      sub.add_option("--max-keys", o.max_keys, "of one page")->capture_default_str();
    if (kModes[i].mode == Mode::mixed)
      sub.add_option("--mix", o.mix_text, "operations and their shares")->capture_default_str();
    modes[i] = &sub;
  }
  CLI::App& compared = *app.add_subcommand("compare", "Set two JSON reports side by side");
  compared.add_option("a", command.comparison.a, "report of the first run")->required();
  compared.add_option("b", command.comparison.b, "report of the second run")->required();
  compared
      .add_option("--noise", command.comparison.noise_percent, "percent of difference that count as the same")
      ->capture_default_str();
  compared.add_option("--html", command.comparison.html_file, "write the comparison as a page");

  try {
    std::reverse(args.begin(), args.end());  // the order that this form of parse() wants
    app.parse(args);
  } catch (const CLI::ParseError& e) {
    return std::unexpected(app.exit(e) == 0 ? 0 : 2);
  }
  command.is_compare = compared.parsed();
  if (command.is_compare) return command;
  for (std::size_t i = 0; i < kModes.size(); ++i)
    if (modes[i]->parsed()) o.mode = kModes[i].mode;
  if (const Status s = finish(o, raw); !s) {
    fmt::print(stderr, "cairn bench: {}\n", s.error().context);
    return std::unexpected(2);
  }
  return command;
}

}  // namespace cairn::s3client::bench
