#include "store/supervisor.hpp"

#include <algorithm>
#include <bit>
#include <latch>

#include "cairn/base/await.hpp"
#include "cairn/base/log.hpp"

namespace cairn::store {
namespace {

using drive::DriveState;
using drive::FormattingPlan;

constexpr std::chrono::milliseconds kTick{1000};
constexpr unsigned kOpeners = 4;

// Sets of equal size, up to 16 drives each.
Result<drive::SetLayout> layout_for(std::size_t drives) {
  for (std::uint32_t per = std::min<std::uint32_t>(16, static_cast<std::uint32_t>(drives)); per > 0; --per)
    if (drives % per == 0) {
      if (per == 1 && drives > 1) break;
      return drive::SetLayout{static_cast<std::uint32_t>(drives / per), per};
    }
  return fail(Code::config, std::to_string(drives) + " drives cannot be divided into sets of 2 to 16");
}

}  // namespace

Supervisor::Supervisor(Config config, BufferPool& buffers, std::shared_ptr<Clock> clock)
    : config_(std::move(config)),
      buffers_(buffers),
      clock_(std::move(clock)),
      files_(std::make_unique<drive::SystemFiles>()),
      shared_(drive::SharedResources::make({config_.cache_bytes, config_.write_buffer_bytes})),
      opener_("cairn-open", kOpeners) {}

Supervisor::~Supervisor() { close(); }

void Supervisor::close() {
  exchange_marks();
  std::latch done(static_cast<std::ptrdiff_t>(places_.size()));
  for (Place& p : places_)
    opener_.post([&p, &done] {
      if (p.drive) p.drive->close();
      done.count_down();
    });
  done.wait();
}

drive::LocalDriveConfig Supervisor::drive_config(const std::string& path,
                                                 const drive::DriveIdentity& identity) const {
  drive::LocalDriveConfig c;
  c.root = path;
  c.identity = identity;
  c.shared = shared_;
  c.files = files_.get();
  c.buffers = &buffers_;
  c.clock = clock_.get();
  return c;
}

Result<Topology> Supervisor::start() {
  drive::FormattingRequest request;
  TRY(request.layout, layout_for(config_.paths.size()));
  request.pool = config_.pool;
  request.now = clock_->now_ms();
  for (const std::string& path : config_.paths) request.paths.push_back(drive::probe_path(*files_, path));
  TRY(plan_, drive::decide_formatting(request));
  TRY(drive::carry_out(*files_, plan_));
  if (plan_.new_deployment)
    log::info("new deployment", {{"deployment", plan_.deployment.hex()}, {"drives", plan_.drives.size()}});

  Topology topology;
  topology.clock = clock_;
  topology.ballots = std::make_unique<HybridClock>(clock_, 1);
  topology.deployment = plan_.deployment;
  const std::uint32_t n = plan_.layout.drives_per_set;
  const std::uint32_t parity = config_.parity.value_or(Quorum::default_parity(n));
  if (parity > n / 2)
    return fail(Code::config, "EC:" + std::to_string(parity) + " is more than half of a set of " +
                                  std::to_string(n) + " drives");
  for (std::uint32_t s = 0; s < plan_.layout.sets; ++s) {
    SetConfig set;
    set.pool = config_.pool;
    set.set = s;
    set.quorum = {n, n - parity, parity};
    set.grace = config_.grace;
    set.patience = config_.patience;
    topology.sets.push_back(std::make_unique<ErasureSet>(set, *topology.ballots));
  }
  places_.resize(plan_.drives.size());
  std::latch opened(static_cast<std::ptrdiff_t>(places_.size()));
  std::mutex mutex;
  Status failed;
  for (std::size_t i = 0; i < places_.size(); ++i)
    opener_.post([&, i] {
      Place& place = places_[i];
      const FormattingPlan::Drive& planned = plan_.drives[i];
      place.path = planned.path;
      if (planned.action == FormattingPlan::Action::offline) {
        place.reason = planned.reason;
        log::warn("drive offline", {{"path", place.path}, {"reason", place.reason}});
      } else {
        auto drive = drive::LocalDrive::open(drive_config(place.path, planned.format.identity));
        const std::lock_guard lock(mutex);
        if (drive)
          place.drive = std::move(*drive);
        else
          failed = fail(drive.error());
      }
      opened.count_down();
    });
  opened.wait();
  TRY(failed);
  for (std::uint32_t i = 0; i < places_.size(); ++i) compare_marks(i);
  for (std::size_t i = 0; i < places_.size(); ++i) {
    Place& place = places_[i];
    if (!place.drive) continue;
    const auto status = place.drive->status();
    if (status.state == DriveState::online && (status.whole || n == 1)) {
      topology.sets[i / n]->set_drive(static_cast<std::uint32_t>(i % n), place.drive);
      place.registered = true;
    } else if (status.state != DriveState::online) {
      log::warn("drive offline", {{"path", place.path}, {"reason", status.reason}});
    }
  }
  return topology;
}

// ---- how far the drives have come ----

std::span<Supervisor::Place> Supervisor::set_of(std::uint32_t index) {
  const std::uint32_t n = plan_.layout.drives_per_set;
  return std::span(places_).subspan(index / n * n, n);
}

// Takes in what a drive that was just opened remembers of its peers, and holds every drive of the set to what
// is known of it: one that has come less far than that was put back to an earlier state.
void Supervisor::compare_marks(std::uint32_t index) {
  if (config_.trust_older || !places_[index].drive) return;
  const std::span<Place> set = set_of(index);
  for (const drive::PeerMark& mark : places_[index].drive->remembered())
    if (mark.slot < set.size() && set[mark.slot].known.below(mark)) set[mark.slot].known = mark;
  for (Place& p : set)
    if (p.drive) p.drive->expect(p.known);
}

void Supervisor::exchange_marks() {
  const std::uint32_t n = plan_.layout.drives_per_set;
  if (n == 1) return;
  told_.resize(plan_.layout.sets);
  for (std::uint32_t s = 0; s < plan_.layout.sets && !places_.empty(); ++s) {
    const std::span<Place> set = set_of(s * n);
    std::vector<drive::PeerMark> marks;
    for (std::uint32_t slot = 0; slot < n; ++slot) {
      Place& p = set[slot];
      if (p.drive && p.registered) {
        const auto status = p.drive->status();
        const drive::PeerMark now{slot, p.drive->identity().incarnation, status.sequence};
        if (status.state == DriveState::online && (p.known.below(now) || config_.trust_older)) p.known = now;
      }
      if (p.known.incarnation) marks.push_back(p.known);
    }
    if (marks == told_[s]) continue;
    for (Place& p : set)
      if (p.drive) p.drive->remember(marks, config_.trust_older);
    told_[s] = std::move(marks);
  }
}

// ---- drives that come and go ----

// An empty or replaced drive answers nothing before enough of its peers know its incarnation and it has their
// horizon.
Task<void> Supervisor::bring_in(std::uint32_t index) {
  Place& place = places_[index];
  const std::uint32_t n = plan_.layout.drives_per_set;
  ErasureSet& set = *topology_->sets[index / n];
  const std::uint32_t slot = index % n;
  compare_marks(index);
  const auto status = place.drive->status();
  if (status.state != DriveState::online) co_return fail(Code::offline, status.reason);
  if (!status.whole && n > 1) {
    const auto identity = place.drive->identity();
    const SlotMask others = set.all() & ~(SlotMask{1} << slot);
    auto gather =
        set.ask<drive::Ballot>(others, [&](std::uint32_t, drive::Drive& d, Completion<drive::Ballot> done) {
          d.register_incarnation(slot, identity.id, identity.incarnation, std::move(done));
        });
    auto replies = co_await set.collect(gather, others, [](const auto&) { return false; }, set.deadline());
    drive::Ballot floor;
    std::uint32_t answers = 0;
    for (const auto& r : replies)
      if (r && r->has_value()) {
        ++answers;
        floor = std::max(floor, **r);
      }
    if (answers < std::min(set.quorum().evidence(), n - 1))
      co_return fail(Code::no_quorum, "too few peers to join");
    CO_TRY(co_await await_completion<void>(
        [&](Completion<void> done) { place.drive->adopt_floor(floor, std::move(done)); }));
  }
  place.registered = true;
  set.set_drive(slot, place.drive);
  log::info("drive online", {{"path", place.path}, {"whole", status.whole}});
  co_return Status{};
}

// Paths where no drive was: one may have been mounted, or put in the place of another.
void Supervisor::look_for_missing() {
  drive::FormattingRequest request;
  request.layout = plan_.layout;
  request.pool = config_.pool;
  request.now = clock_->now_ms();
  for (const std::string& path : config_.paths) request.paths.push_back(drive::probe_path(*files_, path));
  auto plan = drive::decide_formatting(request);
  if (!plan) return;  // said at start; what runs goes on
  if (plan->new_deployment || plan->deployment != plan_.deployment) return;
  // Only places without a drive may change.
  for (std::size_t i = 0; i < places_.size(); ++i)
    if (places_[i].drive && plan->drives[i].action == FormattingPlan::Action::replace)
      plan->drives[i].action = FormattingPlan::Action::offline;
  if (!drive::carry_out(*files_, *plan)) return;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    Place& place = places_[i];
    if (place.drive || plan->drives[i].action == FormattingPlan::Action::offline) continue;
    auto drive = drive::LocalDrive::open(drive_config(plan->drives[i].path, plan->drives[i].format.identity));
    if (!drive) continue;
    place.path = plan->drives[i].path;
    place.drive = std::move(*drive);
    place.registered = false;
  }
}

