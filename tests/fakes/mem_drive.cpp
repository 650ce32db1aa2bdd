#include "fakes/mem_drive.hpp"

#include <algorithm>

#include "cairn/codec/shard_file.hpp"

#include "drive/encoding.hpp"
#include "drive/list_scan.hpp"

namespace cairn::drive {

struct MemDrive::File {
  StageRequest request;
  std::mutex mutex;  // chunks
  std::vector<Chunk> chunks;
  std::string metadata;
};

struct MemDrive::Store {
  explicit Store(std::size_t promise_limit) : promises(promise_limit) {}
  std::map<std::string, Record> records;
  std::map<std::pair<RowTable, std::string>, StoredRow> rows;  // by row_key
  std::map<std::string, StoredPart> parts;                     // by part_key
  std::map<DataId, Slice> bodies;
  std::map<DataId, std::shared_ptr<File>> files;
  std::set<DataId> stage_work;
  std::set<DataId> finished;  // staged in this boot, to be taken
  std::map<std::string, StateId> open_work;
  std::map<std::string, HealEntry> heal_work;
  std::map<DataId, DataForm> collect_work;
  std::map<BucketId, Usage> usage;
  std::map<std::uint32_t, std::pair<DriveId, std::uint32_t>> incarnations;
  std::map<std::uint32_t, PeerMark> marks;
  std::uint64_t sequence = 0;
  Ballot horizon;
  bool whole = true;
  bool offline = false;
  bool full = false;
  BootId boot = BootId::random();
  PromiseTable promises;
};

class MemDrive::Reader final : public RegisterReader {
 public:
  Reader(const MemDrive& drive, const std::string& key) : store_(*drive.store_), key_(key) {}
  Result<std::optional<StoredRow>> row(RowTable table, const std::string& id) override {
    const auto it = store_.rows.find({table, row_key(key_, id)});
    if (it == store_.rows.end()) return std::optional<StoredRow>{};
    return it->second;
  }
  Result<std::vector<StoredRow>> all_rows() override {
    std::vector<StoredRow> out;
    for (const RowTable table : {RowTable::version, RowTable::upload})
      for (auto it = store_.rows.lower_bound({table, key_});
           it != store_.rows.end() && it->first.first == table && it->first.second.starts_with(key_); ++it)
        out.push_back(it->second);
    return out;
  }
  Result<std::vector<StoredPart>> parts(const std::string& upload_id) override {
    std::vector<StoredPart> out;
    const std::string prefix = part_prefix(upload_id);
    for (auto it = store_.parts.lower_bound(prefix);
         it != store_.parts.end() && it->first.starts_with(prefix); ++it)
      out.push_back(it->second);
    return out;
  }
  Result<bool> has_body(DataId id) override { return store_.bodies.contains(id); }
  Result<std::optional<Slice>> body(DataId id) override {
    const auto it = store_.bodies.find(id);
    if (it == store_.bodies.end()) return std::optional<Slice>{};
    return it->second;
  }
  bool has_file(DataId id) override { return store_.files.contains(id) && !store_.stage_work.contains(id); }
  Result<bool> going(DataId id) override { return store_.collect_work.contains(id); }
  bool staged(const StageToken& token) override {
    return token.boot == store_.boot && store_.finished.contains(token.data);
  }
  Result<std::optional<HealEntry>> heal() override {
    const auto it = store_.heal_work.find(key_);
    if (it == store_.heal_work.end()) return std::optional<HealEntry>{};
    return it->second;
  }

