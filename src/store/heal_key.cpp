#include <bit>
#include <map>

#include "cairn/base/log.hpp"
#include "cairn/codec/shard_file.hpp"

#include "store/healer.hpp"

// How one key is brought to its full number of shards: its register, its rows, its data.
namespace cairn::store {
namespace {

using drive::StateKind;
using drive::View;

constexpr std::uint32_t kPage = 1000;
constexpr std::chrono::milliseconds kPatience{1000};  // with a drive that is behind the others
constexpr std::chrono::seconds kHandOver{60};         // well below the life of a staged file

SlotMask bit(std::uint32_t i) { return SlotMask{1} << i; }

Task<std::vector<std::optional<Result<View>>>> read_all(ErasureSet& set, const std::string& key) {
  auto gather = set.ask<View>(set.all(), [&](std::uint32_t, drive::Drive& d, Completion<View> done) {
    d.read(key, true, std::move(done));
  });
  co_return co_await set.collect(
      gather, set.all(), [](const auto&) { return false; },
      std::chrono::steady_clock::now() + std::chrono::seconds(2));
}

}  // namespace

namespace {

// What the slots say of a key whose state is settled.
struct Survey {
  SlotMask present = 0;     // answered and hold the state
  SlotMask lacks_data = 0;  // of these, without all data
  SlotMask lacks_rows = 0;
  std::vector<Slice> bodies;  // by slot: inlined shard or part table
};

Survey survey(const ErasureSet& set, const std::vector<std::optional<Result<View>>>& replies,
              drive::StateId id) {
  Survey out;
  out.bodies.resize(set.size());
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    if (!replies[i] || !replies[i]->has_value()) continue;
    const View& v = **replies[i];
    const drive::Held* held = v.committed.state.id == id         ? &v.committed
                              : v.open && v.open->state.id == id ? &*v.open
                                                                 : nullptr;
    if (!held) continue;
    out.present |= bit(i);
    if (held->shard_missing) out.lacks_data |= bit(i);
    if (held->rows_missing) out.lacks_rows |= bit(i);
    out.bodies[i] = held->body;
  }
  return out;
}

}  // namespace

struct Healer::Job {
  ErasureSet& set;
  const std::string& key;
  const drive::State& state;
  bool verify;
  Survey slots;
  SlotMask missing;  // after all that was done
  std::string bucket, name;
  VerifyReport report;
};

// Puts in place what `slot` lacked, and empties `target`; a slot that could not take it is added to
// `missing`. What was staged and is not taken, the key having moved on, is given back.
asio::awaitable<void> Healer::restore(Job& job, std::uint32_t slot, Target& target) {
  const auto d = job.set.drive(slot);
  if (!d) co_return;
  drive::Drive::RestoreRequest request;
  request.key = job.key;
  request.state = job.state.id;
  request.bodies = std::exchange(target.bodies, {});
  request.staged = target.staged;
  const auto restored = co_await await_completion<bool>(
      [&](Completion<bool> done) { d->restore(std::move(request), std::move(done)); });
  if (!restored)
    job.missing |= bit(slot);
  else if (*restored)
    ++healed_;
  for (const drive::StageToken& token : std::exchange(target.staged, {})) d->discard(token);
}

Task<VerifyReport> Healer::heal_key(ErasureSet& set, const std::string& key, bool verify) {
  CO_TRY(const auto alone, co_await healing_.lock(key));
  Current current;
  if (set.size() == 1) {
    CO_TRY(current, co_await set.read(key, false));
  } else {
    CO_TRY(current, co_await set.settle_everywhere(key, kPatience));
  }
  const drive::State& state = current.state;
  Job job{set, key, state, verify, {}, 0, {}, {}, {}};
  job.report.objects = 1;
  if (state.kind == StateKind::none && state.rows.count == 0) {
    CO_TRY(co_await forget(set, key, current));
    co_return job.report;
  }
  CO_TRY(const auto replies, co_await read_all(set, key));
  job.slots = survey(set, replies, state.id);
  job.missing = set.all() & ~job.slots.present;

  if (state.rows.count > 0) CO_TRY(co_await heal_rows(job, current));
  if (state.kind != StateKind::none) {
    CO_TRY(const drive::DecodedKey name, drive::decode_record_key(key));
    job.name = name.key;
    if (name.bucket != drive::kSystemBucket) {
      CO_TRY(job.bucket, co_await buckets_.name_of(name.bucket));
      CO_TRY(const VersionDoc doc, decode_version(state.head, name.key));
      if (!state.data.empty()) CO_TRY(co_await heal_version(job, doc, state.head, job.slots.lacks_data));
      if (doc.older > 0) CO_TRY(co_await heal_older_versions(job));
    }
  }
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (const auto d = set.drive(i)) d->heal_done(key, state.id, job.missing);
  co_return job.report;
}

