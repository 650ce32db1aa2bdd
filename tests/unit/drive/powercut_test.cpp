#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <map>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "cairn/base/log.hpp"

#include "fakes/powercut_fs.hpp"
#include "unit/drive/drive_fixture.hpp"

// LocalDrive on a disk that forgets and tears what was not synced, its power cut at random operations: what
// was acknowledged is there, byte for byte; what was not is there wholly or not at all, and stays so; nothing
// leaks; usage is exact. Some hundred cuts, or thousands with CAIRN_LONG=1. CAIRN_SEED=n runs one schedule.
// RocksDB 7.8 loses a new memtable when it cannot make the log that belongs to it.
extern "C" const char* __lsan_default_suppressions() { return "leak:rocksdb::DBImpl::SwitchMemtable\n"; }

namespace cairn::drive::test {
namespace {

using cairn::test::PowerCutDisk;

constexpr BucketId kBucket{7};
constexpr const char* kRoot = "/drive";

// What a client of the drive knows of one key.
struct KeyModel {
  State state;
  std::map<std::string, Row> versions;
  std::map<std::string, std::map<std::uint32_t, DataRef>> uploads;  // parts by number
  std::vector<DataRef> table;                                       // of the head, if its form is parts

  void change(const RowChange& c) {
    if (c.row.table == RowTable::version) {
      if (c.remove) {
        versions.erase(c.row.id);
      } else {
        versions[c.row.id] = c.row;
      }
    } else if (c.remove) {
      uploads.erase(c.row.id);
    } else {
      uploads[c.row.id];
    }
  }
};

struct Content {
  DataForm form;
  std::string bytes;
};

// One drive through several lives, with the model beside it.
class Schedule {
 public:
  explicit Schedule(std::uint64_t seed) : seed_(seed), random_(seed), disk_(seed * 7919 + 1) { format(); }

  void run() {
    const unsigned lives = 2 + below(4);
    for (unsigned life = 0; life < lives && !failed(); ++life) {
      // Sometimes the cut comes while the drive is being opened.
      disk_.cut_after(1 + below(below(3) ? 400 : 40));
      if (open()) work();
      drive_.reset();
      disk_.power_cut();
      disk_.reboot();
      ++cuts_;
      if (!open_surely()) return;
      check_after_cut();
      if (failed()) return;
      drive_.reset();  // no cut: everything must look the same again
      if (!open_surely()) return;
      check_all("after another opening");
      check_leaks();
      check_usage();
      drive_.reset();
    }
  }

  unsigned cuts() const { return cuts_; }
  unsigned acknowledged() const { return acknowledged_; }
  unsigned kept() const { return kept_; }
  unsigned lost() const { return lost_; }

 private:
  bool failed() const { return testing::Test::HasFailure(); }
  std::uint64_t below(std::uint64_t n) { return n ? random_() % n : 0; }
  std::string where() const { return "seed " + std::to_string(seed_) + ", cut " + std::to_string(cuts_); }

  void format() {
    auto& files = disk_.files();
    ASSERT_TRUE(ensure_directory(files, kRoot));
    ASSERT_TRUE(ShardStore::make_directories(files, kRoot));
    Format format;
    format.identity.deployment = DeploymentId::random();
    format.identity.id = DriveId::random();
    format.members = {{format.identity.id, 1}};
    format.complete = true;
    ASSERT_TRUE(write_format(files, kRoot, format));
  }

  bool open() {
    LocalDriveConfig config;
    config.root = kRoot;
    config.shared = shared_;
    config.files = &disk_.files();
    config.buffers = &buffers_;
    config.clock = &clock_;
    config.record_files = disk_.rocksdb_files();
    config.io_threads = 2;
    config.reserve_bytes = 1;
    config.learn_delay = std::chrono::milliseconds(1);
    config.collect_delay = std::chrono::milliseconds(below(2));
    clock_.advance(10);
    auto opened = LocalDrive::open(std::move(config));
    if (!opened) return false;
    drive_ = std::move(*opened);
    return drive_->status().state == DriveState::online;
  }

  bool open_surely() {
    const bool online = open();
    EXPECT_TRUE(online) << where() << ": " << drive_->status().reason;
    return online;
  }

  // ---- the workload ----

  // A request together with the model that holds if it takes effect.
  struct Step {
    std::string key;
    KeyModel next;
    std::optional<AcceptRequest> accept;
    std::optional<PutPartRequest> part;
    bool learn = false;
  };

