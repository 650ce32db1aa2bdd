#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/base/result.hpp"
#include "cairn/s3wire/sigv4.hpp"

// The aws-chunked content encoding: "hex-size[;chunk-signature=...]\r\n" data "\r\n" ..., a chunk of size 0,
// trailing headers where the payload mode has them, and an empty line.
namespace cairn::s3wire {

using Trailers = std::vector<std::pair<std::string, std::string>>;  // lower-case name, value

// Decodes an aws-chunked body incrementally, without copying: payload comes out as spans into the input. Not
// thread-safe. Payload comes out before the signature of its chunk is checked: nothing of it may take effect
// until done().
//   while (!input.empty()) {
//     CO_TRY(auto step, decoder.next(input));
//     use(step.data);
//     input = input.subspan(step.consumed);
//   }
// and at the end of the body: CO_TRY(decoder.finish()).
class AwsChunkedDecoder {
 public:
  struct Options {
    PayloadMode mode = PayloadMode::streaming_unsigned_trailer;
    std::uint64_t decoded_length = 0;        // x-amz-decoded-content-length
    std::optional<ChunkSigner> signer;       // required for the signed modes
    std::vector<std::string> trailer_names;  // announced by x-amz-trailer, lower case
    std::size_t max_chunk_header = 512;
    std::size_t max_trailer = 8192;
  };
  struct Step {
    std::size_t consumed = 0;  // bytes of input that are used up; at least 1 unless the input was empty
    Bytes data;                // payload, within those
  };

  explicit AwsChunkedDecoder(Options options);
  ~AwsChunkedDecoder();
  AwsChunkedDecoder(AwsChunkedDecoder&&) noexcept;
  AwsChunkedDecoder& operator=(AwsChunkedDecoder&&) noexcept;

  // Errors are final: invalid_request (framing, bytes after the end), incomplete_body (more or less than
  // decoded_length), signature_does_not_match, malformed_trailer.
  Result<Step> next(Bytes input);
  // The input ended: incomplete_body unless the whole body was there.
  Status finish() const;
  bool done() const;
  // The trailing headers, complete once done(); x-amz-trailer-signature is not among them.
  const Trailers& trailers() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What the headers say of an aws-chunked body: x-amz-decoded-content-length and x-amz-trailer.
// missing_content_length, invalid_argument, malformed_trailer.
Result<AwsChunkedDecoder::Options> aws_chunked_options(const HttpRequestView& request, PayloadMode mode,
                                                       ChunkSigner signer);

// Frames a body for our client. chunk() gives what precedes the data; the data itself and "\r\n" (kChunkEnd)
// follow.
class AwsChunkedEncoder {
 public:
  static constexpr std::string_view kChunkEnd = "\r\n";
  // signer: for the signed modes.
  AwsChunkedEncoder(PayloadMode mode, std::optional<ChunkSigner> signer);
  // Not for the last chunk, and data is not empty.
  std::string chunk(Bytes data);
  // The chunk of size 0, the trailers (only with a trailer mode) and the end.
  std::string finish(const Trailers& trailers = {});
  // Content-Length of a whole body of `length` bytes in chunks of `chunk_size`.
  static std::uint64_t encoded_length(PayloadMode mode, std::uint64_t length, std::uint64_t chunk_size,
                                      const Trailers& trailers_with_final_sizes = {});

 private:
  PayloadMode mode_;
  std::optional<ChunkSigner> signer_;
};

}  // namespace cairn::s3wire
