#include "identities_rig.hpp"

// Who may do what: policies, ownership, ACLs and what limits them, as clients see it.
namespace cairn::s3 {
namespace {
using testing::allow;
using testing::Answer;
using testing::IdentitiesRig;
using testing::statement;

std::string bucket_policy(const std::string& principal, const std::string& actions,
                          const std::string& resource, const std::string& effect = "Allow") {
  return statement(R"("Effect":")" + effect + R"(","Principal":)" + principal + R"(,"Action":)" + actions +
                   R"(,"Resource":")" + resource + R"(")");
}
const std::string kEverybody = R"("*")";

// Alice owns the bucket "photos" with an object; bob has buckets of his own; nobody has no rights at all.
struct Access : ::testing::Test {
  IdentitiesRig s3;
  std::string alice_id = s3.add_user("alice", allow(IdentitiesRig::kOwnBuckets));
  std::string bob_id = s3.add_user("bob", allow(IdentitiesRig::kOwnBuckets));

  Access() {
    s3.add_user("nobody", "");
    EXPECT_EQ(s3.as("alice", "PUT", "/photos").status, 200);
    EXPECT_EQ(s3.as("alice", "PUT", "/photos/cat", "", "meow").status, 200);
  }
  int status(const std::string& who, const std::string& method, const std::string& path,
             const std::string& query = "", const std::string& body = "",
             std::vector<std::pair<std::string, std::string>> headers = {}) {
    return s3.as(who, method, path, query, body, std::move(headers)).status;
  }
  void put_policy(const std::string& text) {
    ASSERT_EQ(status("alice", "PUT", "/photos", "policy", text), 204);
  }
};

TEST_F(Access, WhoMadeABucketMayAllWithIt) {
  EXPECT_EQ(s3.as("alice", "GET", "/photos/cat").body, "meow");
  EXPECT_EQ(status("alice", "GET", "/photos", "policyStatus"), 404);
  EXPECT_EQ(status("alice", "PUT", "/photos/cat", "tagging",
                   "<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"),
            200);
  EXPECT_EQ(status("alice", "DELETE", "/photos/cat"), 204);
  EXPECT_EQ(status("alice", "DELETE", "/photos"), 204);
}

TEST_F(Access, OthersMayNothingUnlessSomethingSaysSo) {
  for (const char* who : {"bob", "nobody", ""}) {
    EXPECT_EQ(status(who, "GET", "/photos/cat"), 403) << who;
    EXPECT_EQ(status(who, "GET", "/photos"), 403) << who;
    EXPECT_EQ(status(who, "PUT", "/photos/dog", "", "x"), 403) << who;
    EXPECT_EQ(status(who, "DELETE", "/photos/cat"), 403) << who;
    EXPECT_EQ(status(who, "GET", "/photos", "acl"), 403) << who;
  }
  EXPECT_EQ(status("nobody", "PUT", "/mine"), 403);
  EXPECT_EQ(status("bob", "PUT", "/photos"), 409);
  EXPECT_EQ(status("root", "GET", "/photos/cat"), 200);
  const Answer a = s3.as("bob", "GET", "/photos/cat");
  EXPECT_EQ(
      a.element("Message"),
      "User: arn:aws:iam::000000000000:user/bob is not authorized to perform: s3:GetObject on resource: "
      "&quot;arn:aws:s3:::photos/cat&quot; because no identity-based policy allows the s3:GetObject action");
}

TEST_F(Access, UnknownKeysAndWrongSecretsAreRefused) {
  const Answer unknown = s3({.path = "/photos", .as = s3wire::Credentials{"carol", "some secret", {}}});
  EXPECT_EQ(unknown.code(), "InvalidAccessKeyId");
  const Answer wrong = s3({.path = "/photos", .as = s3wire::Credentials{"alice", "some secret", {}}});
  EXPECT_EQ(wrong.code(), "SignatureDoesNotMatch");
  const Answer token = s3({.path = "/photos", .as = s3wire::Credentials{"alice", "some secret", "a token"}});
  EXPECT_EQ(token.code(), "InvalidToken");
}

TEST_F(Access, AnIdentityPolicyOpensTheBucketsOfOthersAndCountsAtOnce) {
  s3.set_policy("bob", allow(R"("s3:GetObject")", "arn:aws:s3:::photos/c*"));
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 200);
  EXPECT_EQ(status("bob", "PUT", "/photos/cat", "", "x"), 403);
  s3.set_policy("bob", statement(R"("Effect":"Deny","Action":"*","Resource":"*")"));
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 403);
}

