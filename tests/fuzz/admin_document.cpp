// A JSON document as clients send it to the admin API, read in every way that a handler may read its fields.
#include <cstdlib>

#include "cairn/store/quota.hpp"

#include "admin/api/call.hpp"

using namespace cairn;
using namespace cairn::admin::api;

namespace {

void require(bool good) {
  if (!good) std::abort();
}

int depth_of(const json& value) {
  int deepest = 0;
  if (value.is_structured())
    for (const json& item : value) deepest = std::max(deepest, depth_of(item));
  return value.is_structured() ? deepest + 1 : 0;
}

void read_in_every_way(const json& body, const std::string& name) {
  const json& value = body[name];
  const bool none = value.is_null();
  const auto text = read_text(body, name.c_str());
  require(text.has_value() == (none || value.is_string()));
  const auto needed = required_text(body, name.c_str());
  require(!needed || !needed->empty());
  require(read_flag(body, name.c_str()).has_value() == (none || value.is_boolean()));
  const auto count = read_count(body, name.c_str());
  require(!count || !*count || **count <= 1ull << 53);
  const auto texts = read_texts(body, name.c_str());
  require(!texts || none || texts->size() == value.size());
  if (const auto time = read_time(body, name.c_str()); time && *time) require(**time >= 0);
  require(!check_fields(body, {}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto quota = store::parse_quota(text))
    require(store::parse_quota(store::render_quota(*quota)) == *quota);
  const auto body = parse_document(text);
  if (!body) return 0;
  require(body->is_object() && depth_of(*body) <= 8);
  for (const auto& [name, value] : body->items())
    if (name.find('\0') == std::string::npos) read_in_every_way(*body, name);
  const auto again = parse_document(body->dump());
  require(again && *again == *body);
  return 0;
}
