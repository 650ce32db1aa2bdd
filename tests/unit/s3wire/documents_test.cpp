#include "cairn/s3wire/documents.hpp"

#include <gtest/gtest.h>

#include "cairn/s3wire/errors.hpp"
#include "cairn/s3wire/xml.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::string_view kDeclaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
constexpr UnixMillis kTime = 1'795'437'296'789;

std::string document(std::string_view root, std::string_view inside) {
  std::string out(kDeclaration);
  return out.append("<")
      .append(root)
      .append(" xmlns=\"")
      .append(kS3Namespace)
      .append("\">")
      .append(inside)
      .append("</")
      .append(root)
      .append(">");
}

TEST(Xml, TextIsEscaped) {
  std::string out;
  append_xml_escaped(out, "a<b>&\"c'\n\t\r\x01\x1f\x7f\xE6\x97\xA5");
  EXPECT_EQ(out, "a&lt;b&gt;&amp;&quot;c'&#xa;&#x9;&#xd;&#x1;&#x1f;&#x7f;\xE6\x97\xA5");
  out.clear();
  append_xml_escaped(out, "a\xFFz");
  EXPECT_EQ(out, "a\xEF\xBF\xBDz");
}

TEST(Errors, TheDocumentHasAmazonsForm) {
  const std::vector<ErrorField> fields = {{"Region", "eu-west-1"}};
  EXPECT_EQ(render_error_xml(Error(Code::no_such_key), "/b/<k>", "id", "host", fields),
            std::string(kDeclaration) +
                "<Error><Code>NoSuchKey</Code><Message>The specified key does not "
                "exist.</Message><Region>eu-west-1</Region>"
                "<Resource>/b/&lt;k&gt;</Resource><RequestId>id</RequestId><HostId>host</HostId></Error>");
}

TEST(Errors, WhatFailedInsideStaysInside) {
  EXPECT_EQ(error_message(Error(Code::io, "/mnt/disk3 is broken")),
            "We encountered an internal error. Please try again.");
  EXPECT_EQ(error_message(Error(Code::no_quorum, "drives 3,4")), s3_error(Code::service_unavailable).message);
  EXPECT_EQ(error_message(Error(Code::invalid_argument, "max-keys")), "max-keys");
  EXPECT_EQ(error_message(Error(Code::not_implemented, "tags")), "tags");
}

TEST(Errors, StatusAndCodeOfEachLayer) {
  EXPECT_EQ(s3_error(Code::overloaded).code, "SlowDown");
  EXPECT_EQ(s3_error(Code::no_quorum).status, 503);
  EXPECT_EQ(s3_error(Code::drive_full).status, 507);
  EXPECT_EQ(s3_error(Code::outcome_unknown).status, 500);
  EXPECT_EQ(s3_error(Code::not_found).code, "InternalError");  // a missing file is no missing key
  EXPECT_EQ(s3_error(static_cast<Code>(9999)).code, "InternalError");
  for (int c = 100; c <= 169; ++c) {
    const S3Error& e = s3_error(static_cast<Code>(c));
    EXPECT_NE(e.code, "InternalError") << c;
    EXPECT_EQ(code_of(e.code, e.status), static_cast<Code>(c)) << c;
  }
  EXPECT_EQ(code_of("", 404), Code::no_such_key);
  EXPECT_EQ(code_of("NobodyKnows", 503), Code::service_unavailable);
}

