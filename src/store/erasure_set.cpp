#include "store/erasure_set.hpp"

#include <bit>
#include <random>

#include "cairn/base/log.hpp"
#include "cairn/codec/highway_hash.hpp"

#include "store/documents.hpp"

namespace cairn::store {
namespace {

using drive::AcceptReply;
using drive::AcceptRequest;
using drive::Ballot;
using drive::PrepareReply;
using drive::State;
using drive::StateId;
using drive::View;

std::uint32_t count(SlotMask mask) { return static_cast<std::uint32_t>(std::popcount(mask)); }

std::int64_t steady_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

constexpr std::int64_t kSuspectMs = 1000, kMaxSuspectMs = 32'000;
constexpr std::uint32_t kMaxOutstanding = 1024;  // of one suspect drive: more would only pile up memory
constexpr int kAttempts = 24;
constexpr std::size_t kRecentKeys = 8192;  // per shard of recent_, two generations

// Random, growing with the attempt: two proposers on two nodes do not meet again and again.
std::chrono::milliseconds backoff(int attempt) {
  thread_local std::minstd_rand random(std::random_device{}());
  return std::chrono::milliseconds(random() % (std::uint64_t{2} << std::min(attempt, 6)));
}

}  // namespace

std::uint32_t shards_needed(const State& state) {
  if (state.data.empty() || state.head.empty()) return 0;
  const auto doc = decode_version(state.head, {});
  if (!doc) return 1;
  // The parts of a multipart object are each on a write quorum of their own before it is proposed.
  return doc->data.form == drive::DataForm::parts ? 0 : doc->geometry.data;
}

namespace {

// Slots whose view holds the state and does not lack rows of it.
SlotMask with_rows(const Current& current) {
  SlotMask out = 0;
  for (std::size_t i = 0; i < current.views.size(); ++i) {
    const auto& v = current.views[i];
    if (!v) continue;
    const bool committed = v->committed.state.id == current.state.id && !v->committed.rows_missing;
    const bool open = v->open && v->open->state.id == current.state.id && !v->open->rows_missing;
    if (committed || open) out |= SlotMask{1} << i;
  }
  return out;
}

bool held_open(const Current& current, StateId id) {
  return std::any_of(current.views.begin(), current.views.end(),
                     [id](const auto& v) { return v && v->open && v->open->state.id == id; });
}

}  // namespace

ErasureSet::ErasureSet(SetConfig config, HybridClock& clock) : config_(config), clock_(clock) {}

std::shared_ptr<drive::Drive> ErasureSet::take_drive(std::uint32_t slot) {
  Slot& s = slots_[slot];
  if (s.outstanding.load(std::memory_order_relaxed) > kMaxOutstanding && suspects() >> slot & 1)
    return nullptr;
  auto drive = s.drive.load();
  if (drive) s.outstanding.fetch_add(1, std::memory_order_relaxed);
  return drive;
}

// For longer each time, while the drive answers nothing in time: those who find out that it still hangs have
// waited for it.
void ErasureSet::suspect(std::uint32_t slot) {
  Slot& s = slots_[slot];
  const std::int64_t now = steady_ms();
  if (s.suspect_until.load(std::memory_order_relaxed) > now) return;
  const std::uint32_t late = s.late.fetch_add(1, std::memory_order_relaxed);
  s.suspect_until = now + std::min(kMaxSuspectMs, kSuspectMs << std::min(late, 5u));
}

SlotMask ErasureSet::suspects() const {
  SlotMask mask = 0;
  std::int64_t now = 0;
  for (std::uint32_t i = 0; i < size(); ++i) {
    const std::int64_t until = slots_[i].suspect_until.load(std::memory_order_relaxed);
    if (until == 0) continue;
    if (now == 0) now = steady_ms();
    if (until > now) mask |= SlotMask{1} << i;
  }
  return mask;
}

SlotMask ErasureSet::online() const {
  SlotMask mask = 0;
  for (std::uint32_t i = 0; i < size(); ++i)
    if (const auto d = drive(i); d && d->serves(false)) mask |= SlotMask{1} << i;
  return mask;
}

SlotMask ErasureSet::whole() const {
  SlotMask mask = 0;
  for (std::uint32_t i = 0; i < size(); ++i)
    if (const auto d = drive(i)) {
      const auto status = d->status();
      if (status.state == drive::DriveState::online && status.whole) mask |= SlotMask{1} << i;
    }
  return mask;
}

SlotMask ErasureSet::writable() const {
  SlotMask mask = 0;
  for (std::uint32_t i = 0; i < size(); ++i)
    if (const auto d = drive(i); d && d->serves(true)) mask |= SlotMask{1} << i;
  return mask;
}

std::uint32_t ErasureSet::rotation(std::string_view key) const {
  return size() == 1 ? 0 : static_cast<std::uint32_t>(codec::hash64({}, as_bytes(key)) % size());
}

// ---- prepare, accept, learn ----

Task<ErasureSet::Prepared> ErasureSet::prepare(const std::string& key, Ballot ballot, Deadline deadline) {
  auto gather = ask<PrepareReply>(all(), [&](std::uint32_t, drive::Drive& d, Completion<PrepareReply> done) {
    d.prepare(key, ballot, false, std::move(done));
  });
  const std::uint32_t need = quorum().write();
  const auto enough = [need](const auto& r) {
    std::uint32_t promised = 0;
    for (const auto& x : r) promised += x && x->has_value() && (*x)->promised;
    return promised >= need;
  };
  auto replies = co_await collect(gather, all(), enough, deadline);
  Prepared out;
  out.views.resize(size());
  for (std::uint32_t i = 0; i < size(); ++i) {
    if (!replies[i] || !replies[i]->has_value()) continue;
    PrepareReply& reply = **replies[i];
    if (!reply.promised) {
      out.preempted = true;
      clock_.observe(reply.highest);
      continue;
    }
    out.promised |= SlotMask{1} << i;
    out.views[i] = std::move(reply.view);
  }
  co_return out;
}

Task<ErasureSet::Accepted> ErasureSet::accept(const std::string& key, Ballot ballot, SlotMask slots,
                                              const State& base, SlotMask base_holders,
                                              const Proposal* proposal, std::uint32_t need, Deadline deadline,
                                              std::chrono::milliseconds grace) {
  auto gather = ask<AcceptReply>(slots, [&](std::uint32_t i, drive::Drive& d, Completion<AcceptReply> done) {
    AcceptRequest request;
    request.key = key;
    request.ballot = ballot;
    request.base = base.id;
    if (!(base_holders >> i & 1) && !base.id.is_null()) request.install = drive::Install{base};
    if (proposal) {
      request.state = proposal->state;
      request.rows = proposal->rows;
      if (!proposal->bodies.empty()) request.body = proposal->bodies[i];
      if (!proposal->staged.empty()) {
        if (proposal->staged[i])
          request.staged.push_back(*proposal->staged[i]);
        else
          request.shard_missing = true;
      }
      request.commit = size() == 1;
    }
    d.accept(std::move(request), std::move(done));
  });
  const bool needs_data = proposal && proposal->needs_data;
  const auto enough = [need, needs_data, proposal](const auto& r) {
    std::uint32_t good = 0;
    for (const auto& x : r)
      good += x && x->has_value() && (*x)->accepted && !(needs_data && (*x)->shard_missing) &&
              !(proposal && (*x)->rows_missing);
    return good >= need;
  };
  auto replies = co_await collect(gather, slots, enough, deadline, grace);
  Accepted out;
  for (std::uint32_t i = 0; i < size(); ++i) {
    if (!(slots >> i & 1)) continue;
    const SlotMask bit = SlotMask{1} << i;
    if (!replies[i]) {
      out.definite = false;
      continue;
    }
    if (!replies[i]->has_value()) {
      const Code code = replies[i]->error().code;
      out.full |= code == Code::drive_full;
      out.definite &= code == Code::drive_full || code == Code::offline;
      continue;
    }
    const AcceptReply& reply = **replies[i];
    if (!reply.accepted) {
      out.preempted = true;
      clock_.observe(reply.highest);
      continue;
    }
    out.accepted |= bit;
    if (!reply.shard_missing) out.complete |= bit;
    if (!reply.rows_missing) out.with_rows |= bit;
  }
  co_return out;
}

void ErasureSet::learn(const std::string& key, StateId id, SlotMask complete) {
  if (size() == 1) return;
  remember_committed(key, id);
  const SlotMask missing = all() & ~complete;
  for (std::uint32_t i = 0; i < size(); ++i)
    if (const auto d = drive(i)) d->learn({key, id, missing});
  if (missing && on_damage && (missing & online())) on_damage(key, false);
}

void ErasureSet::remember_committed(const std::string& key, StateId id) {
  Recent& r = recent_of(key);
  const std::lock_guard lock(r.mutex);
  if (r.now.size() >= kRecentKeys) {
    r.before.swap(r.now);
    r.now.clear();
  }
  r.now[key] = id;
}

StateId ErasureSet::known_committed(const std::string& key) const {
  Recent& r = recent_of(key);
  const std::lock_guard lock(r.mutex);
  if (const auto it = r.now.find(key); it != r.now.end()) return it->second;
  if (const auto it = r.before.find(key); it != r.before.end()) return it->second;
  return {};
}

// ---- the protocol ----

Task<ErasureSet::Based> ErasureSet::find_base(const std::string& key, Deadline deadline,
                                              const Proposal* own) {
  Based out;
  out.ballot = clock_.next();
  CO_TRY(Prepared prepared, co_await prepare(key, out.ballot, deadline));
  out.promised = prepared.promised;
  Settled settled = settle(prepared.views, quorum(), shards_needed);
  using Kind = Settled::Kind;
  if (settled.kind == Kind::unready || settled.kind == Kind::stuck) {
    // A drive that comes back refuses its first requests, though enough are in service already.
    const bool comes_back = settled.kind == Kind::unready && count(online()) >= quorum().write() &&
                            std::chrono::steady_clock::now() < deadline;
    if (prepared.preempted || comes_back) {
      out.retry = true;
      co_return out;
    }
    co_return fail(Code::no_quorum, settled.kind == Kind::stuck
                                        ? "a write may have been acknowledged, and its shards are away"
                                        : "too few drives answered");
  }
  if (settled.kind == Kind::lost) {
    log::error("write dropped: its shards are lost",
               {{"state", settled.state.id.time}, {"set", config_.set}});
    settled.state = settled.committed;
  }
  if (settled.kind == Kind::carry) {
    // Accepted again as it is; drives that have no shard of it take the metadata and are healed.
    SlotMask committed_holders = 0;
    for (std::uint32_t i = 0; i < size(); ++i)
      if (prepared.views[i] &&
          (prepared.views[i]->committed.state.id == settled.committed.id ||
           (prepared.views[i]->open && prepared.views[i]->open->state.id == settled.committed.id)))
        committed_holders |= SlotMask{1} << i;
    Proposal again;
    if (own && own->state.id == settled.state.id) {
      again = *own;  // its proposer still has the data
    } else {
      again.state = settled.state;
      for (std::uint32_t k = 0; k < size(); ++k)
        if (prepared.views[k] && prepared.views[k]->open &&
            prepared.views[k]->open->state.id == settled.state.id)
          again.rows = prepared.views[k]->open->rows;
    }
    again.needs_data = false;
    CO_TRY(const Accepted accepted, co_await accept(key, out.ballot, prepared.promised, settled.committed,
                                                    committed_holders, &again, quorum().write(), deadline));
    if (count(accepted.accepted) < quorum().write()) {
      if (accepted.preempted) {
        out.retry = true;
        co_return out;
      }
      co_return fail(Code::no_quorum, "an open write could not be settled");
    }
    settled.holders = accepted.accepted;
    settled.with_data = accepted.complete;
    out.carried = true;
    learn(key, settled.state.id, accepted.complete);
  }
  out.current.state = std::move(settled.state);
  out.current.holders = settled.holders;
  out.current.with_data = settled.with_data;
  out.current.views = std::move(prepared.views);
  co_return out;
}

Task<Updated> ErasureSet::update(std::string key, Decide decide) {
  CO_TRY(auto lock, co_await locks_.lock(key));
  const Deadline limit = deadline();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (attempt > 2) CO_TRY(co_await sleep_for(backoff(attempt)));
    CO_TRY(Based based, co_await find_base(key, limit));
    if (based.retry) continue;
    CO_TRY(std::optional<Proposal> proposal, co_await decide(based.current));
    Updated out;
    if (!proposal) {
      out.state = std::move(based.current.state);
      out.complete = based.current.with_data;
      co_return out;
    }
    State& next = proposal->state;
    next.id = based.ballot;
    next.ancestors = based.current.state.ancestors;
    next.ancestors.insert(next.ancestors.begin(), based.current.state.id);
    if (next.ancestors.size() > State::kMaxAncestors) next.ancestors.resize(State::kMaxAncestors);
    const std::uint32_t need = std::max(proposal->need, quorum().write());
    SlotMask targets = based.promised;
    if (count(targets) < need) {
      if (count(online()) >= need && std::chrono::steady_clock::now() < limit) continue;
      co_return fail(Code::no_quorum, "too few drives answered");
    }
    CO_TRY(const Accepted accepted, co_await accept(key, based.ballot, targets, based.current.state,
                                                    based.current.holders, &*proposal, need, limit));
    const SlotMask good = (proposal->needs_data ? accepted.complete : accepted.accepted) & accepted.with_rows;
    if (count(good) >= need) {
      learn(key, next.id, accepted.complete);
      out.state = std::move(next);
      out.changed = true;
      out.complete = accepted.complete;
      co_return out;
    }
    if (!accepted.accepted && accepted.definite) {  // nobody holds it: it is as if it was never proposed
      if (accepted.full) co_return fail(Code::drive_full);
      if (accepted.preempted) continue;
      co_return fail(Code::no_quorum, "drives went away");
    }
    // Some may hold it. From here on it is completed as it is, or its outcome is unknown.
    const drive::StateId base = based.current.state.id;
    for (int more = 0; more < kAttempts && std::chrono::steady_clock::now() < limit; ++more) {
      if (more > 1) CO_TRY(co_await sleep_for(backoff(more)));
      auto again = co_await find_base(key, limit, &*proposal);
      if (!again || again->retry) continue;
      // Nobody can have acknowledged it, and nothing else was committed: the same state is accepted under a
      // new ballot. Where the base is nothing, it may have been committed, deleted and forgotten meanwhile,
      // unless a drive still holds it.
      const bool untouched =
          again->current.state.id == base && (!base.is_null() || held_open(again->current, next.id));
      if (untouched && count(again->promised) >= need) {
        CO_TRY(const Accepted retried,
               co_await accept(key, again->ballot, again->promised, again->current.state,
                               again->current.holders, &*proposal, need, limit));
        if (count((proposal->needs_data ? retried.complete : retried.accepted) & retried.with_rows) < need)
          continue;
        learn(key, next.id, retried.complete);
        out.state = std::move(next);
        out.changed = true;
        out.complete = retried.complete;
        co_return out;
      }
      const auto& ancestors = again->current.state.ancestors;
      const bool ours = again->current.state.id == next.id ||
                        std::find(ancestors.begin(), ancestors.end(), next.id) != ancestors.end();
      if (!ours) break;
      const bool lacks_data = proposal->needs_data && count(again->current.with_data) < need;
      const bool lacks_rows = again->current.state.rows.count > 0 && count(with_rows(again->current)) < need;
      if (lacks_data ||
          lacks_rows) {  // it stands, on less than an acknowledgement promises: healing adds that
        if (on_damage) on_damage(key, false);
        continue;
      }
      out.state = std::move(next);
      out.changed = true;
      out.complete = again->current.with_data;
      learn(key, out.state.id, out.complete);
      co_return out;
    }
    co_return fail(Code::outcome_unknown, "a write reached too few drives");
  }
  co_return fail(Code::no_quorum, "preempted too often, or too few drives answered");
}

