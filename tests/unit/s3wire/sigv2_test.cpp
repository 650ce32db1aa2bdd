#include "s3wire/sigv2.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/route.hpp"
#include "cairn/s3wire/sigv4.hpp"

#include "requests.hpp"
#include "s3wire/ascii.hpp"

namespace cairn::s3wire {
namespace {

using test::kAccessKey;
using test::kSecret;
using test::Request;

struct Outcome {
  AuthClaim claim;
  Refusal refusal{Error(Code::internal), {}};
  bool ok = false;

  Code code() const { return refusal.error.code; }
  std::string field(std::string_view name) const {
    for (const auto& [n, v] : refusal.fields)
      if (n == name) return v;
    return {};
  }
};

// `request` and the query of it must outlive the claim: nothing of the outcome's claim is looked at
// afterwards but what is no view.
Outcome authenticate(const Request& request, UnixMillis now, std::string_view bucket = {},
                     const char* secret = kSecret, const AuthConfig& config = {}) {
  static SigningKeyCache cache;
  Outcome out;
  const HttpRequestView view = request.view();
  const Query query = Query::parse(request.query).value();
  auto claim = parse_auth(view, query, config, now);
  if (!claim) {
    out.refusal = claim.error();
    return out;
  }
  claim->virtual_bucket = bucket;
  EXPECT_EQ(claim->access_key, kAccessKey);
  EXPECT_EQ(claim->version, SignatureVersion::v2);
  const auto signer = verify_signature(view, query, *claim, secret, cache);
  out.ok = signer.has_value();
  if (!signer) out.refusal = signer.error();
  out.claim.payload = claim->payload;
  out.claim.type = claim->type;
  return out;
}

// ---- The developer guide's examples, of March 2007 ----

struct Example {
  std::string_view name;
  std::string_view time;
  Request request;
  std::string_view bucket;  // where the Host names it
};

Request example(std::string method, std::string path, std::string query, std::string date,
                std::string signature) {
  Request r{std::move(method), std::move(path), std::move(query), {}};
  r.set("Date", std::move(date));
  r.set("Authorization", "AWS AKIAIOSFODNN7EXAMPLE:" + signature);
  return r;
}

std::vector<Example> examples() {
  std::vector<Example> out = {
      {"get", "2007-03-27T19:36:42Z",
       example("GET", "/photos/puppy.jpg", "", "Tue, 27 Mar 2007 19:36:42 +0000",
               "qgk2+6Sv9/oM7G3qLEjTH1a1l1g="),
       "awsexamplebucket1"},
      {"put", "2007-03-27T21:15:45Z",
       example("PUT", "/photos/puppy.jpg", "", "Tue, 27 Mar 2007 21:15:45 +0000",
               "iqRzw+ileNPu1fhspnRs8nOjjIA="),
       "awsexamplebucket1"},
      {"list", "2007-03-27T19:42:41Z",
       example("GET", "/", "prefix=photos&max-keys=50&marker=puppy", "Tue, 27 Mar 2007 19:42:41 +0000",
               "m0WP8eCtspQl5Ahe6L1SozdX9YA="),
       "awsexamplebucket1"},
      {"fetch", "2007-03-27T19:44:46Z",
       example("GET", "/", "acl", "Tue, 27 Mar 2007 19:44:46 +0000", "82ZHiFIjc+WbcwFKGUVEQspPn+0="),
       "awsexamplebucket1"},
      {"upload", "2007-03-27T21:06:08Z",
       example("PUT", "/db-backup.dat.gz", "", "Tue, 27 Mar 2007 21:06:08 +0000",
               "dKZcB+bz2EPXgSdXZp9ozGeOM4I="),
       "static.awsexamplebucket1.net"},
      {"list all my buckets", "2007-03-28T01:29:59Z",
       example("GET", "/", "", "Wed, 28 Mar 2007 01:29:59 +0000", "qGdzdERIC03wnaRNKh6OqZehG9s="), ""},
      {"unicode keys", "2007-03-28T01:49:49Z",
       example("GET", "/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re", "", "Wed, 28 Mar 2007 01:49:49 +0000",
               "DNEZGsoieTZ92F3bUfSPQcbGmlM="),
       ""},
      {"link",
       "2007-03-29T03:40:20Z",  // the last second of it
       {"GET",
        "/photos/puppy.jpg",
        "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=NpgCjnDzrM%2BWFzoENXmpNDUsSn8%3D&Expires=1175139620",
        {}},
       "johnsmith"},  // the bucket's name in the guide's first edition, whose signature it is
  };
  out[1].request.set("Content-Type", "image/jpeg");
  Request& upload = out[4].request;
  upload.set("x-amz-acl", "public-read");
  upload.set("content-type", "application/x-download");
  upload.set("Content-MD5", "4gJE4saaMU4BqNR0kLY+lw==");
  upload.headers.emplace_back("X-Amz-Meta-ReviewedBy", "joe@awsexamplebucket1.net");
  upload.headers.emplace_back("X-Amz-Meta-ReviewedBy", "jane@awsexamplebucket1.net");
  upload.set("X-Amz-Meta-FileChecksum", "0x02661779");
  upload.set("X-Amz-Meta-ChecksumAlgorithm", "crc32");
  return out;
}

TEST(SigV2Published, ExamplesAreGenuine) {
  for (const Example& e : examples())
    EXPECT_TRUE(authenticate(e.request, *parse_iso8601(e.time), e.bucket).ok) << e.name;
}

TEST(SigV2Published, AnotherSecretBucketMethodPathOrSubResourceIsNotGenuine) {
  for (const Example& e : examples()) {
    const UnixMillis now = *parse_iso8601(e.time);
    EXPECT_EQ(authenticate(e.request, now, e.bucket, "another").code(), Code::signature_does_not_match);
    EXPECT_EQ(authenticate(e.request, now, "other").code(), Code::signature_does_not_match) << e.name;
    Request changed = e.request;
    changed.method = "DELETE";
    EXPECT_EQ(authenticate(changed, now, e.bucket).code(), Code::signature_does_not_match) << e.name;
    changed = e.request;
    changed.path += "x";
    EXPECT_EQ(authenticate(changed, now, e.bucket).code(), Code::signature_does_not_match) << e.name;
    for (const std::string added :
         {"versioning", "retention", "legal-hold", "publicAccessBlock", "versionId=1",
          "response-content-type=text%2Fhtml", "uploadId=1", "x-amz-copy-source=a%2Fb"}) {
      changed = e.request;
      changed.query += (changed.query.empty() ? "" : "&") + added;
      EXPECT_EQ(authenticate(changed, now, e.bucket).code(), Code::signature_does_not_match)
          << e.name << " " << added;
    }
    changed = e.request;
    changed.headers.emplace_back("x-amz-meta-new", "1");
    EXPECT_EQ(authenticate(changed, now, e.bucket).code(), Code::signature_does_not_match) << e.name;
  }
}

// The guide's own example with an x-amz-date (a DELETE) was signed otherwise than the guide says; this is
// what it says.
TEST(SigV2, AnAmzDateTakesThePlaceOfTheDate) {
  Request r = example("DELETE", "/awsexamplebucket1/photos/puppy.jpg", "", "Tue, 27 Mar 2007 21:20:27 +0000",
                      "Ri1hpB1zpS9pGqR7y8kuNFCl4sE=");
  r.set("x-amz-date", "Tue, 27 Mar 2007 21:20:26 +0000");
  EXPECT_TRUE(authenticate(r, *parse_iso8601("2007-03-27T21:20:26Z")).ok);
}

// ---- Requests that botocore signed ----

nlohmann::json botocore() {
  std::ifstream in(CAIRN_TEST_DIR "/unit/s3wire/botocore_v2.json");
  return nlohmann::json::parse(in);
}

TEST(SigV2, RequestsThatBotocoreSignedAreGenuine) {
  const nlohmann::json all = botocore();
  ASSERT_GT(all["requests"].size(), 15u);
  for (const auto& r : all["requests"]) {
    Request request{r["method"], r["path"], r["query"], {}};
    for (const auto& h : r["headers"])
      request.headers.emplace_back(h[0].get<std::string>(), trim(h[1].get<std::string>()));
    const std::string bucket = r["virtual_bucket"];
    const Outcome o = authenticate(request, *parse_amz_date("20261123T123456Z"), bucket);
    EXPECT_TRUE(o.ok) << r["name"] << "\n" << o.field("StringToSign");
    const std::vector<std::string> domains = {"s3.example.test"};
    const auto route = route_request(request.view(), domains);
    ASSERT_TRUE(route) << r["name"];
    EXPECT_NE(route->op, Operation::unknown) << r["name"];
    EXPECT_EQ(route->virtual_hosted ? route->bucket : "", bucket) << r["name"];
  }
}

// ---- What is refused ----

Request link(std::string query) { return {"GET", "/b/k", std::move(query), {}}; }

Request header(std::string authorization, std::string date = "Mon, 23 Nov 2026 12:34:56 GMT") {
  Request r{"GET", "/b/k", "", {}};
  r.set("Date", std::move(date));
  r.set("Authorization", std::move(authorization));
  return r;
}

TEST(SigV2, BadClaimsAreRefused) {
  const UnixMillis now = *parse_amz_date("20261123T123456Z");
  const auto with = [](Request r, std::string name, std::string value) {
    r.headers.emplace_back(std::move(name), std::move(value));
    return r;
  };
  const std::string good = "AWS AKIAIOSFODNN7EXAMPLE:c2lnbmF0dXJl";
  const std::string expires = "AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=s&Expires=";
  struct Row {
    Request request;
    Code code;
  };
  const Row rows[] = {
      {header(good), Code::signature_does_not_match},
      {header("AWS AKIAIOSFODNN7EXAMPLE"), Code::invalid_argument},
      {header("AWS :signature"), Code::invalid_argument},
      {header("AWS AKIAIOSFODNN7EXAMPLE:"), Code::invalid_argument},
      {header("AWS " + std::string(257, 'k') + ":s"), Code::invalid_argument},
      {header(good, "yesterday"), Code::access_denied},
      {header(good, ""), Code::access_denied},
      {header(good, "Fri, 07 Jul 1950 21:53:04 GMT"), Code::access_denied},
      {header(good, "Mon, 23 Nov 2026 12:19:55 GMT"), Code::request_time_too_skewed},
      {header(good, "Mon, 23 Nov 2026 12:49:57 GMT"), Code::request_time_too_skewed},
      {with(header(good, "yesterday"), "x-amz-date", "Mon, 23 Nov 2026 12:34:56 GMT"),
       Code::signature_does_not_match},
      {with(header(good), "x-amz-date", "yesterday"), Code::access_denied},
      {with(header(good), "Date", "Mon, 23 Nov 2026 12:34:56 GMT"), Code::invalid_argument},
      {with(with(header(good), "Content-MD5", "a"), "content-md5", "b"), Code::invalid_argument},
      {with(header(good), "x-amz-content-sha256", std::string(kStreamingSigned)), Code::access_denied},
      {with(header(good), "x-amz-content-sha256", "nonsense"), Code::invalid_argument},
      {link(expires + "1795437296"), Code::signature_does_not_match},
      {link(expires + "1795437295"), Code::access_denied},
      {link(expires), Code::access_denied},
      {link(expires + "-1"), Code::access_denied},
      {link(expires + "tomorrow"), Code::access_denied},
      {link(expires + "18446744073709551615"), Code::access_denied},
      {link(expires + "1795437296&Expires=1"), Code::access_denied},
      {link("AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE&Signature=s"), Code::access_denied},
      {link("AWSAccessKeyId=AKIAIOSFODNN7EXAMPLE"), Code::access_denied},
      {link("Signature=s&Expires=1795437296"), Code::access_denied},
      {link(expires + "1795437296&X-Amz-Signature=s"), Code::invalid_argument},
      {with(link(expires + "1795437296"), "Authorization", good), Code::invalid_argument},
      {link(expires + "1795437296&x-amz-acl=private%0Ax-amz-meta-a:1"), Code::invalid_argument},
      {link(expires + "1795437296&content-type=a%0Ab"), Code::invalid_argument},
      {link(expires + "1795437296&response-expires=x%26versionId%3D1"), Code::invalid_argument},
      {link(expires + "1795437296&response-expires=x%26acl"), Code::invalid_argument},
      {link(expires + "1795437296&response-expires=x%26y"), Code::signature_does_not_match},
  };
  for (const Row& row : rows)
    EXPECT_EQ(authenticate(row.request, now).code(), row.code)
        << row.request.query << " " << (row.request.headers.empty() ? "" : row.request.headers.back().second);
}

TEST(SigV2, ARefusalShowsWhatTheServerSigned) {
  const UnixMillis now = *parse_amz_date("20261123T123456Z");
  const Outcome o = authenticate(header("AWS AKIAIOSFODNN7EXAMPLE:c2lnbmF0dXJl"), now);
  EXPECT_EQ(o.field("StringToSign"), "GET\n\n\nMon, 23 Nov 2026 12:34:56 GMT\n/b/k");
  EXPECT_EQ(o.field("SignatureProvided"), "c2lnbmF0dXJl");
  EXPECT_EQ(o.field("AWSAccessKeyId"), kAccessKey);
}

TEST(SigV2, AnOperatorCanTurnItOff) {
  const UnixMillis now = *parse_iso8601("2007-03-27T19:36:42Z");
  AuthConfig off, sts;
  off.accept_v2 = false;
  sts.service = "sts";
  for (const AuthConfig& config : {off, sts})
    EXPECT_EQ(authenticate(examples()[0].request, now, "awsexamplebucket1", kSecret, config).code(),
              Code::invalid_request);
}

TEST(SigV2, UnsignedBodiesMayBeChunked) {
  const UnixMillis now = *parse_amz_date("20261123T123456Z");
  Request r{"PUT", "/b/k", "", {}};
  r.set("Date", "Mon, 23 Nov 2026 12:34:56 GMT");
  r.set("x-amz-content-sha256", std::string(kStreamingUnsignedTrailer));
  const std::string text = "PUT\n\n\nMon, 23 Nov 2026 12:34:56 GMT\nx-amz-content-sha256:" +
                           std::string(kStreamingUnsignedTrailer) + "\n/b/k";
  r.set("Authorization", "AWS " + std::string(kAccessKey) + ":" + sigv2::sign(kSecret, text));
  const Outcome o = authenticate(r, now);
  EXPECT_TRUE(o.ok);
  EXPECT_EQ(o.claim.payload, PayloadMode::streaming_unsigned_trailer);
}

}  // namespace
}  // namespace cairn::s3wire
