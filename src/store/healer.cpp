#include "store/healer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <map>

#include "cairn/base/log.hpp"
#include "cairn/codec/shard_file.hpp"

namespace cairn::store {
namespace {

using drive::StateKind;
using drive::View;

constexpr std::chrono::milliseconds kTick{500};
constexpr std::uint32_t kPage = 1000;
constexpr std::size_t kMaxTombstones = 1'000'000;
constexpr std::size_t kMaxHints = 10'000;  // beyond these the work queues are read

SlotMask bit(std::uint32_t i) { return SlotMask{1} << i; }

Task<std::vector<std::optional<Result<View>>>> read_all(ErasureSet& set, const std::string& key) {
  auto gather = set.ask<View>(
      set.all(), [&](std::uint32_t, drive::Drive& d, Completion<View> done) { d.read(key, true, std::move(done)); });
  co_return co_await set.collect(gather, set.all(), [](const auto&) { return false; },
                                 std::chrono::steady_clock::now() + std::chrono::seconds(2));
}

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
      if (!healed) log::warn("heal failed", {{"code", code_name(healed.error().code)}, {"context", healed.error().context}});
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

// Open entries that were there a pass ago: their proposer is gone. Entries of proposals under way are left alone.
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
      for (const auto& item : *items) {
        if (item.missing && !(item.missing & set.online())) continue;
        if (!seen.insert(item.key).second) continue;
        const auto healed = co_await heal_key(set, item.key, false);
        if (!healed && healed.error().is(Code::canceled)) co_return fail(healed.error());
        left |= !healed;
      }
      if (last) break;
    }
  }
  if (left) co_return fail(Code::no_quorum, "heal entries are left");
  co_return Status{};
}

namespace {

// What the slots say of a key whose state is settled.
struct Survey {
  SlotMask present = 0;       // answered and hold the state
  SlotMask lacks_data = 0;    // of these, without all data
  SlotMask lacks_rows = 0;
  std::vector<Slice> bodies;  // by slot: inlined shard or part table
};

Survey survey(const ErasureSet& set, const std::vector<std::optional<Result<View>>>& replies, drive::StateId id) {
  Survey out;
  out.bodies.resize(set.size());
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    if (!replies[i] || !replies[i]->has_value()) continue;
    const View& v = **replies[i];
    const drive::Held* held = v.committed.state.id == id ? &v.committed : v.open && v.open->state.id == id ? &*v.open : nullptr;
    if (!held) continue;
    out.present |= bit(i);
    if (held->shard_missing) out.lacks_data |= bit(i);
    if (held->rows_missing) out.lacks_rows |= bit(i);
    out.bodies[i] = held->body;
  }
  return out;
}

}  // namespace

