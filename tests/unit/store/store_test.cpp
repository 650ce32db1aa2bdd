#include <gtest/gtest.h>

#include "unit/store/store_fixture.hpp"

namespace cairn::store {
namespace {

struct Shape {
  std::uint32_t drives, parity;
};

class StoreShapes : public testing::TestWithParam<Shape> {};
INSTANTIATE_TEST_SUITE_P(Sets, StoreShapes,
                         testing::Values(Shape{1, 0}, Shape{2, 1}, Shape{3, 1}, Shape{4, 2}, Shape{12, 6},
                                         Shape{16, 4}),
                         [](const auto& p) {
                           return std::to_string(p.param.drives) + "of" + std::to_string(p.param.parity);
                         });

TEST_P(StoreShapes, GivesBackWhatWasPutAtEverySize) {
  MemStore s(GetParam().drives, GetParam().parity);
  ASSERT_TRUE(s.run(s.store->create_bucket(bucket_named("b"))));
  for (const std::size_t size :
       {0u, 1u, 15u, 4096u, 100'000u, 140'000u, 1u << 20, (1u << 20) + 1, 5'000'001u}) {
    const std::string text = noise(size, size);
    const auto put = s.put("b", "k", text);
    ASSERT_TRUE(put) << put.error().context;
    const auto got = s.get("b", "k");
    ASSERT_TRUE(got) << size << " " << got.error().context;
    EXPECT_TRUE(*got == text) << size;
    if (size > 10) {
      const auto range = s.get("b", "k", size / 3, size / 2);
      ASSERT_TRUE(range);
      EXPECT_TRUE(*range == text.substr(size / 3, size / 2)) << size;
    }
  }
  const auto usage = s.run(s.store->usage("b"));
  ASSERT_TRUE(usage);
  EXPECT_EQ(usage->objects, 1u);
  EXPECT_EQ(usage->bytes, 5'000'001u);
}

TEST_P(StoreShapes, DeleteMakesItGone) {
  MemStore s(GetParam().drives, GetParam().parity);
  ASSERT_TRUE(s.run(s.store->create_bucket(bucket_named("b"))));
  ASSERT_TRUE(s.put("b", "k", "x"));
  const auto removed = s.run(s.store->remove({"b", "k", {}}, {}));
  ASSERT_TRUE(removed);
  EXPECT_TRUE(removed->existed);
  EXPECT_EQ(s.get("b", "k").error().code, Code::no_such_key);
  EXPECT_TRUE(s.keys({"b", "", "", "", 10})->empty());
  EXPECT_EQ(s.run(s.store->usage("b"))->objects, 0u);
  ASSERT_TRUE(s.put("b", "k", "again"));
  EXPECT_EQ(*s.get("b", "k"), "again");
}

TEST_P(StoreShapes, ReadsWithParityLossesAndWritesWithAQuorum) {
  const auto [n, p] = GetParam();
  MemStore s(n, p);
  ASSERT_TRUE(s.run(s.store->create_bucket(bucket_named("b"))));
  const std::string big = noise(3'000'000, 1), small = noise(5000, 2);
  ASSERT_TRUE(s.put("b", "big", big));
  ASSERT_TRUE(s.put("b", "small", small));
  const std::uint32_t w = s.set().quorum().write(), r = s.set().quorum().read();
  for (std::uint32_t lost = 1; lost < n; ++lost) {
    s.drives[lost - 1]->set_offline(true);
    const bool can_write = n - lost >= w, can_read = n - lost >= r;
    const auto a = s.get("b", "big"), b = s.get("b", "small");
    EXPECT_EQ(a.has_value(), can_read) << lost;
    if (a) {
      EXPECT_TRUE(*a == big) << lost;
    }
    if (b) {
      EXPECT_TRUE(*b == small) << lost;
    }
    const auto put = s.put("b", "new" + std::to_string(lost), noise(10'000, lost));
    EXPECT_EQ(put.has_value(), can_write) << lost;
    if (!put) {
      EXPECT_EQ(put.error().code, Code::no_quorum);
    }
  }
}

TEST_P(StoreShapes, MultipartUploadBecomesOneObject) {
  MemStore s(GetParam().drives, GetParam().parity);
  ASSERT_TRUE(s.run(s.store->create_bucket(bucket_named("b"))));
  CreateUploadRequest create;
  create.bucket = "b";
  create.key = "k";
  const auto upload = s.run(s.store->create_upload(create));
  ASSERT_TRUE(upload);
  const UploadName name{"b", "k", upload->upload_id};
  std::vector<std::string> texts{noise(5u << 20, 1), noise((5u << 20) + 7, 2), noise(1000, 3)};
  CompleteUploadRequest complete;
  complete.upload = name;
  for (std::uint32_t i = 0; i < texts.size(); ++i) {
    TextBody first("an attempt that is replaced"), body(texts[i]);
    ASSERT_TRUE(s.run(s.store->put_part(name, i + 1, first)));
    const auto part = s.run(s.store->put_part(name, i + 1, body));
    ASSERT_TRUE(part) << part.error().context;
    complete.parts.push_back({i + 1, part->etag, {}});
  }
  ASSERT_EQ(s.run(s.store->list_parts(name, 0, 100))->parts.size(), 3u);
  EXPECT_EQ(s.get("b", "k").error().code, Code::no_such_key);
  const auto done = s.run(s.store->complete_upload(complete));
  ASSERT_TRUE(done) << done.error().context;
  EXPECT_TRUE(done->etag.ends_with("-3"));
  EXPECT_TRUE(*s.get("b", "k") == texts[0] + texts[1] + texts[2]);
  EXPECT_TRUE(*s.get("b", "k", (5u << 20) - 5, 100) == (texts[0] + texts[1]).substr((5u << 20) - 5, 100));
  // A repeated Complete finds its own success; the upload is gone.
  EXPECT_EQ(s.run(s.store->complete_upload(complete))->etag, done->etag);
  EXPECT_EQ(s.run(s.store->list_parts(name, 0, 100)).error().code, Code::no_such_upload);
  ASSERT_TRUE(s.run(s.store->remove({"b", "k", {}}, {})));
  for (auto& d : s.drives) {
    // Learning is in the order of the calls, so the next read sees it.
    d->collect();
    EXPECT_TRUE(d->files().empty());
    EXPECT_EQ(d->part_rows(), 0u);
  }
}

TEST_P(StoreShapes, ListsWithPrefixesDelimitersAndPages) {
  MemStore s(GetParam().drives, GetParam().parity);
  ASSERT_TRUE(s.run(s.store->create_bucket(bucket_named("b"))));
  for (const char* k : {"a", "a/1", "a/2", "a/b/3", "b", "c/1", "c/2", "d"}) ASSERT_TRUE(s.put("b", k, k));
  using V = std::vector<std::string>;
  EXPECT_EQ(*s.keys({"b", "", "", "", 100}), (V{"a", "a/1", "a/2", "a/b/3", "b", "c/1", "c/2", "d"}));
  EXPECT_EQ(*s.keys({"b", "", "/", "", 100}), (V{"a", "a/", "b", "c/", "d"}));
  EXPECT_EQ(*s.keys({"b", "a/", "/", "", 100}), (V{"a/1", "a/2", "a/b/"}));
  EXPECT_EQ(*s.keys({"b", "", "/", "a/", 2}), (V{"b", "c/", "..."}));
  EXPECT_EQ(*s.keys({"b", "", "/", "c/", 2}), (V{"d"}));
  EXPECT_EQ(*s.keys({"b", "", "", "a/2", 2}), (V{"a/b/3", "b", "..."}));
}

TEST(Store, OneOfManyConditionalCreatorsWins) {
  MemStore s(4);
  ASSERT_TRUE(s.run(s.store->create_bucket(bucket_named("b"))));
  for (int round = 0; round < 20; ++round) {
    std::vector<std::future<Result<ObjectInfo>>> all;
    int won = 0;
    WriteOptions o;
    o.precondition = [](const ObjectInfo* old) -> Status {
      if (old) return fail(Code::precondition_failed);
      return {};
    };
    std::vector<std::unique_ptr<TextBody>> bodies;
    for (int i = 0; i < 16; ++i) {
      bodies.push_back(std::make_unique<TextBody>(std::to_string(i)));
      all.push_back(s.spawn(s.store->put({"b", "k" + std::to_string(round), {}}, {}, *bodies.back(), o)));
    }
    for (auto& f : all) {
      const auto r = f.get();
      won += r.has_value();
      if (!r) {
        EXPECT_EQ(r.error().code, Code::precondition_failed);
      }
    }
    EXPECT_EQ(won, 1);
  }
}

TEST(Store, ABodyThatFailsChangesNothing) {
  MemStore s(4);
  ASSERT_TRUE(s.run(s.store->create_bucket(bucket_named("b"))));
  ASSERT_TRUE(s.put("b", "k", "old"));
  for (const std::size_t size : {100u, 3'000'000u}) {
    TextBody bad(noise(size, 1));
    bad.fail_with(Code::bad_digest);
    EXPECT_EQ(s.run(s.store->put({"b", "k", {}}, {}, bad, {})).error().code, Code::bad_digest);
    TextBody cut(noise(size, 1));
    cut.announce(size + 1);
    EXPECT_EQ(s.run(s.store->put({"b", "k", {}}, {}, cut, {})).error().code, Code::incomplete_body);
  }
  EXPECT_EQ(*s.get("b", "k"), "old");
}

TEST(Store, AReplacedDriveIsFilledAndCarriesItsShare) {
  MemStore s(4);
  ASSERT_TRUE(s.run(s.store->create_bucket(bucket_named("b"))));
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(s.put("b", "k" + std::to_string(i), noise(i % 3 ? 3000 : 700'000, i)));
  auto identity = s.drives[1]->identity();
  identity.id = DriveId::random();
  ++identity.incarnation;
  s.drives[1]->wipe(identity);
  ASSERT_TRUE(s.run(s.store->healer().fill(s.set(), 1)));
  EXPECT_TRUE(s.drives[1]->status().whole);
  s.drives[0]->set_offline(true);
  s.drives[2]->set_offline(true);
  for (int i = 0; i < 30; ++i)
    EXPECT_TRUE(*s.get("b", "k" + std::to_string(i)) == noise(i % 3 ? 3000 : 700'000, i)) << i;
}

TEST(Store, VerifyFindsAndMendsFlippedBits) {
  MemStore s(4);
  ASSERT_TRUE(s.run(s.store->create_bucket(bucket_named("b"))));
  ASSERT_TRUE(s.put("b", "k", noise(3'000'000, 1)));
  const auto files = s.drives[2]->files();
  ASSERT_EQ(files.size(), 1u);
  s.drives[2]->flip_chunk(*files.begin(), 1);
  EXPECT_TRUE(*s.get("b", "k") == noise(3'000'000, 1));
  const auto report = s.run(s.store->verify());
  ASSERT_TRUE(report) << report.error().context;
  EXPECT_EQ(report->damaged, 1u);
  EXPECT_EQ(report->repaired, 1u);
  EXPECT_EQ(s.run(s.store->verify())->damaged, 0u);
}

TEST(Store, BucketsAreCreatedOnceAndDeletedWhenEmpty) {
  MemStore s(4);
  ASSERT_TRUE(s.run(s.store->create_bucket(bucket_named("b"))));
  EXPECT_EQ(s.run(s.store->create_bucket(bucket_named("b"))).error().code, Code::bucket_already_exists);
  EXPECT_EQ(s.put("none", "k", "x").error().code, Code::no_such_bucket);
  ASSERT_TRUE(s.put("b", "k", "x"));
  EXPECT_EQ(s.run(s.store->delete_bucket("b")).error().code, Code::bucket_not_empty);
  ASSERT_TRUE(s.run(s.store->remove({"b", "k", {}}, {})));
  ASSERT_TRUE(s.run(s.store->delete_bucket("b")));
  EXPECT_EQ(s.run(s.store->head_bucket("b")).error().code, Code::no_such_bucket);
  EXPECT_TRUE(s.run(s.store->list_buckets())->empty());
  ASSERT_TRUE(s.run(s.store->create_bucket(bucket_named("b"))));
  EXPECT_TRUE(s.keys({"b", "", "", "", 10})->empty());
}

}  // namespace
}  // namespace cairn::store
