#include "cairn/drive/local_drive.hpp"

#include <utility>

#include "drive/core.hpp"

namespace cairn::drive {

Result<std::unique_ptr<LocalDrive>> LocalDrive::open(LocalDriveConfig config) {
  if (config.root.empty() || !config.files || !config.buffers || !config.clock || !config.shared)
    return fail(Code::config, "drive: incomplete configuration");
  if (config.io_threads == 0 || config.io_threads > 16)
    return fail(Code::config, "drive: 1 to 16 I/O threads");
  const bool rebuild = config.rebuild_records;
  std::unique_ptr<LocalDrive> drive(new LocalDrive(std::move(config)));
  (void)drive->reopen(rebuild);  // why it failed is its status
  return drive;
}

LocalDrive::LocalDrive(LocalDriveConfig config) : config_(std::move(config)), identity_(config_.identity) {}

LocalDrive::~LocalDrive() { close(); }

std::shared_ptr<LocalDrive::Core> LocalDrive::core() const {
  const std::lock_guard lock(mutex_);
  return core_;
}

Result<std::shared_ptr<LocalDrive::Core>> LocalDrive::in_service() const {
  std::shared_ptr<Core> core;
  {
    const std::lock_guard lock(mutex_);
    if (!core_) return fail(Code::offline, config_.root + ": " + closed_reason_);
    core = core_;
  }
  TRY(core->ready());
  return core;
}

Status LocalDrive::reopen(bool rebuild_records) {
  const std::lock_guard one_at_a_time(reopening_);
  std::shared_ptr<Core> old;
  {
    const std::lock_guard lock(mutex_);
    if (core_ && core_->state() == DriveState::online) return {};
    if (core_ && core_->state() == DriveState::stalled)
      return fail(Code::offline, config_.root + ": stalled");
    old = std::exchange(core_, nullptr);
    if (old) closed_state_ = old->state(&closed_reason_);
  }
  if (old) old->close();
  LocalDriveConfig config;
  {
    const std::lock_guard lock(mutex_);
    config = config_;
  }
  config.rebuild_records = rebuild_records;
  DriveIdentity identity = config.identity;
  Core::Closed closed;
  auto opened = Core::open(config, identity, closed);
  const std::lock_guard lock(mutex_);
  identity_ = identity;
  if (!opened) {
    closed_state_ = closed.state;
    closed_reason_ = closed.reason;
    return fail(opened.error());
  }
  core_ = std::move(*opened);
  return {};
}

void LocalDrive::close() {
  const std::lock_guard one_at_a_time(reopening_);
  std::shared_ptr<Core> old;
  {
    const std::lock_guard lock(mutex_);
    old = std::exchange(core_, nullptr);
    if (!old) return;
    closed_state_ = DriveState::offline;
    closed_reason_ = "closed";
  }
  old->close();
}

DriveIdentity LocalDrive::identity() const {
  const std::lock_guard lock(mutex_);
  return identity_;
}

DriveStatus LocalDrive::status() const {
  if (const auto open = core()) return open->status();
  const std::lock_guard lock(mutex_);
  DriveStatus status;
  status.state = closed_state_;
  status.reason = closed_reason_;
  return status;
}

bool LocalDrive::serves(bool data) const {
  const auto open = core();
  return open && open->serves(data);
}

std::string LocalDrive::name() const { return config_.root; }

// What a call does while the drive is in service; otherwise it answers `offline`.
#define CAIRN_PASS_ON(done, call)                        \
  const auto open = in_service();                        \
  if (!open) return (done)(::cairn::fail(open.error())); \
  (*open)->call

void LocalDrive::read(std::string key, bool body, Completion<View> done) {
  CAIRN_PASS_ON(done, read(std::move(key), body, std::move(done)));
}
void LocalDrive::prepare(std::string key, Ballot ballot, bool body, Completion<PrepareReply> done) {
  CAIRN_PASS_ON(done, prepare(std::move(key), ballot, body, std::move(done)));
}
void LocalDrive::accept(AcceptRequest request, Completion<AcceptReply> done) {
  CAIRN_PASS_ON(done, accept(std::move(request), std::move(done)));
}
void LocalDrive::learn(LearnRequest request) {
  if (const auto open = in_service()) (*open)->learn(std::move(request));
}
void LocalDrive::purge(std::string key, StateId state, Completion<bool> done) {
  CAIRN_PASS_ON(done, purge(std::move(key), state, std::move(done)));
}
void LocalDrive::stage(StageRequest request, Completion<std::unique_ptr<ShardWriter>> done) {
  CAIRN_PASS_ON(done, stage(std::move(request), std::move(done)));
}
void LocalDrive::discard(StageToken token) {
  if (const auto open = core()) open->discard(token);  // also while it is stalled: it will come back
}
std::shared_ptr<const void> LocalDrive::hold() {
  const auto open = core();
  return open ? open->hold() : nullptr;
}
void LocalDrive::open_shard(OpenShardRequest request, Completion<std::shared_ptr<ShardReader>> done) {
  CAIRN_PASS_ON(done, open_shard(std::move(request), std::move(done)));
}
void LocalDrive::restore(RestoreRequest request, Completion<bool> done) {
  CAIRN_PASS_ON(done, restore(std::move(request), std::move(done)));
}
void LocalDrive::list(ListRequest request, Completion<ListReply> done) {
  CAIRN_PASS_ON(done, list(std::move(request), std::move(done)));
}
void LocalDrive::rows(std::string key, RowTable table, std::string after, std::uint32_t limit,
                      Completion<std::vector<Row>> done) {
  CAIRN_PASS_ON(done, rows(std::move(key), table, std::move(after), limit, std::move(done)));
}
void LocalDrive::list_uploads(ListUploadsRequest request, Completion<std::vector<UploadEntry>> done) {
  CAIRN_PASS_ON(done, list_uploads(std::move(request), std::move(done)));
}
void LocalDrive::put_part(PutPartRequest request, Completion<void> done) {
  CAIRN_PASS_ON(done, put_part(std::move(request), std::move(done)));
}
void LocalDrive::list_parts(std::string upload_id, std::uint32_t after_number, std::uint32_t limit,
                            Completion<std::vector<PartRow>> done) {
  CAIRN_PASS_ON(done, list_parts(std::move(upload_id), after_number, limit, std::move(done)));
}
void LocalDrive::read_body(DataId data, Completion<Slice> done) {
  CAIRN_PASS_ON(done, read_body(data, std::move(done)));
}
void LocalDrive::work(WorkKind kind, std::string after, std::uint32_t limit,
                      Completion<std::vector<WorkItem>> done) {
  CAIRN_PASS_ON(done, work(kind, std::move(after), limit, std::move(done)));
}
void LocalDrive::heal_done(std::string key, StateId state, std::uint32_t still_missing) {
  if (const auto open = in_service()) (*open)->heal_done(std::move(key), state, still_missing);
}
void LocalDrive::usage(BucketId bucket, Completion<Usage> done) {
  CAIRN_PASS_ON(done, usage(bucket, std::move(done)));
}
void LocalDrive::register_incarnation(std::uint32_t slot, DriveId id, std::uint32_t incarnation,
                                      Completion<Ballot> done) {
  CAIRN_PASS_ON(done, register_incarnation(slot, id, incarnation, std::move(done)));
}
void LocalDrive::adopt_floor(Ballot floor, Completion<void> done) {
  CAIRN_PASS_ON(done, adopt_floor(floor, std::move(done)));
}
void LocalDrive::set_whole(Completion<void> done) { CAIRN_PASS_ON(done, set_whole(std::move(done))); }
void LocalDrive::remember(std::vector<PeerMark> marks, bool replace) {
  if (const auto open = in_service()) (*open)->remember(std::move(marks), replace);
}
#undef CAIRN_PASS_ON

std::vector<PeerMark> LocalDrive::remembered() const {
  const auto open = core();
  return open ? open->remembered() : std::vector<PeerMark>{};
}

void LocalDrive::expect(const PeerMark& mark) {
  std::shared_ptr<Core> open;
  {
    const std::lock_guard lock(mutex_);
    if (!config_.expected.below(mark)) return;
    config_.expected = mark;
    open = core_;
  }
  if (open) open->expect(mark);
}

Status LocalDrive::collect_now() {
  TRY(const std::shared_ptr<Core> open, in_service());
  return open->collect(false);
}

LocalDrive::Counts LocalDrive::counts() const {
  const auto open = core();
  return open ? open->counts() : Counts{};
}

}  // namespace cairn::drive
