#include "cairn/store/quota.hpp"

#include <nlohmann/json.hpp>

namespace cairn::store {
namespace {

using nlohmann::json;

Result<std::optional<std::uint64_t>> limit_of(const json& document, const char* name) {
  const auto at = document.find(name);
  if (at == document.end()) return std::nullopt;
  if (!at->is_number_unsigned())
    return fail(Code::validation_error, std::string(name) + " must be a whole number, not negative");
  return at->get<std::uint64_t>();
}

}  // namespace

Result<BucketQuota> parse_quota(std::string_view text) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object()) return fail(Code::validation_error, "a quota must be a JSON object");
  BucketQuota quota;
  TRY(quota.max_bytes, limit_of(document, "max_bytes"));
  TRY(quota.max_objects, limit_of(document, "max_objects"));
  return quota;
}

std::string render_quota(const BucketQuota& quota) {
  json out = json::object();
  if (quota.max_bytes) out["max_bytes"] = *quota.max_bytes;
  if (quota.max_objects) out["max_objects"] = *quota.max_objects;
  return out.dump();
}

}  // namespace cairn::store
