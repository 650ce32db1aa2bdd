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
  const State* committed = nullptr;  // the highest
  const View::Open* top = nullptr;   // the open state on it with the highest accepted ballot
  SlotMask same_ballot = 0;          // hold top's state under top's ballot
  SlotMask same_state = 0;           // hold top's state under any ballot
};

Tally tally(const Views& views) {
  Tally t;
  for (std::size_t i = 0; i < views.size(); ++i) {
    if (!views[i] || !views[i]->whole) continue;
    t.whole |= SlotMask{1} << i;
    if (!t.committed || t.committed->id < views[i]->committed.state.id)
      t.committed = &views[i]->committed.state;
  }
  const auto for_each_open = [&](auto&& f) {
    for (std::size_t i = 0; i < views.size(); ++i)
      if (t.whole >> i & 1 && views[i]->open && views[i]->committed.state.id == t.committed->id)
        f(SlotMask{1} << i, *views[i]->open);
  };
  for_each_open([&](SlotMask, const View::Open& open) {
    if (!t.top || t.top->accepted < open.accepted) t.top = &open;
  });
  if (!t.top) return t;
  for_each_open([&](SlotMask bit, const View::Open& open) {
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

}  // namespace

Settled settle(const Views& views, const Quorum& q, const ShardsNeeded& shards_needed) {
  Settled out;
  const Tally t = tally(views);
  std::uint32_t answers = 0;
  for (const auto& v : views) answers += v.has_value();
  if (answers < q.write() || count(t.whole) < q.evidence()) return out;

  out.committed = *t.committed;
  const std::uint32_t unknown = q.drives - count(t.whole);
  if (t.top && count(t.same_ballot) >= q.write()) {
    out.kind = Settled::Kind::base;
    out.state = t.top->state;
  } else if (t.top && count(t.same_state) + unknown >= q.majority()) {
    out.state = t.top->state;
    find_holders(views, out.state.id, out.holders, out.with_data);
    const bool has_new_data = out.state.data != out.committed.data && !out.state.data.empty();
    if (!has_new_data || count(out.with_data) >= shards_needed(out.state))
      out.kind = Settled::Kind::carry;
    else
      out.kind = answers == q.drives ? Settled::Kind::lost : Settled::Kind::stuck;
    return out;
  } else {
    out.kind = Settled::Kind::base;
    out.state = *t.committed;
  }
  find_holders(views, out.state.id, out.holders, out.with_data);
  return out;
}

ReadDecision decide_read(const Views& views, const Quorum& q, SlotMask pending, StateId known_committed) {
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
  const std::uint32_t unknown = q.drives - count(t.whole);
  if (!t.top)
    answer(*t.committed);
  else if (count(t.same_ballot) >= q.write() ||
           (!known_committed.is_null() && t.top->state.id == known_committed))
    answer(t.top->state);
  else if (count(t.same_state) + unknown < q.majority())
    answer(*t.committed);
  else
    out.kind = more_or(ReadDecision::Kind::undecided);
  return out;
}

}  // namespace cairn::store
