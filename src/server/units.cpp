#include "server/units.hpp"

#include <charconv>
#include <limits>
#include <utility>

#include <fmt/format.h>

namespace cairn::server {
namespace {
// A decimal and the unit behind it.
Result<std::pair<std::uint64_t, std::string_view>> split(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return fail(Code::config, fmt::format("'{}' does not begin with a number", text));
  return std::pair(value, text.substr(static_cast<std::size_t>(end - text.data())));
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

template <std::size_t N>
Result<std::uint64_t> scaled(std::string_view text, const Unit (&units)[N], std::string_view examples) {
  TRY(const auto parts, split(text));
  for (const Unit& unit : units)
    if (parts.second == unit.name) {
      if (parts.first > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) / unit.factor)
        return fail(Code::config, fmt::format("'{}' is too large", text));
      return parts.first * unit.factor;
    }
  return fail(Code::config, fmt::format("'{}' has no unit that is known here ({})", text, examples));
}
}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}};
  TRY(const std::uint64_t ms, scaled(text, kUnits, "500ms, 10s, 5m, 2h, 7d"));
  return std::chrono::milliseconds(ms);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr Unit kUnits[] = {{"", 1},
                             {"B", 1},
                             {"KiB", 1ull << 10},
                             {"MiB", 1ull << 20},
                             {"GiB", 1ull << 30},
                             {"TiB", 1ull << 40},
                             {"KB", 1'000},
                             {"MB", 1'000'000},
                             {"GB", 1'000'000'000},
                             {"TB", 1'000'000'000'000}};
  return scaled(text, kUnits, "512MiB, 2GiB, 1GB");
}

Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    return fail(Code::config, fmt::format("'{}' is not a number from {} to {}", text, least, most));
  return value;
}

}  // namespace cairn::server