Task<void> Healer::heal_older_versions(Job& job) {
  using Rows = std::vector<drive::Row>;
  std::string after;
  for (;;) {
    // From whichever drive has them: rows are the same everywhere.
    std::optional<Rows> page;
    for (std::uint32_t i = 0; i < job.set.size() && !page; ++i) {
      const auto d = job.set.drive(i);
      if (!d || !(job.slots.present & ~job.slots.lacks_rows & bit(i))) continue;
      auto rows = co_await await_completion<Rows>([&](Completion<Rows> done) {
        d->rows(job.key, drive::RowTable::version, after, kPage, std::move(done));
      });
      if (rows) page = std::move(*rows);
    }
    if (!page) co_return fail(Code::no_quorum, "no drive with the versions of the key");
    for (const drive::Row& row : *page) {
      CO_TRY(const VersionDoc doc, decode_version(row.value, job.name));
      if (!row.data.empty()) CO_TRY(co_await heal_version(job, doc, row.value, std::nullopt));
    }
    if (page->size() < kPage) co_return Status{};
    after = page->back().id;
  }
}

// The slots without this shard file, as far as they answer.
Task<SlotMask> Healer::lacking_file(ErasureSet& set, const std::string& key, const PartDoc& piece) {
  StripeReader reader(set, context_.pool,
                      {piece.data.id, piece.geometry, piece.info.size, set.rotation(key), 0});
  CO_TRY(const Damage found, co_await reader.check(0, 1, set.online()));
  co_return found.missing;
}

