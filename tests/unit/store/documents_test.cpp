#include "store/documents.hpp"

#include <gtest/gtest.h>

#include "cairn/base/ids.hpp"

// The formats of docs/formats/documents.md: bytes of every version that was ever written can be read, and
// what is written now is pinned.
namespace cairn::store {
namespace {

std::string bytes(std::string_view hex) { return from_hex(hex).value(); }
std::string hex(std::string_view raw) { return to_hex(as_bytes(raw)); }

VersionDoc version() {
  VersionDoc d;
  d.info.key = "k";
  d.info.size = 300;
  d.info.etag = "ab";
  d.info.modified = 1'764'115'200'000;
  d.info.owner = "me";
  d.info.checksums = {{crypto::ChecksumAlgorithm::crc32c, false, "AAAA"}};
  d.info.attributes.headers = {{"Content-Type", "text/plain"}};
  d.info.attributes.tags = {{"t", "v"}};
  d.geometry = {2, 2, 4096};
  d.data = {DataId::from_bytes("0123456789abcdef"), drive::DataForm::file};
  return d;
}

TEST(Documents, AVersionComesBackWhole) {
  VersionDoc d = version();
  d.info.version_id = std::string(32, 'a');
  d.info.delete_marker = true;
  d.info.attributes.acl = "acl";
  d.info.attributes.retention = {LockMode::compliance, 5};
  d.info.attributes.legal_hold = true;
  d.info.attributes.legal_hold_set = true;
  d.order = 77;
  d.older = 3;
  d.null_row = "row";
  const auto back = decode_version(encode_version(d), "k");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->info.attributes, d.info.attributes);
  EXPECT_EQ(back->info.version_id, d.info.version_id);
  EXPECT_TRUE(back->info.delete_marker);
  EXPECT_EQ(back->order, 77u);
  EXPECT_EQ(back->older, 3u);
  EXPECT_EQ(back->null_row, "row");
  EXPECT_EQ(back->data, d.data);
  EXPECT_EQ(back->geometry, d.geometry);
}

// Format 1 is format 2 without its last fields: protection, delete marker, order, older, null row.
TEST(Documents, AVersionOfFormatOneIsRead) {
  std::string one = encode_version(version());
  one.resize(one.size() - (1 + 1 + 1) - (1 + 8 + 1 + 1));
  one[0] = 1;
  const auto back = decode_version(one, "k");
  ASSERT_TRUE(back) << back.error().context;
  EXPECT_EQ(back->info.attributes, version().info.attributes);
  EXPECT_EQ(back->info.size, 300u);
  EXPECT_EQ(back->order, 0u);
  EXPECT_EQ(back->data, version().data);
  one.pop_back();
  EXPECT_EQ(decode_version(one, "k").error().code, Code::corrupt);
}

TEST(Documents, ABucketOfFormatOneIsRead) {
  // id 7, active, created 1000 ms, region "r", owner "o"
  const std::string one = bytes(
      "010700000000000000"
      "01"
      "e803000000000000"
      "0172"
      "016f");
  const auto b = decode_bucket(one, "name");
  ASSERT_TRUE(b) << b.error().context;
  EXPECT_EQ(b->id, 7u);
  EXPECT_EQ(b->created, 1000);
  EXPECT_EQ(b->region, "r");
  EXPECT_EQ(b->owner, "o");
  EXPECT_EQ(b->versioning, Versioning::unset);
  EXPECT_TRUE(b->config.empty());
}

TEST(Documents, WhatABucketIsWrittenAsNowIsPinned) {
  BucketInfo b;
  b.id = 7;
  b.created = 1000;
  b.region = "r";
  b.owner = "o";
  b.revision = 2;
  b.versioning = Versioning::enabled;
  b.object_lock = true;
  b.default_retention = DefaultRetention{LockMode::compliance, 3, 0};
  b.config["cors"] = "<x/>";
  EXPECT_EQ(hex(encode_bucket(b)),
            "020700000000000000"
            "01"
            "e803000000000000"
            "0172"
            "016f"
            "0200000000000000"
            "01"
            "01"
            "02"
            "03000000"
            "00000000"
            "01"
            "04636f7273"
            "043c782f3e");
  const auto back = decode_bucket(encode_bucket(b), "name");
  ASSERT_TRUE(back);
  EXPECT_EQ(back->default_retention, b.default_retention);
  EXPECT_EQ(back->config, b.config);
}

TEST(Documents, ALaterFormatIsUnsupportedAndNotCorrupt) {
  std::string later = encode_version(version());
  later[0] = 3;
  EXPECT_EQ(decode_version(later, "k").error().code, Code::unsupported);
  EXPECT_EQ(decode_bucket(std::string("\x03", 1), "n").error().code, Code::unsupported);
}

}  // namespace
}  // namespace cairn::store
