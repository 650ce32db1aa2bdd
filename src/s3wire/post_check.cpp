#include <algorithm>

#include "cairn/s3wire/post_object.hpp"
#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/route.hpp"

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

// Fields that no condition needs to name.
bool is_exempt(std::string_view name) {
  for (const std::string_view n : {"policy", "x-amz-signature", "signature", "AWSAccessKeyId", "file"})
    if (iequals(name, n)) return true;
  return starts_with_nocase(name, "x-ignore-");
}

// A Content-Type that is a list starts with something where each of its types does.
bool starts_with(std::string_view field, std::string_view value, std::string_view prefix) {
  if (field != "content-type" || value.find(',') == std::string_view::npos) return value.starts_with(prefix);
  while (!value.empty())
    if (!trim(cut(value, ',')).starts_with(prefix)) return false;
  return true;
}

bool met(const PostCondition& c, std::string_view value) {
  switch (c.kind) {
    case PostCondition::Kind::equals:
      return value == c.value;
    case PostCondition::Kind::starts_with:
      return starts_with(c.field, value, c.value);
    case PostCondition::Kind::never:
      break;
  }
  return false;
}

bool names(const PostPolicy& policy, std::string_view field) {
  return std::ranges::any_of(policy.conditions,
                             [&](const PostCondition& c) { return iequals(c.field, field); });
}

std::unexpected<Refusal> denied(std::string_view why) {
  return refuse(Code::access_denied, "Invalid according to Policy: " + std::string(why));
}

}  // namespace

std::expected<void, Refusal> check_post_policy(const PostPolicy& policy, std::string_view bucket,
                                               const FormFields& fields, UnixMillis now) {
  if (now > policy.expiration) return denied("Policy expired.");
  for (const PostCondition& c : policy.conditions)
    if (!met(c, c.field == "bucket" ? bucket : fields.get(c.field)))
      return denied("Policy Condition failed: " + c.text);
  std::string extra;
  const auto require = [&](std::string_view field) {
    if (names(policy, field)) return;
    if (!extra.empty()) extra += ", ";
    extra += to_lower(field);
  };
  if (!fields.has("bucket")) require("bucket");
  for (const FormField& f : fields.all())
    if (!is_exempt(f.name)) require(f.name);
  if (!extra.empty()) return denied("Extra input fields: " + extra);
  return {};
}

std::expected<void, Refusal> check_post_size(const PostPolicy& policy, std::uint64_t size) {
  if (size > policy.max_size)
    return refuse(
        Code::entity_too_large, "Your proposed upload exceeds the maximum allowed size",
        {{"ProposedSize", std::to_string(size)}, {"MaxSizeAllowed", std::to_string(policy.max_size)}});
  if (size < policy.min_size)
    return refuse(
        Code::entity_too_small, "Your proposed upload is smaller than the minimum allowed size",
        {{"ProposedSize", std::to_string(size)}, {"MinSizeAllowed", std::to_string(policy.min_size)}});
  return {};
}

std::expected<std::string, Refusal> post_key(const FormFields& fields) {
  std::string key(fields.get("key"));
  if (key.empty())
    return refuse(
        Code::invalid_argument,
        "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of "
        "the fields.",
        {{"ArgumentName", "key"}, {"ArgumentValue", ""}});
  if (Status s = valid_key(key); !s) return std::unexpected(Refusal{std::move(s).error(), {}});
  return key;
}

std::vector<HeaderField> post_headers(const FormFields& fields) {
  static constexpr std::string_view kPlain[] = {"Cache-Control",    "Content-Type",     "Content-Disposition",
                                                "Content-Encoding", "Content-Language", "Content-MD5",
                                                "Expires"};
  static constexpr std::string_view kSignature[] = {"x-amz-algorithm", "x-amz-credential", "x-amz-date",
                                                    "x-amz-signature", "x-amz-security-token"};
  const auto among = [](std::span<const std::string_view> list, std::string_view name) {
    return std::ranges::any_of(list, [&](std::string_view n) { return iequals(n, name); });
  };
  std::vector<HeaderField> out;
  for (const FormField& f : fields.all()) {
    if (iequals(f.name, "acl")) {
      out.push_back({"x-amz-acl", f.value});
    } else if (among(kPlain, f.name) ||
               (starts_with_nocase(f.name, "x-amz-") && !among(kSignature, f.name))) {
      out.push_back({f.name, f.value});
    }
  }
  return out;
}

}  // namespace cairn::s3wire
