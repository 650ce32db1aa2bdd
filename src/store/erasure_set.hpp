#pragma once
#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/buffer.hpp"
#include "cairn/drive/drive.hpp"

#include "store/gather.hpp"
#include "store/hybrid_clock.hpp"
#include "store/key_locks.hpp"
#include "store/settle.hpp"

namespace cairn::store {

struct SetConfig {
  std::uint32_t pool = 0, set = 0;
  Quorum quorum;
  std::chrono::milliseconds grace{50};
  std::chrono::milliseconds patience{10'000};
};

// A register's value as the drives gave it.
struct Current {
  drive::State state;
  SlotMask holders = 0;
  SlotMask with_data = 0;
  Views views;  // whoever answered; bodies where they were asked for
};

// A change to a key: what comes after the base.
struct Proposal {
  drive::State state;  // id, ancestors are filled in by the set
  std::vector<drive::RowChange> rows;
  std::vector<Slice> bodies;                             // by slot; empty: no slot has a body
  std::vector<std::optional<drive::StageToken>> staged;  // by slot; empty: nothing was staged
  std::uint32_t need = 0;  // acceptances wanted; at least the set's write quorum
  bool needs_data =
      true;  // an acceptance without its data does not count (false: data became durable before)
};

// Decides what to propose on a base that is proved committed; nothing: the base stays. An Error ends the
// update with nothing changed. May be called several times, on different bases.
using Decide = std::function<Task<std::optional<Proposal>>(const Current& base)>;

struct Updated {
  drive::State state;  // the register's value now
  bool changed = false;
  SlotMask complete = 0;  // slots that hold it with its data
};

// One drive's place in the set.
struct Slot {
  std::atomic<std::shared_ptr<drive::Drive>> drive;
  std::atomic<std::int64_t> suspect_until{0};  // steady milliseconds; it was late, so nobody waits for it
  std::atomic<std::uint32_t> late{0};          // times in a row
  std::atomic<std::uint32_t> outstanding{0};   // operations under way
};

// N drives and the commit protocol on them: each key is an atomic register. The protocol's steps are in
// settle.hpp; here they are carried out. Thread-safe. Drives may be put in and taken out at any time.
class ErasureSet {
 public:
  ErasureSet(SetConfig config, HybridClock& clock);

  const SetConfig& config() const { return config_; }
  const Quorum& quorum() const { return config_.quorum; }
  std::uint32_t size() const { return config_.quorum.drives; }
  SlotMask all() const { return (SlotMask{1} << size()) - 1; }
  void set_drive(std::uint32_t slot, std::shared_ptr<drive::Drive> drive) {
    slots_[slot].drive = std::move(drive);
  }
  std::shared_ptr<drive::Drive> drive(std::uint32_t slot) const { return slots_[slot].drive; }
  SlotMask online() const;
  // Slots whose drive is online and holds all that it should: what it lacks is evidence.
  SlotMask whole() const;
  // Slots that take new data: online and not full.
  SlotMask writable() const;

  // The shard with index i of `key` lies on slot (i + rotation) mod N.
  std::uint32_t rotation(std::string_view record_key) const;

  // The register's value, linearizable. no_quorum when too few drives answer.
  Task<Current> read(std::string key, bool body);
  // One atomic change. Errors: those of `decide`, no_quorum and drive_full (nothing changed),
  // outcome_unknown.
  Task<Updated> update(std::string key, Decide decide);
  // Makes the register's value known to all drives that answer: settles what is open and installs it where it
  // is behind. Drives beyond the write quorum are waited for as long as `grace`, or as writes do.
  Task<Current> settle_everywhere(std::string key, std::chrono::milliseconds grace = {});

  // Called with keys whose shards need repair (a bad chunk, a drive that was missed); any thread, quick.
  // `verify`: chunks were found bad, so that all of the key's data is to be read and checked.
  std::function<void(std::string key, bool verify)> on_damage;

