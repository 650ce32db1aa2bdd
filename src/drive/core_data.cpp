#include <algorithm>
#include <future>
#include <unordered_set>

#include "cairn/base/log.hpp"

#include "drive/core.hpp"
#include "drive/encoding.hpp"

// Shard files and what becomes of them: staging, collection, and the sweep after records were lost.
namespace cairn::drive {

namespace {
constexpr std::size_t kCollectBatch = 1024;
constexpr std::size_t kRemoveStep = 64;  // files in one operation, as far as a hang is concerned
constexpr std::chrono::seconds kDiscardAgain{5};
}  // namespace

// Registers the file as staged when it is finished, and gives up its work entry when it is not.
class LocalDrive::Core::StagedWriter final : public ShardWriter {
 public:
  StagedWriter(std::shared_ptr<Core> core, std::unique_ptr<ShardWriter> writer, DataId id, bool owned)
      : core_(std::move(core)), writer_(std::move(writer)), id_(id), owned_(owned) {}
  ~StagedWriter() override {
    writer_.reset();  // removes the file in the background, not durably
    if (!finishing_ && owned_) core_->discard_staged(id_);
  }
  void append(std::vector<Chunk> chunks, Completion<void> done) override {
    if (const Status up = core_->ready(); !up) return done(fail(up.error()));
    if (core_->refuses_data()) return done(fail(Code::drive_full, core_->config_.root));
    writer_->append(std::move(chunks), std::move(done));
  }
  void finish(std::string metadata, Completion<StageToken> done) override {
    if (const Status up = core_->ready(); !up) return done(fail(up.error()));
    finishing_ = true;
    writer_->finish(std::move(metadata), [core = core_, id = id_, owned = owned_,
                                          done = std::move(done)](Result<StageToken> token) mutable {
      if (token) {
        core->staged_.add(id);
        core->committer_->set_alarm(std::chrono::steady_clock::now() + core->config_.stage_lifetime +
                                    std::chrono::milliseconds(1));
      } else if (owned) {
        core->discard_staged(id);
      }
      done(std::move(token));
    });
  }