  void work() {
    for (unsigned i = 0; i < 80 && !disk_.is_cut(); ++i) {
      // Several keys at once, so that they share a batch.
      std::set<std::string> keys;
      for (std::uint64_t n = 1 + below(4); n; --n) keys.insert("key" + std::to_string(below(9)));
      std::vector<Step> steps;
      for (const std::string& key : keys) {
        if (candidates_.contains(key)) return;  // its last outcome is unknown: only a restart tells
        if (auto step = plan(key)) steps.push_back(std::move(*step));
      }
      carry_out(std::move(steps));
      clock_.advance(static_cast<UnixMillis>(below(50)));
    }
  }

  std::optional<Step> plan(const std::string& key) {
    Step step{.key = record_key(kBucket, key), .next = models_[key], .accept = {}, .part = {}};
    const KeyModel& now = models_[key];
    if (!now.uploads.empty() && below(3)) return below(3) ? plan_part(step) : plan_upload_end(step);
    switch (below(8)) {
      case 0:
        return plan_delete(step);
      case 1:
        return plan_upload_begin(step);
      case 2:
        return plan_version_end(step);
      default:
        return plan_put(step);
    }
  }

  // Gets the promise for the next state of the step's key; false once the power is off.
  bool begin(Step& step) {
    const State& before = models_[S3(step.key)].state;
    Calls calls{*drive_};
    for (;;) {
      const Ballot ballot = at(++ballot_);
      const auto reply = calls.prepare(step.key, ballot);
      if (!reply) return false;
      if (!reply->promised) {
        ballot_ = std::max(ballot_, reply->highest.time >> 16) + 1;
        continue;
      }
      const View& view = reply->view;
      const State& current = view.open ? view.open->state : view.committed.state;
      EXPECT_EQ(current.id, before.id) << where() << ": the drive forgot what it acknowledged while it ran";
      step.next.state.id = ballot;
      step.next.state.ancestors.clear();
      step.accept.emplace();
      step.accept->key = step.key;
      step.accept->ballot = ballot;
      step.accept->base = before.id;
      step.accept->commit = below(3) != 0;
      step.learn = !step.accept->commit && below(2);
      return true;
    }
  }

  static std::string S3(const std::string& key) { return decode_record_key(key)->key; }

  // New data, inline or in a file that is staged; nothing once the power is off.
  std::optional<DataRef> make_data(Slice& body, std::vector<StageToken>& staged) {
    const DataRef ref{DataId::random(), below(3) ? DataForm::inlined : DataForm::file};
    if (ref.form == DataForm::file) {
      const char fill = static_cast<char>('a' + below(26));
      const auto token = Calls{*drive_}.stage_file(ref.id, fill);
      contents_[ref.id] = {ref.form, std::string(Calls::kFileSize, fill)};
      if (!token) return std::nullopt;
      if (!below(10)) return std::nullopt;  // staged and never named
      staged.push_back(*token);
    } else {
      std::string bytes(1 + below(6000), '\0');
      for (char& c : bytes) c = static_cast<char>(random_());
      contents_[ref.id] = {ref.form, bytes};
      body = Slice::of(std::move(bytes));
    }
    return ref;
  }

  void set_usage(State& state, std::uint64_t versions) {
    state.usage_objects = (state.kind == StateKind::object ? 1 : 0) + versions;
    state.usage_bytes = state.usage_objects * (1 + below(1000));
  }

  std::optional<Step> plan_put(Step& step) {
    Slice body;
    std::vector<StageToken> staged;
    const auto ref = make_data(body, staged);
    if (!ref || !begin(step)) return std::nullopt;
    State& state = step.next.state;
    if (below(3) == 0 && state.kind == StateKind::object) keep_as_version(step);
    state.kind = StateKind::object;
    state.head = "head" + std::to_string(ballot_);
    state.data = {*ref};
    step.next.table.clear();
    set_usage(state, step.next.versions.size());
    step.accept->body = std::move(body);
    step.accept->staged = std::move(staged);
    return finish(step);
  }

  // The head becomes a row, with its data.
  void keep_as_version(Step& step) {
    const KeyModel& now = models_[S3(step.key)];
    if (!now.table.empty()) return;  // the model keeps one part table, that of the head
    const RowChange change{.row = {.table = RowTable::version,
                                   .id = "v" + std::to_string(ballot_),
                                   .value = now.state.head,
                                   .data = now.state.data}};
    change_rows(step, change);
  }

