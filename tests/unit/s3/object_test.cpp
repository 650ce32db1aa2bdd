#include "cairn/crypto/digest.hpp"

#include "s3_rig.hpp"

namespace cairn::s3 {
namespace {
using testing::Answer;
using testing::Call;
using testing::Rig;

std::string crc64(const std::string& text) {
  return to_base64(as_bytes(crypto::digest(crypto::DigestAlgorithm::crc64nvme, as_bytes(text))));
}
std::string md5_base64(const std::string& text) {
  return to_base64(as_bytes(crypto::digest(crypto::DigestAlgorithm::md5, as_bytes(text))));
}
std::string md5_hex(const std::string& text) {
  return to_hex(as_bytes(crypto::digest(crypto::DigestAlgorithm::md5, as_bytes(text))));
}

struct Bucket : Rig {
  Bucket() { make_bucket(); }
};

// ---- PutObject ----

TEST(PutObject, KeepsBodyHeadersAndMetadata) {
  Bucket s3;
  const Answer put = s3.put("/bucket/a%20b", "hello",
                            {{"content-type", "text/x"},
                             {"cache-control", "no-cache"},
                             {"x-amz-meta-Colour", "blue"},
                             {"content-encoding", "aws-chunked,gzip"}});
  EXPECT_EQ(put.status, 200) << put.body;
  EXPECT_EQ(put.field("etag"), '"' + md5_hex("hello") + '"');
  const Answer got = s3.get("/bucket/a%20b");
  EXPECT_EQ(got.body, "hello");
  EXPECT_EQ(got.field("content-type"), "text/x");
  EXPECT_EQ(got.field("cache-control"), "no-cache");
  EXPECT_EQ(got.field("content-encoding"), "gzip");
  EXPECT_EQ(got.field("x-amz-meta-colour"), "blue");
  EXPECT_EQ(got.field("last-modified"), http_date(s3.clock.now_ms()));
  EXPECT_EQ(got.field("accept-ranges"), "bytes");
  EXPECT_EQ(got.field("x-amz-storage-class"), "");
}

TEST(PutObject, WithoutAChecksumGetsCrc64AndAReadShowsItWhereAskedFor) {
  Bucket s3;
  const Answer put = s3.put("/bucket/k", "hello");
  EXPECT_EQ(put.field("x-amz-checksum-crc64nvme"), crc64("hello"));
  EXPECT_EQ(put.field("x-amz-checksum-type"), "FULL_OBJECT");
  EXPECT_EQ(s3.get("/bucket/k").field("x-amz-checksum-crc64nvme"), "");
  const Answer got = s3.send("GET", "/bucket/k", "", "", {{"x-amz-checksum-mode", "ENABLED"}});
  EXPECT_EQ(got.field("x-amz-checksum-crc64nvme"), crc64("hello"));
  const Answer part =
      s3.send("GET", "/bucket/k", "", "", {{"x-amz-checksum-mode", "ENABLED"}, {"range", "bytes=1-2"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.field("x-amz-checksum-crc64nvme"), "");
}

TEST(PutObject, WhatDoesNotMatchItsDigestChangesNothing) {
  Bucket s3;
  const std::string hex_of_other =
      to_hex(as_bytes(crypto::digest(crypto::DigestAlgorithm::sha256, as_bytes("other"))));
  const std::vector<std::pair<Call, std::string>> calls{
      {{.headers = {{"content-md5", md5_base64("other")}}}, "BadDigest"},
      {{.headers = {{"content-md5", "nonsense"}}}, "InvalidDigest"},
      {{.headers = {{"x-amz-checksum-crc64nvme", crc64("other")}}}, "BadDigest"},
      {{.headers = {{"x-amz-checksum-crc32", "!!"}}}, "InvalidRequest"},
      {{.content_sha256 = hex_of_other}, "XAmzContentSHA256Mismatch"},
  };
  for (auto [call, code] : calls) {
    for (const std::size_t size :
         {std::size_t{5}, std::size_t{300'000}}) {  // digested in the caller, and on the pool
      call.method = "PUT";
      call.path = "/bucket/k";
      call.body = std::string(size, 'x');
      EXPECT_EQ(s3(call).code(), code) << size;
    }
  }
  EXPECT_EQ(s3.layer.object_count(), 0u);
}

TEST(PutObject, ABodyThatEndsEarlyChangesNothing) {
  Bucket s3;
  for (const std::size_t sent : {0u, 1u, 99'999u}) {
    const Answer a =
        s3({.method = "PUT", .path = "/bucket/k", .body = std::string(100'000, 'x'), .send = sent});
    EXPECT_NE(a.status, 200) << sent;
  }
  EXPECT_EQ(s3.layer.object_count(), 0u);
}

TEST(PutObject, NeedsALength) {
  Bucket s3;
  EXPECT_EQ(s3({.method = "PUT", .path = "/bucket/k", .content_length = false}).code(),
            "MissingContentLength");
  const Answer chunked = s3({.method = "PUT",
                             .path = "/bucket/k",
                             .headers = {{"transfer-encoding", "chunked"}},
                             .body = "5\r\nhello\r\n0\r\n\r\n",
                             .content_length = false});
  EXPECT_EQ(chunked.status, 411);
  EXPECT_EQ(s3.layer.object_count(), 0u);
}

TEST(PutObject, LimitsAreNamedAndNothingIsReadBefore) {
  Bucket s3;
  const auto refused = [&](std::string path, std::vector<std::pair<std::string, std::string>> headers) {
    return s3({.method = "PUT",
               .path = std::move(path),
               .headers = std::move(headers),
               .body = "",
               .content_length = true})
        .code();
  };
  EXPECT_EQ(refused("/bucket/k", {{"content-length", "5368709121"}}), "EntityTooLarge");
  EXPECT_EQ(refused("/bucket/" + std::string(1025, 'k'), {}), "KeyTooLongError");
  EXPECT_EQ(refused("/bucket/k", {{"x-amz-meta-a", std::string(2048, 'v')}}), "MetadataTooLarge");
  EXPECT_EQ(refused("/bucket/k", {{"x-amz-storage-class", "GLACIER"}}), "InvalidStorageClass");
  EXPECT_EQ(refused("/bucket/k", {{"x-amz-storage-class", "nonsense"}}), "InvalidStorageClass");
  EXPECT_EQ(s3.layer.object_count(), 0u);
}

TEST(PutObject, HeadersWhoseMeaningIsMissingAreRefusedNotIgnored) {
  Bucket s3;
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
           {"x-amz-server-side-encryption", "AES256"},
           {"x-amz-server-side-encryption-customer-algorithm", "AES256"},
           {"x-amz-mfa", "1 2"},
           {"x-amz-write-offset-bytes", "5"}}) {
    EXPECT_EQ(s3.put("/bucket/k", "v", {{name, value}}).status, 501) << name;
    EXPECT_EQ(s3.send("POST", "/bucket/k", "uploads", "", {{name, value}}).status, 501) << name;
  }
  EXPECT_EQ(s3.layer.object_count(), 0u);
  EXPECT_EQ(s3.put("/bucket/k", "v", {{"x-amz-acl", "private"}}).status, 200);
  EXPECT_EQ(s3.put("/bucket/k", "v", {{"x-amz-acl", "nonsense"}}).status, 400);
}

TEST(PutObject, ConditionsHold) {
  Bucket s3;
  EXPECT_EQ(s3.put("/bucket/k", "1", {{"if-match", "\"x\""}}).code(), "NoSuchKey");
  EXPECT_EQ(s3.put("/bucket/k", "1", {{"if-none-match", "*"}}).status, 200);
  const Answer again = s3.put("/bucket/k", "2", {{"if-none-match", "*"}});
  EXPECT_EQ(again.status, 412);
  EXPECT_EQ(again.element("Condition"), "If-None-Match");
  EXPECT_EQ(s3.put("/bucket/k", "2", {{"if-match", "\"wrong\""}}).status, 412);
  EXPECT_EQ(s3.put("/bucket/k", "2", {{"if-match", '"' + md5_hex("1") + '"'}}).status, 200);
  EXPECT_EQ(s3.put("/bucket/k", "3", {{"if-none-match", '"' + md5_hex("2") + '"'}}).status, 412);
  EXPECT_EQ(s3.get("/bucket/k").body, "2");
  EXPECT_EQ(s3.put("/bucket/k", "3", {{"if-none-match", "\"tag\""}}).status, 200);
}

TEST(PutObject, ARetryOfItsOwnSuccessSucceeds) {
  Bucket s3;
  const std::vector<std::pair<std::string, std::string>> first{{"if-none-match", "*"},
                                                               {"amz-sdk-invocation-id", "id-1"}};
  const std::vector<std::pair<std::string, std::string>> other{{"if-none-match", "*"},
                                                               {"amz-sdk-invocation-id", "id-2"}};
  EXPECT_EQ(s3.put("/bucket/k", "1", first).status, 200);
  EXPECT_EQ(s3.put("/bucket/k", "1", first).status, 200);
  EXPECT_EQ(s3.put("/bucket/k", "1", other).status, 412);
  EXPECT_EQ(s3.put("/bucket/k", "longer", first).status, 412) << "another body is another request";
}

// ---- aws-chunked ----

struct Framed {
  s3wire::PayloadMode mode;
  std::string name;
};

Call framed_put(Rig& s3, const Framed& form, const std::string& body, std::size_t chunk,
                const std::string& checksum) {
  Call call{.method = "PUT", .path = "/bucket/k"};
  const bool trailer = form.mode != s3wire::PayloadMode::streaming_signed;
  call.content_sha256 = form.name;
  call.headers = {{"x-amz-decoded-content-length", std::to_string(body.size())},
                  {"content-encoding", "aws-chunked"}};
  if (trailer) call.headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc64nvme");
  s3wire::ChunkSigner signer;
  call.signer = &signer;
  (void)s3.head(call);  // for the seed signature, which does not depend on the body
  s3wire::AwsChunkedEncoder encoder(form.mode, signer);
  for (std::size_t at = 0; at < body.size(); at += chunk) {
    const std::string piece = body.substr(at, chunk);
    call.body += encoder.chunk(as_bytes(piece)) + piece + std::string(encoder.kChunkEnd);
  }
  call.body += trailer ? encoder.finish({{"x-amz-checksum-crc64nvme", checksum}}) : encoder.finish();
  call.signer = nullptr;
  return call;
}

class Framing : public ::testing::TestWithParam<Framed> {};

TEST_P(Framing, BodiesComeOutWholeHoweverTheyArrive) {
  Bucket s3;
  std::string body;
  for (std::size_t i = 0; i < 300'000; ++i) body += static_cast<char>(i * 7 + i / 253);
  for (const std::size_t size : {0, 1, 8192, 65'536, 300'000})
    for (const std::size_t chunk : {8192, 65'536, 1'000'000})
      for (const std::size_t read : {700, 20'000, 1'000'000}) {
        const std::string text = body.substr(0, size);
        s3.layer.set_piece(read);
        Call call = framed_put(s3, GetParam(), text, chunk, crc64(text));
        call.piece = 997;
        const Answer a = s3(call);
        ASSERT_EQ(a.status, 200) << size << " in chunks of " << chunk << ", read by " << read << ": "
                                 << a.body;
        ASSERT_EQ(s3.get("/bucket/k").body, text)
            << size << " in chunks of " << chunk << ", read by " << read;
      }
}

TEST_P(Framing, ADamagedBodyChangesNothing) {
  Bucket s3;
  const std::string text(100'000, 'x');
  const Call good = framed_put(s3, GetParam(), text, 65'536, crc64(text));
  Call damaged = good;
  damaged.body[50'000] = 'y';
  EXPECT_NE(s3(damaged).status, 200);
  Call cut = good;
  cut.send = 80'000;
  EXPECT_NE(s3(cut).status, 200);
  Call short_of_end = good;
  short_of_end.send = good.body.size() - 3;
  EXPECT_NE(s3(short_of_end).status, 200);
  Call more = good;
  more.body += "more";
  EXPECT_NE(s3(more).status, 200);
  Call less = framed_put(s3, GetParam(), text.substr(0, 99'999), 65'536, crc64(text.substr(0, 99'999)));
  less.headers[0].second = "100000";
  EXPECT_NE(s3(less).status, 200);
  EXPECT_EQ(s3.layer.object_count(), 0u);
}

TEST_P(Framing, NeedsTheDecodedLength) {
  Bucket s3;
  Call call = framed_put(s3, GetParam(), "hello", 8192, crc64("hello"));
  call.headers.erase(call.headers.begin());
  EXPECT_EQ(s3(call).code(), "MissingContentLength");
}

INSTANTIATE_TEST_SUITE_P(AwsChunked, Framing,
                         ::testing::Values(Framed{s3wire::PayloadMode::streaming_signed,
                                                  std::string(s3wire::kStreamingSigned)},
                                           Framed{s3wire::PayloadMode::streaming_signed_trailer,
                                                  std::string(s3wire::kStreamingSignedTrailer)},
                                           Framed{s3wire::PayloadMode::streaming_unsigned_trailer,
                                                  std::string(s3wire::kStreamingUnsignedTrailer)}));

TEST(AwsChunkedTrailer, AWrongOrMissingChecksumIsRefused) {
  Bucket s3;
  const Framed form{s3wire::PayloadMode::streaming_unsigned_trailer,
                    std::string(s3wire::kStreamingUnsignedTrailer)};
  EXPECT_EQ(s3(framed_put(s3, form, "hello", 8192, crc64("other"))).code(), "BadDigest");
  Call without = framed_put(s3, form, "hello", 8192, crc64("hello"));
  without.body = without.body.substr(0, without.body.find("x-amz-checksum")) + "\r\n";
  EXPECT_EQ(s3(without).status, 400);
  EXPECT_EQ(s3.layer.object_count(), 0u);
}

// ---- GetObject, HeadObject ----

TEST(GetObject, ARangeOutsideSaysHowLargeTheObjectIs) {
  Bucket s3;
  s3.put("/bucket/k", "hello");
  const Answer a = s3.send("GET", "/bucket/k", "", "", {{"range", "bytes=9-"}});
  EXPECT_EQ(a.status, 416);
  EXPECT_EQ(a.code(), "InvalidRange");
  EXPECT_EQ(a.element("ActualObjectSize"), "5");
  EXPECT_EQ(a.element("RangeRequested"), "bytes=9-");
  EXPECT_EQ(a.field("content-range"), "bytes */5");
}

TEST(GetObject, AFailureBeforeTheFirstByteIsAnError) {
  Bucket s3;
  s3.put("/bucket/k", std::string(1'000'000, 'x'));
  s3.layer.set_hook([](std::string_view op, std::string_view) -> Status {
    return op == "next" ? Status(fail(Code::corrupt)) : Status();
  });
  const Answer a = s3.get("/bucket/k");
  EXPECT_EQ(a.status, 500);
  EXPECT_EQ(a.code(), "InternalError");
  EXPECT_FALSE(a.cut);
}

TEST(GetObject, AFailureInTheMiddleCutsTheConnection) {
  Bucket s3;
  s3.put("/bucket/k", std::string(1'000'000, 'x'));
  int calls = 0;
  s3.layer.set_hook([&](std::string_view op, std::string_view) -> Status {
    return op == "next" && ++calls == 3 ? Status(fail(Code::corrupt)) : Status();
  });
  const Answer a = s3.get("/bucket/k");
  EXPECT_EQ(a.status, 200);
  EXPECT_TRUE(a.cut);
  EXPECT_LT(a.body.size(), 1'000'000u);
}

TEST(GetObject, NotModifiedHasTheValidatorsAndNoBody) {
  Bucket s3;
  s3.put("/bucket/k", "hello");
  const Answer a = s3.send("GET", "/bucket/k", "", "", {{"if-none-match", '"' + md5_hex("hello") + '"'}});
  EXPECT_EQ(a.status, 304);
  EXPECT_EQ(a.field("etag"), '"' + md5_hex("hello") + '"');
  EXPECT_NE(a.field("last-modified"), "");
  EXPECT_EQ(a.body, "");
}

TEST(GetObject, ResponseOverridesReplaceWhatIsStored) {
  Bucket s3;
  s3.put("/bucket/k", "hello", {{"content-type", "text/x"}});
  const Answer a = s3.get("/bucket/k", "response-content-type=text%2Fy&response-cache-control=no-store");
  EXPECT_EQ(a.field("content-type"), "text/y");
  EXPECT_EQ(a.field("cache-control"), "no-store");
}

TEST(GetObject, VersionsOfABucketWithoutVersions) {
  Bucket s3;
  s3.put("/bucket/k", "hello");
  EXPECT_EQ(s3.get("/bucket/k", "versionId=null").body, "hello");
  EXPECT_EQ(s3.get("/bucket/k", "versionId=").code(), "InvalidArgument");
  EXPECT_EQ(s3.get("/bucket/k", "versionId=a%20b").code(), "InvalidArgument");
  EXPECT_EQ(s3.get("/bucket/k", "versionId=3HL4kqtJvjVBH40Nrjfkd").code(), "NoSuchVersion");
}

TEST(GetObject, AKeyForAnObjectThatIsNotEncryptedDoesNotApply) {
  Bucket s3;
  s3.put("/bucket/k", "hello");
  EXPECT_EQ(
      s3.send("GET", "/bucket/k", "", "", {{"x-amz-server-side-encryption-customer-algorithm", "AES256"}})
          .code(),
      "InvalidRequest");
}

TEST(HeadObject, SaysWhatGetSaysWithoutTheBody) {
  Bucket s3;
  s3.put("/bucket/k", "hello", {{"x-amz-meta-a", "b"}});
  Answer get = s3.get("/bucket/k");
  Answer head = s3.send("HEAD", "/bucket/k");
  EXPECT_EQ(head.body, "");
  for (const char* varying : {"x-amz-request-id", "date"}) {
    get.fields.erase(varying);
    head.fields.erase(varying);
  }
  EXPECT_EQ(head.fields, get.fields);
  EXPECT_EQ(s3.send("HEAD", "/bucket/none").status, 404);
  EXPECT_EQ(s3.send("HEAD", "/bucket/none").body, "");
}

// ---- deletes ----

TEST(DeleteObject, IsDoneWhenThereIsNothingLeft) {
  Bucket s3;
  s3.put("/bucket/k", "v");
  EXPECT_EQ(s3.send("DELETE", "/bucket/k").status, 204);
  EXPECT_EQ(s3.send("DELETE", "/bucket/k").status, 204);
  EXPECT_EQ(s3.send("DELETE", "/missing/k").code(), "NoSuchBucket");
  EXPECT_EQ(s3.layer.object_count(), 0u);
}

TEST(DeleteObject, ConditionsHold) {
  Bucket s3;
  s3.put("/bucket/k", "v");
  EXPECT_EQ(s3.send("DELETE", "/bucket/k", "", "", {{"if-match", "\"x\""}}).status, 412);
  EXPECT_EQ(s3.layer.object_count(), 1u);
  EXPECT_EQ(s3.send("DELETE", "/bucket/k", "", "", {{"if-match", "*"}}).status, 204);
  EXPECT_EQ(s3.send("DELETE", "/bucket/k", "", "", {{"if-match", "*"}}).status, 412);
  s3.put("/bucket/k", "v");
  EXPECT_EQ(s3.send("DELETE", "/bucket/k", "", "", {{"x-amz-if-match-size", "3"}}).status, 412);
  EXPECT_EQ(s3.send("DELETE", "/bucket/k", "", "", {{"x-amz-if-match-size", "one"}}).status, 400);
  EXPECT_EQ(s3.send("DELETE", "/bucket/k", "", "", {{"x-amz-if-match-size", "1"}}).status, 204);
}

Answer delete_many(Rig& s3, const std::string& document, bool digest = true) {
  std::vector<std::pair<std::string, std::string>> headers;
  if (digest) headers.emplace_back("content-md5", md5_base64(document));
  return s3.send("POST", "/bucket", "delete", document, headers);
}

TEST(DeleteObjects, DeletesManyAndSaysSo) {
  Bucket s3;
  std::string document = "<Delete>";
  for (int i = 0; i < 200; ++i) {
    s3.put("/bucket/k" + std::to_string(i), "v");
    document += "<Object><Key>k" + std::to_string(i) + "</Key></Object>";
  }
  s3.put("/bucket/stays", "v");
  const Answer a = delete_many(s3, document + "<Object><Key>never-was</Key></Object></Delete>");
  EXPECT_EQ(a.status, 200) << a.body;
  EXPECT_EQ(s3.layer.object_count(), 1u);
  std::size_t deleted = 0;
  for (auto at = a.body.find("<Deleted>"); at != std::string::npos; at = a.body.find("<Deleted>", at + 1))
    ++deleted;
  EXPECT_EQ(deleted, 201u);
}

TEST(DeleteObjects, QuietSaysOnlyWhatFailed) {
  Bucket s3;
  s3.put("/bucket/a", "v");
  s3.put("/bucket/b", "v");
  s3.layer.set_hook([](std::string_view op, std::string_view key) -> Status {
    return op == "remove" && key == "b" ? Status(fail(Code::no_quorum)) : Status();
  });
  const Answer a = delete_many(
      s3, "<Delete><Quiet>true</Quiet><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>");
  EXPECT_EQ(a.body.find("<Deleted>"), std::string::npos);
  EXPECT_EQ(a.element("Code"), "ServiceUnavailable");
  EXPECT_EQ(a.element("Key"), "b");
  EXPECT_EQ(s3.layer.object_count(), 1u);
}

TEST(DeleteObjects, NeedsADigestThatMatches) {
  Bucket s3;
  s3.put("/bucket/a", "v");
  const std::string document = "<Delete><Object><Key>a</Key></Object></Delete>";
  EXPECT_EQ(delete_many(s3, document, false).code(), "InvalidRequest");
  EXPECT_EQ(
      s3.send("POST", "/bucket", "delete", document, {{"x-amz-sdk-checksum-algorithm", "CRC32"}}).code(),
      "InvalidRequest");
  EXPECT_EQ(s3.send("POST", "/bucket", "delete", document, {{"content-md5", md5_base64("x")}}).code(),
            "BadDigest");
  EXPECT_EQ(delete_many(s3, "<Delete><Object>").code(), "MalformedXML");
  EXPECT_EQ(s3.layer.object_count(), 1u);
}

TEST(DeleteObjects, AThousandAndOneAreTooMany) {
  Bucket s3;
  s3.put("/bucket/k", "v");
  std::string document = "<Delete>";
  for (int i = 0; i < 1001; ++i) document += "<Object><Key>k</Key></Object>";
  EXPECT_EQ(delete_many(s3, document + "</Delete>").code(), "MalformedXML");
  EXPECT_EQ(s3.layer.object_count(), 1u);
}

// ---- copies ----

TEST(CopyObject, CarriesBytesAndMetadataOrReplacesThem) {
  Bucket s3;
  s3.put("/bucket/a", "hello", {{"x-amz-meta-a", "1"}, {"content-type", "text/x"}});
  const Answer a = s3.put("/bucket/b", "", {{"x-amz-copy-source", "/bucket/a"}});
  EXPECT_EQ(a.status, 200) << a.body;
  EXPECT_NE(a.body.find("<CopyObjectResult"), std::string::npos);
  const Answer b = s3.get("/bucket/b");
  EXPECT_EQ(b.body, "hello");
  EXPECT_EQ(b.field("x-amz-meta-a"), "1");
  s3.put("/bucket/b", "",
         {{"x-amz-copy-source", "bucket/a"}, {"x-amz-metadata-directive", "REPLACE"}, {"x-amz-meta-b", "2"}});
  const Answer replaced = s3.get("/bucket/b");
  EXPECT_EQ(replaced.body, "hello");
  EXPECT_EQ(replaced.field("x-amz-meta-a"), "");
  EXPECT_EQ(replaced.field("x-amz-meta-b"), "2");
  EXPECT_EQ(
      s3.put("/bucket/b", "", {{"x-amz-copy-source", "bucket/a"}, {"x-amz-metadata-directive", "x"}}).code(),
      "InvalidArgument");
}

TEST(CopyObject, OntoItselfNeedsAChange) {
  Bucket s3;
  s3.put("/bucket/a", "hello");
  EXPECT_EQ(s3.put("/bucket/a", "", {{"x-amz-copy-source", "/bucket/a"}}).code(), "InvalidRequest");
  EXPECT_EQ(
      s3.put("/bucket/a", "", {{"x-amz-copy-source", "/bucket/a"}, {"x-amz-metadata-directive", "REPLACE"}})
          .status,
      200);
  EXPECT_EQ(s3.get("/bucket/a").body, "hello");
}

TEST(CopyObject, ConditionsOnSourceAndDestinationHold) {
  Bucket s3;
  s3.put("/bucket/a", "hello");
  const auto copy = [&](std::pair<std::string, std::string> condition) {
    return s3.put("/bucket/b", "", {{"x-amz-copy-source", "/bucket/a"}, std::move(condition)}).status;
  };
  const std::string etag = '"' + md5_hex("hello") + '"';
  EXPECT_EQ(copy({"x-amz-copy-source-if-match", "\"x\""}), 412);
  EXPECT_EQ(copy({"x-amz-copy-source-if-none-match", etag}), 412);
  EXPECT_EQ(copy({"if-match", "\"x\""}), 404);
  EXPECT_EQ(s3.layer.object_count(), 1u);
  EXPECT_EQ(copy({"x-amz-copy-source-if-match", etag}), 200);
  EXPECT_EQ(copy({"if-none-match", "*"}), 412);
}

TEST(CopyObject, AMissingSourceIsNamed) {
  Bucket s3;
  EXPECT_EQ(s3.put("/bucket/b", "", {{"x-amz-copy-source", "/bucket/none"}}).code(), "NoSuchKey");
  EXPECT_EQ(s3.put("/bucket/b", "", {{"x-amz-copy-source", "/missing/none"}}).code(), "NoSuchBucket");
  EXPECT_EQ(s3.put("/bucket/b", "", {{"x-amz-copy-source", "nonsense"}}).status, 400);
}

}  // namespace
}  // namespace cairn::s3