 private:
  const Store& store_;
  const std::string& key_;
};

class MemDrive::Writer final : public ShardWriter {
 public:
  Writer(MemDrive& drive, std::shared_ptr<File> file, BootId boot)
      : drive_(drive), file_(std::move(file)), boot_(boot) {}
  ~Writer() override {
    if (finished_ || file_->request.replace) return;
    const std::lock_guard lock(drive_.mutex_);
    Store& s = *drive_.store_;
    const auto it = s.files.find(file_->request.data);
    if (s.boot != boot_ || it == s.files.end() || it->second != file_) return;
    s.files.erase(it);
    s.stage_work.erase(file_->request.data);
  }
  void append(std::vector<Chunk> chunks, Completion<void> done) override {
    Status result;
    {
      const std::lock_guard lock(drive_.mutex_);
      result = drive_.check();
      if (result && drive_.store_->boot != boot_) result = fail(Code::stale_stage, "the drive was restarted");
      const codec::Layout layout(file_->request.geometry, file_->request.size);
      for (Chunk& chunk : chunks) {
        if (!result) break;
        if (next_ >= layout.stripe_count() || chunk.data.size() != layout.chunk_length(next_)) {
          result = fail(Code::invalid_argument, "append: the chunk has not the length of its stripe");
          break;
        }
        const std::lock_guard file_lock(file_->mutex);
        if (next_ < file_->chunks.size()) {
          file_->chunks[next_] = std::move(chunk);
        } else {
          file_->chunks.push_back(std::move(chunk));
        }
        ++next_;
      }
    }
    done(std::move(result));
  }
  void finish(std::string metadata, Completion<StageToken> done) override {
    Result<StageToken> result = StageToken{file_->request.data, boot_};
    {
      const std::lock_guard lock(drive_.mutex_);
      const Status up = drive_.check();
      const codec::Layout layout(file_->request.geometry, file_->request.size);
      if (!up) {
        result = fail(up.error());
      } else if (drive_.store_->boot != boot_) {
        result = fail(Code::stale_stage, "the drive was restarted");
      } else if (next_ != layout.stripe_count()) {
        result = fail(Code::invalid_argument, "finish: chunks are missing");
      } else {
        file_->metadata = std::move(metadata);
        drive_.store_->finished.insert(file_->request.data);
        finished_ = true;
      }
    }
    done(std::move(result));
  }

 private:
  MemDrive& drive_;
  std::shared_ptr<File> file_;
  BootId boot_;
  std::uint64_t next_ = 0;
  bool finished_ = false;
};

class MemDrive::FileReader final : public ShardReader {
 public:
  FileReader(MemDrive& drive, std::shared_ptr<File> file) : drive_(drive), file_(std::move(file)) {}
  void read(std::uint64_t first, std::uint32_t count, Completion<std::vector<Chunk>> done) override {
    Result<std::vector<Chunk>> result;
    {
      const std::lock_guard lock(drive_.mutex_);
      const Status up = drive_.check();
      const std::lock_guard file_lock(file_->mutex);
      if (!up) {
        result = fail(up.error());
      } else if (first > file_->chunks.size() || count > file_->chunks.size() - first) {
        result = fail(Code::invalid_argument, "read: beyond the last stripe");
      } else {
        const auto begin = file_->chunks.begin() + static_cast<std::ptrdiff_t>(first);
        result->assign(begin, begin + count);
      }
    }
    done(std::move(result));
  }
  void rewrite(std::uint64_t stripe, Chunk chunk, Completion<void> done) override {
    Status result;
    {
      const std::lock_guard lock(drive_.mutex_);
      result = drive_.check();
      const std::lock_guard file_lock(file_->mutex);
      if (result &&
          (stripe >= file_->chunks.size() || chunk.data.size() != file_->chunks[stripe].data.size()))
        result = fail(Code::invalid_argument, "rewrite: no such chunk");
      if (result) file_->chunks[stripe] = std::move(chunk);
    }
    done(std::move(result));
  }

 private:
  MemDrive& drive_;
  std::shared_ptr<File> file_;
};

namespace {

class MapCursor final : public RecordCursor {
 public:
  explicit MapCursor(const std::map<std::string, Record>& records) : records_(records), it_(records.end()) {}
  void seek(std::string_view key) override { it_ = records_.lower_bound(std::string(key)); }
  void next() override { ++it_; }
  bool valid() const override { return it_ != records_.end(); }
  std::string_view key() const override { return it_->first; }
  Result<RecordPeek> peek() const override {
    const State& s = it_->second.committed.state;
    return RecordPeek{s.id, s.kind, s.head, it_->second.open.has_value()};
  }
  Status status() const override { return {}; }

