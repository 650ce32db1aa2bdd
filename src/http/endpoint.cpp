#include "cairn/http/endpoint.hpp"

#include <charconv>

namespace cairn::http {

Result<Endpoint> Endpoint::parse(std::string_view text) {
  const auto bad = [&] { return fail(Code::config, "not a host and a port: " + std::string(text)); };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || host.size() < 3) return bad();
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]/ ") != std::string_view::npos) {
    return bad();
  }
  Endpoint e;
  e.host = host;
  const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), e.port);
  if (ec != std::errc() || end != port.data() + port.size() || port.empty()) return bad();
  return e;
}

std::string Endpoint::text() const {
  const std::string number = std::to_string(port);
  return host.find(':') == std::string::npos ? host + ":" + number : "[" + host + "]:" + number;
}

}  // namespace cairn::http
