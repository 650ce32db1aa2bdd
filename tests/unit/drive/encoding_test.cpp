#include "drive/encoding.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "drive/batch.hpp"
#include "drive/register.hpp"
#include "drive/usage.hpp"

namespace cairn::drive {
namespace {

DataId data_id(char c) { return DataId::from_bytes(std::string(16, c)); }
StateId id(std::uint64_t n) { return {n << 16 | n, static_cast<std::uint32_t>(n)}; }

State sample_state() {
  State s;
  s.id = id(0x1234);
  s.ancestors = {id(0x1233), id(0x1200)};
  for (std::size_t i = 0; i < s.invocation.size(); ++i) s.invocation[i] = static_cast<std::uint8_t>(i);
  s.kind = StateKind::object;
  s.head = "the newest version's metadata";
  s.data = {{data_id('a'), DataForm::inlined}, {data_id('b'), DataForm::parts}};
  s.rows.add({RowTable::version, "v1", "value", {{data_id('c'), DataForm::file}}});
  s.usage_objects = 2;
  s.usage_bytes = 300'000;
  return s;
}

Record sample_record() {
  Record r;
  r.committed = {sample_state(), true, false};
  r.orphans = {{data_id('o'), DataForm::file}};
  OpenEntry& open = r.open.emplace();
  open.state = sample_state();
  open.state.id = id(0x1240);
  open.accepted = id(0x1250);
  open.rows_missing = true;
  open.rows = {{{RowTable::version, "v2", "metadata", {{data_id('d'), DataForm::file}}}, false},
               {{RowTable::upload, "upload", {}, {}}, true}};
  return r;
}

const std::string kKey = record_key(BucketId{7}, std::string("a\0b", 3));

// The bytes of the released format: tests/unit/drive/golden/<name>. CAIRN_WRITE_GOLDEN=1 writes new ones.
void expect_golden(const std::string& name, const std::string& bytes) {
  const std::filesystem::path path = std::filesystem::path(CAIRN_TEST_DIR) / "unit/drive/golden" / name;
  const std::string hex = to_hex(as_bytes(bytes)) + "\n";
  if (std::getenv("CAIRN_WRITE_GOLDEN")) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << hex;
  }
  std::ifstream in(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), hex) << name;
}

TEST(Golden, RecordKey) { expect_golden("record_key.hex", kKey); }
TEST(Golden, Record) { expect_golden("record.hex", encode_record(sample_record(), kKey)); }
TEST(Golden, State) {
  std::string out;
  encode_state(out, sample_state());
  expect_golden("state.hex", out);
}
TEST(Golden, Row) {
  const StoredRow row{{RowTable::version, "v1", "value", {{data_id('c'), DataForm::file}}}, true};
  expect_golden("row.hex", encode_row(row, row_key(kKey, "v1")));
}
TEST(Golden, Part) {
  const StoredPart part{{3, {data_id('p'), DataForm::file}, "etag"}, false};
  const std::string key = part_key("upload", 3, data_id('p'));
  expect_golden("part_key.hex", key);
  expect_golden("part.hex", encode_part(part, key));
}
TEST(Golden, PartTable) {
  expect_golden(
      "part_table.hex",
      encode_part_table({{data_id('p'), DataForm::file}, {data_id('q'), DataForm::inlined}}, "rest"));
}
TEST(Golden, Body) { expect_golden("body.hex", body_value(Slice::of("body"), data_id('a'))); }
TEST(Golden, Work) {
  expect_golden("heal.hex", encode_heal({id(0x77), 5}));
  expect_golden("collect.hex", collect_value(1'700'000'000'000, DataForm::file));
  expect_golden("usage.hex", encode_usage({-1, 1000}));
}

TEST(Encoding, ComesBackAsItWas) {
  const Record record = sample_record();
  EXPECT_EQ(*decode_record(encode_record(record, kKey), kKey), record);
  EXPECT_EQ(*decode_record(encode_record({}, kKey), kKey), Record{});
  const std::string bytes = encode_record(record, kKey);
  const auto peek = peek_record(bytes, kKey);
  EXPECT_EQ(peek->id, record.committed.state.id);
  EXPECT_EQ(peek->head, record.committed.state.head);
  EXPECT_TRUE(peek->open);
  const Slice body = Slice::of("the body");
  EXPECT_EQ(body_of_value(body_value(body, data_id('a')), data_id('a'))->text(), "the body");
}

