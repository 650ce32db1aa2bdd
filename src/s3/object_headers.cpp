#include "s3/object_headers.hpp"

#include <algorithm>

#include "cairn/crypto/digest.hpp"
#include "cairn/s3wire/headers.hpp"

namespace cairn::s3 {

std::string quoted(std::string_view etag) {
  std::string out;
  out.reserve(etag.size() + 2);
  out += '"';
  out += etag;
  out += '"';
  return out;
}

Status refuse_unsupported_write(const Context& c) {
  if (const auto name = s3wire::unsupported_write_header(c.view, c.query()))
    return fail(Code::not_implemented, "The header " + *name + " is not supported by this server.");
  for (const std::string_view name :
       {"x-amz-website-redirect-location", "x-amz-write-offset-bytes", "x-amz-if-match-size",
        "x-amz-if-match-last-modified-time", "x-amz-if-match-initiated-time"})
    if (c.header(name))
      return fail(Code::not_implemented, "The header " + std::string(name) + " is not supported.");
  if (const auto acl = c.header("x-amz-acl")) {
    TRY(const bool harmless, s3wire::is_private_acl(*acl));
    if (!harmless) return fail(Code::not_implemented, "Canned ACLs other than private are not supported.");
  }
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
  return out;
}

namespace {
// A quoted or bare ETag; "*"; S3 takes no lists here.
Status precondition_status(const std::optional<std::string>& if_match, bool only_if_absent,
                           const store::ObjectInfo* current) {
  if (only_if_absent && current) return fail(Code::precondition_failed);
  if (!if_match) return {};
  if (!current) return fail(Code::no_such_key);
  return s3wire::etag_matches(*if_match, current->etag) ? Status() : Status(fail(Code::precondition_failed));
}
}  // namespace

Result<store::WriteOptions> read_write_options(const Context& c) {
  store::WriteOptions options;
  options.owner = c.owner.id;
  options.invocation = invocation_of(c, c.key());
  const std::string_view if_match = c.raw_header("if-match");
  const std::string_view if_none_match = c.raw_header("if-none-match");
  if (!if_none_match.empty() && if_none_match != "*")
    return fail(Code::not_implemented, "If-None-Match of a write supports the value * only.");
  for (const std::string_view name : {"if-modified-since", "if-unmodified-since"})
    if (c.request.fields().has(name))
      return fail(Code::not_implemented, "A write supports the conditions If-Match and If-None-Match only.");
  if (!if_match.empty() || !if_none_match.empty()) {
    std::optional<std::string> match;
    if (!if_match.empty()) match = std::string(if_match);
    options.precondition = [match = std::move(match),
                            absent = !if_none_match.empty()](const store::ObjectInfo* current) {
      return precondition_status(match, absent, current);
    };
  }
  return options;
}

store::Precondition delete_precondition(std::string if_match) {
  return [match = std::move(if_match)](const store::ObjectInfo* current) -> Status {
    // "*" asks whether the object exists, and S3 answers 412; an ETag names an object, and S3 answers 404.
    if (!current) return fail(match == "*" ? Code::precondition_failed : Code::no_such_key);
    return s3wire::etag_matches(match, current->etag) ? Status() : Status(fail(Code::precondition_failed));
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
  if (version_id.empty() || version_id == "null") return {};
  const bool possible =
      version_id.size() <= 1024 && std::all_of(version_id.begin(), version_id.end(), [](char ch) {
        return (ch >= '0' && ch <= '9') || (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') ||
               ch == '.' || ch == '_' || ch == '-';
      });
  if (!possible) return fail(Code::invalid_argument, "Invalid version id specified");
  return fail(Code::no_such_version);
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
