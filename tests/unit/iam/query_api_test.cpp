#include "cairn/iam/query_api.hpp"

#include "store_rig.hpp"

namespace cairn::iam {
namespace {
using testing::allow;
using testing::Rig;
using testing::run;

using Parameters = std::vector<std::pair<std::string, std::string>>;

// The APIs as clients see them: an action and its parameters, by somebody.
struct Api : ::testing::Test {
  Rig rig;

  QueryAnswer call(const IdentityPtr& who, const std::string& action, const Parameters& parameters = {}) {
    std::vector<s3wire::QueryParam> form{{"Action", action, false}};
    for (const auto& [name, value] : parameters) form.push_back({name, value, false});
    const s3wire::Query query(form);
    QueryApi api(*rig.store);
    return run(api.handle({query,
                           who,
                           {"10.0.0.1", true, "test", "", "us-east-1", rig.clock.now_ms()},
                           "request-1"}))
        .value();
  }
  QueryAnswer root(const std::string& action, const Parameters& parameters = {}) {
    return call(rig.find(Rig::kRoot).value(), action, parameters);
  }
  // The text of the first element of a name.
  static std::string element(const QueryAnswer& answer, const std::string& name) {
    const auto from = answer.xml.find("<" + name + ">");
    if (from == std::string::npos) return "(none)";
    const auto begin = from + name.size() + 2;
    return answer.xml.substr(begin, answer.xml.find("</" + name + ">", begin) - begin);
  }
  static std::string code(const QueryAnswer& answer) {
    return answer.status == 200 ? "" : element(answer, "Code");
  }
  static std::size_t count(const QueryAnswer& answer, const std::string& text) {
    std::size_t n = 0;
    for (auto at = answer.xml.find(text); at != std::string::npos; at = answer.xml.find(text, at + 1)) ++n;
    return n;
  }
  IdentityPtr user(const std::string& name, const std::string& policy = "") {
    EXPECT_EQ(root("CreateUser", {{"UserName", name}}).status, 200);
    if (!policy.empty()) {
      EXPECT_EQ(
          root("PutUserPolicy", {{"UserName", name}, {"PolicyName", "p"}, {"PolicyDocument", policy}}).status,
          200);
    }
    return rig.find(element(root("CreateAccessKey", {{"UserName", name}}), "AccessKeyId")).value();
  }
};

TEST_F(Api, AUserHasTheElementsOfTheServiceModel) {
  const auto a = root("CreateUser", {{"UserName", "alice"},
                                     {"Path", "/staff/"},
                                     {"Tags.member.1.Key", "team"},
                                     {"Tags.member.1.Value", "red & blue"}});
  ASSERT_EQ(a.status, 200) << a.xml;
  EXPECT_NE(
      a.xml.find("<CreateUserResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><CreateUserResult>"
                 "<User><Path>/staff/</Path><UserName>alice</UserName><UserId>AIDA"),
      std::string::npos)
      << a.xml;
  EXPECT_EQ(element(a, "Arn"), "arn:aws:iam::000000000000:user/staff/alice");
  EXPECT_EQ(element(a, "CreateDate"), "2027-01-15T08:00:00Z");
  EXPECT_EQ(element(a, "Value"), "red &amp; blue");
  EXPECT_EQ(element(a, "RequestId"), "request-1");
  EXPECT_EQ(element(root("GetUser", {{"UserName", "alice"}}), "User"), element(a, "User"));
}

TEST_F(Api, ErrorsAreAwss) {
  root("CreateUser", {{"UserName", "alice"}});
  const auto twice = root("CreateUser", {{"UserName", "alice"}});
  EXPECT_EQ(twice.status, 409);
  EXPECT_EQ(code(twice), "EntityAlreadyExists");
  EXPECT_EQ(element(twice, "Type"), "Sender");
  const auto none = root("GetUser", {{"UserName", "bob"}});
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(code(none), "NoSuchEntity");
  EXPECT_EQ(code(root("CreateUser")), "ValidationError");
  EXPECT_EQ(code(root("CreateUser", {{"UserName", "a b"}})), "ValidationError");
  EXPECT_EQ(
      code(root("PutUserPolicy", {{"UserName", "alice"}, {"PolicyName", "p"}, {"PolicyDocument", "{"}})),
      "MalformedPolicyDocument");
  EXPECT_EQ(
      code(root("AttachUserPolicy", {{"UserName", "alice"}, {"PolicyArn", "arn:aws:iam::aws:policy/No"}})),
      "NoSuchEntity");
  EXPECT_EQ(code(root("NoSuchAction")), "InvalidAction");
  EXPECT_EQ(code(root("AssumeRoleWithWebIdentity")), "NotImplemented");
  EXPECT_EQ(code(call(anonymous_identity(), "ListUsers")), "MissingAuthenticationToken");
  rig.documents.failure = Code::no_quorum;
  const auto down = root("CreateUser", {{"UserName", "carol"}});
  EXPECT_EQ(down.status, 503);
  EXPECT_EQ(element(down, "Type"), "Receiver");
}

TEST_F(Api, ListsComeInPages) {
  for (const char* name : {"u1", "u2", "u3", "u4", "u5"}) root("CreateUser", {{"UserName", name}});
  const auto first = root("ListUsers", {{"MaxItems", "2"}});
  EXPECT_EQ(count(first, "<UserName>"), 2u);
  EXPECT_EQ(element(first, "IsTruncated"), "true");
  const auto second = root("ListUsers", {{"MaxItems", "2"}, {"Marker", element(first, "Marker")}});
  EXPECT_EQ(element(second, "UserName"), "u3");
  const auto last = root("ListUsers", {{"MaxItems", "2"}, {"Marker", element(second, "Marker")}});
  EXPECT_EQ(count(last, "<UserName>"), 1u);
  EXPECT_EQ(element(last, "IsTruncated"), "false");
  EXPECT_EQ(element(last, "Marker"), "(none)");
  EXPECT_EQ(code(root("ListUsers", {{"MaxItems", "0"}})), "ValidationError");
  EXPECT_EQ(code(root("ListUsers", {{"Marker", "?"}})), "ValidationError");
}

TEST_F(Api, KeysAreMadeSwitchedAndDeleted) {
  root("CreateUser", {{"UserName", "alice"}});
  const auto made = root("CreateAccessKey", {{"UserName", "alice"}});
  const std::string id = element(made, "AccessKeyId");
  EXPECT_EQ(id.substr(0, 4), "AKIA");
  EXPECT_EQ(id.size(), 20u);
  EXPECT_EQ(rig.find(id).value()->secret, element(made, "SecretAccessKey"));
  EXPECT_EQ(
      root("UpdateAccessKey", {{"UserName", "alice"}, {"AccessKeyId", id}, {"Status", "Inactive"}}).status,
      200);
  EXPECT_FALSE(rig.find(id));
  EXPECT_EQ(element(root("ListAccessKeys", {{"UserName", "alice"}}), "Status"), "Inactive");
  root("CreateUser", {{"UserName", "bob"}});
  EXPECT_EQ(code(root("DeleteAccessKey", {{"UserName", "bob"}, {"AccessKeyId", id}})), "NoSuchEntity");
  EXPECT_EQ(element(root("GetAccessKeyLastUsed", {{"AccessKeyId", id}}), "ServiceName"), "N/A");
  EXPECT_EQ(code(root("DeleteUser", {{"UserName", "alice"}})), "DeleteConflict");
  EXPECT_EQ(root("DeleteAccessKey", {{"UserName", "alice"}, {"AccessKeyId", id}}).status, 200);
  EXPECT_EQ(root("DeleteUser", {{"UserName", "alice"}}).status, 200);
}

TEST_F(Api, APolicyHasVersionsOfWhichOneCounts) {
  const auto made =
      root("CreatePolicy", {{"PolicyName", "Readers"}, {"PolicyDocument", allow("s3:GetObject")}});
  const std::string arn = element(made, "Arn");
  EXPECT_EQ(arn, "arn:aws:iam::000000000000:policy/Readers");
  EXPECT_EQ(element(made, "DefaultVersionId"), "v1");
  EXPECT_EQ(
      element(root("CreatePolicyVersion",
                   {{"PolicyArn", arn}, {"PolicyDocument", allow("s3:PutObject")}, {"SetAsDefault", "true"}}),
              "VersionId"),
      "v2");
  EXPECT_EQ(element(root("GetPolicy", {{"PolicyArn", arn}}), "DefaultVersionId"), "v2");
  EXPECT_NE(element(root("GetPolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v1"}}), "Document")
                .find("GetObject"),
            std::string::npos);
  EXPECT_EQ(code(root("DeletePolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v2"}})), "DeleteConflict");
  EXPECT_EQ(code(root("DeletePolicy", {{"PolicyArn", arn}})), "DeleteConflict");
  EXPECT_EQ(root("SetDefaultPolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v1"}}).status, 200);
  EXPECT_EQ(root("DeletePolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v2"}}).status, 200);
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(root("CreatePolicyVersion", {{"PolicyArn", arn}, {"PolicyDocument", allow("s3:Put*")}}).status,
              200);
  EXPECT_EQ(code(root("CreatePolicyVersion", {{"PolicyArn", arn}, {"PolicyDocument", allow("s3:*")}})),
            "LimitExceeded");
  EXPECT_EQ(code(root("CreatePolicyVersion", {{"PolicyArn", "arn:aws:iam::aws:policy/readonly"},
                                              {"PolicyDocument", allow("s3:*")}})),
            "AccessDenied");
}

