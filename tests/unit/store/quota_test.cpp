#include <gtest/gtest.h>

#include "store/quota_ledger.hpp"

namespace cairn::store {
namespace {

using Verdict = QuotaLedger::Verdict;
constexpr UsageInfo kTen{1, 10};
const BucketQuota kHundred{100, std::nullopt};

TEST(Quota, ReadsWhatItWrites) {
  for (const BucketQuota& q : {BucketQuota{}, BucketQuota{1u << 30, std::nullopt}, BucketQuota{0, 7}})
    EXPECT_EQ(parse_quota(render_quota(q)), q);
  for (const char* text :
       {"", "[]", "{", R"({"max_bytes":-1})", R"({"max_objects":"7"})", R"({"max_bytes":1.5})"})
    EXPECT_FALSE(parse_quota(text)) << text;
}

TEST(Quota, ALimitIsTheLastThatIsAllowed) {
  EXPECT_TRUE(kHundred.allows(100, 1'000'000));
  EXPECT_FALSE(kHundred.allows(101, 0));
  const BucketQuota objects{std::nullopt, 2};
  EXPECT_TRUE(objects.allows(1ull << 60, 2));
  EXPECT_FALSE(objects.allows(0, 3));
}

TEST(QuotaLedger, KnowsNothingBeforeTheCountersWereRead) {
  QuotaLedger ledger;
  EXPECT_EQ(ledger.ask(kHundred, kTen, 0), Verdict::read);
  ledger.take({9, 90}, 0);
  EXPECT_EQ(ledger.ask(kHundred, kTen, 0), Verdict::admit);
  EXPECT_EQ(ledger.ask(kHundred, {1, 11}, 0), Verdict::refuse);
}

TEST(QuotaLedger, WritesUnderWayCountFromTheirBeginningAndNotAfterTheyFailed) {
  QuotaLedger ledger;
  ledger.take({8, 80}, 0);
  ledger.begin(kTen);
  ledger.begin(kTen);
  EXPECT_EQ(ledger.ask(kHundred, {1, 1}, 0), Verdict::wait) << "they may fail";
  EXPECT_EQ(ledger.ask(kHundred, {1, 21}, 0), Verdict::refuse);
  ledger.end(kTen);
  EXPECT_EQ(ledger.ask(kHundred, kTen, 0), Verdict::admit);
}

TEST(QuotaLedger, IsIdleOnceTheCountersHaveEverything) {
  QuotaLedger ledger;
  EXPECT_TRUE(ledger.idle(0));
  ledger.begin(kTen);
  EXPECT_FALSE(ledger.idle(100'000));
  ledger.finish(kTen, 100'000);
  EXPECT_FALSE(ledger.idle(100'000 + QuotaLedger::kLearned - 1));
  EXPECT_TRUE(ledger.idle(101'000 + QuotaLedger::kLearned));
}

TEST(QuotaLedger, WhatTheCountersMayNotHaveYetDelaysButDoesNotRefuse) {
  QuotaLedger ledger;
  ledger.take({8, 80}, 0);
  ledger.begin(kTen);
  ledger.finish(kTen, 10);
  EXPECT_EQ(ledger.ask(kHundred, kTen, 20), Verdict::admit);
  EXPECT_EQ(ledger.ask(kHundred, {1, 11}, 20), Verdict::wait) << "80 are counted, 90 are written";
  EXPECT_EQ(ledger.ask(kHundred, {1, 21}, 20), Verdict::refuse) << "whatever the counters have";
  // The counters have it now, but cannot be told from counters that have not.
  ledger.take({9, 90}, 100);
  EXPECT_EQ(ledger.ask(kHundred, kTen, 110), Verdict::wait);
  // By now they have it for sure.
  const std::int64_t later = 200 + QuotaLedger::kLearned;
  EXPECT_EQ(ledger.ask(kHundred, kTen, later), Verdict::read);
  ledger.take({9, 90}, later);
  EXPECT_EQ(ledger.ask(kHundred, kTen, later), Verdict::admit);
  EXPECT_EQ(ledger.ask(kHundred, {1, 11}, later), Verdict::refuse);
}

TEST(QuotaLedger, AWriteNeverGoesUncountedBetweenTwoReadings) {
  QuotaLedger ledger;
  ledger.take({0, 0}, 0);
  std::uint64_t admitted = 0;
  // The counters lag as far as they may.
  for (std::int64_t now = 0; now < 20'000; now += 50) {
    if (ledger.stale(now)) ledger.take({}, now);
    if (ledger.ask(kHundred, kTen, now) != Verdict::admit) continue;
    ledger.begin(kTen);
    ledger.finish(kTen, now);
    admitted += 10;
    if (now < QuotaLedger::kLearned) {
      EXPECT_LE(admitted, 100u) << now;
    }
  }
  EXPECT_GE(admitted, 100u);
}

TEST(QuotaLedger, BeforeItRefusesItLooksAgain) {
  QuotaLedger ledger;
  ledger.take({10, 100}, 0);
  EXPECT_EQ(ledger.ask(kHundred, kTen, QuotaLedger::kRecheck), Verdict::read);
  ledger.take({9, 90}, QuotaLedger::kRecheck);
  EXPECT_EQ(ledger.ask(kHundred, kTen, QuotaLedger::kRecheck), Verdict::admit);
  EXPECT_FALSE(ledger.stale(QuotaLedger::kRecheck));
  EXPECT_TRUE(ledger.stale(QuotaLedger::kRecheck + QuotaLedger::kRefresh));
}

TEST(QuotaLedger, OldCountersAreReadAgainBeforeAnythingIsAdmitted) {
  QuotaLedger ledger;
  ledger.take({0, 0}, 0);
  EXPECT_EQ(ledger.ask(kHundred, kTen, QuotaLedger::kTrusted - 1), Verdict::admit);
  EXPECT_EQ(ledger.ask(kHundred, kTen, QuotaLedger::kTrusted), Verdict::read);
}

TEST(QuotaLedger, AnOlderAnswerOfTheCountersIsForgotten) {
  QuotaLedger ledger;
  ledger.take({9, 90}, 100);
  ledger.take({0, 0}, 50);
  EXPECT_EQ(ledger.ask(kHundred, {1, 11}, 110), Verdict::refuse);
}

}  // namespace
}  // namespace cairn::store
