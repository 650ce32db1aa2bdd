#include "cairn/iam/bucket_policy.hpp"

#include <string>

#include <gtest/gtest.h>

#include "cairn/iam/s3_actions.hpp"

#include "unit/iam/table.hpp"

namespace cairn::iam {
namespace {

// Rows: [actions, resources, conditions, what PutBucketPolicy on the bucket "photos" says].
TEST(BucketPolicy, ChecksActionsResourcesAndConditionsAsS3Does) {
  const json table = read_table("bucket_policies.json");
  for (const json& row : table.at("statements")) {
    json statement = {
        {"Effect", "Allow"}, {"Principal", "*"}, {"Action", row.at(0)}, {"Resource", row.at(1)}};
    if (!row.at(2).empty()) statement["Condition"] = row.at(2);
    const auto policy = parse_bucket_policy(policy_text(json::array({statement})), "photos");
    const std::string expected = row.at(3);
    EXPECT_EQ(policy ? "" : policy.error().context, expected) << row.dump();
    EXPECT_TRUE(policy || policy.error().is(Code::malformed_policy));
  }
}

TEST(BucketPolicy, NotActionAndNotResourceNeedNotApply) {
  const json objects = "arn:aws:s3:::photos/public/*";
  json deny = {{"Effect", "Deny"}, {"Principal", "*"}, {"NotAction", "s3:ListBucket"}, {"Resource", objects}};
  EXPECT_TRUE(parse_bucket_policy(policy_text(json::array({deny})), "photos"));
  deny.erase("NotAction");
  deny["Action"] = "s3:ListBucket";
  EXPECT_FALSE(parse_bucket_policy(policy_text(json::array({deny})), "photos"));
  deny.erase("Resource");
  deny["NotResource"] = objects;
  EXPECT_TRUE(parse_bucket_policy(policy_text(json::array({deny})), "photos"));
  EXPECT_FALSE(parse_bucket_policy(policy_text(json::array({deny})), "other"));
}

TEST(BucketPolicy, HoldsTwentyKibibytes) {
  const std::string head = R"({"Id":")";
  const std::string tail = R"(","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",)"
                           R"("Resource":"arn:aws:s3:::photos/*"}})";
  const std::string most(20'480 - head.size() - tail.size(), 'x');
  EXPECT_TRUE(parse_bucket_policy(head + most + tail, "photos"));
  EXPECT_FALSE(parse_bucket_policy(head + most + "x" + tail, "photos"));
}

// Rows: [statements, whether the policy is public].
TEST(IsPublic, DecidesEveryRowOfTheTable) {
  const json table = read_table("bucket_policies.json");
  for (const json& row : table.at("public")) {
    json statements = row.at(0);
    for (json& s : statements) {
      s.emplace("Effect", "Allow");
      if (!s.contains("NotPrincipal")) s.emplace("Principal", "*");
      s.emplace("Action", "s3:PutObject");
      s.emplace("Resource", "arn:aws:s3:::photos/*");
    }
    const auto policy = parse_bucket_policy(policy_text(statements), "photos");
    ASSERT_TRUE(policy) << policy.error().context << row.dump();
    EXPECT_EQ(is_public(*policy), row.at(1).get<bool>()) << row.dump();
  }
}

TEST(S3Actions, AreSortedAndFoundInAnyCase) {
  std::string_view last;
  for (const S3Action& a : s3_actions()) {
    EXPECT_LT(last, a.name);
    last = a.name;
    EXPECT_EQ(find_s3_action("s3:" + std::string(a.name)), &a);
  }
  ASSERT_NE(find_s3_action("S3:getOBJECT"), nullptr);
  EXPECT_EQ(find_s3_action("s3:GetObject")->resource, ResourceType::object);
  EXPECT_EQ(find_s3_action("s3:ListBucket")->resource, ResourceType::bucket);
  EXPECT_EQ(find_s3_action("s3:ListAllMyBuckets")->resource, ResourceType::none);
  EXPECT_EQ(find_s3_action("s3:HeadObject"), nullptr);
  EXPECT_EQ(find_s3_action("ec2:GetObject"), nullptr);
}

TEST(S3Actions, KnowTheirConditionKeys) {
  const S3Action& get = *find_s3_action("s3:GetObject");
  const S3Action& list = *find_s3_action("s3:ListBucket");
  EXPECT_TRUE(takes_condition_key(get, "s3:existingobjecttag/colour"));
  EXPECT_FALSE(takes_condition_key(get, "s3:existingobjecttag/"));
  EXPECT_FALSE(takes_condition_key(get, "s3:prefix"));
  EXPECT_TRUE(takes_condition_key(list, "s3:prefix"));
  EXPECT_TRUE(takes_condition_key(get, "s3:authtype"));
  EXPECT_TRUE(takes_condition_key(get, "aws:sourceip"));
  EXPECT_TRUE(takes_condition_key(*find_s3_action("s3:GetObjectVersion"), "s3:versionid"));
  EXPECT_FALSE(takes_condition_key(get, "s3:versionid"));
  EXPECT_FALSE(is_s3_condition_key("s3:nonsense"));
}

}  // namespace
}  // namespace cairn::iam
