#include "cairn/s3wire/lifecycle.hpp"

#include <gtest/gtest.h>

#include "cairn/s3wire/headers.hpp"

namespace cairn::s3wire {
namespace {

UnixMillis at(std::string_view text) { return parse_iso8601(text).value(); }

LifecycleRule enabled(std::string id) {
  LifecycleRule r;
  r.id = std::move(id);
  r.enabled = true;
  return r;
}

LifecycleRule expiring(std::string id, std::uint32_t days, std::string prefix = {}) {
  LifecycleRule r = enabled(std::move(id));
  r.expiration_days = days;
  r.filter.prefix = std::move(prefix);
  return r;
}

LifecycleVersion object(std::string_view key, std::string_view modified) {
  LifecycleVersion v;
  v.key = key;
  v.size = 100;
  v.modified = at(modified);
  v.only_version = true;
  return v;
}

TEST(Lifecycle, DaysAreRoundedUpToTheNextMidnight) {
  struct Row {
    std::string_view modified;
    std::uint32_t days;
    std::string_view due;
  };
  const Row rows[] = {
      {"2014-01-15T10:30:00Z", 3, "2014-01-19T00:00:00Z"},  // the user guide's
      {"2014-01-15T00:00:00Z", 3, "2014-01-18T00:00:00Z"},
      {"2014-01-15T00:00:00.001Z", 1, "2014-01-17T00:00:00Z"},
      {"2014-01-15T23:59:59Z", 1, "2014-01-17T00:00:00Z"},
      {"2024-02-28T12:00:00Z", 1, "2024-03-01T00:00:00Z"},
      {"1969-12-30T12:00:00Z", 1, "1970-01-01T00:00:00Z"},
  };
  for (const Row& row : rows) {
    const LifecycleConfiguration config{{expiring("r", row.days)}};
    const auto step = next_step(config, object("k", row.modified));
    ASSERT_TRUE(step);
    EXPECT_EQ(iso8601_ms(step->due), iso8601_ms(at(row.due))) << row.modified;
    EXPECT_EQ(step->action, LifecycleAction::expire_current);
    EXPECT_EQ(step->rule_id, "r");
  }
}

TEST(Lifecycle, AShortenedDayIsNotRounded) {
  const auto step = next_step({{expiring("r", 3)}}, object("k", "2014-01-15T10:30:00Z"), 10'000);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->due, at("2014-01-15T10:30:30Z"));
}

TEST(Lifecycle, TheLongestTimesDoNotOverflow) {
  const auto step = next_step({{expiring("r", 2'147'483'647)}}, object("k", "2014-01-15T10:30:00Z"));
  ASSERT_TRUE(step);
  EXPECT_GT(step->due, at("9999-01-01T00:00:00Z"));
}

TEST(Lifecycle, FiltersMustAllBeMet) {
  const LifecycleTag tags[] = {{"a", "1"}, {"b", "2"}};
  LifecycleVersion v = object("logs/x", "2014-01-15T10:30:00Z");
  v.tags = tags;
  struct Row {
    LifecycleFilter filter;
    bool applies;
  };
  using Form = LifecycleFilter::Form;
  const Row rows[] = {
      {{}, true},
      {{Form::legacy, "", {}, {}, {}}, true},
      {{Form::single, "logs/", {}, {}, {}}, true},
      {{Form::single, "/logs/", {}, {}, {}}, false},
      {{Form::single, "logs/x/", {}, {}, {}}, false},
      {{Form::single, {}, {{"a", "1"}}, {}, {}}, true},
      {{Form::single, {}, {{"a", "2"}}, {}, {}}, false},
      {{Form::single, {}, {{"A", "1"}}, {}, {}}, false},
      {{Form::single, {}, {}, 99, {}}, true},
      {{Form::single, {}, {}, 100, {}}, false},
      {{Form::single, {}, {}, {}, 101}, true},
      {{Form::single, {}, {}, {}, 100}, false},
      {{Form::all_of, "logs/", {{"a", "1"}, {"b", "2"}}, 99, 101}, true},
      {{Form::all_of, "logs/", {{"a", "1"}, {"c", "3"}}, 99, 101}, false},
      {{Form::all_of, "tax/", {{"a", "1"}, {"b", "2"}}, 99, 101}, false},
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    LifecycleRule rule = enabled("r");
    rule.expiration_days = 1;
    rule.filter = rows[i].filter;
    EXPECT_EQ(next_step({{rule}}, v).has_value(), rows[i].applies) << i;
    rule.enabled = false;
    EXPECT_FALSE(next_step({{rule}}, v)) << i;
  }
}

TEST(Lifecycle, TheEarliestRuleCountsAndTheFirstOfTwoAlike) {
  const LifecycleConfiguration config{
      {expiring("long", 9), expiring("short", 2), expiring("alike", 2), expiring("other", 1, "other/")}};
  const auto step = next_step(config, object("k", "2014-01-15T10:30:00Z"));
  ASSERT_TRUE(step);
  EXPECT_EQ(step->rule_id, "short");
}

TEST(Lifecycle, ADateAppliesToWhatIsYoungerToo) {
  LifecycleRule rule = enabled("r");
  rule.expiration_date = at("2014-01-01T00:00:00Z");
  const auto step = next_step({{rule}}, object("k", "2014-06-15T10:30:00Z"), 10'000);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->due, at("2014-01-01T00:00:00Z"));
}

TEST(Lifecycle, NoncurrentVersionsAgeFromTheirSuccessor) {
  LifecycleRule rule = enabled("r");
  rule.noncurrent_days = 3;
  LifecycleVersion v = object("k", "2014-01-01T10:30:00Z");
  EXPECT_FALSE(next_step({{rule}}, v));  // the current version is not its concern
  v.current = v.only_version = false;
  v.noncurrent_since = at("2014-01-15T10:30:00Z");
  for (const bool marker : {false, true}) {
    v.delete_marker = marker;
    const auto step = next_step({{rule}}, v);
    ASSERT_TRUE(step);
    EXPECT_EQ(step->action, LifecycleAction::remove_version);
    EXPECT_EQ(step->due, at("2014-01-19T00:00:00Z"));
  }
  EXPECT_FALSE(next_step({{expiring("e", 1)}}, v));
}

TEST(Lifecycle, NewerNoncurrentVersionsAreKept) {
  LifecycleRule rule = enabled("r");
  rule.noncurrent_days = 1;
  rule.newer_noncurrent_versions = 2;
  LifecycleVersion v = object("k", "2014-01-01T10:30:00Z");
  v.current = v.only_version = false;
  v.noncurrent_since = v.modified;
  for (const std::uint32_t newer : {0u, 1u, 2u, 3u}) {
    v.newer_noncurrent = newer;
    EXPECT_EQ(next_step({{rule}}, v).has_value(), newer >= 2) << newer;
  }
}

TEST(Lifecycle, DeleteMarkersGoOnceNothingElseIsLeft) {
  LifecycleRule marker_rule = enabled("marker");
  marker_rule.expired_delete_marker = true;
  LifecycleVersion v = object("k", "2014-01-15T10:30:00Z");
  EXPECT_FALSE(next_step({{marker_rule}}, v));  // no marker
  v.delete_marker = true;
  v.size = 0;
  v.only_version = false;
  EXPECT_FALSE(next_step({{marker_rule}}, v));
  EXPECT_FALSE(next_step({{expiring("r", 1)}}, v));  // Amazon takes no action here

  v.only_version = true;
  auto step = next_step({{marker_rule}}, v);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->action, LifecycleAction::remove_delete_marker);
  EXPECT_EQ(step->due, v.modified);
  step = next_step({{expiring("r", 3)}}, v);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->action, LifecycleAction::remove_delete_marker);
  EXPECT_EQ(step->due, at("2014-01-19T00:00:00Z"));

  marker_rule.expired_delete_marker = false;
  EXPECT_FALSE(next_step({{marker_rule}}, v));
  LifecycleRule tagged = expiring("r", 3);
  tagged.filter.tags = {{"a", "1"}};
  EXPECT_FALSE(next_step({{tagged}}, v));
}

TEST(Lifecycle, UploadsAreAbortedByPrefix) {
  LifecycleRule slow = enabled("slow"), quick = enabled("quick");
  slow.abort_upload_days = 7;
  quick.abort_upload_days = 1;
  quick.filter.prefix = "tmp/";
  const LifecycleConfiguration config{{slow, quick, expiring("e", 1)}};
  const UnixMillis initiated = at("2014-01-15T10:30:00Z");
  auto step = next_upload_step(config, "tmp/a", initiated);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->action, LifecycleAction::abort_upload);
  EXPECT_EQ(step->rule_id, "quick");
  EXPECT_EQ(step->due, at("2014-01-17T00:00:00Z"));
  step = next_upload_step(config, "a", initiated, 1'000);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->rule_id, "slow");
  EXPECT_EQ(step->due, initiated + 7'000);
  EXPECT_FALSE(next_upload_step({{expiring("e", 1)}}, "a", initiated));
  EXPECT_FALSE(next_step({{slow}}, object("a", "2014-01-15T10:30:00Z")));
}

TEST(LifecycleHeader, NamesDateAndRule) {
  const LifecycleConfiguration config{{expiring("picture deletion \"rule\"", 3)}};
  LifecycleVersion v = object("k", "2012-12-19T10:30:00Z");
  EXPECT_EQ(expiration_header(config, v),
            "expiry-date=\"Sun, 23 Dec 2012 00:00:00 GMT\", rule-id=\"picture%20deletion%20%22rule%22\"");
  EXPECT_EQ(expiration_header(config, v, 1'000),
            "expiry-date=\"Wed, 19 Dec 2012 10:30:03 GMT\", rule-id=\"picture%20deletion%20%22rule%22\"");
  EXPECT_EQ(expiration_header({{expiring("r", 3, "p/")}}, v), std::nullopt);
  v.delete_marker = true;
  EXPECT_EQ(expiration_header(config, v), std::nullopt);
  v.delete_marker = v.current = false;
  EXPECT_EQ(expiration_header(config, v), std::nullopt);
  LifecycleRule noncurrent = enabled("n");
  noncurrent.noncurrent_days = 1;
  EXPECT_EQ(expiration_header({{noncurrent}}, v), std::nullopt);
}

}  // namespace
}  // namespace cairn::s3wire
