#include "s3/list_token.hpp"

#include <gtest/gtest.h>

namespace cairn::s3 {
namespace {

TEST(ListToken, GivesBackAnyKey) {
  for (const std::string key : {"a", "", "a/b\xff\x01", "\xc3\xa9"})
    EXPECT_EQ(parse_list_token(make_list_token(key)), key);
}

TEST(ListToken, DoesNotShowTheKey) {
  EXPECT_EQ(make_list_token("secret-name").find("secret"), std::string::npos);
}

TEST(ListToken, WhatWeDidNotMakeIsRefused) {
  for (const char* token : {"", "x", "Mg==", "!!!!", "a b"}) EXPECT_FALSE(parse_list_token(token)) << token;
}

}  // namespace
}  // namespace cairn::s3