Task<Current> ErasureSet::settle_everywhere(std::string key, std::chrono::milliseconds grace) {
  CO_TRY(auto lock, co_await locks_.lock(key));
  const Deadline limit = deadline();
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (attempt > 2) CO_TRY(co_await sleep_for(backoff(attempt)));
    CO_TRY(Based based, co_await find_base(key, limit));
    if (based.retry) continue;
    // An accept without a state: the base becomes known as committed, and is installed where it was missing.
    CO_TRY(const Accepted accepted,
           co_await accept(key, based.ballot, based.promised, based.current.state, based.current.holders,
                           nullptr, quorum().write(), limit, grace));
    based.current.holders = accepted.accepted;
    based.current.with_data = accepted.complete;
    co_return std::move(based.current);
  }
  co_return fail(Code::no_quorum, "preempted too often, or too few drives answered");
}

Task<Current> ErasureSet::read(std::string key, bool body) {
  const Deadline limit = deadline();
  StateId seen;  // an answer that needs_a_second_look
  for (int attempt = 0;; ++attempt) {
    const StateId known = size() > 1 ? known_committed(key) : StateId{};
    const auto ask_slot = [&](std::uint32_t, drive::Drive& d, Completion<View> done) {
      d.read(key, body, std::move(done));
    };
    // First the slots that hold the data shards, as far as they are well; the rest when those do not suffice.
    SlotMask first = 0;
    if (attempt == 0) {
      const std::uint32_t rot = rotation(key);
      const SlotMask slow = suspects();
      for (std::uint32_t i = 0; i < size() && count(first) < quorum().read(); ++i) {
        const SlotMask bit = SlotMask{1} << ((i + rot) % size());
        if (!(slow & bit)) first |= bit;
      }
    } else {
      first = all();
    }
    auto gather = ask<View>(first, ask_slot);
    SlotMask asked = first;
    Views views(size());
    ReadDecision decision;
    for (;;) {
      const auto hedge = std::chrono::steady_clock::now() + config_.grace;
      const Quorum q = quorum();
      const std::uint32_t wanted = asked == all() ? q.read() : count(asked);
      const auto enough = answered_by(wanted);
      if (!gather->complete(enough)) co_await gather->collect(enough, std::min(limit, hedge));
      gather->locked([&] {
        for (std::uint32_t i = 0; i < size(); ++i) {
          auto& reply = gather->reply(i);
          if (!views[i] && reply && reply->has_value()) views[i] = std::move(**reply);
        }
      });
      SlotMask pending = all();
      gather->locked([&] {
        for (std::uint32_t i = 0; i < size(); ++i)
          if (gather->peek(i)) pending &= ~(SlotMask{1} << i);
      });
      decision = decide_read(views, q, pending, known, shards_needed);
      if (decision.kind != ReadDecision::Kind::ask_more || std::chrono::steady_clock::now() >= limit) break;
      if (asked != all()) {
        ask_more<View>(*gather, all() & ~asked, ask_slot);
        asked = all();
      } else if (gather->pending() == 0) {
        break;
      } else if (gather->pending() == count(pending & suspects())) {
        break;  // only drives that nobody waits for are left
      } else {
        for (std::uint32_t i = 0; i < size(); ++i)
          if (pending >> i & 1) suspect(i);
      }
    }
    if (decision.kind == ReadDecision::Kind::ask_more) {  // what is still to come will not come in time
      decision = decide_read(views, quorum(), 0, known, shards_needed);
    }
    if (needs_a_second_look(decision, views, quorum()) && decision.state.id != seen) {
      seen = decision.state.id;
      continue;
    }
    if (decision.kind == ReadDecision::Kind::answer) {
      Current out;
      out.state = std::move(decision.state);
      out.holders = decision.holders;
      out.with_data = decision.with_data;
      out.views = std::move(views);
      co_return out;
    }
    if (decision.kind == ReadDecision::Kind::unready) {
      if (attempt >= 3 || std::chrono::steady_clock::now() >= limit)
        co_return fail(Code::no_quorum, "too few drives answered");
      CO_TRY(co_await sleep_for(std::chrono::milliseconds(5 << attempt)));
      continue;
    }
    // An open state between: given a moment to finish, then settled.
    if (attempt < 2) {
      CO_TRY(co_await sleep_for(std::chrono::milliseconds(2)));
      continue;
    }
    CO_TRY(co_await settle_everywhere(key));
    if (attempt > 6) co_return fail(Code::no_quorum, "an open write could not be settled");
  }
}

}  // namespace cairn::store