Task<VerifyReport> Healer::heal_key(ErasureSet& set, const std::string& key, bool verify) {
  VerifyReport report;
  report.objects = 1;
  Current current;
  if (set.size() == 1) {
    CO_TRY(current, co_await set.read(key, false));
  } else {
    CO_TRY(current, co_await set.settle_everywhere(key));
  }
  const drive::State& state = current.state;
  if (state.kind == StateKind::none && state.rows.count == 0) {
    CO_TRY(co_await forget(set, key, current));
    co_return report;
  }
  CO_TRY(const auto replies, co_await read_all(set, key));
  Survey slots = survey(set, replies, state.id);
  SlotMask missing = set.all() & ~slots.present;  // after all that follows

  if (state.rows.count > 0) {
    CO_TRY(const SlotMask still, co_await heal_rows(set, key, current, slots.lacks_rows));
    missing |= still;
  }
  if (state.kind == StateKind::object && !state.data.empty()) {
    CO_TRY(const drive::DecodedKey name, drive::decode_record_key(key));
    CO_TRY(const VersionDoc doc, decode_version(state.head, name.key));
    std::vector<PartDoc> pieces;
    std::vector<Target> targets(set.size());
    SlotMask touched = slots.lacks_data;  // slots that get something
    if (doc.data.form == drive::DataForm::parts) {
      CO_TRY(pieces, co_await read_part_table(set, doc, nullptr));
      const std::string table = encode_parts(pieces);
      for (std::uint32_t i = 0; i < set.size(); ++i)
        if (slots.present >> i & 1 && slots.bodies[i].text() != table) {
          targets[i].bodies.emplace_back(doc.data, Slice::of(table));
          touched |= bit(i);
        }
    } else {
      PartDoc whole;
      whole.info.size = doc.info.size;
      whole.geometry = doc.geometry;
      whole.data = doc.data;
      pieces.push_back(std::move(whole));
    }
    const std::string identity = fmt::format("bucket {:016x} key {}", static_cast<std::uint64_t>(name.bucket), name.key);
    for (const PartDoc& piece : pieces) {
      if (piece.data.id.is_null()) continue;
      // Inlined shards show their damage at no cost; files are read through only when asked for.
      const bool look = verify || piece.data.form == drive::DataForm::inlined;
      CO_TRY(const SlotMask still, co_await heal_data(set, key, piece, identity, slots.lacks_data & slots.present, look,
                                                      targets, report));
      missing |= still & slots.present;
    }
    for (std::uint32_t i = 0; i < set.size(); ++i) touched |= targets[i].bodies.empty() && targets[i].staged.empty() ? 0 : bit(i);
    for (std::uint32_t i = 0; i < set.size(); ++i) {
      if (!(touched & slots.present & ~missing & bit(i))) continue;
      const auto d = set.drive(i);
      if (!d) continue;
      drive::Drive::RestoreRequest request;
      request.key = key;
      request.state = state.id;
      request.bodies = std::move(targets[i].bodies);
      request.staged = std::move(targets[i].staged);
      const auto restored =
          co_await await_completion<bool>([&](Completion<bool> done) { d->restore(std::move(request), std::move(done)); });
      if (!restored)
        missing |= bit(i);
      else if (*restored)
        ++healed_;
    }
  }
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (const auto d = set.drive(i)) d->heal_done(key, state.id, missing);
  co_return report;
}

