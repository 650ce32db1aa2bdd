#include <fmt/format.h>

#include "cairn/s3client/s3_client.hpp"

namespace cairn::s3client {
namespace {

std::string host_text(const http::Endpoint& endpoint, bool tls) {
  if (endpoint.port != (tls ? 443 : 80)) return endpoint.text();
  return endpoint.host.find(':') == std::string::npos ? endpoint.host : fmt::format("[{}]", endpoint.host);
}

}  // namespace

Result<ServerAddress> ServerAddress::parse(std::string_view url) {
  const auto bad = [url] {
    return fail(Code::invalid_argument,
                fmt::format("'{}' is not http://host:port or https://host:port", url));
  };
  ServerAddress result;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    result.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return bad();
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty() || rest.find_first_of("/?#@ ") != std::string_view::npos) return bad();
  std::string with_port(rest);
  const std::size_t bracket = rest.find(']');
  if (rest.find(':', bracket == std::string_view::npos ? 0 : bracket) == std::string_view::npos)
    with_port += result.tls ? ":443" : ":80";
  auto endpoint = http::Endpoint::parse(with_port);
  if (!endpoint || endpoint->host.empty() || endpoint->port == 0) return bad();
  result.endpoint = std::move(*endpoint);
  result.host_header = host_text(result.endpoint, result.tls);
  return result;
}

ServerAddress ServerAddress::with_bucket(std::string_view bucket) const {
  ServerAddress result = *this;
  result.endpoint.host = fmt::format("{}.{}", bucket, endpoint.host);
  result.host_header = host_text(result.endpoint, tls);
  return result;
}

}  // namespace cairn::s3client
