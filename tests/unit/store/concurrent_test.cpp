#include <atomic>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include "unit/store/linearizable.hpp"
#include "unit/store/store_fixture.hpp"

namespace cairn::store {
namespace {

using history::HistoryOp;

// Clients on threads of their own, on few keys, while drives go away, come back and restart between their
// calls. The store, its sets and its healer are the real ones. Each key's history must be that of a register.
class Clients {
 public:
  Clients(MemStore& store, std::uint32_t keys) : store_(store), histories_(keys) {}

  void run(std::uint64_t seed, int calls) {
    std::mt19937_64 random(seed);
    for (int i = 0; i < calls; ++i) {
      disturb(random);
      const std::size_t key = random() % histories_.size();
      switch (random() % 12) {
        case 0:
        case 1:
        case 2:
        case 3:
          get(key);
          break;
        case 4:
        case 5:
        case 6:
          put(key, random, std::nullopt);
          break;
        case 7:
          put(key, random, "");
          break;
        case 8:
          put(key, random, "v" + std::to_string(1 + random() % (versions_ + 1)));
          break;
        case 9:
        case 10:
          remove(key);
          break;
        default:
          (void)store_.run(store_.store->verify());  // heals, and forgets tombstones
      }
    }
  }

  void quiet() {
    for (auto& d : store_.drives) d->set_offline(false);
  }
  void get(std::size_t key) {
    HistoryOp op = begin("get");
    const auto got = store_.get("b", name(key));
    if (!got && !got.error().is(Code::no_such_key)) {
      ++failed_;
      return;
    }
    const std::string seen = got ? got->substr(0, got->find(' ')) : "";
    if (got && *got != body(seen, got->size() > 1000)) ADD_FAILURE() << "bytes of " << seen << " are wrong";
    ++read_;
    end(key, op, "[" + seen + "]",
        [seen](const std::string& s) { return s == seen ? std::optional(s) : std::nullopt; });
  }

  bool linearizable(std::size_t key) const {
    return history::LinearizabilityChecker::check(histories_[key], "");
  }
  std::string text(std::size_t key) const {
    std::string out;
    for (const HistoryOp& op : histories_[key])
      out += "\n" + std::to_string(op.start) + ".." + (op.must ? std::to_string(op.end) : "") + " " + op.text;
    return out;
  }
  std::uint32_t written() const { return written_; }
  std::uint32_t reads() const { return read_; }