// One object's or part's shards: builds what `lacking` slots need and, with `verify`, finds and mends what is bad on the
// others. Returns the slots that still lack it.
Task<SlotMask> Healer::heal_data(ErasureSet& set, const std::string& key, const PartDoc& piece, const std::string& identity,
                                 SlotMask lacking, bool verify, std::vector<Target>& targets, VerifyReport& report) {
  const codec::Geometry& g = piece.geometry;
  const std::uint32_t rotation = set.rotation(key);
  const SlotMask reachable = set.online();
  if (piece.data.form == drive::DataForm::inlined) {
    CO_TRY(const auto bodies, co_await fetch_bodies(set, piece.data.id, set.all()));
    Damage damage;
    const auto decoded = decode_inlined(set, rotation, g, piece.data.id, piece.info.size, bodies, context_.pool, damage);
    report.chunks += g.shards();
    const SlotMask wanted = damage.all() & reachable;
    report.damaged += static_cast<std::uint64_t>(std::popcount(wanted));
    if (!decoded) {
      ++report.unreadable;
      co_return lacking | damage.all();
    }
    if (!wanted) co_return lacking & ~reachable;
    CO_TRY(const auto rebuilt,
           rebuild_inlined(set, rotation, g, piece.data.id, piece.info.size, bodies, wanted, context_.pool));
    for (std::uint32_t i = 0; i < set.size(); ++i)
      if (wanted >> i & 1) {
        targets[i].bodies.emplace_back(piece.data, rebuilt[i]);
        ++report.repaired;
      }
    co_return damage.all() & ~reachable;
  }

  StripeReader reader(set, context_.pool, {piece.data.id, g, piece.info.size, rotation, lacking});
  const codec::Layout& layout = reader.layout();
  CO_TRY(const auto reservation,
         co_await context_.budget.reserve(static_cast<std::size_t>(3 * g.stripe_size()), context_.config.patience));
  CO_TRY(const codec::ReedSolomon* code, codec::ReedSolomon::get(g.data, g.parity));

  // Which slots have to be written anew: those that say they lack it and really have no file.
  SlotMask rewrite = 0;
  {
    CO_TRY(const Damage found, co_await reader.check(0, 1, (verify ? set.all() : lacking) & reachable));
    rewrite = found.missing & reachable;
  }
  const SlotMask away = (verify ? set.all() : lacking) & ~reachable;
  if (!verify && !rewrite && !lacking) co_return away;
  StripeReader source(set, context_.pool, {piece.data.id, g, piece.info.size, rotation, rewrite | away});
  std::unique_ptr<StripeWriter> writer;
  if (rewrite) {
    StripeWriter::Target target;
    target.data = piece.data.id;
    target.geometry = g;
    target.size = piece.info.size;
    target.identity = identity;
    target.rotation = rotation;
    target.need = 1;
    target.slots = rewrite;
    target.replace = true;
    writer = std::make_unique<StripeWriter>(set, context_.pool, target);
    if (const auto opened = co_await writer->open(); !opened) {
      writer.reset();
      if (!verify) co_return lacking;
    }
  }
  SlotMask failed = 0;
  for (std::uint64_t stripe = 0; stripe < layout.stripe_count(); ++stripe) {
    report.chunks += g.shards();
    SlotMask bad = 0;
    if (verify || (lacking & ~rewrite)) {
      CO_TRY(const Damage found, co_await reader.check(stripe, 1, (verify ? set.all() : lacking) & reachable & ~rewrite));
      bad = found.all() & ~rewrite;
      report.damaged += static_cast<std::uint64_t>(std::popcount(bad));
    }
    if (!bad && !writer) continue;
    auto run = co_await source.read(stripe, 1);
    if (!run) {
      ++report.unreadable;
      co_return fail(run.error());
    }
    // All shards of the stripe, from the D that are good.
    auto& chunks = run->stripes[0];
    const std::size_t length = layout.chunk_length(stripe);
    std::array<const std::byte*, codec::kMaxShards> present{};
    std::array<std::byte*, codec::kMaxShards> wanted{};
    std::array<Buffer, codec::kMaxShards> made;
    const auto index_of = [&](std::uint32_t slot) { return (slot + set.size() - rotation) % set.size(); };
    for (std::uint32_t i = 0; i < g.shards(); ++i)
      if (!chunks[i].empty()) present[i] = chunks[i].bytes.data();
    for (std::uint32_t slot = 0; slot < set.size(); ++slot) {
      const std::uint32_t i = index_of(slot);
      if (((rewrite | bad) >> slot & 1) && !present[i]) {
        made[i] = context_.pool.get(length);
        wanted[i] = made[i].data();
      }
    }
    CO_TRY(code->reconstruct(std::span(present).first(g.shards()), std::span(wanted).first(g.shards()), length));
    std::vector<std::optional<drive::Chunk>> by_slot(set.size());
    for (std::uint32_t slot = 0; slot < set.size(); ++slot) {
      if (!((rewrite | bad) >> slot & 1)) continue;
      const std::uint32_t i = index_of(slot);
      if (made[i]) chunks[i] = Buffer::share(std::move(made[i]));
      const codec::ShardId id{piece.data.id, 0, static_cast<std::uint8_t>(i)};
      drive::Chunk chunk{chunks[i], codec::chunk_hash(id, stripe, chunks[i].bytes)};
      if (rewrite >> slot & 1) {
        by_slot[slot] = std::move(chunk);
      } else if (const auto opened = reader.opened(slot)) {
        const auto mended = co_await await_completion<void>(
            [&](Completion<void> done) { opened->rewrite(stripe, std::move(chunk), std::move(done)); });
        if (mended)
          ++report.repaired, ++healed_;
        else
          failed |= bit(slot);
      } else {
        failed |= bit(slot);
      }
    }
    if (writer) {
      const auto written = co_await writer->write_chunks(std::move(by_slot));
      if (!written) writer.reset();
    }
  }
  SlotMask done = 0;
  if (writer) {
    const auto tokens = co_await writer->finish(drive::DataForm::file == piece.data.form ? encode_part(piece) : std::string());
    if (tokens)
      for (std::uint32_t i = 0; i < set.size(); ++i)
        if ((*tokens)[i]) {
          targets[i].staged.push_back(*(*tokens)[i]);
          done |= bit(i);
          ++report.repaired;
        }
  }
  co_return (rewrite & ~done) | failed | away;
}

