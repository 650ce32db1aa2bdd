// "METHOD path?query", then the Host, then a copy source, through the router.
#include <cstdlib>

#include "cairn/s3wire/route.hpp"

#include "s3wire/ascii.hpp"

using namespace cairn;
using namespace cairn::s3wire;

namespace {
void require(bool good) {
  if (!good) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<std::string> kDomains = {"s3.example.test", "example.test"};
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::string_view target = cut(rest, '\n');
  const std::string_view method = cut(target, ' ');
  const std::string_view path = cut(target, '?');
  std::vector<HeaderField> fields = {{"Host", cut(rest, '\n')}};
  if (!rest.empty()) fields.push_back({"x-amz-copy-source", rest});
  const HttpRequestView request{method, path, target, fields};
  const auto route = route_request(request, kDomains);
  if (!route) return 0;
  require(route->key.size() <= 1024);
  if (route->op == Operation::options_preflight || route->op == Operation::write_get_object_response)
    return 0;
  require(route->bucket.empty() || valid_bucket_name(route->bucket));
  require(route->key.empty() || (!route->bucket.empty() && valid_key(route->key)));

  // The same names written otherwise are the same request.
  const std::string canonical = (route->virtual_hosted   ? "/"
                                 : route->bucket.empty() ? "/"
                                                         : "/" + route->bucket + "/") +
                                uri_encode(route->key, Slash::encode);
  const auto again = route_request({method, canonical, target, fields}, kDomains);
  require(again && again->op == route->op && again->key == route->key && again->bucket == route->bucket);

  // A sub-resource that nobody knows makes any request unknown.
  const std::string query = std::string(target) + (target.empty() ? "" : "&") + "frobnicate";
  const auto unknown = route_request({method, path, query, fields}, kDomains);
  require(!unknown || unknown->op == Operation::unknown);
  return 0;
}
