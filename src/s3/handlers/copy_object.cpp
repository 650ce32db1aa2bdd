#include "s3/copy_body.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {
namespace {
// Whether the request's own metadata replace the source's.
Result<bool> replaces_metadata(const Context& c) {
  const auto directive = c.header("x-amz-metadata-directive");
  if (const auto tags = c.header("x-amz-tagging-directive"); tags && *tags != "COPY" && *tags != "REPLACE")
    return fail(Code::invalid_argument, "Unknown tagging directive.");
  if (!directive || *directive == "COPY") return false;
  if (*directive == "REPLACE") return true;
  return fail(Code::invalid_argument, "Unknown metadata directive.");
}

// The checksum of the copy: the one asked for, else the source's algorithm, else the default.
Result<crypto::ChecksumAlgorithm> copy_checksum(const Context& c, const store::ObjectInfo& source) {
  if (const auto name = c.header("x-amz-checksum-algorithm")) return s3wire::parse_checksum_algorithm(*name);
  return source.checksums.empty() ? crypto::ChecksumAlgorithm::crc64nvme : source.checksums.front().algorithm;
}
}  // namespace

Task<void> copy_object(Context& c) {
  CO_TRY(store::ObjectAttributes attributes, read_attributes(c));
  CO_TRY(const bool replace, replaces_metadata(c));
  CO_TRY(store::WriteOptions options, read_write_options(c));
  CO_TRY(const OpenedSource source, co_await open_copy_source(c));
  const store::ObjectInfo& info = source.reader->info();
  if (source.bucket == c.bucket() && source.key == c.key() && !replace)
    co_return fail(
        Code::invalid_request,
        "This copy request is illegal because it is trying to copy an object to itself without changing the "
        "object's metadata, storage class, website redirect location or encryption attributes.");
  if (info.size > kMaxPut)
    co_return fail(
        Code::invalid_request,
        "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120");
  if (!replace) {
    attributes = info.attributes;
    attributes.storage_class = "STANDARD";
  }
  CO_TRY(const crypto::ChecksumAlgorithm checksum, copy_checksum(c, info));
  CO_TRY(source.reader->start(0, info.size));
  CopyBody body(c.parts.digests, *source.reader, info.size, {checksum});
  CO_TRY(const store::ObjectInfo copied,
         co_await c.layer().put(c.name(), std::move(attributes), body, std::move(options)));
  s3wire::CopyResult result{copied.etag, copied.modified, to_wire(copied.checksums)};
  co_return co_await send_xml(c, result.render_object());
}

}  // namespace cairn::s3
