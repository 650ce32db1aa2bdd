#include "cairn/s3wire/post_object.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "cairn/s3wire/headers.hpp"

#include "requests.hpp"

namespace cairn::s3wire {
namespace {

using test::kSecret;

const UnixMillis kNow = *parse_amz_date("20261123T123456Z");

FormFields fields_of(std::initializer_list<std::pair<std::string, std::string>> list) {
  FormFields out;
  for (const auto& [name, value] : list) out.add(name, value);
  return out;
}

std::string base64(std::string_view text) { return to_base64(as_bytes(text)); }

std::string policy_of(std::string_view conditions, std::string_view expiration = "2026-11-23T12:34:56.000Z") {
  return base64("{\"expiration\": \"" + std::string(expiration) + "\", \"conditions\": [" +
                std::string(conditions) + "]}");
}

// ---- Signatures ----

AuthConfig config_of(std::string region) {
  AuthConfig config;
  config.region = std::move(region);
  return config;
}

TEST(PostAuth, FormsThatBotocoreSignedAreGenuineAndMeetTheirPolicy) {
  std::ifstream in(CAIRN_TEST_DIR "/unit/s3wire/botocore_v2.json");
  const auto all = nlohmann::json::parse(in);
  ASSERT_EQ(all["forms"].size(), 4u);
  SigningKeyCache cache;
  for (const auto& f : all["forms"]) {
    FormFields fields;
    for (const auto& pair : f["fields"]) fields.add(pair[0], pair[1]);
    const auto claim = parse_post_auth(fields, config_of("eu-west-1"));
    ASSERT_TRUE(claim) << f["name"];
    EXPECT_EQ(claim->type, AuthType::form);
    EXPECT_EQ(claim->access_key, test::kAccessKey);
    EXPECT_EQ(claim->security_token.empty(), f["name"].get<std::string>().find("token") == std::string::npos);
    EXPECT_TRUE(verify_post_signature(fields, *claim, kSecret, cache)) << f["name"];
    const auto other = verify_post_signature(fields, *claim, "another", cache);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().error.code, Code::signature_does_not_match);

    const auto policy = parse_post_policy(fields.get("policy"));
    ASSERT_TRUE(policy) << f["name"] << policy.error().context;
    const auto expanded = expand_filename(fields, "a.txt");
    EXPECT_TRUE(check_post_policy(*policy, "bucket", *expanded, kNow)) << f["name"];
    EXPECT_FALSE(check_post_policy(*policy, "tekcub", *expanded, kNow));

    FormFields changed;
    for (const auto& pair : f["fields"])
      changed.add(pair[0],
                  pair[0] == "policy" ? policy_of("{\"bucket\": \"bucket\"}") : pair[1].get<std::string>());
    const auto forged =
        verify_post_signature(changed, *parse_post_auth(changed, config_of("eu-west-1")), kSecret, cache);
    EXPECT_FALSE(forged) << f["name"];
  }
}

TEST(PostAuth, WhatIsMissingIsNamed) {
  const std::pair<std::string, std::string> key = {"key", "k"}, policy = {"policy", "e30="},
                                            signature = {"signature", "s"}, id = {"AWSAccessKeyId", "a"},
                                            algorithm = {"x-amz-algorithm", "AWS4-HMAC-SHA256"},
                                            credential = {"X-Amz-Credential",
                                                          "a/20261123/us-east-1/s3/aws4_request"},
                                            date = {"x-amz-date", "20261123T123456Z"},
                                            v4 = {"x-amz-signature", "s"};
  struct Row {
    FormFields fields;
    Code code;
    std::string argument;  // that the document names
  };
  const Row rows[] = {
      {fields_of({key, policy}), Code::access_denied, ""},
      {fields_of({key, policy, id}), Code::invalid_argument, "Signature"},
      {fields_of({key, policy, signature}), Code::invalid_argument, "AWSAccessKeyId"},
      {fields_of({key, id, signature}), Code::invalid_argument, "Policy"},
      {fields_of({key, policy, date, v4}), Code::invalid_argument, "X-Amz-Algorithm"},
      {fields_of({key, policy, algorithm, date, v4}), Code::invalid_argument, "X-Amz-Credential"},
      {fields_of({key, policy, algorithm, credential, v4}), Code::invalid_argument, "X-Amz-Date"},
      {fields_of({key, policy, algorithm, credential, date}), Code::invalid_argument, "X-Amz-Signature"},
      {fields_of({key, policy, algorithm, credential, date, v4, id}), Code::invalid_argument, ""},
      {fields_of({key, policy, {"x-amz-algorithm", "AWS4-ECDSA"}, credential, date, v4}),
       Code::invalid_argument, ""},
      {fields_of({key, policy, algorithm, {"x-amz-credential", "nonsense"}, date, v4}),
       Code::authorization_query_parameters_error, ""},
      {fields_of(
           {key, policy, algorithm, {"x-amz-credential", "a/20261123/us-west-9/s3/aws4_request"}, date, v4}),
       Code::authorization_query_parameters_error, ""},
      {fields_of({key, policy, algorithm, credential, {"x-amz-date", "20261124T123456Z"}, v4}),
       Code::authorization_query_parameters_error, ""},
      {fields_of({key, policy, algorithm, credential, {"x-amz-date", "now"}, v4}),
       Code::authorization_query_parameters_error, ""},
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    const auto claim = parse_post_auth(rows[i].fields, config_of("us-east-1"));
    ASSERT_FALSE(claim) << i;
    EXPECT_EQ(claim.error().error.code, rows[i].code) << i;
    if (rows[i].argument.empty()) continue;
    ASSERT_FALSE(claim.error().fields.empty()) << i;
    EXPECT_EQ(claim.error().fields[0].second, rows[i].argument);
    EXPECT_EQ(claim.error().error.context,
              "Bucket POST must contain a field named '" + rows[i].argument +
                  "'.  If it is specified, please check the order of the fields.");
  }
}

TEST(PostAuth, AFormWithoutAPolicyIsAnonymous) {
  const FormFields fields = fields_of({{"key", "k"}, {"acl", "public-read"}});
  const auto claim = parse_post_auth(fields, {});
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->type, AuthType::anonymous);
  AuthConfig no_v2;
  no_v2.accept_v2 = false;
  const FormFields v2 = fields_of({{"policy", "e30="}, {"AWSAccessKeyId", "a"}, {"signature", "s"}});
  EXPECT_TRUE(parse_post_auth(v2, {}));
  EXPECT_EQ(parse_post_auth(v2, no_v2).error().error.code, Code::invalid_request);
}

