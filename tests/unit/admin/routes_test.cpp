#include <set>

#include <gtest/gtest.h>

#include "admin/api/admin_api.hpp"

namespace cairn::admin::api {
namespace {

TEST(Routes, ValuesStandWhereThePatternHasBraces) {
  const Match m = find_route("PUT", "/groups/viewers/members/alice%20b");
  ASSERT_NE(m.route, nullptr);
  EXPECT_EQ(m.route->path, "/groups/{group}/members/{user}");
  EXPECT_EQ(m.values, (std::vector<std::string_view>{"viewers", "alice%20b"}));
}

TEST(Routes, AnotherMethodIsToldFromAnotherPath) {
  const Match wrong_method = find_route("PUT", "/users");
  EXPECT_EQ(wrong_method.route, nullptr);
  EXPECT_EQ(wrong_method.allow, "GET, POST");
  for (const char* path :
       {"/user", "/users/", "/users//policies/x", "/users/a/b", "//users", "/users/a/policies"}) {
    const Match m = find_route("GET", path);
    EXPECT_EQ(m.route, nullptr) << path;
    EXPECT_TRUE(m.allow.empty()) << path;
  }
  EXPECT_NE(find_route("GET", "").route, nullptr);
  EXPECT_NE(find_route("GET", "/").route, nullptr);
}

TEST(Routes, EachIsThereOnceAndNeedsAnActionUnlessItIsTheIndex) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Route& r : routes()) {
    EXPECT_TRUE(seen.emplace(r.method, r.path).second) << r.path;
    EXPECT_EQ(r.action.empty(), r.path.empty()) << r.path;
    EXPECT_EQ(find_route(r.method, r.path).route, &r) << r.path;
  }
}

TEST(Documents, AreObjectsOfKnownFieldsAndKinds) {
  for (const char* text : {"", "[]", "1", "{", "{\"a\":1}x", "\"a\"", "{\"a\":\"\xff\"}"})
    EXPECT_FALSE(parse_document(text)) << text;
  EXPECT_FALSE(parse_document("{\"a\":" + std::string(9, '[') + std::string(9, ']') + "}"));
  EXPECT_TRUE(parse_document(R"({"a":"[[[[[[[[[[\"[[[["})"));
  const json body{{"text", "t"}, {"count", 5u}, {"flag", true}, {"texts", {"a", "b"}}, {"nothing", nullptr}};
  EXPECT_FALSE(check_fields(body, {"text", "count", "flag", "texts"}));
  EXPECT_TRUE(check_fields(body, {"text", "count", "flag", "texts", "nothing"}));
  EXPECT_EQ(**read_text(body, "text"), "t");
  EXPECT_FALSE(read_text(body, "count"));
  EXPECT_EQ(*read_text(body, "nothing"), std::nullopt);
  EXPECT_FALSE(required_text(body, "nothing"));
  EXPECT_EQ(**read_count(body, "count"), 5u);
  for (const json& wrong : {json(-1), json(1.5), json("1"), json(true), json((1ull << 53) + 1)})
    EXPECT_FALSE(read_count({{"count", wrong}}, "count")) << wrong;
  EXPECT_FALSE(read_flag(body, "count"));
  EXPECT_EQ(read_texts(body, "texts")->size(), 2u);
  EXPECT_FALSE(read_texts({{"texts", {"a", 1}}}, "texts"));
}

TEST(Documents, ATimeMayBeTakenAway) {
  EXPECT_EQ(*read_time({}, "expires"), std::nullopt);
  EXPECT_EQ(*read_time({{"expires", nullptr}}, "expires"), 0);
  EXPECT_EQ(*read_time({{"expires", "1970-01-01T00:00:01Z"}}, "expires"), 1'000);
  EXPECT_FALSE(read_time({{"expires", "tomorrow"}}, "expires"));
  EXPECT_FALSE(read_time({{"expires", 5}}, "expires"));
}

}  // namespace
}  // namespace cairn::admin::api
