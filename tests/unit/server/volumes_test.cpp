#include "server/volumes.hpp"

#include <gtest/gtest.h>

namespace cairn::server {
namespace {
using Paths = std::vector<std::string>;

TEST(Ellipses, StandForNumbers) {
  EXPECT_EQ(expand_ellipses("/data"), Paths{"/data"});
  EXPECT_EQ(expand_ellipses("/d{1...3}"), (Paths{"/d1", "/d2", "/d3"}));
  EXPECT_EQ(expand_ellipses("/d{08...10}/x"), (Paths{"/d08/x", "/d09/x", "/d10/x"}));
  EXPECT_EQ(expand_ellipses("/a{1...2}/b{0...1}"), (Paths{"/a1/b0", "/a1/b1", "/a2/b0", "/a2/b1"}));
  EXPECT_EQ(expand_ellipses("/d{5...5}"), Paths{"/d5"});
}

TEST(Ellipses, WhatIsNoPatternIsRefused) {
  for (const char* text : {"/d{1..3}", "/d{3...1}", "/d{a...c}", "/d{1...3", "/d{}", "/d{01...3}", "/d{1...2",
                           "/d{-1...2}", "/d{1...99999}", "/d{1...99}{1...99}", "/d{1...9999999999}"})
    EXPECT_FALSE(expand_ellipses(text)) << text;
}

TEST(Pools, PlainPathsAreOneAndPatternsAreOneEach) {
  EXPECT_EQ(pools_of({"/a", "/b/"}), (std::vector<Paths>{{"/a", "/b"}}));
  EXPECT_EQ(pools_of({"/a{1...2}", "/b{1...3}"}),
            (std::vector<Paths>{{"/a1", "/a2"}, {"/b1", "/b2", "/b3"}}));
}

TEST(Pools, DoubtIsRefused) {
  EXPECT_FALSE(pools_of({}));
  EXPECT_FALSE(pools_of({""}));
  EXPECT_FALSE(pools_of({"/a", "/a/"}));
  EXPECT_FALSE(pools_of({"/a{1...3}", "/a{3...4}"}));
  EXPECT_FALSE(pools_of({"/a", "/b{1...3}"}));
}

TEST(Pools, AParityAboveHalfOfASetIsRefused) {
  EXPECT_EQ(set_size(12), 12u);
  EXPECT_EQ(set_size(16), 16u);
  EXPECT_EQ(set_size(24), 12u);
  EXPECT_EQ(set_size(17), 1u);
  EXPECT_TRUE(check_parity(2, {{"1", "2", "3", "4"}}));
  EXPECT_FALSE(check_parity(3, {{"1", "2", "3", "4"}}));
  EXPECT_TRUE(check_parity(0, {{"1"}}));
  EXPECT_FALSE(check_parity(1, {{"1"}}));
}

}  // namespace
}  // namespace cairn::server
