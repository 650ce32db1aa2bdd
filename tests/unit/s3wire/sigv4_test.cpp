#include "cairn/s3wire/sigv4.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cairn/crypto/digest.hpp"
#include "cairn/s3wire/headers.hpp"

#include "requests.hpp"

namespace cairn::s3wire {
namespace {

using test::kAccessKey;
using test::kSecret;
using test::Request;

struct Outcome {
  std::optional<AuthClaim> claim;
  std::optional<ChunkSigner> chunks;
  AuthFailure failure{Error(Code::internal), {}};

  bool ok() const { return chunks.has_value(); }
  Code code() const { return failure.error.code; }
  std::string field(std::string_view name) const {
    for (const auto& [n, v] : failure.fields)
      if (n == name) return v;
    return {};
  }
};

Outcome authenticate(const Request& request, UnixMillis now, const AuthConfig& config = {},
                     const char* secret = kSecret) {
  static SigningKeyCache cache;
  Outcome out;
  const HttpRequestView view = request.view();
  const Query query = Query::parse(request.query).value();
  auto claim = parse_auth(view, query, config, now);
  if (!claim) {
    out.failure = claim.error();
    return out;
  }
  out.claim = *claim;
  if (claim->type == AuthType::anonymous) return out;
  EXPECT_EQ(claim->access_key, kAccessKey);
  auto chunks = verify_signature(view, query, *claim, secret, cache);
  if (chunks) {
    out.chunks = *chunks;
  } else {
    out.failure = chunks.error();
  }
  return out;
}

// ---- The examples of the S3 API reference, all of 2013-05-24 and us-east-1 ----

const UnixMillis kExampleTime = *parse_amz_date("20130524T000000Z");

std::string authorization(std::string_view signed_headers, std::string_view signature) {
  return "AWS4-HMAC-SHA256 "
         "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=" +
         std::string(signed_headers) + ",Signature=" + std::string(signature);
}

Request example(std::string method, std::string path, std::string query = {}) {
  return {std::move(method),
          std::move(path),
          std::move(query),
          {{"Host", "examplebucket.s3.amazonaws.com"}, {"x-amz-date", "20130524T000000Z"}}};
}

Request example_get() {
  Request r = example("GET", "/test.txt");
  r.set("Range", "bytes=0-9");
  r.set("x-amz-content-sha256", std::string(kEmptySha256));
  r.set("Authorization", authorization("host;range;x-amz-content-sha256;x-amz-date",
                                       "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
  return r;
}

TEST(SigV4Published, GetObject) {
  const Outcome o = authenticate(example_get(), kExampleTime);
  ASSERT_TRUE(o.ok());
  EXPECT_EQ(o.claim->payload, PayloadMode::hashed);
  EXPECT_EQ(to_hex(as_bytes(crypto::raw_text(*o.claim->payload_hash))), kEmptySha256);
}

TEST(SigV4Published, PutObject) {
  Request r = example("PUT", "/test%24file.text");
  r.set("Date", "Fri, 24 May 2013 00:00:00 GMT");
  r.set("x-amz-storage-class", "REDUCED_REDUNDANCY");
  r.set("x-amz-content-sha256", "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
  r.set("Authorization", authorization("date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
                                       "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"));
  EXPECT_TRUE(authenticate(r, kExampleTime).ok());
}

TEST(SigV4Published, GetBucketLifecycle) {
  Request r = example("GET", "/", "lifecycle");
  r.set("x-amz-content-sha256", std::string(kEmptySha256));
  r.set("Authorization", authorization("host;x-amz-content-sha256;x-amz-date",
                                       "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"));
  EXPECT_TRUE(authenticate(r, kExampleTime).ok());
}

TEST(SigV4Published, ListObjects) {
  Request r = example("GET", "/", "max-keys=2&prefix=J");
  r.set("x-amz-content-sha256", std::string(kEmptySha256));
  r.set("Authorization", authorization("host;x-amz-content-sha256;x-amz-date",
                                       "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));
  EXPECT_TRUE(authenticate(r, kExampleTime).ok());
}

Request example_presigned() {
  return {
      "GET",
      "/test.txt",
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
      "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
      {{"Host", "examplebucket.s3.amazonaws.com"}}};
}

TEST(SigV4Published, Presigned) {
  const Outcome o = authenticate(example_presigned(), kExampleTime + 3'600'000);
  EXPECT_TRUE(o.ok());
  EXPECT_EQ(o.claim->payload, PayloadMode::unsigned_payload);
}

// ---- Requests that botocore signed ----

TEST(SigV4, RequestsThatBotocoreSignedAreGenuine) {
  std::ifstream in(CAIRN_TEST_DIR "/unit/s3wire/botocore_requests.json");
  const auto requests = nlohmann::json::parse(in);
  ASSERT_GT(requests.size(), 10u);
  AuthConfig config;
  config.region = "eu-west-1";
  const UnixMillis now = *parse_amz_date("20261123T123456Z");
  for (const auto& j : requests) {
    Request r{j["method"], j["path"], j["query"], {}};
    for (const auto& h : j["headers"]) r.headers.emplace_back(h[0], h[1]);
    const Outcome o = authenticate(r, now, config);
    EXPECT_TRUE(o.ok()) << j["name"] << '\n'
                        << o.failure.error.context << '\n'
                        << o.field("CanonicalRequest");
    if (!o.ok()) continue;
    if (o.claim->payload == PayloadMode::hashed) {
      const std::string body = j["body"];
      EXPECT_EQ(crypto::sha256(body), *o.claim->payload_hash) << j["name"];
    }
    // And each of them signs the key: with another one it is not genuine.
    r.path += "x";
    EXPECT_EQ(authenticate(r, now, config).code(), Code::signature_does_not_match) << j["name"];
  }
}

// ---- Our own client's requests ----

OutgoingRequest outgoing(std::string method, std::string path, std::string query = {}) {
  return {std::move(method), std::move(path), std::move(query), {{"host", "localhost:9000"}}};
}

Request received(OutgoingRequest o) { return {o.method, o.path, o.query, o.headers}; }

TEST(SigV4, OurClientSignsLikeThePublishedExample) {
  SigningKeyCache cache;
  OutgoingRequest r = outgoing("GET", "/test.txt");
  r.headers = {{"Host", "examplebucket.s3.amazonaws.com"}, {"Range", "bytes=0-9"}};
  sign_request(r, {kAccessKey, kSecret, ""}, {}, kExampleTime, kEmptySha256, cache);
  const Request sent = received(r);
  EXPECT_EQ(sent.view().header("authorization"), example_get().view().header("authorization"));
  OutgoingRequest p = outgoing("GET", "/test.txt");
  p.headers = {{"Host", "examplebucket.s3.amazonaws.com"}};
  presign(p, {kAccessKey, kSecret, ""}, {}, kExampleTime, 86400, cache);
  EXPECT_EQ(p.query, example_presigned().query);
}

TEST(SigV4, WhatOurClientSignsOurServerTakes) {
  SigningKeyCache cache;
  const std::string key = "/b/" + uri_encode("odd !*'()+&=?#[]% \xE6\x97\xA5/..//x", Slash::keep);
  OutgoingRequest r = outgoing("PUT", key, "partNumber=1&uploadId=a%2Bb&x-id=UploadPart");
  r.headers.emplace_back("Content-Type", "text/plain; charset=\"x  y\"");
  r.headers.emplace_back("User-Agent", "anything");
  sign_request(r, {kAccessKey, kSecret, "session/token+="}, {}, kExampleTime, kUnsignedPayload, cache);
  const Request sent = received(r);  // the claim points into it
  const Outcome o = authenticate(sent, kExampleTime);
  ASSERT_TRUE(o.ok());
  EXPECT_EQ(o.claim->security_token, "session/token+=");
  OutgoingRequest p = outgoing("GET", key, "versionId=1");
  presign(p, {kAccessKey, kSecret, "session/token+="}, {}, kExampleTime, 60, cache);
  const Request presigned = received(p);
  EXPECT_TRUE(authenticate(presigned, kExampleTime + 59'000).ok());
}

TEST(SigV4, AnyChangeToASignedRequestIsNoticed) {
  const auto code = [](auto change) {
    Request r = example_get();
    change(r);
    return authenticate(r, kExampleTime).code();
  };
  constexpr Code kMismatch = Code::signature_does_not_match;
  EXPECT_EQ(code([](Request& r) { r.method = "PUT"; }), kMismatch);
  EXPECT_EQ(code([](Request& r) { r.path = "/test.tx"; }), kMismatch);
  EXPECT_EQ(code([](Request& r) { r.query = "acl"; }), kMismatch);
  EXPECT_EQ(code([](Request& r) { r.set("Range", "bytes=0-8"); }), kMismatch);
  EXPECT_EQ(code([](Request& r) { r.remove("Range"); }), kMismatch);
  EXPECT_EQ(code([](Request& r) { r.headers.emplace_back("Range", "bytes=0-9"); }), kMismatch);
  EXPECT_EQ(code([](Request& r) { r.set("host", "other"); }), kMismatch);
  EXPECT_EQ(code([](Request& r) { r.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD"); }), kMismatch);
  EXPECT_EQ(authenticate(example_get(), kExampleTime, {}, "another secret").code(), kMismatch);
  // Upper case in the signature is not what anyone sends, and not accepted.
  EXPECT_EQ(code([](Request& r) { r.headers.back().second.back() = 'A'; }), kMismatch);
}

TEST(SigV4, AMismatchShowsWhatWasSigned) {
  Request r = example_get();
  r.path = "/other.txt";
  const Outcome o = authenticate(r, kExampleTime);
  EXPECT_TRUE(o.field("StringToSign")
                  .starts_with("AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"));
  EXPECT_TRUE(
      o.field("CanonicalRequest").starts_with("GET\n/other.txt\n\nhost:examplebucket.s3.amazonaws.com\n"));
  EXPECT_EQ(o.field("AWSAccessKeyId"), kAccessKey);
}

TEST(SigV4, ClocksMayDifferByAQuarterOfAnHour) {
  constexpr UnixMillis kSkew = 15 * 60 * 1000;
  EXPECT_TRUE(authenticate(example_get(), kExampleTime + kSkew).ok());
  EXPECT_TRUE(authenticate(example_get(), kExampleTime - kSkew).ok());
  EXPECT_EQ(authenticate(example_get(), kExampleTime + kSkew + 1).code(), Code::request_time_too_skewed);
  EXPECT_EQ(authenticate(example_get(), kExampleTime - kSkew - 1).code(), Code::request_time_too_skewed);
  EXPECT_EQ(authenticate(example_presigned(), kExampleTime - kSkew - 1).code(),
            Code::request_time_too_skewed);
}

TEST(SigV4, APresignedUrlExpires) {
  EXPECT_TRUE(authenticate(example_presigned(), kExampleTime + 86'400'000).ok());
  const Outcome o = authenticate(example_presigned(), kExampleTime + 86'400'001);
  EXPECT_EQ(o.code(), Code::access_denied);
  EXPECT_EQ(o.failure.error.context, "Request has expired");
}

Code presigned_with(const std::string& from, const std::string& to) {
  Request r = example_presigned();
  const std::size_t at = r.query.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  r.query.replace(at, from.size(), to);
  return authenticate(r, kExampleTime).code();
}

TEST(SigV4, PresignedParametersAreChecked) {
  constexpr Code kBad = Code::authorization_query_parameters_error;
  for (const char* expires : {"X-Amz-Expires=0", "X-Amz-Expires=-1", "X-Amz-Expires=604801",
                              "X-Amz-Expires=x", "X-Amz-Expires=", "X-Amz-Expires=99999999999999999999",
                              "X-Amz-Expires=60&X-Amz-Expires=60", "y=1", "X-Amz-Expires=00"})
    EXPECT_EQ(presigned_with("X-Amz-Expires=86400", expires), kBad) << expires;
  EXPECT_EQ(presigned_with("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), kBad);
  EXPECT_EQ(presigned_with("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"), Code::not_implemented);
  EXPECT_EQ(presigned_with("us-east-1", "us-east-2"), kBad);
  EXPECT_EQ(presigned_with("%2F20130524%2F", "%2F20130523%2F"), kBad);
  EXPECT_EQ(presigned_with("20130524T000000Z", "20130524T0000Z"), kBad);
  EXPECT_EQ(presigned_with("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=range"), Code::access_denied);
  EXPECT_EQ(presigned_with("X-Amz-Expires=86400", "X-Amz-Expires=604800"), Code::signature_does_not_match);
}

TEST(SigV4, EveryAmzHeaderMustBeSigned) {
  Request r = example_presigned();
  r.set("x-amz-acl", "public-read");
  Outcome o = authenticate(r, kExampleTime);
  EXPECT_EQ(o.code(), Code::access_denied);
  EXPECT_EQ(o.field("HeadersNotSigned"), "x-amz-acl");
  Request h = example_get();
  h.set("X-Amz-Copy-Source", "other/secret");
  o = authenticate(h, kExampleTime);
  EXPECT_EQ(o.code(), Code::access_denied);
  EXPECT_EQ(o.field("HeadersNotSigned"), "x-amz-copy-source");
  // The payload hash is bound by the canonical request itself.
  Request p = example_presigned();
  p.set("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  EXPECT_TRUE(authenticate(p, kExampleTime).ok());
}

TEST(SigV4, AWrongRegionNamesTheRightOne) {
  AuthConfig config;
  config.region = "eu-west-1";
  const Outcome o = authenticate(example_get(), kExampleTime, config);
  EXPECT_EQ(o.code(), Code::authorization_header_malformed);
  EXPECT_EQ(o.field("Region"), "eu-west-1");
  config.region.clear();
  EXPECT_TRUE(authenticate(example_get(), kExampleTime, config).ok());
}

Code with_authorization(std::string value) {
  Request r = example_get();
  r.set("Authorization", std::move(value));
  return authenticate(r, kExampleTime).code();
}

TEST(SigV4, MalformedAuthorizationHeaders) {
  constexpr Code kBad = Code::authorization_header_malformed;
  const std::string good = example_get().headers.back().second;
  EXPECT_EQ(with_authorization("AWS4-HMAC-SHA256 "), kBad);
  EXPECT_EQ(with_authorization("AWS4-HMAC-SHA256 Credential=a"), kBad);
  EXPECT_EQ(with_authorization(good + ",Signature=x"), kBad);
  EXPECT_EQ(with_authorization(good + ",Other=x"), kBad);
  const auto replaced = [&](std::string_view from, std::string_view to) {
    std::string v = good;
    return v.replace(v.find(from), from.size(), to);
  };
  EXPECT_EQ(with_authorization(replaced("/s3/", "/sts/")), kBad);
  EXPECT_EQ(with_authorization(replaced("aws4_request", "aws4")), kBad);
  EXPECT_EQ(with_authorization(replaced("20130524/us-east-1/", "us-east-1/")), kBad);
  EXPECT_EQ(with_authorization(replaced("AKIAIOSFODNN7EXAMPLE", "")), kBad);
  EXPECT_EQ(with_authorization(replaced("/20130524/", "/2013052x/")), kBad);
  EXPECT_EQ(with_authorization(replaced("/20130524/", "/20130525/")), kBad);
  EXPECT_EQ(with_authorization("Bearer token"), Code::invalid_argument);
  EXPECT_EQ(with_authorization(""), Code::invalid_argument);
  EXPECT_EQ(with_authorization("AWS4-ECDSA-P256-SHA256 Credential=x"), Code::not_implemented);
}

TEST(SigV4, SignedHeadersAreFewAndNamedOnce) {
  const auto with_names = [](const std::string& names) {
    return presigned_with("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders=" + names);
  };
  std::string many = "host";
  for (int i = 0; i < 127; ++i) many += "%3Bh" + std::to_string(i);
  EXPECT_EQ(with_names(many), Code::signature_does_not_match);
  EXPECT_EQ(with_names(many + "%3Bz"), Code::authorization_query_parameters_error);
  EXPECT_EQ(with_names("host%3Bhost"), Code::authorization_query_parameters_error);
}

TEST(SigV4, SpacesAfterTheCommasAreFine) {
  Request r = example_get();
  std::string& v = r.headers.back().second;
  for (std::size_t at = 0; (at = v.find(',', at)) != std::string::npos; at += 2) v.replace(at, 1, ", ");
  EXPECT_TRUE(authenticate(r, kExampleTime).ok());
}

TEST(SigV4, HeadersThatDecideStandOnceOnly) {
  for (const char* name : {"x-amz-date", "x-amz-content-sha256", "host", "authorization"}) {
    Request r = example_get();
    r.headers.emplace_back(name, std::string(*r.view().header(name)));
    EXPECT_EQ(authenticate(r, kExampleTime).code(), Code::invalid_argument) << name;
  }
}

TEST(SigV4, TheDateHeaderStandsInForTheAmzDate) {
  SigningKeyCache cache;
  Request r = example_get();
  r.remove("x-amz-date");
  EXPECT_EQ(authenticate(r, kExampleTime).code(), Code::access_denied);
  r.set("Date", "Fri, 24 May 2013 00:00:00 GMT");
  EXPECT_EQ(authenticate(r, kExampleTime).code(),
            Code::signature_does_not_match);  // read, and signed otherwise
}

TEST(SigV4, TwoMechanismsAtOnceAreRefused) {
  Request r = example_presigned();
  r.headers.push_back(example_get().headers.back());
  EXPECT_EQ(authenticate(r, kExampleTime).code(), Code::invalid_argument);
}

TEST(SigV4, PayloadForms) {
  const auto mode = [](std::string_view value) -> std::optional<PayloadMode> {
    SigningKeyCache cache;
    OutgoingRequest r = outgoing("PUT", "/b/k");
    sign_request(r, {kAccessKey, kSecret, ""}, {}, kExampleTime, value, cache);
    const Outcome o = authenticate(received(r), kExampleTime);
    return o.ok() ? std::optional(o.claim->payload) : std::nullopt;
  };
  EXPECT_EQ(mode(kUnsignedPayload), PayloadMode::unsigned_payload);
  EXPECT_EQ(mode(kStreamingSigned), PayloadMode::streaming_signed);
  EXPECT_EQ(mode(kStreamingSignedTrailer), PayloadMode::streaming_signed_trailer);
  EXPECT_EQ(mode(kStreamingUnsignedTrailer), PayloadMode::streaming_unsigned_trailer);
  EXPECT_EQ(mode(kEmptySha256), PayloadMode::hashed);
  for (const char* bad : {"", "unsigned-payload", "abc", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"})
    EXPECT_EQ(mode(bad), std::nullopt);
  Request none = example_get();
  none.remove("x-amz-content-sha256");
  EXPECT_EQ(authenticate(none, kExampleTime).code(), Code::invalid_request);
}

TEST(SigV4, ARequestWithoutASignatureIsAnonymous) {
  const Request r{"GET", "/b/k", "versionId=1", {{"Host", "h"}}};
  const Outcome o = authenticate(r, kExampleTime);
  ASSERT_TRUE(o.claim);
  EXPECT_EQ(o.claim->type, AuthType::anonymous);
  Request chunked{"PUT", "/b/k", "", {{"x-amz-content-sha256", std::string(kStreamingSigned)}}};
  EXPECT_EQ(authenticate(chunked, kExampleTime).code(), Code::access_denied);
}

TEST(SigV4, APathSignedAsItWasSentIsGenuineToo) {
  // A signer that takes "!" unencoded where SigV4 encodes it.
  SigningKeyCache cache;
  const SigningKey key = derive_signing_key(kSecret, "20130524", "us-east-1", "s3");
  Request r = example("GET", "/b/wow!");
  r.set("x-amz-content-sha256", std::string(kEmptySha256));
  const std::string canonical = "GET\n/b/wow!\n\nhost:examplebucket.s3.amazonaws.com\nx-amz-content-sha256:" +
                                std::string(kEmptySha256) +
                                "\nx-amz-date:20130524T000000Z\n\nhost;x-amz-content-sha256;x-amz-date\n" +
                                std::string(kEmptySha256);
  const auto hash = crypto::sha256(canonical);
  const std::string text = "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n" +
                           to_hex(as_bytes(crypto::raw_text(hash)));
  const auto mac = crypto::hmac_sha256(crypto::raw_text(key), text);
  r.set("Authorization",
        authorization("host;x-amz-content-sha256;x-amz-date", to_hex(as_bytes(crypto::raw_text(mac)))));
  EXPECT_TRUE(authenticate(r, kExampleTime).ok());
}

TEST(SigningKeyCache, GivesTheDerivedKeyAlsoWhenFull) {
  SigningKeyCache cache(4);
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 20; ++i) {
      const std::string id = "key" + std::to_string(i), secret = "secret" + std::to_string(i);
      EXPECT_EQ(cache.get(id, secret, "20260101", "r", "s3"),
                derive_signing_key(secret, "20260101", "r", "s3"));
    }
  EXPECT_EQ(cache.get("key1", "rotated", "20260101", "r", "s3"),
            derive_signing_key("rotated", "20260101", "r", "s3"));
}

}  // namespace
}  // namespace cairn::s3wire