// ---- Policies ----

TEST(PostPolicyDocument, IsReadAsAmazonReadsIt) {
  const auto policy = parse_post_policy(base64(R"({ "expiration": "2007-12-01T12:00:00.000Z",
    "conditions": [
      {"acl": "public-read" },
      {"x-amz-meta-Number": 7},
      ["eq", "$Content-Type", "image/jpeg"],
      ["starts-with", "$key", "user/\$eric\v/"],
      ["eq", "key", "a, ]"],
      ["content-length-range", 5, "100"],
      ["content-length-range", 1, 50],
    ]
  })"));
  ASSERT_TRUE(policy) << policy.error().context;
  EXPECT_EQ(policy->expiration, parse_iso8601("2007-12-01T12:00:00Z"));
  EXPECT_EQ(policy->min_size, 5u);
  EXPECT_EQ(policy->max_size, 50u);
  using Kind = PostCondition::Kind;
  struct Row {
    Kind kind;
    std::string field, value, text;
  };
  const Row rows[] = {
      {Kind::equals, "acl", "public-read", R"(["eq", "$acl", "public-read"])"},
      {Kind::equals, "x-amz-meta-number", "7", R"(["eq", "$x-amz-meta-Number", "7"])"},
      {Kind::equals, "content-type", "image/jpeg", R"(["eq", "$Content-Type", "image/jpeg"])"},
      {Kind::starts_with, "key", "user/$eric\v/", "[\"starts-with\", \"$key\", \"user/$eric\v/\"]"},
      {Kind::never, "key", "a, ]", R"(["eq", "key", "a, ]"])"},
  };
  ASSERT_EQ(policy->conditions.size(), std::size(rows));
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    EXPECT_EQ(policy->conditions[i].kind, rows[i].kind) << i;
    EXPECT_EQ(policy->conditions[i].field, rows[i].field);
    EXPECT_EQ(policy->conditions[i].value, rows[i].value);
    EXPECT_EQ(policy->conditions[i].text, rows[i].text);
  }
  std::string wrapped = policy_of("{\"bucket\": \"b\"}");
  wrapped.insert(20, "\r\n");
  EXPECT_TRUE(parse_post_policy(wrapped));
}

