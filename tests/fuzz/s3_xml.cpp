// An XML document through every parser; what one accepts must come back the same after rendering.
#include <algorithm>
#include <cstdlib>

#include "cairn/s3wire/cors.hpp"
#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/lifecycle.hpp"
#include "cairn/s3wire/website.hpp"

using namespace cairn;
using namespace cairn::s3wire;

namespace {
void require(bool good) {
  if (!good) std::abort();
}

// A configuration that is taken renders to a document that is taken and renders the same.
template <class Parse>
auto check_round_trip(std::string_view xml, Parse parse) {
  auto config = parse(xml);
  if (config) {
    const std::string text = config->render();
    const auto again = parse(text);
    require(again && again->render() == text);
  }
  return config;
}

void check_cors(std::string_view xml) {
  const auto config = check_round_trip(xml, parse_cors);
  if (!config) return;
  const CorsRule& rule = config->rules.front();
  std::string origin = rule.allowed_origins.front();
  std::ranges::replace(origin, '*', 'x');
  if (origin.empty()) return;
  const HeaderField headers[] = {{"Origin", origin}};
  const CorsHeaders answer = cors_headers(*config, {rule.allowed_methods.front(), "/", "", headers});
  require(!answer.empty());
  for (const auto& [name, value] : answer)
    require(value == origin || value.find_first_of("\r\n") == std::string::npos);
}

void check_lifecycle(std::string_view xml) {
  const auto config = check_round_trip(xml, parse_lifecycle);
  if (!config) return;
  const std::string key = config->rules.front().filter.prefix.value_or("");
  LifecycleVersion version;
  version.key = key;
  for (const bool current : {true, false}) {
    version.current = current;
    const auto step = next_step(*config, version);
    require(!step || !step->rule_id.empty());
    if (const auto header = expiration_header(*config, version))
      require(header->find_first_of("\r\n") == std::string::npos);
  }
}

void check_website(std::string_view xml) {
  const auto config = check_round_trip(xml, parse_website);
  if (!config) return;
  for (const RoutingRule& rule : config->rules) {
    const std::string key =
        rule.condition && rule.condition->key_prefix ? *rule.condition->key_prefix + "x" : "x";
    const WebsiteRequest request{"http", "h", "/x", "", key};
    const int status = rule.condition ? rule.condition->error_code.value_or(404) : 404;
    for (const WebsiteStep& step :
         {website_step(*config, request), website_step_after(*config, request, status, false)})
      require(step.location.find_first_of("\r\n ") == std::string::npos);
  }
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  if (const auto parts = parse_complete_multipart_upload(xml)) {
    const auto again = parse_complete_multipart_upload(render_complete_multipart_upload(*parts));
    require(again && again->size() == parts->size() && again->back().number == parts->back().number);
  }
  if (const auto request = parse_delete(xml)) {
    const auto again = parse_delete(render_delete(*request));
    require(again && again->objects.size() == request->objects.size() && again->quiet == request->quiet);
    for (std::size_t i = 0; i < request->objects.size(); ++i) {
      require(again->objects[i].key == request->objects[i].key);
      require(again->objects[i].key.find('\0') == std::string::npos);
      require(again->objects[i].version_id == request->objects[i].version_id);
    }
  }
  if (auto list = parse_list_objects_v2(xml)) {
    list->url_encoding = true;
    const auto again = parse_list_objects_v2(list->render());
    require(again && again->contents.size() == list->contents.size() &&
            again->common_prefixes == list->common_prefixes);
    for (std::size_t i = 0; i < list->contents.size(); ++i)
      require(again->contents[i].key == list->contents[i].key);
  }
  check_cors(xml);
  check_lifecycle(xml);
  check_website(xml);
  (void)parse_error(xml);
  (void)parse_initiate_multipart_upload(xml);
  (void)parse_complete_result(xml);
  (void)parse_copy_result(xml);
  (void)parse_delete_result(xml);
  (void)parse_list_buckets(xml);
  return 0;
}
