#include "store/healer.hpp"

#include <algorithm>
#include <bit>
#include <map>

#include "cairn/base/log.hpp"
#include "cairn/base/parallel.hpp"

namespace cairn::store {
namespace {

using drive::StateKind;
using drive::View;

constexpr std::chrono::milliseconds kTick{500};
constexpr std::uint32_t kPage = 1000;
constexpr std::size_t kParallel = 4;  // keys healed at a time
constexpr std::size_t kMaxTombstones = 1'000'000;
constexpr std::size_t kMaxHints = 10'000;  // beyond these the work queues are read

SlotMask bit(std::uint32_t i) { return SlotMask{1} << i; }

}  // namespace

Healer::Healer(const Context& context, Buckets& buckets) : context_(context), buckets_(buckets) {
  for (const auto& set : context_.topology.sets) dirty_.insert(set.get());
}

void Healer::hint(ErasureSet& set, std::string key, bool verify) {
  const std::lock_guard lock(mutex_);
  dirty_.insert(&set);
  if (!key.empty() && hints_.size() < kMaxHints) hints_.push_back({&set, std::move(key), verify});
}

void Healer::forget_later(ErasureSet& set, std::string key, drive::StateId id) {
  if (set.size() == 1) {  // what its only drive holds is all there is
    if (const auto d = set.drive(0)) d->purge(std::move(key), id, [](Result<bool>) {});
    return;
  }
  const std::lock_guard lock(mutex_);
  if (tombstones_.size() < kMaxTombstones) tombstones_.emplace_back(&set, std::move(key));
}

Task<void> Healer::run() {
  for (std::uint64_t tick = 0;; ++tick) {
    CO_TRY(co_await sleep_for(kTick));
    std::vector<Hint> hints;
    std::vector<ErasureSet*> dirty;
    std::vector<std::pair<ErasureSet*, std::string>> tombstones;
    {
      const std::lock_guard lock(mutex_);
      hints.swap(hints_);
      if (tick % 4 == 0) tombstones.swap(tombstones_);
      for (const auto& set : context_.topology.sets) {
        const SlotMask online = set->online();
        SlotMask& seen = seen_online_[set.get()];
        if (online & ~seen) dirty_.insert(set.get());
        look_again(*set, online != seen);
        seen = online;
      }
      if (tick % 4 == 0 && !dirty_.empty()) {
        dirty.assign(dirty_.begin(), dirty_.end());
        dirty_.clear();
      }
    }
    std::set<std::pair<ErasureSet*, std::string>> done;
    for (const Hint& h : hints) {
      if (!h.verify || !done.emplace(h.set, h.key).second) continue;
      const auto healed = co_await heal_key(*h.set, h.key, true);
      if (!healed)
        log::warn("heal failed",
                  {{"code", code_name(healed.error().code)}, {"context", healed.error().context}});
    }
    for (const auto& [set, key] : tombstones)
      if (set->online() == set->all()) (void)co_await heal_key(*set, key, false);
    for (ErasureSet* set : dirty) {
      for (std::uint32_t i = 0; i < set->size(); ++i) {
        const auto d = set->drive(i);
        if (!d) continue;
        const auto status = d->status();
        if (status.state != drive::DriveState::online || status.whole || set->size() == 1) continue;
        const auto filled = co_await fill(*set, i);
        if (!filled) {
          log::warn("filling a drive failed", {{"drive", d->name()},
                                               {"code", code_name(filled.error().code)},
                                               {"context", filled.error().context}});
          hint(*set, {}, false);
        }
      }
      if (const auto settled = co_await settle_open(*set); !settled) hint(*set, {}, false);
      if (const auto worked = co_await work_off(*set); !worked) hint(*set, {}, false);
    }
  }
}

// Entries that a pass could not work off (a drive was busy, a file was still going) are tried again, less and
// less often while nothing changes. Called under the lock.
void Healer::look_again(ErasureSet& set, bool news) {
  Again& again = again_[&set];
  const auto now = std::chrono::steady_clock::now();
  if (news) again = {now + kFirstWait, kFirstWait};
  if (now < again.at) return;
  bool owed = false;
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (const auto d = set.drive(i)) {
      const auto status = d->status();
      owed |= status.work_open + status.work_heal != 0;
    }
  if (owed) dirty_.insert(&set);
  again.wait = owed ? std::min(2 * again.wait, kLongestWait) : kFirstWait;
  again.at = now + again.wait;
}

// Open entries that were there a pass ago: their proposer is gone. Entries of proposals under way are left
// alone.
Task<void> Healer::settle_open(ErasureSet& set) {
  if (set.size() == 1) co_return Status{};
  using Items = std::vector<drive::WorkItem>;
  std::unordered_map<std::string, drive::StateId> now;
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    const auto d = set.drive(i);
    if (!d) continue;
    std::string after;
    for (;;) {
      auto items = co_await await_completion<Items>(
          [&](Completion<Items> done) { d->work(drive::WorkKind::open, after, kPage, std::move(done)); });
      if (!items || items->empty()) break;
      for (const auto& item : *items) now[item.key] = item.state;
      if (items->size() < kPage) break;
      after = items->back().key;
    }
  }
  bool left = false;
  for (const auto& [key, state] : now) {
    const auto before = open_before_.find(key);
    if (before == open_before_.end() || before->second != state) {
      left = true;
      continue;
    }
    const auto settled = co_await set.settle_everywhere(key);
    left |= !settled;
  }
  open_before_ = std::move(now);
  if (left) co_return fail(Code::no_quorum, "open states are left");
  co_return Status{};
}

