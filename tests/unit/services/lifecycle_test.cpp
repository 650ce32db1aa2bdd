#include "cairn/services/lifecycle.hpp"

#include <gtest/gtest.h>

#include "services/key_walk.hpp"
#include "unit/store/store_fixture.hpp"

namespace cairn::services {
namespace {

using store::BucketInfo;
using store::ObjectLayer;
using store::Versioning;

constexpr UnixMillis kDay = 86'400'000;

std::string rule(const std::string& inside) {
  return "<LifecycleConfiguration><Rule><ID>r</ID><Status>Enabled</Status>" + inside +
         "</Rule></LifecycleConfiguration>";
}

class LifecycleTest : public testing::Test {
 protected:
  LifecycleTest() { EXPECT_TRUE(s.run(s.store->create_bucket(store::bucket_named("b")))); }

  void configure(Versioning versioning, const std::string& xml) {
    const ObjectLayer::BucketChange change = [&](BucketInfo& b) -> Status {
      b.versioning = versioning;
      b.config["lifecycle"] = xml;
      return {};
    };
    ASSERT_TRUE(s.run(s.store->update_bucket("b", change)));
  }
  LifecycleReport pass() {
    auto report = s.run(lifecycle.pass());
    EXPECT_TRUE(report) << report.error().context;
    return report.value_or(LifecycleReport{});
  }
  std::vector<std::string> versions() {
    store::ListVersionsRequest request;
    request.bucket = "b";
    std::vector<std::string> out;
    const auto listed = s.run(s.store->list_versions(request));
    EXPECT_TRUE(listed);
    for (const auto& item : listed->items)
      out.push_back(item.info.key + (item.info.delete_marker ? " marker" : ""));
    return out;
  }
  using Names = std::vector<std::string>;