  void change_rows(Step& step, const RowChange& change) {
    step.next.change(change);
    if (change.remove) {
      step.next.state.rows.remove(change.row);
    } else {
      step.next.state.rows.add(change.row);
    }
    step.accept->rows.push_back(change);
  }

  std::optional<Step> plan_delete(Step& step) {
    if (!begin(step)) return std::nullopt;
    State& state = step.next.state;
    state.kind = StateKind::none;
    state.head.clear();
    state.data.clear();
    step.next.table.clear();
    set_usage(state, step.next.versions.size());
    return finish(step);
  }

  std::optional<Step> plan_version_end(Step& step) {
    if (step.next.versions.empty() || !begin(step)) return std::nullopt;
    const Row row = step.next.versions.begin()->second;
    change_rows(step, {.row = row, .remove = true});
    set_usage(step.next.state, step.next.versions.size());
    return finish(step, true);
  }

  std::optional<Step> plan_upload_begin(Step& step) {
    if (step.next.uploads.size() == 2 || !begin(step)) return std::nullopt;
    step.accept->commit = true;  // parts need the row
    change_rows(step,
                {.row = {.table = RowTable::upload, .id = "u" + std::to_string(ballot_), .value = "upload"}});
    return finish(step, true);
  }

  std::optional<Step> plan_part(Step& step) {
    auto& [upload, parts] = *step.next.uploads.begin();
    PutPartRequest request{.key = step.key, .upload_id = upload, .part = {}, .body = {}, .staged = {}};
    const auto ref = make_data(request.body, request.staged);
    if (!ref) return std::nullopt;
    request.part = {static_cast<std::uint32_t>(1 + parts.size()), *ref, "part value"};
    parts[request.part.number] = *ref;
    step.part = std::move(request);
    return std::move(step);
  }

  // Completes the upload, with some of its parts left out, or aborts it.
  std::optional<Step> plan_upload_end(Step& step) {
    if (!begin(step)) return std::nullopt;
    step.accept->commit = true;
    const auto [upload, parts] = *step.next.uploads.begin();
    const Row row{.table = RowTable::upload, .id = upload, .value = "upload"};
    const bool complete = !parts.empty() && below(3);
    change_rows(step, {.row = row, .remove = true});
    if (!complete) return finish(step, true);
    State& state = step.next.state;
    step.next.table.clear();
    for (const auto& [number, ref] : parts)
      if (below(4)) step.next.table.push_back(ref);
    if (step.next.table.empty()) step.next.table.push_back(parts.begin()->second);
    const DataRef table{DataId::random(), DataForm::parts};
    std::string body = encode_part_table(step.next.table, "the rest");
    contents_[table.id] = {table.form, body};
    state.kind = StateKind::object;
    state.head = "multipart" + std::to_string(ballot_);
    state.data = {table};
    set_usage(state, step.next.versions.size());
    step.accept->body = Slice::of(std::move(body));
    return finish(step);
  }

  std::optional<Step> finish(Step& step, bool same_data = false) {
    if (same_data) set_usage(step.next.state, step.next.versions.size());
    step.accept->state = step.next.state;
    return std::move(step);
  }

  void carry_out(std::vector<Step> steps) {
    struct Reply {
      std::mutex mutex;
      std::condition_variable ready;
      std::size_t left;
      std::vector<std::optional<Code>> outcome;  // nothing: acknowledged
    };
    const auto reply = std::make_shared<Reply>();
    reply->left = steps.size();
    reply->outcome.resize(steps.size());
    const auto note = [reply](std::size_t i, std::optional<Code> outcome) {
      const std::lock_guard lock(reply->mutex);
      reply->outcome[i] = outcome;
      if (--reply->left == 0) reply->ready.notify_all();
    };
    for (std::size_t i = 0; i < steps.size(); ++i) {
      if (steps[i].accept) {
        drive_->accept(*steps[i].accept, [note, i](Result<AcceptReply> r) {
          if (!r) return note(i, r.error().code);
          note(i, r->accepted && !r->shard_missing ? std::nullopt : std::optional(Code::internal));
        });
      } else {
        drive_->put_part(*steps[i].part,
                         [note, i](Status s) { note(i, s ? std::nullopt : std::optional(s.error().code)); });
      }
    }
    {
      std::unique_lock lock(reply->mutex);
      reply->ready.wait(lock, [&] { return reply->left == 0; });
    }
    for (std::size_t i = 0; i < steps.size(); ++i) {
      const std::string key = S3(steps[i].key);
      if (!reply->outcome[i]) {
        models_[key] = std::move(steps[i].next);
        ++acknowledged_;
        if (steps[i].learn) drive_->learn({steps[i].key, models_[key].state.id, 0});
      } else {
        EXPECT_TRUE(disk_.is_cut()) << where() << ": refused with code "
                                    << static_cast<int>(*reply->outcome[i]) << " although the power is on";
        candidates_[key] = std::move(steps[i].next);
      }
    }
  }

