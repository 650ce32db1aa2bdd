#pragma once
#include <memory>
#include <optional>
#include <string>

#include "cairn/s3wire/checksums.hpp"
#include "cairn/s3wire/form.hpp"
#include "cairn/store/object_layer.hpp"

#include "s3/context.hpp"
#include "s3/digest_pipeline.hpp"

namespace cairn::s3 {

// The file of an upload form (POST Object) as the object layer reads it. The layer wants to know a body's
// size before its first byte, and a form does not tell it: forms of up to kBuffered bytes are read as a
// whole; of larger ones the file is taken to reach to the closing delimiter at the end of the request, as
// browsers and libraries send it. Nothing of the file takes effect unless the form is complete. One caller,
// on the connection's strand.
class FormBody final : public store::BodySource {
 public:
  static constexpr std::uint64_t kBuffered = 4u << 20;

  // Reads everything before the file.
  static Task<std::unique_ptr<FormBody>> open(Context& c);
  const s3wire::FormFields& fields() const { return parser_.fields(); }
  const std::optional<std::string>& filename() const { return parser_.filename(); }
  // Once the form may go on: finds out the size, and digests for what the client sends to check it by.
  Task<void> begin(s3wire::ChecksumPlan plan);

  std::uint64_t size() const override { return size_; }
  Task<std::size_t> read(MutableBytes into) override;
  void digest(Slice piece) override { digests_->add(std::move(piece)); }
  Task<store::BodyDigests> finish() override;

 private:
  FormBody(Context& c, std::string boundary) : c_(c), boundary_(std::move(boundary)), parser_(boundary_) {}
  // File bytes, as far as they are at hand without another read of the socket; false at the form's end.
  Task<bool> step(Bytes& data);
  Task<bool> fill();

  Context& c_;
  std::string boundary_;
  s3wire::FormParser parser_;
  std::string input_ = std::string(64u << 10, '\0');
  std::size_t from_ = 0, to_ = 0;  // of input_: read and not parsed
  std::uint64_t parsed_ = 0;       // bytes of the body up to there
  std::string file_;               // the whole file, where it is buffered
  bool buffered_ = false;
  std::size_t at_ = 0;  // in file_
  Bytes rest_;          // of a step, not yet handed out
  std::uint64_t size_ = 0, given_ = 0;
  MemoryBudget::Reservation memory_;
  s3wire::ChecksumPlan plan_;
  std::vector<crypto::DigestAlgorithm> algorithms_;
  std::vector<crypto::ChecksumAlgorithm> checksums_;
  std::optional<DigestPipeline> digests_;
};

}  // namespace cairn::s3