  store::MemStore s{4};
  ManualClock clock{SystemClock().now_ms()};
  MetricRegistry metrics;
  Lifecycle lifecycle{*s.store, clock, metrics, {}};
};

TEST_F(LifecycleTest, ExpiresWhatIsOldEnoughAndNothingElse) {
  configure(Versioning::unset,
            rule("<Filter><Prefix>tmp/</Prefix></Filter><Expiration><Days>3</Days></Expiration>"));
  ASSERT_TRUE(s.put("b", "tmp/a", "x"));
  ASSERT_TRUE(s.put("b", "keep/a", "x"));
  clock.advance(2 * kDay);
  EXPECT_EQ(pass().expired, 0u);
  clock.advance(2 * kDay);
  const LifecycleReport report = pass();
  EXPECT_EQ(report.expired, 1u);
  EXPECT_EQ(report.looked_at, 2u);
  EXPECT_EQ(versions(), (Names{"keep/a"}));
  EXPECT_EQ(pass().expired, 0u);
}

TEST_F(LifecycleTest, OfAVersionedKeyTheNewestBecomesAMarkerAndOldVersionsGo) {
  configure(Versioning::enabled,
            rule("<Filter/><Expiration><Days>5</Days></Expiration>"
                 "<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>"
                 "<NewerNoncurrentVersions>1</NewerNoncurrentVersions></NoncurrentVersionExpiration>"));
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(s.put("b", "k", std::to_string(i)));
  clock.advance(3 * kDay);
  LifecycleReport report = pass();
  EXPECT_EQ(report.versions_removed, 2u);  // of three noncurrent ones the newest is kept
  EXPECT_EQ(report.expired, 0u);
  clock.advance(5 * kDay);
  report = pass();
  EXPECT_EQ(report.expired, 1u);
  EXPECT_EQ(versions(), (Names{"k marker", "k", "k"}));
}

TEST_F(LifecycleTest, AMarkerThatIsTheLastOfItsKeyGoes) {
  configure(
      Versioning::enabled,
      rule("<Filter/><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"));
  ASSERT_TRUE(s.run(s.store->remove({"b", "alone", {}}, {})));
  ASSERT_TRUE(s.put("b", "covered", "x"));
  ASSERT_TRUE(s.run(s.store->remove({"b", "covered", {}}, {})));
  clock.advance(kDay);
  EXPECT_EQ(pass().markers_removed, 1u);
  EXPECT_EQ(versions(), (Names{"covered marker", "covered"}));
}

TEST_F(LifecycleTest, StaleUploadsAreAborted) {
  configure(Versioning::unset, rule("<Filter/><AbortIncompleteMultipartUpload><DaysAfterInitiation>2"
                                    "</DaysAfterInitiation></AbortIncompleteMultipartUpload>"));
  store::CreateUploadRequest create;
  create.bucket = "b";
  create.key = "k";
  ASSERT_TRUE(s.run(s.store->create_upload(create)));
  EXPECT_EQ(pass().uploads_aborted, 0u);
  clock.advance(4 * kDay);
  EXPECT_EQ(pass().uploads_aborted, 1u);
  store::ListUploadsRequest list;
  list.bucket = "b";
  EXPECT_TRUE(s.run(s.store->list_uploads(list))->items.empty());
}

TEST_F(LifecycleTest, WhatIsLockedStaysAndIsCountedAsDue) {
  configure(Versioning::enabled,
            rule("<Filter/><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>"
                 "</NoncurrentVersionExpiration>"));
  const ObjectLayer::BucketChange lock = [](BucketInfo& b) -> Status {
    b.object_lock = true;
    b.default_retention = store::DefaultRetention{store::LockMode::governance, 30, 0};
    return {};
  };
  ASSERT_TRUE(s.run(s.store->update_bucket("b", lock)));
  ASSERT_TRUE(s.put("b", "k", "1"));
  ASSERT_TRUE(s.put("b", "k", "2"));
  clock.advance(5 * kDay);
  const LifecycleReport report = pass();
  EXPECT_EQ(report.kept_locked, 1u);
  EXPECT_EQ(report.versions_removed, 0u);
  EXPECT_EQ(versions(), (Names{"k", "k"}));
  EXPECT_NE(metrics.render().find("cairn_lifecycle_due 1"), std::string::npos);
}

TEST_F(LifecycleTest, AnInterruptedPassGoesOnWhereItStopped) {
  configure(Versioning::unset, rule("<Filter/><Expiration><Days>1</Days></Expiration>"));
  for (const char* key : {"a", "b", "c"}) ASSERT_TRUE(s.put("b", key, "x"));
  clock.advance(3 * kDay);
  const auto bucket = s.run(s.store->head_bucket("b"));
  ASSERT_TRUE(bucket);
  const store::SystemDocuments::Change stopped_at_a =
      [&](const store::SystemDocuments::Value&) -> Result<store::SystemDocuments::Value> {
    return std::to_string((*bucket)->id) + " a";
  };
  ASSERT_TRUE(s.run(s.store->documents().update("lifecycle/b", stopped_at_a)));
  EXPECT_EQ(pass().expired, 2u);
  EXPECT_EQ(versions(), (Names{"a"}));
  EXPECT_EQ(*s.run(s.store->documents().load("lifecycle/b")), std::nullopt);
  EXPECT_EQ(pass().expired, 1u);
}

TEST(KeyWalk, KnowsSinceWhenAVersionIsNotTheNewest) {
  KeyWalk walk;
  const auto version = [](const char* key, UnixMillis modified, bool latest) {
    store::ObjectInfo info;
    info.key = key;
    info.modified = modified;
    info.latest = latest;
    return info;
  };
  EXPECT_TRUE(walk.add(version("a", 30, true)).empty());
  EXPECT_TRUE(walk.add(version("a", 20, false)).empty());
  EXPECT_TRUE(walk.add(version("a", 10, false)).empty());
  const auto a = walk.add(version("b", 5, true));
  ASSERT_EQ(a.size(), 3u);
  EXPECT_EQ(a[1].noncurrent_since, 30);
  EXPECT_EQ(a[1].newer_noncurrent, 0u);
  EXPECT_EQ(a[2].noncurrent_since, 20);
  EXPECT_EQ(a[2].newer_noncurrent, 1u);
  EXPECT_EQ(walk.finish().size(), 1u);
}

}  // namespace
}  // namespace cairn::services