  // ---- the checks ----

  // What differs from `model`; empty if nothing does.
  std::string difference(const std::string& key, const KeyModel& model) {
    Calls calls{*drive_};
    const std::string at_key = record_key(kBucket, key);
    const auto view = calls.read(at_key, true);
    if (!view) return "read: " + view.error().context;
    if (!view->whole) return "not whole";
    const Held& held = view->open ? static_cast<const Held&>(*view->open) : view->committed;
    if (held.state != model.state) return "another state";
    if (held.shard_missing || held.rows_missing) return "marked as missing something";
    if (view->open) calls.learn({at_key, held.state.id, 0});
    for (const DataRef& ref : model.state.data) {
      if (auto bad = wrong_data(ref); !bad.empty()) return bad;
      if (ref.form != DataForm::file && held.body.text() != contents_[ref.id].bytes)
        return "the view's body differs";
    }
    for (const DataRef& ref : model.table)
      if (auto bad = wrong_data(ref); !bad.empty()) return bad;
    return wrong_rows(at_key, model);
  }

  std::string wrong_data(const DataRef& ref) {
    Calls calls{*drive_};
    const Content& content = contents_.at(ref.id);
    std::string got;
    if (ref.form == DataForm::file) {
      auto file = calls.read_file(ref.id);
      if (!file) return "file " + ref.id.hex() + ": " + file.error().context;
      got = std::move(*file);
      const auto end = read_shard_file_metadata(disk_.files(), ShardStore::path_of(kRoot, ref.id));
      if (!end || end->metadata != "metadata") return "file " + ref.id.hex() + ": its trailer";
    } else {
      const auto body = calls.read_body(ref.id);
      if (!body) return "body " + ref.id.hex() + ": " + body.error().context;
      got = body->text();
    }
    return got == content.bytes ? "" : "data " + ref.id.hex() + " differs";
  }

  std::string wrong_rows(const std::string& key, const KeyModel& model) {
    Calls calls{*drive_};
    const auto versions = calls.rows(key, RowTable::version);
    if (!versions) return "rows: " + versions.error().context;
    if (versions->size() != model.versions.size()) return "another number of versions";
    for (const Row& row : *versions) {
      const auto known = model.versions.find(row.id);
      if (known == model.versions.end() || known->second != row) return "version row " + row.id;
      for (const DataRef& ref : row.data)
        if (auto bad = wrong_data(ref); !bad.empty()) return bad;
    }
    const auto uploads = calls.rows(key, RowTable::upload);
    if (!uploads || uploads->size() != model.uploads.size()) return "another number of uploads";
    for (const auto& [upload, parts] : model.uploads) {
      const auto rows = calls.list_parts(upload);
      if (!rows) return "parts: " + rows.error().context;
      if (rows->size() != parts.size()) return "another number of parts";
      for (const PartRow& row : *rows) {
        const auto known = parts.find(row.number);
        if (known == parts.end() || known->second != row.data) return "part " + std::to_string(row.number);
        if (auto bad = wrong_data(row.data); !bad.empty()) return bad;
      }
    }
    return {};
  }

  void check_after_cut() {
    for (auto& [key, candidate] : candidates_) {
      const std::string before = difference(key, models_[key]);
      const std::string after = before.empty() ? "" : difference(key, candidate);
      EXPECT_TRUE(before.empty() || after.empty()) << where() << ", " << key << ": neither as before ("
                                                   << before << ") nor as after (" << after << ")";
      (before.empty() ? lost_ : kept_) += 1;
      if (!before.empty()) models_[key] = std::move(candidate);
    }
    candidates_.clear();
    check_all("after the cut");
  }

  void check_all(const char* when) {
    for (const auto& [key, model] : models_)
      EXPECT_EQ(difference(key, model), "") << where() << ", " << key << " " << when;
  }

