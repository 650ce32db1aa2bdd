#include "s3/request_body.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace cairn::s3 {
namespace {
// Below this much room a framed body is read through a buffer of its own, so that reads stay large.
constexpr std::size_t kDirectRead = 16u << 10;
constexpr std::size_t kPendingRead = 32u << 10;

Result<std::uint64_t> decoded_length(const Context& c) {
  const std::string_view text = c.raw_header("x-amz-decoded-content-length");
  if (text.empty()) return fail(Code::missing_content_length, "x-amz-decoded-content-length is missing");
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return fail(Code::invalid_argument, "x-amz-decoded-content-length is not a number");
  return value;
}

Result<std::uint64_t> body_size(const Context& c) {
  if (s3wire::is_aws_chunked(c.claim.payload)) return decoded_length(c);
  const auto length = c.request.content_length();
  if (!length || !c.request.fields().has("content-length"))
    return fail(Code::missing_content_length, "You must provide the Content-Length HTTP header.");
  return *length;
}

Result<s3wire::ChecksumPlan> md5_only(const Context& c) {
  std::vector<s3wire::HeaderField> kept;
  for (const auto& h : c.headers)
    if (s3wire::iequals(h.name, "content-md5")) kept.push_back(h);
  s3wire::HttpRequestView view = c.view;
  view.headers = kept;
  return s3wire::parse_upload_checksums(view, s3wire::Query());
}

std::vector<std::string> announced_trailers(std::string_view header) {
  std::vector<std::string> names;
  while (!header.empty()) {
    const std::size_t comma = std::min(header.find(','), header.size());
    std::string name;
    for (const char ch : header.substr(0, comma))
      if (ch != ' ' && ch != '\t') name += static_cast<char>(ch >= 'A' && ch <= 'Z' ? ch + 32 : ch);
    if (!name.empty()) names.push_back(std::move(name));
    header.remove_prefix(std::min(comma + 1, header.size()));
  }
  return names;
}
}  // namespace

Result<std::unique_ptr<RequestBody>> RequestBody::open(Context& c, const Options& options) {
  std::unique_ptr<RequestBody> body(new RequestBody(c));
  TRY(body->size_, body_size(c));
  if (body->size_ > options.limit)
    return fail(Code::entity_too_large, "Your proposed upload exceeds the maximum allowed object size.");
  TRY(body->plan_, options.body_checksums ? s3wire::parse_upload_checksums(c.view, c.query()) : md5_only(c));
  TRY(body->open_framing());
  body->open_digests(options);
  return body;
}

Status RequestBody::open_framing() {
  const s3wire::PayloadMode mode = c_.claim.payload;
  if (!s3wire::is_aws_chunked(mode)) return {};
  s3wire::AwsChunkedDecoder::Options o;
  o.mode = mode;
  o.decoded_length = size_;
  if (mode != s3wire::PayloadMode::streaming_unsigned_trailer) o.signer = c_.chunk_signer;
  o.trailer_names = announced_trailers(c_.raw_header("x-amz-trailer"));
  decoder_.emplace(std::move(o));
  return {};
}

void RequestBody::open_digests(const Options& options) {
  using crypto::DigestAlgorithm;
  const auto add = [&](DigestAlgorithm a) {
    if (std::find(algorithms_.begin(), algorithms_.end(), a) == algorithms_.end()) algorithms_.push_back(a);
  };
  if (options.need_md5 || plan_.content_md5) add(DigestAlgorithm::md5);
  if (plan_.algorithm) checksums_.push_back(*plan_.algorithm);
  if (options.also && !(plan_.algorithm && (options.only_if_none || *plan_.algorithm == *options.also)))
    checksums_.push_back(*options.also);
  for (const auto a : checksums_) add(crypto::digest_of(a));
  if (c_.claim.payload == s3wire::PayloadMode::hashed && c_.claim.payload_hash) add(DigestAlgorithm::sha256);
  digests_.emplace(c_.parts.digests, algorithms_, size_);
}

Task<std::size_t> RequestBody::read(MutableBytes into) {
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - given_));
  if (want == 0) co_return 0;
  if (digests_->behind()) CO_TRY(co_await digests_->admit());
  std::size_t got = 0;
  if (decoder_) {
    CO_TRY(got, co_await read_framed(into.first(want)));
  } else {
    CO_TRY(got, co_await c_.request.read_body_full(into.first(want)));
  }
  if (got < want) co_return fail(Code::incomplete_body);
  given_ += got;
  c_.bytes_received += got;
  co_return got;
}

// Decodes `input` and puts its payload at the front of `into`, which may be where the input stands: payload
// only moves towards the front, since the frames before it vanish.
Result<std::size_t> RequestBody::unframe(Bytes input, MutableBytes into) {
  std::size_t filled = 0;
  while (!input.empty() && !decoder_->done()) {
    TRY(const auto step, decoder_->next(input));
    if (!step.data.empty()) {
      if (step.data.size() > into.size() - filled)
        return fail(Code::internal, "payload left behind in the body");
      std::memmove(into.data() + filled, step.data.data(), step.data.size());
      filled += step.data.size();
    }
    input = input.subspan(step.consumed);
  }
  if (!input.empty()) return fail(Code::invalid_request, "There are bytes after the last chunk of the body.");
  return filled;
}

