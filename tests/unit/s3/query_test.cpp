#include "identities_rig.hpp"

// The IAM and STS query APIs over the service: how requests find there, and how they are signed.
namespace cairn::s3 {
namespace {
using testing::allow;
using testing::Answer;
using testing::Call;
using testing::IdentitiesRig;

struct QueryRequests : ::testing::Test {
  IdentitiesRig s3;

  Call form(const std::string& body, const std::string& service) {
    const auto hash = crypto::sha256(body);
    return {.method = "POST",
            .path = "/",
            .headers = {{"content-type", "application/x-www-form-urlencoded; charset=utf-8"}},
            .body = body,
            .content_sha256 = to_hex(as_bytes(crypto::raw_text(hash))),
            .service = service};
  }
};

TEST_F(QueryRequests, AFormGoesToIam) {
  const Answer a = s3(form("Action=CreateUser&Version=2010-05-08&UserName=alice", "iam"));
  EXPECT_EQ(a.status, 200) << a.body;
  EXPECT_EQ(a.field("content-type"), "text/xml");
  EXPECT_EQ(a.element("RequestId"), a.field("x-amzn-requestid"));
  EXPECT_EQ(a.element("UserName"), "alice");
  EXPECT_EQ(s3(form("Action=GetUser&Version=2010-05-08&UserName=bob", "iam")).element("Code"),
            "NoSuchEntity");
}

TEST_F(QueryRequests, TheServiceOfTheSignatureMustBeTheActions) {
  EXPECT_EQ(s3(form("Action=GetCallerIdentity&Version=2011-06-15", "sts")).status, 200);
  EXPECT_EQ(s3(form("Action=GetCallerIdentity&Version=2011-06-15", "iam")).element("Code"),
            "IncompleteSignature");
  EXPECT_EQ(s3(form("Action=ListUsers&Version=2010-05-08", "s3")).element("Code"), "IncompleteSignature");
}

TEST_F(QueryRequests, TheBodyIsSigned) {
  Call call = form("Action=ListUsers&Version=2010-05-08", "iam");
  call.content_sha256 = std::string(s3wire::kEmptySha256);
  EXPECT_EQ(s3(call).element("Code"), "SignatureDoesNotMatch");
  call.content_sha256 = std::string(s3wire::kUnsignedPayload);
  EXPECT_EQ(s3(call).element("Code"), "SignatureDoesNotMatch");
}

TEST_F(QueryRequests, WhoDoesNotSignOrIsNotKnownIsRefusedInTheirWords) {
  Call call = form("Action=ListUsers&Version=2010-05-08", "iam");
  call.sign = false;
  EXPECT_EQ(s3(call).element("Code"), "MissingAuthenticationToken");
  call = form("Action=ListUsers&Version=2010-05-08", "iam");
  call.as = s3wire::Credentials{"zoe", "some secret", {}};
  EXPECT_EQ(s3(call).element("Code"), "InvalidClientTokenId");
  EXPECT_EQ(s3(call).status, 403);
  s3.add_user("bob", "");
  call.as = s3wire::Credentials{"bob", "a wrong secret", {}};
  EXPECT_EQ(s3(call).element("Code"), "SignatureDoesNotMatch");
  call.as = s3wire::Credentials{"bob", IdentitiesRig::secret_of("bob"), {}};
  EXPECT_EQ(s3(call).element("Code"), "AccessDenied");
}

TEST_F(QueryRequests, AFormThatIsTooLargeIsRefused) {
  const Answer a = s3(form("Action=ListUsers&x=" + std::string(300'000, 'x'), "iam"));
  EXPECT_EQ(a.status, 413);
}

TEST_F(QueryRequests, NothingElseGoesThere) {
  EXPECT_EQ(s3.as("root", "GET", "/", "max-buckets=5").status, 200);
  EXPECT_NE(s3.as("root", "GET", "/").body.find("ListAllMyBucketsResult"), std::string::npos);
  s3.make_bucket();
  EXPECT_EQ(s3.as("root", "POST", "/bucket", "", "Action=ListUsers",
                  {{"content-type", "application/x-www-form-urlencoded"}})
                .body.find("ListUsersResponse"),
            std::string::npos);
  EXPECT_EQ(s3.as("root", "GET", "/bucket", "Action=ListUsers").body.find("ListUsersResponse"),
            std::string::npos);
}

TEST_F(QueryRequests, TemporaryCredentialsSignRequestsUntilTheyExpireOrTheirUserIsGone) {
  s3.add_user("alice", allow(R"(["s3:*","sts:*"])"));
  Call call = form("Action=GetSessionToken&Version=2011-06-15&DurationSeconds=900", "sts");
  call.as = s3wire::Credentials{"alice", IdentitiesRig::secret_of("alice"), {}};
  const Answer made = s3(call);
  ASSERT_EQ(made.status, 200) << made.body;
  const s3wire::Credentials session{made.element("AccessKeyId"), made.element("SecretAccessKey"),
                                    made.element("SessionToken")};
  const auto put = [&](s3wire::Credentials who) {
    return s3({.method = "PUT", .path = "/alices", .as = std::move(who)});
  };
  EXPECT_EQ(put(session).status, 200);
  EXPECT_EQ(s3.as("alice", "GET", "/").element("Name"), "alices");  // the bucket is alice's
  s3wire::Credentials other = session;
  other.access_key = "ASIAAAAAAAAAAAAAAAAA";
  EXPECT_EQ(put(other).code(), "InvalidToken");
  other = session;
  other.session_token.clear();
  EXPECT_EQ(put(other).code(), "InvalidAccessKeyId");
  s3.clock.advance(899'000);
  EXPECT_EQ(put(session).status, 200);
  s3.clock.advance(1'000);
  EXPECT_EQ(put(session).code(), "ExpiredToken");
  call = form("Action=GetSessionToken&Version=2011-06-15", "sts");
  call.as = s3wire::Credentials{"alice", IdentitiesRig::secret_of("alice"), {}};
  const Answer again = s3(call);
  const s3wire::Credentials second{again.element("AccessKeyId"), again.element("SecretAccessKey"),
                                   again.element("SessionToken")};
  EXPECT_EQ(put(second).status, 200);
  ASSERT_TRUE(s3.run(s3.identities.remove<iam::User>("alice", true)));
  EXPECT_EQ(put(second).code(), "InvalidAccessKeyId");
}

}  // namespace
}  // namespace cairn::s3
