#include <set>

#include <gtest/gtest.h>

#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/lifecycle.hpp"

namespace cairn::s3wire {
namespace {

std::string document(std::string_view rules) {
  return "<LifecycleConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + std::string(rules) +
         "</LifecycleConfiguration>";
}

std::string rule(std::string_view inner, std::string_view id = "r") {
  return "<Rule><ID>" + std::string(id) + "</ID>" + std::string(inner) + "</Rule>";
}

constexpr std::string_view kOn = "<Filter></Filter><Status>Enabled</Status>";
constexpr std::string_view kDays = "<Expiration><Days>7</Days></Expiration>";

std::string with(std::string_view action) { return document(rule(std::string(kOn) + std::string(action))); }
std::string filtered(std::string_view filter, std::string_view action = kDays) {
  return document(
      rule("<Filter>" + std::string(filter) + "</Filter><Status>Enabled</Status>" + std::string(action)));
}

TEST(LifecycleDocument, EveryFormComesBackAsItWasGiven) {
  const std::string rules[] = {
      rule(std::string(kOn) + std::string(kDays)),
      rule("<Prefix>logs/</Prefix><Status>Disabled</Status>" + std::string(kDays)),
      rule("<Prefix></Prefix><Status>Enabled</Status>" + std::string(kDays)),
      rule("<Filter><Prefix></Prefix></Filter><Status>Enabled</Status>" + std::string(kDays)),
      rule("<Filter><Tag><Key>k</Key><Value></Value></Tag></Filter><Status>Enabled</Status>" +
           std::string(kDays)),
      rule("<Filter><ObjectSizeGreaterThan>0</ObjectSizeGreaterThan></Filter><Status>Enabled</Status>" +
           std::string(kDays)),
      rule("<Filter><ObjectSizeLessThan>10</ObjectSizeLessThan></Filter><Status>Enabled</Status>" +
           std::string(kDays)),
      rule("<Filter><And><Prefix>p&amp;q</Prefix><Tag><Key>a</Key><Value>1</Value></Tag><Tag><Key>b</"
           "Key><Value>2</Value></Tag><ObjectSizeGreaterThan>5</ObjectSizeGreaterThan><ObjectSizeLessThan>9</"
           "ObjectSizeLessThan></And></Filter><Status>Enabled</Status>" +
           std::string(kDays)),
      rule(std::string(kOn) + "<Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>"),
      rule(std::string(kOn) +
           "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"
           "<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays><NewerNoncurrentVersions>100</"
           "NewerNoncurrentVersions></NoncurrentVersionExpiration><AbortIncompleteMultipartUpload>"
           "<DaysAfterInitiation>1</DaysAfterInitiation></AbortIncompleteMultipartUpload>"),
  };
  for (const std::string& r : rules) {
    const auto config = parse_lifecycle(document(r));
    ASSERT_TRUE(config) << r << " " << config.error().context;
    EXPECT_EQ(config->render(), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + document(r));
  }
}

TEST(LifecycleDocument, TellsWhatIsWrong) {
  struct Row {
    std::string xml;
    Code code;
    std::string_view message;  // a part of it
  };
  const std::string tag = "<Tag><Key>a</Key><Value>1</Value></Tag>";
  const std::string marker =
      "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>";
  const std::string abort =
      "<AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation></"
      "AbortIncompleteMultipartUpload>";
  const std::string good = std::string(kOn) + std::string(kDays);
  const std::string legacy = "<Prefix>a</Prefix><Status>Enabled</Status>" + std::string(kDays);
  std::string many;
  for (int i = 0; i < 1001; ++i) many += rule(good, std::to_string(i));
  constexpr Code kXml = Code::malformed_xml, kArg = Code::invalid_argument, kReq = Code::invalid_request;
  const Row rows[] = {
      {"<LifecycleConfiguration/>", kXml, ""},
      {"<Lifecycle/>", kXml, ""},
      {document("<Other/>"), kXml, ""},
      {document(rule(kDays)), kXml, ""},                                            // neither
      {document(rule("<Filter/>" + std::string(kDays))), kXml, ""},                 // no Status
      {document(rule("<Status>Enabled</Status>" + std::string(kDays))), kXml, ""},  // no Filter
      {document(rule("<Filter/><Status>enabled</Status>" + std::string(kDays))), kXml, ""},
      {document(rule(good + "<Status>Enabled</Status>")), kXml, ""},
      {document(rule(good + std::string(kDays))), kXml, ""},
      {document(rule(good + "<Other/>")), kXml, ""},
      {document(rule(kOn)), kReq, "At least one action"},
      {document(rule("<Prefix>a</Prefix>" + good)), kReq, "Lifecycle V2"},
      {document(rule(legacy) + rule(good, "2")), kReq, "Filter element can only be used in Lifecycle V2."},
      {document(rule(good) + rule(legacy, "2")), kReq, "Base level prefix cannot be used in Lifecycle V2"},
      {document(rule(good, "same") + rule(good, "same")), kArg, "Rule ID must be unique"},
      {document(rule(good, std::string(256, 'i'))), kArg, "ID length"},
      {document(many), kReq, "1000 rules"},

      {with("<Expiration/>"), kXml, ""},
      {with("<Expiration><Days>0</Days></Expiration>"), kArg,
       "'Days' for Expiration action must be a positive integer"},
      {with("<Expiration><Days>-1</Days></Expiration>"), kArg, "must be a positive integer"},
      {with("<Expiration><Days>1.5</Days></Expiration>"), kXml, ""},
      {with("<Expiration><Days>2147483648</Days></Expiration>"), kXml, ""},
      {with("<Expiration><Days>1</Days><Date>2030-01-01T00:00:00Z</Date></Expiration>"), kXml, ""},
      {with("<Expiration><Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></"
            "Expiration>"),
       kXml, ""},
      {with("<Expiration><Date>2023-01-01T02:02:00Z</Date></Expiration>"), kArg,
       "'Date' must be at midnight GMT"},
      {with("<Expiration><Date>20200101</Date></Expiration>"), kXml, ""},
      {with("<Expiration><Date>2023-02-30</Date></Expiration>"), kXml, ""},
      {with("<NoncurrentVersionExpiration/>"), kXml, ""},
      {with("<NoncurrentVersionExpiration><NoncurrentDays>0</NoncurrentDays></NoncurrentVersionExpiration>"),
       kArg, "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer"},
      {with("<NoncurrentVersionExpiration><NewerNoncurrentVersions>1</NewerNoncurrentVersions></"
            "NoncurrentVersionExpiration>"),
       kXml, ""},
      {with("<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>0</"
            "NewerNoncurrentVersions></NoncurrentVersionExpiration>"),
       kArg, "'NewerNoncurrentVersions'"},
      {with("<NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays><NewerNoncurrentVersions>101</"
            "NewerNoncurrentVersions></NoncurrentVersionExpiration>"),
       kArg, "100"},
      {with("<AbortIncompleteMultipartUpload/>"), kXml, ""},
      {with("<AbortIncompleteMultipartUpload><DaysAfterInitiation>0</DaysAfterInitiation></"
            "AbortIncompleteMultipartUpload>"),
       kArg, "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer"},

      {filtered("<Prefix/><ObjectSizeGreaterThan>500</ObjectSizeGreaterThan>"), kXml, ""},
      {filtered("<And><Prefix>test</Prefix></And><Prefix/>"), kXml, ""},
      {filtered("<And/>"), kXml, ""},
      {filtered("<And><And/></And>"), kXml, ""},
      {filtered("<And><Prefix>a</Prefix><Prefix>b</Prefix></And>"), kXml, ""},
      {filtered("<Prefix>" + std::string(1025, 'p') + "</Prefix>"), kReq, "1024"},
      {filtered("<And>" + tag + "<Tag><Key>a</Key><Value>2</Value></Tag></And>"), kReq,
       "Duplicate Tag Keys are not allowed."},
      {filtered("<Tag><Key>a</Key></Tag>"), kXml, ""},
      {filtered("<Tag><Key/><Value>1</Value></Tag>"), Code::invalid_tag, "TagKey"},
      {filtered("<Tag><Key>" + std::string(129, 'k') + "</Key><Value>1</Value></Tag>"), Code::invalid_tag,
       "TagKey"},
      {filtered("<Tag><Key>k</Key><Value>" + std::string(257, 'v') + "</Value></Tag>"), Code::invalid_tag,
       "TagValue"},
      {filtered("<ObjectSizeLessThan>0</ObjectSizeLessThan>"), kReq, "should be between 1 and"},
      {filtered("<ObjectSizeGreaterThan>-1</ObjectSizeGreaterThan>"), kXml, ""},
      {filtered("<And><ObjectSizeGreaterThan>9</ObjectSizeGreaterThan><ObjectSizeLessThan>9</"
                "ObjectSizeLessThan></And>"),
       kReq, "has to be a value greater than"},
      {filtered(tag, marker), kReq, "ExpiredObjectDeleteMarker cannot be specified with Tags."},
      {filtered("<ObjectSizeLessThan>9</ObjectSizeLessThan>", marker), kReq,
       "ExpiredObjectDeleteMarker cannot be specified with Object Size."},
      {filtered(tag, abort), kReq, "AbortIncompleteMultipartUpload cannot be specified with Tags."},
      {filtered("<And><Prefix>a</Prefix>" + tag + "</And>", abort), kReq, "cannot be specified with Tags."},
      {filtered("<ObjectSizeGreaterThan>9</ObjectSizeGreaterThan>", abort), kReq, "with Object Size."},
  };
  for (const Row& row : rows) {
    const auto config = parse_lifecycle(row.xml);
    ASSERT_FALSE(config) << row.xml.substr(0, 400);
    EXPECT_EQ(config.error().code, row.code) << row.xml.substr(0, 400);
    EXPECT_NE(config.error().context.find(row.message), std::string::npos)
        << row.xml.substr(0, 400) << config.error().context;
  }
}

TEST(LifecycleDocument, TransitionsAreReadAndRefused) {
  struct Row {
    std::string action;
    Code code;
  };
  const Row rows[] = {
      {"<Transition><Days>0</Days><StorageClass>GLACIER</StorageClass></Transition>",
       Code::invalid_storage_class},
      {"<Transition><Date>2030-01-01T00:00:00Z</Date><StorageClass>STANDARD_IA</StorageClass></Transition>" +
           std::string(kDays),
       Code::invalid_storage_class},
      {"<NoncurrentVersionTransition><NoncurrentDays>30</NoncurrentDays><NewerNoncurrentVersions>2</"
       "NewerNoncurrentVersions><StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition>",
       Code::invalid_storage_class},
      {"<Transition><Days>1</Days></Transition>", Code::malformed_xml},
      {"<Transition><StorageClass>GLACIER</StorageClass></Transition>", Code::malformed_xml},
      {"<Transition><Days>1</Days><StorageClass>COLD</StorageClass></Transition>", Code::malformed_xml},
      {"<Transition><Days>-1</Days><StorageClass>GLACIER</StorageClass></Transition>",
       Code::invalid_argument},
      {"<Transition><Date>2030-01-01T01:00:00Z</Date><StorageClass>GLACIER</StorageClass></Transition>",
       Code::invalid_argument},
      {"<Transition><Days>1</Days><Date>2030-01-01T00:00:00Z</Date><StorageClass>GLACIER</StorageClass></"
       "Transition>",
       Code::malformed_xml},
  };
  for (const Row& row : rows) {
    const auto config = parse_lifecycle(with(row.action));
    ASSERT_FALSE(config) << row.action;
    EXPECT_EQ(config.error().code, row.code) << row.action << config.error().context;
  }
}

TEST(LifecycleDocument, TakesWhatIsJustAllowed) {
  std::string many;
  for (int i = 0; i < 1000; ++i) many += rule(std::string(kOn) + std::string(kDays), std::to_string(i));
  EXPECT_TRUE(parse_lifecycle(document(many)));
  EXPECT_TRUE(parse_lifecycle(document(rule(std::string(kOn) + std::string(kDays), std::string(255, 'i')))));
  EXPECT_TRUE(parse_lifecycle(filtered("<And><Tag><Key>a</Key><Value>1</Value></Tag></And>")));
  const auto bare_date = parse_lifecycle(with("<Expiration><Date>2017-09-27</Date></Expiration>"));
  ASSERT_TRUE(bare_date);
  EXPECT_EQ(bare_date->rules[0].expiration_date, parse_iso8601("2017-09-27T00:00:00Z"));
  EXPECT_TRUE(parse_lifecycle(with("<Expiration><Date>2017-09-27T00:00:00+00:00</Date></Expiration>")));
}

TEST(LifecycleDocument, RulesWithoutAnIdGetOneThatStays) {
  const std::string nameless = "<Rule>" + std::string(kOn) + std::string(kDays) + "</Rule>";
  const auto config =
      parse_lifecycle(document(nameless + nameless + rule(std::string(kOn) + std::string(kDays))));
  ASSERT_TRUE(config);
  std::set<std::string> ids;
  for (const LifecycleRule& r : config->rules) {
    EXPECT_FALSE(r.id.empty());
    EXPECT_LE(r.id.size(), 255u);
    ids.insert(r.id);
  }
  EXPECT_EQ(ids.size(), 3u);
  const auto again = parse_lifecycle(config->render());
  ASSERT_TRUE(again);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(again->rules[i].id, config->rules[i].id);
}

}  // namespace
}  // namespace cairn::s3wire