  void check_leaks() {
    clock_.advance(100'000);
    EXPECT_TRUE(drive_->collect_now()) << where();
    std::set<DataId> named;
    const auto name = [&](const std::vector<DataRef>& data) {
      for (const DataRef& ref : data) named.insert(ref.id);
    };
    for (const auto& [key, model] : models_) {
      name(model.state.data);
      name(model.table);
      for (const auto& [id, row] : model.versions) name(row.data);
      for (const auto& [id, parts] : model.uploads)
        for (const auto& [number, ref] : parts) named.insert(ref.id);
    }
    ShardStore store(
        {.files = disk_.files(), .buffers = buffers_, .root = kRoot, .boot = {}, .run = [](auto) {}});
    EXPECT_TRUE(store.for_each([&](const DataId& id) {
      EXPECT_TRUE(named.contains(id)) << where() << ": a shard file that nothing names: " << id.hex();
    }));
    Calls calls{*drive_};
    for (auto it = contents_.begin(); it != contents_.end();) {
      const auto& [id, content] = *it;
      if (named.contains(id)) {
        ++it;
        continue;
      }
      if (content.form != DataForm::file) {
        EXPECT_FALSE(calls.read_body(id)) << where() << ": a body that nothing names: " << id.hex();
      }
      it = contents_.erase(it);
    }
    for (const WorkKind kind : {WorkKind::stage, WorkKind::open, WorkKind::collect}) {
      const auto work = calls.work(kind);
      ASSERT_TRUE(work);
      EXPECT_TRUE(work->empty()) << where() << ": work of kind " << static_cast<int>(kind) << " is left";
    }
  }

  void check_usage() {
    Usage sum;
    for (const auto& [key, model] : models_) {
      sum.objects += model.state.usage_objects;
      sum.bytes += model.state.usage_bytes;
    }
    const auto usage = Calls{*drive_}.usage(kBucket);
    ASSERT_TRUE(usage);
    EXPECT_EQ(usage->objects, sum.objects) << where();
    EXPECT_EQ(usage->bytes, sum.bytes) << where();
  }

  const std::uint64_t seed_;
  std::mt19937_64 random_;
  PowerCutDisk disk_;
  BufferPool buffers_;
  ManualClock clock_{1'000'000};
  std::shared_ptr<SharedResources> shared_ =
      SharedResources::make({.cache_bytes = 4 << 20, .write_buffer_bytes = 256 << 10});
  std::unique_ptr<LocalDrive> drive_;

  std::map<std::string, KeyModel> models_;      // as acknowledged
  std::map<std::string, KeyModel> candidates_;  // what an operation without an answer may have made of it
  std::map<DataId, Content> contents_;
  std::uint64_t ballot_ = 1000;
  unsigned cuts_ = 0, acknowledged_ = 0, kept_ = 0, lost_ = 0;
};

TEST(PowerCutTest, WhatWasAcknowledgedSurvivesAndNothingIsHalfThere) {
  log::configure(log::Level::error, false);
  const char* one = std::getenv("CAIRN_SEED");
  const std::uint64_t first = one ? std::strtoull(one, nullptr, 10) : 1;
  const char* longer = std::getenv("CAIRN_LONG");
  const std::uint64_t count = one ? 1 : longer && std::string_view(longer) == "1" ? 2000 : 70;
  std::atomic<std::uint64_t> next{first};
  std::atomic<unsigned> cuts{0}, acknowledged{0}, kept{0}, lost{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i) {  // RocksDB sleeps for a second after an error in the background
    threads.emplace_back([&] {
      for (;;) {
        const std::uint64_t seed = next++;
        if (seed >= first + count || testing::Test::HasFailure()) return;
        Schedule schedule(seed);
        schedule.run();
        cuts += schedule.cuts();
        acknowledged += schedule.acknowledged();
        kept += schedule.kept();
        lost += schedule.lost();
      }
    });
  }
  for (std::thread& t : threads) t.join();
  RecordProperty("cuts", static_cast<int>(cuts));
  std::printf("%u cuts, %u acknowledged, of those without an answer %u kept and %u lost\n", cuts.load(),
              acknowledged.load(), kept.load(), lost.load());
  if (one) return;
  EXPECT_GT(cuts, 2 * count);
  EXPECT_GT(acknowledged, 10 * count);
  EXPECT_GT(kept, 0u);
  EXPECT_GT(lost, 0u);
}

}  // namespace
}  // namespace cairn::drive::test
