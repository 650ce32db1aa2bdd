#include "iam/glob.hpp"

#include <string>

#include <gtest/gtest.h>

namespace cairn::iam {
namespace {

bool matches(std::string_view pattern, std::string_view text) {
  return glob_match(encode_wildcards(pattern), text);
}

TEST(Glob, MatchesLiteralTextExactly) {
  EXPECT_TRUE(matches("", ""));
  EXPECT_TRUE(matches("abc", "abc"));
  EXPECT_FALSE(matches("abc", "abcd"));
  EXPECT_FALSE(matches("abc", "ab"));
  EXPECT_FALSE(matches("abc", "Abc"));
  EXPECT_FALSE(matches("", "a"));
}

TEST(Glob, StarTakesAnyRunAndItsNeighboursStayAnchored) {
  EXPECT_TRUE(matches("*", ""));
  EXPECT_TRUE(matches("*", "a/b"));
  EXPECT_TRUE(matches("a*", "a"));
  EXPECT_TRUE(matches("*a", "ba"));
  EXPECT_FALSE(matches("a*a", "a"));
  EXPECT_TRUE(matches("a*a", "aa"));
  EXPECT_TRUE(matches("a**a", "aba"));
  EXPECT_TRUE(matches("*b*", "abc"));
  EXPECT_FALSE(matches("*bd*", "abcd"));
  EXPECT_TRUE(matches("a*b*c", "a-b-b-c-c"));
  EXPECT_FALSE(matches("a*b*c", "a-c-b"));
  EXPECT_FALSE(matches("ab*bc", "abc"));
}

TEST(Glob, QuestionMarkTakesOneCharacterOfSeveralBytesToo) {
  EXPECT_TRUE(matches("a?c", "abc"));
  EXPECT_FALSE(matches("a?c", "ac"));
  EXPECT_FALSE(matches("?", ""));
  EXPECT_TRUE(matches("a?c", "a\u00e9c"));
  EXPECT_TRUE(matches("*?c", "a\u20acc"));
  EXPECT_FALSE(matches("*b?c", "ba\u20acc"));
  EXPECT_TRUE(matches("*?b?*", "aabcc"));
  EXPECT_FALSE(matches("*??", "\u20ac"));
  EXPECT_TRUE(matches("??*", "\u20aca"));
}

// Each needs more than 2^100 steps if every '*' is tried everywhere.
TEST(Glob, ManyStarsDoNotMakeItSlow) {
  std::string pattern, with_one;
  for (int i = 0; i < 100; ++i) pattern += "a*", with_one += "?*a";
  const std::string text(20'000, 'a');
  EXPECT_FALSE(matches(pattern + "b", text));
  EXPECT_FALSE(matches(with_one + "*b*", text));
  EXPECT_TRUE(matches(pattern, text));
}

}  // namespace
}  // namespace cairn::iam