// Versions and uploads: a slot whose rows do not add up gets all of them from one whose rows do.
Task<SlotMask> Healer::heal_rows(ErasureSet& set, const std::string& key, const Current& current, SlotMask lacking) {
  using Rows = std::vector<drive::Row>;
  std::optional<Rows> all;
  for (std::uint32_t i = 0; i < set.size() && !all; ++i) {
    const auto d = set.drive(i);
    if (!d || lacking >> i & 1 || !(current.holders >> i & 1)) continue;
    Rows rows;
    drive::RowsDigest digest;
    bool failed = false;
    for (const drive::RowTable table : {drive::RowTable::version, drive::RowTable::upload}) {
      std::string after;
      for (;;) {
        auto page = co_await await_completion<Rows>(
            [&](Completion<Rows> done) { d->rows(key, table, after, kPage, std::move(done)); });
        if (!page) {
          failed = true;
          break;
        }
        for (drive::Row& r : *page) {
          digest.add(r);
          after = r.id;
          rows.push_back(std::move(r));
        }
        if (page->size() < kPage) break;
      }
    }
    if (!failed && digest == current.state.rows) all = std::move(rows);
  }
  if (!all) co_return lacking;
  SlotMask still = lacking;
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    const auto d = set.drive(i);
    if (!d || !(lacking >> i & 1)) continue;
    drive::Drive::RestoreRequest request;
    request.key = key;
    request.state = current.state.id;
    request.rows = *all;
    const auto restored =
        co_await await_completion<bool>([&](Completion<bool> done) { d->restore(std::move(request), std::move(done)); });
    if (restored && *restored) still &= ~bit(i), ++healed_;
  }
  for (const drive::Row& r : *all)
    if (r.table == drive::RowTable::upload) CO_TRY(co_await heal_upload(set, key, r.id));
  co_return still;
}

// The parts of an open upload, on the drives that lack them.
Task<void> Healer::heal_upload(ErasureSet& set, const std::string& key, const std::string& upload_id) {
  using Parts = std::vector<drive::PartRow>;
  for (std::uint32_t after = 0;;) {
    auto gather = set.ask<Parts>(set.all(), [&](std::uint32_t, drive::Drive& d, Completion<Parts> done) {
      d.list_parts(upload_id, after, 2 * kPage, std::move(done));
    });
    auto replies = co_await set.collect(gather, set.all(), [](const auto&) { return false; }, set.deadline());
    std::map<std::pair<std::uint32_t, DataId>, std::pair<drive::PartRow, SlotMask>> rows;
    std::uint32_t horizon = UINT32_MAX, last = after;
    SlotMask answered = 0;
    for (std::uint32_t i = 0; i < set.size(); ++i) {
      if (!replies[i] || !replies[i]->has_value()) continue;
      answered |= bit(i);
      if ((**replies[i]).size() >= 2 * kPage) horizon = std::min(horizon, (**replies[i]).back().number - 1);
      for (const drive::PartRow& r : **replies[i]) {
        auto& entry = rows[{r.number, r.data.id}];
        entry.first = r;
        entry.second |= bit(i);
        last = std::max(last, r.number);
      }
    }
    for (const auto& [name, entry] : rows) {
      const auto& [row, holders] = entry;
      if (row.number > horizon) break;
      const SlotMask lacking = answered & ~holders;
      if (!lacking) continue;
      CO_TRY(const PartDoc doc, decode_part(row.value));
      std::vector<Target> targets(set.size());
      VerifyReport ignored;
      if (!doc.data.id.is_null())
        CO_TRY(co_await heal_data(set, key, doc, "part", lacking, false, targets, ignored));
      for (std::uint32_t i = 0; i < set.size(); ++i) {
        const auto d = set.drive(i);
        if (!d || !(lacking >> i & 1)) continue;
        drive::PutPartRequest request;
        request.key = key;
        request.upload_id = upload_id;
        request.part = row;
        if (!targets[i].bodies.empty()) request.body = targets[i].bodies[0].second;
        request.staged = std::move(targets[i].staged);
        if (request.body.empty() && request.staged.empty() && !doc.data.id.is_null()) request.shard_missing = true;
        (void)co_await await_completion<void>(
            [&](Completion<void> done) { d->put_part(std::move(request), std::move(done)); });
      }
    }
    if (horizon == UINT32_MAX || horizon <= after) co_return Status{};
    after = std::min(horizon, last);
  }
}

