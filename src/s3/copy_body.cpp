#include "s3/copy_body.hpp"

#include <algorithm>
#include <cstring>

#include "cairn/s3wire/headers.hpp"

#include "s3/object_headers.hpp"

namespace cairn::s3 {
namespace {
std::vector<crypto::DigestAlgorithm> md5_and(const std::vector<crypto::ChecksumAlgorithm>& checksums) {
  std::vector<crypto::DigestAlgorithm> out{crypto::DigestAlgorithm::md5};
  for (const auto a : checksums) out.push_back(crypto::digest_of(a));
  return out;
}
}  // namespace

CopyBody::CopyBody(DigestPool& pool, store::ObjectReader& reader, std::uint64_t size,
                   std::vector<crypto::ChecksumAlgorithm> checksums)
    : reader_(reader),
      size_(size),
      left_(size),
      checksums_(std::move(checksums)),
      digests_(pool, md5_and(checksums_), size) {}

Task<std::size_t> CopyBody::read(MutableBytes into) {
  CO_TRY(co_await digests_.admit());
  std::size_t filled = 0;
  while (filled < into.size() && left_ > 0) {
    if (piece_.empty()) {
      CO_TRY(piece_, co_await reader_.next());
      if (piece_.empty()) co_return fail(Code::internal, "the source of a copy ended early");
    }
    const std::size_t n = std::min<std::uint64_t>({into.size() - filled, piece_.size(), left_});
    std::memcpy(into.data() + filled, piece_.bytes.data(), n);
    piece_ = piece_.sub(n);
    filled += n;
    left_ -= n;
  }
  co_return filled;
}

Task<store::BodyDigests> CopyBody::finish() {
  CO_TRY(auto raw, co_await digests_.finish());
  store::BodyDigests out;
  out.md5 = std::move(raw.front());
  for (std::size_t i = 0; i < checksums_.size(); ++i)
    out.checksums.push_back({checksums_[i], false, to_base64(as_bytes(raw[i + 1]))});
  co_return out;
}

Task<OpenedSource> open_copy_source(Context& c) {
  const auto header = c.header("x-amz-copy-source");
  if (!header) co_return fail(Code::invalid_argument, "x-amz-copy-source is missing");
  CO_TRY(s3wire::CopySource source, s3wire::parse_copy_source(*header));
  for (const std::string_view name : {"x-amz-copy-source-server-side-encryption-customer-algorithm",
                                      "x-amz-copy-source-server-side-encryption-customer-key"})
    if (c.header(name))
      co_return fail(Code::invalid_request,
                     "The encryption parameters are not applicable to the source object.");
  if (source.version_id) CO_TRY(check_version_id(*source.version_id));
  CO_TRY(co_await authorize(c, s3wire::Operation::get_object, source.bucket, source.key, source.version_id));
  OpenedSource out;
  store::ObjectName name{source.bucket, source.key, source.version_id.value_or("")};
  CO_TRY(out.reader, co_await c.layer().open(std::move(name)));
  const store::ObjectInfo& info = out.reader->info();
  out.named = source.version_id.has_value();
  if (info.delete_marker && out.named)
    co_return fail(Code::invalid_request,
                   "The source of a copy request may not specifically refer to a "
                   "delete marker by version id.");
  if (info.delete_marker) co_return fail(Code::no_such_key, source.key);
  CO_TRY(
      s3wire::check_conditions(s3wire::parse_copy_source_conditions(c.view), info.etag, info.modified, true));
  out.bucket = std::move(source.bucket);
  out.key = std::move(source.key);
  co_return out;
}

}  // namespace cairn::s3
