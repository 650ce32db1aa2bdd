#include "cairn/s3wire/aws_chunked.hpp"

#include <gtest/gtest.h>

#include "cairn/crypto/digest.hpp"

#include "requests.hpp"

namespace cairn::s3wire {
namespace {

using Options = AwsChunkedDecoder::Options;

struct Decoded {
  std::string data;
  Trailers trailers;
  Status status;
};

// Feeds the body in pieces of `step` bytes.
Decoded decode(std::string_view body, Options options, std::size_t step = 1u << 20) {
  AwsChunkedDecoder decoder(std::move(options));
  Decoded out;
  while (!body.empty()) {
    Bytes input = as_bytes(body.substr(0, step));
    body.remove_prefix(input.size());
    while (!input.empty()) {
      auto got = decoder.next(input);
      if (!got) {
        out.status = fail(got.error());
        EXPECT_FALSE(decoder.next(input).has_value());  // errors are final
        return out;
      }
      EXPECT_GT(got->consumed, 0u);
      EXPECT_LE(got->consumed, input.size());
      EXPECT_TRUE(got->data.empty() || (got->data.data() >= input.data() &&
                                        got->data.data() + got->data.size() <= input.data() + got->consumed));
      out.data += as_text(got->data);
      input = input.subspan(got->consumed);
    }
  }
  out.status = decoder.finish();
  EXPECT_EQ(out.status.has_value(), decoder.done());
  out.trailers = decoder.trailers();
  return out;
}

Options unsigned_options(std::uint64_t length, std::vector<std::string> trailers = {}) {
  Options o;
  o.mode = PayloadMode::streaming_unsigned_trailer;
  o.decoded_length = length;
  o.trailer_names = std::move(trailers);
  return o;
}

// ---- The examples of the S3 API reference: 65 KiB of 'a' in chunks of 64 KiB and 1 KiB ----

ChunkSigner example_signer(const char* seed) {
  return {derive_signing_key(test::kSecret, "20130524", "us-east-1", "s3"), "20130524T000000Z",
          "20130524/us-east-1/s3/aws4_request", seed};
}

std::string signed_example() {
  return "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n" +
         std::string(65536, 'a') +
         "\r\n400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n" +
         std::string(1024, 'a') +
         "\r\n0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
}

Options signed_options() {
  Options o;
  o.mode = PayloadMode::streaming_signed;
  o.decoded_length = 66560;
  o.signer = example_signer("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  return o;
}

std::string trailer_example(std::string_view before_signature) {
  return "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n" +
         std::string(65536, 'a') +
         "\r\n400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n" +
         std::string(1024, 'a') +
         "\r\n0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
         "x-amz-checksum-crc32c:sOO8/Q==" +
         std::string(before_signature) +
         "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
}

Options trailer_options() {
  Options o;
  o.mode = PayloadMode::streaming_signed_trailer;
  o.decoded_length = 66560;
  o.signer = example_signer("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
  o.trailer_names = {"X-Amz-Checksum-Crc32c"};
  return o;
}

TEST(AwsChunkedPublished, SignedChunks) {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, std::size_t{1} << 20}) {
    const Decoded d = decode(signed_example(), signed_options(), step);
    EXPECT_TRUE(d.status.has_value()) << step;
    EXPECT_EQ(d.data, std::string(66560, 'a'));
  }
}

TEST(AwsChunkedPublished, SignedTrailer) {
  for (const char* line_end : {"\r\n", "\n\r\n", "\n"}) {
    const Decoded d = decode(trailer_example(line_end), trailer_options(), 1000);
    EXPECT_TRUE(d.status.has_value());
    EXPECT_EQ(d.trailers, (Trailers{{"x-amz-checksum-crc32c", "sOO8/Q=="}}));
  }
}

TEST(AwsChunkedPublished, OurEncoderMakesTheSameBytes) {
  const std::string a(66560, 'a');
  const auto encode = [&](PayloadMode mode, ChunkSigner signer, const Trailers& trailers) {
    AwsChunkedEncoder e(mode, std::move(signer));
    std::string out;
    for (const auto part : {as_bytes(a).first(65536), as_bytes(a).subspan(65536)})
      out.append(e.chunk(part)).append(as_text(part)).append(AwsChunkedEncoder::kChunkEnd);
    return out.append(e.finish(trailers));
  };
  EXPECT_EQ(encode(PayloadMode::streaming_signed, *signed_options().signer, {}), signed_example());
  const Trailers trailers = {{"x-amz-checksum-crc32c", "sOO8/Q=="}};
  const std::string with_trailer =
      encode(PayloadMode::streaming_signed_trailer, *trailer_options().signer, trailers);
  EXPECT_EQ(with_trailer, trailer_example("\r\n"));
  EXPECT_EQ(AwsChunkedEncoder::encoded_length(PayloadMode::streaming_signed, 66560, 65536),
            signed_example().size());
  EXPECT_EQ(AwsChunkedEncoder::encoded_length(PayloadMode::streaming_signed_trailer, 66560, 65536, trailers),
            with_trailer.size());
}

TEST(AwsChunked, AChangeAnywhereInASignedBodyIsNoticed) {
  const std::string good = signed_example();
  for (const std::size_t at : {std::size_t{0}, std::size_t{30}, std::size_t{200}, std::size_t{60000},
                               good.size() - 900, good.size() - 20}) {
    std::string bad = good;
    bad[at] = bad[at] == 'b' ? 'c' : 'b';
    EXPECT_FALSE(decode(bad, signed_options()).status.has_value()) << at;
  }
  Options other = signed_options();
  other.signer = example_signer("0f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  const Decoded d = decode(good, other);
  EXPECT_EQ(d.status.error().code, Code::signature_does_not_match);
  std::string trailer = trailer_example("\r\n");
  trailer.replace(trailer.find("sOO8"), 4, "sOO9");
  EXPECT_EQ(decode(trailer, trailer_options()).status.error().code, Code::signature_does_not_match);
}

TEST(AwsChunked, ASignedBodyNeedsItsSignatures) {
  EXPECT_FALSE(decode("5\r\nhello\r\n0\r\n\r\n",
                      [] {
                        Options o = signed_options();
                        o.decoded_length = 5;
                        return o;
                      }())
                   .status.has_value());
  Options no_signer = signed_options();
  no_signer.signer.reset();
  EXPECT_FALSE(decode(signed_example(), no_signer).status.has_value());
  // The trailer's signature left out.
  std::string cut = trailer_example("\r\n");
  cut = cut.substr(0, cut.find("x-amz-trailer-signature")) + "\r\n";
  EXPECT_FALSE(decode(cut, trailer_options()).status.has_value());
}

TEST(AwsChunked, UnsignedWithTrailer) {
  const std::string body = "5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nX-Amz-Checksum-CRC32: DUoRhQ== \r\n\r\n";
  for (std::size_t step = 1; step < body.size(); ++step) {
    const Decoded d = decode(body, unsigned_options(11, {"x-amz-checksum-crc32"}), step);
    EXPECT_TRUE(d.status.has_value()) << step;
    EXPECT_EQ(d.data, "hello world");
    EXPECT_EQ(d.trailers, (Trailers{{"x-amz-checksum-crc32", "DUoRhQ=="}}));
  }
  EXPECT_TRUE(decode("0\r\n\r\n", unsigned_options(0)).status.has_value());
}

Code refusal(std::string_view body, std::uint64_t length, std::vector<std::string> trailers = {}) {
  const Decoded d = decode(body, unsigned_options(length, std::move(trailers)), 3);
  return d.status ? Code::internal : d.status.error().code;
}

TEST(AwsChunked, TheLengthMustBeTheOneAnnounced) {
  EXPECT_EQ(refusal("5\r\nhello\r\n0\r\n\r\n", 6), Code::incomplete_body);
  EXPECT_EQ(refusal("5\r\nhello\r\n0\r\n\r\n", 4), Code::incomplete_body);
  EXPECT_EQ(refusal("5\r\nhello\r\nffffffffffffffff\r\n", 10), Code::incomplete_body);
}

TEST(AwsChunked, ATruncatedBodyIsIncompleteWhereverItEnds) {
  const std::string body = "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n";
  for (std::size_t n = 0; n < body.size(); ++n)
    EXPECT_EQ(refusal(body.substr(0, n), 5, {"x-amz-checksum-crc32"}), Code::incomplete_body) << n;
}

TEST(AwsChunked, MalformedFraming) {
  for (const char* body :
       {"\r\n", "x\r\n", "-1\r\n", "+5\r\nhello\r\n", "0x5\r\nhello\r\n", "10000000000000000\r\n",
        "5\r\nhello!\r\n0\r\n\r\n", "5\r\nhelloXX0\r\n\r\n", "5\r\nhello\n0\r\n\r\nmore"})
    EXPECT_EQ(refusal(body, 5), Code::invalid_request) << body;
  EXPECT_EQ(refusal(std::string(600, '0'), 5), Code::invalid_request);
}

TEST(AwsChunked, TrailersMustBeTheOnesAnnounced) {
  const std::string head = "5\r\nhello\r\n0\r\n";
  const auto code = [&](const std::string& trailer, std::vector<std::string> names) {
    return refusal(head + trailer, 5, std::move(names));
  };
  EXPECT_EQ(code("x-amz-checksum-crc32:NhCmhg==\r\n\r\n", {}), Code::malformed_trailer);
  EXPECT_EQ(code("\r\n", {"x-amz-checksum-crc32"}), Code::malformed_trailer);
  EXPECT_EQ(code("x-amz-checksum-sha1:NhCmhg==\r\n\r\n", {"x-amz-checksum-crc32"}), Code::malformed_trailer);
  EXPECT_EQ(code("x-amz-checksum-crc32:a\r\nx-amz-checksum-crc32:b\r\n\r\n", {"x-amz-checksum-crc32"}),
            Code::malformed_trailer);
  EXPECT_EQ(code("no colon\r\n\r\n", {"x-amz-checksum-crc32"}), Code::malformed_trailer);
  EXPECT_EQ(code(std::string(9000, 'x'), {"x-amz-checksum-crc32"}), Code::malformed_trailer);
  std::string many;
  for (int i = 0; i < 2000; ++i) many += "a:b\r\n";
  EXPECT_EQ(code(many, {"a"}), Code::malformed_trailer);
}

TEST(AwsChunked, OptionsComeFromTheHeaders) {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  const auto options = [](PayloadMode mode, Headers headers) {
    const test::Request r{"PUT", "/b/k", "", std::move(headers)};
    return aws_chunked_options(r.view(), mode, example_signer("seed"));
  };
  constexpr PayloadMode kTrailer = PayloadMode::streaming_unsigned_trailer;
  const auto good = options(
      kTrailer, {{"X-Amz-Decoded-Content-Length", "66560"}, {"x-amz-trailer", "X-Amz-Checksum-CRC32, a"}});
  ASSERT_TRUE(good.has_value());
  EXPECT_EQ(good->decoded_length, 66560u);
  EXPECT_EQ(good->trailer_names, (std::vector<std::string>{"x-amz-checksum-crc32", "a"}));
  EXPECT_FALSE(good->signer.has_value());
  EXPECT_TRUE(
      options(PayloadMode::streaming_signed, {{"x-amz-decoded-content-length", "1"}})->signer.has_value());
  EXPECT_EQ(options(kTrailer, {}).error().code, Code::missing_content_length);
  for (const char* bad : {"", "-1", "1x", "99999999999999999999"})
    EXPECT_EQ(options(kTrailer, {{"x-amz-decoded-content-length", bad}}).error().code, Code::invalid_argument)
        << bad;
  EXPECT_EQ(
      options(PayloadMode::streaming_signed, {{"x-amz-decoded-content-length", "1"}, {"x-amz-trailer", "a"}})
          .error()
          .code,
      Code::malformed_trailer);
}

}  // namespace
}  // namespace cairn::s3wire
