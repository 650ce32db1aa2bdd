#pragma once
#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/s3wire/sigv4.hpp"

#include "s3client/bench/sizes.hpp"
#include "s3client/bench/stats.hpp"

namespace cairn::s3client::bench {

enum class Mode { put, get, stat, list, del, mixed };

// How often each operation comes in mixed mode.
struct Mix {
  std::array<std::uint32_t, kOpKinds> weights{};
  // "get:45,put:15,stat:30,delete:10"; invalid_argument for anything else.
  static Result<Mix> parse(std::string_view text);
  OpKind pick(std::uint64_t random) const;
};

enum class Progress { automatic, always, never };

// One run, as the command line says; everything is checked.
struct RunOptions {
  Mode mode{};
  std::string endpoint = "http://127.0.0.1:9000";
  s3wire::Credentials credentials;
  std::string region = "us-east-1";
  bool virtual_host = false;
  bool tls_verify = true;
  std::string ca_file;

  std::string bucket = "cairn-bench";
  std::string prefix;  // of all keys, without the slash; empty: a random one
  std::uint32_t prefixes = 1;
  SizeDistribution sizes;
  std::uint64_t objects = 0;  // 0: derived (see objects_to_prepare), or no limit for put
  std::uint64_t seed = 0;
  std::uint64_t multipart_threshold = 128ULL << 20;
  std::uint64_t part_size = 16ULL << 20;
  std::uint32_t max_keys = 1000;
  Mix mix;
  std::string mix_text;
  bool prepare = true;
  bool cleanup = true;

  std::uint32_t concurrency = 16;
  std::uint32_t threads = 1;
  std::int64_t duration = 0;  // nanoseconds; 0: until all objects are done
  std::int64_t warmup = 0;
  std::int64_t timeout = 60'000'000'000;  // without a byte
  std::uint32_t retries = 10;             // of a 503
  bool verify = false;
  bool sign_payload = false;

  std::string label;
  std::string json_file, html_file;
  Progress progress = Progress::automatic;
};

struct CompareOptions {
  std::string a, b;
  double noise_percent = 5;
  std::string html_file;
};

struct Command {
  bool is_compare = false;
  RunOptions run;
  CompareOptions comparison;
};

// `args` is what follows `cairn bench`. The error is the exit status, 0 after --help; help and complaints
// were printed.
std::expected<Command, int> parse_command_line(std::vector<std::string> args);

// How many objects a get, stat, list, delete or mixed run uploads first: as asked for, or a GiB of them
// within bounds.
std::uint64_t objects_to_prepare(const RunOptions& options);

// What the report says of them: no secret among it.
std::vector<std::pair<std::string, std::string>> describe(const RunOptions& options);
std::string_view mode_name(Mode mode);

}  // namespace cairn::s3client::bench
