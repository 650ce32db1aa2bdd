#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cairn/s3wire/aws_chunked.hpp"
#include "cairn/s3wire/checksums.hpp"
#include "cairn/store/object_layer.hpp"

#include "s3/context.hpp"
#include "s3/digest_pipeline.hpp"

namespace cairn::s3 {

inline constexpr std::uint64_t kMaxPut = 5ull << 30;  // of one PutObject, UploadPart or copy

// The body of a PutObject or UploadPart as the object layer reads it: any payload form of Signature V4, with
// or without aws-chunked framing, held at the end against everything the client sent to check it by. Reads go
// from the socket into the caller's memory; a framed body is unframed in place. One caller, on the
// connection's strand.
class RequestBody final : public store::BodySource {
 public:
  struct Options {
    std::uint64_t limit = kMaxPut;
    bool body_checksums =
        true;              // false where x-amz-checksum-* speaks of something else (CompleteMultipartUpload)
    bool need_md5 = true;  // the ETag
    // To compute besides what the client sent: the default of a put, or the algorithm of an upload.
    std::optional<crypto::ChecksumAlgorithm> also;
    bool only_if_none = false;  // compute `also` only where the client sent none
  };
  // Checks lengths and headers; reads nothing. missing_content_length, entity_too_large, invalid_digest, ...
  static Result<std::unique_ptr<RequestBody>> open(Context& c, const Options& options);

  std::uint64_t size() const override { return size_; }
  Task<std::size_t> read(MutableBytes into) override;
  void digest(Slice piece) override { digests_->add(std::move(piece)); }
  Task<store::BodyDigests> finish() override;

  // The checksum the client sent with the body.
  const s3wire::ChecksumPlan& plan() const { return plan_; }

 private:
  explicit RequestBody(Context& c) : c_(c) {}
  Status open_framing();
  void open_digests(const Options& options);
  Task<std::size_t> read_framed(MutableBytes into);
  Result<std::size_t> unframe(Bytes input, MutableBytes into);
  Task<void> read_to_the_end();
  Status compare(const std::vector<std::string>& raw) const;
  std::string_view raw_digest(const std::vector<std::string>& raw, crypto::DigestAlgorithm algorithm) const;

  Context& c_;
  std::uint64_t size_ = 0;
  std::uint64_t given_ = 0;  // bytes handed to the caller
  s3wire::ChecksumPlan plan_;
  std::optional<s3wire::AwsChunkedDecoder> decoder_;
  std::string pending_;  // framed bytes read but not decoded yet
  std::size_t pending_from_ = 0;
  std::vector<crypto::DigestAlgorithm> algorithms_;
  std::vector<crypto::ChecksumAlgorithm> checksums_;  // what finish() reports
  std::optional<DigestPipeline> digests_;
};

// The body of a request that carries an XML document, whole and checked, with the memory reserved for it.
struct Document {
  std::shared_ptr<std::string> text;
  MemoryBudget::Reservation memory;
};
struct DocumentOptions {
  std::size_t limit = s3wire::kMaxSmallBody;
  bool body_checksums = true;
  bool must_have_digest = false;  // Content-MD5 or a checksum: invalid_request without
};
// max_message_length_exceeded above the limit.
Task<Document> read_document(Context& c, DocumentOptions options);

}  // namespace cairn::s3
