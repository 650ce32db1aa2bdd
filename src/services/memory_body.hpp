#pragma once
#include <algorithm>
#include <cstring>
#include <string>

#include "cairn/crypto/digest.hpp"
#include "cairn/store/object_layer.hpp"

namespace cairn::services {

// The body of an object that this process writes itself, from memory.
class MemoryBody final : public store::BodySource {
 public:
  explicit MemoryBody(std::string text) : text_(std::move(text)), md5_(crypto::DigestAlgorithm::md5) {}
  std::uint64_t size() const override { return text_.size(); }
  Task<std::size_t> read(MutableBytes into) override {
    const std::size_t n = std::min(into.size(), text_.size() - at_);
    std::memcpy(into.data(), text_.data() + at_, n);
    at_ += n;
    co_return n;
  }
  void digest(Slice piece) override { md5_.update(piece.bytes); }
  Task<store::BodyDigests> finish() override {
    store::BodyDigests out;
    out.md5 = md5_.finish();
    co_return out;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
  crypto::Digest md5_;
};

}  // namespace cairn::services
