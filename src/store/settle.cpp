#include "store/settle.hpp"

#include <bit>

namespace cairn::store {
namespace {

using drive::State;
using drive::StateId;
using drive::View;

std::uint32_t count(SlotMask mask) { return static_cast<std::uint32_t>(std::popcount(mask)); }

// The whole answers, reduced to what both decisions need.
struct Tally {
  SlotMask whole = 0;
  const State* committed =
      nullptr;  // the highest, or null's where it is being forgotten and `top` stands on nothing
  const View::Open* top = nullptr;  // the open state on it with the highest accepted ballot
  SlotMask same_ballot = 0;         // hold top's state under top's ballot
  SlotMask same_state = 0;          // hold top's state under any ballot
};

// A tombstone that the drives may forget (drive::purge).
bool forgettable(const State& s) {
  return !s.id.is_null() && s.kind == drive::StateKind::none && s.rows.count == 0 && s.data.empty();
}

Tally tally(const Views& views) {
  Tally t;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (!views[i] || !views[i]->whole) continue;
    t.whole |= SlotMask{1} << i;
    if (!t.committed || t.committed->id < views[i]->committed.state.id)
      t.committed = &views[i]->committed.state;
  }
  if (!t.committed) return t;
  // A tombstone that is being forgotten is gone from some drives already, and what was written since stands
  // there on nothing. It is told from a state that lost against the tombstone's ancestors by its id: those
  // ids are below the tombstone's.
  const State* const highest = t.committed;
  const bool forgotten = forgettable(*highest);
  const auto on_highest = [&](const View& v) {
    const StateId base = v.committed.state.id;
    return base == highest->id || (forgotten && base.is_null() && v.open->state.id > highest->id);
  };
  const auto for_each_open = [&](auto&& f) {
    for (std::size_t i = 0; i < views.size(); ++i)
      if (t.whole >> i & 1 && views[i]->open && on_highest(*views[i])) f(SlotMask{1} << i, *views[i]);
  };
  static const State nothing;
  for_each_open([&](SlotMask, const View& v) {
    if (t.top && t.top->accepted >= v.open->accepted) return;
    t.top = &*v.open;
    t.committed = v.committed.state.id == highest->id ? highest : &nothing;
  });
  if (!t.top) return t;
  for_each_open([&](SlotMask bit, const View& v) {
    const View::Open& open = *v.open;
    if (open.state.id != t.top->state.id) return;
    t.same_state |= bit;
    if (open.accepted == t.top->accepted) t.same_ballot |= bit;
  });
  return t;
}

// Slots that hold the state with this id, committed or open.
void find_holders(const Views& views, StateId id, SlotMask& holders, SlotMask& with_data) {
  holders = with_data = 0;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (!views[i]) continue;
    const SlotMask bit = SlotMask{1} << i;
    const View& v = *views[i];
    if (v.committed.state.id == id && v.whole) {
      holders |= bit;
      if (!v.committed.shard_missing) with_data |= bit;
    } else if (v.open && v.open->state.id == id) {
      holders |= bit;
      if (!v.open->shard_missing) with_data |= bit;
    }
  }
}

// What speaks for the open state on top. It was chosen if W drives accepted it under one ballot, but nobody
// was told so, and nobody was shown it, unless enough of them had its data to give it back, and one its rows:
// they are counted by the marks that the acceptances left.
struct Standing {
  bool chosen = false;    // it is committed, and can be read
  bool possible = false;  // it may have been acknowledged, or been an answer
  bool readable = false;  // its shards are here
};

Standing standing(const Views& views, const Quorum& q, const Tally& t, const ShardsNeeded& shards_needed) {
  const State& state = t.top->state;
  SlotMask holders = 0, with_data = 0;
  find_holders(views, state.id, holders, with_data);
  const std::uint32_t unknown = q.drives - count(t.whole);
  const bool new_data = !state.data.empty() && state.data != t.committed->data;
  const std::uint32_t needed = new_data ? shards_needed(state) : 0;
  Standing out;
  std::uint32_t with_rows = 0;
  for (std::size_t i = 0; i < views.size(); ++i)
    with_rows += t.whole >> i & 1 && views[i]->open && views[i]->open->state.id == state.id &&
                 !views[i]->open->rows_missing;
  const std::uint32_t rows_needed = state.rows.count > 0 ? 1 : 0;
  out.readable = count(with_data) >= needed && with_rows >= rows_needed;
  out.chosen = out.readable && count(t.same_ballot) >= q.write();
  out.possible = count(t.same_state) + unknown >= q.majority() && count(with_data) + unknown >= needed &&
                 with_rows + unknown >= rows_needed;
  return out;
}

}  // namespace

Settled settle(const Views& views, const Quorum& q, const ShardsNeeded& shards_needed) {
  Settled out;
  const Tally t = tally(views);
  std::uint32_t answers = 0;
  for (const auto& v : views) answers += v.has_value();
  if (answers < q.write() || count(t.whole) < q.evidence()) return out;

  out.committed = *t.committed;
  const Standing top = t.top ? standing(views, q, t, shards_needed) : Standing{};
  if (top.chosen) {
    out.kind = Settled::Kind::base;
    out.state = t.top->state;
  } else if (top.possible) {
    out.kind = top.readable          ? Settled::Kind::carry
               : answers == q.drives ? Settled::Kind::lost
                                     : Settled::Kind::stuck;
    out.state = t.top->state;
  } else {
    out.kind = Settled::Kind::base;
    out.state = *t.committed;
  }
  find_holders(views, out.state.id, out.holders, out.with_data);
  return out;
}

ReadDecision decide_read(const Views& views, const Quorum& q, SlotMask pending, StateId known_committed,
                         const ShardsNeeded& shards_needed) {
  ReadDecision out;
  const Tally t = tally(views);
  const auto more_or = [&](ReadDecision::Kind kind) { return pending ? ReadDecision::Kind::ask_more : kind; };
  const auto answer = [&](const State& state) {
    out.kind = ReadDecision::Kind::answer;
    out.state = state;
    find_holders(views, state.id, out.holders, out.with_data);
  };
  if (count(t.whole) < q.read()) {
    out.kind = more_or(ReadDecision::Kind::unready);
    return out;
  }
  const Standing top = t.top ? standing(views, q, t, shards_needed) : Standing{};
  if (!t.top)
    answer(*t.committed);
  else if (top.chosen || (!known_committed.is_null() && t.top->state.id == known_committed))
    answer(t.top->state);
  else if (!top.possible)
    answer(*t.committed);
  else
    out.kind = more_or(ReadDecision::Kind::undecided);
  return out;
}

bool needs_a_second_look(const ReadDecision& decision, const Views& views, const Quorum& q) {
  if (decision.kind != ReadDecision::Kind::answer || decision.state.id.is_null()) return false;
  if (count(decision.holders) >= q.write()) return false;
  for (const auto& v : views)
    if (v && v->whole && v->committed.state.id.is_null() &&
        !(v->open && v->open->state.id == decision.state.id))
      return true;
  return false;
}

}  // namespace cairn::store