// The heal entries whose drives are there again, fewest good shards first within a page.
Task<void> Healer::work_off(ErasureSet& set) {
  using Items = std::vector<drive::WorkItem>;
  bool left = false;
  std::set<std::string> seen;
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    const auto d = set.drive(i);
    if (!d) continue;
    std::string after;
    for (;;) {
      auto items = co_await await_completion<Items>(
          [&](Completion<Items> done) { d->work(drive::WorkKind::heal, after, kPage, std::move(done)); });
      if (!items || items->empty()) break;
      after = items->back().key;
      const bool last = items->size() < kPage;
      std::sort(items->begin(), items->end(), [](const auto& a, const auto& b) {
        return std::popcount(a.missing) > std::popcount(b.missing);
      });
      std::vector<std::string> keys;
      for (auto& item : *items)
        if ((!item.missing || item.missing & set.online()) && seen.insert(item.key).second)
          keys.push_back(std::move(item.key));
      const std::function<Task<void>(std::size_t)> step = [&](std::size_t k) -> Task<void> {
        CO_TRY(co_await heal_key(set, keys[k], false));
        co_return Status{};
      };
      const auto healed = co_await for_each_parallel(keys.size(), kParallel, step);
      if (!healed && healed.error().is(Code::canceled)) co_return fail(healed.error());
      left |= !healed;
      if (last) break;
    }
  }
  if (left) co_return fail(Code::no_quorum, "heal entries are left");
  co_return Status{};
}

// A tombstone goes when every drive of the set holds it as committed, durably: all of them took an accept
// that proved it (settle_everywhere), and none may be away.
Task<void> Healer::forget(ErasureSet& set, const std::string& key, const Current& current) {
  const drive::StateId id = current.state.id;
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (const auto d = set.drive(i)) d->heal_done(key, id, set.all() & ~current.holders);
  if (id.is_null() || current.holders != set.all()) co_return Status{};
  auto gather = set.ask<bool>(set.all(), [&](std::uint32_t, drive::Drive& d, Completion<bool> done) {
    d.purge(key, id, std::move(done));
  });
  co_await set.collect(gather, set.all(), [](const auto&) { return false; }, set.deadline());
  co_return Status{};
}

