#include "s3_rig.hpp"

namespace cairn::s3 {
namespace {
using testing::Answer;
using testing::Rig;

TEST(CreateBucket, AgainIsFineInUsEast1AndAConflictElsewhere) {
  Rig east;
  EXPECT_EQ(east.put("/bucket", "").field("location"), "/bucket");
  EXPECT_EQ(east.put("/bucket", "").status, 200);
  Rig north("eu-north-1");
  EXPECT_EQ(north.put("/bucket", "").status, 200);
  EXPECT_EQ(north.put("/bucket", "").code(), "BucketAlreadyOwnedByYou");
}

TEST(CreateBucket, ItsLocationIsTheServersRegion) {
  Rig s3("eu-north-1");
  const auto body = [](const char* region) {
    return std::string("<CreateBucketConfiguration><LocationConstraint>") + region +
           "</LocationConstraint></CreateBucketConfiguration>";
  };
  EXPECT_EQ(s3.put("/elsewhere", body("us-west-2")).code(), "InvalidLocationConstraint");
  EXPECT_EQ(s3.put("/here", body("eu-north-1")).status, 200);
  EXPECT_EQ(s3.put("/broken", "<CreateBucketConfiguration>").code(), "MalformedXML");
  EXPECT_NE(s3.get("/here", "location").body.find("eu-north-1"), std::string::npos);
  EXPECT_EQ(s3.send("HEAD", "/here").field("x-amz-bucket-region"), "eu-north-1");
  EXPECT_EQ(s3.get("/elsewhere", "location").code(), "NoSuchBucket");
}

TEST(CreateBucket, WhatItCannotKeepIsRefused) {
  Rig s3;
  EXPECT_EQ(s3.put("/bucket", "", {{"x-amz-bucket-object-lock-enabled", "perhaps"}}).status, 400);
  EXPECT_EQ(s3.put("/bucket", "", {{"x-amz-object-ownership", "Nobody"}}).status, 400);
  EXPECT_EQ(s3.put("/bucket", "", {{"x-amz-acl", "nonsense"}}).status, 400);
  EXPECT_EQ(s3.put("/bucket", "", {{"x-amz-bucket-namespace", "account-regional"}}).status, 501);
  EXPECT_EQ(
      s3.put("/bucket", "", {{"x-amz-acl", "public-read"}, {"x-amz-object-ownership", "BucketOwnerEnforced"}})
          .code(),
      "InvalidBucketAclWithObjectOwnership");
  EXPECT_EQ(s3.get("/bucket").code(), "NoSuchBucket");
  EXPECT_EQ(
      s3.put("/bucket", "", {{"x-amz-acl", "private"}, {"x-amz-object-ownership", "BucketOwnerEnforced"}})
          .status,
      200);
}

TEST(DeleteBucket, OnlyWhenEmpty) {
  Rig s3;
  s3.make_bucket();
  s3.put("/bucket/k", "v");
  EXPECT_EQ(s3.send("DELETE", "/bucket").code(), "BucketNotEmpty");
  s3.send("DELETE", "/bucket/k");
  EXPECT_EQ(s3.send("DELETE", "/bucket").status, 204);
  EXPECT_EQ(s3.send("DELETE", "/bucket").code(), "NoSuchBucket");
}

TEST(ListBuckets, PagesJoin) {
  Rig s3;
  for (const char* name : {"aaa", "bbb", "bbc", "ccc"}) s3.make_bucket(name);
  const Answer all = s3.get("/");
  for (const char* name : {"aaa", "bbb", "bbc", "ccc"})
    EXPECT_NE(all.body.find(std::string("<Name>") + name), std::string::npos) << name;
  const Answer first = s3.get("/", "max-buckets=1&prefix=bb");
  EXPECT_EQ(first.element("Name"), "bbb");
  std::string token;
  s3wire::append_uri_encoded(token, first.element("ContinuationToken"), s3wire::Slash::encode);
  ASSERT_FALSE(token.empty());
  const Answer second = s3.get("/", "continuation-token=" + token + "&max-buckets=1&prefix=bb");
  EXPECT_EQ(second.element("Name"), "bbc");
  EXPECT_EQ(second.element("ContinuationToken"), "");
  EXPECT_EQ(s3.get("/", "max-buckets=0").code(), "InvalidArgument");
  EXPECT_EQ(s3.get("/", "continuation-token=nonsense").code(), "InvalidArgument");
}

struct Keys : Rig {
  Keys() {
    make_bucket();
    for (const char* key : {"a", "b/1", "b/2", "c", "d%20e"}) put(std::string("/bucket/") + key, "v");
  }
};

TEST(ListObjectsV2, PagesJoinAcrossCommonPrefixes) {
  Keys s3;
  std::string seen, token;
  for (int page = 0; page < 10; ++page) {
    const Answer a = s3.get("/bucket", "list-type=2&delimiter=%2F&max-keys=1" + token);
    EXPECT_EQ(a.element("KeyCount"), "1");
    const std::string prefixes = a.element("CommonPrefixes");
    seen += (prefixes.empty() ? a.element("Key") : prefixes.substr(8, prefixes.find("</") - 8)) + ";";
    if (a.element("IsTruncated") != "true") break;
    token.clear();
    s3wire::append_uri_encoded(token, a.element("NextContinuationToken"), s3wire::Slash::encode);
    token = "&continuation-token=" + token;
  }
  EXPECT_EQ(seen, "a;b/;c;d e;");
}

TEST(ListObjectsV2, ParametersAreHeeded) {
  Keys s3;
  EXPECT_EQ(s3.get("/bucket", "list-type=2&start-after=b%2F1").element("Key"), "b/2");
  EXPECT_EQ(s3.get("/bucket", "list-type=2&start-after=c&encoding-type=url").element("Key"), "d%20e");
  EXPECT_EQ(s3.get("/bucket", "list-type=2").body.find("<Owner>"), std::string::npos);
  EXPECT_NE(s3.get("/bucket", "fetch-owner=true&list-type=2").body.find("<Owner>"), std::string::npos);
  const Answer none = s3.get("/bucket", "list-type=2&max-keys=0");
  EXPECT_EQ(none.element("IsTruncated"), "false");
  EXPECT_EQ(none.body.find("<Contents>"), std::string::npos);
  EXPECT_EQ(s3.get("/bucket", "list-type=2&max-keys=5000").element("MaxKeys"), "1000");
  for (const char* bad : {"max-keys=-1", "max-keys=x", "encoding-type=x", "continuation-token=x"})
    EXPECT_EQ(s3.get("/bucket", std::string("list-type=2&") + bad).code(), "InvalidArgument") << bad;
  EXPECT_EQ(s3.get("/missing", "list-type=2&max-keys=0").code(), "NoSuchBucket");
}

TEST(ListObjects, NextMarkerComesWithADelimiterOnly) {
  Keys s3;
  const Answer with = s3.get("/bucket", "delimiter=%2F&max-keys=2");
  EXPECT_EQ(with.element("NextMarker"), "b/");
  EXPECT_EQ(s3.get("/bucket", "delimiter=%2F&marker=b%2F").element("Key"), "c");
  EXPECT_EQ(s3.get("/bucket", "max-keys=2").element("NextMarker"), "");
  EXPECT_EQ(s3.get("/bucket", "marker=b%2F1").element("Key"), "b/2");
}

TEST(VirtualHosts, TheBucketComesFromTheHost) {
  Rig s3;
  s3.make_bucket("hosted");
  const std::vector<std::pair<std::string, std::string>> host{{"host", "hosted.s3.test:9000"}};
  EXPECT_EQ(s3.put("/a/b", "v", host).status, 200);
  EXPECT_EQ(s3.get("/hosted/a/b").body, "v");
  EXPECT_EQ(s3.send("GET", "/a/b", "", "", host).body, "v");
}

}  // namespace
}  // namespace cairn::s3
