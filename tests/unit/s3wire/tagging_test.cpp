#include "cairn/s3wire/tagging.hpp"

#include <gtest/gtest.h>

#include "xml_document.hpp"

namespace cairn::s3wire {
namespace {

using test::document;

std::string tag_xml(std::string_view key, std::string_view value) {
  return std::string("<Tag><Key>").append(key).append("</Key><Value>").append(value).append("</Value></Tag>");
}

std::string tagging(std::string_view tags) {
  return document("Tagging", "\n <TagSet>" + std::string(tags) + "</TagSet>\n");
}

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

TagSet numbered(std::size_t count) {
  TagSet tags;
  for (std::size_t i = 0; i < count; ++i) tags.push_back({"k" + std::to_string(i), "v"});
  return tags;
}

constexpr std::string_view kEAcute = "\u00E9";           // one unit, two bytes
constexpr std::string_view kKanji = "\u65E5";            // one unit, three bytes
constexpr std::string_view kGothic = "\U00010330";       // a letter of two units, four bytes
constexpr std::string_view kGrinning = "\U0001F600";     // a symbol
constexpr std::string_view kCombining = "\u0301";        // a mark
constexpr std::string_view kWideSpace = "\u3000";        // a separator
constexpr std::string_view kArabicDigit = "\u0663";      // a number
constexpr std::string_view kZeroWidthJoiner = "\u200D";  // a format character

TEST(Tagging, TagsComeBackInTheirOrder) {
  const TagSet tags = {{"b", "1 <&>"}, {"a", ""}, {"project:x/y+z=_.-@", std::string(kKanji)}};
  const std::string xml = render_tagging(tags);
  EXPECT_EQ(xml, document("Tagging",
                          "<TagSet><Tag><Key>b</Key><Value>1 &lt;&amp;&gt;</Value></Tag><Tag><Key>a</Key>"
                          "<Value></Value></Tag><Tag><Key>project:x/y+z=_.-@</Key><Value>\u65E5</Value>"
                          "</Tag></TagSet>"));
  // '<' and '&' are no characters of tags, so that the parser refuses what the writer escaped.
  EXPECT_EQ(parse_tagging(xml, TagTarget::object).error().code, Code::invalid_tag);
  const TagSet good = {{"b", "1"}, {"a", ""}};
  EXPECT_EQ(parse_tagging(render_tagging(good), TagTarget::object).value(), good);
  EXPECT_EQ(parse_tagging(render_tagging({}), TagTarget::bucket).value(), TagSet{});
  EXPECT_EQ(parse_tagging(document("Tagging", "<TagSet>\n</TagSet>"), TagTarget::object).value(), TagSet{});
}

struct CheckRow {
  const char* what;
  Tag tag;
  const char* message;  // null: taken
};

TEST(Tagging, KeysAndValuesHaveAmazonsLimitsAndCharacters) {
  const char* const bad_key = "The TagKey you have provided is invalid";
  const char* const bad_value = "The TagValue you have provided is invalid";
  const char* const system = "System tags cannot be added/updated by requester";
  const CheckRow rows[] = {
      {"longest key", {std::string(128, 'a'), ""}, nullptr},
      {"longer key", {std::string(129, 'a'), ""}, bad_key},
      {"no key", {"", "v"}, bad_key},
      {"longest value", {"k", std::string(256, 'a')}, nullptr},
      {"longer value", {"k", std::string(257, 'a')}, bad_value},
      {"units, not bytes", {repeat(kEAcute, 128), repeat(kKanji, 256)}, nullptr},
      {"one unit more", {repeat(kKanji, 129), ""}, bad_key},
      {"two units a letter", {repeat(kGothic, 64), repeat(kGothic, 128)}, nullptr},
      {"a key of 129 units", {repeat(kGothic, 64) + "a", ""}, bad_key},
      {"a value of 257 units", {"k", repeat(kGothic, 128) + "a"}, bad_value},
      {"signs", {"+ -=._:/@", "+ -=._:/@"}, nullptr},
      {"separators and digits", {"a" + std::string(kWideSpace), std::string(kArabicDigit)}, nullptr},
      {"comma", {"k", "a,b"}, bad_value},
      {"tab", {"k", "a\tb"}, bad_value},
      {"line end in a key", {"a\nb", ""}, bad_key},
      {"NUL", {std::string("a\0b", 3), ""}, bad_key},
      {"parenthesis", {"k", "(a)"}, bad_value},
      {"symbol", {"k", std::string(kGrinning)}, bad_value},
      {"mark", {"k", "e" + std::string(kCombining)}, bad_value},
      {"format character", {"k", std::string(kZeroWidthJoiner)}, bad_value},
      {"not UTF-8", {"k", "\xFF"}, bad_value},
      {"system", {"aws:cloudformation", "v"}, system},
      {"system in capitals", {"AWS:x", "v"}, system},
      {"no system", {"aws", "aws:v"}, nullptr},
      {"no system either", {"xaws:", "v"}, nullptr},
  };
  for (const CheckRow& row : rows) {
    const Status status = check_tags({row.tag}, TagTarget::object);
    ASSERT_EQ(status.has_value(), row.message == nullptr) << row.what;
    if (status) continue;
    EXPECT_EQ(status.error().code, Code::invalid_tag) << row.what;
    EXPECT_EQ(status.error().context, row.message) << row.what;
  }
}

TEST(Tagging, EndsOfTheTableOfCharacters) {
  EXPECT_TRUE(check_tags({{"\u00AA", ""}}, TagTarget::object).has_value());
  EXPECT_FALSE(check_tags({{"\u00A9", ""}}, TagTarget::object).has_value());
  EXPECT_FALSE(check_tags({{"\u00AB", ""}}, TagTarget::object).has_value());
  EXPECT_TRUE(check_tags({{"\u00A0", ""}}, TagTarget::object).has_value());
  EXPECT_TRUE(check_tags({{"\U0003134A", ""}}, TagTarget::object).has_value());  // the last letter
  EXPECT_FALSE(check_tags({{"\U0003134B", ""}}, TagTarget::object).has_value());
  EXPECT_FALSE(check_tags({{"\U0010FFFF", ""}}, TagTarget::object).has_value());
}

TEST(Tagging, NumberAndDuplicates) {
  EXPECT_TRUE(check_tags(numbered(10), TagTarget::object).has_value());
  const auto many = check_tags(numbered(11), TagTarget::object);
  ASSERT_FALSE(many.has_value());
  EXPECT_EQ(many.error().code, Code::invalid_tag);
  EXPECT_EQ(many.error().context, "Object tags cannot be greater than 10");
  EXPECT_TRUE(check_tags(numbered(50), TagTarget::bucket).has_value());
  EXPECT_EQ(check_tags(numbered(51), TagTarget::bucket).error().context,
            "Bucket tag count cannot be greater than 50");
  const auto twice = check_tags({{"a", "1"}, {"b", ""}, {"a", "2"}}, TagTarget::bucket);
  ASSERT_FALSE(twice.has_value());
  EXPECT_EQ(twice.error().code, Code::invalid_tag);
  EXPECT_EQ(twice.error().context, "Cannot provide multiple Tags with the same key");
  EXPECT_TRUE(check_tags({{"a", "1"}, {"A", "1"}}, TagTarget::object).has_value());
  // A tag that is wrong comes before there being too many.
  TagSet wrong = numbered(60);
  wrong.push_back({"", ""});
  EXPECT_EQ(check_tags(wrong, TagTarget::bucket).error().code, Code::invalid_tag);
}

TEST(Tagging, WhatIsNoTaggingIsMalformed) {
  const std::string one = tag_xml("a", "b");
  const std::string rows[] = {
      "",
      "nonsense",
      document("TagSet", one),
      document("Tagging", ""),
      document("Tagging", one),
      document("Tagging", "<TagSet/><TagSet/>"),
      document("Tagging", "<TagSet/><Other/>"),
      tagging("<Tag><Key>a</Key></Tag>"),
      tagging("<Tag><Value>a</Value></Tag>"),
      tagging("<Tag><Key>a</Key><Key>b</Key><Value/></Tag>"),
      tagging("<Tag><Key>a<b/></Key><Value/></Tag>"),
      tagging("<Label><Key>a</Key><Value/></Label>"),
      tagging("text" + one),
      tagging(one) + "<x/>",
      tagging(std::string(kMaxTaggingBody, ' ') + one),
  };
  for (const std::string& xml : rows) {
    const auto tags = parse_tagging(xml, TagTarget::bucket);
    ASSERT_FALSE(tags.has_value()) << xml.substr(0, 200);
    EXPECT_EQ(tags.error().code, Code::malformed_xml) << xml.substr(0, 200);
  }
  EXPECT_TRUE(parse_tagging(tagging(one), TagTarget::bucket).has_value());
}

TEST(Tagging, TheLargestSetFitsTheBody) {
  TagSet tags;
  for (std::size_t i = 0; i < kMaxBucketTags; ++i)
    tags.push_back({std::to_string(i + 10) + repeat(kKanji, 126), repeat(kKanji, 256)});
  EXPECT_EQ(parse_tagging(render_tagging(tags), TagTarget::bucket).value(), tags);
}

TEST(TaggingHeader, IsAQuery) {
  struct Row {
    std::string_view header;
    TagSet tags;
  };
  const Row rows[] = {
      {"", {}},
      {"a=b", {{"a", "b"}}},
      {"foo=bar&bar", {{"foo", "bar"}, {"bar", ""}}},
      {"a+b=c%20d", {{"a b", "c d"}}},
      {"a%2Bb=c%3Dd=e", {{"a+b", "c=d=e"}}},
      {"%E6%97%A5=%e6%97%a5", {{std::string(kKanji), std::string(kKanji)}}},
      {"a=1&&b=2&", {{"a", "1"}, {"b", "2"}}},
  };
  for (const Row& row : rows) {
    const auto tags = parse_tagging_header(row.header);
    ASSERT_TRUE(tags.has_value()) << row.header;
    EXPECT_EQ(*tags, row.tags) << row.header;
    EXPECT_EQ(parse_tagging_header(render_tagging_header(*tags)).value(), row.tags) << row.header;
  }
  EXPECT_EQ(render_tagging_header({{"a b", "c+d"}, {"e/f", ""}}), "a%20b=c%2Bd&e%2Ff=");
}

TEST(TaggingHeader, RefusesWhatItCannotRead) {
  for (const std::string_view header : {"=", "=v", "a=1&a=2", "a=1&%61=2", "a=%", "a=%GG", "%FF=a", "a=%C3"})
    EXPECT_EQ(parse_tagging_header(header).error().code, Code::invalid_argument) << header;
  EXPECT_EQ(parse_tagging_header("a=" + std::string(kMaxTaggingHeader, 'b')).error().code,
            Code::invalid_argument);
  EXPECT_EQ(parse_tagging_header("a=b,c").error().code, Code::invalid_tag);
  EXPECT_EQ(parse_tagging_header("aws:a=b").error().code, Code::invalid_tag);
  EXPECT_EQ(parse_tagging_header(render_tagging_header(numbered(11))).error().code, Code::invalid_tag);
}

}  // namespace
}  // namespace cairn::s3wire
