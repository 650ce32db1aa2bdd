// What the policies cost a request: a user with ten statements, some with conditions and variables.
#include <cstdlib>
#include <string>

#include <benchmark/benchmark.h>

#include "cairn/iam/evaluate.hpp"
#include "cairn/iam/request_facts.hpp"

namespace {

using namespace cairn;
using namespace cairn::iam;

Policy parse(const std::string& statements, PolicyKind kind) {
  auto policy = Policy::parse(R"({"Version":"2012-10-17","Statement":[)" + statements + "]}", kind);
  if (!policy) std::abort();
  return std::move(*policy);
}

// Ten statements; the last allows what is asked.
std::string ten_statements() {
  std::string out = R"({"Effect":"Deny","Action":"s3:Delete*","Resource":"arn:aws:s3:::archive/*"},
    {"Effect":"Deny","Action":"s3:*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}},
    {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","2001:db8::/32"]}}},
    {"Effect":"Allow","Action":["s3:ListBucket","s3:GetBucketLocation"],"Resource":"arn:aws:s3:::company","Condition":{"StringLike":{"s3:prefix":["home/${aws:username}/*"]}}},
    {"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::company/home/${aws:username}","arn:aws:s3:::company/home/${aws:username}/*"]},)";
  for (const char* bucket : {"one", "two", "three", "four"})
    out += std::string(
               R"({"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::)") +
           bucket + R"(/*"},)";
  return out + R"({"Effect":"Allow","Action":["s3:Get*","s3:Put*"],"Resource":"arn:aws:s3:::data/*/2024/*"})";
}

AccessRequest make_request() {
  const Principal alice{
      Principal::Kind::user, "arn:aws:iam::123456789012:user/alice", "", "123456789012", "canonical", "alice",
      "AIDAALICEALICEALICE0"};
  AccessRequest request{alice, "s3:GetObject", "arn:aws:s3:::data/reports/2024/january/summary.parquet",
                        principal_context(alice)};
  request.context.set("aws:SourceIp", "10.1.2.3");
  request.context.set("aws:SecureTransport", "true");
  request.context.set("aws:CurrentTime", "2024-02-03T04:05:06Z");
  request.context.set("aws:EpochTime", "1706933106");
  request.context.set("aws:UserAgent", "aws-cli/2.15.0");
  request.context.set("s3:authType", "REST-HEADER");
  request.context.set("s3:signatureversion", "AWS4-HMAC-SHA256");
  request.context.set("s3:x-amz-content-sha256", "UNSIGNED-PAYLOAD");
  return request;
}

void evaluate_ten_statements(benchmark::State& state) {
  const Policy policy = parse(ten_statements(), PolicyKind::identity);
  const AttachedPolicy attached{&policy, "ten"};
  const PolicySet set{.identity = {&attached, 1}};
  const AccessRequest request = make_request();
  for (auto _ : state)
    if (!evaluate(request, set).allowed()) state.SkipWithError("denied");
}
BENCHMARK(evaluate_ten_statements);

void evaluate_with_bucket_policy(benchmark::State& state) {
  const Policy policy = parse(ten_statements(), PolicyKind::identity);
  const Policy bucket =
      parse(R"({"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::data/*",
    "Condition":{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::123456789012:user/*"}}})",
            PolicyKind::resource);
  const AttachedPolicy attached[] = {{&policy, "ten"}, {&bucket, "bucket"}};
  const PolicySet set{.identity = {&attached[0], 1}, .resource = {&attached[1], 1}};
  const AccessRequest request = make_request();
  for (auto _ : state)
    if (!evaluate(request, set).allowed()) state.SkipWithError("denied");
}
BENCHMARK(evaluate_with_bucket_policy);

// What a request of S3 does: the context holds only what the policies ask for.
void ask_for_what_is_asked(benchmark::State& state) {
  const Policy policy = parse(ten_statements(), PolicyKind::identity);
  const AttachedPolicy attached{&policy, "ten"};
  const PolicySet set{.identity = {&attached, 1}};
  const Principal alice = make_request().principal;
  std::vector<std::string> keys;
  merge_keys(keys, policy);
  Identity who;
  who.principal = alice;
  const RequestFacts facts{"10.1.2.3", true, "aws-cli/2.15.0", "", "us-east-1", 1'706'933'106'000};
  for (auto _ : state) {
    AccessRequest request{
        alice, "s3:GetObject", "arn:aws:s3:::data/reports/2024/january/summary.parquet", {}};
    for (const std::string& key : keys)
      if (auto values = global_key(key, facts, who)) request.context.set(key, std::move(*values));
    if (!evaluate(request, set).allowed()) state.SkipWithError("denied");
  }
}
BENCHMARK(ask_for_what_is_asked);

void build_the_request(benchmark::State& state) {
  for (auto _ : state) {
    AccessRequest request = make_request();
    benchmark::DoNotOptimize(request);
  }
}
BENCHMARK(build_the_request);

void parse_ten_statements(benchmark::State& state) {
  const std::string text = R"({"Version":"2012-10-17","Statement":[)" + ten_statements() + "]}";
  for (auto _ : state) {
    auto policy = Policy::parse(text, PolicyKind::identity);
    benchmark::DoNotOptimize(policy);
  }
}
BENCHMARK(parse_ten_statements);

}  // namespace
