#include "cairn/iam/evaluate.hpp"

#include <deque>
#include <map>
#include <string>

#include <gtest/gtest.h>

#include "unit/iam/table.hpp"

namespace cairn::iam {
namespace {

Principal make_principal(const json& j) {
  const std::map<std::string, Principal::Kind> kinds = {
      {"anonymous", Principal::Kind::anonymous}, {"root", Principal::Kind::root},
      {"user", Principal::Kind::user},           {"role_session", Principal::Kind::role_session},
      {"federated", Principal::Kind::federated}, {"service", Principal::Kind::service}};
  const auto text = [&](const char* name) { return j.value(name, std::string{}); };
  Principal p;
  p.kind = kinds.at(text("kind"));
  p.arn = text("arn");
  p.identity_arn = text("identity_arn");
  p.account = text("account");
  p.canonical_id = text("canonical_id");
  p.user_name = text("user_name");
  p.user_id = text("user_id");
  p.provider = text("provider");
  return p;
}

// The policies of a group of rows, kept alive for evaluate().
class Policies {
 public:
  explicit Policies(const json& group) {
    read(group, "identity", PolicyKind::identity, identity_);
    read(group, "boundary", PolicyKind::identity, boundary_);
    read(group, "resource", group.value("trust", false) ? PolicyKind::trust : PolicyKind::resource,
         resource_);
    for (const json& layer : group.value("sessions", json::array())) {
      layers_.emplace_back();
      for (const json& policy : layer) add(policy, PolicyKind::session, layers_.back());
    }
    for (const auto& layer : layers_) sessions_.emplace_back(layer);
  }
  PolicySet set() const { return {identity_, boundary_, sessions_, resource_}; }

 private:
  void read(const json& group, const char* name, PolicyKind kind, std::vector<AttachedPolicy>& list) {
    for (const json& policy : group.value(name, json::array())) add(policy, kind, list);
  }
  void add(const json& policy, PolicyKind kind, std::vector<AttachedPolicy>& list) {
    auto parsed = Policy::parse(policy_text(policy), kind);
    ASSERT_TRUE(parsed) << parsed.error().context << "\n" << policy.dump();
    policies_.push_back(std::move(*parsed));
    names_.push_back("policy-" + std::to_string(names_.size()));
    list.push_back({&policies_.back(), names_.back()});
  }

  std::deque<Policy> policies_;
  std::deque<std::string> names_;
  std::vector<AttachedPolicy> identity_, boundary_, resource_;
  std::deque<std::vector<AttachedPolicy>> layers_;
  std::vector<PolicyList> sessions_;
};

// The verdict, the explanation's verdict and its trace have to agree.
std::string decide(const AccessRequest& request, const Policies& policies) {
  const Verdict verdict = evaluate(request, policies.set());
  const Explanation e = explain(request, policies.set());
  EXPECT_EQ(short_verdict(e.verdict), short_verdict(verdict));
  EXPECT_FALSE(describe(verdict).empty());
  if (verdict.statement < 0) return short_verdict(verdict);
  int found = 0;
  for (const TraceLine& line : e.lines)
    found += line.source == verdict.source && line.policy == verdict.policy &&
             line.statement == verdict.statement && line.sid == verdict.sid &&
             line.outcome == TraceLine::Outcome::applies;
  EXPECT_EQ(found, 1) << describe(verdict);
  return short_verdict(verdict);
}

// Rows: [principal, action, resource, context, verdict].
int check_requests(const std::string& file) {
  const json table = read_table(file);
  int rows = 0;
  for (const json& group : table.at("groups")) {
    SCOPED_TRACE(group.at("rule").get<std::string>());
    const Policies policies(group);
    for (const json& row : group.at("rows")) {
      const Principal principal = make_principal(table.at("principals").at(row.at(0)));
      AccessRequest request{principal, row.at(1), resource_arn(row.at(2)), principal_context(principal)};
      fill(request.context, row.at(3));
      EXPECT_EQ(decide(request, policies), row.at(4).get<std::string>()) << row.dump();
      ++rows;
    }
  }
  return rows;
}

TEST(Evaluate, DecidesEveryRowOfTheRequestTable) { EXPECT_GE(check_requests("requests.json"), 200); }

// Groups: a condition, then rows of [context, whether it holds]; as an Allow and as a Deny.
TEST(Evaluate, DecidesEveryRowOfTheConditionTable) {
  int rows = 0;
  for (const json& group : read_table("conditions.json")) {
    json statement = {
        {"Effect", "Allow"}, {"Action", "*"}, {"Resource", "*"}, {"Condition", group.at("condition")}};
    const Policies allow(json{{"identity", {json::array({statement})}}});
    statement["Effect"] = "Deny";
    const Policies deny(json{{"identity", {json::array({statement})}}});
    for (const json& row : group.at("rows")) {
      const bool holds = row.at(1);
      AccessRequest request{{Principal::Kind::user, "arn:aws:iam::123456789012:user/alice"},
                            "s3:GetObject",
                            "arn:aws:s3:::b/k",
                            {}};
      fill(request.context, row.at(0));
      EXPECT_EQ(decide(request, allow), holds ? "allow identity 0" : "none") << group.at("condition") << row;
      EXPECT_EQ(decide(request, deny), holds ? "deny identity 0" : "none") << group.at("condition") << row;
      rows += 2;
    }
  }
  EXPECT_GE(rows, 300);
}

TEST(Evaluate, WithoutAnyPolicyOnlyRootMayAnything) {
  AccessRequest request{{}, "s3:GetObject", "arn:aws:s3:::b/k", {}};
  EXPECT_EQ(short_verdict(evaluate(request, {})), "none");
  request.principal.kind = Principal::Kind::user;
  EXPECT_EQ(short_verdict(evaluate(request, {})), "none");
  request.principal.kind = Principal::Kind::root;
  EXPECT_EQ(short_verdict(evaluate(request, {})), "allow root");
}

TEST(Evaluate, NobodyIsKnownByAnArnThatIsNotHis) {
  const Policies policies(json::parse(R"({"resource": [[{"Effect": "Allow", "Principal": {"AWS":
    "arn:aws:iam::1:user/alice"}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}]]})"));
  AccessRequest request{
      {Principal::Kind::user, "arn:aws:iam::1:user/alice"}, "s3:GetObject", "arn:aws:s3:::b/k", {}};
  EXPECT_EQ(decide(request, policies), "allow resource 0");
  request.principal.kind = Principal::Kind::anonymous;
  EXPECT_EQ(decide(request, policies), "none");
}

