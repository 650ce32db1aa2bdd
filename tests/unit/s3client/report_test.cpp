#include "s3client/bench/report.hpp"

#include <regex>

#include <gtest/gtest.h>

#include "s3client/bench/compare.hpp"
#include "s3client/bench/page.hpp"
#include "s3client/bench/stats.hpp"

namespace cairn::s3client::bench {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1000 * kMs;

Report sample_report(double speed) {
  Stats stats;
  const Window window{.start = 10 * kSecond, .end = 13 * kSecond};
  const auto step = static_cast<std::int64_t>(10 * kMs / speed);
  for (std::int64_t at = window.start; at + step <= window.end; at += step)
    stats.record({.kind = OpKind::get,
                  .start = at,
                  .first_byte = at + step / 2,
                  .end = at + step,
                  .bytes = 4096,
                  .items = 1},
                 window);
  stats.record({.kind = OpKind::put,
                .start = window.start,
                .end = window.start + kSecond,
                .bytes = 1 << 20,
                .items = 1},
               window);
  stats.record_error(OpKind::put, "SlowDown", window.start + kSecond, window);
  stats.record_slow_down(OpKind::put, window.start + kSecond, window);
  Report r;
  r.label = "run <b>\"one\"</b> & more";
  r.tool = "cairn bench";
  r.started = "2026-11-23T12:00:00.000Z";
  r.settings = {{"mode", "mixed"},
                {"endpoint", "http://127.0.0.1:9000"},
                {"note", "</script><script>alert(1)</script>"}};
  r.elapsed_s = 3;
  r.client = {.cpu_s = 0.5, .cpu_us_per_op = 12.5};
  r.operations = stats.summarize(3);
  return r;
}

TEST(Stats, RatesComeFromTheWindowAndLatenciesFromWhatBeganInIt) {
  Stats stats;
  const Window window{.start = 10 * kSecond, .end = 12 * kSecond};
  // Half of it lies before the window, so half of it counts for the rate and none of it for the latency.
  stats.record({.kind = OpKind::get, .start = 9 * kSecond, .end = 11 * kSecond, .bytes = 100, .items = 1},
               window);
  stats.record({.kind = OpKind::get, .start = 11 * kSecond, .end = 15 * kSecond, .bytes = 400, .items = 1},
               window);
  stats.record({.kind = OpKind::get, .start = 12 * kSecond, .end = 13 * kSecond, .bytes = 1, .items = 1},
               window);
  const auto ops = stats.summarize(2);
  ASSERT_EQ(ops.size(), 1u);
  EXPECT_EQ(ops[0].requests, 1u);
  EXPECT_DOUBLE_EQ(ops[0].latency.max, 4000);
  EXPECT_NEAR(ops[0].ops_per_s, (0.5 + 0.25) / 2, 1e-9);
  EXPECT_NEAR(ops[0].mib_per_s * 1024 * 1024, (50.0 + 100.0) / 2, 1e-6);
  ASSERT_EQ(ops[0].series.size(), 2u);
  EXPECT_NEAR(ops[0].series[0].operations, 0.5, 1e-9);
  EXPECT_NEAR(ops[0].series[1].operations, 0.25, 1e-9);
}

TEST(Stats, ALongOperationIsSpreadOverItsSeconds) {
  Stats stats;
  const Window window{.start = 0, .end = 10 * kSecond};
  stats.record({.kind = OpKind::put, .start = kSecond / 2, .end = kSecond * 9 / 2, .bytes = 4000, .items = 1},
               window);
  const auto op = stats.summarize(10).at(0);
  ASSERT_GE(op.series.size(), 5u);
  EXPECT_NEAR(op.series[0].bytes, 500, 1e-6);
  EXPECT_NEAR(op.series[1].bytes, 1000, 1e-6);
  EXPECT_NEAR(op.series[4].bytes, 500, 1e-6);
}

TEST(Stats, ErrorsAreCountedByCodeAndMerged) {
  Stats a, b;
  const Window window{.start = 0, .end = kSecond};
  a.record_error(OpKind::get, "NoSuchKey", 5, window);
  b.record_error(OpKind::get, "NoSuchKey", 6, window);
  b.record_error(OpKind::get, "InternalError", 7, window);
  b.record_error(OpKind::get, "InternalError", 2 * kSecond, window);  // after the end
  a.merge(b);
  const auto op = a.summarize(1).at(0);
  EXPECT_EQ(op.errors, 3u);
  EXPECT_EQ(op.errors_by_code.at("NoSuchKey"), 2u);
  EXPECT_EQ(op.errors_by_code.at("InternalError"), 1u);
}

TEST(Report, JsonGivesBackTheSameReport) {
  const Report report = sample_report(1);
  const auto back = parse_report(to_json(report));
  ASSERT_TRUE(back) << back.error().context;
  EXPECT_EQ(*back, report);
}

TEST(Report, WhatIsNoReportIsAnErrorAndNeverACrash) {
  const std::string good = to_json(sample_report(1));
  for (const char* text :
       {"", "[]", "{}", "{\"format\":\"cairn-bench\"}", "{\"format\":\"other\",\"version\":1}", "nonsense"})
    EXPECT_FALSE(parse_report(text)) << text;
  for (std::size_t cut = 0; cut < good.size() - 2; cut += 97)
    EXPECT_FALSE(parse_report(good.substr(0, cut))) << cut;
  std::string newer = good;
  newer.replace(newer.find("\"version\": 1"), 12, "\"version\": 9");
  EXPECT_EQ(parse_report(newer).error().code, Code::unsupported);
}

TEST(Report, UnknownFieldsAreIgnored) {
  std::string json = to_json(sample_report(1));
  json.insert(1, "\"something new\": [1, 2],");
  EXPECT_TRUE(parse_report(json));
}

TEST(Report, TheTableHasEveryOperationAndError) {
  const std::string text = to_text(sample_report(1));
  for (const char* part : {"put: ", "get: ", "SlowDown", "first byte", "p99.9", "total: "})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST(Compare, RatiosAndVerdictsFollowTheDirectionThatIsGood) {
  const Report slow = sample_report(1), fast = sample_report(2);
  const Comparison c = compare(slow, fast);
  const auto get =
      std::find_if(c.operations.begin(), c.operations.end(), [](const auto& o) { return o.op == "get"; });
  ASSERT_NE(get, c.operations.end());
  const auto figure = [&](std::string_view name) {
    return *std::find_if(get->figures.begin(), get->figures.end(),
                         [&](const auto& f) { return f.name == name; });
  };
  EXPECT_NEAR(figure("op/s").ratio, 2, 0.01);
  EXPECT_EQ(figure("op/s").verdict, Verdict::better);
  EXPECT_NEAR(figure("p50 ms").ratio, 0.5, 0.01);
  EXPECT_EQ(figure("p50 ms").verdict, Verdict::better);
  const Comparison back = compare(fast, slow);
  EXPECT_EQ(back.operations.back().figures.front().verdict, Verdict::worse);
}

TEST(Compare, EqualRunsAreTheSame) {
  const Report r = sample_report(1);
  for (const ComparedOp& op : compare(r, r).operations)
    for (const ComparedFigure& f : op.figures) {
      EXPECT_EQ(f.verdict, Verdict::same) << f.name;
      EXPECT_DOUBLE_EQ(f.ratio, 1) << f.name;
    }
  EXPECT_TRUE(compare(r, r).settings.empty());
}

TEST(Compare, DifferencesWithinTheNoiseCountAsTheSame) {
  Report a = sample_report(1), b = a;
  b.operations[0].ops_per_s = a.operations[0].ops_per_s * 1.04;
  EXPECT_EQ(compare(a, b, 0.05).operations[0].figures[0].verdict, Verdict::same);
  EXPECT_EQ(compare(a, b, 0.03).operations[0].figures[0].verdict, Verdict::better);
}

TEST(Compare, SaysWhichSettingsAndOperationsDiffer) {
  Report a = sample_report(1), b = sample_report(1);
  b.settings[1].second = "http://127.0.0.1:9100";
  b.operations.erase(b.operations.begin());
  const Comparison c = compare(a, b);
  ASSERT_EQ(c.settings.size(), 1u);
  EXPECT_EQ(c.settings[0].name, "endpoint");
  ASSERT_EQ(c.only_in_a.size(), 1u);
  EXPECT_EQ(c.only_in_a[0], "put");
}

// Anything that makes a browser fetch: attributes with addresses, styles and scripts that name one.
void expect_self_contained(const std::string& html) {
  EXPECT_FALSE(std::regex_search(
      html,
      std::regex(
          R"((\s(src|href|srcset|action|data|poster|xlink:href)\s*=|url\(|@import|<link|<iframe|<object|fetch\(|XMLHttpRequest|import\())")));
}

TEST(Page, FetchesNothingFromAnywhere) {
  const Report r = sample_report(1);
  expect_self_contained(to_html(r));
  expect_self_contained(to_html(compare(r, r), r, r));
}

TEST(Page, TextFromReportsIsEscaped) {
  const Report r = sample_report(1);
  for (const std::string& html : {to_html(r), to_html(compare(r, sample_report(2)), r, sample_report(2))}) {
    EXPECT_EQ(html.find("<b>\"one\""), std::string::npos);
    EXPECT_EQ(html.find("alert(1)</script>"), std::string::npos);
    EXPECT_NE(html.find("&lt;b&gt;&quot;one&quot;"), std::string::npos);
  }
}

TEST(Page, DrawsThroughputAndLatency) {
  const std::string html = to_html(sample_report(1));
  for (const char* part : {"Operations over time", "Data over time", "Latency by percentile",
                           "Time to first byte", "<polyline", "prefers-color-scheme:dark"})
    EXPECT_NE(html.find(part), std::string::npos) << part;
}

TEST(Page, ARunWithoutAnyOperationIsStillAPage) {
  Report r = sample_report(1);
  r.operations.clear();
  EXPECT_NE(to_html(r).find("</html>"), std::string::npos);
}

}  // namespace
}  // namespace cairn::s3client::bench
