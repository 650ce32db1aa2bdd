#include "fakes/faulty_drive.hpp"

#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <vector>

namespace cairn::test {

using drive::Chunk;
using drive::ShardReader;
using drive::ShardWriter;
using drive::StageToken;
using drive::View;

// What decides, shared with the writers and readers that were handed out.
class FaultyDrive::Faults {
 public:
  explicit Faults(std::uint64_t seed) : random_(seed) {}

  struct Verdict {
    DriveEffect effect = DriveEffect::pass;
    Error error;
  };
  Verdict judge(DriveCall call, std::string_view key, bool adds_data) {
    const std::lock_guard lock(mutex_);
    ++calls_[call];
    if (offline_) return {DriveEffect::fail_before, Error(Code::offline, "injected: offline")};
    if (full_ && adds_data) return {DriveEffect::fail_before, Error(Code::drive_full, "injected: full")};
    for (Fault& f : added_) {
      if (f.call != call || (!f.key.empty() && f.key != key)) continue;
      if (f.skip) {
        --f.skip;
        continue;
      }
      if (!f.count) continue;
      --f.count;
      return {f.effect, Error(f.code, "injected")};
    }
    if (script_) {
      const DriveEffect effect = script_(call, key);
      if (effect != DriveEffect::pass) return {effect, Error(Code::io, "injected by script")};
    }
    for (const auto& [effect, per_mille] : chances_)
      if (random_() % 1000 < per_mille) return {effect, Error(Code::io, "injected by chance")};
    return {};
  }

  // Runs the call as the verdict wants it. `go` makes it, with the completion it is given.
  template <class T, class Go>
  void run(const std::shared_ptr<Faults>& self, DriveCall call, std::string_view key, bool adds_data,
           Completion<T> done, Go go) {
    carry_out(self, judge(call, key, adds_data), std::move(done), std::move(go));
  }
  template <class T, class Go>
  static void carry_out(const std::shared_ptr<Faults>& self, Verdict verdict, Completion<T> done, Go go) {
    switch (verdict.effect) {
      case DriveEffect::pass:
        return go(std::move(done));
      case DriveEffect::fail_before:
      case DriveEffect::drop:
        return done(fail(std::move(verdict.error)));
      case DriveEffect::fail_after:
      case DriveEffect::tear:
        return go(Completion<T>([done = std::move(done), error = std::move(verdict.error)](
                                    Result<T>) mutable { done(fail(std::move(error))); }));
      case DriveEffect::hold:
        return self->hold([go = std::move(go), done = std::move(done)](bool alive) mutable {
          if (!alive) return done(fail(Code::offline, "the drive is gone"));
          go(std::move(done));
        });
      case DriveEffect::hold_answer:
        return go(Completion<T>([self, done = std::move(done)](Result<T> result) mutable {
          self->hold([done = std::move(done), result = std::move(result)](bool alive) mutable {
            if (!alive) return done(fail(Code::offline, "the drive is gone"));
            done(std::move(result));
          });
        }));
      case DriveEffect::flip:
        return go(Completion<T>([self, done = std::move(done)](Result<T> result) mutable {
          if constexpr (!std::is_void_v<T>) {
            if (result) self->flip(*result);
          }
          done(std::move(result));
        }));
    }
  }

  // A call without an answer.
  void run_silent(DriveCall call, std::string_view key, std::move_only_function<void()> go) {
    switch (judge(call, key, false).effect) {
      case DriveEffect::fail_before:
      case DriveEffect::drop:
        return;
      case DriveEffect::hold:
        return hold([go = std::move(go)](bool alive) mutable {
          if (alive) go();
        });
      default:
        return go();
    }
  }

  using Held = std::move_only_function<void(bool alive)>;
  void hold(Held held) {
    {
      const std::lock_guard lock(mutex_);
      if (!closed_) {
        held_.push_back(std::move(held));
        return;
      }
    }
    held(false);
  }

  std::size_t release(std::size_t count, bool alive = true) {
    std::deque<Held> now;
    {
      const std::lock_guard lock(mutex_);
      closed_ = closed_ || !alive;
      while (!held_.empty() && now.size() < count) {
        now.push_back(std::move(held_.front()));
        held_.pop_front();
      }
    }
    for (Held& held : now) held(alive);
    return now.size();
  }

