#include "s3client/bench/options.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace cairn::s3client::bench {

std::string_view mode_name(Mode mode) {
  static constexpr std::array<std::string_view, 6> kNames{"put", "get", "stat", "list", "delete", "mixed"};
  return kNames[static_cast<std::size_t>(mode)];
}

Result<Mix> Mix::parse(std::string_view text) {
  Mix mix;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    const std::size_t colon = item.find(':');
    const auto op = parse_op(item.substr(0, colon));
    std::uint32_t weight = 0;
    const std::string_view number =
        colon == std::string_view::npos ? std::string_view() : item.substr(colon + 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), weight);
    if (!op || error != std::errc() || end != number.data() + number.size() || weight > 1'000'000)
      return fail(Code::invalid_argument,
                  fmt::format("'{}' is not an operation and its share, such as get:45", item));
    mix.weights[static_cast<std::size_t>(*op)] += weight;
    if (comma == std::string_view::npos) break;
    rest = rest.substr(comma + 1);
  }
  if (std::all_of(mix.weights.begin(), mix.weights.end(), [](std::uint32_t w) { return w == 0; }))
    return fail(Code::invalid_argument, "all shares are 0");
  return mix;
}

OpKind Mix::pick(std::uint64_t random) const {
  std::uint64_t total = 0;
  for (const std::uint32_t w : weights) total += w;
  std::uint64_t at = random % total;
  std::size_t kind = 0;
  while (at >= weights[kind]) at -= weights[kind++];
  return static_cast<OpKind>(kind);
}

std::uint64_t objects_to_prepare(const RunOptions& o) {
  if (o.objects != 0) return o.objects;
  const std::uint64_t most = o.mode == Mode::list || o.mode == Mode::del ? 10'000 : 2'500;
  const double fit = static_cast<double>(1ULL << 30) / std::max(o.sizes.mean(), 1.0);
  const auto count = static_cast<std::uint64_t>(std::min(fit, static_cast<double>(most)));
  return std::max<std::uint64_t>(count, o.concurrency);
}

std::vector<std::pair<std::string, std::string>> describe(const RunOptions& o) {
  const auto yes_no = [](bool b) { return std::string(b ? "yes" : "no"); };
  const auto seconds = [](std::int64_t ns) { return fmt::format("{:g}s", static_cast<double>(ns) / 1e9); };
  return {{"mode", std::string(mode_name(o.mode))},
          {"endpoint", o.endpoint},
          {"bucket", o.bucket},
          {"prefixes", fmt::format("{}", o.prefixes)},
          {"size", o.sizes.text()},
          {"objects", o.mode == Mode::put && o.objects == 0 ? "" : fmt::format("{}", objects_to_prepare(o))},
          {"concurrency", fmt::format("{}", o.concurrency)},
          {"threads", fmt::format("{}", o.threads)},
          {"duration", o.duration == 0 ? "" : seconds(o.duration)},
          {"warmup", seconds(o.warmup)},
          {"mix", o.mode == Mode::mixed ? o.mix_text : ""},
          {"max keys", o.mode == Mode::list ? fmt::format("{}", o.max_keys) : ""},
          {"multipart threshold",
           o.sizes.largest() >= o.multipart_threshold ? format_size(o.multipart_threshold) : ""},
          {"part size", o.sizes.largest() >= o.multipart_threshold ? format_size(o.part_size) : ""},
          {"tls", yes_no(o.endpoint.starts_with("https:"))},
          {"verify", yes_no(o.verify)},
          {"payload signed", yes_no(o.sign_payload)},
          {"seed", fmt::format("{}", o.seed)}};
}

}  // namespace cairn::s3client::bench
