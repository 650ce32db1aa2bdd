#include "cairn/s3wire/aws_chunked.hpp"

#include <algorithm>
#include <charconv>

#include "cairn/crypto/digest.hpp"

#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::string_view kSignatureField = "chunk-signature=";
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature";

bool has_signed_chunks(PayloadMode m) {
  return m == PayloadMode::streaming_signed || m == PayloadMode::streaming_signed_trailer;
}
bool has_trailer(PayloadMode m) {
  return m == PayloadMode::streaming_signed_trailer || m == PayloadMode::streaming_unsigned_trailer;
}

Sha256 finish_sha256(crypto::Digest& digest) {
  const std::string raw = digest.finish();
  Sha256 out{};
  std::ranges::copy_n(raw.begin(), static_cast<std::ptrdiff_t>(std::min(raw.size(), out.size())),
                      out.begin());
  return out;
}

std::unexpected<Error> bad_framing(std::string_view what) {
  return fail(Code::invalid_request, "The aws-chunked body is malformed: " + std::string(what));
}

std::string hex_number(std::uint64_t v) {
  char digits[16];
  return {digits, std::to_chars(digits, digits + sizeof digits, v, 16).ptr};
}

// "name:value\n" of each trailer: what the trailer's signature covers.
Sha256 hash_trailers(const Trailers& trailers) {
  std::string text;
  for (const auto& [name, value] : trailers) text.append(name).append(":").append(value).append("\n");
  return crypto::sha256(text);
}

}  // namespace

struct AwsChunkedDecoder::State {
  enum class At : std::uint8_t { header, data, data_end, trailer, end, done, failed };

  Options options;
  At at = At::header;
  std::string line;              // the part of a line that has come so far
  std::uint64_t chunk_left = 0;  // of the present chunk's data
  std::uint64_t decoded = 0;     // payload so far, the present chunk counted whole
  std::size_t trailer_bytes = 0;
  std::string signature;  // claimed for the present chunk
  std::optional<crypto::Digest> digest;
  std::string trailer_signature;
  Trailers trailers;

  bool is_signed() const { return has_signed_chunks(options.mode); }

  // Moves input up to and including "\n" into `line`; true once the line is whole, its end cut off.
  Result<bool> read_line(Bytes input, std::size_t& consumed, std::size_t limit, Code too_long) {
    const std::string_view rest = as_text(input).substr(consumed);
    const std::size_t end = rest.find('\n');
    const std::size_t take = end == std::string_view::npos ? rest.size() : end + 1;
    if (line.size() + take > limit) return fail(too_long, "A line of the aws-chunked body is too long.");
    line.append(rest.substr(0, take));
    consumed += take;
    if (end == std::string_view::npos) return false;
    line.pop_back();
    if (line.ends_with('\r')) line.pop_back();
    return true;
  }

