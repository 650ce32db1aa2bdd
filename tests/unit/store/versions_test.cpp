#include "store/versions.hpp"

#include <random>

#include <gtest/gtest.h>

#include "unit/store/store_fixture.hpp"

namespace cairn::store {
namespace {

// What a key's versions should be, newest first.
struct ModelVersion {
  std::string id;  // "null" or a version id
  bool marker = false;
  std::string body, tag;
};
using Model = std::map<std::string, std::vector<ModelVersion>>;

std::string shown_id(const std::string& version_id) { return version_id.empty() ? "null" : version_id; }

std::string line_of(const std::string& key, const ModelVersion& v) {
  return key + " " + v.id + (v.marker ? " marker" : " " + std::to_string(v.body.size()) + " " + v.tag);
}

class Versions {
 public:
  explicit Versions(std::uint32_t drives) : s(drives) {
    EXPECT_TRUE(s.run(s.store->create_bucket(bucket_named("b"))));
  }

  void set_versioning(Versioning v) {
    const ObjectLayer::BucketChange change = [v](BucketInfo& b) -> Status {
      b.versioning = v;
      return {};
    };
    ASSERT_TRUE(s.run(s.store->update_bucket("b", change)));
    versioning = v;
  }

  void put(const std::string& key, const std::string& body) {
    const auto info = s.put("b", key, body);
    ASSERT_TRUE(info) << info.error().context;
    push(key, {shown_id(info->version_id), false, body, {}});
  }

  void remove(const std::string& key) {
    const auto r = s.run(s.store->remove({"b", key, {}}, {}));
    ASSERT_TRUE(r) << r.error().context;
    if (versioning == Versioning::unset) {
      drop(key, "null");
    } else {
      EXPECT_TRUE(r->delete_marker);
      push(key, {shown_id(r->version_id), true, {}, {}});
    }
  }

  void remove_version(const std::string& key, const ModelVersion& v) {
    const auto r = s.run(s.store->remove({"b", key, v.id}, {}));
    ASSERT_TRUE(r) << r.error().context;
    EXPECT_TRUE(r->existed);
    EXPECT_EQ(r->delete_marker, v.marker);
    drop(key, v.id);
  }

  void tag(const std::string& key, const std::string& id, const std::string& value) {
    const AttributeChange change = [&value](ObjectAttributes& a) -> Status {
      a.tags = {{"t", value}};
      return {};
    };
    const auto r = s.run(s.store->change_attributes({"b", key, id}, change, {}));
    ASSERT_TRUE(r) << r.error().context;
    for (ModelVersion& v : model[key])
      if (v.id == id) v.tag = value;
  }

  std::vector<std::string> expected(const std::string& prefix = {}) const {
    std::vector<std::string> out;
    for (const auto& [key, versions] : model)
      if (key.starts_with(prefix))
        for (const ModelVersion& v : versions) out.push_back(line_of(key, v));
    return out;
  }

  // All pages of `limit`.
  std::vector<std::string> listed(std::uint32_t limit, const std::string& prefix = {}) {
    std::vector<std::string> out;
    ListVersionsRequest request;
    request.bucket = "b";
    request.limit = limit;
    request.prefix = prefix;
    std::string last;
    for (;;) {
      const auto page = s.run(s.store->list_versions(request));
      EXPECT_TRUE(page) << page.error().context;
      if (!page) return out;
      EXPECT_LE(page->items.size(), limit);
      for (const auto& item : page->items) {
        const ObjectInfo& i = item.info;
        EXPECT_EQ(i.latest, i.key != last) << i.key;
        last = i.key;
        out.push_back(line_of(i.key, {shown_id(i.version_id), i.delete_marker, std::string(i.size, 'x'),
                                      i.attributes.tags.empty() ? "" : i.attributes.tags[0].second}));
      }
      if (!page->truncated) return out;
      request.key_marker = page->next_key;
      request.version_id_marker = page->next_version_id;
    }
  }