// A tombstone goes when every drive of the set holds it as committed, durably: all of them took an accept that proved it
// (settle_everywhere), and none may be away.
Task<void> Healer::forget(ErasureSet& set, const std::string& key, const Current& current) {
  const drive::StateId id = current.state.id;
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (const auto d = set.drive(i)) d->heal_done(key, id, set.all() & ~current.holders);
  if (id.is_null() || current.holders != set.all()) co_return Status{};
  auto gather = set.ask<bool>(
      set.all(), [&](std::uint32_t, drive::Drive& d, Completion<bool> done) { d.purge(key, id, std::move(done)); });
  co_await set.collect(gather, set.all(), [](const auto&) { return false; }, set.deadline());
  co_return Status{};
}

// All records of a bucket that any of the peers has, in order; each is called once per differing page entry.
Task<void> Healer::each_key(ErasureSet& set, drive::BucketId bucket, SlotMask peers,
                            std::function<Task<void>(const drive::ListEntry&)> each) {
  drive::ListRequest request;
  request.bucket = bucket;
  request.limit = kPage;
  request.all = true;
  for (;;) {
    auto gather = set.ask<drive::ListReply>(peers, [&](std::uint32_t, drive::Drive& d, Completion<drive::ListReply> done) {
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
    for (const auto& [name, entry] : keys) {
      if (horizon && name > *horizon) break;
      CO_TRY(co_await each(entry));
    }
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
  for (const BucketDoc& b : docs) buckets.push_back(b.id);
  SlotMask peers = 0;
  for (std::uint32_t i = 0; i < set.size() && static_cast<std::uint32_t>(std::popcount(peers)) < set.quorum().evidence(); ++i) {
    const auto d = set.drive(i);
    if (i == slot || !d) continue;
    const auto status = d->status();
    if (status.state == drive::DriveState::online && status.whole) peers |= bit(i);
  }
  if (static_cast<std::uint32_t>(std::popcount(peers)) < std::min(set.quorum().evidence(), set.size() - 1))
    co_return fail(Code::no_quorum, "too few whole drives to fill from");
  std::uint64_t count = 0;
  for (const drive::BucketId bucket : buckets)
    CO_TRY(co_await each_key(set, bucket, peers, [&](const drive::ListEntry& entry) -> Task<void> {
      const std::string key = drive::record_key(bucket, entry.key);
      auto view = co_await await_completion<View>([&](Completion<View> done) { target->read(key, false, std::move(done)); });
      if (!view) co_return fail(view.error());
      if (!entry.open && view->whole && view->committed.state.id == entry.state && !view->committed.shard_missing &&
          !view->committed.rows_missing && !view->open)
        co_return Status{};
      ++count;
      CO_TRY(co_await heal_key(set, key, false));
      co_return Status{};
    }));
  CO_TRY(co_await await_completion<void>([&](Completion<void> done) { target->set_whole(std::move(done)); }));
  log::info("drive filled", {{"drive", target->name()}, {"keys", count}});
  co_return Status{};
}

Task<VerifyReport> Healer::verify_all() {
  VerifyReport total;
  std::vector<drive::BucketId> buckets{drive::kSystemBucket};
  CO_TRY(const auto docs, co_await buckets_.list());
  for (const BucketDoc& b : docs) buckets.push_back(b.id);
  for (const auto& set : context_.topology.sets)
    for (const drive::BucketId bucket : buckets)
      CO_TRY(co_await each_key(*set, bucket, set->online(), [&](const drive::ListEntry& entry) -> Task<void> {
        const auto report = co_await heal_key(*set, drive::record_key(bucket, entry.key), true);
        if (!report) {
          ++total.objects;
          ++total.unreadable;
          log::warn("verify: a key could not be healed", {{"code", code_name(report.error().code)},
                                                         {"context", report.error().context}});
          co_return Status{};
        }
        total.objects += report->objects;
        total.chunks += report->chunks;
        total.damaged += report->damaged;
        total.repaired += report->repaired;
        total.unreadable += report->unreadable;
        co_return Status{};
      }));
  co_return total;
}

}  // namespace cairn::store