Task<void> Healer::heal_version(Job& job, const VersionDoc& doc, const std::string& text,
                                std::optional<SlotMask> known) {
  ErasureSet& set = job.set;
  const SlotMask present = job.slots.present;
  std::vector<PartDoc> pieces;
  std::vector<Target> targets(set.size());
  SlotMask touched = known.value_or(0);  // slots that get something
  if (doc.data.form == drive::DataForm::parts) {
    CO_TRY(pieces, co_await read_part_table(set, doc, nullptr));
    const std::string table = encode_parts(pieces);
    std::vector<Slice> bodies = job.slots.bodies;
    if (!known) {
      CO_TRY(bodies, co_await fetch_bodies(set, doc.data.id, set.all()));
    }
    for (std::uint32_t i = 0; i < set.size(); ++i)
      if (present >> i & 1 && bodies[i].text() != table) {
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
  // Gives the slots what was built for them so far.
  const auto hand_over = [&]() -> asio::awaitable<void> {
    for (std::uint32_t i = 0; i < set.size(); ++i)
      if (present & touched & bit(i) || targets[i].any()) co_await restore(job, i, targets[i]);
    touched = 0;
  };
  auto handed_over = std::chrono::steady_clock::now();
  for (const PartDoc& piece : pieces) {
    if (piece.data.id.is_null()) continue;
    // Inlined shards show their damage at no cost; files are read through only when asked for.
    const bool inlined = piece.data.form == drive::DataForm::inlined;
    const ShardText shard =
        doc.data.form == drive::DataForm::parts
            ? ShardText{part_identity(job.bucket, job.name, doc.upload_id, piece.info.number),
                        encode_part(piece)}
            : ShardText{object_identity(job.bucket, job.name), text};
    SlotMask lacking = known.value_or(0);
    if (!known && !inlined) {
      CO_TRY(lacking, co_await lacking_file(set, job.key, piece));
      touched |= lacking;
    }
    const auto still = co_await heal_data(set, job.key, piece, shard, lacking & present,
                                          job.verify || inlined, targets, job.report);
    if (!still) {
      co_await hand_over();
      co_return fail(still.error());
    }
    job.missing |= *still & present;
    // What is staged must be taken before the drives give it up.
    if (std::chrono::steady_clock::now() - handed_over < kHandOver) continue;
    co_await hand_over();
    handed_over = std::chrono::steady_clock::now();
  }
  co_await hand_over();
  co_return Status{};
}

// One object's or part's shards: builds what `lacking` slots need and, with `verify`, finds and mends what is
// bad on the others. Returns the slots that still lack it.
Task<SlotMask> Healer::heal_data(ErasureSet& set, const std::string& key, const PartDoc& piece,
                                 const ShardText& text, SlotMask lacking, bool verify,
                                 std::vector<Target>& targets, VerifyReport& report) {
  const codec::Geometry& g = piece.geometry;
  const std::uint32_t rotation = set.rotation(key);
  const SlotMask reachable = set.online();
  if (piece.data.form == drive::DataForm::inlined) {
    CO_TRY(const auto bodies, co_await fetch_bodies(set, piece.data.id, set.all()));
    Damage damage;
    const auto decoded =
        decode_inlined(set, rotation, g, piece.data.id, piece.info.size, bodies, context_.pool, damage);
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
         co_await context_.budget.reserve(static_cast<std::size_t>(3 * g.stripe_size()),
                                          context_.config.patience));
  CO_TRY(const codec::ReedSolomon* code, codec::ReedSolomon::get(g.data, g.parity));

  const SlotMask asked = verify ? set.all() : lacking;
  // Which slots have to be written anew: those that say they lack it and really have no file.
  SlotMask rewrite = 0;
  {
    CO_TRY(const Damage found, co_await reader.check(0, 1, asked & reachable));
    rewrite = found.missing & reachable;
    if (verify) {
      CO_TRY(const SlotMask frames, co_await reader.check_frames(set.all() & reachable & ~rewrite));
      rewrite |= frames;
    }
    report.damaged += static_cast<std::uint64_t>(std::popcount(rewrite));
    if (rewrite)
      log::warn("shard files are missing or damaged", {{"object", text.identity}, {"slots", rewrite}});
  }
  const SlotMask away = asked & ~reachable;
  if (!verify && !rewrite && !lacking) co_return away;
  StripeReader source(set, context_.pool, {piece.data.id, g, piece.info.size, rotation, rewrite | away});
  std::unique_ptr<StripeWriter> writer;
  if (rewrite) {
    StripeWriter::Target target;
    target.data = piece.data.id;
    target.geometry = g;
    target.size = piece.info.size;
    target.identity = text.identity;
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
      CO_TRY(const Damage found, co_await reader.check(stripe, 1, asked & reachable & ~rewrite));
      bad = found.all() & ~rewrite;
      report.damaged += static_cast<std::uint64_t>(std::popcount(bad));
      if (bad)
        log::warn("chunks are damaged", {{"object", text.identity}, {"stripe", stripe}, {"slots", bad}});
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
    CO_TRY(
        code->reconstruct(std::span(present).first(g.shards()), std::span(wanted).first(g.shards()), length));
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
    const auto tokens = co_await writer->finish(text.metadata);
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
Task<void> Healer::heal_rows(Job& job, const Current& current) {
  ErasureSet& set = job.set;
  const std::string& key = job.key;
  const SlotMask lacking = job.slots.lacks_rows;
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
  if (!all) {
    job.missing |= lacking;
    co_return Status{};
  }
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    const auto d = set.drive(i);
    if (!d || !(lacking >> i & 1)) continue;
    drive::Drive::RestoreRequest request;
    request.key = key;
    request.state = current.state.id;
    request.rows = *all;
    const auto restored = co_await await_completion<bool>(
        [&](Completion<bool> done) { d->restore(std::move(request), std::move(done)); });
    if (restored && *restored)
      job.slots.lacks_rows &= ~bit(i), ++healed_;
    else
      job.missing |= bit(i);
  }
  for (const drive::Row& r : *all)
    if (r.table == drive::RowTable::upload) CO_TRY(co_await heal_upload(set, key, r.id));
  co_return Status{};
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
      CO_TRY(const drive::DecodedKey object, drive::decode_record_key(key));
      CO_TRY(const std::string bucket, co_await buckets_.name_of(object.bucket));
      const ShardText text{part_identity(bucket, object.key, upload_id, row.number), row.value};
      if (!doc.data.id.is_null())
        CO_TRY(co_await heal_data(set, key, doc, text, lacking, false, targets, ignored));
      for (std::uint32_t i = 0; i < set.size(); ++i) {
        const auto d = set.drive(i);
        if (!d || !(lacking >> i & 1)) continue;
        drive::PutPartRequest request;
        request.key = key;
        request.upload_id = upload_id;
        request.part = row;
        if (!targets[i].bodies.empty()) request.body = targets[i].bodies[0].second;
        request.staged = targets[i].staged;
        if (request.body.empty() && request.staged.empty() && !doc.data.id.is_null())
          request.shard_missing = true;
        (void)co_await await_completion<void>(
            [&](Completion<void> done) { d->put_part(std::move(request), std::move(done)); });
        for (const drive::StageToken& token : targets[i].staged) d->discard(token);
      }
    }
    if (horizon == UINT32_MAX || horizon <= after) co_return Status{};
    after = std::min(horizon, last);
  }
}

}  // namespace cairn::store
