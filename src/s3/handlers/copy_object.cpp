#include "s3/copy_body.hpp"
#include "s3/expiration.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/object_lock.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {
namespace {
// Whether what the request itself says replaces what the source has.
Result<bool> replaces(const Context& c, std::string_view header, const char* unknown) {
  const auto directive = c.header(header);
  if (!directive || *directive == "COPY") return false;
  if (*directive == "REPLACE") return true;
  return fail(Code::invalid_argument, unknown);
}

// What the copy carries: the source's metadata and tags or those of the request; redirect, retention, hold
// and access are never copied.
store::ObjectAttributes attributes_of_copy(store::ObjectAttributes given,
                                           const store::ObjectAttributes& source, bool replace_metadata,
                                           bool replace_tags) {
  if (!replace_tags) given.tags = source.tags;
  if (replace_metadata) return given;
  store::HeaderList headers = source.headers;
  std::erase_if(headers, [](const auto& h) { return h.first == "x-amz-website-redirect-location"; });
  for (auto& h : given.headers)
    if (h.first == "x-amz-website-redirect-location") headers.push_back(std::move(h));
  given.headers = std::move(headers);
  given.metadata = source.metadata;
  return given;
}

// The checksum of the copy: the one asked for, else the source's algorithm, else the default.
Result<crypto::ChecksumAlgorithm> copy_checksum(const Context& c, const store::ObjectInfo& source) {
  if (const auto name = c.header("x-amz-checksum-algorithm")) return s3wire::parse_checksum_algorithm(*name);
  return source.checksums.empty() ? crypto::ChecksumAlgorithm::crc64nvme : source.checksums.front().algorithm;
}

// Tags that are copied must be the caller's to read there and to write here.
Task<void> check_tag_copy(Context& c, const OpenedSource& source) {
  std::optional<std::string> version;
  if (source.named) version = shown_version(source.reader->info().version_id);
  CO_TRY(co_await authorize(c, s3wire::Operation::get_object_tagging, source.bucket, source.key, version));
  c.tags_new_object = true;
  co_return co_await authorize(c, s3wire::Operation::copy_object, c.bucket(), c.key());
}
}  // namespace

Task<void> copy_object(Context& c) {
  CO_TRY(store::ObjectAttributes attributes, read_attributes(c));
  CO_TRY(const bool replace, replaces(c, "x-amz-metadata-directive", "Unknown metadata directive."));
  CO_TRY(const bool replace_tags, replaces(c, "x-amz-tagging-directive", "Unknown tagging directive."));
  CO_TRY(co_await check_lock_allowed(c, attributes));
  CO_TRY(store::WriteOptions options, read_write_options(c));
  CO_TRY(const OpenedSource source, co_await open_copy_source(c));
  const store::ObjectInfo& info = source.reader->info();
  const bool redirects = c.header("x-amz-website-redirect-location").has_value();
  if (source.bucket == c.bucket() && source.key == c.key() && !source.named && !replace && !redirects)
    co_return fail(
        Code::invalid_request,
        "This copy request is illegal because it is trying to copy an object to itself without changing the "
        "object's metadata, storage class, website redirect location or encryption attributes.");
  if (info.size > kMaxPut)
    co_return fail(
        Code::invalid_request,
        "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120");
  if (!replace_tags && !info.attributes.tags.empty()) CO_TRY(co_await check_tag_copy(c, source));
  attributes = attributes_of_copy(std::move(attributes), info.attributes, replace, replace_tags);
  CO_TRY(const crypto::ChecksumAlgorithm checksum, copy_checksum(c, info));
  CO_TRY(source.reader->start(0, info.size));
  CopyBody body(c.parts.digests, *source.reader, info.size, {checksum});
  CO_TRY(const store::ObjectInfo copied,
         co_await c.layer().put(c.name(), std::move(attributes), body, std::move(options)));
  if (info.versioned) c.response.field("x-amz-copy-source-version-id", shown_version(info.version_id));
  write_new_version_field(c, copied);
  write_expiration_field(c, copied);
  s3wire::CopyResult result{copied.etag, copied.modified, to_wire(copied.checksums)};
  co_return co_await send_xml(c, result.render_object());
}

}  // namespace cairn::s3