TEST(CompleteMultipartUpload, PartsWithAndWithoutNamespaceAndQuotes) {
  const auto parts = parse_complete_multipart_upload(document(
      "CompleteMultipartUpload",
      "\n <Part>\n<PartNumber>1</PartNumber><ETag>\"a\"</ETag><ChecksumCRC32>NhCmhg==</ChecksumCRC32></Part>"
      "<Part><ETag>&quot;b&quot;</ETag><PartNumber> 10000 </PartNumber></Part>"));
  ASSERT_TRUE(parts.has_value());
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].etag, "a");
  EXPECT_EQ((*parts)[0].checksum->algorithm, ChecksumAlgorithm::crc32);
  EXPECT_EQ((*parts)[1].etag, "b");
  EXPECT_EQ((*parts)[1].number, 10000u);
  EXPECT_TRUE(parse_complete_multipart_upload(
                  "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>"
                  "</CompleteMultipartUpload>")
                  .has_value());
  EXPECT_EQ(parse_complete_multipart_upload(render_complete_multipart_upload(*parts))->size(), 2u);
}

Code complete_code(std::string_view inside) {
  const auto r = parse_complete_multipart_upload("<CompleteMultipartUpload>" + std::string(inside) +
                                                 "</CompleteMultipartUpload>");
  return r ? Code::internal : r.error().code;
}

std::string part(int number) {
  return "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>e</ETag></Part>";
}

TEST(CompleteMultipartUpload, WrongOnesAreRefused) {
  for (const std::string& bad :
       {std::string(), part(0), part(10001), part(-1), std::string("<Part><PartNumber>1</PartNumber></Part>"),
        std::string("<Part><ETag>e</ETag></Part>"),
        std::string("<Part><PartNumber>1</PartNumber><ETag><b/></ETag></Part>"),
        std::string("<Part><PartNumber>1</PartNumber><PartNumber>2</PartNumber><ETag>e</ETag></Part>"),
        std::string("<Other/>"), std::string("text"), std::string("<Part>"),
        std::string("<Part><PartNumber>x</PartNumber><ETag>e</ETag></Part>")})
    EXPECT_EQ(complete_code(bad), Code::malformed_xml) << bad;
  EXPECT_EQ(complete_code(part(2) + part(1)), Code::invalid_part_order);
  ASSERT_TRUE(parse_complete_multipart_upload(
      document("CompleteMultipartUpload", part(1) + part(1))));  // the last one counts
  std::string many;
  for (int i = 1; i <= 10000; ++i) many += part(i);
  EXPECT_EQ(complete_code(many), Code::internal);
  EXPECT_EQ(complete_code(many + part(10000)), Code::malformed_xml);
  EXPECT_EQ(parse_complete_multipart_upload("<Delete/>").error().code, Code::malformed_xml);
  EXPECT_EQ(parse_complete_multipart_upload("").error().code, Code::malformed_xml);
}

