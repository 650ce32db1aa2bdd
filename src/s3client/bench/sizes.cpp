#include "s3client/bench/sizes.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace cairn::s3client::bench {
namespace {

constexpr double kMaxSize = 5.0 * 1024 * 1024 * 1024 * 1024;
constexpr std::size_t kMaxEntries = 64;

// A non-negative decimal and what follows it.
Result<std::pair<double, std::string_view>> split_number(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc() || !(value >= 0))
    return fail(Code::invalid_argument, fmt::format("'{}' is not a number", text));
  return std::pair(value, text.substr(static_cast<std::size_t>(end - text.data())));
}

Result<std::uint64_t> parse_weight(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > 1'000'000)
    return fail(Code::invalid_argument, fmt::format("'{}' is not a weight of 1 to 1000000", text));
  return value;
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  TRY(const auto number, split_number(text));
  const auto [value, unit] = number;
  struct Unit {
    std::string_view name;
    double factor;
  };
  static constexpr double kK = 1024, kM = kK * kK, kG = kM * kK, kT = kG * kK;
  static constexpr std::array<Unit, 14> kUnits{{{"", 1},
                                                {"B", 1},
                                                {"K", kK},
                                                {"KiB", kK},
                                                {"KB", 1e3},
                                                {"M", kM},
                                                {"MiB", kM},
                                                {"MB", 1e6},
                                                {"G", kG},
                                                {"GiB", kG},
                                                {"GB", 1e9},
                                                {"T", kT},
                                                {"TiB", kT},
                                                {"TB", 1e12}}};
  const auto* found =
      std::find_if(kUnits.begin(), kUnits.end(), [u = unit](const Unit& k) { return k.name == u; });
  if (found == kUnits.end())
    return fail(Code::invalid_argument, fmt::format("'{}' has an unknown unit", text));
  const double bytes = value * found->factor;
  if (bytes > kMaxSize) return fail(Code::invalid_argument, fmt::format("'{}' is more than 5 TiB", text));
  return static_cast<std::uint64_t>(std::llround(bytes));
}

std::string format_size(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (unit + 1 < kUnits.size() && bytes >= 1024 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{}{}", bytes, kUnits[unit]);
}

Result<std::int64_t> parse_duration(std::string_view text) {
  TRY(const auto number, split_number(text));
  const auto [value, unit] = number;
  const double seconds = unit == "ms"                  ? value / 1000
                         : unit.empty() || unit == "s" ? value
                         : unit == "m"                 ? value * 60
                         : unit == "h"                 ? value * 3600
                                                       : -1;
  if (seconds < 0 || seconds > 7 * 86400.0)
    return fail(Code::invalid_argument, fmt::format("'{}' is not a time such as 500ms, 30s, 5m or 1h", text));
  return static_cast<std::int64_t>(seconds * 1e9);
}

Result<SizeDistribution> SizeDistribution::parse(std::string_view text) {
  SizeDistribution result;
  result.text_ = text;
  if (text.starts_with("random:")) {
    const std::string_view range = text.substr(7);
    const std::size_t dash = range.find('-');
    if (dash == std::string_view::npos)
      return fail(Code::invalid_argument, fmt::format("'{}' is not random:LOW-HIGH", text));
    TRY(result.low_, parse_size(range.substr(0, dash)));
    TRY(result.high_, parse_size(range.substr(dash + 1)));
    if (result.low_ > result.high_)
      return fail(Code::invalid_argument, fmt::format("'{}': the first size is the larger one", text));
    return result;
  }
  std::uint64_t total = 0;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view item = rest.substr(0, comma);
    const std::size_t colon = item.find(':');
    Entry entry;
    TRY(entry.size, parse_size(item.substr(0, colon)));
    std::uint64_t weight = 1;
    if (colon != std::string_view::npos) {
      TRY(weight, parse_weight(item.substr(colon + 1)));
    }
    total += weight;
    entry.up_to = total;
    result.entries_.push_back(entry);
    if (result.entries_.size() > kMaxEntries)
      return fail(Code::invalid_argument, fmt::format("a distribution has at most {} sizes", kMaxEntries));
    if (comma == std::string_view::npos) return result;
    rest = rest.substr(comma + 1);
  }
}

std::uint64_t SizeDistribution::pick(std::uint64_t random) const {
  if (entries_.empty()) {
    // Uniform in the logarithm; + 1 lets the range begin at 0.
    const double u = static_cast<double>(random >> 11) * 0x1p-53;
    const double low = std::log(static_cast<double>(low_) + 1);
    const double high = std::log(static_cast<double>(high_) + 2);
    const auto size = static_cast<std::uint64_t>(std::exp(low + u * (high - low)) - 1);
    return std::clamp(size, low_, high_);
  }
  const std::uint64_t at = random % entries_.back().up_to;
  return std::find_if(entries_.begin(), entries_.end(), [at](const Entry& e) { return at < e.up_to; })->size;
}

std::uint64_t SizeDistribution::largest() const {
  std::uint64_t largest = high_;
  for (const Entry& e : entries_) largest = std::max(largest, e.size);
  return largest;
}

double SizeDistribution::mean() const {
  if (entries_.empty()) {
    const double low = static_cast<double>(low_) + 1, high = static_cast<double>(high_) + 2;
    return (high - low) / std::log(high / low) - 1;
  }
  double sum = 0;
  std::uint64_t before = 0;
  for (const Entry& e : entries_) {
    sum += static_cast<double>(e.size) * static_cast<double>(e.up_to - before);
    before = e.up_to;
  }
  return sum / static_cast<double>(entries_.back().up_to);
}

}  // namespace cairn::s3client::bench
