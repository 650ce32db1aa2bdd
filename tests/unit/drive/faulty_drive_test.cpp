#include "fakes/faulty_drive.hpp"

#include <algorithm>
#include <bit>

#include <gtest/gtest.h>

#include "fakes/mem_drive.hpp"
#include "unit/drive/drive_fixture.hpp"

namespace cairn::drive::test {
namespace {

using cairn::test::DriveCall;
using cairn::test::DriveEffect;
using cairn::test::FaultyDrive;

class FaultyDriveTest : public testing::Test {
 protected:
  MemDrive inner_;
  FaultyDrive drive_{inner_, 5};
  Calls calls_{drive_};
  const std::string key_ = record_key(BucketId{1}, "key");

  AcceptRequest request(std::uint64_t ballot) {
    AcceptRequest r;
    r.key = key_;
    r.ballot = at(ballot);
    r.state = object(at(ballot), {inlined()});
    r.body = Slice::of("body");
    r.commit = true;
    return r;
  }
  StateId committed() { return Calls{inner_}.read(key_)->committed.state.id; }
};

TEST_F(FaultyDriveTest, WithoutFaultsEverythingPasses) {
  put_object(calls_, key_, 5, {}, {inlined()}, "body");
  EXPECT_EQ(calls_.read(key_, true)->committed.body.text(), "body");
  const DataId id = DataId::random();
  ASSERT_TRUE(calls_.stage_file(id, 'z'));
  EXPECT_EQ(calls_.read_file(id)->at(7), 'z');
  EXPECT_EQ(drive_.calls(DriveCall::accept), 1u);
  EXPECT_EQ(drive_.calls(DriveCall::append), 1u);
}

TEST_F(FaultyDriveTest, AFailureBeforeLeavesNothingAndOneAfterLeavesAll) {
  drive_.add({DriveCall::accept, DriveEffect::fail_before, Code::io, 0, 1});
  drive_.add({DriveCall::accept, DriveEffect::fail_after, Code::deadline, 0, 1});
  ASSERT_TRUE(calls_.prepare(key_, at(5)));
  EXPECT_EQ(calls_.accept(request(5)).error().code, Code::io);
  EXPECT_TRUE(committed().is_null());
  EXPECT_EQ(calls_.accept(request(5)).error().code, Code::deadline);
  EXPECT_EQ(committed(), at(5)) << "done, but nobody was told";
  EXPECT_TRUE(calls_.prepare(key_, at(6)));
}

TEST_F(FaultyDriveTest, SkipAndCountSayWhichCallsFail) {
  drive_.add({DriveCall::read, DriveEffect::fail_before, Code::io, 2, 1});
  for (const bool passes : {true, true, false, true}) EXPECT_EQ(calls_.read(key_).has_value(), passes);
}

TEST_F(FaultyDriveTest, AFaultCanBeOfOneKey) {
  drive_.add({.call = DriveCall::read, .effect = DriveEffect::fail_before, .key = key_});
  EXPECT_FALSE(calls_.read(key_));
  EXPECT_TRUE(calls_.read(record_key(BucketId{1}, "other")));
}

TEST_F(FaultyDriveTest, AHeldCallIsMadeWhenItIsReleased) {
  drive_.add({DriveCall::accept, DriveEffect::hold});
  ASSERT_TRUE(calls_.prepare(key_, at(5)));
  bool answered = false;
  drive_.accept(request(5), [&](Result<AcceptReply> r) { answered = r && r->accepted; });
  EXPECT_TRUE(committed().is_null());
  EXPECT_EQ(drive_.held(), 1u);
  EXPECT_EQ(drive_.release(), 1u);
  EXPECT_TRUE(answered);
  EXPECT_EQ(committed(), at(5));
}

TEST_F(FaultyDriveTest, AHeldAnswerIsOfACallThatWasMade) {
  drive_.add({DriveCall::accept, DriveEffect::hold_answer});
  ASSERT_TRUE(calls_.prepare(key_, at(5)));
  bool answered = false;
  drive_.accept(request(5), [&](Result<AcceptReply> r) { answered = r && r->accepted; });
  EXPECT_EQ(committed(), at(5));
  EXPECT_FALSE(answered);
  drive_.release();
  EXPECT_TRUE(answered);
}

TEST_F(FaultyDriveTest, WhatIsHeldAtTheEndIsAnsweredOffline) {
  std::optional<Code> code;
  {
    FaultyDrive drive(inner_);
    drive.add({DriveCall::read, DriveEffect::hold});
    drive.read(key_, false, [&](Result<View> r) { code = r.error().code; });
    EXPECT_FALSE(code);
  }
  EXPECT_EQ(code, Code::offline);
}

TEST_F(FaultyDriveTest, ALearnCanBeDropped) {
  drive_.add({DriveCall::learn, DriveEffect::drop});
  put_object(calls_, key_, 5, {}, {inlined()}, "body");
  EXPECT_TRUE(calls_.read(key_)->open) << "the state is still open";
  drive_.clear();
  calls_.learn({key_, at(5), 0});
  EXPECT_FALSE(calls_.read(key_)->open);
}

TEST_F(FaultyDriveTest, ExactlyOneBitOfWhatIsReadIsFlipped) {
  const auto distance = [](std::string_view a, std::string_view b) {
    int bits = 0;
    for (std::size_t i = 0; i < a.size(); ++i) bits += std::popcount(static_cast<unsigned char>(a[i] ^ b[i]));
    return bits;
  };
  put_object(calls_, key_, 5, {}, {inlined()}, "the body");
  const DataId id = DataId::random();
  ASSERT_TRUE(calls_.stage_file(id, 'z'));
  drive_.add({DriveCall::read, DriveEffect::flip, Code::io, 0, 1});
  drive_.add({DriveCall::read_shard, DriveEffect::flip, Code::io, 0, 1});
  EXPECT_EQ(distance(calls_.read(key_, true)->committed.body.text(), "the body"), 1);
  EXPECT_EQ(calls_.read(key_, true)->committed.body.text(), "the body") << "what is stored is whole";
  const std::string whole(Calls::kFileSize, 'z');
  EXPECT_EQ(distance(calls_.read_file(id).value(), whole), 1);
  EXPECT_EQ(calls_.read_file(id).value(), whole);
}

TEST_F(FaultyDriveTest, ATornAppendWritesLessThanItWasGiven) {
  drive_.add({DriveCall::append, DriveEffect::tear, Code::io, 0, 1});
  const DataId id = DataId::random();
  EXPECT_EQ(calls_.stage_file(id).error().code, Code::io);
  EXPECT_FALSE(calls_.read_file(id));
}

TEST_F(FaultyDriveTest, AFullDriveRefusesDataAndTakesDeletes) {
  put_object(calls_, key_, 5, {}, {inlined()}, "body");
  drive_.set_full(true);
  EXPECT_TRUE(drive_.status().full);
  ASSERT_TRUE(calls_.prepare(key_, at(6)));
  auto data = request(6);
  data.base = at(5);
  EXPECT_EQ(calls_.accept(std::move(data)).error().code, Code::drive_full);
  EXPECT_EQ(calls_.stage_file(DataId::random()).error().code, Code::drive_full);
  AcceptRequest gone;
  gone.key = key_;
  gone.ballot = at(6);
  gone.base = at(5);
  gone.state = nothing(at(6));
  EXPECT_TRUE(calls_.accept(std::move(gone))->accepted);
}

TEST_F(FaultyDriveTest, AnOfflineDriveAnswersSoAndItsReadersToo) {
  const DataId id = DataId::random();
  ASSERT_TRUE(calls_.stage_file(id));
  const auto reader = calls_.open_shard(
      {.data = id, .shard_index = 0, .geometry = Calls::geometry(), .size = Calls::kFileSize});
  ASSERT_TRUE(reader);
  drive_.set_offline(true);
  EXPECT_EQ(drive_.status().state, DriveState::offline);
  EXPECT_EQ(calls_.read(key_).error().code, Code::offline);
  const auto read = wait_for<std::vector<Chunk>>([&](auto done) { (*reader)->read(0, 1, std::move(done)); });
  EXPECT_EQ(read.error().code, Code::offline);
}

TEST_F(FaultyDriveTest, ChanceAndScriptAreRepeatable) {
  const auto pattern = [&](std::uint64_t seed) {
    FaultyDrive drive(inner_, seed);
    drive.set_chance(DriveEffect::fail_before, 300);
    Calls calls{drive};
    std::string out;
    for (int i = 0; i < 100; ++i) out += calls.read(key_) ? '.' : 'x';
    return out;
  };
  EXPECT_EQ(pattern(1), pattern(1));
  EXPECT_NE(pattern(1), pattern(2));
  EXPECT_GT(std::ranges::count(pattern(1), 'x'), 10);
  drive_.set_script([](DriveCall call, std::string_view) {
    return call == DriveCall::usage ? DriveEffect::fail_before : DriveEffect::pass;
  });
  EXPECT_FALSE(calls_.usage(BucketId{1}));
  EXPECT_TRUE(calls_.read(key_));
}

}  // namespace
}  // namespace cairn::drive::test
