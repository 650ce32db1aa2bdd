#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "cairn/drive/format.hpp"

// The decision what to do with the paths that the server was given. Pure.
namespace cairn::drive {
namespace {

using Kind = ProbedPath::Kind;
using Action = FormattingPlan::Action;

// A drive that loses its records goes on under the next number by itself, which the others may not hear of
// before it is lost as a whole: a replacement takes a number beyond all that it may have come to.
constexpr std::uint32_t kReplacementStep = 256;

std::uint32_t incarnation_after(std::uint32_t known) {
  return (known / kReplacementStep + 1) * kReplacementStep;
}

template <class Id>
Id make_id(const FormattingRequest& request) {
  Id id;
  do {
    request.random(id.raw.data(), id.raw.size());
  } while (id.is_null());
  return id;
}

std::string place_name(std::uint32_t set, std::uint32_t slot) {
  return fmt::format("set {}, slot {}", set, slot);
}

Status check_paths(const FormattingRequest& request) {
  std::map<std::string, std::string> seen;
  for (const ProbedPath& p : request.paths) {
    if (p.file_id.empty()) continue;
    const auto [other, fresh] = seen.emplace(p.file_id, p.path);
    if (!fresh)
      return fail(Code::config, fmt::format("{} and {} are the same folder", other->second, p.path));
  }
  if (request.paths.empty()) return fail(Code::config, "no drive was given");
  return {};
}

// A new deployment needs every path, empty. What is said of one of them is the whole answer.
Status check_new_path(const ProbedPath& p, bool mounts) {
  switch (p.kind) {
    case Kind::missing:
      return fail(
          Code::config,
          fmt::format("no drive is formatted yet, and to begin all of them must be there: {}", p.detail));
    case Kind::damaged:
      return fail(Code::config, fmt::format("no drive can be used: {}", p.detail));
    case Kind::foreign:
      return fail(Code::config,
                  fmt::format("{}: to be formatted a folder must be empty, but {}", p.path, p.detail));
    case Kind::empty:
    case Kind::formatted:
      break;
  }
  if (p.marker) {
    return fail(Code::config,
                fmt::format("{} is to replace a drive of deployment {}, but none of its drives is there",
                            p.path, p.marker->deployment.hex()));
  }
  if (p.mount != mounts) {
    return fail(
        Code::config,
        fmt::format("{} is {}a mount point, others are{}: is a drive not mounted? Nothing was formatted",
                    p.path, p.mount ? "" : "not ", mounts ? "" : " not"));
  }
  return {};
}

Result<FormattingPlan> plan_new(const FormattingRequest& request) {
  const SetLayout& layout = request.layout;
  if (layout.drives_per_set < 1 || layout.drives_per_set > kMaxSetDrives || layout.sets < 1 ||
      layout.sets > kMaxSets)
    return fail(Code::config,
                fmt::format("{} sets of {} drives are not possible", layout.sets, layout.drives_per_set));
  if (request.paths.size() != std::size_t{layout.sets} * layout.drives_per_set) {
    return fail(Code::config, fmt::format("{} drives were given for {} sets of {}", request.paths.size(),
                                          layout.sets, layout.drives_per_set));
  }
  const bool mounts = std::ranges::any_of(request.paths, &ProbedPath::mount);
  for (const ProbedPath& p : request.paths) TRY(check_new_path(p, mounts));

  FormattingPlan plan;
  plan.deployment = make_id<DeploymentId>(request);
  plan.layout = layout;
  plan.new_deployment = true;
  for (std::uint32_t set = 0; set < layout.sets; ++set) {
    std::vector<SetMember> members(layout.drives_per_set);
    for (SetMember& m : members) m.id = make_id<DriveId>(request);
    for (std::uint32_t slot = 0; slot < layout.drives_per_set; ++slot) {
      const ProbedPath& p = request.paths[plan.drives.size()];
      Format format;
      format.identity = {plan.deployment, members[slot].id, request.pool, set, slot, 1};
      format.layout = layout;
      format.members = members;
      format.mount = p.mount;
      format.created = request.now;
      plan.drives.push_back({p.path, Action::create, std::move(format), {}});
    }
  }
  return plan;
}

// Assigns the paths of a deployment that is there to its places.
class Existing {
 public:
  explicit Existing(const FormattingRequest& request) : request_(request) {}

  Result<FormattingPlan> plan() {
    TRY(take_layout());
    TRY(place_formatted());
    place_marked();
    place_rest();
    replace_drives();
    return std::move(plan_);
  }

