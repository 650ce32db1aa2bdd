#include <set>

#include "s3_rig.hpp"

namespace cairn::s3 {
namespace {
using testing::Answer;
using testing::Rig;

TEST(Service, AnErrorNamesTheRequestInHeadAndDocument) {
  Rig s3;
  const Answer a = s3.get("/missing");
  EXPECT_EQ(a.status, 404);
  EXPECT_EQ(a.code(), "NoSuchBucket");
  EXPECT_EQ(a.element("RequestId"), a.field("x-amz-request-id"));
  EXPECT_EQ(a.element("HostId"), a.field("x-amz-id-2"));
  EXPECT_EQ(a.field("x-amz-request-id").size(), 16u);
  EXPECT_EQ(a.field("content-type"), "application/xml");
}

TEST(Service, RequestIdsDiffer) {
  Rig s3;
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(s3.get("/").field("x-amz-request-id"));
  EXPECT_EQ(seen.size(), 100u);
}

TEST(Service, WhoeverDoesNotSignIsDenied) {
  Rig s3;
  s3.make_bucket();
  s3.put("/bucket/k", "v");
  for (const char* method : {"GET", "PUT", "DELETE"}) {
    const Answer a = s3({.method = method, .path = "/bucket/k", .sign = false});
    EXPECT_EQ(a.status, 403) << method;
    EXPECT_EQ(a.code(), "AccessDenied") << method;
  }
  EXPECT_EQ(s3.get("/bucket/k").body, "v");
}

TEST(Service, ARequestOfAnotherTimeIsRefused) {
  Rig s3;
  const std::string head = s3.head({.path = "/"});
  s3.clock.advance(16 * 60 * 1000);
  EXPECT_EQ(s3.exchange({head}).code(), "RequestTimeTooSkewed");
}

TEST(Service, AnotherOwnersBucketIsDenied) {
  Rig s3;
  s3.make_bucket();
  EXPECT_EQ(s3.send("HEAD", "/bucket", "", "", {{"x-amz-expected-bucket-owner", "111122223333"}}).status,
            403);
  EXPECT_EQ(s3.send("HEAD", "/bucket", "", "", {{"x-amz-expected-bucket-owner", Rig::kAccess}}).status, 200);
}

TEST(Service, WhatIsNotThereYetIsNotImplementedAndChangesNothing) {
  Rig s3;
  s3.make_bucket();
  s3.put("/bucket/k", "v");
  const std::vector<std::array<const char*, 3>> calls{{"PUT", "/bucket", "encryption"},
                                                      {"PUT", "/bucket", "replication"},
                                                      {"PUT", "/bucket", "notification"},
                                                      {"PUT", "/bucket", "no-such-thing"},
                                                      {"DELETE", "/bucket", "no-such-thing"},
                                                      {"POST", "/bucket/k", "restore"},
                                                      {"POST", "/bucket/k", "select=&select-type=2"},
                                                      {"DELETE", "/bucket/k", "no-such-thing"},
                                                      {"PUT", "/bucket/k", "no-such-thing"},
                                                      {"GET", "/bucket/k", "torrent"},
                                                      {"PATCH", "/bucket/k", ""}};
  for (const auto& [method, path, query] : calls) {
    const Answer a = s3.send(method, path, query, "x");
    EXPECT_EQ(a.status, 501) << method << " " << path << "?" << query << ": " << a.body;
    EXPECT_EQ(a.code(), "NotImplemented") << method << " " << path << "?" << query;
  }
  EXPECT_EQ(s3.get("/bucket/k").body, "v");
}

TEST(Service, WhatClientsProbeAnswersAsUnset) {
  Rig s3;
  s3.make_bucket();
  s3.put("/bucket/k", "v");
  const std::vector<std::array<const char*, 4>> probes{
      {"/bucket", "versioning", "200", "<VersioningConfiguration"},
      {"/bucket", "acl", "200", "FULL_CONTROL"},
      {"/bucket", "notification", "200", "<NotificationConfiguration"},
      {"/bucket", "logging", "200", "<BucketLoggingStatus"},
      {"/bucket", "accelerate", "200", "<AccelerateConfiguration"},
      {"/bucket", "requestPayment", "200", "<Payer>BucketOwner</Payer>"},
      {"/bucket", "location", "200", "<LocationConstraint"},
      {"/bucket", "tagging", "404", "NoSuchTagSet"},
      {"/bucket", "policy", "404", "NoSuchBucketPolicy"},
      {"/bucket", "policyStatus", "404", "NoSuchBucketPolicy"},
      {"/bucket", "object-lock", "404", "ObjectLockConfigurationNotFoundError"},
      {"/bucket", "encryption", "404", "ServerSideEncryptionConfigurationNotFoundError"},
      {"/bucket", "lifecycle", "404", "NoSuchLifecycleConfiguration"},
      {"/bucket", "cors", "404", "NoSuchCORSConfiguration"},
      {"/bucket", "website", "404", "NoSuchWebsiteConfiguration"},
      {"/bucket", "replication", "404", "ReplicationConfigurationNotFoundError"},
      {"/bucket", "publicAccessBlock", "404", "NoSuchPublicAccessBlockConfiguration"},
      {"/bucket", "ownershipControls", "404", "OwnershipControlsNotFoundError"},
      {"/bucket/k", "acl", "200", "FULL_CONTROL"},
      {"/bucket/k", "tagging", "200", "<TagSet"},
      {"/bucket/k", "retention", "400", "InvalidRequest"},
  };
  for (const auto& [path, query, status, text] : probes) {
    const Answer a = s3.get(path, query);
    EXPECT_EQ(std::to_string(a.status), status) << query << ": " << a.body;
    EXPECT_NE(a.body.find(text), std::string::npos) << query << ": " << a.body;
  }
  EXPECT_EQ(s3.get("/missing", "versioning").code(), "NoSuchBucket");
  EXPECT_EQ(s3.get("/bucket/missing", "tagging").code(), "NoSuchKey");
}

TEST(Service, CountsWhatItAnswered) {
  Rig s3;
  s3.make_bucket();
  s3.put("/bucket/k", "12345");
  s3.get("/bucket/k");
  s3.get("/bucket/none");
  const std::string text = s3.metrics.render();
  EXPECT_NE(text.find("cairn_s3_requests_total{operation=\"GetObject\",status=\"2xx\"} 1\n"),
            std::string::npos);
  EXPECT_NE(text.find("cairn_s3_requests_total{operation=\"GetObject\",status=\"4xx\"} 1\n"),
            std::string::npos);
  EXPECT_NE(text.find("cairn_s3_errors_total{code=\"NoSuchKey\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("cairn_s3_received_bytes_total{operation=\"PutObject\"} 5\n"), std::string::npos);
  EXPECT_NE(text.find("cairn_s3_requests_in_flight 0\n"), std::string::npos);
}

TEST(Service, AFailureBelowIs503OrInternalErrorWithoutItsDetails) {
  Rig s3;
  s3.make_bucket();
  s3.layer.set_hook([](std::string_view op, std::string_view) -> Status {
    if (op == "put") return fail(Code::no_quorum, "/mnt/disk7 is gone");
    if (op == "head") return fail(Code::corrupt, "/mnt/disk7");
    if (op == "list") return fail(Code::overloaded);
    return {};
  });
  const Answer put = s3.put("/bucket/k", "v");
  EXPECT_EQ(put.status, 503);
  EXPECT_EQ(put.field("retry-after"), "1");
  EXPECT_EQ(put.body.find("disk7"), std::string::npos);
  EXPECT_EQ(s3.send("HEAD", "/bucket/k").status, 500);
  EXPECT_EQ(s3.get("/bucket").code(), "SlowDown");
}

TEST(Service, MalformedHttpGetsAnErrorDocument) {
  Rig s3;
  const Answer a = s3.exchange({"GET / HTTP/1.1\r\nbroken header\r\n\r\n"});
  EXPECT_EQ(a.status, 400);
  EXPECT_FALSE(a.code().empty());
  EXPECT_EQ(a.element("RequestId"), a.field("x-amz-request-id"));
}

TEST(Service, APreflightIsRefusedAsLongAsNoBucketHasCors) {
  Rig s3;
  s3.make_bucket();
  const Answer a = s3({.method = "OPTIONS",
                       .path = "/bucket/k",
                       .headers = {{"origin", "https://a.test"}, {"access-control-request-method", "GET"}},
                       .sign = false});
  EXPECT_EQ(a.status, 403);
  EXPECT_EQ(a.code(), "AccessForbidden");
}

}  // namespace
}  // namespace cairn::s3
