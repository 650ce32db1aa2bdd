#include "unit/drive/register_fixture.hpp"

// The rules of the register, on every kind of drive.
namespace cairn::drive::test {
namespace {

TYPED_TEST_SUITE(Register, Subjects);

TYPED_TEST(Register, AKeyThatWasNeverWrittenHasTheNullState) {
  const View v = this->view();
  EXPECT_TRUE(v.whole);
  EXPECT_TRUE(v.committed.state.id.is_null());
  EXPECT_FALSE(v.open);
}

TYPED_TEST(Register, AnAcceptedStateIsOpenUntilItIsLearned) {
  auto c = this->calls();
  const DataRef data = inlined();
  const State s = put_object(c, this->key_, 5, {}, {data}, "body", {}, false);
  View v = this->view(true);
  ASSERT_TRUE(v.open);
  EXPECT_TRUE(v.committed.state.id.is_null());
  EXPECT_EQ(v.open->state, s);
  EXPECT_EQ(v.open->accepted, at(5));
  EXPECT_EQ(v.open->body.text(), "body");
  EXPECT_TRUE(this->has_work(WorkKind::open));
  EXPECT_EQ(c.usage(BucketId{7})->objects, 0u);

  c.learn({this->key_, s.id, 0});
  v = this->view(true);
  EXPECT_FALSE(v.open);
  EXPECT_EQ(v.committed.state, s);
  EXPECT_EQ(v.committed.body.text(), "body");
  EXPECT_FALSE(this->has_work(WorkKind::open));
  EXPECT_EQ(*c.usage(BucketId{7}), (Usage{1, 4}));
}

TYPED_TEST(Register, AOneDriveSetCommitsWithTheAcceptAndLeavesNoWork) {
  auto c = this->calls();
  ASSERT_TRUE(c.prepare(this->key_, at(5))->promised);
  AcceptRequest r = this->request(at(5), {}, object(at(5), {inlined()}));
  r.body = Slice::of("body");
  r.commit = true;
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  const View v = this->view(true);
  EXPECT_FALSE(v.open);
  EXPECT_EQ(v.committed.state.id, at(5));
  EXPECT_EQ(v.committed.body.text(), "body");
  EXPECT_FALSE(this->has_work(WorkKind::open));
}

TYPED_TEST(Register, PrepareRefusesABallotThatIsNotAboveTheLastAndSaysWhich) {
  auto c = this->calls();
  ASSERT_TRUE(c.prepare(this->key_, at(5))->promised);
  const auto same = c.prepare(this->key_, at(5));
  EXPECT_FALSE(same->promised);
  EXPECT_EQ(same->highest, at(5));
  EXPECT_FALSE(c.prepare(this->key_, at(4))->promised);
  EXPECT_TRUE(c.prepare(this->key_, at(6))->promised);
  EXPECT_TRUE(c.prepare(record_key(BucketId{7}, "other"), at(1))->promised);
}

TYPED_TEST(Register, PrepareRefusesABallotThatIsNotAboveWhatWasAccepted) {
  auto c = this->calls();
  put_object(c, this->key_, 5, {}, {inlined()}, "b", {}, false);
  const auto r = c.prepare(this->key_, at(5));
  EXPECT_FALSE(r->promised);
  EXPECT_EQ(r->highest, at(5));
}

TYPED_TEST(Register, AcceptNeedsTheBallotThatWasPromisedLast) {
  auto c = this->calls();
  EXPECT_FALSE(c.accept(this->request(at(5), {}, nothing(at(5))))->accepted) << "never promised";
  ASSERT_TRUE(c.prepare(this->key_, at(5))->promised);
  ASSERT_TRUE(c.prepare(this->key_, at(7))->promised);
  const auto old = c.accept(this->request(at(5), {}, nothing(at(5))));
  EXPECT_FALSE(old->accepted);
  EXPECT_EQ(old->highest, at(7));
  EXPECT_FALSE(c.accept(this->request(at(9), {}, nothing(at(9))))->accepted)
      << "higher is not the promise either";
  EXPECT_TRUE(c.accept(this->request(at(7), {}, nothing(at(7))))->accepted);
  EXPECT_EQ(this->view().open->state.id, at(7));
}

TYPED_TEST(Register, AcceptNeedsItsBase) {
  auto c = this->calls();
  put_object(c, this->key_, 5, {}, {inlined()}, "b");
  ASSERT_TRUE(c.prepare(this->key_, at(8))->promised);
  EXPECT_FALSE(c.accept(this->request(at(8), {}, nothing(at(8))))->accepted);
  EXPECT_FALSE(c.accept(this->request(at(8), at(6), nothing(at(8))))->accepted);
  EXPECT_TRUE(c.accept(this->request(at(8), at(5), nothing(at(8))))->accepted);
}

TYPED_TEST(Register, AcceptOnAnOpenStateCommitsIt) {
  auto c = this->calls();
  const State first = put_object(c, this->key_, 5, {}, {inlined()}, "one", {}, false);
  ASSERT_TRUE(c.prepare(this->key_, at(8))->promised);
  AcceptRequest r = this->request(at(8), at(5), object(at(8), {inlined()}, 3));
  r.body = Slice::of("two");
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  const View v = this->view(true);
  EXPECT_EQ(v.committed.state, first);
  EXPECT_EQ(v.committed.body.text(), "one");
  EXPECT_EQ(v.open->state.id, at(8));
  EXPECT_EQ(v.open->body.text(), "two");
  EXPECT_EQ(c.usage(BucketId{7})->bytes, 3u);
}

TYPED_TEST(Register, AnOpenStateThatIsLeftOutGoesWithItsData) {
  auto c = this->calls();
  const DataRef lost = inlined();
  put_object(c, this->key_, 5, {}, {lost}, "lost", {}, false);
  const State kept = put_object(c, this->key_, 8, {}, {inlined()}, "kept", {}, false);
  EXPECT_EQ(this->view().open->state, kept);
  EXPECT_EQ(c.read_body(lost.id).error().code, Code::not_found);
  const auto work = c.work(WorkKind::open);
  ASSERT_EQ(work->size(), 1u);
  EXPECT_EQ(work->at(0).state, at(8));
  EXPECT_EQ(work->at(0).key, this->key_);
}

TYPED_TEST(Register, CarryingAnOpenStateRaisesItsBallotAndKeepsItsData) {
  auto c = this->calls();
  const State s = put_object(c, this->key_, 5, {}, {inlined()}, "data", {}, false);
  ASSERT_TRUE(c.prepare(this->key_, at(8))->promised);
  const auto carried = c.accept(this->request(at(8), {}, s));
  EXPECT_TRUE(carried->accepted);
  EXPECT_FALSE(carried->shard_missing);
  const View v = this->view(true);
  EXPECT_EQ(v.open->accepted, at(8));
  EXPECT_EQ(v.open->state.id, at(5));
  EXPECT_EQ(v.open->body.text(), "data");
}

TYPED_TEST(Register, TheSameAcceptTwiceIsAcceptedTwice) {
  auto c = this->calls();
  ASSERT_TRUE(c.prepare(this->key_, at(5))->promised);
  AcceptRequest r = this->request(at(5), {}, object(at(5), {inlined()}));
  r.body = Slice::of("body");
  ASSERT_TRUE(c.accept(r)->accepted);
  EXPECT_TRUE(c.accept(r)->accepted);
  c.learn({this->key_, at(5), 0});
  EXPECT_TRUE(c.accept(r)->accepted) << "learned meanwhile";
  EXPECT_FALSE(this->view().open);
  EXPECT_EQ(c.usage(BucketId{7})->objects, 1u);
}

TYPED_TEST(Register, ALateAcceptOfAnOlderStateDoesNotTakeTheRegisterBack) {
  auto c = this->calls();
  ASSERT_TRUE(c.prepare(this->key_, at(5))->promised);
  const AcceptRequest first = this->request(at(5), {}, nothing(at(4)));
  ASSERT_TRUE(c.accept(first)->accepted);
  ASSERT_TRUE(c.accept(this->request(at(5), at(4), nothing(at(5))))->accepted);
  EXPECT_TRUE(c.accept(first)->accepted);
  EXPECT_EQ(this->view().committed.state.id, at(4));
  EXPECT_EQ(this->view().open->state.id, at(5));
}

TYPED_TEST(Register, InstallBringsADriveForwardAndMarksWhatIsMissing) {
  auto c = this->calls();
  const DataRef old = inlined();
  put_object(c, this->key_, 5, {}, {old}, "old");
  State base = object(at(7), {inlined()}, 70);
  ASSERT_TRUE(c.prepare(this->key_, at(8))->promised);
  AcceptRequest r = this->request(at(8), at(7), object(at(8), {inlined()}, 80));
  r.body = Slice::of("new");
  EXPECT_FALSE(c.accept(r)->accepted) << "it does not hold the base";
  r.install = Install{base};
  const auto reply = c.accept(r);
  ASSERT_TRUE(reply->accepted);
  EXPECT_FALSE(reply->shard_missing);
  const View v = this->view();
  EXPECT_EQ(v.committed.state, base);
  EXPECT_TRUE(v.committed.shard_missing);
  EXPECT_FALSE(v.committed.rows_missing) << "there were no rows and there are none";
  EXPECT_EQ(v.open->state.id, at(8));
  EXPECT_FALSE(v.open->shard_missing);
  EXPECT_EQ(this->heal_bits(), 4u) << "its own slot";
  EXPECT_EQ(c.read_body(old.id).error().code, Code::not_found);
  EXPECT_EQ(c.usage(BucketId{7})->bytes, 70u);
}

TYPED_TEST(Register, InstallNeverGoesBackwards) {
  auto c = this->calls();
  put_object(c, this->key_, 5, {}, {inlined()}, "b");
  ASSERT_TRUE(c.prepare(this->key_, at(8))->promised);
  AcceptRequest r = this->request(at(8), at(3), nothing(at(8)));
  r.install = Install{object(at(3), {inlined()})};
  EXPECT_FALSE(c.accept(std::move(r))->accepted);
  EXPECT_EQ(this->view().committed.state.id, at(5));
}

TYPED_TEST(Register, InstallOfTheOpenStateLearnsIt) {
  auto c = this->calls();
  const State s = put_object(c, this->key_, 5, {}, {inlined()}, "b", {}, false);
  ASSERT_TRUE(c.prepare(this->key_, at(8))->promised);
  AcceptRequest r = this->request(at(8), at(5), std::nullopt);
  r.install = Install{s};
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  EXPECT_EQ(this->view().committed.state, s);
  EXPECT_FALSE(this->view().committed.shard_missing);
}

TYPED_TEST(Register, AcceptWithoutAStateOnlyLearns) {
  auto c = this->calls();
  put_object(c, this->key_, 5, {}, {inlined()}, "b", {}, false);
  ASSERT_TRUE(c.prepare(this->key_, at(8))->promised);
  ASSERT_TRUE(c.accept(this->request(at(8), at(5), std::nullopt))->accepted);
  EXPECT_EQ(this->view().committed.state.id, at(5));
  EXPECT_FALSE(this->view().open);
}

TYPED_TEST(Register, AStateWithoutItsBodyIsMarked) {
  auto c = this->calls();
  ASSERT_TRUE(c.prepare(this->key_, at(5))->promised);
  const auto r = c.accept(this->request(at(5), {}, object(at(5), {inlined()})));
  EXPECT_TRUE(r->accepted);
  EXPECT_TRUE(r->shard_missing);
  EXPECT_TRUE(this->view().open->shard_missing);
  c.learn({this->key_, at(5), 0b1001});
  EXPECT_TRUE(this->view().committed.shard_missing);
  EXPECT_EQ(this->heal_bits(), 0b1101u);
}

TYPED_TEST(Register, AFileStateNeedsATokenOfThisBoot) {
  auto c = this->calls();
  const DataRef good = file_ref();
  const auto token = c.stage_file(good.id);
  ASSERT_TRUE(token);
  EXPECT_TRUE(this->has_work(WorkKind::stage));
  put_object(c, this->key_, 5, {}, {good}, "", {*token}, false);
  EXPECT_FALSE(this->view().open->shard_missing);
  EXPECT_FALSE(this->has_work(WorkKind::stage));
  EXPECT_EQ(*c.read_file(good.id), std::string(Calls::kFileSize, 'x'));

  put_object(c, this->key_, 6, at(5), {file_ref()}, "", {}, false);
  EXPECT_TRUE(this->view().open->shard_missing) << "no token";
  const DataRef forged = file_ref();
  put_object(c, this->key_, 7, at(5), {forged}, "", {{forged.id, token->boot}}, false);
  EXPECT_TRUE(this->view().open->shard_missing) << "never staged";
}

TYPED_TEST(Register, WhatAnEarlierBootStagedIsRefusedAndRemoved) {
  const DataRef data = file_ref();
  const auto token = this->calls().stage_file(data.id);
  ASSERT_TRUE(token);
  this->subject_.restart();
  EXPECT_FALSE(this->subject_.has_file(data.id));
  EXPECT_FALSE(this->has_work(WorkKind::stage));
  auto c = this->calls();
  put_object(c, this->key_, 1'000'000'000, {}, {data}, "", {*token}, false);
  EXPECT_TRUE(this->view().open->shard_missing);
}

TYPED_TEST(Register, ADroppedWriterLeavesNothing) {
  auto c = this->calls();
  const DataId id = DataId::random();
  {
    ASSERT_TRUE(c.stage(Calls::file_request(id)));
  }
  this->subject_.restart();  // waits for what runs in the background
  EXPECT_FALSE(this->subject_.has_file(id));
  EXPECT_FALSE(this->has_work(WorkKind::stage));
}

TYPED_TEST(Register, ADataIdIsStagedOnce) {
  auto c = this->calls();
  const DataId id = DataId::random();
  ASSERT_TRUE(c.stage_file(id));
  EXPECT_EQ(c.stage_file(id).error().code, Code::exists);
}

TYPED_TEST(Register, SupersededDataIsCollected) {
  auto c = this->calls();
  const DataRef small = inlined(), large = file_ref();
  put_object(c, this->key_, 5, {}, {small}, "small");
  const auto token = c.stage_file(large.id);
  put_object(c, this->key_, 6, at(5), {large}, "", {*token});
  EXPECT_EQ(c.read_body(small.id).error().code, Code::not_found);
  const auto reader = c.open_shard({large.id, 0, Calls::geometry(), Calls::kFileSize});
  ASSERT_TRUE(reader);
  put_object(c, this->key_, 7, at(6), {inlined()}, "again");
  EXPECT_TRUE(this->has_work(WorkKind::collect));
  this->subject_.collect();
  EXPECT_FALSE(this->has_work(WorkKind::collect));
  EXPECT_FALSE(this->subject_.has_file(large.id));
  EXPECT_TRUE(wait_for<std::vector<Chunk>>([&](auto done) { (*reader)->read(0, 1, std::move(done)); }))
      << "a reader that began earlier goes on";
}

// An open state that was left out here, and carried elsewhere: its file has been released meanwhile.
TYPED_TEST(Register, AFileThatIsGoingCountsAsGoneUntilItIs) {
  auto c = this->calls();
  put_object(c, this->key_, 5, {}, {inlined()}, "first");
  c.learn({this->key_, at(5), 0});
  const DataRef file = file_ref();
  ASSERT_TRUE(c.prepare(this->key_, at(6))->promised);
  AcceptRequest open = this->request(at(6), at(5), object(at(6), {file}));
  open.staged = {*c.stage_file(file.id)};
  EXPECT_FALSE(c.accept(std::move(open))->shard_missing);
  ASSERT_TRUE(c.prepare(this->key_, at(7))->promised);
  ASSERT_TRUE(c.accept(this->request(at(7), at(5), std::nullopt))->accepted);

  ASSERT_TRUE(c.prepare(this->key_, at(8))->promised);
  AcceptRequest install = this->request(at(8), at(6), std::nullopt);
  install.install = Install{object(at(6), {file})};
  EXPECT_TRUE(c.accept(std::move(install))->shard_missing);
  EXPECT_TRUE(this->has_work(WorkKind::heal));
  EXPECT_EQ(c.stage_file(file.id, 'x', true).error().code, Code::exists);
  this->subject_.collect();
  EXPECT_FALSE(this->subject_.has_file(file.id));
  const auto token = c.stage_file(file.id, 'x', true);
  ASSERT_TRUE(token);
  EXPECT_TRUE(*c.restore({this->key_, at(6), {}, {*token}, {}}));
  EXPECT_FALSE(this->view().committed.shard_missing);
  this->subject_.collect();
  EXPECT_TRUE(this->subject_.has_file(file.id));
}

TYPED_TEST(Register, DataThatTheNewStateKeepsStays) {
  auto c = this->calls();
  const DataRef data = inlined();
  put_object(c, this->key_, 5, {}, {data}, "data");
  ASSERT_TRUE(c.prepare(this->key_, at(6))->promised);
  const auto r = c.accept(this->request(at(6), at(5), object(at(6), {data})));
  EXPECT_FALSE(r->shard_missing);
  c.learn({this->key_, at(6), 0});
  EXPECT_EQ(c.read_body(data.id)->text(), "data");
}

// The head moves to a version row, and back when the newer version goes.
TYPED_TEST(Register, VersionRowsTakeTheHeadsDataAlongAndGiveItBack) {
  auto c = this->calls();
  const DataRef first = inlined(), second = inlined();
  const State one = put_object(c, this->key_, 5, {}, {first}, "first");
  Row row{RowTable::version, "v5", "metadata of 5", {first}};
  State two = object(at(6), {second}, 20);
  two.rows.add(row);
  ASSERT_TRUE(c.prepare(this->key_, at(6))->promised);
  AcceptRequest r = this->request(at(6), at(5), two);
  r.rows = {{row, false}};
  r.body = Slice::of("second");
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  EXPECT_TRUE(c.rows(this->key_, RowTable::version)->empty()) << "not committed yet";
  c.learn({this->key_, at(6), 0});
  EXPECT_EQ(*c.rows(this->key_, RowTable::version), std::vector<Row>{row});
  EXPECT_EQ(c.read_body(first.id)->text(), "first");
  EXPECT_FALSE(this->view().committed.rows_missing);

  State three = object(at(7), {first}, 5);
  ASSERT_TRUE(c.prepare(this->key_, at(7))->promised);
  r = this->request(at(7), at(6), three);
  r.rows = {{{RowTable::version, "v5", {}, {}}, true}};
  const auto promoted = c.accept(std::move(r));
  ASSERT_TRUE(promoted->accepted);
  EXPECT_FALSE(promoted->shard_missing);
  c.learn({this->key_, at(7), 0});
  EXPECT_TRUE(c.rows(this->key_, RowTable::version)->empty());
  EXPECT_EQ(this->view(true).committed.body.text(), "first");
  EXPECT_FALSE(this->view().committed.rows_missing);
  EXPECT_EQ(c.read_body(second.id).error().code, Code::not_found);
}

TYPED_TEST(Register, APromotionThatIsGivenUpLeavesTheRowItsData) {
  auto c = this->calls();
  const DataRef first = inlined(), second = inlined();
  put_object(c, this->key_, 5, {}, {first}, "first");
  Row row{RowTable::version, "v5", "metadata", {first}};
  State two = object(at(6), {second});
  two.rows.add(row);
  ASSERT_TRUE(c.prepare(this->key_, at(6))->promised);
  AcceptRequest r = this->request(at(6), at(5), two);
  r.rows = {{row, false}};
  r.body = Slice::of("second");
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  c.learn({this->key_, at(6), 0});
  ASSERT_TRUE(c.prepare(this->key_, at(7))->promised);
  r = this->request(at(7), at(6), object(at(7), {first}));
  r.rows = {{{RowTable::version, "v5", {}, {}}, true}};
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  State other = object(at(8), {inlined()});
  other.rows = two.rows;
  ASSERT_TRUE(c.prepare(this->key_, at(8))->promised);
  r = this->request(at(8), at(6), other);
  r.body = Slice::of("other");
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  c.learn({this->key_, at(8), 0});
  EXPECT_EQ(c.read_body(first.id)->text(), "first");
  EXPECT_EQ(c.rows(this->key_, RowTable::version)->size(), 1u);
}

TYPED_TEST(Register, LearnIsIgnoredForAnyOtherState) {
  auto c = this->calls();
  put_object(c, this->key_, 5, {}, {inlined()}, "b", {}, false);
  c.learn({this->key_, at(4), 1});
  c.learn({record_key(BucketId{7}, "unknown"), at(4), 1});
  EXPECT_EQ(this->view().open->state.id, at(5));
  EXPECT_FALSE(this->has_work(WorkKind::heal));
}

TYPED_TEST(Register, LearnLeavesAHealEntryThatHealDoneTakesBack) {
  auto c = this->calls();
  put_object(c, this->key_, 5, {}, {inlined()}, "b", {}, false);
  c.learn({this->key_, at(5), 0b1010});
  EXPECT_EQ(this->heal_bits(), 0b1010u);
  c.learn({this->key_, at(5), 0b1});
  EXPECT_EQ(this->heal_bits(), 0b1011u);
  c.heal_done(this->key_, at(5), 0b10);
  EXPECT_EQ(this->heal_bits(), 0b10u);
  c.heal_done(this->key_, at(4), 0);
  EXPECT_EQ(this->heal_bits(), 0b10u) << "an older state's";
  c.heal_done(this->key_, at(5), 0);
  EXPECT_FALSE(this->has_work(WorkKind::heal));
}

TYPED_TEST(Register, PurgeForgetsATombstoneAndRaisesTheFloor) {
  auto c = this->calls();
  put_object(c, this->key_, 5, {}, {inlined()}, "b");
  ASSERT_TRUE(c.prepare(this->key_, at(6))->promised);
  ASSERT_TRUE(c.accept(this->request(at(6), at(5), nothing(at(6))))->accepted);
  EXPECT_FALSE(*c.purge(this->key_, at(6))) << "still open";
  c.learn({this->key_, at(6), 0});
  EXPECT_FALSE(*c.purge(this->key_, at(5)));
  EXPECT_TRUE(*c.purge(this->key_, at(6)));
  EXPECT_TRUE(this->view().committed.state.id.is_null());
  EXPECT_FALSE(c.prepare(record_key(BucketId{7}, "any"), at(6))->promised);
  EXPECT_EQ(*c.usage(BucketId{7}), Usage{});
  EXPECT_FALSE(*c.purge(this->key_, at(6)));
}

TYPED_TEST(Register, AnObjectIsNotPurged) {
  auto c = this->calls();
  put_object(c, this->key_, 5, {}, {inlined()}, "b");
  EXPECT_FALSE(*c.purge(this->key_, at(5)));
}

TYPED_TEST(Register, ARestartForgetsPromisesAndKeepsStates) {
  auto c = this->calls();
  put_object(c, this->key_, 5, {}, {inlined()}, "kept");
  put_object(c, this->key_, 6, at(5), {inlined()}, "open", {}, false);
  ASSERT_TRUE(c.prepare(this->key_, at(9))->promised);
  this->subject_.restart();
  auto after = this->calls();
  const View v = this->view(true);
  EXPECT_EQ(v.committed.body.text(), "kept");
  EXPECT_EQ(v.open->body.text(), "open");
  EXPECT_EQ(v.open->accepted, at(6));
  EXPECT_TRUE(this->has_work(WorkKind::open));
  EXPECT_FALSE(after.accept(this->request(at(9), at(6), nothing(at(9))))->accepted)
      << "the promise is forgotten";
  const auto refused = after.prepare(this->key_, at(9));
  EXPECT_FALSE(refused->promised) << "the floor is above what was promised";
  EXPECT_GT(refused->highest, at(9));
  EXPECT_TRUE(after.prepare(this->key_, {refused->highest.time + 1, 1})->promised);
}

TYPED_TEST(Register, ADriveThatIsNotWholeSaysSoOfAbsenceOnly) {
  this->subject_.empty_and_not_whole();
  auto c = this->calls();
  EXPECT_FALSE(this->view().whole);
  EXPECT_FALSE(c.list({.bucket = BucketId{7}})->whole);
  ASSERT_TRUE(c.prepare(this->key_, at(8))->promised);
  AcceptRequest r = this->request(at(8), {}, object(at(8), {inlined()}));
  r.install = Install{};
  r.body = Slice::of("b");
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  EXPECT_TRUE(this->view().whole);
  EXPECT_FALSE(c.read(record_key(BucketId{7}, "other"))->whole);
  ASSERT_TRUE(c.set_whole());
  EXPECT_TRUE(c.read(record_key(BucketId{7}, "other"))->whole);
  this->subject_.restart();
  EXPECT_TRUE(this->calls().read(record_key(BucketId{7}, "other"))->whole);
}

TYPED_TEST(Register, RestorePutsBodiesAndFilesInPlace) {
  auto c = this->calls();
  const DataRef body = inlined(), file = file_ref();
  ASSERT_TRUE(c.prepare(this->key_, at(5))->promised);
  ASSERT_TRUE(c.accept(this->request(at(5), {}, object(at(5), {body, file})))->shard_missing);
  c.learn({this->key_, at(5), 1});
  EXPECT_EQ(this->heal_bits(), 0b101u);
  EXPECT_TRUE(*c.restore({this->key_, at(5), {{body, Slice::of("body")}}, {}, {}}));
  EXPECT_TRUE(this->view().committed.shard_missing) << "half of it";
  const auto token = c.stage_file(file.id);
  EXPECT_FALSE(*c.restore({this->key_, at(4), {}, {*token}, {}})) << "another state";
  EXPECT_TRUE(*c.restore({this->key_, at(5), {}, {*token}, {}}));
  EXPECT_FALSE(this->view().committed.shard_missing);
  EXPECT_EQ(this->heal_bits(), 0b1u) << "the other drive's remains";
  EXPECT_EQ(this->view(true).committed.body.text(), "body");
  this->subject_.restart();
  EXPECT_TRUE(this->subject_.has_file(file.id));
}

TYPED_TEST(Register, RestoreIgnoresDataThatTheStateDoesNotName) {
  auto c = this->calls();
  const DataRef stray = inlined();
  put_object(c, this->key_, 5, {}, {inlined()}, "b");
  EXPECT_TRUE(*c.restore({this->key_, at(5), {{stray, Slice::of("stray")}}, {}, {}}));
  EXPECT_EQ(c.read_body(stray.id).error().code, Code::not_found);
}

TYPED_TEST(Register, RowsThatAreMissingAreRestoredAsAWhole) {
  auto c = this->calls();
  const DataRef old = inlined(), kept = inlined(), newest = inlined();
  put_object(c, this->key_, 5, {}, {old}, "old");
  const Row row{RowTable::version, "v6", "six", {kept}};
  State base = object(at(7), {newest}, 70);
  base.rows.add(row);
  ASSERT_TRUE(c.prepare(this->key_, at(8))->promised);
  AcceptRequest r = this->request(at(8), at(7), std::nullopt);
  r.install = Install{base};
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  EXPECT_TRUE(this->view().committed.rows_missing);
  EXPECT_EQ(c.read_body(old.id)->text(), "old") << "a row might name it";
  EXPECT_EQ(c.restore({this->key_, at(7), {}, {}, std::vector<Row>{}}).error().code, Code::invalid_argument);
  EXPECT_TRUE(*c.restore({this->key_,
                          at(7),
                          {{newest, Slice::of("newest")}, {kept, Slice::of("kept")}},
                          {},
                          std::vector<Row>{row}}));
  const View v = this->view(true);
  EXPECT_FALSE(v.committed.rows_missing);
  EXPECT_FALSE(v.committed.shard_missing);
  EXPECT_EQ(v.committed.body.text(), "newest");
  EXPECT_EQ(*c.rows(this->key_, RowTable::version), std::vector<Row>{row});
  EXPECT_EQ(c.read_body(kept.id)->text(), "kept");
  EXPECT_EQ(c.read_body(old.id).error().code, Code::not_found) << "no row names it";
  EXPECT_FALSE(this->has_work(WorkKind::heal));
}

TYPED_TEST(Register, IncarnationsRegisterOnceAndLearnTheHorizon) {
  auto c = this->calls();
  ASSERT_TRUE(c.prepare(this->key_, at(9))->promised);
  const DriveId drive = DriveId::random();
  const auto horizon = c.register_incarnation(1, drive, 2);
  ASSERT_TRUE(horizon);
  EXPECT_GE(*horizon, at(9));
  EXPECT_TRUE(c.register_incarnation(1, drive, 2)) << "again";
  EXPECT_FALSE(c.register_incarnation(1, DriveId::random(), 2));
  EXPECT_FALSE(c.register_incarnation(1, DriveId::random(), 1));
  EXPECT_TRUE(c.register_incarnation(1, DriveId::random(), 3));
  this->subject_.restart();
  EXPECT_FALSE(this->calls().register_incarnation(1, drive, 2));
}

TYPED_TEST(Register, AnAdoptedFloorHoldsOverARestart) {
  const Ballot floor = at(50'000'000);
  ASSERT_TRUE(this->calls().adopt_floor(floor));
  EXPECT_FALSE(this->calls().prepare(this->key_, floor)->promised);
  EXPECT_TRUE(this->calls().prepare(this->key_, at(50'000'001))->promised);
  this->subject_.restart();
  EXPECT_FALSE(this->calls().prepare(this->key_, floor)->promised);
}

}  // namespace
}  // namespace cairn::drive::test