 private:
  struct Place {
    const ProbedPath* path = nullptr;
    std::string refused;  // why the path cannot be the place's new drive; empty: it may
  };

  Status take_layout() {
    const Format* first = nullptr;
    const ProbedPath* first_path = nullptr;
    for (const ProbedPath& p : request_.paths) {
      if (p.kind != Kind::formatted) continue;
      const Format& f = *p.format;
      if (!first) {
        first = &f;
        first_path = &p;
      } else if (f.identity.deployment != first->identity.deployment) {
        return fail(Code::config,
                    fmt::format("{} belongs to deployment {}, but {} to {}", first_path->path,
                                first->identity.deployment.hex(), p.path, f.identity.deployment.hex()));
      } else if (f.layout != first->layout) {
        return fail(Code::config,
                    fmt::format("{} and {} disagree on the number of sets or drives of the deployment",
                                first_path->path, p.path));
      }
      if (f.identity.pool != request_.pool) {
        return fail(Code::config,
                    fmt::format("{} belongs to pool {}, not {}", p.path, f.identity.pool, request_.pool));
      }
      any_mounts_not_ |= !f.mount;
    }
    const SetLayout& layout = first->layout;
    const std::size_t count = std::size_t{layout.sets} * layout.drives_per_set;
    if (request_.paths.size() != count) {
      return fail(Code::config,
                  fmt::format("the deployment has {} drives ({} sets of {}), but {} were given", count,
                              layout.sets, layout.drives_per_set, request_.paths.size()));
    }
    plan_.deployment = first->identity.deployment;
    plan_.layout = layout;
    plan_.drives.resize(count);
    places_.resize(count);
    return {};
  }

  std::size_t index(std::uint32_t set, std::uint32_t slot) const {
    return std::size_t{set} * plan_.layout.drives_per_set + slot;
  }

  // Each place's newest incarnation is used, wherever its path stands; older ones are retired.
  Status place_formatted() {
    for (const ProbedPath& p : request_.paths) {
      if (p.kind != Kind::formatted) continue;
      const DriveIdentity& id = p.format->identity;
      if (id.incarnation < newest_incarnation(id.set, id.slot)) {
        rest_.emplace_back(
            &p, fmt::format("{} holds a drive of {} that was replaced since; to use it again, empty it",
                            p.path, place_name(id.set, id.slot)));
        continue;
      }
      const ProbedPath*& taken = places_[index(id.set, id.slot)].path;
      if (!taken) {
        taken = &p;
        continue;
      }
      return fail(Code::config,
                  fmt::format("{} and {} are {} {}", taken->path, p.path,
                              id.id == taken->format->identity.id ? "copies of one drive, that of"
                                                                  : "both the drive of",
                              place_name(id.set, id.slot)));
    }
    return {};
  }

  // As any drive of the set knows it: the drive itself may be absent.
  std::uint32_t newest_incarnation(std::uint32_t set, std::uint32_t slot) const {
    return members_of(set)[slot].incarnation;
  }

  void place_marked() {
    for (const ProbedPath& p : request_.paths) {
      if (p.kind == Kind::formatted) continue;
      if (p.kind != Kind::empty || !p.marker) {
        rest_.emplace_back(&p, refusal(p));
        continue;
      }
      const ReplaceMarker& m = *p.marker;
      if (m.deployment != plan_.deployment || m.pool != request_.pool) {
        rest_.emplace_back(&p, fmt::format("{} is marked as a new drive of another deployment", p.path));
      } else if (m.set >= plan_.layout.sets || m.slot >= plan_.layout.drives_per_set) {
        rest_.emplace_back(
            &p, fmt::format("{} is marked for {}, which does not exist", p.path, place_name(m.set, m.slot)));
      } else if (Place& place = places_[index(m.set, m.slot)]; place.path) {
        rest_.emplace_back(&p, fmt::format("{} is marked for {}, which the drive at {} holds", p.path,
                                           place_name(m.set, m.slot), place.path->path));
      } else {
        place = {&p, {}};
      }
    }
  }

  // Paths without a place take those that are left, their own by position first.
  void place_rest() {
    const auto take = [&](std::pair<const ProbedPath*, std::string>& r, std::size_t at) {
      places_[at] = {r.first, std::move(r.second)};
      r.first = nullptr;
    };
    for (auto& r : rest_) {
      const auto at = static_cast<std::size_t>(r.first - request_.paths.data());
      if (!places_[at].path) take(r, at);
    }
    std::size_t at = 0;
    for (auto& r : rest_) {
      if (!r.first) continue;
      while (places_[at].path) ++at;
      take(r, at);
    }
  }