// Inside, these bytes stand for '*' and '?'; no text of a policy has them, but a header of a request may.
TEST(Evaluate, BytesOfARequestAreNeverWildcards) {
  const Policies policies(json::parse(R"({"identity": [[{"Effect": "Allow", "Action": "s3:GetObject",
    "Resource": "arn:aws:s3:::b/${aws:UserAgent}"}]]})"));
  AccessRequest request{
      {Principal::Kind::user, "arn:aws:iam::1:user/alice"}, "s3:GetObject", "arn:aws:s3:::b/k", {}};
  for (const char* bytes : {"\xFE", "\xFF", "*", "?"}) {
    request.context.set("aws:UserAgent", bytes);
    EXPECT_EQ(decide(request, policies), "none");
  }
  request.context.set("aws:UserAgent", "k");
  EXPECT_EQ(decide(request, policies), "allow identity 0");
}

TEST(Explain, SaysWhyEachStatementCountedOrDidNot) {
  const json identity = json::parse(R"([
    {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
    {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"},
    {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::other/*"},
    {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"aws:Referer": "x"}}}])");
  const json resource = json::parse(R"([{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::1:user/bob"},
    "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}])");
  const Policies policies(json{{"identity", {identity}}, {"resource", {resource}}});
  const AccessRequest request{
      {Principal::Kind::user, "arn:aws:iam::1:user/alice"}, "s3:GetObject", "arn:aws:s3:::b/k", {}};
  const Explanation e = explain(request, policies.set());
  EXPECT_EQ(describe(e.verdict), "allowed by statement 0 (Read) of identity policy policy-0");
  std::vector<std::string> lines;
  for (const TraceLine& line : e.lines) lines.push_back(describe(line));
  const std::vector<std::string> expected = {
      "Allow in statement 0 (Read) of identity policy policy-0 applies",
      "Deny in statement 1 of identity policy policy-0 is for another action",
      "Allow in statement 2 of identity policy policy-0 is for another resource",
      "Deny in statement 3 of identity policy policy-0 does not apply, because this condition fails: "
      "StringEquals aws:referer",
      "Allow in statement 0 of resource policy policy-1 is for another principal"};
  EXPECT_EQ(lines, expected);
}

TEST(PrincipalContext, HoldsTheKeysOfEachKindOfPrincipal) {
  Principal p{Principal::Kind::user, "arn:aws:iam::1:user/alice", "", "1", "c", "alice", "AIDAALICE"};
  Context c = principal_context(p);
  EXPECT_EQ(c.find("aws:username").front(), "alice");
  EXPECT_EQ(c.find("aws:userid").front(), "AIDAALICE");
  EXPECT_EQ(c.find("aws:principaltype").front(), "User");
  EXPECT_EQ(c.find("aws:principalarn").front(), p.arn);
  EXPECT_EQ(c.find("aws:principalaccount").front(), "1");
  p.kind = Principal::Kind::role_session;
  p.identity_arn = "arn:aws:iam::1:role/r";
  c = principal_context(p);
  EXPECT_TRUE(c.find("aws:username").empty());
  EXPECT_EQ(c.find("aws:principalarn").front(), p.identity_arn);
  c = principal_context({});
  EXPECT_EQ(c.find("aws:principaltype").front(), "Anonymous");
  EXPECT_TRUE(c.find("aws:principalarn").empty());
}

TEST(Context, KeysDoNotDistinguishCase) {
  Context c;
  c.set("AWS:SourceIP", "10.0.0.1");
  c.set("aws:sourceip", "10.0.0.2");
  ASSERT_EQ(c.find("aws:sourceip").size(), 1U);
  EXPECT_EQ(c.find("aws:sourceip").front(), "10.0.0.2");
  c.set("aws:SourceIp", std::vector<std::string>{});
  EXPECT_TRUE(c.find("aws:sourceip").empty());
}

}  // namespace
}  // namespace cairn::iam
