#include "cairn/iam/policy.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "unit/iam/table.hpp"

namespace cairn::iam {
namespace {

const std::string kStatement = R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})";

std::string document(const std::string& statements) {
  return R"({"Version":"2012-10-17","Statement":[)" + statements + "]}";
}

// Groups of documents that must be taken (error "") or be refused with a message that holds the text.
TEST(PolicyParse, TakesAndRefusesTheDocumentsOfTheTable) {
  const std::map<std::string, PolicyKind> kinds = {{"identity", PolicyKind::identity},
                                                   {"session", PolicyKind::session},
                                                   {"resource", PolicyKind::resource},
                                                   {"trust", PolicyKind::trust}};
  for (const json& group : read_table("documents.json"))
    for (const std::string text : group.at("documents")) {
      const std::string error = group.at("error");
      const auto policy = Policy::parse(text, kinds.at(group.at("kind")));
      EXPECT_EQ(policy.has_value(), error.empty()) << text << (policy ? "" : policy.error().context);
      if (policy) {
        EXPECT_EQ(policy->text(), text);
      } else {
        EXPECT_EQ(policy.error().code, Code::malformed_policy);
        EXPECT_NE(policy.error().context.find(error), std::string::npos) << policy.error().context << "\n"
                                                                         << text;
      }
    }
}

TEST(PolicyParse, CountsCharactersWithoutWhiteSpaceUnlessItIsABucketPolicy) {
  const std::string text = document(kStatement);
  const PolicyLimits exact{.max_characters = text.size()};
  const std::string spaced = text + std::string(1000, '\n');
  EXPECT_TRUE(Policy::parse(text, PolicyKind::identity, exact));
  EXPECT_TRUE(Policy::parse(spaced, PolicyKind::identity, exact));
  EXPECT_FALSE(Policy::parse(text, PolicyKind::identity, {.max_characters = text.size() - 1}));
  EXPECT_FALSE(Policy::parse(spaced, PolicyKind::identity,
                             {.max_characters = text.size(), .count_white_space = true}));
  EXPECT_FALSE(Policy::parse(text + std::string(200'000, ' '), PolicyKind::identity));
}

TEST(PolicyParse, HasTheDocumentedLimits) {
  EXPECT_EQ(PolicyLimits::of(PolicyKind::identity).max_characters, 6'144U);
  EXPECT_EQ(PolicyLimits::of(PolicyKind::session).max_characters, 2'048U);
  EXPECT_EQ(PolicyLimits::of(PolicyKind::resource).max_characters, 20'480U);
  EXPECT_TRUE(PolicyLimits::of(PolicyKind::resource).count_white_space);
  EXPECT_FALSE(PolicyLimits::of(PolicyKind::identity).count_white_space);
}

TEST(PolicyParse, LimitsStatementsAndValues) {
  const PolicyLimits two{.max_characters = 100'000, .max_statements = 2};
  EXPECT_TRUE(Policy::parse(document(kStatement + "," + kStatement), PolicyKind::identity, two));
  EXPECT_FALSE(
      Policy::parse(document(kStatement + "," + kStatement + "," + kStatement), PolicyKind::identity, two));
  std::string values = R"("v")";
  for (int i = 0; i < 1000; ++i) values += R"(,"v")";
  const std::string many =
      R"({"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"a:b":[)" + values + "]}}}";
  EXPECT_FALSE(Policy::parse(document(many), PolicyKind::identity, two));
}

TEST(PolicyParse, DeepNestingDoesNotHurt) {
  const std::string deep = R"({"Statement":)" + std::string(20'000, '[');
  EXPECT_FALSE(Policy::parse(deep, PolicyKind::resource, {.max_characters = 100'000}));
}

TEST(Policy, KnowsWhichKeysItAsksFor) {
  const auto policy = Policy::parse(document(R"({"Effect":"Allow","Action":"*",
      "Resource":"arn:aws:s3:::b/${aws:PrincipalTag/Team}","Condition":{
      "StringEquals":{"s3:ExistingObjectTag/Colour":"${s3:Prefix, 'x'}"},
      "ArnLike":{"aws:SourceArn":"arn:aws:s3:::${aws:userid}"}}})"),
                                    PolicyKind::identity);
  ASSERT_TRUE(policy);
  for (const char* key :
       {"aws:principaltag/", "s3:existingobjecttag/colour", "s3:prefix", "aws:sourcearn", "aws:userid"})
    EXPECT_TRUE(policy->mentions_key(key)) << key;
  EXPECT_FALSE(policy->mentions_key("s3:existingobjecttag/shape"));
  EXPECT_FALSE(policy->mentions_key("aws:sourceip"));
  EXPECT_FALSE(policy->mentions_key("zzz:"));
}

TEST(Policy, NamesItsPrincipals) {
  const auto policy = Policy::parse(document(R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Principal":{
      "AWS":["*","123456789012","arn:aws:iam::123456789012:user/a"],"CanonicalUser":"c","Service":"s"}})"),
                                    PolicyKind::resource);
  ASSERT_TRUE(policy);
  const std::vector<std::string> expected = {"123456789012", "arn:aws:iam::123456789012:user/a", "c"};
  EXPECT_EQ(policy->named_principals(), expected);
  EXPECT_EQ(policy->sid(0), "");
  EXPECT_EQ(policy->sid(7), "");
}

}  // namespace
}  // namespace cairn::iam