TEST(Delete, KeysComeThroughExactly) {
  const auto r = parse_delete(
      document("Delete",
               "<Quiet>true</Quiet><Object><Key> "
               "</Key></Object><Object><Key>a&amp;b&#xA;c&lt;</Key><VersionId>v</VersionId></Object>"
               "<Object><Key><![CDATA[x&y<z>]]>w<!-- no "
               "-->v</Key></Object><Object><Key>\xE6\x97\xA5</Key><ETag>\"e\"</ETag><Size>5</Size>"
               "<LastModifiedTime>Sun, 06 Nov 1994 08:49:37 GMT</LastModifiedTime></Object>"));
  ASSERT_TRUE(r.has_value());
  EXPECT_TRUE(r->quiet);
  ASSERT_EQ(r->objects.size(), 4u);
  EXPECT_EQ(r->objects[0].key, " ");
  EXPECT_EQ(r->objects[1].key, "a&b\nc<");
  EXPECT_EQ(r->objects[1].version_id, "v");
  EXPECT_EQ(r->objects[2].key, "x&y<z>wv");
  EXPECT_EQ(r->objects[3].key, "\xE6\x97\xA5");
  EXPECT_EQ(r->objects[3].etag, "e");
  EXPECT_EQ(r->objects[3].last_modified, 784'111'777'000);
  EXPECT_EQ(parse_delete(render_delete(*r))->objects[1].key, "a&b\nc<");
}

TEST(Delete, WrongOnesAreRefused) {
  const std::string object = "<Object><Key>k</Key></Object>";
  const auto refused = [](const std::string& xml) {
    const auto r = parse_delete(xml);
    return !r && r.error().code == Code::malformed_xml;
  };
  std::string thousand;
  for (int i = 0; i < 1000; ++i) thousand += object;
  EXPECT_TRUE(parse_delete("<Delete>" + thousand + "</Delete>").has_value());
  EXPECT_TRUE(refused("<Delete>" + thousand + object + "</Delete>"));
  EXPECT_TRUE(refused("<Delete></Delete>"));
  EXPECT_TRUE(refused("<Delete><Object><Key></Key></Object></Delete>"));
  EXPECT_TRUE(refused("<Delete><Object><VersionId>v</VersionId></Object></Delete>"));
  EXPECT_TRUE(refused("<Delete>" + object + "<Quiet>maybe</Quiet></Delete>"));
  EXPECT_TRUE(refused("<Delete>" + object));
  EXPECT_TRUE(refused("<Delete>" + object + "</Delete><Delete/>"));
  // What would make another key of it, or blow up.
  EXPECT_TRUE(refused("<Delete><Object><Key>a&#0;b</Key></Object></Delete>"));
  EXPECT_TRUE(refused("<Delete><Object><Key>a&#x100000000;b</Key></Object></Delete>"));
  EXPECT_TRUE(refused("<Delete><Object><Key>a&#xD800;b</Key></Object></Delete>"));
  EXPECT_TRUE(refused("<Delete><Object><Key>a&unknown;b</Key></Object></Delete>"));
  EXPECT_TRUE(refused("<Delete><Object><Key>a & b</Key></Object></Delete>"));
  EXPECT_TRUE(refused(std::string("<Delete><Object><Key>a\0b</Key></Object></Delete>", 49)));
  EXPECT_TRUE(refused("<Delete><Object><Key>\xFF</Key></Object></Delete>"));
  EXPECT_TRUE(refused("<!DOCTYPE Delete [<!ENTITY a \"b\">]><Delete>" + object + "</Delete>"));
  EXPECT_TRUE(refused("<Delete>" + std::string(kMaxDeleteBody, ' ') + object + "</Delete>"));
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_TRUE(refused("<Delete>" + deep));
}

TEST(Answers, ListObjectsV2) {
  ListObjectsV2Result r;
  r.bucket = "b";
  r.prefix = "p q/";
  r.delimiter = "/";
  r.max_keys = 2;
  r.url_encoding = true;
  r.truncated = true;
  r.next_continuation_token = "next";
  r.start_after = "p";
  r.contents.push_back({"p q/k+1", kTime, "etag", 5, "STANDARD", Owner{"id", "name"},
                        ChecksumAlgorithm::crc64nvme, ChecksumType::full_object});
  r.common_prefixes = {"p q/d/"};
  EXPECT_EQ(
      r.render(),
      document(
          "ListBucketResult",
          "<Name>b</Name><Prefix>p%20q/</Prefix><StartAfter>p</StartAfter><NextContinuationToken>next</"
          "NextContinuationToken>"
          "<KeyCount>2</KeyCount><MaxKeys>2</MaxKeys><Delimiter>/</Delimiter><EncodingType>url</EncodingType>"
          "<IsTruncated>true</IsTruncated><Contents><Key>p%20q/k%2B1</Key><LastModified>" +
              iso8601_ms(kTime) +
              "</LastModified><ETag>&quot;etag&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"
              "<ChecksumType>FULL_OBJECT</ChecksumType><Size>5</Size><Owner><ID>id</ID><DisplayName>name</"
              "DisplayName></Owner>"
              "<StorageClass>STANDARD</StorageClass></Contents><CommonPrefixes><Prefix>p%20q/d/</Prefix></"
              "CommonPrefixes>"));
  const auto back = parse_list_objects_v2(r.render()).value();
  EXPECT_EQ(back.contents[0].key, "p q/k+1");
  EXPECT_EQ(back.contents[0].last_modified, kTime);
  EXPECT_EQ(back.contents[0].etag, "etag");
  EXPECT_EQ(back.contents[0].owner->display_name, "name");
  EXPECT_EQ(back.common_prefixes, r.common_prefixes);
  EXPECT_EQ(back.next_continuation_token, "next");
  EXPECT_TRUE(back.truncated);
}

TEST(Answers, ListObjectsHasMarkers) {
  ListObjectsResult r;
  r.bucket = "b";
  EXPECT_EQ(r.render(), document("ListBucketResult",
                                 "<Name>b</Name><Prefix></Prefix><Marker></Marker><MaxKeys>1000</MaxKeys>"
                                 "<IsTruncated>false</IsTruncated>"));
  r.next_marker = "m";
  EXPECT_NE(r.render().find("<NextMarker>m</NextMarker>"), std::string::npos);
}

TEST(Answers, Buckets) {
  ListBucketsResult r;
  r.owner = {"id", "me"};
  r.buckets = {{"one", kTime, "eu-west-1"}, {"two", kTime, ""}};
  const std::string t = iso8601_ms(kTime);
  EXPECT_EQ(r.render(), document("ListAllMyBucketsResult",
                                 "<Owner><ID>id</ID><DisplayName>me</DisplayName></"
                                 "Owner><Buckets><Bucket><Name>one</Name><CreationDate>" +
                                     t +
                                     "</CreationDate><BucketRegion>eu-west-1</BucketRegion></"
                                     "Bucket><Bucket><Name>two</Name><CreationDate>" +
                                     t + "</CreationDate></Bucket></Buckets>"));
  EXPECT_EQ(parse_list_buckets(r.render())->buckets[1].name, "two");
  EXPECT_EQ(render_location("us-east-1"), document("LocationConstraint", ""));
  EXPECT_EQ(render_location("eu-west-1"), document("LocationConstraint", "eu-west-1"));
}

TEST(Answers, Multipart) {
  const InitiateMultipartUploadResult initiate{"b", "k<", "u"};
  EXPECT_EQ(initiate.render(), document("InitiateMultipartUploadResult",
                                        "<Bucket>b</Bucket><Key>k&lt;</Key><UploadId>u</UploadId>"));
  EXPECT_EQ(parse_initiate_multipart_upload(initiate.render())->upload_id, "u");

  ListPartsResult parts;
  parts.bucket = "b";
  parts.key = "k";
  parts.upload_id = "u";
  parts.owner = parts.initiator = {"id", ""};
  parts.checksum = MultipartChecksum{ChecksumAlgorithm::crc32, ChecksumType::composite};
  parts.parts.push_back(
      {3, kTime, "e", 5, parse_checksum_value(ChecksumAlgorithm::crc32, "NhCmhg==").value()});
  EXPECT_EQ(parts.render(),
            document("ListPartsResult",
                     "<Bucket>b</Bucket><Key>k</Key><UploadId>u</UploadId><Initiator><ID>id</ID></"
                     "Initiator><Owner><ID>id</ID></Owner>"
                     "<StorageClass>STANDARD</StorageClass><PartNumberMarker>0</"
                     "PartNumberMarker><NextPartNumberMarker>0</NextPartNumberMarker>"
                     "<MaxParts>1000</MaxParts><IsTruncated>false</IsTruncated><ChecksumAlgorithm>CRC32</"
                     "ChecksumAlgorithm>"
                     "<ChecksumType>COMPOSITE</ChecksumType><Part><PartNumber>3</PartNumber><LastModified>" +
                         iso8601_ms(kTime) +
                         "</LastModified><ETag>&quot;e&quot;</ETag><Size>5</Size><ChecksumCRC32>NhCmhg==</"
                         "ChecksumCRC32></Part>"));

  ListMultipartUploadsResult uploads;
  uploads.bucket = "b";
  uploads.uploads.push_back({"k", "u", {"i", ""}, {"o", ""}, "STANDARD", kTime, {}});
  EXPECT_EQ(uploads.render(),
            document("ListMultipartUploadsResult",
                     "<Bucket>b</Bucket><KeyMarker></KeyMarker><UploadIdMarker></UploadIdMarker><Prefix></"
                     "Prefix><MaxUploads>1000</MaxUploads>"
                     "<IsTruncated>false</IsTruncated><Upload><Key>k</Key><UploadId>u</"
                     "UploadId><Initiator><ID>i</ID></Initiator>"
                     "<Owner><ID>o</ID></Owner><StorageClass>STANDARD</StorageClass><Initiated>" +
                         iso8601_ms(kTime) + "</Initiated></Upload>"));

  const CompleteMultipartUploadResult complete{
      "http://h/b/k", "b", "k", "e-2", parse_checksum_value(ChecksumAlgorithm::crc32, "NhCmhg==-2").value()};
  EXPECT_EQ(
      complete.render(),
      document("CompleteMultipartUploadResult",
               "<Location>http://h/b/k</Location><Bucket>b</Bucket><Key>k</Key><ETag>&quot;e-2&quot;</ETag>"
               "<ChecksumCRC32>NhCmhg==-2</ChecksumCRC32><ChecksumType>COMPOSITE</ChecksumType>"));
  EXPECT_EQ(parse_complete_result(complete.render())->etag, "e-2");
  EXPECT_EQ(parse_complete_result(render_error_xml(Error(Code::invalid_part), "/", "i", "h")).error().code,
            Code::invalid_part);
}

TEST(Answers, CopyDeleteAndAcl) {
  const CopyResult copy{"e", kTime, {}};
  const std::string inside =
      "<ETag>&quot;e&quot;</ETag><LastModified>" + iso8601_ms(kTime) + "</LastModified>";
  EXPECT_EQ(copy.render_object(), document("CopyObjectResult", inside));
  EXPECT_EQ(copy.render_part(), document("CopyPartResult", inside));
  EXPECT_EQ(parse_copy_result(copy.render_part())->last_modified, kTime);

  DeleteResult d;
  d.deleted.push_back({"k1", "", false, ""});
  d.deleted.push_back({"k2", "v", true, "m"});
  d.errors.push_back({"k3", "", Error(Code::access_denied)});
  EXPECT_EQ(d.render(), document("DeleteResult",
                                 "<Deleted><Key>k1</Key></Deleted><Deleted><Key>k2</Key><VersionId>v</"
                                 "VersionId><DeleteMarker>true</DeleteMarker>"
                                 "<DeleteMarkerVersionId>m</DeleteMarkerVersionId></Deleted><Error><Key>k3</"
                                 "Key><Code>AccessDenied</Code>"
                                 "<Message>Access Denied</Message></Error>"));
  const auto back = parse_delete_result(d.render()).value();
  EXPECT_EQ(back.deleted[1].delete_marker_version_id, "m");
  EXPECT_EQ(back.errors[0].error.code, Code::access_denied);
}

TEST(Client, ReadsAmazonsOwnWriting) {
  const auto r = parse_list_objects_v2(document(
      "ListBucketResult",
      "<Name>b</Name><EncodingType>url</EncodingType><Contents><Key>a+b%2Bc</Key><Size>1</Size></Contents>"));
  ASSERT_TRUE(r.has_value());
  EXPECT_EQ(r->contents[0].key, "a b+c");
  const auto e = parse_error(
      "<Error><Code>PermanentRedirect</Code><Message>m</Message><Region>eu-west-1</Region></Error>");
  EXPECT_EQ(e->region, "eu-west-1");
}

}  // namespace
}  // namespace cairn::s3wire
