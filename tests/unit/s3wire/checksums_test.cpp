#include "cairn/s3wire/checksums.hpp"

#include <gtest/gtest.h>

#include "requests.hpp"

namespace cairn::s3wire {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

Result<ChecksumPlan> plan(Headers headers, std::string query = {}) {
  const test::Request r{"PUT", "/", query, std::move(headers)};
  return parse_upload_checksums(r.view(), Query::parse(query).value());
}

Code refusal(Headers headers) {
  const auto p = plan(std::move(headers));
  return p ? Code::internal : p.error().code;
}

TEST(Checksums, NamesInEveryPlace) {
  EXPECT_EQ(checksum_header(ChecksumAlgorithm::crc64nvme), "x-amz-checksum-crc64nvme");
  EXPECT_EQ(checksum_element(ChecksumAlgorithm::sha1), "ChecksumSHA1");
  EXPECT_EQ(checksum_name(ChecksumAlgorithm::crc32c), "CRC32C");
  EXPECT_EQ(checksum_of_header("X-Amz-Checksum-SHA256"), ChecksumAlgorithm::sha256);
  EXPECT_EQ(checksum_of_header("x-amz-checksum-type"), std::nullopt);
  EXPECT_EQ(parse_checksum_algorithm("crc64nvme").value(), ChecksumAlgorithm::crc64nvme);
  EXPECT_EQ(parse_checksum_algorithm("SHA512").error().code, Code::not_implemented);
  EXPECT_EQ(parse_checksum_algorithm("ADLER").error().code, Code::invalid_request);
}

TEST(Checksums, AValueInAHeader) {
  const ChecksumPlan p =
      plan({{"x-amz-checksum-crc32", "NhCmhg=="}, {"x-amz-sdk-checksum-algorithm", "CRC32"}}).value();
  EXPECT_EQ(p.algorithm, ChecksumAlgorithm::crc32);
  EXPECT_EQ(p.expected, std::string("\x36\x10\xa6\x86"));
  EXPECT_FALSE(p.in_trailer);
  EXPECT_EQ(plan({}, "x-amz-checksum-crc32=NhCmhg%3D%3D")->expected, std::string("\x36\x10\xa6\x86"));
}

TEST(Checksums, AValueInTheTrailer) {
  const ChecksumPlan p = plan({{"X-Amz-Trailer", "x-amz-checksum-crc32"}}).value();
  EXPECT_TRUE(p.in_trailer);
  EXPECT_EQ(p.algorithm, ChecksumAlgorithm::crc32);
  const std::vector<std::pair<std::string, std::string>> trailers = {{"x-amz-checksum-crc32", "NhCmhg=="}};
  EXPECT_EQ(expected_from_trailer(p, trailers).value(), "\x36\x10\xa6\x86");
  EXPECT_EQ(expected_from_trailer(p, {}).error().code, Code::malformed_trailer);
  const std::vector<std::pair<std::string, std::string>> bad = {{"x-amz-checksum-crc32", "NhCm"}};
  EXPECT_EQ(expected_from_trailer(p, bad).error().code, Code::invalid_request);
}

TEST(Checksums, AnAnnouncedAlgorithmAloneComparesNothing) {
  const ChecksumPlan p = plan({{"x-amz-sdk-checksum-algorithm", "SHA256"}}).value();
  EXPECT_EQ(p.algorithm, ChecksumAlgorithm::sha256);
  EXPECT_FALSE(p.expected || p.in_trailer);
  EXPECT_EQ(
      plan({{"x-amz-sdk-checksum-algorithm", "SHA256"}, {"x-amz-checksum-crc32", "NhCmhg=="}})->algorithm,
      ChecksumAlgorithm::crc32);
}

TEST(Checksums, BadOnesAreRefused) {
  EXPECT_EQ(refusal({{"x-amz-checksum-crc32", "NhCmhg"}}), Code::invalid_request);
  EXPECT_EQ(refusal({{"x-amz-checksum-crc32", "NhCmhgAA"}}), Code::invalid_request);
  EXPECT_EQ(refusal({{"x-amz-checksum-crc32", "NhCmhg==-2"}}), Code::invalid_request);
  EXPECT_EQ(refusal({{"x-amz-checksum-crc32", "NhCmhg=="}, {"x-amz-checksum-crc32c", "NhCmhg=="}}),
            Code::invalid_request);
  EXPECT_EQ(refusal({{"x-amz-checksum-crc32", "NhCmhg=="}, {"x-amz-trailer", "x-amz-checksum-crc32"}}),
            Code::invalid_request);
  EXPECT_EQ(refusal({{"x-amz-checksum-xxhash64", "AAAAAAAAAAA="}}), Code::not_implemented);
  EXPECT_EQ(refusal({{"x-amz-trailer", "x-amz-checksum-sha512"}}), Code::not_implemented);
  EXPECT_EQ(refusal({{"x-amz-trailer", "x-amz-checksum-foo"}}), Code::invalid_request);
  EXPECT_EQ(refusal({{"content-md5", "not base64"}}), Code::invalid_digest);
  EXPECT_EQ(refusal({{"content-md5", "NhCmhg=="}}), Code::invalid_digest);
  EXPECT_EQ(refusal({{"content-md5", "XUFAKrxLKna5cZ2REBfFkg=="}}), Code::internal);
}

TEST(Checksums, CompositeValues) {
  const ChecksumValue v = parse_checksum_value(ChecksumAlgorithm::crc32, "NhCmhg==-12").value();
  EXPECT_EQ(v.type, ChecksumType::composite);
  EXPECT_EQ(v.parts, 12u);
  EXPECT_EQ(v.text(), "NhCmhg==-12");
  for (const char* bad : {"NhCmhg==-", "NhCmhg==-0", "NhCmhg==-10001", "NhCmhg==-x", "-1"})
    EXPECT_FALSE(parse_checksum_value(ChecksumAlgorithm::crc32, bad).has_value()) << bad;
}

TEST(Checksums, OfAMultipartUpload) {
  const auto of = [](Headers h) {
    const test::Request r{"POST", "/", "", std::move(h)};
    return parse_multipart_checksum(r.view(), {});
  };
  EXPECT_EQ(of({})->has_value(), false);
  EXPECT_EQ(of({{"x-amz-checksum-algorithm", "CRC32"}}).value()->type, ChecksumType::composite);
  EXPECT_EQ(of({{"x-amz-checksum-algorithm", "CRC64NVME"}}).value()->type, ChecksumType::full_object);
  EXPECT_EQ(
      of({{"x-amz-checksum-algorithm", "CRC32C"}, {"x-amz-checksum-type", "FULL_OBJECT"}}).value()->type,
      ChecksumType::full_object);
  EXPECT_FALSE(
      of({{"x-amz-checksum-algorithm", "SHA256"}, {"x-amz-checksum-type", "FULL_OBJECT"}}).has_value());
  EXPECT_FALSE(
      of({{"x-amz-checksum-algorithm", "CRC64NVME"}, {"x-amz-checksum-type", "COMPOSITE"}}).has_value());
  EXPECT_FALSE(of({{"x-amz-checksum-type", "COMPOSITE"}}).has_value());
}

TEST(Checksums, ModeAndComparison) {
  const auto mode = [](std::string v) {
    const test::Request r{"GET", "/", "", {{"x-amz-checksum-mode", std::move(v)}}};
    return checksum_mode_enabled(r.view(), {});
  };
  EXPECT_TRUE(mode("ENABLED").value());
  EXPECT_FALSE(mode("yes").has_value());
  EXPECT_TRUE(compare_checksum(ChecksumAlgorithm::crc32, "abcd", "abcd").has_value());
  EXPECT_EQ(compare_checksum(ChecksumAlgorithm::crc32, "abcd", "abce").error().code, Code::bad_digest);
}

}  // namespace
}  // namespace cairn::s3wire