TEST_F(Api, WhatIsAttachedCounts) {
  const IdentityPtr alice = user("alice");
  const std::string arn = element(
      root("CreatePolicy", {{"PolicyName", "Readers"}, {"PolicyDocument", allow("s3:GetObject")}}), "Arn");
  root("CreateGroup", {{"GroupName", "staff"}});
  EXPECT_EQ(root("AttachGroupPolicy", {{"GroupName", "staff"}, {"PolicyArn", arn}}).status, 200);
  EXPECT_FALSE(rig.may(alice->access_key, "s3:GetObject", "arn:aws:s3:::b/k"));
  EXPECT_EQ(root("AddUserToGroup", {{"GroupName", "staff"}, {"UserName", "alice"}}).status, 200);
  EXPECT_TRUE(rig.may(alice->access_key, "s3:GetObject", "arn:aws:s3:::b/k"));
  EXPECT_EQ(element(root("GetGroup", {{"GroupName", "staff"}}), "UserName"), "alice");
  EXPECT_EQ(element(root("ListGroupsForUser", {{"UserName", "alice"}}), "GroupName"), "staff");
  EXPECT_EQ(element(root("ListEntitiesForPolicy", {{"PolicyArn", arn}}), "GroupName"), "staff");
  EXPECT_EQ(element(root("ListAttachedGroupPolicies", {{"GroupName", "staff"}}), "PolicyName"), "Readers");
  EXPECT_EQ(code(root("DeletePolicy", {{"PolicyArn", arn}})), "DeleteConflict");
  EXPECT_EQ(code(root("DeleteGroup", {{"GroupName", "staff"}})), "DeleteConflict");
  EXPECT_EQ(root("DetachGroupPolicy", {{"GroupName", "staff"}, {"PolicyArn", arn}}).status, 200);
  EXPECT_EQ(code(root("DetachGroupPolicy", {{"GroupName", "staff"}, {"PolicyArn", arn}})), "NoSuchEntity");
  EXPECT_FALSE(rig.may(alice->access_key, "s3:GetObject", "arn:aws:s3:::b/k"));
  EXPECT_EQ(root("PutUserPermissionsBoundary", {{"UserName", "alice"}, {"PermissionsBoundary", arn}}).status,
            200);
  EXPECT_EQ(code(root("DeletePolicy", {{"PolicyArn", arn}})), "DeleteConflict");
}

