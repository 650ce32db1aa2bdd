#pragma once
#include <memory>
#include <optional>
#include <vector>

#include "cairn/store/object_layer.hpp"

#include "s3/context.hpp"
#include "s3/digest_pipeline.hpp"

namespace cairn::s3 {

// The body of a copy: an object's bytes, or a range of them, on their way into a put. One caller.
class CopyBody final : public store::BodySource {
 public:
  // `reader` was started on `size` bytes and outlives the body.
  CopyBody(DigestPool& pool, store::ObjectReader& reader, std::uint64_t size,
           std::vector<crypto::ChecksumAlgorithm> checksums);

  std::uint64_t size() const override { return size_; }
  Task<std::size_t> read(MutableBytes into) override;
  void digest(Slice piece) override { digests_.add(std::move(piece)); }
  Task<store::BodyDigests> finish() override;

 private:
  store::ObjectReader& reader_;
  std::uint64_t size_;
  std::uint64_t left_;
  Slice piece_;  // what the reader gave and is not copied yet
  std::vector<crypto::ChecksumAlgorithm> checksums_;
  DigestPipeline digests_;
};

// The object that x-amz-copy-source names, opened, allowed and held against x-amz-copy-source-if-...
struct OpenedSource {
  std::string bucket, key;
  bool named = false;  // by its version
  std::unique_ptr<store::ObjectReader> reader;
};
Task<OpenedSource> open_copy_source(Context& c);

}  // namespace cairn::s3