  // One question to the drives of `slots`; drives that are away or choked answer offline. `ask` is called per
  // slot.
  template <class T, class Ask>
  std::shared_ptr<Gather<T>> ask(SlotMask slots, Ask ask_slot) {
    auto gather = Gather<T>::make(size());
    ask_more<T>(*gather, slots, std::move(ask_slot));
    return gather;
  }
  template <class T, class Ask>
  void ask_more(Gather<T>& gather, SlotMask slots, Ask ask_slot) {
    const Deadline prompt = std::chrono::steady_clock::now() + config_.grace;
    for (std::uint32_t i = 0; i < size(); ++i)
      if (slots >> i & 1) {
        auto drive = take_drive(i);
        Completion<T> done = gather.expect(i);
        if (!drive) {
          done(fail(Code::offline));
          continue;
        }
        drive::Drive& d = *drive;
        ask_slot(i, d,
                 Completion<T>([this, i, prompt, drive = std::move(drive),
                                done = std::move(done)](Result<T> r) mutable {
                   slots_[i].outstanding.fetch_sub(1, std::memory_order_relaxed);
                   if (r.has_value()) answered(i, prompt);
                   done(std::move(r));
                 }));
      }
  }
  // Waits for `enough`, then for the rest as long as they deserve (`grace`); slots that let everybody wait
  // become suspect.
  template <class T, class Enough>
  asio::awaitable<std::vector<std::optional<Result<T>>>> collect(std::shared_ptr<Gather<T>> gather,
                                                                 SlotMask asked, Enough enough,
                                                                 Deadline deadline,
                                                                 std::chrono::milliseconds grace = {}) {
    if (!gather->complete(enough)) co_await gather->collect(enough, deadline);
    const SlotMask patient = asked & ~suspects();
    const auto now = std::chrono::steady_clock::now();
    auto all_in = [patient](const auto& replies) {
      for (std::size_t i = 0; i < replies.size(); ++i)
        if (patient >> i & 1 && !replies[i]) return false;
      return true;
    };
    if (!gather->complete(all_in))
      co_await gather->collect(all_in, std::min(deadline, now + std::max(grace, config_.grace)));
    auto replies = gather->take();
    for (std::uint32_t i = 0; i < size(); ++i)
      if (patient >> i & 1 && !replies[i]) suspect(i);
    co_return replies;
  }

  Deadline deadline() const { return std::chrono::steady_clock::now() + config_.patience; }
  void suspect(std::uint32_t slot);
  SlotMask suspects() const;

 private:
  struct Prepared {
    Views views;
    SlotMask promised = 0;
    bool preempted = false;
  };
  struct Accepted {
    SlotMask accepted = 0;
    SlotMask complete = 0;
    SlotMask with_rows = 0;  // do not lack rows that the state stands on
    bool preempted = false;
    bool full = false;
    bool definite = true;  // every slot that was asked said yes or no
  };

  std::shared_ptr<drive::Drive> take_drive(std::uint32_t slot);
  // A drive that answers promptly is no longer suspect.
  void answered(std::uint32_t slot, Deadline prompt) {
    Slot& s = slots_[slot];
    if (s.late.load(std::memory_order_relaxed) == 0 || std::chrono::steady_clock::now() > prompt) return;
    s.late = 0;
    s.suspect_until = 0;
  }
  Task<Prepared> prepare(const std::string& key, drive::Ballot ballot, Deadline deadline);
  Task<Accepted> accept(const std::string& key, drive::Ballot ballot, SlotMask slots,
                        const drive::State& base, SlotMask base_holders, const Proposal* proposal,
                        std::uint32_t need, Deadline deadline, std::chrono::milliseconds grace = {});
  // Steps 2 and 3: a base that is committed, and the slots that promised.
  struct Based {
    drive::Ballot ballot;
    Current current;
    SlotMask promised = 0;
    bool carried = false;
    bool retry = false;
  };
  // `own`: the proposal being completed, if its data is still at hand.
  Task<Based> find_base(const std::string& key, Deadline deadline, const Proposal* own = nullptr);
  void learn(const std::string& key, drive::StateId id, SlotMask complete);
  void remember_committed(const std::string& key, drive::StateId id);
  drive::StateId known_committed(const std::string& key) const;

  SetConfig config_;
  HybridClock& clock_;
  KeyLocks locks_;
  std::array<Slot, 16> slots_;

  // Keys that this process committed lately, until the drives have learned it for sure.
  struct Recent {
    mutable std::mutex mutex;
    std::unordered_map<std::string, drive::StateId> now, before;
  };
  mutable std::array<Recent, 16> recent_;
  Recent& recent_of(const std::string& key) const {
    return recent_[std::hash<std::string>{}(key) % recent_.size()];
  }
};

// How many shards give this state's data back.
std::uint32_t shards_needed(const drive::State& state);

}  // namespace cairn::store