TEST(PostPolicyDocument, BadOnesAreRefused) {
  const std::string good_time = "\"expiration\": \"2026-11-23T12:34:56Z\"";
  const std::string rows[] = {
      "",
      "!",
      base64(""),
      base64("[]"),
      base64("{}"),
      base64("{" + good_time + "}"),
      base64("{\"conditions\": []}"),
      base64("{" + good_time + ", \"CONDITIONS\": []}"),
      base64("{\"EXPIRATION\": \"2026-11-23T12:34:56Z\", \"conditions\": []}"),
      base64("{" + good_time + ", \"conditions\": [], \"test\": 1}"),
      base64("{" + good_time + ", \"conditions\": {}}"),
      base64("{" + good_time + ", \"conditions\": [], }x"),
      base64("{\"expiration\": 7, \"conditions\": []}"),
      policy_of("", "2026-11-23 12:34:56+00:00"),
      policy_of("{}"),
      policy_of("{\"a\": \"1\", \"b\": \"2\"}"),
      policy_of("{\"a\": [\"1\"]}"),
      policy_of("{\"a\": null}"),
      policy_of("\"a\""),
      policy_of("[]"),
      policy_of("[\"eq\", \"$a\"]"),
      policy_of("[\"eq\", \"$a\", \"b\", \"c\"]"),
      policy_of("[\"like\", \"$a\", \"b\"]"),
      policy_of("[1, \"$a\", \"b\"]"),
      policy_of("[\"eq\", \"$a\", null]"),
      policy_of("[\"content-length-range\", 0]"),
      policy_of("[\"content-length-range\", -1, 0]"),
      policy_of("[\"content-length-range\", 1.5, 2]"),
      policy_of(std::string(10'000, '[')),
  };
  for (const std::string& row : rows) {
    const auto policy = parse_post_policy(row);
    ASSERT_FALSE(policy) << row;
    EXPECT_EQ(policy.error().code, Code::invalid_policy_document);
    EXPECT_TRUE(policy.error().context.starts_with("Invalid Policy: ")) << policy.error().context;
  }
  EXPECT_EQ(parse_post_policy(policy_of("{}")).error().context,
            "Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property "
            "specified.");
}

TEST(PostPolicyCheck, ConditionsAndFieldsMustFit) {
  struct Row {
    std::string conditions;
    FormFields fields;
    std::string refusal;  // after "Invalid according to Policy: "; empty: allowed
  };
  const std::string b = "{\"bucket\": \"b\"}";
  const Row rows[] = {
      {b, fields_of({}), ""},
      {b + ", {\"KEY\": \"k\"}", fields_of({{"kEy", "k"}}), ""},
      {b + ", {\"key\": \"k\"}", fields_of({{"key", "K"}}),
       R"(Policy Condition failed: ["eq", "$key", "k"])"},
      {b + ", {\"key\": \"k\"}", fields_of({}), R"(Policy Condition failed: ["eq", "$key", "k"])"},
      {b + ", {\"acl\": \"\"}", fields_of({}), ""},
      {b + R"(, ["starts-with", "$key", "user/"])", fields_of({{"key", "user/a"}}), ""},
      {b + R"(, ["StArTs-WiTh", "$KeY", "user/"])", fields_of({{"key", "user/a"}}), ""},
      {b + R"(, ["starts-with", "$key", "user/"])", fields_of({{"key", "User/a"}}),
       R"(Policy Condition failed: ["starts-with", "$key", "user/"])"},
      {b + R"(, ["starts-with", "$key", ""])", fields_of({{"key", "anything"}}), ""},
      {b + R"(, ["starts-with", "$x-amz-meta-foo", "bar"])", fields_of({}),
       R"(Policy Condition failed: ["starts-with", "$x-amz-meta-foo", "bar"])"},
      {b + R"(, ["eq", "key", "k"])", fields_of({{"key", "k"}}),
       R"(Policy Condition failed: ["eq", "key", "k"])"},
      {b + R"(, ["content-length-range", "test", "10"])", fields_of({}),
       R"(Policy Condition failed: ["content-length-range", "test", "10"])"},
      {b + R"(, ["starts-with", "$key", "a"], ["starts-with", "$key", "ab"])", fields_of({{"key", "abc"}}),
       ""},
      {b + R"(, ["starts-with", "$key", "a"], ["starts-with", "$key", "ac"])", fields_of({{"key", "abc"}}),
       R"(Policy Condition failed: ["starts-with", "$key", "ac"])"},

      {b + R"(, ["starts-with", "$Content-Type", "image/"])",
       fields_of({{"Content-Type", "image/jpg, image/png,image/gif"}}), ""},
      {b + R"(, ["starts-with", "$Content-Type", "image/"])",
       fields_of({{"Content-Type", "image/jpg,text/html"}}),
       R"(Policy Condition failed: ["starts-with", "$Content-Type", "image/"])"},

      {b, fields_of({{"Content-Type", "a"}}), "Extra input fields: content-type"},
      {b, fields_of({{"key", "k"}, {"acl", "private"}}), "Extra input fields: key, acl"},
      {b, fields_of({{"x-amz-security-token", "t"}}), "Extra input fields: x-amz-security-token"},
      {b, fields_of({{"x-amz-algorithm", "t"}}), "Extra input fields: x-amz-algorithm"},
      {b,
       fields_of({{"Policy", "p"},
                  {"Signature", "s"},
                  {"x-amz-signature", "s"},
                  {"AWSAccessKeyId", "a"},
                  {"X-Ignore-Me", "1"}}),
       ""},
      {"{\"bucket\": \"c\"}", fields_of({}), R"(Policy Condition failed: ["eq", "$bucket", "c"])"},
      {"{\"bucket\": \"c\"}", fields_of({{"bucket", "c"}}),
       R"(Policy Condition failed: ["eq", "$bucket", "c"])"},
      {R"(["starts-with", "$bucket", ""])", fields_of({{"bucket", "b"}}), ""},
      {"", fields_of({}), "Extra input fields: bucket"},
  };
  for (const Row& row : rows) {
    const auto policy = parse_post_policy(policy_of(row.conditions));
    ASSERT_TRUE(policy) << row.conditions;
    const auto checked = check_post_policy(*policy, "b", row.fields, kNow);
    EXPECT_EQ(checked.has_value(), row.refusal.empty()) << row.conditions;
    if (checked) continue;
    EXPECT_EQ(checked.error().error.code, Code::access_denied);
    EXPECT_EQ(checked.error().error.context, "Invalid according to Policy: " + row.refusal);
  }
}

TEST(PostPolicyCheck, PoliciesExpire) {
  const auto policy = parse_post_policy(policy_of("{\"bucket\": \"b\"}"));
  ASSERT_TRUE(policy);
  EXPECT_TRUE(check_post_policy(*policy, "b", {}, kNow));
  const auto late = check_post_policy(*policy, "b", {}, kNow + 1);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().error.context, "Invalid according to Policy: Policy expired.");
}

TEST(PostPolicyCheck, SizesAreHeldAgainstTheRange) {
  const auto policy = parse_post_policy(policy_of("[\"content-length-range\", 5, 10]"));
  ASSERT_TRUE(policy);
  for (const std::uint64_t size : {5u, 10u}) EXPECT_TRUE(check_post_size(*policy, size));
  const auto small = check_post_size(*policy, 4), large = check_post_size(*policy, 11);
  ASSERT_FALSE(small);
  ASSERT_FALSE(large);
  EXPECT_EQ(small.error().error.code, Code::entity_too_small);
  EXPECT_EQ(small.error().fields, (std::vector<ErrorField>{{"ProposedSize", "4"}, {"MinSizeAllowed", "5"}}));
  EXPECT_EQ(large.error().error.code, Code::entity_too_large);
  EXPECT_EQ(large.error().fields,
            (std::vector<ErrorField>{{"ProposedSize", "11"}, {"MaxSizeAllowed", "10"}}));
  const auto any = parse_post_policy(policy_of(""));
  EXPECT_TRUE(check_post_size(*any, 0));
  EXPECT_TRUE(check_post_size(*any, std::numeric_limits<std::uint64_t>::max()));
}

// ---- The object and the answer ----

TEST(PostObject, KeysAreRequiredAndChecked) {
  EXPECT_EQ(post_key(fields_of({{"Key", "a/b"}})).value(), "a/b");
  for (const FormFields& f : {fields_of({}), fields_of({{"key", ""}})}) {
    const auto key = post_key(f);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().error.code, Code::invalid_argument);
    EXPECT_EQ(key.error().fields[0], (ErrorField{"ArgumentName", "key"}));
  }
  EXPECT_EQ(post_key(fields_of({{"key", std::string(1025, 'k')}})).error().error.code, Code::key_too_long);
  EXPECT_EQ(post_key(fields_of({{"key", "\xff"}})).error().error.code, Code::invalid_argument);
}

TEST(PostObject, FieldsStandForHeaders) {
  const FormFields fields = fields_of({{"key", "k"},
                                       {"ACL", "public-read"},
                                       {"content-type", "text/plain"},
                                       {"x-amz-meta-Colour", "blue"},
                                       {"x-amz-storage-class", "STANDARD"},
                                       {"x-amz-signature", "s"},
                                       {"x-amz-security-token", "t"},
                                       {"X-Amz-Date", "d"},
                                       {"tagging", "<Tagging/>"},
                                       {"success_action_status", "201"},
                                       {"Host", "evil"},
                                       {"Authorization", "evil"},
                                       {"x-ignore-a", "1"}});
  std::vector<std::pair<std::string_view, std::string_view>> got;
  const std::vector<HeaderField> headers = post_headers(fields);
  for (const HeaderField& h : headers) got.emplace_back(h.name, h.value);
  const std::vector<std::pair<std::string_view, std::string_view>> expected = {
      {"x-amz-acl", "public-read"},
      {"content-type", "text/plain"},
      {"x-amz-meta-Colour", "blue"},
      {"x-amz-storage-class", "STANDARD"}};
  EXPECT_EQ(got, expected);
  const auto object = parse_object_headers({"POST", "/b", "", headers}, {});
  ASSERT_TRUE(object);
  EXPECT_EQ(object->content_type, "text/plain");
  EXPECT_EQ(object->user_metadata.size(), 1u);
}

TEST(PostObject, TheFormChoosesItsAnswer) {
  const PostedObject object{"b", "a b/ü&", "e", "http://h/b/a%20b/%C3%BC%26"};
  const std::string query = "bucket=b&key=a%20b%2F%C3%BC%26&etag=%22e%22";
  struct Row {
    FormFields fields;
    int status;
    std::string location;
  };
  const std::string self(object.location);
  const Row rows[] = {
      {fields_of({}), 204, self},
      {fields_of({{"success_action_status", "200"}}), 200, self},
      {fields_of({{"success_action_status", "201"}}), 201, self},
      {fields_of({{"success_action_status", "204"}}), 204, self},
      {fields_of({{"success_action_status", "404"}}), 204, self},
      {fields_of({{"success_action_redirect", "http://a/ok"}, {"success_action_status", "201"}}), 303,
       "http://a/ok?" + query},
      {fields_of({{"redirect", "HTTPS://a"}}), 303, "HTTPS://a?" + query},
      {fields_of({{"success_action_redirect", "https://a/?x=1#top"}}), 303,
       "https://a/?x=1&" + query + "#top"},
      {fields_of({{"success_action_redirect", "/ok"}}), 204, self},
      {fields_of({{"success_action_redirect", "javascript:alert(1)"}}), 204, self},
      {fields_of({{"success_action_redirect", "http://"}}), 204, self},
      {fields_of({{"success_action_redirect", "http:///ok"}}), 204, self},
      {fields_of({{"success_action_redirect", "http://a/\r\nSet-Cookie: x"}}), 204, self},
      {fields_of({{"success_action_redirect", "http://a/ b"}}), 204, self},
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    const PostAnswer answer = answer_post(rows[i].fields, object);
    EXPECT_EQ(answer.status, rows[i].status) << i;
    EXPECT_EQ(answer.location, rows[i].location) << i;
    EXPECT_EQ(answer.body.empty(), answer.status != 201) << i;
  }
  EXPECT_EQ(answer_post(rows[2].fields, object).body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<PostResponse><Location>http://h/b/a%20b/%C3%BC%26</"
            "Location><Bucket>b</Bucket><Key>a b/ü&amp;</Key><ETag>&quot;e&quot;</ETag></PostResponse>");
}

}  // namespace
}  // namespace cairn::s3wire
