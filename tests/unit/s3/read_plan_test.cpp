#include "s3/read_plan.hpp"

#include <gtest/gtest.h>

namespace cairn::s3 {
namespace {

store::ObjectInfo object(std::uint64_t size = 100) {
  store::ObjectInfo info;
  info.size = size;
  info.etag = "abc";
  info.modified = 1'795'000'000'500;
  info.checksums = {{crypto::ChecksumAlgorithm::crc32, false, "AAAAAA=="}};
  return info;
}

ReadRequest ranged(const char* header) {
  ReadRequest r;
  r.range = s3wire::parse_range(header);
  r.checksums = true;
  return r;
}

TEST(ReadPlan, TheWholeObjectComesWithItsChecksumWhereAskedFor) {
  ReadRequest r;
  r.checksums = true;
  const auto plan = plan_read(r, object(), {});
  ASSERT_TRUE(plan);
  EXPECT_FALSE(plan->partial);
  EXPECT_EQ(plan->length, 100u);
  EXPECT_EQ(plan->checksums.size(), 1u);
  r.checksums = false;
  EXPECT_TRUE(plan_read(r, object(), {})->checksums.empty());
}

TEST(ReadPlan, ARangeIsPartialAndHasNoChecksumOfTheWhole) {
  const auto plan = plan_read(ranged("bytes=10-19"), object(), {});
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->partial);
  EXPECT_EQ(plan->offset, 10u);
  EXPECT_EQ(plan->length, 10u);
  EXPECT_EQ(plan->content_range, "bytes 10-19/100");
  EXPECT_TRUE(plan->checksums.empty());
}

TEST(ReadPlan, ARangeOutsideOfTheObjectIsRefused) {
  EXPECT_EQ(plan_read(ranged("bytes=100-"), object(), {}).error().code, Code::invalid_range);
  EXPECT_EQ(plan_read(ranged("bytes=0-"), object(0), {}).error().code, Code::invalid_range);
}

TEST(ReadPlan, IfRangeDropsTheRangeOfAnotherObject) {
  ReadRequest r = ranged("bytes=10-19");
  r.if_range = "\"abc\"";
  EXPECT_TRUE(plan_read(r, object(), {})->partial);
  for (const char* other : {"\"abd\"", "W/\"abc\"", "abc", "Thu, 01 Jan 2026 00:00:00 GMT"}) {
    r.if_range = other;
    EXPECT_FALSE(plan_read(r, object(), {})->partial) << other;
  }
  r.if_range = http_date(object().modified);
  EXPECT_TRUE(plan_read(r, object(), {})->partial);
}

TEST(ReadPlan, AConditionGoesBeforeARange) {
  ReadRequest r = ranged("bytes=500-");
  r.conditions.if_none_match = "\"abc\"";
  const auto plan = plan_read(r, object(), {});
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->not_modified);
  r.conditions = {};
  r.conditions.if_match = "\"other\"";
  EXPECT_EQ(plan_read(r, object(), {}).error().code, Code::precondition_failed);
}

TEST(ReadPlan, PartsAreFoundByNumberWhereNumbersHaveGaps) {
  std::vector<store::PartInfo> parts(2);
  parts[0] = {1, 60, "x", 0, {{crypto::ChecksumAlgorithm::crc32, false, "BBBBBB=="}}};
  parts[1] = {7, 40, "y", 0, {}};
  ReadRequest r;
  r.part = 7;
  auto plan = plan_read(r, object(), parts);
  ASSERT_TRUE(plan);
  EXPECT_TRUE(plan->partial);
  EXPECT_EQ(plan->offset, 60u);
  EXPECT_EQ(plan->length, 40u);
  EXPECT_EQ(plan->parts_count, 2u);
  EXPECT_EQ(plan->content_range, "bytes 60-99/100");
  r.part = 2;
  EXPECT_EQ(plan_read(r, object(), parts).error().code, Code::invalid_part);
  r.part = 1;
  r.checksums = true;
  EXPECT_EQ(plan_read(r, object(), parts)->checksums.at(0).value, "BBBBBB==");
}

TEST(ReadPlan, AnObjectOfOnePutIsItsFirstPartAndHasNoOther) {
  ReadRequest r;
  r.part = 1;
  r.checksums = true;
  const auto plan = plan_read(r, object(), {});
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->content_range, "bytes 0-99/100");
  EXPECT_EQ(plan->parts_count, 0u);
  EXPECT_EQ(plan->checksums.size(), 1u);
  r.part = 2;
  EXPECT_EQ(plan_read(r, object(), {}).error().code, Code::invalid_part);
}

}  // namespace
}  // namespace cairn::s3
