#include "admin/paths.hpp"

#include <algorithm>

#include "admin/api/admin_api.hpp"

namespace cairn::admin {
namespace {
bool contains_ignoring_case(std::string_view text, std::string_view word) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::search(text.begin(), text.end(), word.begin(), word.end(),
                     [&](char a, char b) { return lower(a) == lower(b); }) != text.end();
}

bool is_presigned(std::string_view query) {
  return contains_ignoring_case(query, "x-amz-") || contains_ignoring_case(query, "signature=") ||
         contains_ignoring_case(query, "awsaccesskeyid=");
}

// "bucket.domain[:port]": then the path is a key.
bool is_virtual_host(std::string_view host, std::span<const std::string> domains) {
  if (const auto colon = host.rfind(':');
      colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos)
    host = host.substr(0, colon);
  return std::any_of(domains.begin(), domains.end(), [&](const std::string& domain) {
    return host.size() > domain.size() + 1 && host[host.size() - domain.size() - 1] == '.' &&
           http::equal_ignoring_case(host.substr(host.size() - domain.size()), domain);
  });
}
}  // namespace

RequestFacts facts_of(const http::Request& request) {
  const std::string_view authorization = request.field("authorization");
  const bool bearer =
      authorization.size() > 7 && http::equal_ignoring_case(authorization.substr(0, 7), "bearer ");
  return {request.method(), request.path(), request.query(), request.field("host"),
          !authorization.empty() && !bearer};
}

Page page_of(const RequestFacts& facts, std::span<const std::string> domains) {
  if (api::is_api_path(facts.path)) return is_virtual_host(facts.host, domains) ? Page::none : Page::api;
  const Page page = facts.path == "/health/live"    ? Page::live
                    : facts.path == "/health/ready" ? Page::ready
                    : facts.path == "/metrics"      ? Page::metrics
                                                    : Page::none;
  if (page == Page::none || (facts.method != "GET" && facts.method != "HEAD")) return Page::none;
  if (facts.has_authorization || is_presigned(facts.query) || is_virtual_host(facts.host, domains))
    return Page::none;
  return page;
}

bool is_loopback(std::string_view address) {
  if (address.starts_with("::ffff:")) address.remove_prefix(7);
  return address == "::1" || address.starts_with("127.");
}

}  // namespace cairn::admin
