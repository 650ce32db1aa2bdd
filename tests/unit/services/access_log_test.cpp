#include "cairn/services/access_log.hpp"

#include <gtest/gtest.h>

#include "unit/store/store_fixture.hpp"

namespace cairn::services {
namespace {

constexpr const char* kLogging =
    "<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix>a/</TargetPrefix>"
    "</LoggingEnabled></BucketLoggingStatus>";

class AccessLogTest : public testing::Test {
 protected:
  AccessLogTest() {
    EXPECT_TRUE(s.run(s.store->create_bucket(store::bucket_named("logs"))));
    auto source = store::bucket_named("b");
    source.config["logging"] = kLogging;
    EXPECT_TRUE(s.run(s.store->create_bucket(source)));
  }
  void record(const std::string& key) {
    AccessRecord r;
    r.time = 1'764'115'200'000;  // 2025-11-26 00:00
    r.operation = "REST.GET.OBJECT";
    r.key = key;
    r.status = 200;
    const auto bucket = s.run(s.store->head_bucket("b"));
    ASSERT_TRUE(bucket);
    log.record(**bucket, r);
  }
  // The text of all delivered logs.
  std::string delivered() {
    const auto keys = s.keys({"logs", "a/", "", "", 100});
    EXPECT_TRUE(keys);
    std::string out;
    for (const std::string& key : *keys) out += s.get("logs", key).value_or("");
    return out;
  }

  store::MemStore s{1};
  ManualClock clock{1'764'115'260'000};
  MetricRegistry metrics;
  AccessLog log{*s.store, clock, metrics, {}};
};

TEST_F(AccessLogTest, ArrivesInItsTargetBucket) {
  record("one");
  record("two");
  EXPECT_EQ(delivered(), "");
  ASSERT_TRUE(s.run(log.deliver()));
  const auto keys = s.keys({"logs", "", "", "", 100});
  ASSERT_TRUE(keys);
  ASSERT_EQ(keys->size(), 1u);
  EXPECT_TRUE(keys->front().starts_with("a/2025-11-26-00-01-00-")) << keys->front();
  const std::string text = delivered();
  EXPECT_NE(text.find("me b [26/Nov/2025:00:00:00 +0000] - - - REST.GET.OBJECT one \"-\" 200 - - - 0 - "),
            std::string::npos)
      << text;
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  ASSERT_TRUE(s.run(log.deliver()));
  EXPECT_EQ(delivered(), text) << "nothing comes twice";
}

TEST_F(AccessLogTest, WaitsWhileTheStoreIsAwayAndIsDroppedWithoutItsTarget) {
  record("one");
  s.drives[0]->set_offline(true);
  ASSERT_TRUE(s.run(log.deliver()));
  s.drives[0]->set_offline(false);
  record("two");
  ASSERT_TRUE(s.run(log.deliver()));
  const std::string text = delivered();
  EXPECT_LT(text.find(" one "), text.find(" two "));
  const auto keys = s.keys({"logs", "", "", "", 100});
  for (const std::string& key : *keys) ASSERT_TRUE(s.run(s.store->remove({"logs", key, {}}, {})));
  ASSERT_TRUE(s.run(s.store->delete_bucket("logs")));
  record("three");
  ASSERT_TRUE(s.run(log.deliver()));
  EXPECT_NE(metrics.render().find("cairn_access_log_dropped_total 1"), std::string::npos);
}

TEST(AccessRecordLine, CannotBeForgedByWhatAClientSends) {
  const auto bucket = store::bucket_named("b");
  AccessRecord r;
  r.key = "a b\nx";
  r.user_agent = "x\" 200 \"\n";
  const std::string line = render_access_record(bucket, r);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_NE(line.find(" a%20b%0Ax "), std::string::npos);
  EXPECT_NE(line.find("\"x%22 200 %22%0A\""), std::string::npos);
}

}  // namespace
}  // namespace cairn::services