 private:
  static std::string name(std::size_t key) { return "k" + std::to_string(key); }
  // Some are shards in the records, some are files.
  static std::string body(const std::string& version, bool large) {
    return version + " " + (large ? noise(500'000, std::hash<std::string>{}(version)) : std::string(50, 'x'));
  }

  HistoryOp begin(std::string text) {
    HistoryOp op;
    op.text = std::move(text);
    op.start = ++clock_;
    return op;
  }
  template <class Step>
  void end(std::size_t key, HistoryOp& op, const std::string& result, Step step) {
    op.end = ++clock_;
    op.step = std::move(step);
    op.text += " = " + result;
    const std::lock_guard lock(mutex_);
    histories_[key].push_back(std::move(op));
  }
  template <class Step>
  void unknown(std::size_t key, HistoryOp& op, Step step) {
    op.must = false;
    op.step = std::move(step);
    op.text += " = unknown";
    const std::lock_guard lock(mutex_);
    histories_[key].push_back(std::move(op));
  }

  // expected: nothing = unconditional, empty = no object may be there, else the version that must be there.
  void put(std::size_t key, std::mt19937_64& random, std::optional<std::string> expected) {
    const std::string version = "v" + std::to_string(++versions_);
    WriteOptions options;
    std::string met;
    if (expected)
      options.precondition = [expected, &met](const ObjectInfo* old) -> Status {
        met = old ? old->owner : "";
        if (met != *expected) return fail(Code::precondition_failed);
        return {};
      };
    options.owner = version;  // comes back in the object's metadata
    HistoryOp op = begin("put " + version + (expected ? " if [" + *expected + "]" : ""));
    const auto done = store_.put("b", name(key), body(version, random() % 8 == 0), options);
    const auto write = [version, expected](const std::string& s) {
      return !expected || s == *expected ? std::optional(version) : std::nullopt;
    };
    if (done) {
      ++written_;
      end(key, op, "ok", write);
    } else if (done.error().is(Code::precondition_failed)) {
      end(key, op, "met [" + met + "]",
          [met](const std::string& s) { return s == met ? std::optional(s) : std::nullopt; });
    } else if (done.error().is(Code::outcome_unknown)) {
      unknown(key, op, write);
    } else {
      ++failed_;  // nothing happened
    }
  }

  void remove(std::size_t key) {
    HistoryOp op = begin("delete");
    const auto done = store_.run(store_.store->remove({"b", name(key), {}}, {}));
    const auto gone = [](const std::string&) { return std::optional<std::string>(""); };
    if (done && done->existed) {
      ++written_;
      end(key, op, "ok", gone);
    } else if (done) {
      end(key, op, "nothing there",
          [](const std::string& s) { return s.empty() ? std::optional(s) : std::nullopt; });
    } else if (done.error().is(Code::outcome_unknown)) {
      unknown(key, op, gone);
    } else {
      ++failed_;
    }
  }

  // At most N - W drives are away at any time.
  void disturb(std::mt19937_64& random) {
    const std::size_t slot = random() % store_.drives.size();
    switch (random() % 20) {
      case 0: {
        const std::lock_guard lock(mutex_);
        const Quorum& q = store_.set().quorum();
        if (!(away_ >> slot & 1) && static_cast<std::uint32_t>(std::popcount(away_)) >= q.drives - q.write())
          break;
        away_ ^= SlotMask{1} << slot;
        store_.drives[slot]->set_offline(away_ >> slot & 1);
        break;
      }
      case 1:
        store_.drives[slot]->restart();
        break;
      default:
        break;
    }
  }

  MemStore& store_;
  std::vector<std::vector<HistoryOp>> histories_;
  mutable std::mutex mutex_;
  SlotMask away_ = 0;
  std::atomic<std::uint64_t> clock_{0};
  std::atomic<std::uint32_t> versions_{0}, written_{0}, read_{0}, failed_{0};
};

struct Shape {
  std::uint32_t drives, parity;
};
class ConcurrentClients : public testing::TestWithParam<Shape> {};
INSTANTIATE_TEST_SUITE_P(Sets, ConcurrentClients,
                         testing::Values(Shape{1, 0}, Shape{3, 1}, Shape{4, 2}, Shape{6, 3}),
                         [](const auto& p) {
                           return std::to_string(p.param.drives) + "of" + std::to_string(p.param.parity);
                         });

TEST_P(ConcurrentClients, SeeEachKeyAsOneRegisterWhileDrivesComeAndGo) {
  const char* set = std::getenv("CAIRN_LONG");
  const bool longer = set && std::string_view(set) == "1";
  const int rounds = longer ? 40 : 1, calls = 120;
  for (int round = 0; round < rounds; ++round) {
    MemStore store(GetParam().drives, GetParam().parity);
    ASSERT_TRUE(store.run(store.store->create_bucket(bucket_named("b"))));
    Clients clients(store, 3);
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t)
      threads.emplace_back(
          [&clients, seed = static_cast<std::uint64_t>(round) * 10 + t] { clients.run(seed, calls); });
    for (std::thread& t : threads) t.join();
    clients.quiet();
    for (std::size_t key = 0; key < 3; ++key) {
      clients.get(key);
      EXPECT_TRUE(clients.linearizable(key)) << "round " << round << ", key " << key << clients.text(key);
    }
    EXPECT_GT(clients.written(), 20u);
    EXPECT_GT(clients.reads(), 20u);
  }
}

TEST(LinearizabilityChecker, RefusesAStaleReadAndALostWrite) {
  const auto op = [](std::uint64_t start, std::uint64_t end, std::string write,
                     std::optional<std::string> read) {
    HistoryOp o;
    o.start = start;
    o.end = end;
    o.step = [write, read](const std::string& s) {
      if (read) return s == *read ? std::optional(s) : std::nullopt;
      return std::optional(write);
    };
    return o;
  };
  const auto check = [](std::vector<HistoryOp> ops) {
    return history::LinearizabilityChecker::check(std::move(ops), "");
  };
  EXPECT_TRUE(check({op(1, 2, "a", {}), op(3, 4, "", "a")}));
  EXPECT_FALSE(check({op(1, 2, "a", {}), op(3, 4, "", "")}));
  EXPECT_TRUE(check({op(1, 4, "a", {}), op(2, 3, "", "")}));
  EXPECT_FALSE(check({op(1, 4, "a", {}), op(2, 3, "", "a"), op(5, 6, "", "")}));
  EXPECT_FALSE(check({op(1, 9, "a", {}), op(2, 3, "", "a"), op(4, 5, "", "")}));
  HistoryOp maybe = op(1, HistoryOp::kNever, "a", {});
  maybe.must = false;
  EXPECT_TRUE(check({maybe, op(2, 3, "", ""), op(4, 5, "", "a")}));
  EXPECT_TRUE(check({maybe, op(2, 3, "", "")}));
  EXPECT_FALSE(check({maybe, op(2, 3, "", "a"), op(4, 5, "", "")}));
}

}  // namespace
}  // namespace cairn::store