  Result<std::string> read(const std::string& key, const std::string& id) {
    return s.run(read_task(key, id));
  }

  void check() {
    EXPECT_EQ(listed(1000), expected());
    EXPECT_EQ(listed(2), expected());
    UsageInfo usage;
    std::vector<std::string> live;
    for (const auto& [key, versions] : model) {
      if (!versions.empty() && !versions[0].marker) live.push_back(key);
      for (const ModelVersion& v : versions) {
        if (v.marker) continue;
        usage.objects += 1;
        usage.bytes += v.body.size();
        const auto got = read(key, v.id);
        ASSERT_TRUE(got) << key << " " << v.id << " " << got.error().context;
        EXPECT_TRUE(*got == v.body) << key << " " << v.id;
      }
    }
    EXPECT_EQ(*s.keys({"b", "", "", "", 1000}), live);
    const auto counted = s.run(s.store->usage("b"));
    ASSERT_TRUE(counted);
    EXPECT_EQ(counted->objects, usage.objects);
    EXPECT_EQ(counted->bytes, usage.bytes);
  }

  MemStore s;
  Model model;
  Versioning versioning = Versioning::unset;

 private:
  Task<std::string> read_task(std::string key, std::string id) {
    const ObjectName name{"b", key, id};
    CO_TRY(const auto reader, co_await s.store->open(name));
    CO_TRY(reader->start(0, reader->info().size));
    std::string out;
    for (;;) {
      CO_TRY(const Slice piece, co_await reader->next());
      if (piece.empty()) co_return out;
      out += piece.text();
    }
  }
  void push(const std::string& key, ModelVersion v) {
    if (versioning != Versioning::enabled) {
      EXPECT_EQ(v.id, "null");
      drop(key, "null");
    }
    auto& versions = model[key];
    versions.insert(versions.begin(), std::move(v));
  }
  void drop(const std::string& key, const std::string& id) {
    std::erase_if(model[key], [&](const ModelVersion& v) { return v.id == id; });
  }
};

class VersionsOnSets : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Sets, VersionsOnSets, testing::Values(1u, 2u, 4u, 7u));

TEST_P(VersionsOnSets, AreWhatAModelSaysAfterAnySequenceOfChanges) {
  for (std::uint32_t seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    Versions v(GetParam());
    std::mt19937 random(seed * 100 + GetParam());
    const std::vector<std::string> keys{"a", "a/b", "b", "c/d/e"};
    const auto pick_version = [&](const std::string& key) -> std::optional<ModelVersion> {
      const auto& all = v.model[key];
      if (all.empty()) return std::nullopt;
      return all[random() % all.size()];
    };
    for (int step = 0; step < 60; ++step) {
      const std::string& key = keys[random() % keys.size()];
      switch (random() % 10) {
        case 0:
          v.set_versioning(v.versioning == Versioning::unset || random() % 4 ? Versioning::enabled
                                                                             : Versioning::suspended);
          break;
        case 1:
        case 2:
          v.remove(key);
          break;
        case 3:
        case 4:
        case 5:
          if (const auto version = pick_version(key)) v.remove_version(key, *version);
          break;
        case 6:
          if (const auto version = pick_version(key); version && !version->marker)
            v.tag(key, version->id, std::to_string(step));
          break;
        case 7:
          v.put(key, noise(300'000 + random() % 1'000'000, random()));
          break;
        default:
          v.put(key, noise(random() % 2000, random()));
      }
      if (HasFatalFailure()) return;
      if (step % 10 == 9) v.check();
      if (HasFatalFailure()) return;
    }
    v.check();
  }
}

TEST_P(VersionsOnSets, AreHealedWithAllTheirData) {
  const std::uint32_t n = GetParam();
  if (n < 3) GTEST_SKIP() << "a write needs every drive";
  Versions v(n);
  v.set_versioning(Versioning::enabled);
  v.put("k", noise(5000, 1));
  v.put("k", noise(900'000, 2));
  v.s.drives[0]->set_offline(true);
  v.put("k", noise(800'000, 3));
  v.put("k", noise(100, 4));
  v.remove("k");
  v.remove_version("k", v.model["k"][3]);
  v.s.drives[0]->set_offline(false);
  const auto verified = v.s.run(v.s.store->verify());
  ASSERT_TRUE(verified);
  EXPECT_EQ(verified->unreadable, 0u);
  // Now the first drive must do: as many others as the set can lose go away.
  const std::uint32_t parity = v.s.set().quorum().parity;
  for (std::uint32_t i = 1; i <= parity; ++i) v.s.drives[i]->set_offline(true);
  for (const ModelVersion& version : v.model["k"]) {
    if (version.marker) continue;
    const auto got = v.read("k", version.id);
    ASSERT_TRUE(got) << version.id << " " << got.error().context;
    EXPECT_TRUE(*got == version.body);
  }
}

TEST(Versions, AKeyWithThousandsCostsNoMoreToWriteAndKeepsItsOrder) {
  Versions v(1);
  v.set_versioning(Versioning::enabled);
  for (int i = 0; i < 3000; ++i) v.put("k", std::to_string(i));
  EXPECT_EQ(v.listed(1000), v.expected());
  const auto middle = v.model["k"][1500];
  EXPECT_EQ(*v.read("k", middle.id), middle.body);
}

TEST(Versions, AWriteThatIsRepeatedMakesNoSecondVersion) {
  Versions v(4);
  v.set_versioning(Versioning::enabled);
  WriteOptions options;
  options.invocation = {1, 2, 3};
  const auto first = v.s.put("b", "k", "x", options), again = v.s.put("b", "k", "x", options);
  ASSERT_TRUE(first && again);
  EXPECT_EQ(first->version_id, again->version_id);
  options.invocation = {4};
  const auto gone = v.s.run(v.s.store->remove({"b", "k", {}}, options));
  const auto still_gone = v.s.run(v.s.store->remove({"b", "k", {}}, options));
  ASSERT_TRUE(gone && still_gone);
  EXPECT_EQ(gone->version_id, still_gone->version_id);
  EXPECT_EQ(v.listed(10).size(), 2u);
}

TEST(Versions, KeepABucketFromBeingDeleted) {
  Versions v(1);
  v.set_versioning(Versioning::enabled);
  v.remove("k");
  EXPECT_EQ(v.s.run(v.s.store->delete_bucket("b")).error().code, Code::bucket_not_empty);
  v.remove_version("k", v.model["k"][0]);
  EXPECT_TRUE(v.s.run(v.s.store->delete_bucket("b")));
}

TEST(Versions, ListWithDelimiterShowsPrefixesOnce) {
  Versions v(1);
  v.set_versioning(Versioning::enabled);
  for (const char* key : {"a/1", "a/2", "b", "c/x"}) {
    v.put(key, "1");
    v.put(key, "2");
  }
  v.remove("a/1");
  ListVersionsRequest request;
  request.bucket = "b";
  request.delimiter = "/";
  request.limit = 1;
  std::vector<std::string> names;
  for (;;) {
    const auto page = v.s.run(v.s.store->list_versions(request));
    ASSERT_TRUE(page);
    for (const auto& item : page->items) names.push_back(item.common_prefix ? item.prefix : item.info.key);
    if (!page->truncated) break;
    request.key_marker = page->next_key;
    request.version_id_marker = page->next_version_id;
  }
  EXPECT_EQ(names, (std::vector<std::string>{"a/", "b", "b", "c/"}));
}

// One drive says what is open, another one, which has learned it since, gives the rows.
TEST(OpenRows, AreTheSameWhetherTheDriveHasMadeThemOrNot) {
  const auto row = [](const char* id) { return drive::Row{drive::RowTable::version, id, {}, {}}; };
  const auto ids = [](const std::vector<drive::Row>& rows) {
    std::string out;
    for (const drive::Row& r : rows) out += r.id;
    return out;
  };
  const std::vector<drive::RowChange> added{{row("b"), false}}, removed{{row("b"), true}};
  // A full page that ends in the added row, as find_row asks for it.
  EXPECT_EQ(ids(with_open_changes({row("b")}, added, true, 1)), "b");
  EXPECT_EQ(ids(with_open_changes({row("a"), row("b")}, added, true, 2)), "ab");
  EXPECT_EQ(ids(with_open_changes({row("c")}, added, true, 1)), "b");
  EXPECT_EQ(ids(with_open_changes({row("a")}, added, true, 1)), "a");  // what follows the page is not on it
  EXPECT_EQ(ids(with_open_changes({row("a")}, added, false, 2)), "ab");
  EXPECT_EQ(ids(with_open_changes({row("b"), row("c")}, removed, true, 1)), "c");
  EXPECT_EQ(ids(with_open_changes({row("c")}, removed, false, 1)), "c");
}

// ---- object lock ----

ObjectAttributes retained(LockMode mode, UnixMillis until, bool hold = false) {
  ObjectAttributes a;
  a.retention = {mode, until};
  a.legal_hold = hold;
  return a;
}

TEST(ObjectLock, KeepsWhatIsRetainedOrHeld) {
  constexpr UnixMillis now = 1000;
  EXPECT_TRUE(check_removable({}, now, false));
  EXPECT_TRUE(check_removable(retained(LockMode::compliance, now), now, false));
  EXPECT_FALSE(check_removable(retained(LockMode::compliance, now + 1), now, true));
  EXPECT_FALSE(check_removable(retained(LockMode::governance, now + 1), now, false));
  EXPECT_TRUE(check_removable(retained(LockMode::governance, now + 1), now, true));
  EXPECT_FALSE(check_removable(retained(LockMode::none, 0, true), now, true));
}

TEST(ObjectLock, ComplianceOnlyGrowsAndGovernanceNeedsABypassToShrink) {
  constexpr UnixMillis now = 1000;
  const Retention none{}, governance{LockMode::governance, 2000}, compliance{LockMode::compliance, 2000};
  const auto changes = [&](const Retention& from, const Retention& to, bool bypass) {
    return check_retention_change(from, to, now, bypass).has_value();
  };
  EXPECT_TRUE(changes(none, governance, false));
  EXPECT_TRUE(changes(governance, {LockMode::governance, 2001}, false));
  EXPECT_FALSE(changes(governance, {LockMode::compliance, 2000}, false));
  EXPECT_TRUE(changes(governance, {LockMode::compliance, 2000}, true));
  EXPECT_FALSE(changes(governance, {LockMode::governance, 1999}, false));
  EXPECT_FALSE(changes(governance, none, false));
  EXPECT_TRUE(changes(governance, none, true));
  EXPECT_TRUE(changes(compliance, {LockMode::compliance, 2001}, false));
  EXPECT_FALSE(changes(compliance, {LockMode::compliance, 1999}, true));
  EXPECT_FALSE(changes(compliance, {LockMode::governance, 9999}, true));
  EXPECT_FALSE(changes(compliance, none, true));
  EXPECT_TRUE(changes({LockMode::compliance, now}, none, false));
}

TEST(ObjectLock, ADefaultYearIsOneOfTheCalendar) {
  constexpr UnixMillis day = 86'400'000, leap_day = 1'709'164'800'000 + 5;  // 2024-02-29
  EXPECT_EQ(retention_end({LockMode::compliance, 3, 0}, leap_day), leap_day + 3 * day);
  EXPECT_EQ(retention_end({LockMode::compliance, 0, 1}, leap_day), leap_day + 366 * day);
  EXPECT_EQ(retention_end({LockMode::compliance, 0, 4}, leap_day), leap_day + 1461 * day);
  constexpr UnixMillis june = 1'811'808'000'000;  // 2027-06-01, with a 29 February before the next one
  EXPECT_EQ(retention_end({LockMode::compliance, 0, 1}, june), june + 366 * day);
  EXPECT_EQ(retention_end({LockMode::compliance, 36'500, 0}, june), june + 36'500 * day);
}

TEST(ObjectLock, HoldsInTheCommit) {
  Versions v(4);
  v.set_versioning(Versioning::enabled);
  const ObjectLayer::BucketChange lock = [](BucketInfo& b) -> Status {
    b.object_lock = true;
    b.default_retention = DefaultRetention{LockMode::compliance, 1, 0};
    return {};
  };
  ASSERT_TRUE(v.s.run(v.s.store->update_bucket("b", lock)));
  v.put("k", "x");
  const std::string id = v.model["k"][0].id;
  const auto info = v.s.run(v.s.store->head({"b", "k", id}));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->attributes.retention.mode, LockMode::compliance);
  WriteOptions root;
  root.bypass_governance = true;
  EXPECT_EQ(v.s.run(v.s.store->remove({"b", "k", id}, root)).error().code, Code::access_denied);
  const AttributeChange lift = [](ObjectAttributes& a) -> Status {
    a.retention = {};
    return {};
  };
  EXPECT_EQ(v.s.run(v.s.store->change_attributes({"b", "k", id}, lift, root)).error().code,
            Code::access_denied);
  v.remove("k");  // a marker hides it
  EXPECT_EQ(*v.read("k", id), "x");
  EXPECT_EQ(v.s.run(v.s.store->remove({"b", "k", id}, root)).error().code, Code::access_denied);
  // What would make versions mortal is refused.
  const ObjectLayer::BucketChange suspend = [](BucketInfo& b) -> Status {
    b.versioning = Versioning::suspended;
    return {};
  };
  EXPECT_EQ(v.s.run(v.s.store->update_bucket("b", suspend)).error().code, Code::invalid_bucket_state);
  const ObjectLayer::BucketChange unlock = [](BucketInfo& b) -> Status {
    b.object_lock = false;
    return {};
  };
  EXPECT_EQ(v.s.run(v.s.store->update_bucket("b", unlock)).error().code, Code::invalid_bucket_state);
}

// ---- system documents ----

TEST(SystemDocuments, AreChangedAtomicallyAndListed) {
  MemStore s(4);
  SystemDocuments& docs = s.store->documents();
  EXPECT_EQ(*s.run(docs.load("iam/users/a")), std::nullopt);
  const SystemDocuments::Change count =
      [](const SystemDocuments::Value& v) -> Result<SystemDocuments::Value> {
    return std::to_string((v ? std::stoi(*v) : 0) + 1);
  };
  std::vector<std::future<Result<void>>> all;
  for (int i = 0; i < 20; ++i) all.push_back(s.spawn(docs.update("iam/users/a", count)));
  for (auto& f : all) EXPECT_TRUE(f.get());
  EXPECT_EQ(*s.run(docs.load("iam/users/a")), "20");
  ASSERT_TRUE(s.run(docs.update("iam/users/b", count)));
  ASSERT_TRUE(s.run(docs.update("iam/w", count)));
  const auto listed = s.run(docs.list("iam/users/"));
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ((*listed)[1].name, "iam/users/b");
  const SystemDocuments::Change refuse = [](const SystemDocuments::Value&) -> Result<SystemDocuments::Value> {
    return fail(Code::exists);
  };
  EXPECT_EQ(s.run(docs.update("iam/w", refuse)).error().code, Code::exists);
  const SystemDocuments::Change drop = [](const SystemDocuments::Value&) -> Result<SystemDocuments::Value> {
    return std::nullopt;
  };
  ASSERT_TRUE(s.run(docs.update("iam/w", drop)));
  EXPECT_EQ(*s.run(docs.load("iam/w")), std::nullopt);
}

}  // namespace
}  // namespace cairn::store