  Status on_header() {
    std::string_view rest = line;
    const std::string_view size = trim(cut(rest, ';'));
    std::uint64_t n = 0;
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), n, 16);
    if (size.empty() || hex_value(size.front()) < 0 || error != std::errc{} ||
        end != size.data() + size.size())
      return bad_framing("a chunk size is not a number.");
    signature.clear();
    while (!rest.empty()) {
      const std::string_view field = trim(cut(rest, ';'));
      if (field.starts_with(kSignatureField)) signature = field.substr(kSignatureField.size());
    }
    line.clear();
    if (is_signed() && signature.size() != 64) return bad_framing("a chunk has no signature.");
    if (n > options.decoded_length - decoded) return fail(Code::incomplete_body);
    decoded += n;
    chunk_left = n;
    if (is_signed()) digest.emplace(crypto::DigestAlgorithm::sha256);
    if (n > 0) {
      at = At::data;
      return {};
    }
    if (decoded != options.decoded_length) return fail(Code::incomplete_body);
    TRY(check_chunk());
    at = has_trailer(options.mode) ? At::trailer : At::end;
    return {};
  }

  Status check_chunk() {
    if (!is_signed()) return {};
    const std::string expected = options.signer->next_chunk(finish_sha256(*digest));
    digest.reset();
    if (!equal_constant_time(expected, signature)) return fail(Code::signature_does_not_match);
    return {};
  }

  Status on_trailer_line() {
    const std::string_view text = trim(line);
    if (text.empty()) {
      // Amazon's own example has an empty line before the trailer's signature.
      if (options.mode == PayloadMode::streaming_signed_trailer && trailer_signature.empty()) return {};
      return end_of_trailer();
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0) return fail(Code::malformed_trailer);
    std::string name = to_lower(trim(text.substr(0, colon)));
    const std::string_view value = trim(text.substr(colon + 1));
    if (name == kTrailerSignature) {
      if (!trailer_signature.empty() || value.size() != 64) return fail(Code::malformed_trailer);
      trailer_signature = value;
      line.clear();
      return {};
    }
    const bool announced = std::ranges::find(options.trailer_names, name) != options.trailer_names.end();
    const bool repeated = std::ranges::find(trailers, name, &Trailers::value_type::first) != trailers.end();
    // What follows the signature is not covered by it.
    if (!announced || repeated || !trailer_signature.empty()) return fail(Code::malformed_trailer);
    trailers.emplace_back(std::move(name), std::string(value));
    line.clear();
    return {};
  }

  Status end_of_trailer() {
    if (trailers.size() != options.trailer_names.size()) return fail(Code::malformed_trailer);
    if (options.mode == PayloadMode::streaming_signed_trailer) {
      const std::string expected = options.signer->trailer(hash_trailers(trailers));
      if (!equal_constant_time(expected, trailer_signature)) return fail(Code::signature_does_not_match);
    } else if (!trailer_signature.empty()) {
      return fail(Code::malformed_trailer);
    }
    at = At::done;
    return {};
  }

  Result<Step> next(Bytes input) {
    Step step;
    while (step.consumed < input.size()) {
      switch (at) {
        case At::header: {
          TRY(const bool whole,
              read_line(input, step.consumed, options.max_chunk_header, Code::invalid_request));
          if (whole) TRY(on_header());
          break;
        }
        case At::data: {
          const auto n =
              static_cast<std::size_t>(std::min<std::uint64_t>(chunk_left, input.size() - step.consumed));
          step.data = input.subspan(step.consumed, n);
          step.consumed += n;
          chunk_left -= n;
          if (digest) digest->update(step.data);
          if (chunk_left == 0) {
            TRY(check_chunk());
            at = At::data_end;
          }
          return step;
        }
        case At::data_end:
        case At::end: {
          TRY(const bool whole, read_line(input, step.consumed, 2, Code::invalid_request));
          if (!whole) {
            if (line != "\r") return bad_framing("a chunk is longer than its size.");
            break;
          }
          if (!line.empty()) return bad_framing("a chunk is longer than its size.");
          at = at == At::end ? At::done : At::header;
          break;
        }
        case At::trailer: {
          const std::size_t before = step.consumed;
          TRY(const bool whole,
              read_line(input, step.consumed, options.max_trailer, Code::malformed_trailer));
          trailer_bytes += step.consumed - before;
          if (trailer_bytes > options.max_trailer) return fail(Code::malformed_trailer);
          if (whole) TRY(on_trailer_line());
          break;
        }
        case At::done:
          return bad_framing("bytes follow its end.");
        case At::failed:
          return bad_framing("it was refused before.");
      }
    }
    return step;
  }
};

AwsChunkedDecoder::AwsChunkedDecoder(Options options) : state_(std::make_unique<State>()) {
  // A signed body without a signer is a bug of the caller; it must not pass unchecked.
  if (has_signed_chunks(options.mode) && !options.signer) state_->at = State::At::failed;
  for (std::string& name : options.trailer_names) name = to_lower(name);
  state_->options = std::move(options);
}
AwsChunkedDecoder::~AwsChunkedDecoder() = default;
AwsChunkedDecoder::AwsChunkedDecoder(AwsChunkedDecoder&&) noexcept = default;
AwsChunkedDecoder& AwsChunkedDecoder::operator=(AwsChunkedDecoder&&) noexcept = default;

