#include "admin/paths.hpp"

#include <gtest/gtest.h>

namespace cairn::admin {
namespace {

const std::vector<std::string> kDomains{"s3.test"};

Page page(RequestFacts facts) { return page_of(facts, kDomains); }

TEST(Paths, ExactlyThreePathsAreTaken) {
  EXPECT_EQ(page({"GET", "/health/live", "", "h", false}), Page::live);
  EXPECT_EQ(page({"GET", "/health/ready", "", "h", false}), Page::ready);
  EXPECT_EQ(page({"HEAD", "/health/ready", "quorum=read", "h", false}), Page::ready);
  EXPECT_EQ(page({"GET", "/metrics", "", "h", false}), Page::metrics);
  for (const char* path : {"/", "/health", "/health/", "/health/live/", "/health/other", "/metrics/",
                           "/metrics/a", "/Metrics", "/health%2flive", "//metrics"})
    EXPECT_EQ(page({"GET", path, "", "h", false}), Page::none) << path;
}

TEST(Paths, BucketsOfTheseNamesStayReachableToThoseWhoSign) {
  EXPECT_EQ(page({"GET", "/health/live", "", "h", true}), Page::none);
  EXPECT_EQ(page({"GET", "/metrics", "list-type=2", "h", true}), Page::none);
  EXPECT_EQ(page({"GET", "/metrics", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=1", "h", false}),
            Page::none);
  EXPECT_EQ(page({"GET", "/metrics", "AWSAccessKeyId=a&Signature=b", "h", false}), Page::none);
  for (const char* method : {"PUT", "POST", "DELETE", "OPTIONS"})
    EXPECT_EQ(page({method, "/health/live", "", "h", false}), Page::none) << method;
}

TEST(Paths, UnderAVirtualHostAPathIsAKey) {
  for (const char* host : {"bucket.s3.test", "bucket.S3.test:9000", "a.b.s3.test"})
    EXPECT_EQ(page({"GET", "/metrics", "", host, false}), Page::none) << host;
  for (const char* host : {"s3.test", "s3.test:9000", "xs3.test", "[::1]:9000", ""})
    EXPECT_EQ(page({"GET", "/metrics", "", host, false}), Page::metrics) << host;
}

TEST(Paths, AllBelowThePrefixIsTheApis) {
  for (const char* path : {"/_admin/v1", "/_admin/v1/", "/_admin/v1/users"})
    for (const char* method : {"GET", "PUT", "DELETE"}) {
      EXPECT_EQ(page({method, path, "", "h", true}), Page::api) << path;
      EXPECT_EQ(page({method, path, "", "bucket.s3.test", true}), Page::none) << "a key there";
    }
  for (const char* path : {"/_admin", "/_admin/v12", "/_admin/v2/users", "/admin/v1/users"})
    EXPECT_EQ(page({"GET", path, "", "h", true}), Page::none) << path;
}

TEST(Paths, LoopbackIsThisMachine) {
  for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"})
    EXPECT_TRUE(is_loopback(address)) << address;
  for (const char* address : {"10.0.0.1", "::2", "1.127.0.0", "::ffff:10.0.0.1", "", "12.7.0.1"})
    EXPECT_FALSE(is_loopback(address)) << address;
}

}  // namespace
}  // namespace cairn::admin
