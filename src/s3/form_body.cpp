#include "s3/form_body.hpp"

#include <algorithm>
#include <cstring>

#include "s3/request_body.hpp"

namespace cairn::s3 {
namespace {

auto malformed() {
  return fail(Code::malformed_post_request,
              "The body of your POST request is not well-formed multipart/form-data.");
}

}  // namespace

Task<std::unique_ptr<FormBody>> FormBody::open(Context& c) {
  auto boundary = s3wire::form_boundary(c.raw_header("content-type"));
  if (!boundary) {
    c.error_fields = std::move(boundary.error().fields);
    co_return fail(std::move(boundary.error().error));
  }
  if (!c.request.content_length()) co_return fail(Code::missing_content_length);
  std::unique_ptr<FormBody> body(new FormBody(c, std::move(*boundary)));
  while (!body->parser_.at_file()) {
    CO_TRY(const bool more, co_await body->step(body->rest_));
    if (!more) {
      CO_TRY(body->parser_.finish());
      co_return fail(Code::incorrect_number_of_files, "POST requires exactly one file upload per request.");
    }
  }
  co_return body;
}

// More input; false at the end of the request.
Task<bool> FormBody::fill() {
  if (from_ < to_) co_return true;
  const auto room = std::as_writable_bytes(std::span(input_));
  CO_TRY(const std::size_t n, co_await c_.request.read_body_some(room));
  from_ = 0;
  to_ = n;
  co_return n > 0;
}

Task<bool> FormBody::step(Bytes& data) {
  CO_TRY(const bool more, co_await fill());
  if (!more) co_return false;
  const Bytes input = as_bytes(std::string_view(input_)).subspan(from_, to_ - from_);
  CO_TRY(const auto step, parser_.next(input));
  from_ += step.consumed;
  parsed_ += step.consumed;
  data = step.data;
  co_return true;
}

Task<void> FormBody::begin(s3wire::ChecksumPlan plan) {
  plan_ = std::move(plan);
  const std::uint64_t whole = c_.request.content_length().value_or(0);
  buffered_ = whole <= kBuffered;
  if (buffered_) {
    CO_TRY(memory_, co_await c_.parts.budget.reserve(static_cast<std::size_t>(whole), c_.config.patience));
    for (bool more = true; more;) {
      file_.append(reinterpret_cast<const char*>(rest_.data()), rest_.size());
      CO_TRY(more, co_await step(rest_));
    }
    CO_TRY(parser_.finish());
    size_ = file_.size();
  } else {
    const std::uint64_t closing = boundary_.size() + 8;  // CR LF -- boundary -- CR LF
    if (whole < parsed_ + closing) co_return malformed();
    size_ = whole - parsed_ + rest_.size() - closing;
  }
  if (size_ > kMaxPut)
    co_return fail(Code::entity_too_large, "Your proposed upload exceeds the maximum allowed object size.");
  using crypto::DigestAlgorithm;
  algorithms_.push_back(DigestAlgorithm::md5);
  checksums_.push_back(plan_.algorithm.value_or(crypto::ChecksumAlgorithm::crc64nvme));
  algorithms_.push_back(crypto::digest_of(checksums_.front()));
  digests_.emplace(c_.parts.digests, algorithms_, size_);
  co_return Status();
}

Task<std::size_t> FormBody::read(MutableBytes into) {
  if (digests_->behind()) CO_TRY(co_await digests_->admit());
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - given_));
  std::size_t filled = 0;
  if (buffered_) {
    std::memcpy(into.data(), file_.data() + at_, want);
    at_ += want;
    filled = want;
  }
  while (filled < want) {
    if (rest_.empty()) {
      CO_TRY(const bool more, co_await step(rest_));
      if (rest_.empty() && (!more || parser_.done())) co_return malformed();
      continue;
    }
    const std::size_t n = std::min(rest_.size(), want - filled);
    std::memcpy(into.data() + filled, rest_.data(), n);
    rest_ = rest_.subspan(n);
    filled += n;
  }
  given_ += filled;
  c_.bytes_received += filled;
  co_return filled;
}

Task<store::BodyDigests> FormBody::finish() {
  while (!buffered_) {
    if (!rest_.empty()) co_return malformed();  // the file did not end where it was taken to
    CO_TRY(const bool more, co_await step(rest_));
    if (!more) break;
  }
  CO_TRY(parser_.finish());
  CO_TRY(const auto raw, co_await digests_->finish());
  if (plan_.content_md5 && raw[0] != crypto::raw_text(*plan_.content_md5))
    co_return fail(Code::bad_digest, "The Content-MD5 you specified did not match what we received.");
  if (plan_.algorithm && plan_.expected)
    CO_TRY(s3wire::compare_checksum(*plan_.algorithm, *plan_.expected, raw[1]));
  store::BodyDigests out;
  out.md5 = raw[0];
  out.checksums.push_back({checksums_.front(), false, to_base64(as_bytes(raw[1]))});
  co_return out;
}

}  // namespace cairn::s3
