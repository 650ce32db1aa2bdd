#include <algorithm>

#include "cairn/s3wire/headers.hpp"

#include "admin/api/call.hpp"

namespace cairn::admin::api {
namespace {

constexpr int kMaxDepth = 8;

std::unexpected<Error> wrong(std::string_view name, std::string_view what) {
  std::string text(name);
  return fail(Code::validation_error, text.append(" must be ").append(what));
}

// The depth of brackets outside of texts, before a parser spends memory on it.
int depth_of(std::string_view text) {
  int depth = 0, deepest = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') ++i;
      quoted = c != '"';
      continue;
    }
    quoted = c == '"';
    if (c == '{' || c == '[') deepest = std::max(deepest, ++depth);
    if (c == '}' || c == ']') --depth;
  }
  return deepest;
}

const json* find(const json& body, const char* name) {
  const auto at = body.find(name);
  return at == body.end() || at->is_null() ? nullptr : &*at;
}

}  // namespace

Result<json> parse_document(std::string_view text) {
  if (depth_of(text) > kMaxDepth) return fail(Code::validation_error, "The document is nested too deeply.");
  json out = json::parse(text, nullptr, false);
  if (out.is_discarded()) return fail(Code::validation_error, "The body is not a JSON document.");
  if (!out.is_object()) return fail(Code::validation_error, "The body must be a JSON object.");
  return out;
}

Status check_fields(const json& body, std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : body.items())
    if (std::ranges::find(known, name) == known.end())
      return fail(Code::validation_error, "There is no field \"" + name + "\" here.");
  return {};
}

Result<std::optional<std::string>> read_text(const json& body, const char* name) {
  const json* value = find(body, name);
  if (!value) return std::nullopt;
  if (!value->is_string()) return wrong(name, "a string");
  return value->get<std::string>();
}

Result<std::string> required_text(const json& body, const char* name) {
  TRY(auto text, read_text(body, name));
  if (!text || text->empty()) return wrong(name, "given");
  return std::move(*text);
}

Result<std::optional<bool>> read_flag(const json& body, const char* name) {
  const json* value = find(body, name);
  if (!value) return std::nullopt;
  if (!value->is_boolean()) return wrong(name, "true or false");
  return value->get<bool>();
}

Result<std::optional<std::uint64_t>> read_count(const json& body, const char* name) {
  const json* value = find(body, name);
  if (!value) return std::nullopt;
  constexpr std::uint64_t kMost = 1ull << 53;  // what every JSON library can hold
  if (!value->is_number_unsigned() || value->get<std::uint64_t>() > kMost)
    return wrong(name, "a whole number from 0 to 2^53");
  return value->get<std::uint64_t>();
}

Result<std::vector<std::string>> read_texts(const json& body, const char* name) {
  std::vector<std::string> out;
  const json* value = find(body, name);
  if (!value) return out;
  if (!value->is_array()) return wrong(name, "an array of strings");
  for (const json& item : *value) {
    if (!item.is_string()) return wrong(name, "an array of strings");
    out.push_back(item.get<std::string>());
  }
  return out;
}

Result<std::optional<UnixMillis>> read_time(const json& body, const char* name) {
  if (!body.contains(name)) return std::nullopt;
  TRY(const auto text, read_text(body, name));
  if (!text) return UnixMillis{0};
  const auto time = s3wire::parse_iso8601(*text);
  if (!time || *time <= 0) return wrong(name, "a time such as 2030-01-31T12:00:00Z, or null");
  return *time;
}

json time_or_null(UnixMillis t) { return t == 0 ? json() : json(iso8601_ms(t)); }

Result<Page> read_page(const Call& call) {
  Page page;
  TRY(const std::uint32_t limit, call.query.number("limit", 1'000, 1'000));
  if (limit == 0) return fail(Code::validation_error, "limit must be a number from 1 to 1000");
  page.limit = limit;
  page.after = call.query.get("after");
  return page;
}

}  // namespace cairn::admin::api
