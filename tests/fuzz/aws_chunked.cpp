// An aws-chunked body (after a byte for the mode and one for the size of the pieces) decoded in pieces and at
// once: the outcome must be the same. And the input as payload, encoded and decoded again.
#include "cairn/s3wire/aws_chunked.hpp"

#include <cstdlib>

using namespace cairn;
using namespace cairn::s3wire;

namespace {

ChunkSigner signer() {
  return {derive_signing_key("secret", "20130524", "us-east-1", "s3"), "20130524T000000Z",
          "20130524/us-east-1/s3/aws4_request", std::string(64, '0')};
}

AwsChunkedDecoder decoder(PayloadMode mode, std::uint64_t length) {
  AwsChunkedDecoder::Options o;
  o.mode = mode;
  o.decoded_length = length;
  o.signer = signer();
  if (mode != PayloadMode::streaming_signed) o.trailer_names = {"x-amz-checksum-crc32"};
  return AwsChunkedDecoder(std::move(o));
}

struct Outcome {
  std::string data;
  Trailers trailers;
  Code code{};
  bool operator==(const Outcome&) const = default;
};

Outcome decode(PayloadMode mode, std::uint64_t length, std::string_view body, std::size_t step) {
  AwsChunkedDecoder d = decoder(mode, length);
  Outcome out;
  while (!body.empty()) {
    Bytes input = as_bytes(body.substr(0, step));
    body.remove_prefix(input.size());
    while (!input.empty()) {
      const auto got = d.next(input);
      if (!got) {
        out.data.clear();  // how much came out before depends on the pieces
        out.code = got.error().code;
        return out;
      }
      if (got->consumed == 0 || got->consumed > input.size()) std::abort();
      out.data += as_text(got->data);
      input = input.subspan(got->consumed);
    }
  }
  const Status end = d.finish();
  if (end) {
    if (out.data.size() != length) std::abort();
    out.trailers = d.trailers();
  } else {
    out.data.clear();
    out.code = end.error().code;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  static constexpr PayloadMode kModes[] = {PayloadMode::streaming_unsigned_trailer,
                                           PayloadMode::streaming_signed,
                                           PayloadMode::streaming_signed_trailer};
  const PayloadMode mode = kModes[data[0] % 3];
  const std::size_t step = data[1] % 64 + 1;
  const std::string_view body(reinterpret_cast<const char*>(data) + 3, size - 3);
  if (decode(mode, data[2], body, step) != decode(mode, data[2], body, size)) std::abort();

  const std::string_view payload = body.substr(0, 512);
  const std::size_t chunk = step + 31;
  AwsChunkedEncoder encoder(mode, signer());
  std::string encoded;
  for (std::string_view rest = payload; !rest.empty();) {
    const std::string_view piece = rest.substr(0, chunk);
    rest.remove_prefix(piece.size());
    encoded.append(encoder.chunk(as_bytes(piece))).append(piece).append(AwsChunkedEncoder::kChunkEnd);
  }
  const Trailers trailers = {{"x-amz-checksum-crc32", "AAAAAA=="}};
  encoded += encoder.finish(trailers);
  if (encoded.size() != AwsChunkedEncoder::encoded_length(mode, payload.size(), chunk, trailers))
    std::abort();
  const Outcome back = decode(mode, payload.size(), encoded, step);
  if (back.code != Code{} || back.data != payload) std::abort();
  return 0;
}
