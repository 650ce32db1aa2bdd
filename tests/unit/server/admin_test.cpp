#include <map>

#include <gtest/gtest.h>

#include "server/admin/render.hpp"
#include "server/admin/target.hpp"

namespace cairn::server {
namespace {

using nlohmann::json;

std::expected<AdminPlan, int> plan(std::vector<std::string> args) {
  return plan_admin(std::move(args), {[](const std::string& path) -> Result<std::string> {
                                        if (path == "secret") return std::string("the secret\n");
                                        if (path == "policy") return std::string("{}");
                                        return fail(Code::config, path + " is not there");
                                      },
                                      0});
}

AdminRequest request(std::vector<std::string> args) {
  const auto made = plan(std::move(args));
  return made && made->requests.size() == 1 ? made->requests.front() : AdminRequest{.method = "none"};
}

TEST(AdminPlan, MakesRequestsOfCommandLines) {
  struct Case {
    std::vector<std::string> args;
    std::string method, path;
    json body;
  };
  const Case cases[] = {
      {{"user", "list"}, "GET", "/users", nullptr},
      {{"user", "add", "alice", "--policy", "p", "--policy", "q"},
       "POST",
       "/users",
       {{"name", "alice"}, {"policies", {"p", "q"}}}},
      {{"user", "add", "alice", "--access-key", "ak", "--secret-key-file", "secret"},
       "POST",
       "/users",
       {{"name", "alice"}, {"access_key", "ak"}, {"secret_key", "the secret"}}},
      {{"user", "disable", "a/b c"}, "PATCH", "/users/a%2Fb%20c", {{"enabled", false}}},
      {{"key", "add", "--expires", "1d", "--policy-file", "policy"},
       "POST",
       "/keys",
       {{"expires", "1970-01-02T00:00:00.000Z"}, {"policy", "{}"}}},
      {{"key", "set", "ak", "--name", "n", "--expires", "2030-01-31T12:00:00Z"},
       "PATCH",
       "/keys/ak",
       {{"name", "n"}, {"expires", "2030-01-31T12:00:00Z"}}},
      {{"policy", "attach", "p", "--group", "g"}, "PUT", "/groups/g/policies/p", nullptr},
      {{"policy", "explain", "--user", "u", "GetObject", "b/k", "--context", "aws:SourceIp=1.2.3.4"},
       "POST",
       "/explain",
       {{"user", "u"},
        {"action", "s3:GetObject"},
        {"resource", "arn:aws:s3:::b/k"},
        {"context", {{"aws:SourceIp", json::array({"1.2.3.4"})}}}}},
      {{"usage"}, "GET", "/usage", nullptr},
      {{"usage", "photos"}, "GET", "/usage/photos", nullptr},
      {{"quota", "set", "photos", "--size", "1KiB", "--objects", "5"},
       "PUT",
       "/quotas/photos",
       {{"max_bytes", 1024}, {"max_objects", 5}}},
      {{"verify", "--start"}, "POST", "/verify", nullptr},
      {{"--json", "info"}, "GET", "/info", nullptr},
      {{"info", "--json"}, "GET", "/info", nullptr},
  };
  for (const Case& c : cases) {
    const AdminRequest made = request(c.args);
    EXPECT_EQ(made.method, c.method) << c.path;
    EXPECT_EQ(made.path, c.path);
    EXPECT_EQ(made.body, c.body) << c.path;
  }
}

TEST(AdminPlan, AWrongCommandLineIsTwo) {
  for (const std::vector<std::string>& args : std::vector<std::vector<std::string>>{
           {},
           {"nonsense"},
           {"user"},
           {"user", "add"},
           {"user", "add", "a", "--secret-key-file", "secret"},
           {"user", "add", "a", "--access-key", "ak", "--secret-key-file", "missing"},
           {"quota", "set", "b"},
           {"quota", "set", "b", "--size", "much"},
           {"policy", "attach", "p"},
           {"policy", "attach", "p", "--user", "u", "--group", "g"},
           {"policy", "explain", "GetObject", "b/k"},
           {"key", "set", "ak"},
           {"key", "add", "--expires", "soon"}}) {
    const auto made = plan(args);
    ASSERT_FALSE(made) << (args.empty() ? "" : args.front());
    EXPECT_EQ(made.error(), 2);
  }
  EXPECT_EQ(plan({"--help"}).error(), 0);
}

TEST(AdminPlan, SeveralUsersJoinOneByOne) {
  const auto made = plan({"group", "join", "g", "a", "b"});
  ASSERT_TRUE(made);
  ASSERT_EQ(made->requests.size(), 2u);
  EXPECT_EQ(made->requests[1].path, "/groups/g/members/b");
}

struct Sources {
  std::map<std::string, std::string, std::less<>> environment, files;
  Result<AdminTarget> find(const AdminPlan& p) const {
    return find_admin_target(p, {[this](std::string_view name) -> std::optional<std::string> {
                                   const auto at = environment.find(name);
                                   if (at == environment.end()) return std::nullopt;
                                   return at->second;
                                 },
                                 [this](const std::string& path) -> Result<std::string> {
                                   const auto at = files.find(path);
                                   if (at == files.end()) return fail(Code::config, "not there");
                                   return at->second;
                                 }});
  }
};

TEST(AdminTarget, TheCommandLineGoesBeforeTheProfileAndThatBeforeTheEnvironment) {
  Sources s;
  EXPECT_FALSE(s.find({})) << "no credentials";
  s.environment = {
      {"CAIRN_ROOT_USER", "root"}, {"CAIRN_ROOT_PASSWORD", "pw"}, {"CAIRN_ENDPOINT", "http://env"}};
  EXPECT_EQ(s.find({})->credentials.access_key, "root");
  s.environment["AWS_ACCESS_KEY_ID"] = "half of a credential";
  EXPECT_EQ(s.find({})->credentials.access_key, "root");
  s.environment["AWS_SECRET_ACCESS_KEY"] = "the other half";
  EXPECT_EQ(s.find({})->credentials.secret_key, "the other half");
  s.files["mine"] = "CAIRN_ENDPOINT=http://mine\nAWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\n";
  AdminPlan plan;
  plan.profile = "mine";
  EXPECT_EQ(s.find(plan)->endpoint, "http://mine");
  EXPECT_EQ(s.find(plan)->credentials.access_key, "a");
  plan.endpoint = "http://here";
  EXPECT_EQ(s.find(plan)->endpoint, "http://here");
  plan.profile = "missing";
  EXPECT_FALSE(s.find(plan));
  s.environment["CAIRN_PROFILE"] = "mine";
  EXPECT_EQ(s.find({})->endpoint, "http://env") << "the environment's own words go before its profile";
}

TEST(AdminRender, ATableHasColumnsAsWideAsTheyNeed) {
  AdminPlan p;
  p.view = AdminView::table;
  p.columns = {{"NAME", "name"}, {"SIZE", "bytes", true}, {"KEYS", "keys"}};
  const json answer{{"items",
                     {{{"name", "a"}, {"bytes", 1536u}, {"keys", {"k1", "k2"}}},
                      {{"name", "longer"}, {"bytes", nullptr}, {"keys", json::array()}}}}};
  EXPECT_EQ(render_admin(p, answer),
            "NAME    SIZE     KEYS\n"
            "a       1.5 KiB  k1, k2\n"
            "longer  -\n");
}

TEST(AdminRender, WhatATerminalWouldObeyIsLeftOut) {
  EXPECT_EQ(render_admin({}, {{"description", "a\x1b[2Jb\nc\x7f"}}), "description  a [2Jb c\n");
}

TEST(AdminRender, SizesAreReadable) {
  EXPECT_EQ(readable_bytes(0), "0 B");
  EXPECT_EQ(readable_bytes(1023), "1023 B");
  EXPECT_EQ(readable_bytes(1024), "1.0 KiB");
  EXPECT_EQ(readable_bytes(5ull << 40), "5.0 TiB");
  EXPECT_EQ(readable_bytes(~0ull), "16.0 EiB");
}

TEST(AdminRender, AnExplanationSaysWhatDecided) {
  AdminPlan p;
  p.view = AdminView::explain;
  const json answer{{"action", "s3:GetObject"},
                    {"resource", "arn:aws:s3:::b/k"},
                    {"decision", "implicit_deny"},
                    {"text", "denied: no policy allows it"},
                    {"owns_bucket", true},
                    {"statements", {{{"text", "Allow in statement 0 is for another action"}}}}};
  const std::string text = render_admin(p, answer);
  EXPECT_NE(text.find("denied: no policy allows it"), std::string::npos);
  EXPECT_NE(text.find("owns the bucket"), std::string::npos);
  EXPECT_NE(text.find("statement 0 is for another action"), std::string::npos);
}

}  // namespace
}  // namespace cairn::server
