#include "cairn/s3wire/versions.hpp"

#include <gtest/gtest.h>

#include "cairn/s3wire/object_attributes.hpp"

#include "requests.hpp"
#include "xml_document.hpp"

namespace cairn::s3wire {
namespace {

using test::document;
constexpr UnixMillis kTime = 1'795'437'296'789;

TEST(ListVersions, VersionsAndMarkersStandInTheOrderOfTheList) {
  ListVersionsResult r;
  r.bucket = "b";
  r.prefix = "p q";
  r.key_marker = "a b";
  r.version_id_marker = "v0";
  r.next_key_marker = "z z";
  r.next_version_id_marker = "v3";
  r.delimiter = " ";
  r.max_keys = 3;
  r.url_encoding = true;
  r.truncated = true;
  r.versions = {
      {.key = "k k",
       .version_id = "v2",
       .delete_marker = true,
       .latest = true,
       .last_modified = kTime,
       .etag = {},
       .owner = Owner{"id", {}},
       .checksum_algorithm = {}},
      {.key = "k k",
       .version_id = "null",
       .last_modified = kTime,
       .etag = "e",
       .size = 7,
       .owner = {},
       .checksum_algorithm = ChecksumAlgorithm::crc32,
       .checksum_type = ChecksumType::composite},
      {.key = "z",
       .version_id = "v3",
       .latest = true,
       .last_modified = kTime,
       .etag = "f",
       .storage_class = "REDUCED_REDUNDANCY",
       .owner = Owner{"id", "name"},
       .checksum_algorithm = {}},
  };
  r.common_prefixes = {"p q "};
  EXPECT_EQ(
      r.render(),
      document(
          "ListVersionsResult",
          "<Name>b</Name><Prefix>p%20q</Prefix><KeyMarker>a%20b</KeyMarker><VersionIdMarker>v0</"
          "VersionIdMarker>"
          "<NextKeyMarker>z%20z</NextKeyMarker><NextVersionIdMarker>v3</NextVersionIdMarker>"
          "<MaxKeys>3</MaxKeys><Delimiter>%20</Delimiter><EncodingType>url</EncodingType>"
          "<IsTruncated>true</IsTruncated>"
          "<DeleteMarker><Key>k%20k</Key><VersionId>v2</VersionId><IsLatest>true</IsLatest>"
          "<LastModified>2026-11-23T12:34:56.789Z</LastModified><Owner><ID>id</ID></Owner></DeleteMarker>"
          "<Version><Key>k%20k</Key><VersionId>null</VersionId><IsLatest>false</IsLatest>"
          "<LastModified>2026-11-23T12:34:56.789Z</LastModified><ETag>&quot;e&quot;</ETag>"
          "<ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumType>COMPOSITE</ChecksumType><Size>7</Size>"
          "<StorageClass>STANDARD</StorageClass></Version>"
          "<Version><Key>z</Key><VersionId>v3</VersionId><IsLatest>true</IsLatest>"
          "<LastModified>2026-11-23T12:34:56.789Z</LastModified><ETag>&quot;f&quot;</ETag><Size>0</Size>"
          "<StorageClass>REDUCED_REDUNDANCY</StorageClass><Owner><ID>id</ID><DisplayName>name</DisplayName>"
          "</Owner></Version><CommonPrefixes><Prefix>p%20q%20</Prefix></CommonPrefixes>"));
}

TEST(ListVersions, AnEmptyListIsWhole) {
  ListVersionsResult r;
  r.bucket = "b";
  r.next_key_marker = "left over";
  EXPECT_EQ(r.render(),
            document("ListVersionsResult",
                     "<Name>b</Name><Prefix></Prefix><KeyMarker></KeyMarker><VersionIdMarker>"
                     "</VersionIdMarker><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>"));
}

TEST(ObjectAttributes, OnlyWhatWasAskedFor) {
  EXPECT_EQ(ObjectAttributesAnswer{}.render(), document("GetObjectAttributesResponse", ""));
  const auto crc = parse_checksum_value(ChecksumAlgorithm::crc32, "NhCmhg==").value();
  auto composite = crc;
  composite.type = ChecksumType::composite;
  composite.parts = 2;
  ObjectAttributesAnswer a;
  a.etag = "abc-2";
  a.checksum = composite;
  a.object_parts = AttributeParts{.total = 2,
                                  .listed = true,
                                  .next_part_number_marker = 1,
                                  .max_parts = 1,
                                  .truncated = true,
                                  .parts = {{1, 5'242'880, crc}}};
  a.storage_class = "STANDARD";
  a.object_size = 5'242'881;
  EXPECT_EQ(a.render(),
            document("GetObjectAttributesResponse",
                     "<ETag>abc-2</ETag><Checksum><ChecksumCRC32>NhCmhg==-2</ChecksumCRC32><ChecksumType>"
                     "COMPOSITE</ChecksumType></Checksum><ObjectParts><PartsCount>2</PartsCount>"
                     "<PartNumberMarker>0</PartNumberMarker><NextPartNumberMarker>1</NextPartNumberMarker>"
                     "<MaxParts>1</MaxParts><IsTruncated>true</IsTruncated><Part><PartNumber>1</PartNumber>"
                     "<Size>5242880</Size><ChecksumCRC32>NhCmhg==</ChecksumCRC32></Part></ObjectParts>"
                     "<StorageClass>STANDARD</StorageClass><ObjectSize>5242881</ObjectSize>"));
  ObjectAttributesAnswer count;
  count.object_parts = AttributeParts{.total = 4, .parts = {{1, 1, {}}}};
  EXPECT_EQ(count.render(),
            document("GetObjectAttributesResponse", "<ObjectParts><PartsCount>4</PartsCount></ObjectParts>"));
}

TEST(ObjectAttributes, NamesAndPaging) {
  test::Request r;
  const auto parse = [&] { return parse_object_attributes(r.view(), Query::parse(r.query).value()); };
  EXPECT_EQ(parse().error().code, Code::invalid_request);
  r.headers = {{"X-Amz-Object-Attributes", " ,"}};
  EXPECT_EQ(parse().error().code, Code::invalid_request);
  r.headers = {{"X-Amz-Object-Attributes", "ETag, ObjectSize"}, {"x-amz-object-attributes", "Checksum"}};
  auto a = parse().value();
  EXPECT_TRUE(a.etag && a.object_size && a.checksum);
  EXPECT_FALSE(a.object_parts || a.storage_class);
  EXPECT_EQ(a.max_parts, 1000u);
  r.headers = {{"x-amz-object-attributes", "ObjectParts,StorageClass"},
               {"x-amz-max-parts", "5000"},
               {"x-amz-part-number-marker", "7"}};
  a = parse().value();
  EXPECT_TRUE(a.object_parts && a.storage_class && !a.etag);
  EXPECT_EQ(a.max_parts, 1000u);
  EXPECT_EQ(a.part_number_marker, 7u);
  for (const char* const bad : {"-1", "x", "", "99999999999"}) {
    r.set("x-amz-max-parts", bad);
    EXPECT_EQ(parse().error().code, Code::invalid_argument) << bad;
  }
  r.headers = {{"x-amz-object-attributes", "ETag,etag"}};
  EXPECT_EQ(parse().error().code, Code::invalid_argument);
  r.headers.clear();
  r.query = "x-amz-object-attributes=ETag";
  EXPECT_TRUE(parse().value().etag);
}

}  // namespace
}  // namespace cairn::s3wire
