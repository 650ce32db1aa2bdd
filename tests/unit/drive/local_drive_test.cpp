#include <fstream>
#include <random>

#include "drive/wal_tail.hpp"
#include "unit/drive/drive_fixture.hpp"

// What only a drive on a disk has: batches, damage, lost records.
namespace cairn::drive::test {
namespace {

namespace fs = std::filesystem;

class Local : public testing::Test {
 protected:
  LocalSubject subject_;
  Calls calls() { return {subject_.drive()}; }
  std::string key(int n) { return record_key(BucketId{1}, "key " + std::to_string(n)); }

  AcceptRequest put_request(int n, Ballot ballot, std::string body) {
    AcceptRequest r;
    r.key = key(n);
    r.ballot = ballot;
    r.state = object(ballot, {inlined()}, body.size());
    r.body = Slice::of(std::move(body));
    r.commit = true;
    return r;
  }
  void put(int n, std::uint64_t ballot, const std::string& body = "body") {
    ASSERT_TRUE(calls().prepare(key(n), at(ballot))->promised);
    const auto r = calls().accept(put_request(n, at(ballot), body));
    ASSERT_TRUE(r) << r.error().context;
    ASSERT_TRUE(r->accepted);
  }
  std::vector<fs::path> logs() {
    std::vector<fs::path> out;
    for (const auto& e : fs::directory_iterator(subject_.root() + "/records"))
      if (e.path().extension() == ".log" && e.file_size()) out.push_back(e.path());
    std::sort(out.begin(), out.end());
    return out;
  }
  static std::string slurp(const fs::path& p) {
    std::ifstream in(p, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static void spill(const fs::path& p, const std::string& bytes) {
    std::ofstream(p, std::ios::binary | std::ios::trunc) << bytes;
  }
};

TEST_F(Local, MutationsThatWaitTogetherShareABatch) {
  constexpr int kWriters = 64;
  for (int i = 0; i < kWriters; ++i) ASSERT_TRUE(calls().prepare(key(i), at(5))->promised);
  const auto before = subject_.local().counts();
  std::mutex mutex;
  std::condition_variable ready;
  int accepted = 0;
  for (int i = 0; i < kWriters; ++i)
    subject_.drive().accept(put_request(i, at(5), std::string(64 << 10, 'b')), [&](Result<AcceptReply> r) {
      const std::lock_guard lock(mutex);
      accepted += r && r->accepted;
      ready.notify_all();
    });
  std::unique_lock lock(mutex);
  ready.wait(lock, [&] { return accepted == kWriters; });
  const auto after = subject_.local().counts();
  EXPECT_EQ(after.mutations - before.mutations, static_cast<std::uint64_t>(kWriters));
  EXPECT_LT(after.batches - before.batches, static_cast<std::uint64_t>(kWriters));
}

TEST_F(Local, ALazyLearnIsWrittenWithoutCompanyWithinItsDelay) {
  subject_.close();
  subject_.config().learn_delay = std::chrono::milliseconds(20);
  subject_.open();
  auto c = calls();
  put_object(c, key(1), 5, {}, {inlined()}, "b", {}, false);
  subject_.drive().learn({key(1), at(5), 0});
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (c.read(key(1))->open && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_FALSE(c.read(key(1))->open);
}

TEST_F(Local, ClosingMakesLazyChangesAndThenAnswersOffline) {
  auto c = calls();
  put_object(c, key(1), 5, {}, {inlined()}, "b", {}, false);
  subject_.drive().learn({key(1), at(5), 0});
  subject_.local().close();
  EXPECT_EQ(c.read(key(1)).error().code, Code::offline);
  EXPECT_EQ(c.prepare(key(1), at(9)).error().code, Code::offline);
  EXPECT_EQ(c.accept(put_request(1, at(9), "x")).error().code, Code::offline);
  ASSERT_TRUE(subject_.local().reopen(false));
  EXPECT_EQ(c.read(key(1))->committed.state.id, at(5));
}

TEST_F(Local, TheSequenceGrowsAndSurvives) {
  put(1, 5);
  const auto first = calls().read(key(1))->sequence;
  put(2, 5);
  EXPECT_GT(calls().read(key(1))->sequence, first);
  subject_.restart();
  EXPECT_GT(calls().read(key(1))->sequence, first);
}

TEST_F(Local, MarksOfPeersAreKeptAndAreNoNewsThemselves) {
  put(1, 5);
  const auto before = subject_.local().status().sequence;
  subject_.local().remember({{1, 1, 40}, {2, 3, 7}}, false);
  subject_.local().remember({{1, 1, 39}, {2, 2, 900}}, false);  // lower
  subject_.restart();
  const std::vector<PeerMark> kept{{1, 1, 40}, {2, 3, 7}};
  EXPECT_EQ(subject_.local().remembered(), kept);
  EXPECT_EQ(subject_.local().status().sequence, before);
  subject_.local().remember({{1, 1, 39}}, true);
  subject_.restart();
  EXPECT_EQ(subject_.local().remembered()[0], (PeerMark{1, 1, 39}));
}

TEST_F(Local, RecordsThatAreOlderThanThePeersRememberAreDamaged) {
  put(1, 5);
  const auto sequence = subject_.local().status().sequence;
  subject_.local().expect({0, 1, sequence});
  EXPECT_EQ(subject_.local().status().state, DriveState::online);
  subject_.local().expect({0, 1, sequence + 1});
  EXPECT_EQ(subject_.local().status().state, DriveState::damaged);
  EXPECT_EQ(calls().read(key(1)).error().code, Code::offline);
  EXPECT_FALSE(subject_.local().reopen(false)) << "it has not come further by itself";
  EXPECT_EQ(subject_.local().status().state, DriveState::damaged);
  ASSERT_TRUE(subject_.local().reopen(true));
  const DriveStatus anew = subject_.local().status();
  EXPECT_EQ(anew.state, DriveState::online);
  EXPECT_FALSE(anew.whole);
  EXPECT_EQ(subject_.local().identity().incarnation, 2u);
  EXPECT_FALSE(calls().read(key(1))->whole);
}

TEST_F(Local, ATornLastBatchIsForgottenAndTheRestKept) {
  put(1, 5);
  put(2, 6, std::string(200'000, 'z'));
  subject_.close();
  const fs::path log = logs().back();
  std::string bytes = slurp(log);
  for (std::size_t i = bytes.size() - 150'000; i < bytes.size() - 100'000; ++i) bytes[i] = '\0';
  spill(log, bytes);
  subject_.open();
  EXPECT_EQ(subject_.drive().status().state, DriveState::online) << subject_.drive().status().reason;
  EXPECT_EQ(calls().read(key(1), true)->committed.body.text(), "body");
  EXPECT_TRUE(calls().read(key(2))->committed.state.id.is_null());
  put(2, 1'000'000'000);
}

TEST_F(Local, ATruncatedLastBatchIsForgottenAndTheRestKept) {
  put(1, 5);
  put(2, 6, std::string(200'000, 'z'));
  subject_.close();
  fs::resize_file(logs().back(), fs::file_size(logs().back()) - 1000);
  subject_.open();
  EXPECT_EQ(subject_.drive().status().state, DriveState::online) << subject_.drive().status().reason;
  EXPECT_EQ(calls().read(key(1))->committed.state.id, at(5));
  EXPECT_TRUE(calls().read(key(2))->committed.state.id.is_null());
}

TEST_F(Local, CorruptionBeforeTheTailOfTheLogIsDamageAndNotForgotten) {
  put(1, 5, std::string(100'000, 'a'));
  put(2, 6);
  subject_.close();
  const fs::path log = logs().back();
  std::string bytes = slurp(log);
  bytes[bytes.find(std::string(1000, 'a')) + 500] ^= 1;
  spill(log, bytes);
  subject_.open();
  EXPECT_EQ(subject_.drive().status().state, DriveState::damaged);
  EXPECT_EQ(calls().read(key(2)).error().code, Code::offline);
  EXPECT_EQ(slurp(log), bytes) << "nothing is changed";
}

TEST_F(Local, DamagedRecordsAreRebuiltAsANewIncarnationThatIsNotWhole) {
  const DataRef kept = file_ref(), stray = file_ref();
  auto c = calls();
  for (const DataRef& data : {kept, stray})
    put_object(c, key(data == kept ? 1 : 2), 5, {}, {data}, "", {*c.stage_file(data.id)});
  const State state = c.read(key(1))->committed.state;
  const auto incarnation = subject_.drive().identity().incarnation;
  subject_.close();
  fs::remove_all(subject_.root() + "/records");
  subject_.open();
  EXPECT_EQ(subject_.drive().status().state, DriveState::damaged) << "lost, and never silently begun anew";
  ASSERT_TRUE(subject_.local().reopen(true));
  EXPECT_EQ(subject_.drive().identity().incarnation, incarnation + 1);
  EXPECT_FALSE(subject_.drive().status().whole);
  EXPECT_TRUE(subject_.has_file(kept.id));
  auto after = calls();
  ASSERT_TRUE(after.prepare(key(1), at(9))->promised);
  AcceptRequest r;
  r.key = key(1);
  r.ballot = at(9);
  r.base = state.id;
  r.install = Install{state};
  const auto reply = after.accept(std::move(r));
  ASSERT_TRUE(reply->accepted);
  EXPECT_FALSE(reply->shard_missing) << "its file is still here";
  ASSERT_TRUE(after.set_whole());
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (subject_.has_file(stray.id) && std::chrono::steady_clock::now() < patience)
    std::this_thread::yield();
  EXPECT_TRUE(subject_.has_file(kept.id));
  EXPECT_FALSE(subject_.has_file(stray.id)) << "no record names it";
}

TEST_F(Local, AnotherDriveAtThePathIsOffline) {
  subject_.close();
  subject_.config().identity = {DeploymentId::random(), DriveId::random(), 0, 0, 2, 1};
  subject_.open();
  EXPECT_EQ(subject_.drive().status().state, DriveState::offline);
  EXPECT_EQ(subject_.drive().status().reason, subject_.root() + ": holds another drive");
}

TEST_F(Local, APathThatIsGoneIsOfflineUntilItIsBack) {
  put(1, 5);
  subject_.close();
  const std::string away = subject_.root() + ".away";
  fs::rename(subject_.root(), away);
  subject_.open();
  EXPECT_EQ(subject_.drive().status().state, DriveState::offline);
  EXPECT_FALSE(subject_.local().reopen(false));
  EXPECT_FALSE(fs::exists(subject_.root()));
  fs::rename(away, subject_.root());
  ASSERT_TRUE(subject_.local().reopen(false));
  EXPECT_EQ(calls().read(key(1))->committed.state.id, at(5));
}

TEST_F(Local, AFinishedFileThatNothingTakesExpires) {
  subject_.close();
  subject_.config().stage_lifetime = std::chrono::milliseconds(1);
  subject_.config().learn_delay = std::chrono::milliseconds(1);
  subject_.open();
  auto c = calls();
  const DataRef data = file_ref();
  ASSERT_TRUE(c.stage_file(data.id));
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!c.work(WorkKind::stage)->empty() && std::chrono::steady_clock::now() < patience)
    std::this_thread::yield();
  EXPECT_TRUE(c.work(WorkKind::stage)->empty());
  EXPECT_FALSE(subject_.has_file(data.id));
}

TEST_F(Local, WhatIsDueIsCollectedByItself) {
  subject_.close();
  subject_.config().collect_delay = std::chrono::milliseconds(1);
  subject_.open();
  auto c = calls();
  const DataRef data = file_ref();
  put_object(c, key(1), 5, {}, {data}, "", {*c.stage_file(data.id)});
  subject_.clock().advance(-10);
  put_object(c, key(1), 6, at(5), {inlined()}, "b");
  subject_.clock().advance(20);
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (subject_.has_file(data.id) && std::chrono::steady_clock::now() < patience) std::this_thread::yield();
  EXPECT_FALSE(subject_.has_file(data.id));
}

// RocksDB answers a read from the cache alone with OK and no value where a table is not open.
TEST_F(Local, RecordsInTablesThatAreNotOpenAreFound) {
  subject_.close();
  subject_.config().max_open_files = 20;  // of which tables get ten
  subject_.open();
  constexpr int kRounds = 24;
  const auto ballot = [](int round) { return (std::uint64_t{1} << 40) * static_cast<unsigned>(round + 1); };
  for (int round = 0; round < kRounds; ++round) {  // each start writes what the log held into tables
    auto c = calls();
    put_object(c, key(round), ballot(round), {}, {inlined()}, "b");
    subject_.close();
    subject_.open();
  }
  for (int pass = 0; pass < 3; ++pass)
    for (int round = 0; round < kRounds; ++round) {
      const auto view = calls().read(key(round), true);
      ASSERT_TRUE(view) << view.error().context;
      EXPECT_EQ(view->committed.state.id, at(ballot(round))) << round;
      EXPECT_EQ(view->committed.body.text(), "b") << round;
    }
}

TEST_F(Local, WhatSomebodyHoldsIsCollectedOnceTheyLetGo) {
  subject_.close();
  subject_.config().collect_delay = std::chrono::milliseconds(100);
  subject_.open();
  auto c = calls();
  const auto gone = [&](const DataRef& data) {
    const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (subject_.has_file(data.id) && std::chrono::steady_clock::now() < patience)
      std::this_thread::yield();
    return !subject_.has_file(data.id);
  };
  const DataRef before = file_ref(), held = file_ref();
  put_object(c, key(1), 5, {}, {before}, "", {*c.stage_file(before.id)});
  put_object(c, key(2), 5, {}, {held}, "", {*c.stage_file(held.id)});
  put_object(c, key(1), 6, at(5), {inlined()}, "b");  // due 100 ms from here
  subject_.clock().advance(1);
  put_object(c, key(2), 6, at(5), {inlined()}, "b");  // due 1 ms later
  subject_.clock().advance(99);
  auto hold = subject_.local().hold();
  auto another = subject_.local().hold();
  subject_.clock().advance(1'000);
  EXPECT_TRUE(gone(before));
  EXPECT_TRUE(subject_.has_file(held.id));
  hold.reset();
  EXPECT_TRUE(subject_.has_file(held.id));
  another.reset();
  EXPECT_TRUE(gone(held));
}

// Concurrent prepares and accepts on few keys: no accept may succeed after a higher ballot was promised.
TEST_F(Local, PromisesHoldUnderConcurrency) {
  constexpr int kThreads = 4, kRounds = 150, kKeys = 2;
  std::atomic<std::uint64_t> next{10};
  std::atomic<int> accepted{0};
  const auto work = [&](int seed) {
    std::mt19937 random(static_cast<unsigned>(seed));
    for (int i = 0; i < kRounds; ++i) {
      const int k = static_cast<int>(random() % kKeys);
      const Ballot ballot = at(next++);
      const auto p = calls().prepare(key(k), ballot);
      if (!p || !p->promised) continue;
      AcceptRequest r = put_request(k, ballot, "b");
      r.commit = false;
      r.base = p->view.open ? p->view.open->state.id : p->view.committed.state.id;
      const auto a = calls().accept(std::move(r));
      ASSERT_TRUE(a);
      if (!a->accepted) continue;
      ++accepted;
      const View v = *calls().read(key(k));
      // What was accepted is there, or something newer is.
      ASSERT_GE(std::max(v.committed.state.id, v.open ? v.open->accepted : Ballot{}), ballot);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work, i);
  for (std::thread& t : threads) t.join();
  EXPECT_GT(accepted, 0);
  for (int k = 0; k < kKeys; ++k) {
    // Each state names the one that its proposer was shown: the ids only grow along the chain.
    const View v = *calls().read(key(k));
    if (v.open) {
      EXPECT_GT(v.open->state.id, v.committed.state.id);
    }
  }
}

TEST(WalTail, AnEmptyLogIsWhole) { EXPECT_EQ(examine_wal({}), WalTail::whole); }
TEST(WalTail, NoiseIsTorn) { EXPECT_EQ(examine_wal("not a log at all"), WalTail::torn); }

}  // namespace
}  // namespace cairn::drive::test
