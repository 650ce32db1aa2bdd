#include "drive/core.hpp"

#include <algorithm>

#include "cairn/base/log.hpp"

#include "drive/encoding.hpp"

namespace cairn::drive {

namespace {

// A batch is cut here: what waits longer than a sync takes is better split, and a batch is held in memory
// twice.
constexpr std::size_t kMaxBatchMutations = 1024;
constexpr std::size_t kMaxBatchBytes = std::size_t{8} << 20;
constexpr std::chrono::milliseconds kSpaceInterval{250};
constexpr std::uint64_t kMaxReserve = std::uint64_t{10} << 30;
constexpr std::uint64_t kMinReserve = std::uint64_t{16} << 20;

std::int64_t steady_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

InFlight::Job::Job(InFlight& in_flight) {
  const std::int64_t now = steady_ns();
  for (std::atomic<std::int64_t>& slot : in_flight.begun_) {
    std::int64_t free = 0;
    if (!slot.compare_exchange_strong(free, now, std::memory_order_relaxed)) continue;
    slot_ = &slot;
    return;
  }
}

InFlight::Job::~Job() {
  if (slot_) slot_->store(0, std::memory_order_relaxed);
}

bool InFlight::any() const {
  return std::any_of(begun_.begin(), begun_.end(),
                     [](const auto& slot) { return slot.load(std::memory_order_relaxed) != 0; });
}

bool InFlight::any_older_than(std::chrono::steady_clock::duration age) const {
  const std::int64_t limit = steady_ns() - std::chrono::duration_cast<std::chrono::nanoseconds>(age).count();
  return std::any_of(begun_.begin(), begun_.end(), [&](const auto& slot) {
    const std::int64_t begun = slot.load(std::memory_order_relaxed);
    return begun != 0 && begun < limit;
  });
}

LocalDrive::Core::Core(const LocalDriveConfig& config)
    : config_(config),
      shared_(std::static_pointer_cast<SharedResourcesImpl>(config.shared)),
      registers_(config.promise_limit) {}

LocalDrive::Core::~Core() { close(); }

Result<std::shared_ptr<LocalDrive::Core>> LocalDrive::Core::open(const LocalDriveConfig& config,
                                                                 DriveIdentity& identity, Closed& closed) {
  std::shared_ptr<Core> core(new Core(config));
  const Status started = core->start(closed);
  if (!core->identity_.id.is_null()) identity = core->identity_;
  if (!started) {
    if (closed.reason.empty()) closed.reason = started.error().context;
    core->close();
    return fail(started.error());
  }
  return core;
}

Status LocalDrive::Core::start(Closed& closed) {
  auto format = read_format(*config_.files, config_.root);
  if (!format) {
    closed.state = format.error().is(Code::corrupt) ? DriveState::damaged : DriveState::offline;
    if (format.error().is(Code::io)) closed.state = DriveState::faulty;
    return fail(format.error());
  }
  const DriveIdentity& wanted = config_.identity;
  const DriveIdentity& here = format->identity;
  if (!wanted.id.is_null() &&
      (wanted.id != here.id || wanted.deployment != here.deployment || wanted.pool != here.pool ||
       wanted.set != here.set || wanted.slot != here.slot))
    return fail(Code::offline, config_.root + ": holds another drive");
  identity_ = here;

  io_ = std::make_shared<ThreadPool>("drive-io", config_.io_threads);
  ShardStoreConfig shards{*config_.files, *config_.buffers, config_.root, boot_,
                          [pool = io_, in_flight = in_flight_](std::move_only_function<void()> job) {
                            pool->post([in_flight, run = std::move(job)]() mutable {
                              const InFlight::Job running(*in_flight);
                              run();
                            });
                          }};
  shards.fault = [weak = weak_from_this()](ShardFault kind, const Error& error) {
    const auto self = weak.lock();
    if (!self) return;
    if (kind == ShardFault::full) {
      self->below_reserve_ = true;
      const std::lock_guard lock(self->space_.mutex);
      self->space_.read_at = {};
    } else {
      self->fault(DriveState::faulty, error.context);
    }
  };
  shards_ = std::make_unique<ShardStore>(std::move(shards));

  closed.state = DriveState::faulty;
  TRY(start_records(*format, closed));
  TRY(remove_leftovers());
  state_ = DriveState::online;
  refresh_space();
  committer_ = std::make_unique<Committer>(
      Committer::Config{"drive-commit", config_.learn_delay,
                        [this](Committer::Mutations mutations) { return commit(mutations); },
                        [this] { wake_for_collection(); }});
  committer_->set_alarm(std::chrono::steady_clock::now() + config_.collect_delay);
  return {};
}

Status LocalDrive::Core::open_records(bool create) {
  RecordsConfig records;
  records.path = config_.root + "/records";
  records.shared = config_.shared;
  records.file_system = config_.record_files;
  records.max_open_files = config_.max_open_files;
  records.min_blob_bytes = config_.inline_min_blob_bytes;
  records.create = create;
  if (const auto space = config_.files->space(config_.root)) records.disk_bytes = space->total;
  records.fault = [weak = weak_from_this()](RecordFault kind, const std::string& text) {
    if (const auto self = weak.lock()) self->on_record_fault(kind, text);
  };
  TRY(records_, Records::open(std::move(records)));
  return {};
}

// Opens the records and what they say of the drive itself. Records that are lost, damaged or older than they
// should be are given up for empty ones, if that is asked for.
Status LocalDrive::Core::start_records(Format& format, Closed& closed) {
  const auto load = [&]() -> Status {
    TRY(open_records(!format.has_records));
    if (!format.has_records) return {};
    TRY(load_meta());
    if (older_than(config_.expected)) return fail(Code::corrupt, config_.root + ": " + kOlder);
    return {};
  };
  Status loaded = load();
  if (!loaded && (loaded.error().is(Code::not_found) || loaded.error().is(Code::corrupt))) {
    closed.state = DriveState::damaged;
    if (!config_.rebuild_records) return loaded;
    log::warn("records are lost or damaged, starting with none",
              {{"drive", config_.root}, {"error", loaded.error().context}});
    records_.reset();
    closed.state = DriveState::faulty;
    TRY(move_records_aside());
    identity_.incarnation = format.identity.incarnation =
        std::max(format.identity.incarnation, config_.expected.incarnation) + 1;
    if (format.identity.slot < format.members.size())
      format.members[format.identity.slot].incarnation = format.identity.incarnation;
    format.has_records = false;
    TRY(write_format(*config_.files, config_.root, format));
    sequence_ = 0;
    registers_.horizon = 0;
    marks_.clear();
    loaded = open_records(true);
  }
  TRY(loaded);
  if (format.has_records) return {};
  TRY(begin_anew(format));
  return load_meta();
}

// The first drives of a deployment hold all that there is; one that takes another's place does not.
Status LocalDrive::Core::begin_anew(Format& format) {
  rocksdb::WriteBatch batch;
  std::string whole(1, identity_.incarnation == 1 ? '\1' : '\0'),
      sweep(1, identity_.incarnation == 1 ? '\0' : '\1');
  seal(whole, kMetaWhole);
  seal(sweep, kMetaSweep);
  for (const auto& [key, value] : {std::pair(kMetaWhole, whole), std::pair(kMetaSweep, sweep)}) {
    const rocksdb::Status put =
        batch.Put(records_->table(Table::meta), rocksdb::Slice(key.data(), key.size()), value);
    if (!put.ok()) return fail(Code::internal, put.ToString());
  }
  TRY(records_->write(batch));
  TRY(config_.files->sync_directory(config_.root));
  format.has_records = true;
  return write_format(*config_.files, config_.root, format);
}

Status LocalDrive::Core::move_records_aside() {
  const std::string from = config_.root + "/records";
  if (const auto there = config_.files->stat(from); !there) {
    if (there.error().is(Code::not_found)) return {};
    return fail(there.error());
  }
  for (unsigned n = 1;; ++n) {
    const std::string to = from + ".damaged-" + std::to_string(n);
    if (config_.files->stat(to)) continue;
    TRY(config_.files->rename(from, to));
    return config_.files->sync_directory(config_.root);
  }
}

Status LocalDrive::Core::load_meta() {
  const auto meta = [&](std::string_view key) -> Result<std::optional<std::string>> {
    TRY(const auto value, records_->get(Table::meta, key));
    if (!value) return std::optional<std::string>{};
    TRY(const std::string_view open, unseal(*value, key));
    return std::optional(std::string(open));
  };
  TRY(const auto sequence, meta(kMetaSequence));
  TRY(const auto horizon, meta(kMetaHorizon));
  TRY(const auto whole, meta(kMetaWhole));
  TRY(const auto marks, meta(kMetaPeers));
  if (!whole || whole->empty()) return fail(Code::corrupt, config_.root + ": the records have no header");
  if (sequence) sequence_ = Decoder(*sequence).u64();
  if (horizon) registers_.horizon = Decoder(*horizon).u64();
  whole_ = (*whole)[0] == '\1';
  if (marks) {
    TRY(marks_, decode_marks(*marks));
  }
  // What was promised before this boot is forgotten, so nothing at or below the horizon may be promised
  // again.
  if (registers_.horizon) registers_.promises.raise_floor({registers_.horizon, ~std::uint32_t{0}});
  registers_.highest_seen = registers_.horizon;
  return {};
}

// Files that an earlier boot staged and no record took. No accept can name them any more, and nothing runs
// yet that could stage them anew.
Status LocalDrive::Core::remove_leftovers() {
  std::vector<DataId> ids;
  const std::string prefix = work_key(WorkKind::stage, {});
  TRY(records_->scan(Table::work, prefix, prefix,
                     [&](std::string_view key, std::string_view) -> Result<bool> {
                       if (key.size() == 17) ids.push_back(DataId::from_bytes(key.substr(1)));
                       return true;
                     }));
  if (ids.empty()) return {};
  TRY(shards_->remove(ids));
  rocksdb::WriteBatch batch;
  for (const DataId& id : ids) {
    const rocksdb::Status removed =
        batch.Delete(records_->table(Table::work), work_key(WorkKind::stage, id.bytes()));
    if (!removed.ok()) return fail(Code::internal, removed.ToString());
  }
  return records_->write(batch);
}

void LocalDrive::Core::close() {
  if (closing_.exchange(true)) return;
  if (committer_) committer_->stop();
  {
    const std::lock_guard lock(state_mutex_);
    if (state_ == DriveState::online) {
      state_ = DriveState::offline;
      reason_ = "closed";
    }
  }
  shared_->watchdog.forget(this);
  if (io_) io_->stop();
  records_.reset();
}

// ---- state ----

bool LocalDrive::Core::stalled() const {
  if (in_flight_->any_older_than(config_.stall_after)) return true;
  if (!committer_) return false;
  const auto since = committer_->busy_since();
  return since != std::chrono::steady_clock::time_point::max() &&
         std::chrono::steady_clock::now() - since > config_.stall_after;
}

DriveState LocalDrive::Core::state(std::string* reason) const {
  const DriveState now = state_;
  if (now == DriveState::online && stalled()) {
    if (reason) *reason = "an operation has been in flight for too long";
    return DriveState::stalled;
  }
  if (reason) {
    const std::lock_guard lock(state_mutex_);
    *reason = reason_;
  }
  return now;
}

Status LocalDrive::Core::ready() {
  if (state_ == DriveState::online) {
    if (!stalled()) return {};
    return fail(Code::offline, config_.root + ": stalled");
  }
  std::string reason;
  (void)state(&reason);
  return fail(Code::offline, config_.root + ": " + reason);
}

void LocalDrive::Core::fault(DriveState state, const std::string& reason) {
  ++errors_;
  const std::lock_guard lock(state_mutex_);
  if (state_ != DriveState::online && state_ != DriveState::offline) return;
  if (closing_) return;
  state_ = state;
  reason_ = reason;
  log::error("drive out of service", {{"drive", config_.root}, {"reason", reason}});
}

void LocalDrive::Core::on_record_fault(RecordFault kind, const std::string& text) {
  switch (kind) {
    case RecordFault::io:
      return fault(DriveState::faulty, text);
    case RecordFault::corrupt:
      return fault(DriveState::damaged, text);
    case RecordFault::full:
      out_of_space_ = true;
      log::warn("drive has no space for its records", {{"drive", config_.root}});
      return;
  }
}

bool LocalDrive::Core::look_for_stall() {
  watched_ = false;
  if (stalled()) committer_->abandon(Error(Code::deadline, config_.root + ": stalled"));
  const bool busy = in_flight_->any() || io_->queued() != 0 ||
                    committer_->busy_since() != std::chrono::steady_clock::time_point::max();
  if (busy) watched_ = true;
  return busy;
}

// `spent`: bytes that are about to be written; on a small disk a quarter of a second can be too long.
void LocalDrive::Core::refresh_space(std::uint64_t spent) {
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard lock(space_.mutex);
    space_.spent += spent;
    if (now - space_.read_at < kSpaceInterval && space_.spent < space_.reserve / 8) return;
    space_.read_at = now;
    space_.spent = 0;
  }
  const auto space = config_.files->space(config_.root);
  if (!space) return fault(DriveState::faulty, space.error().context);
  const std::uint64_t share = std::max(kMinReserve, std::min(kMaxReserve, space->total / 20));
  const std::uint64_t reserve = config_.reserve_bytes ? config_.reserve_bytes : share;
  // What stands in write buffers is written once more before its log is freed.
  const bool below = space->free < reserve + records_->unflushed_bytes();
  {
    const std::lock_guard lock(space_.mutex);
    space_.total = space->total;
    space_.free = space->free;
    space_.reserve = reserve;
  }
  below_reserve_ = below;
  // Opening writes what stands in write buffers, and a drive that could not be opened would not be read
  // either.
  if (out_of_space_ && space->free > std::min(reserve, kMinReserve) / 2 + records_->unflushed_bytes()) {
    if (records_->stopped())
      return fault(DriveState::faulty, "had no space for its records: to be opened anew, now that there is");
    out_of_space_ = false;
  }
  if (below && removed_bodies_ && !reclaiming_.exchange(true)) {
    removed_bodies_ = false;
    post_long([self = shared_from_this()] {
      self->reclaim();
      self->reclaiming_ = false;
    });
  }
}

// Deleted bodies give their space back when their files are compacted, which on a full drive must not wait
// for more writes.
void LocalDrive::Core::reclaim() {
  for (const bool rewrite : {false, true}) {
    if (!ready() || out_of_space_) return;
    if (const Status done = records_->reclaim(rewrite); !done) {
      log::warn("reclaiming space failed", {{"drive", config_.root}, {"error", done.error().context}});
      return;
    }
    const auto space = config_.files->space(config_.root);
    const std::lock_guard lock(space_.mutex);
    if (!space || space->free > 2 * space_.reserve) return;
  }
}

// Space is looked at with each batch and each file; a drive that refuses has neither.
bool LocalDrive::Core::refuses_data() {
  if (!below_reserve_ && !out_of_space_) return false;
  post([self = shared_from_this()] {
    if (self->ready()) self->refresh_space();
  });
  return true;
}

void LocalDrive::Core::refresh_counts() {
  const auto count = [&](WorkKind kind) {
    constexpr std::uint64_t kEnough = 100'000;
    std::uint64_t n = 0;
    const std::string prefix = work_key(kind, {});
    (void)records_->scan(Table::work, prefix, prefix,
                         [&](std::string_view, std::string_view) -> Result<bool> { return ++n < kEnough; });
    return n;
  };
  work_counts_.open = count(WorkKind::open);
  work_counts_.heal = count(WorkKind::heal);
  work_counts_.collect = count(WorkKind::collect);
}

bool LocalDrive::Core::serves(bool data) {
  return state_ == DriveState::online && !stalled() && !(data && refuses_data());
}

DriveStatus LocalDrive::Core::status() {
  DriveStatus status;
  status.state = state(&status.reason);
  status.whole = whole_;
  status.full = below_reserve_ || out_of_space_;
  {
    const std::lock_guard lock(space_.mutex);
    status.total_bytes = space_.total;
    status.free_bytes = space_.free;
  }
  status.sequence = sequence_;
  status.work_open = work_counts_.open;
  status.work_heal = work_counts_.heal;
  status.work_collect = work_counts_.collect;
  status.errors = errors_;
  // What is answered is what was read the time before: a drive that hangs must not hang those who ask after
  // it.
  const std::int64_t now = steady_ns();
  std::int64_t read_at = work_counts_.read_at;
  if (status.state == DriveState::online && now - read_at > 1'000'000'000 &&
      work_counts_.read_at.compare_exchange_strong(read_at, now))
    post([self = shared_from_this()] {
      if (!self->ready()) return;
      self->refresh_space();
      self->refresh_counts();
    });
  return status;
}

void LocalDrive::Core::watch() {
  if (!watched_.exchange(true)) shared_->watchdog.watch(this, [this] { return look_for_stall(); });
}

void LocalDrive::Core::post(std::move_only_function<void()> job) {
  if (closing_) return job();  // finds that the drive is out of service
  watch();
  io_->post([in_flight = in_flight_, run = std::move(job)]() mutable {
    const InFlight::Job running(*in_flight);
    run();
  });
}

void LocalDrive::Core::post_long(std::move_only_function<void()> job) {
  if (closing_) return job();
  io_->post(std::move(job));
}

// ---- writing ----

std::uint64_t LocalDrive::Core::now_ballot() const {
  return static_cast<std::uint64_t>(config_.clock->now_ms()) << 16;
}

Status LocalDrive::Core::write(Batch& batch) {
  if (batch.after.marks) {
    // Alone they are no news of this drive: they would be told to the peers, and so on for ever.
    const bool alone = !batch.changed() && !batch.horizon && batch.floor.is_null();
    batch.put_meta(kMetaPeers, encode_marks(*batch.after.marks));
    if (alone) return records_->write(batch.write_batch());
  }
  const std::uint64_t step = static_cast<std::uint64_t>(config_.horizon_step.count()) << 16;
  std::uint64_t horizon;
  {
    const std::lock_guard lock(registers_.mutex);
    horizon = registers_.horizon;
    const std::uint64_t seen = std::max({registers_.highest_seen, batch.horizon, now_ballot()});
    if (horizon < seen + step / 2) horizon = seen + step;
    horizon = std::max(horizon, batch.floor.time);
    if (horizon == registers_.horizon && !batch.changed()) {
      registers_.promises.raise_floor(batch.floor);
      return {};
    }
    if (horizon != registers_.horizon) {
      std::string value;
      Encoder(value).u64(horizon);
      batch.put_meta(kMetaHorizon, value);
    }
  }
  const std::uint64_t sequence = sequence_ + 1;
  std::string value;
  Encoder(value).u64(sequence);
  batch.put_meta(kMetaSequence, value);
  TRY(records_->write(batch.write_batch()));
  sequence_ = sequence;
  const std::lock_guard lock(registers_.mutex);
  registers_.horizon = std::max(registers_.horizon, horizon);
  registers_.promises.raise_floor(batch.floor);
  return {};
}

std::size_t LocalDrive::Core::commit(Committer::Mutations mutations) {
  if (const DriveState now = state_; now != DriveState::online) {
    const Status refused = fail(Code::offline, config_.root + ": out of service");
    for (const auto& mutation : mutations) mutation->complete(refused);
    return mutations.size();
  }
  watch();
  Batch batch(
      {*records_, *shards_, staged_, boot_, whole_, 1u << identity_.slot,
       config_.clock->now_ms() + config_.collect_delay.count(), [this](DataId id) {
         return read_shard_file_metadata(*config_.files, ShardStore::path_of(config_.root, id)).has_value();
       }});
  std::size_t taken = 0;
  for (const auto& mutation : mutations) {
    if (taken == kMaxBatchMutations || batch.bytes() > kMaxBatchBytes) break;
    mutation->run(batch);
    if (batch.conflict()) break;
    ++taken;
  }
  Status written;
  refresh_space(batch.bytes());
  if (taken == 0) {
    written = fail(Code::internal, "a mutation conflicts with itself");
    taken = 1;
  } else if (batch.changed() || batch.horizon || !batch.floor.is_null() || batch.after.marks) {
    written = write(batch);
    // It may be in the log all the same, and `offline` stands for a change that was not made, as does
    // `drive_full`: what did not fit into the log is not read back from it.
    if (!written && !written.error().is(Code::drive_full))
      written = fail(Code::io, std::move(written).error().context);
    ++batches_;
    mutations_ += taken;
  }
  {
    const std::lock_guard lock(registers_.mutex);
    for (const std::string& key : pending_of_batch_) {
      const auto it = registers_.pending.find(key);
      if (it != registers_.pending.end() && --it->second == 0) registers_.pending.erase(it);
    }
  }
  pending_of_batch_.clear();
  if (written) {
    for (const DataId& id : batch.after.taken) staged_.remove(id);
    if (batch.after.removes_bodies) removed_bodies_ = true;
    if (batch.after.whole) whole_ = *batch.after.whole;
    if (batch.after.marks) {
      const std::lock_guard lock(marks_mutex_);
      marks_ = std::move(*batch.after.marks);
    }
    if (batch.after.collects)
      committer_->set_alarm(std::chrono::steady_clock::now() + config_.collect_delay +
                            std::chrono::milliseconds(1));
  }
  for (const auto& mutation : mutations.first(taken)) mutation->complete(written);
  return taken;
}

}  // namespace cairn::drive