// One that is out of service: tries to open it again. With `lost`, its records are given up and made anew
// from the peers, as many of which as a read asks for must be there and whole.
Task<void> Supervisor::take_back(std::uint32_t index, bool lost) {
  Place& place = places_[index];
  const std::uint32_t n = plan_.layout.drives_per_set;
  ErasureSet& set = *topology_->sets[index / n];
  const SlotMask peers = set.whole() & ~(SlotMask{1} << index % n);
  if (lost && static_cast<std::uint32_t>(std::popcount(peers)) < set.quorum().read())
    co_return fail(Code::no_quorum,
                   "its records are lost or too old, and too few whole drives are there to "
                   "make them anew");
  if (lost && place.registered) {
    set.set_drive(index % n, nullptr);
    place.registered = false;
    log::warn("records are lost: rebuilding them from the peers",
              {{"path", place.path}, {"reason", place.drive->status().reason}});
  }
  place.drive->expect(place.known);
  const auto reopened = co_await await_completion<void>([&](Completion<void> done) {
    opener_.post([&place, lost, done = std::move(done)]() mutable { done(place.drive->reopen(lost)); });
  });
  if (reopened && place.registered && !place.drive->status().whole && n > 1) {
    set.set_drive(index % n, nullptr);
    place.registered = false;
  }
  if (!reopened && place.drive->status().state == DriveState::offline) {
    // Perhaps the drive at this path was replaced: forget the old one, so that the path is looked at anew.
    const auto empty = co_await await_completion<bool>([&](Completion<bool> done) {
      opener_.post([this, &place, done = std::move(done)]() mutable {
        done(drive::probe_path(*files_, place.path).kind == drive::ProbedPath::Kind::empty);
      });
    });
    if (empty && *empty) {
      set.set_drive(index % n, nullptr);
      place.drive.reset();
      place.registered = false;
    }
  }
  co_return reopened;
}