 private:
  std::shared_ptr<Core> core_;
  std::unique_ptr<ShardWriter> writer_;
  DataId id_;
  bool owned_;  // by a `stage` entry; a file that is rewritten belongs to its record
  bool finishing_ = false;
};

void LocalDrive::Core::stage(StageRequest request, Completion<std::unique_ptr<ShardWriter>> done) {
  if (refuses_data()) return done(fail(Code::drive_full, config_.root));
  using Writer = std::unique_ptr<ShardWriter>;
  const DataId id = request.data;
  const auto open = [self = shared_from_this(), id](StageRequest r, bool owned, Completion<Writer> d) {
    self->shards_->stage(std::move(r), [self, id, owned, d = std::move(d)](Result<Writer> writer) mutable {
      if (writer) {
        writer = std::make_unique<StagedWriter>(self, std::move(*writer), id, owned);
      } else if (owned) {
        // The file may be another's (exists): only the entry goes.
        self->mutate<void>(
            [id](Batch& batch) -> Status {
              batch.remove_work(WorkKind::stage, id.bytes());
              return {};
            },
            {}, true);
      }
      d(std::move(writer));
    });
  };
  const auto begin = [this, open, id](StageRequest r, Completion<Writer> d) {
    r.replace = false;
    mutate<void>(
        [this, id](Batch& batch) -> Status {
          // An entry of its own for each file: a second stage() of the same id would take the first one's
          // away.
          TRY(unowned(id));
          batch.put_work(WorkKind::stage, id.bytes(), boot_.bytes());
          return {};
        },
        [open, r = std::move(r), d = std::move(d)](Status entered) mutable {
          if (!entered) return d(fail(entered.error()));
          open(std::move(r), true, std::move(d));
        });
  };
  if (!request.replace) return begin(std::move(request), std::move(done));
  // A file that is there belongs to its record and is written over; one that is lost is staged like a new
  // one.
  post([self = shared_from_this(), open, begin, request = std::move(request),
        done = std::move(done)]() mutable {
    if (const Status up = self->ready(); !up) return done(fail(up.error()));
    // One that is staged but not taken may be removed at any moment, as may one that is going.
    if (const Status free = self->unowned(request.data); !free) return done(fail(free.error()));
    const auto here = self->shards_->exists(request.data);
    if (!here) return done(fail(here.error()));
    if (*here) return open(std::move(request), false, std::move(done));
    begin(std::move(request), std::move(done));
  });
}

// Whether no work entry has the id.
Status LocalDrive::Core::unowned(DataId id) {
  for (const WorkKind kind : {WorkKind::stage, WorkKind::collect}) {
    TRY(const auto entry, records_->get(Table::work, work_key(kind, id.bytes())));
    if (entry) return fail(Code::exists, "the data id is being staged or removed");
  }
  return {};
}

void LocalDrive::Core::discard(StageToken token) {
  if (token.boot != boot_) return;
  mutate<bool>([this, id = token.data](
                   Batch& batch) -> Result<bool> { return !batch.takes(id) && staged_.remove(id); },
               [self = shared_from_this(), id = token.data](Result<bool> removed) {
                 if (removed && *removed) self->discard_staged(id);
               },
               true);
}

void LocalDrive::Core::open_shard(OpenShardRequest request, Completion<std::shared_ptr<ShardReader>> done) {
  shards_->open(std::move(request), std::move(done));
}

// File first, then its entry: between the two the next opening finds the entry and removes what may be left.
void LocalDrive::Core::discard_staged(DataId id) {
  post([self = shared_from_this(), id] {
    if (!self->ready() || !self->shards_->remove(std::span(&id, 1))) return self->discard_later(id);
    self->mutate<void>(
        [id](Batch& batch) -> Status {
          batch.remove_work(WorkKind::stage, id.bytes());
          return {};
        },
        {}, true);
  });
}

void LocalDrive::Core::discard_later(DataId id) {
  {
    const std::lock_guard lock(undiscarded_mutex_);
    undiscarded_.push_back(id);
  }
  committer_->set_alarm(std::chrono::steady_clock::now() + kDiscardAgain);
}

void LocalDrive::Core::discard_again() {
  std::vector<DataId> ids;
  {
    const std::lock_guard lock(undiscarded_mutex_);
    ids.swap(undiscarded_);
  }
  for (const DataId& id : ids) discard_staged(id);
}

// Finished files that nothing took: their proposer gave up. Taken off the list by the committer, so that no
// accept that it runs later names them, and removed then.
void LocalDrive::Core::expire_staged() {
  if (staged_.empty()) return;
  std::vector<DataId> old = staged_.older_than(config_.stage_lifetime);
  if (old.empty()) {
    committer_->set_alarm(std::chrono::steady_clock::now() + config_.stage_lifetime);
    return;
  }
  mutate<std::vector<DataId>>(
      [this, old = std::move(old)](Batch& batch) -> Result<std::vector<DataId>> {
        std::vector<DataId> removed;
        for (const DataId& id : old)
          if (!batch.takes(id) && staged_.remove(id)) removed.push_back(id);
        return removed;
      },
      [self = shared_from_this()](Result<std::vector<DataId>> removed) {
        if (!removed) return;
        for (const DataId& id : *removed) self->discard_staged(id);
        if (!self->staged_.empty())
          self->committer_->set_alarm(std::chrono::steady_clock::now() + self->config_.stage_lifetime);
      });
}

void LocalDrive::Core::wake_for_collection() {
  if (state_ != DriveState::online) return;
  post_long([self = shared_from_this()] {
    if (!self->ready())  // it hangs; what is due is still due when it comes back
      return self->committer_->set_alarm(std::chrono::steady_clock::now() + kDiscardAgain);
    self->discard_again();
    self->expire_staged();
    if (const Status collected = self->collect(true); !collected) {
      log::warn("collection failed", {{"drive", self->config_.root}, {"error", collected.error().context}});
      self->committer_->set_alarm(std::chrono::steady_clock::now() + kDiscardAgain);
    }
    if (self->whole_ && !self->swept_.exchange(true)) self->sweep_and_log();  // one that was interrupted
  });
}

// Removes what the `collect` entries name. Until its entry is gone an id counts as gone itself: nothing takes
// it up again (RegisterReader::going, stage), so what is removed here is nobody's.
Status LocalDrive::Core::collect(bool wait_for_due) {
  const std::lock_guard only_one(collecting_);
  const std::string prefix = work_key(WorkKind::collect, {});
  std::string from = prefix;
  std::optional<UnixMillis> next;
  for (;;) {
    TRY(ready());
    const UnixMillis now = config_.clock->now_ms();
    const auto held = below_reserve_ ? std::nullopt : holds_.oldest();
    std::vector<DataId> going, files, bodies;
    bool more = false;
    TRY(records_->scan(Table::work, from, prefix,
                       [&](std::string_view key, std::string_view value) -> Result<bool> {
                         if (going.size() == kCollectBatch) {
                           from = key;
                           more = true;
                           return false;
                         }
                         if (key.size() != 17) return fail(Code::corrupt, "collect entry: malformed");
                         TRY(const CollectValue entry, decode_collect(value));
                         UnixMillis due = entry.due;
                         if (due <= now && held && due > *held) due = now + config_.collect_delay.count();
                         if (wait_for_due && due > now) {
                           next = std::min(next.value_or(due), due);
                           return true;
                         }
                         const DataId id = DataId::from_bytes(key.substr(1));
                         going.push_back(id);
                         (entry.form == DataForm::file ? files : bodies).push_back(id);
                         return true;
                       }));
    if (!going.empty()) TRY(remove_collected(going, files, bodies));
    if (!more) break;
  }
  if (next) {
    const UnixMillis wait = std::clamp<UnixMillis>(*next - config_.clock->now_ms(), 1, 3'600'000);
    committer_->set_alarm(std::chrono::steady_clock::now() + std::chrono::milliseconds(wait));
  }
  return {};
}

Status LocalDrive::Core::remove_files(std::span<const DataId> ids) {
  for (std::size_t at = 0; at < ids.size(); at += kRemoveStep) {
    TRY(ready());
    watch();
    const InFlight::Job running(*in_flight_);
    TRY(shards_->remove(ids.subspan(at, std::min(kRemoveStep, ids.size() - at))));
  }
  return {};
}

// Files first: what a crash leaves is an entry without a file.
Status LocalDrive::Core::remove_collected(const std::vector<DataId>& going, const std::vector<DataId>& files,
                                          const std::vector<DataId>& bodies) {
  TRY(remove_files(files));
  std::promise<Status> written;
  std::future<Status> outcome = written.get_future();
  mutate<void>(
      [going, bodies](Batch& batch) -> Status {  // may run after a hang made this give up
        for (const DataId& id : going) batch.remove_work(WorkKind::collect, id.bytes());
        for (const DataId& id : bodies) batch.remove_body(id);
        return {};
      },
      [&written](Status status) { written.set_value(std::move(status)); });
  return outcome.get();
}

void LocalDrive::Core::set_whole(Completion<void> done) {
  mutate<void>(
      [](Batch& batch) -> Status {
        batch.put_meta(kMetaWhole, std::string_view("\1", 1));
        batch.after.whole = true;
        return {};
      },
      [self = shared_from_this(), done = std::move(done)](Status status) mutable {
        const bool whole = status.has_value();
        done(std::move(status));
        if (!whole) return;
        self->post_long([self] {
          if (self->ready()) self->sweep_and_log();
        });
      });
}

void LocalDrive::Core::sweep_and_log() {
  if (const Status swept = sweep(); !swept)
    log::warn("sweep failed", {{"drive", config_.root}, {"error", swept.error().context}});
}

// Records that were moved aside go with all that is in them.
Status LocalDrive::Core::remove_damaged_records() {
  TRY(const auto names, config_.files->list(config_.root));
  for (const DirectoryEntry& entry : names) {
    if (entry.kind != FileKind::directory || !entry.name.starts_with("records.damaged-")) continue;
    const std::string folder = config_.root + "/" + entry.name;
    TRY(const auto files, config_.files->list(folder));
    for (const DirectoryEntry& file : files) TRY(config_.files->remove(folder + "/" + file.name));
    TRY(config_.files->remove(folder));
  }
  return {};
}

// Shard files that no record names, on a drive that started with files and without records: once it is whole
// they are nobody's. The files are listed before the records, so that one that is staged and accepted
// meanwhile is seen as staged.
Status LocalDrive::Core::sweep() {
  TRY(const auto flag, records_->get(Table::meta, kMetaSweep));
  if (!flag) return {};
  TRY(const std::string_view wanted, unseal(*flag, kMetaSweep));
  if (wanted != std::string_view("\1", 1)) return {};

  std::unordered_set<DataId> unnamed;
  TRY(shards_->for_each([&](const DataId& id) { unnamed.insert(id); }));
  const rocksdb::Snapshot* snapshot = records_->db().GetSnapshot();
  const auto named = [&](const std::vector<DataRef>& data) {
    for (const DataRef& ref : data)
      if (ref.form == DataForm::file) unnamed.erase(ref.id);
  };
  const auto walk = [&](Table table, std::string_view prefix, auto visit) {
    return records_->scan(
        table, prefix, prefix,
        [&](std::string_view key, std::string_view value) -> Result<bool> {
          if (closing_) return fail(Code::canceled, "closing");
          TRY(visit(key, value));
          return true;
        },
        snapshot);
  };
  const auto walk_all = [&]() -> Status {
    std::vector<DataRef> tables;
    const auto note = [&](const std::vector<DataRef>& data) {
      named(data);
      for (const DataRef& ref : data)
        if (ref.form == DataForm::parts) tables.push_back(ref);
    };
    TRY(walk(Table::objects, {}, [&](std::string_view key, std::string_view value) -> Status {
      TRY(const Record record, decode_record(value, key));
      note(record.committed.state.data);
      note(record.orphans);
      if (!record.open) return {};
      note(record.open->state.data);
      for (const RowChange& change : record.open->rows) note(change.row.data);
      return {};
    }));
    for (const RowTable table : {RowTable::version, RowTable::upload})
      TRY(walk(table == RowTable::version ? Table::versions : Table::uploads, {},
               [&](std::string_view key, std::string_view value) -> Status {
                 TRY(const StoredRow row, decode_row(table, {}, value, key));
                 note(row.row.data);
                 return {};
               }));
    TRY(walk(Table::parts, {}, [&](std::string_view key, std::string_view value) -> Status {
      TRY(const PartKeyTail tail, split_part_key(key));
      unnamed.erase(tail.data);
      (void)value;
      return {};
    }));
    TRY(walk(Table::work, work_key(WorkKind::stage, {}),
             [&](std::string_view key, std::string_view) -> Status {
               unnamed.erase(DataId::from_bytes(key.substr(1)));
               return {};
             }));
    for (const DataRef& ref : tables) {
      // A table that cannot be read might name anything: then nothing goes.
      TRY(auto value, records_->get(Table::bodies, ref.id.bytes(), {.alone = true}));
      if (!value) continue;
      TRY(const Slice table, body_of_value(std::move(*value), ref.id));
      TRY(const std::vector<DataRef> parts, table_children(table));
      named(parts);
    }
    return {};
  };
  const Status walked = walk_all();
  records_->db().ReleaseSnapshot(snapshot);
  TRY(walked);
  std::vector<DataId> ids(unnamed.begin(), unnamed.end());
  std::ranges::sort(ids);  // by directory
  TRY(remove_files(ids));
  if (!ids.empty())
    log::info("removed files without a record", {{"drive", config_.root}, {"files", ids.size()}});
  TRY(remove_damaged_records());
  mutate<void>(
      [](Batch& batch) -> Status {
        batch.put_meta(kMetaSweep, std::string_view("\0", 1));
        return {};
      },
      {}, true);
  return {};
}

}  // namespace cairn::drive
