#include "cairn/drive/inspect.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "unit/drive/drive_fixture.hpp"

namespace cairn::drive::test {
namespace {

namespace fs = std::filesystem;

class InspectTest : public testing::Test {
 protected:
  InspectTest() {
    Calls c{subject_.drive()};
    put_object(c, key("an object"), 5, {}, {inlined()}, "body");
    const StageToken token = c.stage_file(file_.id).value();
    put_object(c, key("an object"), 6, at(5), {file_}, "", {token}, false);
    put_object(c, key("two\nlines"), 7, {}, {inlined()}, "body");
  }
  static std::string key(std::string_view name) { return record_key(BucketId{7}, name); }

  std::string inspect(InspectOptions options = {}, std::optional<Code> expected = {}) {
    std::ostringstream out;
    const Status status = inspect_drive(files_, subject_.root(), options, out);
    EXPECT_EQ(status.has_value(), !expected) << (status ? "" : status.error().context);
    if (!status && expected) {
      EXPECT_EQ(status.error().code, *expected) << status.error().context;
    }
    error_ = status ? "" : status.error().context;
    return out.str();
  }
  std::string shard(std::optional<Code> expected = {}) {
    std::ostringstream out;
    const Status status = inspect_shard_file(files_, path(), {}, out);
    EXPECT_EQ(status.has_value(), !expected) << (status ? "" : status.error().context);
    if (!status && expected) {
      EXPECT_EQ(status.error().code, *expected) << status.error().context;
    }
    return out.str();
  }
  std::string path() { return ShardStore::path_of(subject_.root(), file_.id); }
  void flip(std::streamoff offset) {
    std::fstream file(path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    const char c = static_cast<char>(file.get() ^ 1);
    file.seekp(offset);
    file.put(c);
  }

  const DataRef file_ = file_ref();
  LocalSubject subject_;
  SystemFiles files_;
  std::string error_;
};

testing::AssertionResult says(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "no \"" << part << "\" in:\n" << text;
}

TEST_F(InspectTest, AStoppedDriveIsShown) {
  subject_.close();
  const std::string out = inspect();
  EXPECT_TRUE(says(out, "slot 2 of 4, incarnation 1"));
  EXPECT_TRUE(says(out, "objects    2 rows"));
  EXPECT_TRUE(says(out, "open       1 entries"));
  EXPECT_TRUE(says(out, "bucket #7 2 objects, 8 bytes"));
  EXPECT_TRUE(says(out, "whole, sequence"));
}

TEST_F(InspectTest, ADriveThatIsInUseIsLeftAlone) {
  const std::string out = inspect({}, Code::offline);
  EXPECT_TRUE(says(error_, "stop the server first"));
  EXPECT_TRUE(says(out, "deployment")) << "its format can be shown";
  put_object(*std::make_unique<Calls>(Calls{subject_.drive()}), key("later"), 8, {}, {inlined()}, "x");
}

TEST_F(InspectTest, ARecordIsShownWithItsStatesAndData) {
  subject_.close();
  InspectOptions options;
  options.bucket = "#7";
  options.key = "an object";
  options.describe_head = [](std::string_view head) { return "<" + std::string(head) + ">"; };
  const std::string out = inspect(options);
  EXPECT_TRUE(says(out, "committed  5.0/1 object"));
  EXPECT_TRUE(says(out, "<head of 5>"));
  EXPECT_TRUE(says(out, "open       6.0/1 object"));
  EXPECT_TRUE(says(out, file_.id.hex() + " (file)"));
  EXPECT_TRUE(says(out, "(inlined), 4 bytes"));
}

TEST_F(InspectTest, WhatIsNotThereIsSaid) {
  subject_.close();
  InspectOptions options;
  options.bucket = "#7";
  options.key = "nothing";
  EXPECT_TRUE(says(inspect(options), "none"));
  options.bucket = "#x";
  inspect(options, Code::invalid_argument);
  options.bucket = "name";
  inspect(options, Code::invalid_argument);
  options.resolve_bucket = [](const std::string& name, const RecordLookup& lookup) -> Result<BucketId> {
    EXPECT_EQ(name, "name");
    TRY(const auto held, lookup(key("two\nlines")));
    EXPECT_EQ(held->body.text(), "body");
    return BucketId{7};
  };
  options.key = "two\nlines";
  EXPECT_TRUE(says(inspect(options), "two\\x0alines")) << "a key does not write to the terminal";
}

TEST_F(InspectTest, AFolderThatIsNoDriveIsRefused) {
  subject_.close();
  fs::remove(subject_.root() + "/format.json");
  inspect({}, Code::not_found);
}

TEST_F(InspectTest, AShardFileIsVerified) {
  std::string out = shard();
  EXPECT_TRUE(says(out, "shard 0 of 1+0"));
  EXPECT_TRUE(says(out, "identity     b/k"));
  EXPECT_TRUE(says(out, "1 good, 0 bad"));
  EXPECT_TRUE(says(out, "trailer      whole"));
  flip(8192 + 100);
  out = shard(Code::corrupt);
  EXPECT_TRUE(says(out, "0 good, 1 bad"));
  EXPECT_TRUE(says(out, "stripe 0 at byte 8192"));
  flip(8192 + 100);
  flip(8192 + 8192 + 20);
  EXPECT_TRUE(says(shard(Code::corrupt), "1 good, 0 bad"));
  flip(20);
  EXPECT_TRUE(says(shard(Code::corrupt), "header       unusable"));
}

}  // namespace
}  // namespace cairn::drive::test