TEST(Encoding, AnyChangedByteOfARecordIsFound) {
  const std::string good = encode_record(sample_record(), kKey);
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    EXPECT_EQ(decode_record(bad, kKey).error().code, Code::corrupt) << i;
    EXPECT_EQ(peek_record(bad, kKey).error().code, Code::corrupt) << i;
  }
}

TEST(Encoding, ARecordUnderAnotherKeyIsCorrupt) {
  const std::string bytes = encode_record(sample_record(), kKey);
  EXPECT_EQ(decode_record(bytes, record_key(BucketId{7}, "other")).error().code, Code::corrupt);
  EXPECT_EQ(body_of_value(body_value(Slice::of("b"), data_id('a')), data_id('b')).error().code,
            Code::corrupt);
}

TEST(Encoding, ALaterVersionIsUnsupportedAndNotCorrupt) {
  std::string bytes;
  encode_state(bytes, sample_state());
  bytes[0] = 2;
  EXPECT_EQ(decode_state(bytes).error().code, Code::unsupported);
}

TEST(Keys, SortAsS3ListsThemAndComeBack) {
  std::mt19937 random(1);
  const std::string alphabet("\0\x01\xff/ab", 6);
  std::vector<std::string> keys{"", "a", "a/b", "//", ".", std::string(1024, '\0')};
  for (int i = 0; i < 300; ++i) {
    std::string key;
    for (std::size_t n = random() % 5; n; --n) key.push_back(alphabet[random() % alphabet.size()]);
    keys.push_back(key);
  }
  for (const std::string& a : keys) {
    const std::string record = record_key(BucketId{9}, a);
    EXPECT_EQ(decode_record_key(record)->key, a);
    const std::string row = row_key(record, "id\0x");
    EXPECT_EQ(split_row_key(row)->record_key, record);
    for (const std::string& b : keys) {
      EXPECT_EQ(a < b, record < record_key(BucketId{9}, b));
      EXPECT_LT(record, record_key(BucketId{10}, b));
      const std::string prefix = record_prefix(BucketId{9}, b);
      EXPECT_EQ(record.starts_with(prefix), a.starts_with(b));
      EXPECT_EQ(record >= prefix && record < after_prefix(prefix), a.starts_with(b));
    }
  }
}

TEST(Keys, MalformedOnesAreRefused) {
  for (const std::string& bad : {std::string(), std::string(9, 'x'), std::string("12345678ab", 10),
                                 std::string("12345678\0x\0\1", 12)})
    EXPECT_EQ(decode_record_key(bad).error().code, Code::corrupt);
}

TEST(Rows, TheDigestDependsOnTheSetOfRowsAlone) {
  const Row a{RowTable::version, "a", "1", {}},
      b{RowTable::upload, "b", "2", {{data_id('d'), DataForm::file}}};
  RowsDigest ab, ba, only_a;
  ab.add(a), ab.add(b);
  ba.add(b), ba.add(a);
  only_a.add(a);
  EXPECT_EQ(ab, ba);
  EXPECT_FALSE(ab == only_a);
  ab.remove(b);
  EXPECT_EQ(ab, only_a);
}

TEST(Promises, ForgettingRaisesTheFloor) {
  PromiseTable table(2);
  table.set("a", id(5));
  table.set("b", id(3));
  table.set("a", id(6));
  EXPECT_TRUE(table.floor().is_null());
  table.set("c", id(9));
  EXPECT_EQ(table.floor(), id(3)) << "the one that was set longest ago goes";
  EXPECT_TRUE(table.find("b").is_null());
  EXPECT_EQ(table.find("a"), id(6));
  EXPECT_EQ(table.size(), 2u);
}

}  // namespace
}  // namespace cairn::drive
