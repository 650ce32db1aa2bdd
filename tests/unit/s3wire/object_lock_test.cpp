#include "cairn/s3wire/object_lock.hpp"

#include <gtest/gtest.h>

#include "cairn/s3wire/headers.hpp"

#include "requests.hpp"
#include "xml_document.hpp"

namespace cairn::s3wire {
namespace {

using test::document;

UnixMillis at(std::string_view text) { return parse_iso8601(text).value(); }

std::string lock(std::string_view retention) {
  return document("ObjectLockConfiguration",
                  "<ObjectLockEnabled>Enabled</ObjectLockEnabled>\n<Rule>\n"
                  "<DefaultRetention>" +
                      std::string(retention) + "</DefaultRetention></Rule>");
}

TEST(ObjectLockConfiguration, ComesBack) {
  EXPECT_EQ(render_object_lock_configuration({}),
            document("ObjectLockConfiguration", "<ObjectLockEnabled>Enabled</ObjectLockEnabled>"));
  const DefaultRetention rules[] = {{LockMode::governance, 1, 0},
                                    {LockMode::compliance, kMaxRetentionDays, 0},
                                    {LockMode::governance, 0, kMaxRetentionYears}};
  for (const DefaultRetention& rule : rules) {
    const auto again = parse_object_lock_configuration(render_object_lock_configuration({rule}));
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->rule, rule);
  }
  EXPECT_EQ(render_object_lock_configuration({rules[0]}),
            document("ObjectLockConfiguration",
                     "<ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention><Mode>GOVERNANCE"
                     "</Mode><Days>1</Days></DefaultRetention></Rule>"));
  EXPECT_FALSE(parse_object_lock_configuration(render_object_lock_configuration({})).value().rule);
}

TEST(ObjectLockConfiguration, RefusesTheRest) {
  struct Row {
    std::string_view retention;
    Code code;
  };
  const Row rows[] = {
      {"<Mode>GOVERNANCE</Mode><Days>0</Days>", Code::invalid_argument},
      {"<Mode>GOVERNANCE</Mode><Days>00</Days>", Code::invalid_argument},
      {"<Mode>GOVERNANCE</Mode><Days>-1</Days>", Code::invalid_argument},
      {"<Mode>GOVERNANCE</Mode><Years>0</Years>", Code::invalid_argument},
      {"<Mode>GOVERNANCE</Mode><Days>36501</Days>", Code::invalid_argument},
      {"<Mode>GOVERNANCE</Mode><Years>101</Years>", Code::invalid_argument},
      {"<Mode>GOVERNANCE</Mode><Days>99999999999999999999999</Days>", Code::invalid_argument},
      {"<Mode>GOVERNANCE</Mode><Days>4294967297</Days>", Code::invalid_argument},
      {"<Mode>GOVERNANCE</Mode><Days>1.5</Days>", Code::malformed_xml},
      {"<Mode>GOVERNANCE</Mode><Days>+1</Days>", Code::malformed_xml},
      {"<Mode>GOVERNANCE</Mode><Days>-</Days>", Code::malformed_xml},
      {"<Mode>GOVERNANCE</Mode><Days/>", Code::malformed_xml},
      {"<Mode>GOVERNANCE</Mode><Days>1</Days><Years>1</Years>", Code::malformed_xml},
      {"<Mode>GOVERNANCE</Mode>", Code::malformed_xml},
      {"<Days>1</Days>", Code::malformed_xml},
      {"<Mode>governance</Mode><Days>1</Days>", Code::malformed_xml},
      {"<Mode>abc</Mode><Days>1</Days>", Code::malformed_xml},
      {"", Code::malformed_xml},
      {"<Mode>GOVERNANCE</Mode><Days>1</Days><DefaultEventHold><Days>1</Days></DefaultEventHold>",
       Code::not_implemented},
  };
  for (const Row& row : rows) {
    const auto parsed = parse_object_lock_configuration(lock(row.retention));
    ASSERT_FALSE(parsed.has_value()) << row.retention;
    EXPECT_EQ(parsed.error().code, row.code) << row.retention;
  }
  const std::string enabled = "<ObjectLockEnabled>Enabled</ObjectLockEnabled>";
  const std::string rule =
      "<Rule><DefaultRetention><Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule>";
  for (const std::string& inside : {std::string(), rule, std::string("<ObjectLockEnabled/>"),
                                    std::string("<ObjectLockEnabled>Disabled</ObjectLockEnabled>"),
                                    enabled + rule + rule, enabled + "<Rule/>", enabled + enabled})
    EXPECT_EQ(parse_object_lock_configuration(document("ObjectLockConfiguration", inside)).error().code,
              Code::malformed_xml)
        << inside;
}

TEST(Retention, ComesBack) {
  const Retention r{LockMode::compliance, at("2030-01-02T03:04:05.678Z")};
  EXPECT_EQ(render_retention(r),
            document("Retention",
                     "<Mode>COMPLIANCE</Mode><RetainUntilDate>2030-01-02T03:04:05.678Z</RetainUntilDate>"));
  EXPECT_EQ(parse_retention(render_retention(r)).value(), r);
  EXPECT_EQ(parse_retention(document("Retention", "\n")).value(), std::nullopt);
}

TEST(Retention, RefusesTheRest) {
  struct Row {
    std::string_view inside;
    Code code;
  };
  const Row rows[] = {
      {"<Mode>GOVERNANCE</Mode>", Code::malformed_xml},
      {"<RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate>", Code::malformed_xml},
      {"<Mode>invalid</Mode><RetainUntilDate>2030-01-01T00:00:00Z</RetainUntilDate>", Code::malformed_xml},
      {"<Mode>GOVERNANCE</Mode><RetainUntilDate>2030-13-01T00:00:00Z</RetainUntilDate>", Code::malformed_xml},
      {"<Mode>GOVERNANCE</Mode><RetainUntilDate>tomorrow</RetainUntilDate>", Code::malformed_xml},
      {"<EventHold>ON</EventHold>", Code::not_implemented},
      {"<EventHoldDuration><Days>1</Days></EventHoldDuration>", Code::not_implemented},
  };
  for (const Row& row : rows)
    EXPECT_EQ(parse_retention(document("Retention", row.inside)).error().code, row.code) << row.inside;
  EXPECT_TRUE(check_retain_until(1001, 1000).has_value());
  EXPECT_EQ(check_retain_until(1000, 1000).error().code, Code::invalid_argument);
}

TEST(LegalHold, ComesBack) {
  EXPECT_EQ(render_legal_hold(true), document("LegalHold", "<Status>ON</Status>"));
  for (const bool on : {true, false}) EXPECT_EQ(parse_legal_hold(render_legal_hold(on)).value(), on);
  for (const std::string_view inside : {"", "<Status/>", "<Status>abc</Status>", "<Status>on</Status>"})
    EXPECT_EQ(parse_legal_hold(document("LegalHold", inside)).error().code, Code::malformed_xml) << inside;
}

TEST(LockHeaders, ModeAndDateGoTogether) {
  test::Request r;
  const auto parse = [&] { return parse_lock_headers(r.view(), Query::parse(r.query).value()); };
  EXPECT_FALSE(parse().value().retention || parse().value().legal_hold);
  r.set("x-amz-object-lock-mode", "GOVERNANCE");
  EXPECT_EQ(parse().error().code, Code::invalid_argument);
  r.set("x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z");
  r.set("X-Amz-Object-Lock-Legal-Hold", "OFF");
  EXPECT_EQ(parse().value().retention, (Retention{LockMode::governance, at("2030-01-01T00:00:00Z")}));
  EXPECT_EQ(parse().value().legal_hold, false);
  r.set("x-amz-object-lock-mode", "abc");
  EXPECT_EQ(parse().error().context, "Unknown wormMode directive.");
  r.set("x-amz-object-lock-mode", "COMPLIANCE");
  r.set("x-amz-object-lock-retain-until-date", "06/06/2025");
  EXPECT_EQ(parse().error().code, Code::invalid_argument);
  r.headers = {{"x-amz-object-lock-retain-until-date", "2030-01-01T00:00:00Z"}};
  EXPECT_EQ(parse().error().code, Code::invalid_argument);
  r.headers = {{"x-amz-object-lock-legal-hold", "on"}};
  EXPECT_EQ(parse().error().code, Code::invalid_argument);
  r.headers.clear();
  r.query = "x-amz-object-lock-legal-hold=ON";
  EXPECT_EQ(parse().value().legal_hold, true);
}

}  // namespace
}  // namespace cairn::s3wire