 private:
  const std::map<std::string, Record>& records_;
  std::map<std::string, Record>::const_iterator it_;
};

}  // namespace

MemDrive::MemDrive(MemDriveConfig config)
    : config_(std::move(config)), store_(std::make_unique<Store>(config_.promise_limit)) {
  store_->whole = config_.whole;
}
MemDrive::~MemDrive() = default;

Status MemDrive::check() const {
  if (store_->offline) return fail(Code::offline, config_.name);
  return {};
}

Known MemDrive::known(const std::string& key) const {
  const auto it = store_->records.find(key);
  if (it == store_->records.end()) return {false, store_->whole, {}};
  return {true, true, it->second};
}

void MemDrive::apply(const std::string& key, const Transition& t) {
  Store& s = *store_;
  ++s.sequence;
  if (t.record) s.records[key] = *t.record;
  if (t.erase_record) s.records.erase(key);
  for (const auto& [table, id] : t.remove_rows) s.rows.erase({table, row_key(key, id)});
  for (const StoredRow& row : t.put_rows) s.rows[{row.row.table, row_key(key, row.row.id)}] = row;
  for (const PartKey& part : t.remove_parts) s.parts.erase(part_key(part.upload_id, part.number, part.data));
  for (const auto& [upload, part] : t.put_parts)
    s.parts[part_key(upload, part.part.number, part.part.data.id)] = part;
  for (const DataId& id : t.delete_bodies) s.bodies.erase(id);
  for (const auto& [ref, body] : t.put_bodies) s.bodies[ref.id] = body;
  for (const DataId& id : t.take_staged) {
    s.stage_work.erase(id);
    s.finished.erase(id);
  }
  for (const DataRef& ref : t.collect) s.collect_work[ref.id] = ref.form;
  if (t.open_work) {
    if (*t.open_work) {
      s.open_work[key] = **t.open_work;
    } else {
      s.open_work.erase(key);
    }
  }
  if (t.heal) {
    if (*t.heal) {
      s.heal_work[key] = **t.heal;
    } else {
      s.heal_work.erase(key);
    }
  }
  if (t.usage != UsageDelta{}) {
    if (const auto decoded = decode_record_key(key)) {
      Usage& u = s.usage[decoded->bucket];
      u.objects += static_cast<std::uint64_t>(t.usage.objects);
      u.bytes += static_cast<std::uint64_t>(t.usage.bytes);
    }
  }
  if (!t.floor.is_null()) {
    s.horizon = std::max(s.horizon, t.floor);
    s.promises.raise_floor(t.floor);
  }
}

void MemDrive::fetch_bodies(View& view) const {
  const auto fetch = [&](Held& held) {
    for (const DataRef& ref : held.state.data) {
      if (ref.form == DataForm::file) continue;
      const auto it = store_->bodies.find(ref.id);
      if (it != store_->bodies.end()) {
        held.body = it->second;
      } else {
        held.shard_missing = true;
      }
      return;
    }
  };
  fetch(view.committed);
  if (view.open) fetch(*view.open);
}

DriveIdentity MemDrive::identity() const {
  const std::lock_guard lock(mutex_);
  return config_.identity;
}

DriveStatus MemDrive::status() const {
  const std::lock_guard lock(mutex_);
  DriveStatus status;
  status.state = store_->offline ? DriveState::offline : DriveState::online;
  status.whole = store_->whole;
  status.full = store_->full;
  status.total_bytes = std::uint64_t{1} << 40;
  status.free_bytes = store_->full ? 0 : status.total_bytes / 2;
  status.sequence = store_->sequence;
  status.work_open = store_->open_work.size();
  status.work_heal = store_->heal_work.size();
  status.work_collect = store_->collect_work.size();
  return status;
}

std::string MemDrive::name() const { return config_.name; }

void MemDrive::read(std::string key, bool body, Completion<View> done) {
  Result<View> result;
  {
    const std::lock_guard lock(mutex_);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else {
      result = view_of(known(key));
      if (body) fetch_bodies(*result);
      result->sequence = store_->sequence;
    }
  }
  done(std::move(result));
}

Status MemDrive::move_horizon(Ballot ballot) {
  if (ballot.time >= store_->horizon.time)
    store_->horizon = {ballot.time + (config_.horizon_step_ms << 16), ~std::uint32_t{0}};
  return {};
}

void MemDrive::prepare(std::string key, Ballot ballot, bool body, Completion<PrepareReply> done) {
  Result<PrepareReply> result;
  {
    const std::lock_guard lock(mutex_);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else {
      Store& s = *store_;
      result = drive::prepare(known(key), s.promises.find(key), s.promises.floor(), ballot);
      if (result->promised) {
        (void)move_horizon(ballot);
        s.promises.set(key, ballot);
        if (body) fetch_bodies(result->view);
      }
      result->view.sequence = s.sequence;
    }
  }
  done(std::move(result));
}

void MemDrive::accept(AcceptRequest request, Completion<AcceptReply> done) {
  Result<AcceptReply> result;
  {
    const std::lock_guard lock(mutex_);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else if (store_->full && adds_data(request)) {
      result = fail(Code::drive_full, config_.name);
    } else {
      Reader reader(*this, request.key);
      Transition t;
      result = drive::accept({reader, 1u << config_.identity.slot}, known(request.key),
                             store_->promises.find(request.key), request, t);
      if (result && result->accepted) apply(request.key, t);
    }
  }
  done(std::move(result));
}

void MemDrive::learn(LearnRequest request) {
  const std::lock_guard lock(mutex_);
  if (!check()) return;
  Reader reader(*this, request.key);
  Transition t;
  if (drive::learn({reader, 1u << config_.identity.slot}, known(request.key), request, t))
    apply(request.key, t);
}

void MemDrive::purge(std::string key, StateId state, Completion<bool> done) {
  Result<bool> result;
  {
    const std::lock_guard lock(mutex_);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else {
      Reader reader(*this, key);
      Transition t;
      result =
          drive::purge({reader, 1u << config_.identity.slot}, known(key), store_->promises.floor(), state, t);
      if (result && *result) apply(key, t);
    }
  }
  done(std::move(result));
}

void MemDrive::stage(StageRequest request, Completion<std::unique_ptr<ShardWriter>> done) {
  Result<std::unique_ptr<ShardWriter>> result;
  {
    const std::lock_guard lock(mutex_);
    Store& s = *store_;
    const auto it = s.files.find(request.data);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else if (s.full) {
      result = fail(Code::drive_full, config_.name);
    } else if (!request.geometry.valid() || request.shard_index >= request.geometry.shards()) {
      result = fail(Code::invalid_argument, "stage: geometry");
    } else if (s.collect_work.contains(request.data) || s.stage_work.contains(request.data)) {
      result = fail(Code::exists, "stage: the data id is being staged or removed");
    } else if (it != s.files.end() && !request.replace) {
      result = fail(Code::exists, "stage: the data id is taken");
    } else {
      std::shared_ptr<File> file;
      if (it != s.files.end()) {
        file = it->second;
      } else {
        request.replace = false;
        s.stage_work.insert(request.data);
        file = s.files[request.data] = std::make_shared<File>();
      }
      file->request = std::move(request);
      result = std::make_unique<Writer>(*this, std::move(file), s.boot);
    }
  }
  done(std::move(result));
}

void MemDrive::discard(StageToken token) {
  const std::lock_guard lock(mutex_);
  if (token.boot != store_->boot || !store_->finished.erase(token.data)) return;
  store_->files.erase(token.data);
  store_->stage_work.erase(token.data);
}

void MemDrive::open_shard(OpenShardRequest request, Completion<std::shared_ptr<ShardReader>> done) {
  Result<std::shared_ptr<ShardReader>> result;
  {
    const std::lock_guard lock(mutex_);
    const auto it = store_->files.find(request.data);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else if (it == store_->files.end()) {
      result = fail(Code::not_found, "no shard file");
    } else {
      const StageRequest& made = it->second->request;
      if (made.shard_index != request.shard_index || !(made.geometry == request.geometry) ||
          made.size != request.size) {
        result = fail(Code::corrupt, "the shard file is another's");
      } else {
        result = std::make_shared<FileReader>(*this, it->second);
      }
    }
  }
  done(std::move(result));
}

void MemDrive::restore(RestoreRequest request, Completion<bool> done) {
  Result<bool> result;
  {
    const std::lock_guard lock(mutex_);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else {
      Reader reader(*this, request.key);
      Transition t;
      result = drive::restore({reader, 1u << config_.identity.slot}, known(request.key), request, t);
      if (result && *result) apply(request.key, t);
    }
  }
  done(std::move(result));
}

void MemDrive::list(ListRequest request, Completion<ListReply> done) {
  Result<ListReply> result;
  {
    const std::lock_guard lock(mutex_);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else {
      MapCursor cursor(store_->records);
      result = list_records(cursor, list_range(request), request, store_->whole);
    }
  }
  done(std::move(result));
}

void MemDrive::rows(std::string key, RowTable table, std::string after, std::uint32_t limit,
                    Completion<std::vector<Row>> done) {
  Result<std::vector<Row>> result;
  {
    const std::lock_guard lock(mutex_);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else {
      const auto& all = store_->rows;
      auto it = after.empty() ? all.lower_bound({table, key}) : all.upper_bound({table, row_key(key, after)});
      for (; it != all.end() && it->first.first == table && it->first.second.starts_with(key) &&
             result->size() < limit;
           ++it)
        result->push_back(it->second.row);
    }
  }
  done(std::move(result));
}

void MemDrive::list_uploads(ListUploadsRequest request, Completion<std::vector<UploadEntry>> done) {
  Result<std::vector<UploadEntry>> result;
  {
    const std::lock_guard lock(mutex_);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else {
      const ListRange range = uploads_range(request);
      for (auto it = store_->rows.lower_bound({RowTable::upload, range.first});
           !range.empty && it != store_->rows.end() && result->size() < request.limit; ++it) {
        if (!range.bound.empty() && it->first.second >= range.bound) break;
        const auto split = split_row_key(it->first.second);
        const auto decoded = decode_record_key(split->record_key);
        result->push_back({decoded->key, it->second.row.id, it->second.row.value});
      }
    }
  }
  done(std::move(result));
}

void MemDrive::put_part(PutPartRequest request, Completion<void> done) {
  Status result;
  {
    const std::lock_guard lock(mutex_);
    result = check();
    if (result && store_->full) result = fail(Code::drive_full, config_.name);
    if (result) {
      Reader reader(*this, request.key);
      Transition t;
      result = drive::put_part({reader, 1u << config_.identity.slot}, known(request.key), request, t);
      if (result) apply(request.key, t);
    }
  }
  done(std::move(result));
}

void MemDrive::list_parts(std::string upload_id, std::uint32_t after_number, std::uint32_t limit,
                          Completion<std::vector<PartRow>> done) {
  Result<std::vector<PartRow>> result;
  {
    const std::lock_guard lock(mutex_);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else {
      const std::string prefix = part_prefix(upload_id);
      for (auto it = store_->parts.lower_bound(prefix);
           it != store_->parts.end() && it->first.starts_with(prefix) && result->size() < limit; ++it)
        if (it->second.part.number > after_number) result->push_back(it->second.part);
    }
  }
  done(std::move(result));
}

void MemDrive::read_body(DataId data, Completion<Slice> done) {
  Result<Slice> result;
  {
    const std::lock_guard lock(mutex_);
    const auto it = store_->bodies.find(data);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else if (it == store_->bodies.end()) {
      result = fail(Code::not_found, "no body");
    } else {
      result = it->second;
    }
  }
  done(std::move(result));
}

void MemDrive::work(WorkKind kind, std::string after, std::uint32_t limit,
                    Completion<std::vector<WorkItem>> done) {
  Result<std::vector<WorkItem>> result;
  {
    const std::lock_guard lock(mutex_);
    const Store& s = *store_;
    const auto add = [&](WorkItem item) {
      if (item.key > after && result->size() < limit) result->push_back(std::move(item));
    };
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else if (kind == WorkKind::stage) {
      for (const DataId& id : s.stage_work) add({kind, std::string(id.bytes()), {}, 0});
    } else if (kind == WorkKind::open) {
      for (const auto& [key, state] : s.open_work) add({kind, key, state, 0});
    } else if (kind == WorkKind::heal) {
      for (const auto& [key, entry] : s.heal_work) add({kind, key, entry.state, entry.missing});
    } else if (kind == WorkKind::collect) {
      for (const auto& [key, ref] : s.collect_work) add({kind, std::string(key.bytes()), {}, 0});
    }
  }
  done(std::move(result));
}

void MemDrive::heal_done(std::string key, StateId state, std::uint32_t still_missing) {
  const std::lock_guard lock(mutex_);
  if (!check()) return;
  Reader reader(*this, key);
  Transition t;
  if (drive::heal_done({reader, 1u << config_.identity.slot}, known(key), state, still_missing, t))
    apply(key, t);
}

void MemDrive::usage(BucketId bucket, Completion<Usage> done) {
  Result<Usage> result;
  {
    const std::lock_guard lock(mutex_);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else if (const auto it = store_->usage.find(bucket); it != store_->usage.end()) {
      result = it->second;
    }
  }
  done(std::move(result));
}

void MemDrive::register_incarnation(std::uint32_t slot, DriveId id, std::uint32_t incarnation,
                                    Completion<Ballot> done) {
  Result<Ballot> result;
  {
    const std::lock_guard lock(mutex_);
    const auto it = store_->incarnations.find(slot);
    if (const Status up = check(); !up) {
      result = fail(up.error());
    } else if (it != store_->incarnations.end() &&
               (it->second.second > incarnation ||
                (it->second.second == incarnation && it->second.first != id))) {
      result = fail(Code::exists, "a later incarnation of the slot is registered");
    } else {
      store_->incarnations[slot] = {id, incarnation};
      store_->promises.raise_floor(store_->horizon);
      store_->promises.forget_all();
      ++store_->sequence;
      result = store_->horizon;
    }
  }
  done(std::move(result));
}

void MemDrive::adopt_floor(Ballot floor, Completion<void> done) {
  Status result;
  {
    const std::lock_guard lock(mutex_);
    result = check();
    if (result) {
      Transition t;
      t.floor = floor;
      apply({}, t);
    }
  }
  done(std::move(result));
}

void MemDrive::set_whole(Completion<void> done) {
  Status result;
  {
    const std::lock_guard lock(mutex_);
    result = check();
    if (result) {
      store_->whole = true;
      ++store_->sequence;
    }
  }
  done(std::move(result));
}

void MemDrive::force_promise(const std::string& key, Ballot ballot) {
  const std::lock_guard lock(mutex_);
  store_->promises.set(key, ballot);
}

void MemDrive::restart(bool keep_floor) {
  const std::lock_guard lock(mutex_);
  Store& s = *store_;
  if (keep_floor) {
    s.promises.forget_all();
    s.promises.raise_floor(s.horizon);
  } else {
    s.promises = PromiseTable(config_.promise_limit);
  }
  s.boot = BootId::random();
  for (const DataId& id : s.stage_work) s.files.erase(id);
  s.stage_work.clear();
  s.finished.clear();
}

void MemDrive::set_offline(bool value) {
  const std::lock_guard lock(mutex_);
  store_->offline = value;
}

void MemDrive::set_full(bool value) {
  const std::lock_guard lock(mutex_);
  store_->full = value;
}

void MemDrive::wipe(DriveIdentity replacement) {
  const std::lock_guard lock(mutex_);
  store_ = std::make_unique<Store>(config_.promise_limit);
  store_->whole = false;
  config_.identity = replacement;
}

void MemDrive::lose_body(DataId id) {
  const std::lock_guard lock(mutex_);
  store_->bodies.erase(id);
}

void MemDrive::lose_file(DataId id) {
  const std::lock_guard lock(mutex_);
  store_->files.erase(id);
}

void MemDrive::flip_chunk(DataId id, std::uint64_t stripe) {
  const std::lock_guard lock(mutex_);
  const auto it = store_->files.find(id);
  if (it == store_->files.end()) return;
  const std::lock_guard file_lock(it->second->mutex);
  if (stripe >= it->second->chunks.size()) return;
  Slice& data = it->second->chunks[stripe].data;
  std::string copy(data.text());
  if (!copy.empty()) copy[copy.size() / 2] = static_cast<char>(copy[copy.size() / 2] ^ 1);
  data = Slice::of(std::move(copy));
}

void MemDrive::remember(std::vector<PeerMark> marks, bool replace) {
  const std::lock_guard lock(mutex_);
  if (!check()) return;
  for (const PeerMark& mark : marks) {
    const auto [it, added] = store_->marks.try_emplace(mark.slot, mark);
    if (!added && (replace || it->second.below(mark))) it->second = mark;
  }
}

std::vector<PeerMark> MemDrive::remembered() const {
  const std::lock_guard lock(mutex_);
  std::vector<PeerMark> out;
  for (const auto& [slot, mark] : store_->marks) out.push_back(mark);
  return out;
}

void MemDrive::collect() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, form] : store_->collect_work) {
    if (form == DataForm::file)
      store_->files.erase(id);
    else
      store_->bodies.erase(id);
  }
  store_->collect_work.clear();
}

std::set<DataId> MemDrive::files() const {
  const std::lock_guard lock(mutex_);
  std::set<DataId> out;
  for (const auto& [id, file] : store_->files) out.insert(id);
  return out;
}

std::set<DataId> MemDrive::bodies() const {
  const std::lock_guard lock(mutex_);
  std::set<DataId> out;
  for (const auto& [id, body] : store_->bodies) out.insert(id);
  return out;
}

std::size_t MemDrive::records() const {
  const std::lock_guard lock(mutex_);
  return store_->records.size();
}

std::size_t MemDrive::part_rows() const {
  const std::lock_guard lock(mutex_);
  return store_->parts.size();
}

Ballot MemDrive::floor() const {
  const std::lock_guard lock(mutex_);
  return store_->promises.floor();
}

Ballot MemDrive::horizon() const {
  const std::lock_guard lock(mutex_);
  return store_->horizon;
}

}  // namespace cairn::drive