  // Why a path without a drive and without a marker is not formatted; empty if it may be.
  std::string refusal(const ProbedPath& p) const {
    switch (p.kind) {
      case Kind::empty:
        if (p.mount && !any_mounts_not_) return {};
        return fmt::format("{} is empty: not mounted, or replaced; in that case run `cairn drive replace {}`",
                           p.path, p.path);
      case Kind::foreign:
        return fmt::format("{}: {}", p.path, p.detail);
      default:
        return p.detail;
    }
  }

  // What the drives of a set know of each other, with the newest incarnation of each slot.
  std::vector<SetMember> members_of(std::uint32_t set) const {
    std::vector<SetMember> members(plan_.layout.drives_per_set);
    for (SetMember& m : members) m.incarnation = 0;
    for (const ProbedPath& p : request_.paths) {
      if (p.kind != Kind::formatted || p.format->identity.set != set) continue;
      for (std::size_t i = 0; i < members.size(); ++i)
        if (p.format->members[i].incarnation > members[i].incarnation) members[i] = p.format->members[i];
    }
    return members;
  }

  void replace_drives() {
    for (std::uint32_t set = 0; set < plan_.layout.sets; ++set) {
      std::vector<SetMember> members = members_of(set);
      // Without any drive of the set nothing says who its members are, and there is nobody to fill a new one
      // from.
      const bool known = members[0].incarnation != 0;
      for (std::uint32_t slot = 0; slot < plan_.layout.drives_per_set; ++slot) {
        const Place& place = places_[index(set, slot)];
        FormattingPlan::Drive& drive = plan_.drives[index(set, slot)];
        drive.path = place.path->path;
        if (is_member(place, set, slot)) {
          drive.action = Action::use;
          drive.format = *place.path->format;
          drive.format.complete = true;
          continue;
        }
        drive.format.identity = {plan_.deployment,
                                 known ? members[slot].id : DriveId{},
                                 request_.pool,
                                 set,
                                 slot,
                                 known ? members[slot].incarnation : 1};
        drive.reason = place.refused;
        if (drive.reason.empty() && !known)
          drive.reason = fmt::format("{} is empty, and no drive of its set is there", drive.path);
        if (!drive.reason.empty()) continue;
        drive.action = Action::replace;
        members[slot] = {make_id<DriveId>(request_), incarnation_after(members[slot].incarnation)};
        drive.format.identity.id = members[slot].id;
        drive.format.identity.incarnation = members[slot].incarnation;
        drive.format.mount = place.path->mount;
        drive.format.created = request_.now;
      }
      write_members(set, members);
    }
  }

  bool is_member(const Place& place, std::uint32_t set, std::uint32_t slot) const {
    if (place.path->kind != Kind::formatted) return false;
    const DriveIdentity& id = place.path->format->identity;
    return id.set == set && id.slot == slot && place.refused.empty();
  }

  void write_members(std::uint32_t set, const std::vector<SetMember>& members) {
    for (std::uint32_t slot = 0; slot < plan_.layout.drives_per_set; ++slot) {
      FormattingPlan::Drive& drive = plan_.drives[index(set, slot)];
      if (drive.action == Action::offline) continue;
      drive.format.layout = plan_.layout;
      const bool outdated =
          drive.action == Action::use &&
          (drive.format.members != members || !places_[index(set, slot)].path->format->complete);
      drive.format.members = members;
      if (outdated) plan_.updates.emplace_back(drive.path, drive.format);
    }
  }

  const FormattingRequest& request_;
  FormattingPlan plan_;
  std::vector<Place> places_;  // by set and slot
  std::vector<std::pair<const ProbedPath*, std::string>>
      rest_;                     // paths without a drive, and why they stay so
  bool any_mounts_not_ = false;  // a drive was formatted in a plain folder
};

}  // namespace

Result<FormattingPlan> decide_formatting(const FormattingRequest& request) {
  TRY(check_paths(request));
  const auto usable = [](const ProbedPath& p) { return p.kind == Kind::formatted && p.format->complete; };
  if (std::ranges::none_of(request.paths, usable)) return plan_new(request);
  return Existing(request).plan();
}

}  // namespace cairn::drive
