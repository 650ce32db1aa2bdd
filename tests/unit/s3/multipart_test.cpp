#include "cairn/crypto/digest.hpp"

#include "s3_rig.hpp"

namespace cairn::s3 {
namespace {
using testing::Answer;
using testing::Rig;

constexpr std::size_t kMin = 5u << 20;

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Upload : Rig {
  explicit Upload(std::vector<std::pair<std::string, std::string>> headers = {}) {
    make_bucket();
    created = send("POST", "/bucket/k", "uploads", "", std::move(headers));
    id = created.element("UploadId");
    EXPECT_FALSE(id.empty()) << created.body;
  }
  Answer part(int number, std::string body, std::vector<std::pair<std::string, std::string>> headers = {}) {
    return send("PUT", "/bucket/k", "partNumber=" + std::to_string(number) + "&uploadId=" + id,
                std::move(body), std::move(headers));
  }
  static std::string listed(int number, const Answer& part) {
    return "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + part.field("etag") +
           "</ETag></Part>";
  }
  Answer complete(const std::string& parts, std::vector<std::pair<std::string, std::string>> headers = {}) {
    return send("POST", "/bucket/k", "uploadId=" + id,
                "<CompleteMultipartUpload>" + parts + "</CompleteMultipartUpload>", std::move(headers));
  }
  Answer created;
  std::string id;
};

std::string checksum(crypto::DigestAlgorithm algorithm, const std::string& text) {
  return to_base64(as_bytes(crypto::digest(algorithm, as_bytes(text))));
}

TEST(Multipart, PartsBecomeOneObject) {
  Upload s3(Headers{{"content-type", "text/x"}, {"x-amz-meta-a", "b"}});
  const std::string one(kMin, '1'), two(123, '2');
  const auto first = s3.part(1, one), second = s3.part(3, two);
  const Answer done = s3.complete(s3.listed(1, first) + s3.listed(3, second));
  ASSERT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.element("Location"), "http://localhost:9000/bucket/k");
  EXPECT_EQ(done.element("ChecksumCRC64NVME"), checksum(crypto::DigestAlgorithm::crc64nvme, one + two));
  const Answer got = s3.get("/bucket/k");
  EXPECT_EQ(got.body, one + two);
  EXPECT_EQ(got.field("content-type"), "text/x");
  EXPECT_EQ(got.field("x-amz-meta-a"), "b");
  EXPECT_TRUE(got.field("etag").ends_with("-2\""));
  const Answer part = s3.get("/bucket/k", "partNumber=3");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, two);
  EXPECT_EQ(part.field("x-amz-mp-parts-count"), "2");
  EXPECT_EQ(s3.get("/bucket/k", "partNumber=2").code(), "InvalidPart");
  EXPECT_EQ(s3.send("HEAD", "/bucket/k", "partNumber=1").field("content-length"), std::to_string(kMin));
  EXPECT_EQ(s3.complete(s3.listed(1, first) + s3.listed(3, second)).status, 200)
      << "a repeated Complete succeeds";
}

TEST(Multipart, AnUploadWithAnAlgorithmTakesOnlyThatOne) {
  Upload s3(Headers{{"x-amz-checksum-algorithm", "SHA256"}});
  EXPECT_EQ(s3.created.field("x-amz-checksum-type"), "COMPOSITE");
  const std::string text = "hello";
  EXPECT_EQ(
      s3.part(1, text, {{"x-amz-checksum-crc32", checksum(crypto::DigestAlgorithm::crc32, text)}}).code(),
      "InvalidRequest");
  const std::string sha = checksum(crypto::DigestAlgorithm::sha256, text);
  const Answer part = s3.part(1, text, {{"x-amz-checksum-sha256", sha}});
  EXPECT_EQ(part.field("x-amz-checksum-sha256"), sha);
  const Answer done = s3.complete("<Part><PartNumber>1</PartNumber><ETag>" + part.field("etag") +
                                  "</ETag><ChecksumSHA256>" + sha + "</ChecksumSHA256></Part>");
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_TRUE(done.element("ChecksumSHA256").ends_with("-1"));
}

TEST(Multipart, AnUploadWithoutOneTakesPartsWithAny) {
  Upload s3;
  const std::string text = "hello", crc = checksum(crypto::DigestAlgorithm::crc32, text);
  const Answer part = s3.part(1, text, {{"x-amz-checksum-crc32", crc}});
  EXPECT_EQ(part.field("x-amz-checksum-crc32"), crc);
  const Answer done = s3.complete("<Part><PartNumber>1</PartNumber><ETag>" + part.field("etag") +
                                  "</ETag><ChecksumCRC32>" + crc + "</ChecksumCRC32></Part>");
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(done.element("ChecksumCRC64NVME"), checksum(crypto::DigestAlgorithm::crc64nvme, text));
}