  // One bit of the bytes, in a copy: a Slice is never changed.
  void flip(Slice& slice) {
    if (slice.empty()) return;
    std::string copy(slice.text());
    const std::uint64_t bit = random() % (copy.size() * 8);
    copy[bit / 8] = static_cast<char>(copy[bit / 8] ^ (1 << bit % 8));
    slice = Slice::of(std::move(copy));
  }
  void flip(View& view) {
    flip(view.committed.body);
    if (view.open) flip(view.open->body);
  }
  void flip(drive::PrepareReply& reply) { flip(reply.view); }
  void flip(std::vector<Chunk>& chunks) {
    if (!chunks.empty()) flip(chunks[random() % chunks.size()].data);
  }
  template <class T>
  void flip(T&) {}

  std::uint64_t random() {
    const std::lock_guard lock(mutex_);
    return random_();
  }

  mutable std::mutex mutex_;
  std::mt19937_64 random_;
  std::vector<Fault> added_;
  Script script_;
  std::map<DriveEffect, unsigned> chances_;
  bool offline_ = false, full_ = false, closed_ = false;
  std::deque<Held> held_;
  std::map<DriveCall, std::uint64_t> calls_;
};

namespace {

class FaultyWriter final : public ShardWriter {
 public:
  FaultyWriter(std::shared_ptr<FaultyDrive::Faults> faults, std::string key,
               std::unique_ptr<ShardWriter> inner)
      : faults_(std::move(faults)), key_(std::move(key)), inner_(std::move(inner)) {}

  void append(std::vector<Chunk> chunks, Completion<void> done) override {
    const auto verdict = faults_->judge(DriveCall::append, key_, true);
    if (verdict.effect == DriveEffect::tear) {
      chunks.resize(chunks.size() / 2);
      return inner_->append(std::move(chunks), [done = std::move(done), error = verdict.error](
                                                   Status) mutable { done(fail(std::move(error))); });
    }
    FaultyDrive::Faults::carry_out(faults_, verdict, std::move(done),
                                   [inner = inner_, chunks = std::move(chunks)](Completion<void> d) mutable {
                                     inner->append(std::move(chunks), std::move(d));
                                   });
  }
  void finish(std::string metadata, Completion<StageToken> done) override {
    const auto verdict = faults_->judge(DriveCall::finish, key_, true);
    FaultyDrive::Faults::carry_out(
        faults_, verdict, std::move(done),
        [inner = inner_, metadata = std::move(metadata)](Completion<StageToken> d) mutable {
          inner->finish(std::move(metadata), std::move(d));
        });
  }

 private:
  const std::shared_ptr<FaultyDrive::Faults> faults_;
  const std::string key_;
  const std::shared_ptr<ShardWriter> inner_;  // a held call keeps it
};

class FaultyReader final : public ShardReader {
 public:
  FaultyReader(std::shared_ptr<FaultyDrive::Faults> faults, std::string key,
               std::shared_ptr<ShardReader> inner)
      : faults_(std::move(faults)), key_(std::move(key)), inner_(std::move(inner)) {}

  void read(std::uint64_t first, std::uint32_t count, Completion<std::vector<Chunk>> done) override {
    faults_->run(faults_, DriveCall::read_shard, key_, false, std::move(done),
                 [inner = inner_, first, count](Completion<std::vector<Chunk>> d) {
                   inner->read(first, count, std::move(d));
                 });
  }
  void rewrite(std::uint64_t stripe, Chunk chunk, Completion<void> done) override {
    faults_->run(faults_, DriveCall::rewrite_shard, key_, false, std::move(done),
                 [inner = inner_, stripe, chunk = std::move(chunk)](Completion<void> d) mutable {
                   inner->rewrite(stripe, std::move(chunk), std::move(d));
                 });
  }

