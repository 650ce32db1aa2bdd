#include "cairn/s3wire/headers.hpp"

#include <algorithm>
#include <array>

#include "cairn/s3wire/route.hpp"

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::string_view kMetaPrefix = "x-amz-meta-";

Conditions conditions_with(const HttpRequestView& request, std::string_view prefix) {
  Conditions c;
  for (const HeaderField& h : request.headers) {
    if (!starts_with_nocase(h.name, prefix)) continue;
    const std::string_view name = h.name.substr(prefix.size());
    if (iequals(name, "if-match")) {
      c.if_match = c.if_match ? *c.if_match + ", " + std::string(h.value) : std::string(h.value);
    } else if (iequals(name, "if-none-match")) {
      c.if_none_match =
          c.if_none_match ? *c.if_none_match + ", " + std::string(h.value) : std::string(h.value);
    } else if (iequals(name, "if-modified-since")) {
      c.if_modified_since = parse_http_date(h.value);
    } else if (iequals(name, "if-unmodified-since")) {
      c.if_unmodified_since = parse_http_date(h.value);
    }
  }
  return c;
}

// The comma-separated list without its aws-chunked members, which say how the body travels and not what it
// is.
std::optional<std::string> without_aws_chunked(std::string_view list) {
  std::string out;
  while (!list.empty()) {
    const std::string_view item = trim(cut(list, ','));
    if (item.empty() || iequals(item, "aws-chunked")) continue;
    if (!out.empty()) out += ", ";
    out += item;
  }
  if (out.empty()) return std::nullopt;
  return out;
}

