#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cairn::iam {

// An address range; IPv4 as IPv4-mapped IPv6, so that ::ffff:10.0.0.1 is 10.0.0.1.
struct IpRange {
  std::array<std::uint8_t, 16> address{};
  unsigned prefix = 128;  // bits of the mapped form: 96 more than those of an IPv4 range
  bool v4 = false;

  bool contains(const IpRange& lone) const;  // an address without a prefix
};

// "203.0.113.0/24", "2001:db8::/32"; a lone address is a range of one. Bits behind the prefix don't count.
std::optional<IpRange> parse_ip_range(std::string_view text);
std::optional<IpRange> parse_ip(std::string_view text);  // an address without a prefix

// A finite decimal number.
std::optional<double> parse_number(std::string_view text);

// Milliseconds since 1970 from a W3C date (NOTE-datetime: 2020, 2020-04, 2020-04-01, 2020-04-01T00:00Z,
// ...:00:00Z, ...:00:00.5+02:00) or seconds since 1970. Four digits are a year.
std::optional<std::int64_t> parse_date(std::string_view text);

// "true" or "false" in any case.
std::optional<bool> parse_truth(std::string_view text);

}  // namespace cairn::iam
