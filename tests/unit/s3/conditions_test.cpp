#include "identities_rig.hpp"

// What conditions of policies can ask of a request: its head, its body, and what it is about.
namespace cairn::s3 {
namespace {
using testing::allow;
using testing::IdentitiesRig;
using testing::statement;
using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr UnixMillis kDay = 86'400'000;

// Alice owns the bucket "photos", with Object Lock, with an object. Bob has one policy at a time.
struct Conditions : ::testing::Test {
  IdentitiesRig s3;

  Conditions() {
    s3.add_user("alice", allow(IdentitiesRig::kOwnBuckets));
    s3.add_user("bob", "");
    EXPECT_EQ(s3.as("alice", "PUT", "/photos", "", "", {{"x-amz-bucket-object-lock-enabled", "true"}}).status,
              200);
    EXPECT_EQ(s3.as("alice", "PUT", "/photos/cat", "", "meow").status, 200);
  }
  int status(const std::string& who, const std::string& method, const std::string& path,
             const std::string& query = "", const std::string& body = "", Headers headers = {}) {
    return s3.as(who, method, path, query, body, std::move(headers)).status;
  }
  void allow_if(const std::string& actions, const std::string& condition) {
    s3.set_policy("bob", statement(R"("Effect":"Allow","Action":)" + actions +
                                   R"(,"Resource":"*","Condition":)" + condition));
  }
  // Bob may all but some actions under a condition: what a key that was missing would let through.
  void deny_if(const std::string& actions, const std::string& condition) {
    s3.set_policy("bob",
                  statement(R"("Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":)" +
                            actions + R"(,"Resource":"*","Condition":)" + condition));
  }
  int tag(const std::string& key, const std::string& value) {
    return status(
        "bob", "PUT", "/photos/cat", "tagging",
        "<Tagging><TagSet><Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag></TagSet></Tagging>");
  }
  int retain(const std::string& mode, UnixMillis time) {
    return status("bob", "PUT", "/photos/cat", "retention",
                  "<Retention><Mode>" + mode + "</Mode><RetainUntilDate>" +
                      iso8601_ms(s3.clock.now_ms() + time) + "</RetainUntilDate></Retention>");
  }
  int put_locked(UnixMillis time) {
    return status("bob", "PUT", "/photos/dog", "", "x",
                  {{"x-amz-object-lock-mode", "GOVERNANCE"},
                   {"x-amz-object-lock-retain-until-date", iso8601_ms(s3.clock.now_ms() + time)}});
  }
  int hold(const std::string& state) {
    return status("bob", "PUT", "/photos/cat", "legal-hold",
                  "<LegalHold><Status>" + state + "</Status></LegalHold>");
  }
};

TEST_F(Conditions, AskTheRequest) {
  allow_if(R"("s3:ListBucket")", R"({"StringLike":{"s3:prefix":"home/${aws:username}/*"}})");
  EXPECT_EQ(status("bob", "GET", "/photos", "prefix=home%2Fbob%2F"), 200);
  EXPECT_EQ(status("bob", "GET", "/photos", "prefix=home%2Falice%2F"), 403);
  EXPECT_EQ(status("bob", "GET", "/photos"), 403);
  allow_if(R"("s3:PutObject")", R"({"StringEquals":{"s3:x-amz-storage-class":"STANDARD"}})");
  EXPECT_EQ(status("bob", "PUT", "/photos/dog", "", "x"), 403);
  EXPECT_EQ(status("bob", "PUT", "/photos/dog", "", "x", {{"x-amz-storage-class", "STANDARD"}}), 200);
  allow_if(R"("s3:GetObject")", R"({"StringEquals":{"s3:ExistingObjectTag/open":"yes"}})");
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 403);
  EXPECT_EQ(status("alice", "PUT", "/photos/cat", "", "meow", {{"x-amz-tagging", "open=yes"}}), 200);
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 200);
  allow_if(R"("s3:GetObject")", R"({"Bool":{"aws:SecureTransport":"true"}})");
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 403);
  allow_if(
      R"("s3:GetObject")",
      R"({"StringEquals":{"s3:authType":"REST-HEADER","s3:signatureversion":"AWS4-HMAC-SHA256"},"NumericLessThan":{"s3:signatureAge":"1000"}})");
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 200);
  allow_if(R"("s3:CreateBucket")", R"({"StringEquals":{"s3:LocationConstraint":"us-east-1"}})");
  EXPECT_EQ(status("bob", "PUT", "/new"), 403);
  EXPECT_EQ(status("bob", "PUT", "/new", "",
                   "<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint></"
                   "CreateBucketConfiguration>"),
            200);
}

TEST_F(Conditions, AskForTheTagsThatAnObjectGets) {
  deny_if(R"("s3:PutObjectTagging")", R"({"StringEquals":{"s3:RequestObjectTag/secret":"yes"}})");
  EXPECT_EQ(tag("secret", "yes"), 403);
  EXPECT_EQ(tag("secret", "no"), 200);
  EXPECT_EQ(status("bob", "PUT", "/photos/dog", "", "x", {{"x-amz-tagging", "secret=yes"}}), 403);
  EXPECT_EQ(status("bob", "PUT", "/photos/dog", "", "x", {{"x-amz-tagging", "secret=no"}}), 200);
  deny_if(R"("s3:PutObjectTagging")",
          R"({"ForAnyValue:StringNotEquals":{"s3:RequestObjectTagKeys":["a","b"]}})");
  EXPECT_EQ(tag("c", ""), 403);
  EXPECT_EQ(tag("b", ""), 200);
}

TEST_F(Conditions, AskForTheRetentionThatAnObjectGets) {
  deny_if(R"("s3:PutObjectRetention")",
          R"({"NumericGreaterThan":{"s3:object-lock-remaining-retention-days":"10"}})");
  EXPECT_EQ(retain("GOVERNANCE", 10 * kDay + 1'000), 403);
  EXPECT_EQ(retain("GOVERNANCE", 10 * kDay), 200);
  EXPECT_EQ(put_locked(11 * kDay), 403);
  EXPECT_EQ(put_locked(9 * kDay + 1'000), 200);
  deny_if(R"("s3:PutObjectRetention")", R"({"StringEquals":{"s3:object-lock-mode":"COMPLIANCE"}})");
  EXPECT_EQ(retain("COMPLIANCE", 11 * kDay), 403);
  EXPECT_EQ(retain("GOVERNANCE", 11 * kDay), 200);
  deny_if(R"("s3:PutObjectRetention")", R"({"DateGreaterThan":{"s3:object-lock-retain-until-date":")" +
                                            iso8601_ms(s3.clock.now_ms() + 20 * kDay) + R"("}})");
  EXPECT_EQ(retain("GOVERNANCE", 21 * kDay), 403);
  EXPECT_EQ(retain("GOVERNANCE", 19 * kDay), 200);
}

TEST_F(Conditions, AskForTheLegalHoldThatAnObjectGets) {
  deny_if(R"("s3:PutObjectLegalHold")", R"({"StringEquals":{"s3:object-lock-legal-hold":"OFF"}})");
  EXPECT_EQ(hold("ON"), 200);
  EXPECT_EQ(hold("OFF"), 403);
  EXPECT_NE(s3.as("alice", "GET", "/photos/cat", "legal-hold").body.find("ON"), std::string::npos);
}

TEST_F(Conditions, AskForTheTagsThatABucketGets) {
  const auto make = [&](const std::string& bucket, const std::string& team) {
    return status("bob", "PUT", "/" + bucket, "",
                  "<CreateBucketConfiguration><Tags><Tag><Key>team</Key><Value>" + team +
                      "</Value></Tag></Tags></CreateBucketConfiguration>");
  };
  deny_if(R"("s3:CreateBucket")", R"({"StringNotEquals":{"aws:RequestTag/team":["red","blue"]}})");
  EXPECT_EQ(make("green", "green"), 403);
  EXPECT_EQ(make("red", "red"), 200);
  EXPECT_EQ(status("bob", "PUT", "/none"), 403);
  deny_if(R"("s3:CreateBucket")", R"({"ForAnyValue:StringEquals":{"aws:TagKeys":"team"}})");
  EXPECT_EQ(make("blue", "blue"), 403);
  EXPECT_EQ(status("bob", "PUT", "/none"), 200);
}

TEST_F(Conditions, WhoMayNotIsNotToldWhatIsWrongWithTheBody) {
  s3.set_policy("bob", allow(R"("s3:GetObject")"));
  for (const char* resource : {"tagging", "retention", "legal-hold"}) {
    EXPECT_EQ(status("bob", "PUT", "/photos/cat", resource, "<no"), 403) << resource;
    EXPECT_EQ(status("alice", "PUT", "/photos/cat", resource, "<no"), 400) << resource;
    EXPECT_EQ(status("", "PUT", "/photos/cat", resource, "<no"), 403) << resource;
  }
}

}  // namespace
}  // namespace cairn::s3
