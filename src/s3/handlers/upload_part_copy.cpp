#include "cairn/s3wire/headers.hpp"

#include "s3/copy_body.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {

Task<void> upload_part_copy(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  CO_TRY(const std::uint32_t number, read_part_number(c));
  CO_TRY(const store::UploadInfo upload, co_await c.layer().head_upload(read_upload_name(c)));
  CO_TRY(const OpenedSource source, co_await open_copy_source(c));
  s3wire::ByteRange range{0, source.reader->info().size};
  if (const auto text = c.header("x-amz-copy-source-range")) {
    CO_TRY(range, s3wire::parse_copy_range(*text, source.reader->info().size));
  }
  if (range.length > kMaxPut)
    co_return fail(
        Code::invalid_request,
        "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120");
  CO_TRY(source.reader->start(range.offset, range.length));
  std::vector<crypto::ChecksumAlgorithm> checksums;
  if (upload.checksum_algorithm) checksums.push_back(*upload.checksum_algorithm);
  CopyBody body(c.parts.digests, *source.reader, range.length, std::move(checksums));
  CO_TRY(const store::PartInfo part, co_await c.layer().put_part(read_upload_name(c), number, body));
  c.object_size = part.size;
  if (const auto& info = source.reader->info(); info.versioned)
    c.response.field("x-amz-copy-source-version-id", shown_version(info.version_id));
  s3wire::CopyResult result{part.etag, part.modified, to_wire(part.checksums)};
  co_return co_await send_xml(c, result.render_part());
}

}  // namespace cairn::s3