Task<void> Supervisor::look_after(std::uint32_t index, std::uint64_t tick) {
  Place& place = places_[index];
  const auto status = place.drive->status();
  if (status.state == DriveState::online) {
    if (place.registered) co_return Status{};
    const auto joined = co_await bring_in(index);
    if (!joined && tick % 10 == 0)
      log::warn("drive waits for its peers", {{"path", place.path}, {"context", joined.error().context}});
    co_return Status{};
  }
  if (status.state == DriveState::stalled) co_return Status{};  // comes back when the operation ends
  if (tick % 2) co_return Status{};
  const bool lost = status.state == DriveState::damaged && plan_.layout.drives_per_set > 1;
  const auto back = co_await take_back(index, lost);
  if (back)
    log::info("drive reopened", {{"path", place.path}});
  else if (place.reason != back.error().context)
    log::warn("drive stays out of service",
              {{"path", place.path}, {"reason", place.reason = back.error().context}});
  co_return Status{};
}

Task<void> Supervisor::run() {
  for (std::uint64_t tick = 0;; ++tick) {
    CO_TRY(co_await sleep_for(kTick));
    for (std::uint32_t i = 0; i < places_.size(); ++i)
      if (places_[i].drive) CO_TRY(co_await look_after(i, tick));
    exchange_marks();
    if (tick % 2 == 0 && std::any_of(places_.begin(), places_.end(), [](const Place& p) { return !p.drive; }))
      (void)co_await await_completion<void>([&](Completion<void> done) {
        opener_.post([this, done = std::move(done)]() mutable {
          look_for_missing();
          done({});
        });
      });
  }
}

}  // namespace cairn::store
