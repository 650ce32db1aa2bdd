#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "cairn/base/result.hpp"

namespace cairn::http {

// A host and a port. The host is a name, an IPv4 or an IPv6 address (without brackets), or empty for all
// addresses.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;

  // "host:port", "1.2.3.4:9000", "[::1]:9000", ":9000"; config when it is none of these.
  static Result<Endpoint> parse(std::string_view text);
  std::string text() const;  // as parse() takes it
  auto operator<=>(const Endpoint&) const = default;
};

}  // namespace cairn::http