TEST_F(Access, AnExplicitDenyHoldsForTheOwnerToo) {
  put_policy(bucket_policy(kEverybody, R"("s3:GetObject")", "arn:aws:s3:::photos/*", "Deny"));
  EXPECT_EQ(status("alice", "GET", "/photos/cat"), 403);
  EXPECT_EQ(status("root", "GET", "/photos/cat"), 403);
  EXPECT_EQ(status("alice", "PUT", "/photos/dog", "", "x"), 200);
}

TEST_F(Access, RootCanAlwaysTakeAPolicyAway) {
  put_policy(statement(
      R"("Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::photos","arn:aws:s3:::photos/*"])"));
  EXPECT_EQ(status("alice", "DELETE", "/photos", "policy"), 403);
  EXPECT_EQ(status("root", "GET", "/photos"), 403);
  EXPECT_EQ(status("root", "GET", "/photos", "policy"), 200);
  EXPECT_EQ(status("root", "DELETE", "/photos", "policy"), 204);
  EXPECT_EQ(status("alice", "GET", "/photos"), 200);
}

TEST_F(Access, ABucketPolicyNamesUsersAndEverybody) {
  put_policy(bucket_policy(R"({"AWS":"arn:aws:iam::000000000000:user/bob"})", R"("s3:GetObject")",
                           "arn:aws:s3:::photos/*"));
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 200);
  EXPECT_EQ(status("nobody", "GET", "/photos/cat"), 403);
  EXPECT_EQ(status("", "GET", "/photos/cat"), 403);
  EXPECT_NE(s3.as("alice", "GET", "/photos", "policyStatus").body.find("<IsPublic>false</IsPublic>"),
            std::string::npos)
      << s3.as("alice", "GET", "/photos", "policyStatus").body;
  put_policy(bucket_policy(kEverybody, R"("s3:GetObject")", "arn:aws:s3:::photos/*"));
  EXPECT_EQ(status("", "GET", "/photos/cat"), 200);
  EXPECT_EQ(status("", "GET", "/photos"), 403);
  EXPECT_EQ(s3.as("alice", "PUT", "/photos", "policy",
                  bucket_policy(R"({"AWS":"arn:aws:iam::000000000000:user/zoe"})", R"("s3:GetObject")",
                                "arn:aws:s3:::photos/*"))
                .code(),
            "MalformedPolicy");
  EXPECT_EQ(s3.as("alice", "PUT", "/photos", "policy",
                  bucket_policy(kEverybody, R"("s3:GetObject")", "arn:aws:s3:::other/*"))
                .code(),
            "MalformedPolicy");
  EXPECT_EQ(s3.as("alice", "PUT", "/photos", "policy", std::string(20'481, ' ')).code(), "MalformedPolicy");
  EXPECT_EQ(status("", "GET", "/photos/cat"), 200);  // what was refused changed nothing
}

TEST_F(Access, ABucketPolicyMeansWhomItNamedWhenItWasPut) {
  const auto policy_for = [](const std::string& name) {
    return bucket_policy(R"({"AWS":"arn:aws:iam::000000000000:user/)" + name + R"("})", R"("s3:GetObject")",
                         "arn:aws:s3:::photos/*");
  };
  put_policy(policy_for("bob"));
  const std::string id = s3.identities.id_of_arn("arn:aws:iam::000000000000:user/bob");
  EXPECT_EQ(s3.as("alice", "GET", "/photos", "policy").body, policy_for("bob"));
  ASSERT_TRUE(s3.run(s3.identities.update<iam::User>("bob", [](iam::User& u) -> Status {
    u.name = "robert";
    return {};
  })));
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 200);  // still his key
  EXPECT_NE(s3.as("alice", "GET", "/photos", "policy").body.find(":user/robert\""), std::string::npos);
  ASSERT_TRUE(s3.run(s3.identities.remove<iam::User>("robert", true)));
  EXPECT_NE(s3.as("alice", "GET", "/photos", "policy").body.find('"' + id + '"'), std::string::npos);
  s3.add_user("bob", "");
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 403);  // another bob
  put_policy(policy_for("bob"));
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 200);
  EXPECT_EQ(status("alice", "DELETE", "/photos", "policy"), 204);
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 403);
}

TEST_F(Access, WhatIsMissingIsToldOnlyToWhoMayList) {
  s3.set_policy("bob", allow(R"("s3:GetObject")", "arn:aws:s3:::photos/*"));
  EXPECT_EQ(status("bob", "GET", "/photos/none"), 403);
  EXPECT_EQ(status("bob", "HEAD", "/photos/none"), 403);
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 200);
  EXPECT_EQ(status("bob", "PUT", "/photos/copy", "", "", {{"x-amz-copy-source", "/photos/none"}}), 403);
  s3.set_policy("bob", allow(R"(["s3:GetObject","s3:ListBucket"])"));
  EXPECT_EQ(status("bob", "GET", "/photos/none"), 404);
  EXPECT_EQ(status("alice", "GET", "/photos/none"), 404);
  EXPECT_EQ(s3.as("bob", "GET", "/nowhere/none").code(), "NoSuchBucket");
}

TEST_F(Access, HeadersNeedTheirOwnPermissions) {
  s3.set_policy("bob", allow(R"("s3:PutObject")"));
  const auto put = [&](std::vector<std::pair<std::string, std::string>> headers) {
    return status("bob", "PUT", "/photos/dog", "", "x", std::move(headers));
  };
  EXPECT_EQ(put({}), 200);
  EXPECT_EQ(put({{"x-amz-acl", "private"}}), 200);
  EXPECT_EQ(put({{"x-amz-tagging", "a=b"}}), 403);
  EXPECT_EQ(put({{"x-amz-acl", "public-read"}}), 403);
  EXPECT_EQ(put({{"x-amz-grant-read", "id=" + alice_id}}), 403);
  EXPECT_EQ(put({{"x-amz-object-lock-legal-hold", "ON"}}), 403);
  s3.set_policy("bob", allow(R"(["s3:PutObject","s3:PutObjectTagging","s3:PutObjectAcl"])"));
  EXPECT_EQ(put({{"x-amz-tagging", "a=b"}, {"x-amz-acl", "public-read"}}), 200);
}

TEST_F(Access, WhoMakesABucketSetsWhatItIsMadeWithUnlessThatIsDenied) {
  const std::string denied = R"({"Version":"2012-10-17","Statement":[
      {"Effect":"Allow","Action":"s3:CreateBucket","Resource":"*"},
      {"Effect":"Deny","Action":["s3:PutBucket*","s3:TagResource"],"Resource":"*"}]})";
  const std::vector<std::vector<std::pair<std::string, std::string>>> wishes{
      {{"x-amz-bucket-object-lock-enabled", "true"}},
      {{"x-amz-acl", "public-read"}},
      {{"x-amz-object-ownership", "ObjectWriter"}}};
  const std::string tags =
      "<CreateBucketConfiguration><Tags><Tag><Key>k</Key><Value>v</Value></Tag></Tags></"
      "CreateBucketConfiguration>";
  s3.set_policy("bob", denied);
  for (const auto& headers : wishes) EXPECT_EQ(status("bob", "PUT", "/denied", "", "", headers), 403);
  EXPECT_EQ(status("bob", "PUT", "/denied", "", tags), 403);
  EXPECT_EQ(status("bob", "PUT", "/denied"), 200);
  s3.set_policy("bob", allow(R"("s3:CreateBucket")"));
  for (std::size_t i = 0; i < wishes.size(); ++i)
    EXPECT_EQ(status("bob", "PUT", "/new" + std::to_string(i), "", "", wishes[i]), 200) << i;
  EXPECT_EQ(status("bob", "PUT", "/tagged", "", tags), 200);
}

TEST_F(Access, ACopyNeedsToReadItsSource) {
  EXPECT_EQ(status("bob", "PUT", "/bobs"), 200);
  const auto copy = [&] {
    return status("bob", "PUT", "/bobs/cat", "", "", {{"x-amz-copy-source", "/photos/cat"}});
  };
  EXPECT_EQ(copy(), 403);
  put_policy(bucket_policy(R"({"AWS":"arn:aws:iam::000000000000:user/bob"})", R"("s3:GetObject")",
                           "arn:aws:s3:::photos/*"));
  EXPECT_EQ(copy(), 200);
}

TEST_F(Access, TagsAreCopiedByWhoMayReadAndWriteThem) {
  EXPECT_EQ(status("alice", "PUT", "/photos/cat", "", "meow", {{"x-amz-tagging", "a=b"}}), 200);
  const auto copy = [&](std::vector<std::pair<std::string, std::string>> more = {}) {
    more.emplace_back("x-amz-copy-source", "/photos/cat");
    return status("bob", "PUT", "/photos/copy", "", "", std::move(more));
  };
  s3.set_policy("bob", allow(R"(["s3:GetObject","s3:PutObject"])"));
  EXPECT_EQ(copy(), 403);
  EXPECT_EQ(copy({{"x-amz-tagging-directive", "REPLACE"}}), 200);
  s3.set_policy("bob", allow(R"(["s3:GetObject","s3:PutObject","s3:GetObjectTagging"])"));
  EXPECT_EQ(copy(), 403);
  s3.set_policy("bob",
                allow(R"(["s3:GetObject","s3:PutObject","s3:GetObjectTagging","s3:PutObjectTagging"])"));
  EXPECT_EQ(copy(), 200);
}

TEST_F(Access, ListBucketsShowsOnesOwnAndThoseThatAPolicyOpens) {
  const auto names = [&](const std::string& who) {
    const Answer a = s3.as(who, "GET", "/");
    std::string out = std::to_string(a.status);
    for (auto at = a.body.find("<Name>"); at != std::string::npos; at = a.body.find("<Name>", at + 1))
      out += " " + a.body.substr(at + 6, a.body.find('<', at + 6) - at - 6);
    return out;
  };
  s3.as("bob", "PUT", "/bobs");
  s3.as("root", "PUT", "/roots");
  EXPECT_EQ(names("alice"), "200 photos");
  EXPECT_EQ(names("bob"), "200 bobs");
  EXPECT_EQ(names("root"), "200 bobs photos roots");
  EXPECT_EQ(names("nobody"), "403");
  EXPECT_EQ(names(""), "403");
  put_policy(bucket_policy(R"({"AWS":"arn:aws:iam::000000000000:user/bob"})", R"("s3:ListBucket")",
                           "arn:aws:s3:::photos"));
  EXPECT_EQ(names("bob"), "200 bobs photos");
  s3.set_policy("nobody", allow(R"("s3:ListBucket")", "arn:aws:s3:::roots"));
  EXPECT_EQ(names("nobody"), "200 roots");
  s3.set_policy("nobody", allow(R"("s3:ListAllMyBuckets")"));
  EXPECT_EQ(names("nobody"), "200");
  s3.set_policy("alice", statement(R"("Effect":"Deny","Action":"s3:ListAllMyBuckets","Resource":"*")"));
  EXPECT_EQ(names("alice"), "403");
}

TEST_F(Access, AServiceAccountIsItsOwnerWithinItsPolicy) {
  const auto alice = s3.identities.read([](const iam::Directory& d) { return d.users.find("alice"); });
  ASSERT_TRUE(
      s3.run(s3.identities.create<iam::AccessKey>(iam::AccessKey{.id = "robot",
                                                                 .secret = IdentitiesRig::secret_of("robot"),
                                                                 .owner = alice->id,
                                                                 .policy = allow(R"("s3:GetObject")")})));
  EXPECT_EQ(status("robot", "GET", "/photos/cat"), 200);
  EXPECT_EQ(status("robot", "PUT", "/photos/dog", "", "x"), 403);
  EXPECT_EQ(status("robot", "GET", "/photos"), 403);
  EXPECT_EQ(status("robot", "GET", "/photos", "acl"), 403);
  EXPECT_EQ(status("robot", "GET", "/"), 403);
  ASSERT_TRUE(s3.run(s3.identities.update<iam::AccessKey>("robot", [](iam::AccessKey& k) -> Status {
    k.policy = allow(R"("s3:CreateBucket")");
    return {};
  })));
  EXPECT_EQ(status("robot", "PUT", "/robots", "", "", {{"x-amz-acl", "public-read"}}), 403);
  EXPECT_EQ(status("robot", "PUT", "/robots"), 200);
}

TEST_F(Access, TheExpectedOwnerIsTheBuckets) {
  EXPECT_EQ(status("alice", "HEAD", "/photos", "", "", {{"x-amz-expected-bucket-owner", alice_id}}), 200);
  EXPECT_EQ(status("alice", "HEAD", "/photos", "", "", {{"x-amz-expected-bucket-owner", "000000000000"}}),
            200);
  EXPECT_EQ(status("alice", "HEAD", "/photos", "", "", {{"x-amz-expected-bucket-owner", bob_id}}), 403);
  EXPECT_EQ(
      status("root", "HEAD", "/photos", "", "", {{"x-amz-expected-bucket-owner", IdentitiesRig::kAccess}}),
      403);
}

TEST_F(Access, SeveralKeysAreDeletedEachByItsOwnPermission) {
  s3.as("alice", "PUT", "/photos/dog", "", "wuff");
  s3.set_policy("bob", allow(R"("s3:DeleteObject")", "arn:aws:s3:::photos/c*"));
  const std::string body = "<Delete><Object><Key>cat</Key></Object><Object><Key>dog</Key></Object></Delete>";
  const auto md5 = crypto::md5(as_bytes(body));
  const Answer a = s3.as("bob", "POST", "/photos", "delete=", body,
                         {{"content-md5", to_base64(as_bytes(crypto::raw_text(md5)))}});
  EXPECT_EQ(a.status, 200) << a.body;
  EXPECT_NE(a.body.find("<Deleted><Key>cat</Key>"), std::string::npos) << a.body;
  EXPECT_NE(a.body.find("<Error><Key>dog</Key><Code>AccessDenied</Code>"), std::string::npos) << a.body;
  EXPECT_EQ(status("alice", "GET", "/photos/dog"), 200);
}

// ---- ACLs ----

TEST_F(Access, AnAclOpensABucketToThoseItNames) {
  EXPECT_EQ(status("alice", "PUT", "/photos", "acl", "",
                   {{"x-amz-grant-read", "emailAddress=\"bob@example.com\""},
                    {"x-amz-grant-full-control", "id=" + alice_id}}),
            200);
  EXPECT_EQ(status("bob", "GET", "/photos"), 200);
  EXPECT_EQ(status("nobody", "GET", "/photos"), 403);
  EXPECT_EQ(status("bob", "GET", "/photos/cat"), 403);
  EXPECT_EQ(status("bob", "PUT", "/photos/dog", "", "x"), 403);
  const Answer shown = s3.as("alice", "GET", "/photos", "acl");
  EXPECT_NE(shown.body.find("<ID>" + bob_id + "</ID><DisplayName>bob</DisplayName>"), std::string::npos)
      << shown.body;
  EXPECT_EQ(
      s3.as("alice", "PUT", "/photos", "acl", "", {{"x-amz-grant-read", "emailAddress=\"zoe@example.com\""}})
          .code(),
      "UnresolvableGrantByEmailAddress");
  EXPECT_EQ(s3.as("alice", "PUT", "/photos", "acl", "", {{"x-amz-grant-read", "id=nobody"}}).code(),
            "InvalidArgument");
}

TEST_F(Access, CannedAclsOpenToEverybody) {
  EXPECT_EQ(status("alice", "PUT", "/photos/cat", "acl", "", {{"x-amz-acl", "public-read"}}), 200);
  EXPECT_EQ(status("", "GET", "/photos/cat"), 200);
  EXPECT_EQ(status("", "PUT", "/photos/cat", "", "x"), 403);
  EXPECT_EQ(status("alice", "PUT", "/photos/cat", "acl", "", {{"x-amz-acl", "authenticated-read"}}), 200);
  EXPECT_EQ(status("", "GET", "/photos/cat"), 403);
  EXPECT_EQ(status("nobody", "GET", "/photos/cat"), 200);
  EXPECT_EQ(status("alice", "PUT", "/photos", "acl", "", {{"x-amz-acl", "public-read-write"}}), 200);
  EXPECT_EQ(status("", "PUT", "/photos/dog", "", "x"), 200);
  EXPECT_EQ(status("bob", "PUT", "/photos/cat", "", "x"), 200);  // WRITE overwrites
  EXPECT_EQ(status("", "GET", "/photos/none"), 404);             // who may list may know
  EXPECT_EQ(status("", "DELETE", "/photos/dog"), 204);
  EXPECT_EQ(status("", "PUT", "/photos", "acl", "", {{"x-amz-acl", "private"}}), 403);
}

TEST_F(Access, TheWriterOwnsAnObjectUnlessTheBucketSaysOtherwise) {
  EXPECT_EQ(status("alice", "PUT", "/photos", "acl", "", {{"x-amz-acl", "public-read-write"}}), 200);
  EXPECT_EQ(status("bob", "PUT", "/photos/bobs", "", "b"), 200);
  EXPECT_EQ(status("bob", "GET", "/photos/bobs"), 200);
  EXPECT_EQ(status("alice", "GET", "/photos/bobs"), 403);  // the bucket's owner reads only what it is granted
  EXPECT_EQ(status("bob", "PUT", "/photos/bobs", "acl", "", {{"x-amz-acl", "bucket-owner-read"}}), 200);
  EXPECT_EQ(status("alice", "GET", "/photos/bobs"), 200);
  EXPECT_NE(s3.as("alice", "GET", "/photos").body.find("<Owner><ID>" + bob_id + "</ID>"), std::string::npos);
  EXPECT_EQ(status("", "PUT", "/photos/found", "", "f"), 200);
  EXPECT_EQ(status("alice", "GET", "/photos/found"), 200);  // what nobody wrote is the bucket owner's
  const auto set_ownership = [&](const std::string& word) {
    return status("alice", "PUT", "/photos", "ownershipControls",
                  "<OwnershipControls><Rule><ObjectOwnership>" + word +
                      "</ObjectOwnership></Rule></OwnershipControls>");
  };
  EXPECT_EQ(set_ownership("BucketOwnerPreferred"), 200);
  EXPECT_EQ(status("bob", "PUT", "/photos/given", "", "g", {{"x-amz-acl", "bucket-owner-full-control"}}),
            200);
  EXPECT_EQ(status("alice", "GET", "/photos/given"), 200);
  EXPECT_EQ(set_ownership("BucketOwnerEnforced"), 400);  // the bucket's ACL grants to others
  EXPECT_EQ(status("alice", "PUT", "/photos", "acl", "", {{"x-amz-acl", "private"}}), 200);
  EXPECT_EQ(set_ownership("BucketOwnerEnforced"), 200);
  EXPECT_EQ(status("alice", "GET", "/photos/bobs"), 200);
  EXPECT_EQ(status("bob", "GET", "/photos/bobs"), 403);
  EXPECT_EQ(s3.as("alice", "PUT", "/photos/x", "", "x", {{"x-amz-acl", "public-read"}}).code(),
            "AccessControlListNotSupported");
  EXPECT_EQ(status("alice", "PUT", "/photos/x", "", "x", {{"x-amz-acl", "bucket-owner-full-control"}}), 200);
}

TEST_F(Access, APublicAccessBlockClosesWhatIsPublic) {
  const auto block = [&](const std::string& which) {
    return status("alice", "PUT", "/photos", "publicAccessBlock",
                  "<PublicAccessBlockConfiguration><" + which + ">true</" + which +
                      "></PublicAccessBlockConfiguration>");
  };
  const std::string open = bucket_policy(kEverybody, R"("s3:GetObject")", "arn:aws:s3:::photos/p*");
  EXPECT_EQ(status("alice", "PUT", "/photos/cat", "acl", "", {{"x-amz-acl", "public-read"}}), 200);
  EXPECT_EQ(block("IgnorePublicAcls"), 200);
  EXPECT_EQ(status("", "GET", "/photos/cat"), 403);
  EXPECT_EQ(block("BlockPublicAcls"), 200);
  EXPECT_EQ(status("", "GET", "/photos/cat"), 200);
  EXPECT_EQ(status("alice", "PUT", "/photos/cat", "acl", "", {{"x-amz-acl", "public-read"}}), 403);
  EXPECT_EQ(status("alice", "PUT", "/photos/dog", "", "x", {{"x-amz-acl", "public-read"}}), 403);
  EXPECT_EQ(status("alice", "PUT", "/photos", "acl", "", {{"x-amz-acl", "public-read"}}), 403);
  EXPECT_EQ(block("BlockPublicPolicy"), 200);
  EXPECT_EQ(status("alice", "PUT", "/photos", "policy", open), 403);
  EXPECT_EQ(status("alice", "DELETE", "/photos", "publicAccessBlock"), 204);
  EXPECT_EQ(status("alice", "PUT", "/photos/pub", "", "p"), 200);
  EXPECT_EQ(status("alice", "PUT", "/photos", "policy", open), 204);
  EXPECT_EQ(status("", "GET", "/photos/pub"), 200);
  EXPECT_EQ(block("RestrictPublicBuckets"), 200);
  EXPECT_EQ(status("", "GET", "/photos/pub"), 403);
  EXPECT_EQ(status("nobody", "GET", "/photos/pub"), 200);  // of this account
}

TEST(BucketDefaults, OfAwsDisableAclsAndBlockPublicAccess) {
  IdentitiesRig s3("us-east-1", BucketDefaults::aws);
  EXPECT_EQ(s3.as("root", "PUT", "/bucket").status, 200);
  EXPECT_NE(s3.as("root", "GET", "/bucket", "ownershipControls").body.find("BucketOwnerEnforced"),
            std::string::npos);
  EXPECT_NE(s3.as("root", "GET", "/bucket", "publicAccessBlock").body.find("<RestrictPublicBuckets>true<"),
            std::string::npos);
  EXPECT_EQ(s3.as("root", "PUT", "/another", "", "", {{"x-amz-acl", "public-read"}}).code(),
            "InvalidBucketAclWithObjectOwnership");
  EXPECT_EQ(s3.as("root", "PUT", "/bucket/k", "", "v", {{"x-amz-acl", "public-read"}}).code(),
            "AccessControlListNotSupported");
  IdentitiesRig classic;
  EXPECT_EQ(classic.as("root", "PUT", "/bucket").status, 200);
  EXPECT_EQ(classic.as("root", "GET", "/bucket", "ownershipControls").status, 404);
  EXPECT_EQ(classic.as("root", "GET", "/bucket", "publicAccessBlock").status, 404);
}

TEST(CreateBucket, WithLockTagsAndAcl) {
  IdentitiesRig s3;
  EXPECT_EQ(s3.as("root", "PUT", "/bucket", "",
                  "<CreateBucketConfiguration><Tags><Tag><Key>k</Key><Value>v</Value></Tag></Tags></"
                  "CreateBucketConfiguration>",
                  {{"x-amz-bucket-object-lock-enabled", "true"}, {"x-amz-acl", "public-read"}})
                .status,
            200);
  EXPECT_NE(s3.as("root", "GET", "/bucket", "versioning").body.find("Enabled"), std::string::npos);
  EXPECT_NE(s3.as("root", "GET", "/bucket", "tagging").body.find("<Value>v</Value>"), std::string::npos);
  EXPECT_EQ(s3.as("", "GET", "/bucket").status, 200);
  // Again with the same ACL it is there already; with another it is not the bucket that is there.
  EXPECT_EQ(s3.as("root", "PUT", "/bucket", "", "", {{"x-amz-acl", "public-read"}}).status, 200);
  EXPECT_EQ(s3.as("root", "PUT", "/bucket").code(), "BucketAlreadyExists");
}

}  // namespace
}  // namespace cairn::s3