// All records of a bucket that any of the peers has, in order; each is called once per differing page entry.
Task<void> Healer::each_key(ErasureSet& set, drive::BucketId bucket, SlotMask peers, const Each& each) {
  drive::ListRequest request;
  request.bucket = bucket;
  request.limit = kPage;
  request.show = drive::Show::all;
  for (;;) {
    auto gather = set.ask<drive::ListReply>(
        peers, [&](std::uint32_t, drive::Drive& d, Completion<drive::ListReply> done) {
          d.list(request, std::move(done));
        });
    auto replies = co_await set.collect(gather, peers, [](const auto&) { return false; }, set.deadline());
    std::map<std::string, drive::ListEntry> keys;
    std::optional<std::string> horizon;
    for (std::uint32_t i = 0; i < set.size(); ++i) {
      if (!(peers >> i & 1)) continue;
      if (!replies[i] || !replies[i]->has_value()) co_return fail(Code::no_quorum, "a drive went away");
      auto& reply = **replies[i];
      if (reply.more && !reply.entries.empty() && (!horizon || reply.entries.back().key < *horizon))
        horizon = reply.entries.back().key;
      for (auto& e : reply.entries) {
        std::string name = e.key;
        keys.try_emplace(std::move(name), std::move(e));
      }
    }
    std::vector<const drive::ListEntry*> page;
    for (const auto& [name, entry] : keys)
      if (!horizon || name <= *horizon) page.push_back(&entry);
    const std::function<Task<void>(std::size_t)> step = [&](std::size_t i) { return each(bucket, *page[i]); };
    CO_TRY(co_await for_each_parallel(page.size(), kParallel, step));
    if (!horizon) co_return Status{};
    request.after = *horizon;
  }
}

Task<void> Healer::fill(ErasureSet& set, std::uint32_t slot) {
  const auto target = set.drive(slot);
  if (!target) co_return fail(Code::offline);
  log::info("filling a drive", {{"drive", target->name()}});
  // Which buckets there are is itself in the records; the system bucket comes first.
  std::vector<drive::BucketId> buckets{drive::kSystemBucket};
  CO_TRY(const auto docs, co_await buckets_.list());
  for (const Bucket& b : docs) buckets.push_back(id_of(b));
  SlotMask peers = set.whole() & ~bit(slot);
  while (static_cast<std::uint32_t>(std::popcount(peers)) > set.quorum().evidence())
    peers &= ~std::bit_floor(peers);  // the first ones do
  if (static_cast<std::uint32_t>(std::popcount(peers)) < std::min(set.quorum().evidence(), set.size() - 1))
    co_return fail(Code::no_quorum, "too few whole drives to fill from");
  std::uint64_t count = 0;
  const Each each = [&](drive::BucketId bucket, const drive::ListEntry& entry) -> Task<void> {
    const std::string key = drive::record_key(bucket, entry.key);
    const auto view = co_await await_completion<View>(
        [&](Completion<View> done) { target->read(key, false, std::move(done)); });
    if (!view) co_return fail(view.error());
    const drive::Held& held = view->committed;
    if (!entry.open && view->whole && !view->open && held.state.id == entry.state && !held.shard_missing &&
        !held.rows_missing)
      co_return Status{};
    ++count;
    CO_TRY(co_await heal_key(set, key, false));
    co_return Status{};
  };
  for (const drive::BucketId bucket : buckets) CO_TRY(co_await each_key(set, bucket, peers, each));
  CO_TRY(co_await await_completion<void>([&](Completion<void> done) { target->set_whole(std::move(done)); }));
  log::info("drive filled", {{"drive", target->name()}, {"keys", count}});
  co_return Status{};
}

Task<VerifyReport> Healer::verify_all() {
  VerifyReport total;
  std::vector<drive::BucketId> buckets{drive::kSystemBucket};
  CO_TRY(const auto docs, co_await buckets_.list());
  for (const Bucket& b : docs) buckets.push_back(id_of(b));
  for (const auto& set : context_.topology.sets) {
    const Each each = [&](drive::BucketId bucket, const drive::ListEntry& entry) -> Task<void> {
      const std::string key = drive::record_key(bucket, entry.key);
      const auto report = co_await heal_key(*set, key, true);
      if (!report) {
        ++total.objects;
        ++total.unreadable;
        log::warn("verify: a key could not be healed",
                  {{"code", code_name(report.error().code)}, {"context", report.error().context}});
        co_return Status{};
      }
      total.objects += report->objects;
      total.chunks += report->chunks;
      total.damaged += report->damaged;
      total.repaired += report->repaired;
      total.unreadable += report->unreadable;
      co_return Status{};
    };
    for (const drive::BucketId bucket : buckets) CO_TRY(co_await each_key(*set, bucket, set->online(), each));
  }
  co_return total;
}

}  // namespace cairn::store