TEST_F(Api, AnAccountCountsWhatItHolds) {
  user("alice");
  user("bob");
  root("CreateGroup", {{"GroupName", "staff"}});
  const auto summary = root("GetAccountSummary");
  EXPECT_EQ(count(summary, "<entry><key>Users</key><value>2</value></entry>"), 1u) << summary.xml;
  EXPECT_EQ(count(summary, "<entry><key>Groups</key><value>1</value></entry>"), 1u);
  EXPECT_EQ(count(summary, "<entry><key>Roles</key><value>0</value></entry>"), 1u);
  EXPECT_EQ(count(summary, "<entry><key>AccessKeysPerUserQuota</key><value>1000</value></entry>"), 1u);
}

TEST_F(Api, UsersNeedAPermissionForEachActionAndResource) {
  const IdentityPtr nobody = user("nobody");
  EXPECT_EQ(code(call(nobody, "GetUser")), "AccessDenied");
  EXPECT_EQ(code(call(nobody, "ListUsers")), "AccessDenied");
  EXPECT_EQ(code(call(nobody, "CreateUser", {{"UserName", "x"}})), "AccessDenied");
  const IdentityPtr self = user(
      "self",
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["iam:GetUser","iam:*AccessKey*"],)"
      R"("Resource":"arn:aws:iam::000000000000:user/${aws:username}"}]})");
  EXPECT_EQ(element(call(self, "GetUser"), "UserName"), "self");
  EXPECT_EQ(call(self, "GetUser", {{"UserName", "self"}}).status, 200);
  EXPECT_EQ(code(call(self, "GetUser", {{"UserName", "nobody"}})), "AccessDenied");
  EXPECT_EQ(call(self, "CreateAccessKey").status, 200);
  EXPECT_EQ(code(call(self, "CreateAccessKey", {{"UserName", "nobody"}})), "AccessDenied");
  EXPECT_EQ(code(call(self, "DeleteAccessKey", {{"AccessKeyId", nobody->access_key}})), "AccessDenied");
  EXPECT_EQ(code(call(self, "DeleteUser", {{"UserName", "self"}})), "AccessDenied");
  const IdentityPtr attacher = user(
      "attacher",
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:AttachUserPolicy","Resource":"*",)"
      R"("Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/readonly"}}}]})");
  EXPECT_EQ(call(attacher, "AttachUserPolicy",
                 {{"UserName", "nobody"}, {"PolicyArn", "arn:aws:iam::aws:policy/readonly"}})
                .status,
            200);
  EXPECT_EQ(
      code(call(attacher, "AttachUserPolicy",
                {{"UserName", "attacher"}, {"PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess"}})),
      "AccessDenied");
}