Result<AwsChunkedDecoder::Step> AwsChunkedDecoder::next(Bytes input) {
  auto step = state_->next(input);
  if (!step) state_->at = State::At::failed;
  return step;
}

Status AwsChunkedDecoder::finish() const {
  if (state_->at == State::At::done) return {};
  return fail(Code::incomplete_body);
}

bool AwsChunkedDecoder::done() const { return state_->at == State::At::done; }
const Trailers& AwsChunkedDecoder::trailers() const { return state_->trailers; }

Result<AwsChunkedDecoder::Options> aws_chunked_options(const HttpRequestView& request, PayloadMode mode,
                                                       ChunkSigner signer) {
  constexpr std::size_t kMaxTrailers = 16;
  AwsChunkedDecoder::Options out;
  out.mode = mode;
  const auto length = request.header("x-amz-decoded-content-length");
  if (!length)
    return fail(Code::missing_content_length,
                "You must provide the x-amz-decoded-content-length HTTP header.");
  const auto decoded = parse_decimal(*length);
  if (!decoded)
    return fail(Code::invalid_argument, "x-amz-decoded-content-length must be a number of bytes.");
  out.decoded_length = *decoded;
  if (has_signed_chunks(mode)) out.signer = std::move(signer);
  for (const HeaderField& h : request.headers) {
    if (!iequals(h.name, "x-amz-trailer")) continue;
    for (std::string_view rest = h.value; !rest.empty();) {
      const std::string_view name = trim(cut(rest, ','));
      if (name.empty()) continue;
      if (!has_trailer(mode) || out.trailer_names.size() == kMaxTrailers)
        return fail(Code::malformed_trailer);
      out.trailer_names.push_back(to_lower(name));
    }
  }
  return out;
}

AwsChunkedEncoder::AwsChunkedEncoder(PayloadMode mode, std::optional<ChunkSigner> signer)
    : mode_(mode), signer_(std::move(signer)) {}

std::string AwsChunkedEncoder::chunk(Bytes data) {
  std::string out = hex_number(data.size());
  if (has_signed_chunks(mode_))
    out.append(";").append(kSignatureField).append(signer_.value().next_chunk(crypto::sha256(data)));
  return out.append(kChunkEnd);
}

std::string AwsChunkedEncoder::finish(const Trailers& trailers) {
  std::string out = chunk({});
  if (has_trailer(mode_)) {
    for (const auto& [name, value] : trailers) out.append(name).append(":").append(value).append(kChunkEnd);
    if (mode_ == PayloadMode::streaming_signed_trailer)
      out.append(kTrailerSignature)
          .append(":")
          .append(signer_.value().trailer(hash_trailers(trailers)))
          .append(kChunkEnd);
  }
  return out.append(kChunkEnd);
}

std::uint64_t AwsChunkedEncoder::encoded_length(PayloadMode mode, std::uint64_t length,
                                                std::uint64_t chunk_size, const Trailers& trailers) {
  const std::uint64_t signature = has_signed_chunks(mode) ? 1 + kSignatureField.size() + 64 : 0;
  const auto framed = [&](std::uint64_t n) { return hex_number(n).size() + signature + 2 + n + 2; };
  std::uint64_t total = length / chunk_size * framed(chunk_size);
  if (length % chunk_size) total += framed(length % chunk_size);
  total += framed(0);
  if (has_trailer(mode)) {
    for (const auto& [name, value] : trailers) total += name.size() + 1 + value.size() + 2;
    if (mode == PayloadMode::streaming_signed_trailer) total += kTrailerSignature.size() + 1 + 64 + 2;
  }
  return total;
}

}  // namespace cairn::s3wire
