#include "s3/object_headers.hpp"

#include <algorithm>

#include "cairn/crypto/digest.hpp"
#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/object_lock.hpp"

#include "s3/object_access.hpp"

namespace cairn::s3 {

std::string quoted(std::string_view etag) {
  std::string out;
  out.reserve(etag.size() + 2);
  out += '"';
  out += etag;
  out += '"';
  return out;
}

std::string object_url(const Context& c) {
  std::string out = c.request.is_tls() ? "https://" : "http://";
  out += c.raw_header("host");
  out += '/';
  if (!c.route.virtual_hosted) out += c.bucket() + "/";
  s3wire::append_uri_encoded(out, c.key(), s3wire::Slash::keep);
  return out;
}

Status refuse_unsupported_write(const Context& c) {
  if (const auto name = s3wire::unsupported_write_header(c.view, c.query()))
    return fail(Code::not_implemented, "The header " + *name + " is not supported by this server.");
  return {};
}

Status refuse_customer_key(const Context& c) {
  for (const std::string_view name :
       {"x-amz-server-side-encryption-customer-algorithm", "x-amz-server-side-encryption-customer-key",
        "x-amz-server-side-encryption-customer-key-md5"})
    if (c.header(name))
      return fail(Code::invalid_request, "The encryption parameters are not applicable to this object.");
  return {};
}

Result<store::ObjectAttributes> read_attributes(const Context& c) {
  TRY(refuse_unsupported_write(c));
  TRY(s3wire::ObjectHeaders parsed, s3wire::parse_object_headers(c.view, c.query()));
  if (parsed.storage_class && *parsed.storage_class != "STANDARD")
    return fail(Code::invalid_storage_class,
                "The storage class you specified is not valid: this server has STANDARD only.");
  store::ObjectAttributes out;
  const auto keep = [&](const char* name, std::optional<std::string>& value) {
    if (value && !value->empty()) out.headers.emplace_back(name, std::move(*value));
  };
  keep("Content-Type", parsed.content_type);
  keep("Content-Encoding", parsed.content_encoding);
  keep("Content-Language", parsed.content_language);
  keep("Content-Disposition", parsed.content_disposition);
  keep("Cache-Control", parsed.cache_control);
  keep("Expires", parsed.expires);
  out.metadata = std::move(parsed.user_metadata);
  if (auto target = c.header("x-amz-website-redirect-location"); target && !target->empty()) {
    if (!target->starts_with('/') && !target->starts_with("http://") && !target->starts_with("https://"))
      return fail(Code::invalid_redirect_location);
    out.headers.emplace_back("x-amz-website-redirect-location", std::move(*target));
  }
  TRY(out.tags, read_tagging_header(c));
  TRY(out.acl, read_acl_headers(c));
  TRY(const s3wire::LockHeaders lock, s3wire::parse_lock_headers(c.view, c.query()));
  if (lock.retention) {
    TRY(s3wire::check_retain_until(lock.retention->until, c.now));
    out.retention = to_store(*lock.retention);
  }
  out.legal_hold = lock.legal_hold.value_or(false);
  out.legal_hold_set = lock.legal_hold.has_value();
  return out;
}

store::HeaderList to_store(const s3wire::TagSet& tags) {
  store::HeaderList out;
  for (const s3wire::Tag& t : tags) out.emplace_back(t.key, t.value);
  std::sort(out.begin(), out.end());
  return out;
}

s3wire::TagSet to_wire_tags(const store::HeaderList& tags) {
  s3wire::TagSet out;
  for (const auto& [key, value] : tags) out.push_back({key, value});
  return out;
}

Result<store::HeaderList> read_tagging_header(const Context& c) {
  const auto header = c.header("x-amz-tagging");
  if (!header) return store::HeaderList();
  TRY(const s3wire::TagSet tags, s3wire::parse_tagging_header(*header));
  return to_store(tags);
}

store::LockMode to_store(s3wire::LockMode mode) {
  return mode == s3wire::LockMode::compliance ? store::LockMode::compliance : store::LockMode::governance;
}

s3wire::LockMode to_wire(store::LockMode mode) {
  return mode == store::LockMode::compliance ? s3wire::LockMode::compliance : s3wire::LockMode::governance;
}

store::Retention to_store(const s3wire::Retention& r) { return {to_store(r.mode), r.until}; }

namespace {
// A quoted or bare ETag; "*"; S3 takes no lists here.
Status precondition_status(const std::optional<std::string>& if_match, const std::string& if_none_match,
                           const store::ObjectInfo* current) {
  if (!if_none_match.empty() && current && s3wire::etag_matches(if_none_match, current->etag))
    return fail(Code::precondition_failed);
  if (!if_match) return {};
  if (!current) return fail(Code::no_such_key);
  return s3wire::etag_matches(*if_match, current->etag) ? Status() : Status(fail(Code::precondition_failed));
}
}  // namespace

Result<store::WriteOptions> read_write_options(const Context& c) {
  store::WriteOptions options;
  TRY(NewObjectAccess access, read_new_object_access(c));
  options.owner = std::move(access.owner);
  options.invocation = invocation_of(c, c.key());
  const std::string_view if_match = c.raw_header("if-match");
  const std::string_view if_none_match = c.raw_header("if-none-match");
  for (const std::string_view name : {"if-modified-since", "if-unmodified-since"})
    if (c.request.fields().has(name))
      return fail(Code::not_implemented, "A write supports the conditions If-Match and If-None-Match only.");
  if (!if_match.empty() || !if_none_match.empty()) {
    std::optional<std::string> match;
    if (!if_match.empty()) match = std::string(if_match);
    options.precondition = [match = std::move(match),
                            none = std::string(if_none_match)](const store::ObjectInfo* current) {
      return precondition_status(match, none, current);
    };
  }
  return options;
}

store::Precondition delete_precondition(DeleteConditions conditions) {
  return [want = std::move(conditions)](const store::ObjectInfo* current) -> Status {
    // "*" asks whether the object exists, and S3 answers 412; an ETag names an object, and S3 answers 404.
    if (!current) return fail(want.etag && *want.etag != "*" ? Code::no_such_key : Code::precondition_failed);
    const bool holds = (!want.etag || s3wire::etag_matches(*want.etag, current->etag)) &&
                       (!want.modified || *want.modified / 1000 == current->modified / 1000) &&
                       (!want.size || *want.size == current->size);
    return holds ? Status() : Status(fail(Code::precondition_failed));
  };
}

std::array<std::uint8_t, 16> invocation_of(const Context& c, std::string_view key) {
  std::array<std::uint8_t, 16> out{};
  const std::string_view id = c.raw_header("amz-sdk-invocation-id");
  if (id.empty()) return out;
  std::string text(s3wire::operation_name(c.route.op));
  const auto add = [&](std::string_view part) {
    text += '\0';
    text += part;
  };
  add(id);
  add(c.bucket());
  add(key);
  add(c.query().get("uploadId"));
  // A client that uses one id for two different bodies has made two requests.
  for (const std::string_view name : {"content-md5", "x-amz-content-sha256", "content-length",
                                      "x-amz-decoded-content-length", "x-amz-copy-source"})
    add(c.raw_header(name));
  const auto hash = crypto::sha256(text);
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

std::string shown_version(const std::string& version_id) {
  return version_id.empty() ? std::string("null") : version_id;
}

void write_new_version_field(Context& c, const store::ObjectInfo& info) {
  c.object_size = info.size;
  if (!info.version_id.empty()) c.response.field("x-amz-version-id", info.version_id);
}

void write_version_field(http::Response& response, const store::ObjectInfo& info) {
  if (info.versioned) response.field("x-amz-version-id", shown_version(info.version_id));
}

Status refuse_delete_marker(Context& c, const store::ObjectInfo& info) {
  if (!info.delete_marker) return {};
  c.error_headers.emplace_back("x-amz-delete-marker", "true");
  c.error_headers.emplace_back("x-amz-version-id", shown_version(info.version_id));
  if (!c.query().has("versionId")) return fail(Code::no_such_key, c.key());
  c.error_headers.emplace_back("Last-Modified", http_date(info.modified));
  c.error_headers.emplace_back("Allow", "DELETE");
  return fail(Code::method_not_allowed);
}

namespace {
void write_protection_fields(http::Response& response, const store::ObjectAttributes& a) {
  if (!a.tags.empty()) response.field("x-amz-tagging-count", std::to_string(a.tags.size()));
  if (a.retention.mode != store::LockMode::none) {
    response.field("x-amz-object-lock-mode", s3wire::lock_mode_name(to_wire(a.retention.mode)));
    response.field("x-amz-object-lock-retain-until-date", iso8601_ms(a.retention.until));
  }
  if (a.legal_hold_set) response.field("x-amz-object-lock-legal-hold", a.legal_hold ? "ON" : "OFF");
}
}  // namespace

void write_object_fields(http::Response& response, const store::ObjectInfo& info) {
  bool typed = false;
  for (const auto& [name, value] : info.attributes.headers) {
    response.field(name, value);
    typed = typed || s3wire::iequals(name, "Content-Type");
  }
  if (!typed) response.field("Content-Type", "binary/octet-stream");
  for (const auto& [name, value] : info.attributes.metadata) response.field("x-amz-meta-" + name, value);
  if (info.attributes.storage_class != "STANDARD")
    response.field("x-amz-storage-class", info.attributes.storage_class);
  response.field("ETag", quoted(info.etag));
  response.field("Last-Modified", http_date(info.modified));
  response.field("Accept-Ranges", "bytes");
  write_version_field(response, info);
  write_protection_fields(response, info.attributes);
}

void write_checksum_fields(http::Response& response, const std::vector<store::Checksum>& checksums,
                           bool with_type) {
  for (const auto& c : checksums) response.field(s3wire::checksum_header(c.algorithm), c.value);
  if (with_type && !checksums.empty())
    response.field("x-amz-checksum-type", checksums.front().composite ? "COMPOSITE" : "FULL_OBJECT");
}

store::Checksum to_store(const s3wire::ChecksumValue& value) {
  return {value.algorithm, value.type == s3wire::ChecksumType::composite, value.text()};
}

std::optional<s3wire::ChecksumValue> to_wire(const store::Checksum& checksum) {
  auto value = s3wire::parse_checksum_value(checksum.algorithm, checksum.value);
  if (!value) return std::nullopt;
  value->type = checksum.composite ? s3wire::ChecksumType::composite : s3wire::ChecksumType::full_object;
  return std::move(*value);
}

std::optional<s3wire::ChecksumValue> to_wire(const std::vector<store::Checksum>& checksums) {
  return checksums.empty() ? std::nullopt : to_wire(checksums.front());
}

Status check_version_id(std::string_view version_id) {
  const bool possible = !version_id.empty() && version_id.size() <= 1024 &&
                        std::all_of(version_id.begin(), version_id.end(), [](char ch) {
                          return (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') ||
                                 (ch >= 'a' && ch <= 'z') || ch == '.' || ch == '_' || ch == '-';
                        });
  if (!possible) return fail(Code::invalid_argument, "Invalid version id specified");
  return {};
}

Result<std::string> read_version_id(const Context& c) {
  const std::string* id = c.query().find("versionId");
  if (!id) return std::string();
  if (id->empty()) return fail(Code::invalid_argument, "Version id cannot be the empty string");
  TRY(check_version_id(*id));
  return *id;
}

Task<void> send_xml(Context& c, std::string xml) {
  c.response.field("Content-Type", "application/xml");
  return c.response.send(std::move(xml));
}

Task<void> send_status(Context& c, int status) {
  c.response.status(status);
  return c.response.send();
}

Result<std::uint32_t> read_part_number(const Context& c) {
  const auto number = c.query().number("partNumber", 0, 10'000);
  if (!number || *number == 0)
    return fail(Code::invalid_argument, "Part number must be an integer between 1 and 10000, inclusive");
  return *number;
}

store::UploadName read_upload_name(const Context& c) {
  return {c.bucket(), c.key(), std::string(c.query().get("uploadId"))};
}

}  // namespace cairn::s3