Task<std::size_t> RequestBody::read_framed(MutableBytes into) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    const MutableBytes room = into.subspan(filled);
    if (pending_from_ < pending_.size()) {  // payload never outgrows its frames, so that much fits
      const Bytes ready = as_bytes(pending_).subspan(pending_from_);
      const Bytes take = ready.first(std::min(ready.size(), room.size()));
      pending_from_ += take.size();
      CO_TRY(const std::size_t n, unframe(take, room));
      filled += n;
      continue;
    }
    if (room.size() >= kDirectRead) {
      CO_TRY(const std::size_t n, co_await c_.request.read_body_some(room));
      if (n == 0) break;
      CO_TRY(const std::size_t payload, unframe(room.first(n), room));
      filled += payload;
      continue;
    }
    pending_.resize(kPendingRead);
    pending_from_ = 0;
    auto n = co_await c_.request.read_body_some(std::as_writable_bytes(std::span(pending_)));
    pending_.resize(n.value_or(0));
    CO_TRY(n);
    if (*n == 0) break;
  }
  co_return filled;
}

// The frames behind the payload: the last chunk and the trailers.
Task<void> RequestBody::read_to_the_end() {
  std::byte none[1];
  for (;;) {
    if (pending_from_ < pending_.size()) {
      const Bytes ready = as_bytes(pending_).subspan(pending_from_);
      pending_from_ = pending_.size();
      // All payload was given, and the decoder refuses more than was announced.
      CO_TRY(unframe(ready, none));
      continue;
    }
    pending_.resize(kPendingRead);
    pending_from_ = 0;
    auto n = co_await c_.request.read_body_some(std::as_writable_bytes(std::span(pending_)));
    pending_.resize(n.value_or(0));
    CO_TRY(n);
    if (*n > 0 && decoder_->done()) co_return fail(Code::invalid_request, "There are bytes after the body.");
    if (*n == 0) co_return decoder_->finish();
  }
}

std::string_view RequestBody::raw_digest(const std::vector<std::string>& raw,
                                         crypto::DigestAlgorithm algorithm) const {
  for (std::size_t i = 0; i < algorithms_.size(); ++i)
    if (algorithms_[i] == algorithm) return raw[i];
  return {};
}

Status RequestBody::compare(const std::vector<std::string>& raw) const {
  using crypto::DigestAlgorithm;
  if (plan_.content_md5 && raw_digest(raw, DigestAlgorithm::md5) != crypto::raw_text(*plan_.content_md5))
    return fail(Code::bad_digest, "The Content-MD5 you specified did not match what we received.");
  if (c_.claim.payload == s3wire::PayloadMode::hashed && c_.claim.payload_hash &&
      raw_digest(raw, DigestAlgorithm::sha256) != crypto::raw_text(*c_.claim.payload_hash))
    return fail(Code::content_sha256_mismatch,
                "The provided 'x-amz-content-sha256' header does not match what was computed.");
  if (!plan_.algorithm) return {};
  const std::string_view computed = raw_digest(raw, crypto::digest_of(*plan_.algorithm));
  if (plan_.in_trailer) {
    TRY(const std::string expected,
        s3wire::expected_from_trailer(plan_, decoder_ ? decoder_->trailers() : s3wire::Trailers()));
    return s3wire::compare_checksum(*plan_.algorithm, expected, computed);
  }
  return plan_.expected ? s3wire::compare_checksum(*plan_.algorithm, *plan_.expected, computed) : Status();
}

Task<store::BodyDigests> RequestBody::finish() {
  if (decoder_) CO_TRY(co_await read_to_the_end());
  CO_TRY(const auto raw, co_await digests_->finish());
  CO_TRY(compare(raw));
  store::BodyDigests out;
  out.md5 = raw_digest(raw, crypto::DigestAlgorithm::md5);
  for (const auto a : checksums_)
    out.checksums.push_back({a, false, to_base64(as_bytes(raw_digest(raw, crypto::digest_of(a))))});
  co_return out;
}

Task<Document> read_document(Context& c, DocumentOptions options) {
  Document document{std::make_shared<std::string>(), {}};
  if (c.request.content_length() == 0 && !c.request.fields().has("content-length") &&
      !options.must_have_digest)
    co_return document;  // no body at all
  RequestBody::Options o;
  o.limit = options.limit;
  o.body_checksums = options.body_checksums;
  o.need_md5 = false;
  auto opened = RequestBody::open(c, o);
  if (!opened && opened.error().is(Code::entity_too_large))
    co_return fail(Code::max_message_length_exceeded, "Your request was too big.");
  CO_TRY(auto body, std::move(opened));
  const s3wire::ChecksumPlan& plan = body->plan();
  if (options.must_have_digest && !plan.expected && !plan.in_trailer && !plan.content_md5)
    co_return fail(Code::invalid_request,
                   "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  if (body->size() > s3wire::kMaxSmallBody) {
    CO_TRY(document.memory, co_await c.parts.budget.reserve(body->size(), c.config.patience));
  }
  std::string& text = *document.text;
  text.resize(body->size());
  CO_TRY(co_await body->read(std::as_writable_bytes(std::span(text))));
  body->digest(Slice(document.text, as_bytes(text)));
  CO_TRY(co_await body->finish());
  co_return document;
}

}  // namespace cairn::s3
