#include "store/settle.hpp"

#include <gtest/gtest.h>

#include "fakes/mem_drive.hpp"

namespace cairn::store {
namespace {

using drive::AcceptReply;
using drive::AcceptRequest;
using drive::Ballot;
using drive::MemDrive;
using drive::PrepareReply;
using drive::State;
using drive::StateId;
using drive::StateKind;
using drive::View;

constexpr Quorum kFour{4, 2, 2};       // W = 3, majority 3, evidence 2, R = 2
constexpr Quorum kSixteen{16, 12, 4};  // W = 13, majority 9, evidence 8, R = 12

State object(std::uint64_t id) {
  State s;
  s.id = {id, 1};
  s.kind = StateKind::object;
  s.head = std::to_string(id);
  std::string data(16, static_cast<char>(id));
  s.data = {{DataId::from_bytes(data), drive::DataForm::inlined}};
  return s;
}
State tombstone(std::uint64_t id) {
  State s;
  s.id = {id, 1};
  return s;
}
std::uint32_t two(const State& s) { return s.data.empty() ? 0 : 2; }

View committed(const State& s, bool shard_missing = false) {
  View v;
  v.committed.state = s;
  v.committed.shard_missing = shard_missing;
  return v;
}
struct Marks {
  bool shard_missing = false, rows_missing = false;
};
View open(const State& base, const State& s, std::uint64_t accepted, Marks marks = {}) {
  View v = committed(base);
  v.open.emplace();
  v.open->state = s;
  v.open->accepted = {accepted, 1};
  v.open->shard_missing = marks.shard_missing;
  v.open->rows_missing = marks.rows_missing;
  return v;
}
View replaced() {
  View v;
  v.whole = false;
  return v;
}
using Kind = Settled::Kind;
using Read = ReadDecision::Kind;
Settled settle4(const Views& v) { return settle(v, kFour, two); }
ReadDecision read4(const Views& v, SlotMask pending = 0, StateId known = {}) {
  return decide_read(v, kFour, pending, known, two);
}

TEST(Quorum, AnyTwoWriteQuorumsMeetAndEvidenceMeetsThemAll) {
  for (std::uint32_t n = 1; n <= 16; ++n)
    for (std::uint32_t p = 0; p <= n / 2; ++p) {
      if (n > 1 && p == 0) continue;
      const Quorum q{n, n - p, p};
      SCOPED_TRACE(std::to_string(n) + "/" + std::to_string(p));
      EXPECT_LE(q.write(), n);
      EXPECT_GT(2 * q.write(), n);
      EXPECT_GE(q.write(), q.data);
      EXPECT_GE(q.write(), q.majority());
      for (std::uint32_t other = 0; other <= n / 2; ++other)  // the parity of another time
        if (n == 1 || other > 0) {
          EXPECT_GT(Quorum::write_of(n, n - other) + q.evidence(), n);
        }
      EXPECT_GE(q.read(), q.data);
      EXPECT_GE(q.read() + q.write(), n + 1);
      EXPECT_LE(q.read(), n);
      EXPECT_EQ(q.write(), n <= 2 ? n : p == 1 && q.data > 1 ? q.data : q.data + 1);
    }
}

TEST(Quorum, DefaultParityLeavesAValidGeometry) {
  const std::uint32_t expected[] = {0, 1, 1, 2, 2, 3, 3, 4, 4};
  for (std::uint32_t n = 1; n <= 9; ++n) EXPECT_EQ(Quorum::default_parity(n), expected[n - 1]);
  EXPECT_EQ(Quorum::default_parity(16), 4u);
}

TEST(Settle, SaysNothingBelowTheWriteQuorumOfAnswersOrTheEvidenceOfWholeOnes) {
  const View c = committed(object(1));
  EXPECT_EQ(settle4({c, c, {}, {}}).kind, Kind::unready);
  EXPECT_EQ(settle4({}).kind, Kind::unready);
  EXPECT_EQ(settle4({c, replaced(), replaced(), {}}).kind, Kind::unready);
  EXPECT_EQ(settle4({replaced(), replaced(), replaced(), replaced()}).kind, Kind::unready);
  EXPECT_EQ(settle4({c, c, replaced(), {}}).kind, Kind::base);
  EXPECT_EQ(settle4({c, c, c, {}}).kind, Kind::base);
}

TEST(Settle, TheHighestCommittedStateIsTheBase) {
  const Settled s =
      settle4({committed(object(1)), committed(object(3), true), committed(object(2)), committed(object(3))});
  EXPECT_EQ(s.kind, Kind::base);
  EXPECT_EQ(s.state.id.time, 3u);
  EXPECT_EQ(s.committed.id.time, 3u);
  EXPECT_EQ(s.holders, 0b1010u);
  EXPECT_EQ(s.with_data, 0b1000u);
}

TEST(Settle, WhatAWriteQuorumAcceptedUnderOneBallotIsCommitted) {
  const View o = open(object(1), object(2), 5);
  const Settled s = settle4({o, o, o, committed(object(1))});
  EXPECT_EQ(s.kind, Kind::base);
  EXPECT_EQ(s.state.id.time, 2u);
  EXPECT_EQ(s.committed.id.time, 1u);
  EXPECT_EQ(s.holders, 0b0111u);
}

TEST(Settle, WhatWasAcceptedUnderDifferentBallotsIsCarried) {
  const State a = object(1), b = object(2);
  const Settled s = settle4({open(a, b, 5), open(a, b, 5), open(a, b, 6), committed(a)});
  EXPECT_EQ(s.kind, Kind::carry);
  EXPECT_EQ(s.state.id.time, 2u);
  EXPECT_EQ(s.committed.id.time, 1u);
  EXPECT_EQ(s.holders, 0b0111u);
}

TEST(Settle, WhatMayHaveAQuorumWithTheDrivesThatAreSilentIsCarried) {
  const State a = object(1), b = object(2);
  EXPECT_EQ(settle4({open(a, b, 5), open(a, b, 5), committed(a), {}}).kind, Kind::carry);
  EXPECT_EQ(settle4({open(a, b, 5), open(a, b, 5), committed(a), replaced()}).kind, Kind::carry);
}

TEST(Settle, WhatCannotHaveBeenAcknowledgedIsLeftOut) {
  const State a = object(1), b = object(2);
  const Settled s = settle4({open(a, b, 5), open(a, b, 5), committed(a), committed(a)});
  EXPECT_EQ(s.kind, Kind::base);
  EXPECT_EQ(s.state.id.time, 1u);
  EXPECT_EQ(s.holders, 0b1111u);
  EXPECT_EQ(settle4({open(a, b, 5), committed(a), committed(a), {}}).state.id.time, 1u);
}

TEST(Settle, TheHighestAcceptedBallotCountsNotTheHighestId) {
  const State a = object(1);
  const Settled s = settle4({open(a, object(2), 9), open(a, object(2), 9), open(a, object(3), 3), {}});
  EXPECT_EQ(s.kind, Kind::carry);
  EXPECT_EQ(s.state.id.time, 2u);
}

TEST(Settle, OpenStatesOnAnOlderBaseDoNotCount) {
  const Settled s = settle4({open(object(1), object(2), 9), open(object(1), object(2), 9),
                             open(object(1), object(2), 9), committed(object(3))});
  EXPECT_EQ(s.kind, Kind::base);
  EXPECT_EQ(s.state.id.time, 3u);
}

TEST(Settle, WithoutEnoughShardsItWaitsForTheOtherDrivesAndDropsOnlyWhatIsGone) {
  const State a = object(1), b = object(2);
  const View bare = open(a, b, 5, {.shard_missing = true});
  EXPECT_EQ(settle4({open(a, b, 5), bare, committed(a), {}}).kind, Kind::stuck);
  EXPECT_EQ(settle4({open(a, b, 5), bare, committed(a), replaced()}).kind, Kind::lost);
  // Known not to have its shards anywhere: nobody was told of it, however many took its metadata.
  const Settled s = settle4({open(a, b, 5), bare, bare, bare});
  EXPECT_EQ(s.kind, Kind::base);
  EXPECT_EQ(s.state.id.time, 1u);
  // One more may have a shard.
  EXPECT_EQ(settle4({open(a, b, 5), bare, bare, {}}).kind, Kind::stuck);
  EXPECT_EQ(settle4({open(a, b, 5), open(a, b, 5), bare, {}}).kind, Kind::base);
}

TEST(Settle, WithoutOneWhoHasItsRowsAStateIsNotCommitted) {
  const State a = object(1);
  State b = a;
  b.id = {2, 1};
  b.rows.add({drive::RowTable::upload, "u", "", {}});
  const View bare = open(a, b, 5, {.rows_missing = true});
  EXPECT_EQ(settle4({bare, bare, bare, {}}).kind, Kind::stuck);
  EXPECT_EQ(settle4({bare, bare, bare, committed(a)}).state.id.time, 1u);
  EXPECT_EQ(settle4({bare, bare, open(a, b, 5), committed(a)}).state.id.time, 2u);
}

TEST(Settle, AStateWithoutNewDataNeedsNoShards) {
  const State a = object(1);
  State b = a;
  b.id = {2, 1};
  const View o = open(a, b, 5, {.shard_missing = true});
  EXPECT_EQ(settle4({o, o, committed(a), {}}).kind, Kind::carry);
  EXPECT_EQ(settle4({o, o, o, {}}).kind, Kind::base);
  const View t = open(a, tombstone(2), 5);
  EXPECT_EQ(settle4({t, t, committed(a), {}}).kind, Kind::carry);
}

TEST(Settle, ConclusionsFromAbsenceUseTheSmallestQuorumThatAnyParityAllows) {
  const State a = object(1), b = object(2);
  const auto needs = [](const State& s) { return s.data.empty() ? 0u : 8u; };
  Views v(16, committed(a));
  for (int i = 0; i < 9; ++i) v[i] = open(a, b, 5);  // acknowledged with 8+8
  EXPECT_EQ(settle(v, kSixteen, needs).kind, Kind::carry);
  v[8] = committed(a);
  EXPECT_EQ(settle(v, kSixteen, needs).kind, Kind::base);
  EXPECT_EQ(settle(v, kSixteen, needs).state.id.time, 1u);
}

TEST(Settle, ATombstoneThatIsBeingForgottenHidesNothingThatWasWrittenSince) {
  const State t = tombstone(5), s = object(7);
  // Slots 0 to 2 have forgotten the tombstone and took a write; slot 3 still has the tombstone.
  const View o = open({}, s, 7);
  const Settled all = settle4({o, o, o, committed(t)});
  EXPECT_EQ(all.kind, Kind::base);
  EXPECT_EQ(all.state.id.time, 7u);
  const Settled some = settle4({{}, o, o, committed(t)});
  EXPECT_EQ(some.kind, Kind::carry);
  EXPECT_TRUE(some.committed.id.is_null());
  EXPECT_EQ(read4({o, {}, {}, committed(t)}).kind, Read::undecided);
  EXPECT_EQ(read4({o, o, o, committed(t)}).state.id.time, 7u);
  // What lost against the tombstone's ancestors stays lost.
  const View old = open({}, object(3), 4);
  EXPECT_EQ(settle4({old, old, old, committed(t)}).state.id.time, 5u);
  // And nothing of this where the highest state is an object.
  EXPECT_EQ(settle4({o, o, o, committed(object(6))}).state.id.time, 6u);
}

TEST(Read, TooFewWholeAnswersAskForMoreAndThenFail) {
  const View c = committed(object(1));
  EXPECT_EQ(read4({c, {}, {}, {}}, 0b1110).kind, Read::ask_more);
  EXPECT_EQ(read4({c, {}, {}, {}}).kind, Read::unready);
  EXPECT_EQ(read4({c, replaced(), {}, {}}).kind, Read::unready);
}

TEST(Read, WithoutAnOpenStateTheHighestCommittedOneIsTheAnswer) {
  const ReadDecision d = read4({committed(object(1)), committed(object(2)), {}, {}}, 0b1100);
  EXPECT_EQ(d.kind, Read::answer);
  EXPECT_EQ(d.state.id.time, 2u);
  EXPECT_EQ(d.holders, 0b0010u);
}

TEST(Read, AnOpenStateIsTheAnswerOnlyWhenItIsCommitted) {
  const State a = object(1), b = object(2);
  const View o = open(a, b, 5);
  EXPECT_EQ(read4({o, o, o, {}}, 0b1000).state.id.time, 2u);
  EXPECT_EQ(read4({o, o, {}, {}}, 0b1100).kind, Read::ask_more);
  EXPECT_EQ(read4({o, o, {}, {}}).kind, Read::undecided);
  EXPECT_EQ(read4({o, o, open(a, b, 6), {}}).kind, Read::undecided);
  EXPECT_EQ(read4({o, o, committed(a), committed(a)}).state.id.time, 1u);
}

TEST(Read, AnOpenStateWithoutItsShardsIsNoAnswer) {
  const State a = object(1), b = object(2);
  const View bare = open(a, b, 5, {.shard_missing = true});
  EXPECT_EQ(read4({open(a, b, 5), bare, bare, {}}).kind, Read::undecided);
  EXPECT_EQ(read4({open(a, b, 5), bare, bare, bare}).state.id.time, 1u);
}

TEST(Read, WhatThisProcessSawCommittedIsTheAnswer) {
  const View o = open(object(1), object(2), 5);
  EXPECT_EQ(read4({o, {}, {}, committed(object(1))}, 0, {2, 1}).state.id.time, 2u);
  EXPECT_EQ(read4({o, {}, {}, committed(object(1))}, 0, {1, 1}).kind, Read::undecided);
}

TEST(Read, WhatFewHoldBesideADriveThatHoldsNothingIsLookedAtTwice) {
  const auto again = [](const Views& v, StateId known = {}) {
    return needs_a_second_look(read4(v, 0, known), v, kFour);
  };
  const View c = committed(object(1)), nothing = committed({}), o = open({}, object(1), 1);
  EXPECT_TRUE(again({c, nothing, {}, {}}));
  EXPECT_TRUE(again({o, nothing, {}, {}}, {1, 1}));
  EXPECT_TRUE(again({c, open({}, object(7), 7), c, {}}));
  EXPECT_FALSE(again({c, c, c, nothing}));
  EXPECT_FALSE(again({o, o, o, nothing}));
  EXPECT_FALSE(again({c, o, {}, {}}));
  EXPECT_FALSE(again({c, c, replaced(), {}}));
  EXPECT_FALSE(again({nothing, nothing, nothing, {}}));
  EXPECT_FALSE(again({c, {}, {}, {}}));
}

// ---- what the register does for it ----

const std::string kKey = drive::record_key(drive::BucketId{7}, "k");

bool prepare(MemDrive& d, Ballot b) {
  bool out = false;
  d.prepare(kKey, b, false, [&](Result<PrepareReply> r) { out = r->promised; });
  return out;
}
AcceptReply accept(MemDrive& d, Ballot b, StateId base, std::optional<State> state,
                   std::optional<State> install = {}) {
  AcceptRequest r;
  r.key = kKey;
  r.ballot = b;
  r.base = base;
  r.state = std::move(state);
  if (install) r.install = drive::Install{*install};
  if (r.state && !r.state->data.empty()) r.body = Slice::of(r.state->head);
  AcceptReply out;
  d.accept(std::move(r), [&](Result<AcceptReply> reply) { out = *reply; });
  return out;
}
View view(MemDrive& d) {
  View out;
  d.read(kKey, true, [&](Result<View> v) { out = std::move(*v); });
  return out;
}

TEST(RegisterRules, SettlingClearsAwayWhatWasLeftOut) {
  MemDrive d;
  ASSERT_TRUE(prepare(d, {1, 1}));
  ASSERT_TRUE(accept(d, {1, 1}, {}, object(1)).accepted);
  EXPECT_EQ(d.bodies().size(), 1u);
  ASSERT_TRUE(prepare(d, {2, 1}));
  ASSERT_TRUE(accept(d, {2, 1}, {}, std::nullopt).accepted);
  EXPECT_FALSE(view(d).open);
  EXPECT_EQ(d.records(), 0u);
  EXPECT_TRUE(d.bodies().empty());
}

TEST(RegisterRules, ATombstoneGivesWayToAProofThatItIsBeingForgotten) {
  MemDrive d;
  ASSERT_TRUE(prepare(d, {5, 1}));
  ASSERT_TRUE(accept(d, {5, 1}, {5, 1}, std::nullopt, tombstone(5)).accepted);
  ASSERT_TRUE(prepare(d, {7, 1}));
  ASSERT_TRUE(accept(d, {7, 1}, {}, object(7)).accepted);
  EXPECT_TRUE(view(d).committed.state.id.is_null());
  ASSERT_TRUE(view(d).open);
  // An object does not.
  MemDrive e;
  ASSERT_TRUE(prepare(e, {5, 1}));
  ASSERT_TRUE(accept(e, {5, 1}, {5, 1}, std::nullopt, object(5)).accepted);
  ASSERT_TRUE(prepare(e, {7, 1}));
  EXPECT_FALSE(accept(e, {7, 1}, {}, object(7)).accepted);
}

TEST(RegisterRules, APeerOfANewIncarnationKeepsNoOlderPromise) {
  MemDrive d;
  ASSERT_TRUE(prepare(d, {5, 1}));
  Ballot horizon;
  d.register_incarnation(1, DriveId::random(), 2, [&](Result<Ballot> r) { horizon = *r; });
  EXPECT_GE(horizon, (Ballot{5, 1}));
  EXPECT_FALSE(accept(d, {5, 1}, {}, object(5)).accepted);
  EXPECT_FALSE(prepare(d, horizon));
}

TEST(RegisterRules, AViewShowsTheRowsThatAnOpenStateBrings) {
  MemDrive d;
  State s = tombstone(1);
  const drive::Row row{drive::RowTable::upload, "u", "value", {}};
  s.rows.add(row);
  ASSERT_TRUE(prepare(d, {1, 1}));
  AcceptRequest r;
  r.key = kKey;
  r.ballot = {1, 1};
  r.state = s;
  r.rows = {{row, false}};
  d.accept(std::move(r), [](Result<AcceptReply> reply) { EXPECT_TRUE(reply->accepted); });
  const View v = view(d);
  ASSERT_TRUE(v.open);
  ASSERT_EQ(v.open->rows.size(), 1u);
  EXPECT_EQ(v.open->rows[0].row, row);
}

TEST(RegisterRules, AnAcceptanceSaysThatItsRowsAreMissing) {
  MemDrive d;
  State base = object(1);
  base.rows.add({drive::RowTable::upload, "u", "", {}});
  State next = object(2);
  next.rows = base.rows;
  ASSERT_TRUE(prepare(d, {2, 1}));
  const AcceptReply r = accept(d, {2, 1}, base.id, next, base);
  EXPECT_TRUE(r.accepted);
  EXPECT_FALSE(r.shard_missing);
  EXPECT_TRUE(r.rows_missing);
}

}  // namespace
}  // namespace cairn::store
