#include "s3/condition_keys.hpp"

#include <array>

#include "cairn/s3wire/tagging.hpp"

namespace cairn::s3 {
namespace {
using s3wire::AuthType;
using s3wire::Operation;

iam::KeyValues one(std::string value) {
  std::vector<std::string> values;
  values.push_back(std::move(value));
  return values;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& ch : out)
    if (ch >= 'A' && ch <= 'Z') ch = static_cast<char>(ch + 32);
  return out;
}

bool is_listing(Operation op) {
  return op == Operation::list_objects || op == Operation::list_objects_v2 ||
         op == Operation::list_object_versions || op == Operation::head_bucket;
}

iam::KeyValues of_signature(const Context& c, std::string_view name) {
  if (name == "authtype") {
    if (c.route.op == Operation::post_object) return one("POST");
    if (c.claim.type == AuthType::anonymous) return std::nullopt;
    return one(c.claim.type == AuthType::header ? "REST-HEADER" : "REST-QUERY-STRING");
  }
  if (name == "signatureversion") {
    if (c.claim.type == AuthType::anonymous) return std::nullopt;
    return one(c.claim.scope.empty() ? "AWS" : "AWS4-HMAC-SHA256");
  }
  if (name == "signatureage") {
    if (c.claim.type == AuthType::anonymous || c.claim.signed_at == 0) return std::nullopt;
    return one(std::to_string(std::max<UnixMillis>(0, c.now - c.claim.signed_at)));
  }
  return std::nullopt;
}

// Keys that are called like the header they stand for.
constexpr auto kHeaderKeys = std::to_array<std::string_view>(
    {"x-amz-acl", "x-amz-grant-full-control", "x-amz-grant-read", "x-amz-grant-read-acp", "x-amz-grant-write",
     "x-amz-grant-write-acp", "x-amz-copy-source", "x-amz-metadata-directive", "x-amz-server-side-encryption",
     "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-server-side-encryption-customer-algorithm",
     "x-amz-storage-class", "x-amz-website-redirect-location", "x-amz-content-sha256",
     "x-amz-object-ownership", "x-amz-bucket-namespace", "if-match", "if-none-match"});

struct Renamed {
  std::string_view key, header;
};
constexpr auto kRenamedKeys = std::to_array<Renamed>({
    {"object-lock-mode", "x-amz-object-lock-mode"},
    {"object-lock-retain-until-date", "x-amz-object-lock-retain-until-date"},
    {"object-lock-legal-hold", "x-amz-object-lock-legal-hold"},
});

iam::KeyValues of_header(const Context& c, std::string_view name) {
  std::string_view header;
  for (const std::string_view key : kHeaderKeys)
    if (key == name) header = key;
  for (const Renamed& r : kRenamedKeys)
    if (r.key == name) header = r.header;
  if (header.empty()) return std::nullopt;
  auto value = c.header(header);
  if (!value) return std::nullopt;
  return one(std::move(*value));
}

iam::KeyValues of_listing(const Context& c, const AccessTarget& target, std::string_view name) {
  if (!is_listing(target.operation) || (name != "prefix" && name != "delimiter" && name != "max-keys"))
    return std::nullopt;
  if (target.prefix) return name == "prefix" ? one(*target.prefix) : iam::KeyValues();
  const std::string* value = c.query().find(name);
  return value ? one(*value) : std::nullopt;
}

// A tag's value by its key, or all keys.
iam::KeyValues value_of_tag(const s3wire::TagSet& tags, std::string_view wanted) {
  for (const auto& t : tags)
    if (lower(t.key) == wanted) return one(t.value);
  return std::nullopt;
}
iam::KeyValues keys_of_tags(const s3wire::TagSet& tags) {
  std::vector<std::string> keys;
  for (const auto& t : tags) keys.push_back(t.key);
  return keys;
}

iam::KeyValues of_object_tags(const Context& c, std::string_view name) {
  std::optional<s3wire::TagSet> tags = c.asked.object_tags;
  if (!tags) {
    const auto header = c.header("x-amz-tagging");
    if (!header) return std::nullopt;
    auto parsed = s3wire::parse_tagging_header(*header);
    if (!parsed) return std::nullopt;  // the request will be refused for it
    tags = std::move(*parsed);
  }
  if (name == "requestobjecttagkeys") return keys_of_tags(*tags);
  return value_of_tag(*tags, name.substr(name.find('/') + 1));
}

// The tags that a bucket is made with: aws:RequestTag/<key> and aws:TagKeys.
iam::KeyValues of_bucket_tags(const Context& c, std::string_view lower_key) {
  constexpr std::string_view kTag = "aws:requesttag/";
  if (c.asked.bucket_tags.empty()) return std::nullopt;
  if (lower_key == "aws:tagkeys") return keys_of_tags(c.asked.bucket_tags);
  if (!lower_key.starts_with(kTag)) return std::nullopt;
  return value_of_tag(c.asked.bucket_tags, lower_key.substr(kTag.size()));
}

// Days that have begun count, so that "ten days from now" is 10 when it arrives.
std::string days_until(UnixMillis until, UnixMillis now) {
  constexpr UnixMillis kDay = 86'400'000;
  const UnixMillis left = std::max<UnixMillis>(0, until - now);
  return std::to_string((left + kDay - 1) / kDay);
}

iam::KeyValues of_lock(const Context& c, std::string_view name) {
  if (name == "object-lock-remaining-retention-days") {
    if (c.asked.retention) return one(days_until(c.asked.retention->until, c.now));
    const auto headers = s3wire::parse_lock_headers(c.view, c.query());
    if (!headers || !headers->retention) return std::nullopt;
    return one(days_until(headers->retention->until, c.now));
  }
  if (name == "object-lock-mode" && c.asked.retention)
    return one(std::string(s3wire::lock_mode_name(c.asked.retention->mode)));
  if (name == "object-lock-retain-until-date" && c.asked.retention)
    return one(iso8601_ms(c.asked.retention->until));
  if (name == "object-lock-legal-hold" && c.asked.legal_hold) return one(*c.asked.legal_hold ? "ON" : "OFF");
  return std::nullopt;
}

iam::KeyValues of_existing_tags(const AccessTarget& target, std::string_view wanted) {
  if (!target.object) return std::nullopt;
  for (const auto& [key, value] : target.object->attributes.tags)
    if (lower(key) == wanted) return one(value);
  return std::nullopt;
}

// Whether a request makes an object, other than by its parts.
bool creates_object(Operation op) {
  return op == Operation::put_object || op == Operation::copy_object || op == Operation::post_object ||
         op == Operation::complete_multipart_upload;
}
}  // namespace