TEST(Multipart, TheWholeObjectsChecksumAndSizeAreCompared) {
  Upload s3(Headers{{"x-amz-checksum-algorithm", "CRC32"}, {"x-amz-checksum-type", "FULL_OBJECT"}});
  const Answer part = s3.part(1, "hello");
  const auto with = [&](std::string name, std::string value) {
    return s3.complete(s3.listed(1, part), {{std::move(name), std::move(value)}}).code();
  };
  EXPECT_EQ(with("x-amz-checksum-crc32", checksum(crypto::DigestAlgorithm::crc32, "other")), "BadDigest");
  EXPECT_EQ(with("x-amz-mp-object-size", "6"), "InvalidRequest");
  EXPECT_EQ(with("x-amz-mp-object-size", "x"), "InvalidArgument");
  EXPECT_EQ(with("x-amz-checksum-crc32", checksum(crypto::DigestAlgorithm::crc32, "hello")), "");
  EXPECT_EQ(s3.get("/bucket/k").body, "hello");
}

TEST(Multipart, MistakesAreNamedAndLeaveTheUpload) {
  Upload s3;
  const auto first = s3.part(1, "one"), second = s3.part(2, "two");
  EXPECT_EQ(s3.part(0, "x").code(), "InvalidArgument");
  EXPECT_EQ(s3.part(10'001, "x").code(), "InvalidArgument");
  EXPECT_EQ(s3.complete("").code(), "MalformedXML");
  EXPECT_EQ(s3.complete(s3.listed(2, second) + s3.listed(1, first)).code(), "InvalidPartOrder");
  EXPECT_EQ(s3.complete(s3.listed(1, second)).code(), "InvalidPart");
  EXPECT_EQ(s3.complete(s3.listed(1, first) + s3.listed(2, second)).code(), "EntityTooSmall");
  EXPECT_EQ(s3.send("PUT", "/bucket/k", "partNumber=1&uploadId=none", "x").code(), "NoSuchUpload");
  EXPECT_EQ(s3.layer.object_count(), 0u);
  EXPECT_EQ(s3.complete(s3.listed(1, first)).status, 200);
}

TEST(Multipart, ConditionsHoldAtTheEnd) {
  Upload s3;
  const auto part = s3.part(1, "one");
  s3.put("/bucket/k", "there");
  EXPECT_EQ(s3.complete(s3.listed(1, part), {{"if-none-match", "*"}}).status, 412);
  EXPECT_EQ(s3.get("/bucket/k").body, "there");
}

TEST(Multipart, AnAbortedUploadIsGone) {
  Upload s3;
  s3.part(1, "one");
  EXPECT_EQ(s3.send("DELETE", "/bucket/k", "uploadId=" + s3.id).status, 204);
  EXPECT_EQ(s3.send("DELETE", "/bucket/k", "uploadId=" + s3.id).code(), "NoSuchUpload");
  EXPECT_EQ(s3.send("GET", "/bucket/k", "uploadId=" + s3.id).code(), "NoSuchUpload");
}

TEST(Multipart, PartsAndUploadsAreListedPageByPage) {
  Upload s3;
  for (int number : {1, 2, 5}) s3.part(number, "x");
  const Answer first = s3.send("GET", "/bucket/k", "max-parts=2&uploadId=" + s3.id);
  EXPECT_EQ(first.element("IsTruncated"), "true");
  EXPECT_EQ(first.element("NextPartNumberMarker"), "2");
  const Answer second = s3.send("GET", "/bucket/k", "max-parts=2&part-number-marker=2&uploadId=" + s3.id);
  EXPECT_EQ(second.element("PartNumber"), "5");
  EXPECT_EQ(second.element("IsTruncated"), "false");
  s3.send("POST", "/bucket/other", "uploads");
  const Answer uploads = s3.get("/bucket", "max-uploads=1&uploads=");
  EXPECT_EQ(uploads.element("NextKeyMarker"), "k");
  const Answer more = s3.get(
      "/bucket", "key-marker=k&upload-id-marker=" + uploads.element("NextUploadIdMarker") + "&uploads=");
  EXPECT_EQ(more.element("Key"), "other");
}

TEST(Multipart, PartsCanBeCopiedByRange) {
  Upload s3;
  s3.put("/bucket/source", "0123456789");
  const auto copy = [&](std::vector<std::pair<std::string, std::string>> headers) {
    headers.emplace_back("x-amz-copy-source", "/bucket/source");
    return s3.part(1, "", std::move(headers));
  };
  EXPECT_EQ(copy({{"x-amz-copy-source-range", "bytes=5-10"}}).code(), "InvalidRange");
  EXPECT_EQ(copy({{"x-amz-copy-source-range", "5-6"}}).code(), "InvalidArgument");
  const Answer part = copy({{"x-amz-copy-source-range", "bytes=2-5"}});
  ASSERT_EQ(part.status, 200) << part.body;
  EXPECT_NE(part.body.find("<CopyPartResult"), std::string::npos);
  const Answer done =
      s3.complete("<Part><PartNumber>1</PartNumber><ETag>" + part.element("ETag") + "</ETag></Part>");
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(s3.get("/bucket/k").body, "2345");
}

}  // namespace
}  // namespace cairn::s3
