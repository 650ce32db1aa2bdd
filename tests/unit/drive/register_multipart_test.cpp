#include "unit/drive/register_fixture.hpp"

// Uploads and their parts in the register, on every kind of drive.
namespace cairn::drive::test {
namespace {

template <class Subject>
class Multipart : public Register<Subject> {
 protected:
  static constexpr const char* kUpload = "upload-1";
  const Row row_{RowTable::upload, kUpload, "begun", {}};

  void begin(std::uint64_t ballot = 5) {
    auto c = this->calls();
    ASSERT_TRUE(c.prepare(this->key_, at(ballot))->promised);
    State s = nothing(at(ballot));
    s.rows.add(row_);
    AcceptRequest r = this->request(at(ballot), {}, s);
    r.rows = {{row_, false}};
    ASSERT_TRUE(c.accept(std::move(r))->accepted);
  }
  DataRef put(std::uint32_t number, const std::string& body) {
    PutPartRequest r;
    r.key = this->key_;
    r.upload_id = kUpload;
    r.part = {number, inlined(), "etag"};
    r.body = Slice::of(body);
    EXPECT_TRUE(this->calls().put_part(r));
    return r.part.data;
  }
  AcceptReply complete(std::uint64_t ballot, std::uint64_t base, const DataRef& table,
                       const std::vector<DataRef>& parts) {
    auto c = this->calls();
    EXPECT_TRUE(c.prepare(this->key_, at(ballot))->promised);
    AcceptRequest r = this->request(at(ballot), at(base), object(at(ballot), {table}, 9));
    r.rows = {{{RowTable::upload, kUpload, {}, {}}, true}};
    r.body = Slice::of(encode_part_table(parts, "of the store"));
    const auto reply = c.accept(std::move(r));
    EXPECT_TRUE(reply && reply->accepted);
    return *reply;
  }
};
TYPED_TEST_SUITE(Multipart, Subjects);

TYPED_TEST(Multipart, PartsNeedTheirUpload) {
  PutPartRequest r;
  r.key = this->key_;
  r.upload_id = this->kUpload;
  r.part = {1, inlined(), "etag"};
  r.body = Slice::of("part");
  EXPECT_EQ(this->calls().put_part(r).error().code, Code::no_such_upload);
  this->begin();
  EXPECT_TRUE(this->calls().put_part(r)) << "an open state's upload will do";
  this->calls().learn({this->key_, at(5), 0});
  EXPECT_TRUE(this->calls().put_part(r));
}

TYPED_TEST(Multipart, PartsAreListedByNumberWithAllTheirAttempts) {
  this->begin();
  this->put(3, "three");
  this->put(1, "one");
  this->put(3, "three again");
  auto c = this->calls();
  const auto all = c.list_parts(this->kUpload);
  ASSERT_EQ(all->size(), 3u);
  EXPECT_EQ(all->at(0).number, 1u);
  EXPECT_EQ(all->at(1).number, 3u);
  EXPECT_EQ(c.list_parts(this->kUpload, 1)->size(), 2u);
  EXPECT_EQ(c.list_parts(this->kUpload, 0, 1)->size(), 1u);
  EXPECT_TRUE(c.list_parts("upload-")->empty());
}

TYPED_TEST(Multipart, CompletingKeepsTheListedPartsAndCollectsTheOthers) {
  this->begin();
  auto c = this->calls();
  c.learn({this->key_, at(5), 0});
  const DataRef one = this->put(1, "one"), other = this->put(1, "one again"), two = this->put(2, "two");
  const DataRef table = parts_ref();
  EXPECT_FALSE(this->complete(6, 5, table, {one, two}).shard_missing);
  EXPECT_EQ(c.list_parts(this->kUpload)->size(), 3u) << "not committed yet";
  c.learn({this->key_, at(6), 0});
  EXPECT_TRUE(c.list_parts(this->kUpload)->empty());
  EXPECT_TRUE(c.rows(this->key_, RowTable::upload)->empty());
  EXPECT_EQ(c.read_body(one.id)->text(), "one");
  EXPECT_EQ(c.read_body(two.id)->text(), "two");
  EXPECT_EQ(c.read_body(other.id).error().code, Code::not_found);
  const auto body = this->view(true).committed.body;
  EXPECT_EQ(decode_part_table(body.text())->rest, "of the store");
  EXPECT_FALSE(this->view().committed.rows_missing);

  put_object(c, this->key_, 7, at(6), {inlined()}, "new");
  this->subject_.collect();
  for (const DataRef& gone : {one, two, table}) EXPECT_EQ(c.read_body(gone.id).error().code, Code::not_found);
}

TYPED_TEST(Multipart, CompletingWithoutAPartIsMarkedAndRestored) {
  this->begin();
  auto c = this->calls();
  const DataRef one = this->put(1, "one"), elsewhere = inlined(), table = parts_ref();
  EXPECT_TRUE(this->complete(6, 5, table, {one, elsewhere}).shard_missing);
  c.learn({this->key_, at(6), 0});
  EXPECT_TRUE(this->view().committed.shard_missing);
  EXPECT_TRUE(*c.restore({this->key_, at(6), {{elsewhere, Slice::of("two")}}, {}, {}}));
  EXPECT_FALSE(this->view().committed.shard_missing);
  EXPECT_EQ(c.read_body(elsewhere.id)->text(), "two");
}

TYPED_TEST(Multipart, AbortingCollectsEveryPart) {
  this->begin();
  auto c = this->calls();
  const DataRef one = this->put(1, "one");
  const DataRef large = file_ref();
  PutPartRequest r;
  r.key = this->key_;
  r.upload_id = this->kUpload;
  r.part = {2, large, "etag"};
  r.staged = {*c.stage_file(large.id)};
  ASSERT_TRUE(c.put_part(std::move(r)));
  EXPECT_FALSE(this->has_work(WorkKind::stage));
  ASSERT_TRUE(c.prepare(this->key_, at(6))->promised);
  AcceptRequest abort = this->request(at(6), at(5), nothing(at(6)));
  abort.rows = {{{RowTable::upload, this->kUpload, {}, {}}, true}};
  ASSERT_TRUE(c.accept(std::move(abort))->accepted);
  c.learn({this->key_, at(6), 0});
  this->subject_.collect();
  EXPECT_EQ(c.read_body(one.id).error().code, Code::not_found);
  EXPECT_FALSE(this->subject_.has_file(large.id));
  EXPECT_TRUE(c.list_parts(this->kUpload)->empty());
  EXPECT_TRUE(*c.purge(this->key_, at(6)));
}

TYPED_TEST(Multipart, ACompletionThatIsLeftOutLeavesTheUploadItsParts) {
  this->begin();
  auto c = this->calls();
  c.learn({this->key_, at(5), 0});
  const DataRef one = this->put(1, "one"), table = parts_ref();
  this->complete(6, 5, table, {one});
  State other = object(at(7), {inlined()});
  other.rows.add(this->row_);
  ASSERT_TRUE(c.prepare(this->key_, at(7))->promised);
  AcceptRequest r = this->request(at(7), at(5), other);
  r.body = Slice::of("other");
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  c.learn({this->key_, at(7), 0});
  this->subject_.collect();
  EXPECT_EQ(c.read_body(one.id)->text(), "one");
  EXPECT_EQ(c.read_body(table.id).error().code, Code::not_found);
  EXPECT_EQ(c.list_parts(this->kUpload)->size(), 1u);
  EXPECT_FALSE(this->complete(8, 7, parts_ref(), {one}).shard_missing);
}

TYPED_TEST(Multipart, AnUploadThatIsLeftOutTakesItsPartsAlong) {
  this->begin();
  const DataRef one = this->put(1, "one");
  auto c = this->calls();
  put_object(c, this->key_, 7, {}, {inlined()}, "other");
  EXPECT_TRUE(c.list_parts(this->kUpload)->empty());
  EXPECT_EQ(c.read_body(one.id).error().code, Code::not_found);
}

TYPED_TEST(Multipart, InstallOverAnOpenCompletionFreesWhatNobodyNames) {
  this->begin();
  auto c = this->calls();
  c.learn({this->key_, at(5), 0});
  const DataRef one = this->put(1, "one"), table = parts_ref();
  this->complete(6, 5, table, {one});
  ASSERT_TRUE(c.prepare(this->key_, at(9))->promised);
  AcceptRequest r = this->request(at(9), at(8), std::nullopt);
  r.install = Install{object(at(8), {inlined()})};
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  this->subject_.collect();
  EXPECT_FALSE(this->view().committed.rows_missing);
  EXPECT_TRUE(c.list_parts(this->kUpload)->empty());
  EXPECT_EQ(c.read_body(one.id).error().code, Code::not_found);
  EXPECT_EQ(c.read_body(table.id).error().code, Code::not_found);
}

TYPED_TEST(Multipart, InstallOfAStateOverTheSameTableKeepsTheParts) {
  this->begin();
  auto c = this->calls();
  c.learn({this->key_, at(5), 0});
  const DataRef one = this->put(1, "one"), table = parts_ref();
  this->complete(6, 5, table, {one});
  ASSERT_TRUE(c.prepare(this->key_, at(9))->promised);
  AcceptRequest r = this->request(at(9), at(8), std::nullopt);
  r.install = Install{object(at(8), {table})};  // the completion was committed elsewhere, and tagged since
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  this->subject_.collect();
  EXPECT_FALSE(this->view().committed.shard_missing);
  EXPECT_EQ(c.read_body(one.id)->text(), "one");
  EXPECT_TRUE(c.list_parts(this->kUpload)->empty());
}

// What the new table names is not known before it is here: the old data waits for it.
TYPED_TEST(Multipart, DataThatATableMayNameGoesWhenTheTableIsHere) {
  auto c = this->calls();
  const DataRef old = inlined(), one = inlined(), table = parts_ref();
  put_object(c, this->key_, 5, {}, {old}, "old");
  c.learn({this->key_, at(5), 0});
  ASSERT_TRUE(c.prepare(this->key_, at(9))->promised);
  AcceptRequest r = this->request(at(9), at(8), std::nullopt);
  r.install = Install{object(at(8), {table})};
  ASSERT_TRUE(c.accept(std::move(r))->accepted);
  EXPECT_TRUE(this->view().committed.shard_missing);
  EXPECT_EQ(c.read_body(old.id)->text(), "old");
  const std::string bytes = encode_part_table({one}, "rest");
  EXPECT_TRUE(*c.restore({this->key_, at(8), {{table, Slice::of(bytes)}, {one, Slice::of("one")}}, {}, {}}));
  EXPECT_FALSE(this->view().committed.shard_missing);
  EXPECT_EQ(c.read_body(old.id).error().code, Code::not_found);
  EXPECT_EQ(c.read_body(one.id)->text(), "one");
}

TYPED_TEST(Multipart, UploadsAreListedInOrderOfKeyAndId) {
  auto c = this->calls();
  std::uint64_t ballot = 100;
  for (const std::string& key : std::vector<std::string>{"b", "a", std::string("a\0x", 3), "c/d"}) {
    State s = nothing(at(++ballot));
    std::vector<RowChange> rows;
    for (const char* id : {"2", "1"}) {
      rows.push_back({{RowTable::upload, id, key, {}}, false});
      s.rows.add(rows.back().row);
    }
    const std::string record = record_key(BucketId{7}, key);
    ASSERT_TRUE(c.prepare(record, s.id)->promised);
    AcceptRequest r = this->request(s.id, {}, s);
    r.key = record;
    r.rows = rows;
    ASSERT_TRUE(c.accept(std::move(r))->accepted);
    c.learn({record, s.id, 0});
  }
  const auto names = [&](ListUploadsRequest r) {
    r.bucket = BucketId{7};
    std::vector<std::string> out;
    const auto entries = c.list_uploads(std::move(r));
    for (const UploadEntry& e : *entries) out.push_back(e.key + ":" + e.upload_id);
    return out;
  };
  const std::string zero("a\0x", 3);
  EXPECT_EQ(names({}), (std::vector<std::string>{"a:1", "a:2", zero + ":1", zero + ":2", "b:1", "b:2",
                                                 "c/d:1", "c/d:2"}));
  EXPECT_EQ(names({.after_key = "a", .after_upload = "1", .limit = 2}),
            (std::vector<std::string>{"a:2", zero + ":1"}));
  EXPECT_EQ(names({.after_key = zero}), (std::vector<std::string>{"b:1", "b:2", "c/d:1", "c/d:2"}));
  EXPECT_EQ(names({.prefix = "c/"}), (std::vector<std::string>{"c/d:1", "c/d:2"}));
  EXPECT_TRUE(c.list_uploads({.bucket = BucketId{8}})->empty());
}

}  // namespace
}  // namespace cairn::drive::test