bool has_control(std::string_view s) {
  return std::ranges::any_of(
      s, [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

Status take(ObjectHeaders& out, std::string_view name, std::string_view value) {
  struct Plain {
    std::string_view name;
    std::optional<std::string> ObjectHeaders::* field;
  };
  static constexpr Plain kPlain[] = {
      {"content-type", &ObjectHeaders::content_type},
      {"content-language", &ObjectHeaders::content_language},
      {"content-disposition", &ObjectHeaders::content_disposition},
      {"cache-control", &ObjectHeaders::cache_control},
      {"expires", &ObjectHeaders::expires},
      {"x-amz-website-redirect-location", &ObjectHeaders::website_redirect_location}};
  const auto bad_value = [&] {
    return fail(Code::invalid_argument, "The header " + to_lower(name) + " holds a control character.");
  };
  for (const Plain& p : kPlain)
    if (iequals(name, p.name)) {
      if (has_control(value)) return bad_value();
      out.*p.field = std::string(value);
      return {};
    }
  if (iequals(name, "content-encoding")) {
    if (has_control(value)) return bad_value();
    out.content_encoding = without_aws_chunked(value);
  } else if (iequals(name, "x-amz-storage-class")) {
    if (!valid_storage_class(value)) return fail(Code::invalid_storage_class);
    out.storage_class = std::string(value);
  } else if (starts_with_nocase(name, kMetaPrefix)) {
    std::string key = to_lower(name.substr(kMetaPrefix.size()));
    if (key.empty()) return fail(Code::invalid_argument, "A metadata header has no name.");
    if (has_control(value)) return bad_value();
    const auto same = std::ranges::find(out.user_metadata, key, &std::pair<std::string, std::string>::first);
    if (same != out.user_metadata.end()) {
      same->second += ',';
      same->second += value;
    } else {
      out.user_metadata.emplace_back(std::move(key), std::string(value));
    }
  }
  return {};
}

}  // namespace

std::optional<RangeSpec> parse_range(std::optional<std::string_view> header) {
  if (!header) return std::nullopt;
  std::string_view text = trim(*header);
  const std::string_view unit = trim(cut(text, '='));
  if (!iequals(unit, "bytes")) return std::nullopt;
  text = trim(text);
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view first = trim(text.substr(0, dash)), last = trim(text.substr(dash + 1));
  RangeSpec spec;
  if (!first.empty() && !(spec.first = parse_decimal(first))) return std::nullopt;
  if (!last.empty() && !(spec.last = parse_decimal(last))) return std::nullopt;
  if (!spec.first && !spec.last) return std::nullopt;
  if (spec.first && spec.last && *spec.last < *spec.first) return std::nullopt;
  return spec;
}

Result<ByteRange> resolve_range(const RangeSpec& spec, std::uint64_t size) {
  if (!spec.first) {
    const std::uint64_t n = std::min(spec.last.value_or(0), size);
    if (n == 0) return fail(Code::invalid_range);
    return ByteRange{size - n, n};
  }
  if (*spec.first >= size) return fail(Code::invalid_range);
  const std::uint64_t last = std::min(spec.last.value_or(size - 1), size - 1);
  return ByteRange{*spec.first, last - *spec.first + 1};
}

Result<ByteRange> parse_copy_range(std::string_view text, std::uint64_t source_size) {
  const auto bad = [] {
    return fail(
        Code::invalid_argument,
        "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
        "zero-based offsets of the first and last bytes to copy");
  };
  constexpr std::string_view kUnit = "bytes=";
  if (!text.starts_with(kUnit)) return bad();
  text.remove_prefix(kUnit.size());
  const auto first = parse_decimal(cut(text, '-'));
  const auto last = parse_decimal(text);
  if (!first || !last || *last < *first) return bad();
  if (*last >= source_size)
    return fail(Code::invalid_range,
                "Range specified is not valid for source object of size: " + std::to_string(source_size));
  return ByteRange{*first, *last - *first + 1};
}

Conditions parse_conditions(const HttpRequestView& request) { return conditions_with(request, ""); }
Conditions parse_copy_source_conditions(const HttpRequestView& request) {
  return conditions_with(request, "x-amz-copy-source-");
}

bool etag_matches(std::string_view list, std::string_view etag) {
  if (trim(list) == "*") return true;
  while (!list.empty()) {
    std::string_view item = trim(cut(list, ','));
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item.size() >= 2 && item.front() == '"' && item.back() == '"') item = item.substr(1, item.size() - 2);
    if (!item.empty() && item == etag) return true;
  }
  return false;
}

Status check_conditions(const Conditions& c, std::string_view etag, UnixMillis last_modified, bool copy) {
  // Clients know the time to the second only, rounded down.
  const UnixMillis modified = last_modified - ((last_modified % 1000) + 1000) % 1000;
  const Code unchanged = copy ? Code::precondition_failed : Code::not_modified;
  if (c.if_match) {
    if (!etag_matches(*c.if_match, etag)) return fail(Code::precondition_failed);
  } else if (c.if_unmodified_since && modified > *c.if_unmodified_since) {
    return fail(Code::precondition_failed);
  }
  if (c.if_none_match) {
    if (etag_matches(*c.if_none_match, etag)) return fail(unchanged);
  } else if (c.if_modified_since && modified <= *c.if_modified_since) {
    return fail(unchanged);
  }
  return {};
}

Result<CopySource> parse_copy_source(std::string_view header) {
  const auto bad = [] {
    return fail(Code::invalid_argument,
                "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
  };
  CopySource out;
  constexpr std::string_view kVersion = "?versionId=";
  if (const std::size_t at = header.rfind(kVersion); at != std::string_view::npos) {
    auto version = percent_decode(header.substr(at + kVersion.size()));
    if (!version || version->empty()) return bad();
    out.version_id = std::move(*version);
    header = header.substr(0, at);
  }
  const auto decoded = percent_decode(header);
  if (!decoded) return bad();
  std::string_view path = *decoded;
  if (path.starts_with("arn:")) return fail(Code::not_implemented, "Access points are not implemented.");
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos || slash + 1 == path.size()) return bad();
  out.bucket = std::string(path.substr(0, slash));
  out.key = std::string(path.substr(slash + 1));
  if (!valid_bucket_name(out.bucket)) return fail(Code::invalid_bucket_name);
  TRY(valid_key(out.key));
  return out;
}

std::optional<std::string> header_or_hoisted(const HttpRequestView& request, const Query& query,
                                             std::string_view name) {
  if (const auto h = request.header(name)) return std::string(*h);
  if (!starts_with_nocase(name, "x-amz-")) return std::nullopt;
  for (const QueryParam& p : query.params())
    if (iequals(p.name, name)) return p.value;
  return std::nullopt;
}

Result<ObjectHeaders> parse_object_headers(const HttpRequestView& request, const Query& query) {
  ObjectHeaders out;
  for (const HeaderField& h : request.headers) TRY(take(out, h.name, h.value));
  for (const HeaderField& h : hoisted_headers(query))
    if (!request.header(h.name)) TRY(take(out, h.name, h.value));
  std::size_t total = 0;
  for (const auto& [name, value] : out.user_metadata) total += name.size() + value.size();
  if (total > kMaxUserMetadata) return fail(Code::metadata_too_large);
  std::ranges::sort(out.user_metadata);
  return out;
}

bool valid_storage_class(std::string_view name) {
  static constexpr std::string_view kNames[] = {
      "STANDARD",        "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING",
      "GLACIER",         "DEEP_ARCHIVE",       "OUTPOSTS",    "GLACIER_IR", "SNOW",
      "EXPRESS_ONEZONE", "FSX_OPENZFS",        "FSX_ONTAP"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

std::optional<std::string> unsupported_write_header(const HttpRequestView& request, const Query& query) {
  static constexpr std::string_view kPrefixes[] = {"x-amz-server-side-encryption",
                                                   "x-amz-copy-source-server-side-encryption"};
  static constexpr std::string_view kNames[] = {"x-amz-mfa", "x-amz-write-offset-bytes"};
  const auto unsupported = [](const HeaderField& h) {
    if (iequals(h.value, "false")) return false;  // switches that are off
    return std::ranges::any_of(kPrefixes,
                               [&](std::string_view p) { return starts_with_nocase(h.name, p); }) ||
           std::ranges::any_of(kNames, [&](std::string_view n) { return iequals(h.name, n); });
  };
  for (const HeaderField& h : request.headers)
    if (unsupported(h)) return to_lower(h.name);
  for (const HeaderField& h : hoisted_headers(query))
    if (unsupported(h)) return to_lower(h.name);
  return std::nullopt;
}

}  // namespace cairn::s3wire
