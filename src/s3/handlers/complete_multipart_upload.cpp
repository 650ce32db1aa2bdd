#include <charconv>

#include "s3/expiration.hpp"
#include "s3/handlers/handlers.hpp"
#include "s3/object_headers.hpp"
#include "s3/request_body.hpp"

namespace cairn::s3 {
namespace {
constexpr crypto::ChecksumAlgorithm kAlgorithms[] = {
    crypto::ChecksumAlgorithm::crc32, crypto::ChecksumAlgorithm::crc32c, crypto::ChecksumAlgorithm::crc64nvme,
    crypto::ChecksumAlgorithm::sha1, crypto::ChecksumAlgorithm::sha256};

// x-amz-checksum-...: the checksum that the whole object must have.
Result<std::optional<store::Checksum>> expected_checksum(const Context& c) {
  std::optional<store::Checksum> expected;
  for (const auto algorithm : kAlgorithms) {
    const auto text = c.header(s3wire::checksum_header(algorithm));
    if (!text) continue;
    if (expected) return fail(Code::invalid_request, "Expecting a single x-amz-checksum- header.");
    const auto value = s3wire::parse_checksum_value(algorithm, *text);
    if (!value) return fail(Code::bad_digest, value.error().context);
    expected = to_store(*value);
  }
  TRY(const auto type, s3wire::parse_checksum_type(c.header("x-amz-checksum-type")));
  if (type && expected && (*type == s3wire::ChecksumType::composite) != expected->composite)
    return fail(Code::invalid_request, "The checksum and the checksum type in the request do not match.");
  return expected;
}

Result<std::optional<std::uint64_t>> expected_size(const Context& c) {
  const auto text = c.header("x-amz-mp-object-size");
  if (!text) return std::nullopt;
  std::uint64_t size = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), size);
  if (error != std::errc() || end != text->data() + text->size())
    return fail(Code::invalid_argument, "x-amz-mp-object-size is not a number");
  return size;
}

std::vector<store::CompletedPart> to_store_parts(std::vector<s3wire::CompletedPart> parts) {
  std::vector<store::CompletedPart> out;
  out.reserve(parts.size());
  for (auto& p : parts) {
    store::CompletedPart part{p.number, std::move(p.etag), {}};
    if (p.checksum) part.checksums.push_back(to_store(*p.checksum));
    out.push_back(std::move(part));
  }
  return out;
}
}  // namespace

Task<void> complete_multipart_upload(Context& c) {
  CO_TRY(refuse_unsupported_write(c));
  store::CompleteUploadRequest request;
  request.upload = read_upload_name(c);
  CO_TRY(request.options, read_write_options(c));
  CO_TRY(request.expected, expected_checksum(c));
  CO_TRY(request.expected_size, expected_size(c));
  {
    DocumentOptions options;
    options.limit = s3wire::kMaxCompleteBody;
    options.body_checksums = false;
    CO_TRY(const Document document, co_await read_document(c, options));
    CO_TRY(auto parts, s3wire::parse_complete_multipart_upload(*document.text));
    request.parts = to_store_parts(std::move(parts));
  }
  CO_TRY(const store::ObjectInfo info, co_await c.layer().complete_upload(std::move(request)));
  write_new_version_field(c, info);
  write_expiration_field(c, info);
  s3wire::CompleteMultipartUploadResult result{object_url(c), c.bucket(), c.key(), info.etag,
                                               to_wire(info.checksums)};
  co_return co_await send_xml(c, result.render());
}

}  // namespace cairn::s3