iam::RequestFacts facts_of(const Context& c) {
  return {c.request.remote().host, c.request.is_tls(), c.raw_header("user-agent"),
          c.raw_header("referer"), c.config.region,    c.now};
}

iam::KeyValues condition_key(const Context& c, const AccessTarget& target, std::string_view lower_key) {
  if (!lower_key.starts_with("s3:")) {
    if (auto v = of_bucket_tags(c, lower_key)) return v;
    return iam::global_key(lower_key, facts_of(c), *c.identity);
  }
  const std::string_view name = lower_key.substr(3);
  if (auto v = of_signature(c, name)) return v;
  if (auto v = of_listing(c, target, name)) return v;
  if (auto v = of_lock(c, name)) return v;
  if (name == "versionid") {
    if (target.version_id.empty()) return std::nullopt;
    return one(std::string(target.version_id));
  }
  if (name == "locationconstraint") {
    if (!c.asked.location) return std::nullopt;
    return one(*c.asked.location);
  }
  if (name == "tlsversion") {
    const std::string_view version = c.request.tls_version();
    if (version.empty()) return std::nullopt;
    return one(std::string(version.substr(version.find_first_of("0123456789"))));
  }
  if (name == "resourceaccount") return one(std::string(iam::kAccount));
  if (name == "objectcreationoperation") return one(creates_object(target.operation) ? "true" : "false");
  if (name.starts_with("existingobjecttag/")) return of_existing_tags(target, name.substr(18));
  if (name.starts_with("requestobjecttag")) return of_object_tags(c, name);
  return of_header(c, name);
}

iam::Context condition_context(const Context& c, const AccessTarget& target,
                               const std::vector<std::string>& of_identity,
                               const std::vector<std::string>& of_bucket) {
  iam::Context context;
  for (const auto* keys : {&of_identity, &of_bucket})
    for (const std::string& key : *keys)
      if (auto values = condition_key(c, target, key)) context.set(key, std::move(*values));
  return context;
}

}  // namespace cairn::s3