TEST_F(Api, TheSimulatorNamesTheStatementThatDecides) {
  user(
      "alice",
      R"({"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:Get*","Resource":"*"},)"
      R"({"Effect":"Deny","Action":"s3:GetObject","Resource":"arn:aws:s3:::secret/*"}]})");
  const std::string arn = "arn:aws:iam::000000000000:user/alice";
  const auto ask = [&](const std::string& action, const std::string& resource) {
    return root(
        "SimulatePrincipalPolicy",
        {{"PolicySourceArn", arn}, {"ActionNames.member.1", action}, {"ResourceArns.member.1", resource}});
  };
  const auto allowed = ask("s3:GetObject", "arn:aws:s3:::open/k");
  EXPECT_EQ(element(allowed, "EvalDecision"), "allowed");
  EXPECT_EQ(element(allowed, "SourcePolicyId"), "p #0 Read");
  EXPECT_EQ(element(ask("s3:GetObject", "arn:aws:s3:::secret/k"), "EvalDecision"), "explicitDeny");
  EXPECT_EQ(element(ask("s3:PutObject", "arn:aws:s3:::open/k"), "EvalDecision"), "implicitDeny");
}

// ---- STS ----

struct Sts : Api {
  IdentityPtr session(const QueryAnswer& answer) {
    EXPECT_EQ(answer.status, 200) << answer.xml;
    auto who = rig.find(element(answer, "AccessKeyId"), element(answer, "SessionToken"));
    EXPECT_TRUE(who);
    if (!who) return anonymous_identity();
    EXPECT_EQ((*who)->secret, element(answer, "SecretAccessKey"));
    return *who;
  }
  std::string role(const std::string& trust, std::vector<std::pair<std::string, std::string>> more = {}) {
    more.insert(more.end(), {{"RoleName", "worker"}, {"AssumeRolePolicyDocument", trust}});
    const auto made = root("CreateRole", more);
    EXPECT_EQ(made.status, 200) << made.xml;
    root("PutRolePolicy", {{"RoleName", "worker"}, {"PolicyName", "p"}, {"PolicyDocument", allow("s3:*")}});
    return element(made, "Arn");
  }
  QueryAnswer assume(const IdentityPtr& who, const std::string& arn, Parameters more = {}) {
    more.insert(more.end(), {{"RoleArn", arn}, {"RoleSessionName", "job-7"}});
    return call(who, "AssumeRole", more);
  }
};

TEST_F(Sts, WhoIAm) {
  const auto me = call(user("alice"), "GetCallerIdentity");
  EXPECT_NE(me.xml.find("xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\""), std::string::npos);
  EXPECT_EQ(element(me, "Arn"), "arn:aws:iam::000000000000:user/alice");
  EXPECT_EQ(element(me, "Account"), "000000000000");
  EXPECT_EQ(element(root("GetCallerIdentity"), "Arn"), "arn:aws:iam::000000000000:root");
}

TEST_F(Sts, ARoleIsAssumedByWhomItTrustsByName) {
  const IdentityPtr alice = user("alice"), bob = user("bob", allow("sts:AssumeRole"));
  const std::string arn = role(testing::trust("arn:aws:iam::000000000000:user/alice"));
  const auto answer = assume(alice, arn);
  const IdentityPtr worker = session(answer);
  EXPECT_EQ(worker->principal.arn, "arn:aws:sts::000000000000:assumed-role/worker/job-7");
  EXPECT_EQ(element(answer, "AssumedRoleId"), worker->principal.user_id);
  EXPECT_EQ(element(answer, "Expiration"), "2027-01-15T09:00:00Z");
  EXPECT_EQ(code(assume(bob, arn)), "AccessDenied");  // allowed by his own policy, but not trusted
}

TEST_F(Sts, ARoleTrustsWhomItNamedWhenItWasMade) {
  user("alice");
  const std::string trust = testing::trust("arn:aws:iam::000000000000:user/alice");
  const std::string arn = role(trust);
  const std::string id = rig.store->id_of_arn("arn:aws:iam::000000000000:user/alice");
  EXPECT_EQ(root("GetRole", {{"RoleName", "worker"}}).xml.find(id), std::string::npos);
  ASSERT_TRUE(run(rig.store->remove<User>("alice", true)));
  EXPECT_NE(root("GetRole", {{"RoleName", "worker"}}).xml.find(id), std::string::npos);
  const IdentityPtr another = user("alice");
  EXPECT_EQ(code(assume(another, arn)), "AccessDenied");
  EXPECT_EQ(root("UpdateAssumeRolePolicy", {{"RoleName", "worker"}, {"PolicyDocument", trust}}).status, 200);
  EXPECT_EQ(assume(another, arn).status, 200);
  ASSERT_TRUE(run(rig.store->load()));  // as after a restart
  EXPECT_EQ(assume(another, arn).status, 200);
}

TEST_F(Sts, ARoleThatTrustsTheAccountLeavesItToThePoliciesOfItsUsers) {
  const std::string arn = role(testing::trust("arn:aws:iam::000000000000:root"));
  EXPECT_EQ(code(assume(user("alice"), arn)), "AccessDenied");
  EXPECT_EQ(assume(user("bob", allow("sts:AssumeRole", arn)), arn).status, 200);
  EXPECT_EQ(code(assume(user("carol", allow("sts:AssumeRole", arn + "x")), arn)), "AccessDenied");
  EXPECT_EQ(code(assume(user("dave", allow("sts:AssumeRole")), "arn:aws:iam::000000000000:role/none")),
            "AccessDenied");
}

TEST_F(Sts, TheExternalIdIsAsked) {
  const std::string arn = role(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*",)"
      R"("Condition":{"StringEquals":{"sts:ExternalId":"4711"}}}]})");
  const IdentityPtr alice = user("alice");
  EXPECT_EQ(assume(alice, arn, {{"ExternalId", "4711"}}).status, 200);
  EXPECT_EQ(code(assume(alice, arn, {{"ExternalId", "4712"}})), "AccessDenied");
  EXPECT_EQ(code(assume(alice, arn)), "AccessDenied");
}

TEST_F(Sts, DurationsHaveLimits) {
  const IdentityPtr alice = user("alice");
  const std::string arn = role(testing::trust("*"), {{"MaxSessionDuration", "7200"}});
  EXPECT_EQ(assume(alice, arn, {{"DurationSeconds", "7200"}}).status, 200);
  EXPECT_EQ(code(assume(alice, arn, {{"DurationSeconds", "7201"}})), "ValidationError");
  EXPECT_EQ(code(assume(alice, arn, {{"DurationSeconds", "899"}})), "ValidationError");
  const IdentityPtr worker = session(assume(alice, arn, {{"DurationSeconds", "900"}}));
  EXPECT_EQ(code(assume(worker, arn, {{"DurationSeconds", "7200"}})),
            "ValidationError");  // a chain: one hour
  EXPECT_EQ(assume(worker, arn).status, 200);
}

TEST_F(Sts, APolicyOfTheSessionNarrows) {
  const IdentityPtr alice = user("alice", allow("s3:*"));
  const std::string arn = role(testing::trust("*"));
  const auto answer = assume(
      alice, arn,
      {{"Policy", allow("s3:GetObject")}, {"PolicyArns.member.1.arn", "arn:aws:iam::aws:policy/writeonly"}});
  const std::string key = element(answer, "AccessKeyId"), token = element(answer, "SessionToken");
  EXPECT_TRUE(rig.may(key, "s3:GetObject", "arn:aws:s3:::b/k", token));
  EXPECT_TRUE(rig.may(key, "s3:PutObject", "arn:aws:s3:::b/k", token));
  EXPECT_FALSE(rig.may(key, "s3:DeleteObject", "arn:aws:s3:::b/k", token));
  EXPECT_NE(element(answer, "PackedPolicySize"), "0");
  EXPECT_EQ(code(assume(alice, arn, {{"Policy", "{"}})), "MalformedPolicyDocument");
}

TEST_F(Sts, CredentialsOfOnesOwn) {
  const IdentityPtr alice = user("alice", allow("*"));
  const auto answer = call(alice, "GetSessionToken", {{"DurationSeconds", "900"}});
  const IdentityPtr own = session(answer);
  EXPECT_EQ(own->principal.arn, alice->principal.arn);
  EXPECT_EQ(element(answer, "Expiration"), "2027-01-15T08:15:00Z");
  // With them nothing is managed, and no further credentials are had.
  EXPECT_EQ(code(call(own, "ListUsers")), "AccessDenied");
  EXPECT_EQ(code(call(own, "GetSessionToken")), "AccessDenied");
  EXPECT_EQ(call(own, "GetCallerIdentity").status, 200);
  EXPECT_EQ(code(call(alice, "GetSessionToken", {{"TokenCode", "123456"}})), "AccessDenied");
  // AssumeRole without a role: the caller's own, narrowed.
  const auto narrow = call(alice, "AssumeRole", {{"Policy", allow("s3:GetObject")}});
  const std::string key = element(narrow, "AccessKeyId"), token = element(narrow, "SessionToken");
  EXPECT_TRUE(rig.may(key, "s3:GetObject", "arn:aws:s3:::b/k", token));
  EXPECT_FALSE(rig.may(key, "s3:PutObject", "arn:aws:s3:::b/k", token));
}

TEST_F(Sts, AKeyWithAPolicyGetsNoCredentialsBeyondIt) {
  const IdentityPtr alice = user("alice", allow("*"));
  const auto owner = rig.store->read([](const Directory& d) { return d.users.find("alice"); });
  rig.create(AccessKey{.id = "robot", .owner = owner->id, .policy = allow("s3:GetObject")});
  EXPECT_EQ(code(call(rig.find("robot").value(), "GetSessionToken")), "AccessDenied");
  EXPECT_EQ(code(call(rig.find("robot").value(), "AssumeRole")), "AccessDenied");
  const std::string arn = role(testing::trust("*"));
  EXPECT_EQ(code(assume(rig.find("robot").value(), arn)), "AccessDenied");
  EXPECT_EQ(code(call(rig.find("robot").value(), "ListUsers")), "AccessDenied");
}

}  // namespace
}  // namespace cairn::iam
