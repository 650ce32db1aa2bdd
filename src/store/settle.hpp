#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "cairn/drive/drive.hpp"

#include "store/quorum.hpp"

namespace cairn::store {

// What the drives of a set answered: views[i] is the answer of slot i, if it came.
using Views = std::vector<std::optional<drive::View>>;

// Bit i stands for slot i of the set.
using SlotMask = std::uint32_t;

// The outcome of step 3 of the commit protocol (docs/design/commit-protocol.md): what a proposal may stand
// on.
struct Settled {
  enum class Kind {
    base,     // `state` is committed: propose on top of it
    carry,    // `state` is open and may have been acknowledged: first accept it again, on top of `committed`
    unready,  // too few answers; nothing can be said yet
    stuck,    // an open state may have been acknowledged, and too few of its shards are here to carry it
    lost,     // every drive answered, and the shards that are left cannot give the open state back
  };
  Kind kind = Kind::unready;
  drive::State state;
  drive::State
      committed;  // the highest committed state seen; equals `state` when kind is base and nothing was open
  SlotMask holders = 0;    // slots that hold `state` (base: as committed or open; carry: as open)
  SlotMask with_data = 0;  // of these, the ones that hold all their data
};

// How many shards give a state's data back: from its head.
using ShardsNeeded = std::function<std::uint32_t(const drive::State&)>;

// Pure.
Settled settle(const Views& views, const Quorum& quorum, const ShardsNeeded& shards_needed);

// What a read may answer without writing.
struct ReadDecision {
  enum class Kind {
    answer,     // `state` is the register's value
    ask_more,   // more drives could decide it
    undecided,  // all were asked: an open state may or may not have been acknowledged; settle it
    unready,    // fewer than R whole answers
  };
  Kind kind = Kind::unready;
  drive::State state;
  SlotMask holders = 0;
  SlotMask with_data = 0;
};

// Pure. `pending`: slots that could still be asked or still answer. `known_committed`: a state that this
// process saw committed itself (null: none), which is proof where the drives have not learned it yet.
ReadDecision decide_read(const Views& views, const Quorum& quorum, SlotMask pending,
                         drive::StateId known_committed, const ShardsNeeded& shards_needed);

// Pure. Whether an answer must be found twice before it counts: fewer than W drives hold the state, and a
// whole drive holds nothing. That drive may have missed the state; or it has forgotten a tombstone that came
// after it, and the others were asked before they had the tombstone. In the second case none of them holds
// the state any more when it is asked again.
bool needs_a_second_look(const ReadDecision& decision, const Views& views, const Quorum& quorum);

}  // namespace cairn::store