 private:
  const std::shared_ptr<FaultyDrive::Faults> faults_;
  const std::string key_;
  const std::shared_ptr<ShardReader> inner_;
};

}  // namespace

FaultyDrive::FaultyDrive(drive::Drive& inner, std::uint64_t seed)
    : inner_(inner), faults_(std::make_shared<Faults>(seed)) {}

FaultyDrive::~FaultyDrive() { faults_->release(SIZE_MAX, false); }

void FaultyDrive::add(Fault fault) {
  const std::lock_guard lock(faults_->mutex_);
  faults_->added_.push_back(std::move(fault));
}
void FaultyDrive::clear() {
  const std::lock_guard lock(faults_->mutex_);
  faults_->added_.clear();
  faults_->script_ = {};
  faults_->chances_.clear();
  faults_->offline_ = faults_->full_ = false;
}
void FaultyDrive::set_script(Script script) {
  const std::lock_guard lock(faults_->mutex_);
  faults_->script_ = std::move(script);
}
void FaultyDrive::set_chance(DriveEffect effect, unsigned per_mille) {
  const std::lock_guard lock(faults_->mutex_);
  faults_->chances_[effect] = per_mille;
}
void FaultyDrive::set_offline(bool offline) {
  const std::lock_guard lock(faults_->mutex_);
  faults_->offline_ = offline;
}
void FaultyDrive::set_full(bool full) {
  const std::lock_guard lock(faults_->mutex_);
  faults_->full_ = full;
}
std::size_t FaultyDrive::release(std::size_t count) { return faults_->release(count); }
std::size_t FaultyDrive::held() const {
  const std::lock_guard lock(faults_->mutex_);
  return faults_->held_.size();
}
std::uint64_t FaultyDrive::calls(DriveCall call) const {
  const std::lock_guard lock(faults_->mutex_);
  const auto found = faults_->calls_.find(call);
  return found == faults_->calls_.end() ? 0 : found->second;
}

drive::DriveIdentity FaultyDrive::identity() const { return inner_.identity(); }
drive::DriveStatus FaultyDrive::status() const {
  drive::DriveStatus status = inner_.status();
  const std::lock_guard lock(faults_->mutex_);
  if (faults_->offline_) status.state = drive::DriveState::offline;
  status.full = status.full || faults_->full_;
  return status;
}
std::string FaultyDrive::name() const { return inner_.name(); }

void FaultyDrive::read(std::string key, bool body, Completion<View> done) {
  const std::string at = key;
  faults_->run(faults_, DriveCall::read, at, false, std::move(done),
               [this, key = std::move(key), body](Completion<View> d) mutable {
                 inner_.read(std::move(key), body, std::move(d));
               });
}
void FaultyDrive::prepare(std::string key, drive::Ballot ballot, bool body,
                          Completion<drive::PrepareReply> done) {
  const std::string at = key;
  faults_->run(faults_, DriveCall::prepare, at, false, std::move(done),
               [this, key = std::move(key), ballot, body](Completion<drive::PrepareReply> d) mutable {
                 inner_.prepare(std::move(key), ballot, body, std::move(d));
               });
}
void FaultyDrive::accept(drive::AcceptRequest request, Completion<drive::AcceptReply> done) {
  const std::string at = request.key;
  const bool adds = request.state && request.state->kind != drive::StateKind::none;
  faults_->run(faults_, DriveCall::accept, at, adds, std::move(done),
               [this, request = std::move(request)](Completion<drive::AcceptReply> d) mutable {
                 inner_.accept(std::move(request), std::move(d));
               });
}
void FaultyDrive::learn(drive::LearnRequest request) {
  const std::string at = request.key;
  faults_->run_silent(DriveCall::learn, at,
                      [this, request = std::move(request)]() mutable { inner_.learn(std::move(request)); });
}
void FaultyDrive::purge(std::string key, drive::StateId state, Completion<bool> done) {
  const std::string at = key;
  faults_->run(faults_, DriveCall::purge, at, false, std::move(done),
               [this, key = std::move(key), state](Completion<bool> d) mutable {
                 inner_.purge(std::move(key), state, std::move(d));
               });
}
void FaultyDrive::stage(drive::StageRequest request, Completion<std::unique_ptr<ShardWriter>> done) {
  const std::string at = request.data.hex();
  using Writer = std::unique_ptr<ShardWriter>;
  auto wrapped = [faults = faults_, at, done = std::move(done)](Result<Writer> writer) mutable {
    if (writer) writer = std::make_unique<FaultyWriter>(std::move(faults), std::move(at), std::move(*writer));
    done(std::move(writer));
  };
  faults_->run(faults_, DriveCall::stage, at, true, Completion<Writer>(std::move(wrapped)),
               [this, request = std::move(request)](Completion<Writer> d) mutable {
                 inner_.stage(std::move(request), std::move(d));
               });
}
void FaultyDrive::discard(StageToken token) {
  faults_->run_silent(DriveCall::discard, token.data.hex(), [this, token] { inner_.discard(token); });
}
void FaultyDrive::open_shard(drive::OpenShardRequest request, Completion<std::shared_ptr<ShardReader>> done) {
  const std::string at = request.data.hex();
  using Reader = std::shared_ptr<ShardReader>;
  auto wrapped = [faults = faults_, at, done = std::move(done)](Result<Reader> reader) mutable {
    if (reader) reader = std::make_shared<FaultyReader>(std::move(faults), std::move(at), std::move(*reader));
    done(std::move(reader));
  };
  faults_->run(faults_, DriveCall::open_shard, at, false, Completion<Reader>(std::move(wrapped)),
               [this, request](Completion<Reader> d) { inner_.open_shard(request, std::move(d)); });
}
void FaultyDrive::restore(RestoreRequest request, Completion<bool> done) {
  const std::string at = request.key;
  faults_->run(faults_, DriveCall::restore, at, true, std::move(done),
               [this, request = std::move(request)](Completion<bool> d) mutable {
                 inner_.restore(std::move(request), std::move(d));
               });
}
void FaultyDrive::list(drive::ListRequest request, Completion<drive::ListReply> done) {
  faults_->run(faults_, DriveCall::list, {}, false, std::move(done),
               [this, request = std::move(request)](Completion<drive::ListReply> d) mutable {
                 inner_.list(std::move(request), std::move(d));
               });
}
void FaultyDrive::rows(std::string key, drive::RowTable table, std::string after, std::uint32_t limit,
                       Completion<std::vector<drive::Row>> done) {
  const std::string at = key;
  faults_->run(faults_, DriveCall::rows, at, false, std::move(done),
               [this, key = std::move(key), table, after = std::move(after),
                limit](Completion<std::vector<drive::Row>> d) mutable {
                 inner_.rows(std::move(key), table, std::move(after), limit, std::move(d));
               });
}
void FaultyDrive::list_uploads(drive::ListUploadsRequest request,
                               Completion<std::vector<drive::UploadEntry>> done) {
  faults_->run(faults_, DriveCall::list_uploads, {}, false, std::move(done),
               [this, request = std::move(request)](Completion<std::vector<drive::UploadEntry>> d) mutable {
                 inner_.list_uploads(std::move(request), std::move(d));
               });
}
void FaultyDrive::put_part(drive::PutPartRequest request, Completion<void> done) {
  const std::string at = request.key;
  faults_->run(faults_, DriveCall::put_part, at, true, std::move(done),
               [this, request = std::move(request)](Completion<void> d) mutable {
                 inner_.put_part(std::move(request), std::move(d));
               });
}
void FaultyDrive::list_parts(std::string upload_id, std::uint32_t after_number, std::uint32_t limit,
                             Completion<std::vector<drive::PartRow>> done) {
  const std::string at = upload_id;
  faults_->run(faults_, DriveCall::list_parts, at, false, std::move(done),
               [this, upload_id = std::move(upload_id), after_number,
                limit](Completion<std::vector<drive::PartRow>> d) mutable {
                 inner_.list_parts(std::move(upload_id), after_number, limit, std::move(d));
               });
}
void FaultyDrive::read_body(DataId data, Completion<Slice> done) {
  faults_->run(faults_, DriveCall::read_body, data.hex(), false, std::move(done),
               [this, data](Completion<Slice> d) { inner_.read_body(data, std::move(d)); });
}
void FaultyDrive::work(drive::WorkKind kind, std::string after, std::uint32_t limit,
                       Completion<std::vector<drive::WorkItem>> done) {
  faults_->run(
      faults_, DriveCall::work, {}, false, std::move(done),
      [this, kind, after = std::move(after), limit](Completion<std::vector<drive::WorkItem>> d) mutable {
        inner_.work(kind, std::move(after), limit, std::move(d));
      });
}
void FaultyDrive::heal_done(std::string key, drive::StateId state, std::uint32_t still_missing) {
  const std::string at = key;
  faults_->run_silent(DriveCall::heal_done, at, [this, key = std::move(key), state, still_missing]() mutable {
    inner_.heal_done(std::move(key), state, still_missing);
  });
}
void FaultyDrive::usage(drive::BucketId bucket, Completion<drive::Usage> done) {
  faults_->run(faults_, DriveCall::usage, {}, false, std::move(done),
               [this, bucket](Completion<drive::Usage> d) { inner_.usage(bucket, std::move(d)); });
}
void FaultyDrive::register_incarnation(std::uint32_t slot, DriveId id, std::uint32_t incarnation,
                                       Completion<drive::Ballot> done) {
  faults_->run(faults_, DriveCall::register_incarnation, {}, false, std::move(done),
               [this, slot, id, incarnation](Completion<drive::Ballot> d) {
                 inner_.register_incarnation(slot, id, incarnation, std::move(d));
               });
}
void FaultyDrive::adopt_floor(drive::Ballot floor, Completion<void> done) {
  faults_->run(faults_, DriveCall::adopt_floor, {}, false, std::move(done),
               [this, floor](Completion<void> d) { inner_.adopt_floor(floor, std::move(d)); });
}
void FaultyDrive::remember(std::vector<drive::PeerMark> marks, bool replace) {
  inner_.remember(std::move(marks), replace);
}
std::vector<drive::PeerMark> FaultyDrive::remembered() const { return inner_.remembered(); }
void FaultyDrive::set_whole(Completion<void> done) {
  faults_->run(faults_, DriveCall::set_whole, {}, false, std::move(done),
               [this](Completion<void> d) { inner_.set_whole(std::move(d)); });
}

}  // namespace cairn::test
