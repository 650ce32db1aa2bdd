#include <map>
#include <random>

#include "unit/drive/drive_fixture.hpp"

// Lists and usage counters against a model, on every kind of drive.
namespace cairn::drive::test {
namespace {

struct Item {
  StateKind kind = StateKind::object;
  bool open = false;
};

// A list as the interface describes it, written for obviousness.
std::vector<std::string> expected(const std::map<std::string, Item>& items, const ListRequest& r,
                                  bool& more) {
  std::vector<std::string> out;
  std::string last_prefix;
  bool have_prefix = false;
  more = false;
  for (const auto& [key, item] : items) {
    if (!key.starts_with(r.prefix)) continue;
    if (!r.after.empty() && (key <= r.after || (r.after_is_prefix && key.starts_with(r.after)))) continue;
    if (have_prefix && key.starts_with(last_prefix)) continue;
    if (out.size() >= r.limit) {
      more = true;
      break;
    }
    const bool shown = item.kind == StateKind::object || r.show == Show::all ||
                       (r.show == Show::versions && item.kind == StateKind::delete_marker);
    if (!item.open && !shown) continue;
    const std::size_t at = r.delimiter.empty() ? std::string::npos : key.find(r.delimiter, r.prefix.size());
    if (!item.open && item.kind != StateKind::none && at != std::string::npos) {
      last_prefix = key.substr(0, at + r.delimiter.size());
      have_prefix = true;
      out.push_back("prefix " + last_prefix + " by " + key);
    } else {
      out.push_back((item.open ? "open " : "key ") + key);
    }
  }
  return out;
}

std::vector<std::string> listed(const ListReply& reply) {
  std::vector<std::string> out;
  for (const ListEntry& e : reply.entries)
    out.push_back(!e.common_prefix.empty() ? "prefix " + e.common_prefix + " by " + e.key
                                           : (e.open ? "open " : "key ") + e.key);
  return out;
}

template <class Subject>
class List : public testing::Test {
 protected:
  Subject subject_;
  Calls calls() { return {subject_.drive()}; }
  std::uint64_t ballot_ = 100;

  void put(BucketId bucket, const std::string& key, const Item& item) {
    auto c = calls();
    const std::string record = record_key(bucket, key);
    AcceptRequest r;
    r.key = record;
    r.ballot = at(++ballot_);
    State s = item.kind == StateKind::object ? object(r.ballot, {}, 1) : nothing(r.ballot);
    s.kind = item.kind;
    r.state = s;
    r.commit = !item.open;
    EXPECT_TRUE(c.prepare(record, r.ballot)->promised);
    EXPECT_TRUE(c.accept(std::move(r))->accepted);
  }
};
using Subjects = testing::Types<MemSubject, LocalSubject>;
TYPED_TEST_SUITE(List, Subjects);

TYPED_TEST(List, AgreesWithAModelForRandomKeysPrefixesAndPages) {
  std::mt19937 random(4711);
  const std::string alphabet("ab/\0\xff\x01/", 7);
  const auto word = [&](std::size_t longest) {
    std::string out;
    for (std::size_t n = random() % (longest + 1); n; --n)
      out.push_back(alphabet[random() % alphabet.size()]);
    return out;
  };
  std::map<std::string, Item> items;
  for (int i = 0; i < 150; ++i) {
    std::string key = word(6);
    if (key.empty()) continue;
    const Item item{static_cast<StateKind>(random() % 8 > 1 ? 1 : random() % 3), random() % 8 == 0};
    if (!items.emplace(key, item).second) continue;
    this->put(BucketId{7}, key, item);
  }
  this->put(BucketId{6}, "\xff", {});
  this->put(BucketId{8}, "a", {});
  auto c = this->calls();
  for (int i = 0; i < 400; ++i) {
    ListRequest r;
    r.bucket = BucketId{7};
    r.prefix = random() % 2 ? word(2) : "";
    r.delimiter = random() % 3 ? "/" : random() % 2 ? "" : "a/";
    r.after = random() % 2 ? word(4) : "";
    r.after_is_prefix = random() % 3 == 0;
    r.limit = random() % 3 ? 1000 : random() % 5;
    r.show = static_cast<Show>(random() % 3);
    bool more = false;
    const auto want = expected(items, r, more);
    const auto got = c.list(r);
    ASSERT_TRUE(got);
    ASSERT_EQ(listed(*got), want) << "prefix " << testing::PrintToString(r.prefix) << " after "
                                  << testing::PrintToString(r.after) << " delimiter " << r.delimiter;
    ASSERT_EQ(got->more, more);
  }
}

TYPED_TEST(List, AnEntryCarriesTheCommittedHeadAndId) {
  this->put(BucketId{7}, "k", {});
  const auto reply = this->calls().list({.bucket = BucketId{7}});
  ASSERT_EQ(reply->entries.size(), 1u);
  EXPECT_EQ(reply->entries[0].state, at(101));
  EXPECT_EQ(reply->entries[0].kind, StateKind::object);
  EXPECT_EQ(reply->entries[0].head, "head of 101");
  EXPECT_TRUE(reply->entries[0].whole);
}

// Random histories of one drive: whatever is committed is what the counters say.
TYPED_TEST(List, UsageIsTheSumOfTheCommittedStates) {
  std::mt19937 random(42);
  auto c = this->calls();
  struct Model {
    State committed;
    std::optional<State> open;
  };
  std::map<std::string, Model> model;
  for (int i = 0; i < 300; ++i) {
    const BucketId bucket{1 + random() % 2};
    const std::string key = record_key(bucket, "key " + std::to_string(random() % 6));
    Model& m = model[key];
    switch (random() % 4) {
      case 0:
      case 1: {
        const Ballot ballot = at(++this->ballot_);
        ASSERT_TRUE(c.prepare(key, ballot)->promised);
        AcceptRequest r;
        r.key = key;
        r.ballot = ballot;
        if (m.open && random() % 2) m.committed = *std::exchange(m.open, std::nullopt);
        r.base = m.committed.id;
        r.state = random() % 4 ? object(ballot, {}, random() % 1000) : nothing(ballot);
        r.commit = random() % 4 == 0;
        m.open = r.state;
        if (r.commit) m.committed = *std::exchange(m.open, std::nullopt);
        ASSERT_TRUE(c.accept(std::move(r))->accepted);
        break;
      }
      case 2:
        if (!m.open) break;
        c.learn({key, m.open->id, 0});
        m.committed = *std::exchange(m.open, std::nullopt);
        break;
      default: {
        const bool may = !m.open && m.committed.kind == StateKind::none && !m.committed.id.is_null();
        ASSERT_EQ(*c.purge(key, m.committed.id), may);
        if (may) m.committed = {};
        break;
      }
    }
  }
  for (const std::uint64_t bucket : {1u, 2u}) {
    Usage sum;
    for (const auto& [key, m] : model)
      if (decode_record_key(key)->bucket == BucketId{bucket}) {
        sum.objects += m.committed.usage_objects;
        sum.bytes += m.committed.usage_bytes;
      }
    EXPECT_EQ(*c.usage(BucketId{bucket}), sum);
  }
  this->subject_.restart();
  EXPECT_GT(this->calls().usage(BucketId{1})->objects, 0u);
}

}  // namespace
}  // namespace cairn::drive::test
