#include "cairn/s3wire/route.hpp"

#include <fstream>
#include <map>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "requests.hpp"

namespace cairn::s3wire {
namespace {

using test::Request;

Operation op_of(std::string method, std::string path, std::string query = {},
                std::vector<std::pair<std::string, std::string>> headers = {}) {
  const Request r{std::move(method), std::move(path), std::move(query), std::move(headers)};
  const auto route = route_request(r.view(), {});
  EXPECT_TRUE(route.has_value()) << r.method << ' ' << r.path << '?' << r.query;
  return route ? route->op : Operation::unknown;
}

// Operations of the model that are the same request under two names.
const std::map<std::string, std::string> kSameRequest = {
    {"GetBucketLifecycle", "GetBucketLifecycleConfiguration"},
    {"PutBucketLifecycle", "PutBucketLifecycleConfiguration"},
    {"GetBucketNotification", "GetBucketNotificationConfiguration"},
    {"PutBucketNotification", "PutBucketNotificationConfiguration"}};

// ListDirectoryBuckets differs from ListBuckets in a parameter that the model has as optional.
std::string query_of(const nlohmann::json& op) {
  const std::string uri = op["uri"];
  const std::size_t mark = uri.find('?');
  std::string query = mark == std::string::npos ? "" : uri.substr(mark + 1);
  const auto add = [&](const std::string& name) { query += (query.empty() ? "" : "&") + name + "=1"; };
  for (const auto& name : op["query_required"]) add(name);
  if (op["name"] == "ListDirectoryBuckets") add("max-directory-buckets");
  return query;
}

TEST(Route, EveryOperationOfTheModelRoutesToItself) {
  std::ifstream in(CAIRN_TEST_DIR "/unit/s3wire/s3_operations.json");
  const auto operations = nlohmann::json::parse(in);
  ASSERT_GT(operations.size(), 100u);
  for (const auto& op : operations) {
    const std::string name = op["name"];
    std::string path = op["uri"];
    path = path.substr(0, path.find('?'));
    if (const auto at = path.find("{Bucket}"); at != std::string::npos) path.replace(at, 8, "bucket");
    if (const auto at = path.find("{Key+}"); at != std::string::npos) path.replace(at, 6, "some/key");
    std::vector<std::pair<std::string, std::string>> headers;
    for (const auto& h : op["headers_required"]) headers.emplace_back(h, "x");
    const auto same = kSameRequest.find(name);
    const std::string expected = same == kSameRequest.end() ? name : same->second;
    EXPECT_EQ(operation_name(op_of(op["method"], path, query_of(op), headers)), expected) << name;

    // With every optional parameter it is the same operation, unless one of them makes it another.
    std::string query = query_of(op);
    for (const auto& o : op["query_optional"]) {
      if (name == "ListBuckets" && o == "max-directory-buckets") continue;
      query += (query.empty() ? "" : "&") + std::string(o) + "=1";
    }
    query += "&x-id=" + name;
    EXPECT_EQ(operation_name(op_of(op["method"], path, query, headers)), expected) << name << '?' << query;
  }
}

TEST(Route, SubResourcesThatAreNotKnownNeverBecomeAnotherOperation) {
  for (const char* method : {"GET", "HEAD", "PUT", "POST", "DELETE"})
    for (const char* path : {"/bucket", "/bucket/", "/bucket/key"})
      for (const char* query : {"frobnicate", "frobnicate&versionId=x", "quarantine&list-type=2"})
        EXPECT_EQ(op_of(method, path, query), Operation::unknown) << method << path << query;
  for (const char* method : {"PUT", "POST", "DELETE"})
    for (const char* query : {"frobnicate=", "frobnicate=1", "prefix=x", "max-keys=1"})
      for (const char* path : {"/bucket", "/bucket/key"})
        EXPECT_EQ(op_of(method, path, query), Operation::unknown) << method << path << query;
}

TEST(Route, KnownSubResourcesInTheWrongPlaceAreRefused) {
  EXPECT_EQ(op_of("DELETE", "/bucket", "versioning"), Operation::unknown);
  EXPECT_EQ(op_of("DELETE", "/bucket", "acl"), Operation::unknown);
  EXPECT_EQ(op_of("DELETE", "/bucket/key", "acl"), Operation::unknown);
  EXPECT_EQ(op_of("DELETE", "/bucket/key", "policy="), Operation::unknown);
  EXPECT_EQ(op_of("PUT", "/bucket/key", "uploads"), Operation::unknown);
  EXPECT_EQ(op_of("PUT", "/bucket/key", "partNumber=1"), Operation::unknown);
  EXPECT_EQ(op_of("PUT", "/bucket/key", "uploadId=1"), Operation::unknown);
  EXPECT_EQ(op_of("PUT", "/bucket", "tagging&policy"), Operation::unknown);
  EXPECT_EQ(op_of("GET", "/bucket/key", "versioning=1"), Operation::unknown);
  EXPECT_EQ(op_of("GET", "/bucket", "list-type=3"), Operation::unknown);
  EXPECT_EQ(op_of("POST", "/bucket/key"), Operation::unknown);
  EXPECT_EQ(op_of("PUT", "/"), Operation::unknown);
  EXPECT_EQ(op_of("DELETE", "/"), Operation::unknown);
  EXPECT_EQ(op_of("PATCH", "/bucket/key"), Operation::unknown);
}

TEST(Route, ReadsIgnoreParametersWithAValue) {
  EXPECT_EQ(op_of("GET", "/bucket/key", "v=123"), Operation::get_object);
  EXPECT_EQ(op_of("GET", "/bucket/key", "id=5"), Operation::get_object);
  EXPECT_EQ(op_of("GET", "/bucket", "metadata=true&list-type=2"), Operation::list_objects_v2);
  EXPECT_EQ(op_of("HEAD", "/bucket/key", "v="), Operation::head_object);
}

TEST(Route, AnybodyMayCarryAnXParameterAndASignature) {
  const char* signature =
      "x-id=PutObject&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=c&X-Amz-Date=d&X-Amz-Expires=1"
      "&X-Amz-SignedHeaders=host&X-Amz-Signature=s&x-amz-acl=private";
  EXPECT_EQ(op_of("PUT", "/bucket/key", signature), Operation::put_object);
  EXPECT_EQ(op_of("DELETE", "/bucket/key", signature), Operation::delete_object);
  EXPECT_EQ(op_of("DELETE", "/bucket/key", "AWSAccessKeyId=a&Signature=s&Expires=1"),
            Operation::delete_object);
}

TEST(Route, ACopySourceMakesACopyAlsoWhenHoistedIntoThePresignedQuery) {
  EXPECT_EQ(op_of("PUT", "/bucket/key", "", {{"X-Amz-Copy-Source", "b/k"}}), Operation::copy_object);
  EXPECT_EQ(op_of("PUT", "/bucket/key", "x-amz-copy-source=b%2Fk"), Operation::copy_object);
  EXPECT_EQ(op_of("PUT", "/bucket/key", "partNumber=1&uploadId=u", {{"x-amz-copy-source", "b/k"}}),
            Operation::upload_part_copy);
}

TEST(Route, OperationsBesideTheModel) {
  EXPECT_EQ(op_of("POST", "/bucket"), Operation::post_object);
  EXPECT_EQ(op_of("OPTIONS", "/bucket/key"), Operation::options_preflight);
  EXPECT_EQ(operation_name(Operation::unknown), "Unknown");
  EXPECT_EQ(operation_name(Operation::put_object), "PutObject");
  EXPECT_EQ(operation_name(Operation::options_preflight), "OptionsPreflight");
}

Route route_of(std::string path, std::string host = "localhost:9000", std::vector<std::string> domains = {}) {
  const Request r{"GET", std::move(path), "", {{"Host", std::move(host)}}};
  auto route = route_request(r.view(), domains);
  EXPECT_TRUE(route.has_value()) << r.path;
  return route.value_or(Route{});
}

TEST(Route, KeysAreDecodedOnceAndNotNormalised) {
  EXPECT_EQ(route_of("/bucket/a/../b//./c").key, "a/../b//./c");
  EXPECT_EQ(route_of("/bucket//key").key, "/key");
  EXPECT_EQ(route_of("/bucket/a%2520b+c").key, "a%20b+c");
  EXPECT_EQ(route_of("/bucket/%E6%97%A5").key, "\xE6\x97\xA5");
  EXPECT_EQ(route_of("/bucket/").key, "");
  EXPECT_EQ(route_of("/bucket/").bucket, "bucket");
  EXPECT_EQ(route_of("/bucket/key/").key, "key/");
}

TEST(Route, VirtualHostsNameTheBucket) {
  const std::vector<std::string> domains = {"s3.example.test", "example.test"};
  const Route r = route_of("/a/b", "My-Bucket.S3.Example.TEST:9000", domains);
  EXPECT_TRUE(r.virtual_hosted);
  EXPECT_EQ(r.bucket, "my-bucket");
  EXPECT_EQ(r.key, "a/b");
  EXPECT_EQ(r.op, Operation::get_object);
  EXPECT_EQ(route_of("/", "photos.2026.s3.example.test", domains).bucket, "photos.2026");
  EXPECT_EQ(route_of("/", "photos.s3.example.test", domains).op, Operation::list_objects);
  EXPECT_EQ(route_of("/bucket/k", "s3.example.test:9000", {"s3.example.test"}).bucket, "bucket");
  EXPECT_EQ(route_of("/bucket/k", "xs3.example.test", {"s3.example.test"}).bucket, "bucket");
  EXPECT_EQ(route_of("/bucket/k", "[::1]:9000", domains).bucket, "bucket");
}

Code refusal(std::string path, std::string query = {}) {
  const Request r{"GET", std::move(path), std::move(query), {}};
  const auto route = route_request(r.view(), {});
  return route ? Code::internal : route.error().code;
}

TEST(Route, BadTargetsAreRefused) {
  EXPECT_EQ(refusal("bucket"), Code::invalid_uri);
  EXPECT_EQ(refusal("/bucket/%zz"), Code::invalid_uri);
  EXPECT_EQ(refusal("/bucket/%4"), Code::invalid_uri);
  EXPECT_EQ(refusal("/bucket", "prefix=%"), Code::invalid_uri);
  EXPECT_EQ(refusal("/Bucket/key"), Code::invalid_bucket_name);
  EXPECT_EQ(refusal("//key"), Code::invalid_bucket_name);
  EXPECT_EQ(refusal("/bucket%2Fkey"), Code::invalid_bucket_name);
  EXPECT_EQ(refusal("/bucket/" + std::string(1025, 'k')), Code::key_too_long);
  EXPECT_EQ(refusal("/bucket/a%00b"), Code::invalid_argument);
  EXPECT_EQ(refusal("/bucket/a%FFb"), Code::invalid_argument);
  std::string many;
  for (int i = 0; i < 200; ++i) many += "a=1&";
  EXPECT_EQ(refusal("/bucket", many), Code::invalid_uri);
}

TEST(BucketName, AmazonsRules) {
  for (const char* good : {"abc", "a.b", "my-bucket", "1.2.3", "1.2.3.4.5", "1.2.3.a", "a--b",
                           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    EXPECT_TRUE(valid_bucket_name(good)) << good;
  for (const char* bad : {"",
                          "ab",
                          "Abc",
                          "a_b",
                          "-ab",
                          "ab-",
                          ".ab",
                          "ab.",
                          "a..b",
                          "a.-b",
                          "a-.b",
                          "192.168.5.4",
                          "xn--abc",
                          "sthree-a",
                          "amzn-s3-demo-x",
                          "abc-s3alias",
                          "abc--ol-s3",
                          "abc.mrap",
                          "abc--x-s3",
                          "abc--table-s3",
                          "a b",
                          "a/b",
                          "\xC3\xA4hm",
                          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    EXPECT_FALSE(valid_bucket_name(bad)) << bad;
}

TEST(Key, OneToAThousandAndTwentyFourBytesOfUtf8) {
  EXPECT_TRUE(valid_key(std::string(1024, 'x')).has_value());
  EXPECT_EQ(valid_key(std::string(1025, 'x')).error().code, Code::key_too_long);
  EXPECT_FALSE(valid_key("").has_value());
  EXPECT_TRUE(valid_key("\x01\xF0\x9F\x98\x80").has_value());
  for (const std::string_view bad :
       {std::string_view("\xC0\xAF"), std::string_view("\xED\xA0\x80"), std::string_view("\xF4\x90\x80\x80"),
        std::string_view("\xE2\x82"), std::string_view("a\0b", 3)})
    EXPECT_FALSE(valid_key(bad).has_value());
}

}  // namespace
}  // namespace cairn::s3wire
