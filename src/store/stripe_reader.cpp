#include "store/stripe_reader.hpp"

#include <bit>

#include "cairn/base/log.hpp"
#include "cairn/codec/shard_file.hpp"

namespace cairn::store {
namespace {

std::uint32_t count(SlotMask mask) { return static_cast<std::uint32_t>(std::popcount(mask)); }
SlotMask bit(std::uint32_t i) { return SlotMask{1} << i; }

constexpr std::chrono::milliseconds kHedge{300};  // how long a run waits for a drive before it asks another

// The chunks of inlined shards by shard index; null where missing or bad.
struct InlinedChunks {
  std::array<const std::byte*, codec::kMaxShards> chunks{};
  std::array<Slice, codec::kMaxShards> slices;
  std::size_t length = 0;
  std::uint32_t good = 0;
};

InlinedChunks check_inlined(const ErasureSet& set, std::uint32_t rotation, codec::Geometry g, DataId data,
                            std::uint64_t length, const std::vector<Slice>& bodies, Damage& damage) {
  InlinedChunks out;
  out.length = codec::chunk_length(g.data, length);
  for (std::uint32_t i = 0; i < g.shards(); ++i) {
    const std::uint32_t slot = (i + rotation) % set.size();
    const Slice& body = bodies[slot];
    if (body.empty()) {
      damage.missing |= bit(slot);
      continue;
    }
    const auto chunk = codec::decode_inline({data, 0, static_cast<std::uint8_t>(i)}, body.bytes);
    if (!chunk || chunk->size() != out.length) {
      damage.corrupt |= bit(slot);
      continue;
    }
    out.chunks[i] = chunk->data();
    out.slices[i] = Slice(body.owner, *chunk);
    ++out.good;
  }
  return out;
}

// Rebuilds the shards of `wanted` (by shard index) into the slices, from those that are there.
Status rebuild(const codec::ReedSolomon& code, std::array<Slice, codec::kMaxShards>& slices,
               std::size_t length, std::uint32_t wanted, BufferPool& pool) {
  std::array<const std::byte*, codec::kMaxShards> present{};
  std::array<std::byte*, codec::kMaxShards> missing{};
  std::array<Buffer, codec::kMaxShards> buffers;
  bool any = false;
  for (std::uint32_t i = 0; i < code.total(); ++i) {
    if (!slices[i].empty()) {
      present[i] = slices[i].bytes.data();
    } else if (wanted >> i & 1) {
      buffers[i] = pool.get(length);
      missing[i] = buffers[i].data();
      any = true;
    }
  }
  if (!any) return {};
  TRY(code.reconstruct(std::span(present).first(code.total()), std::span(missing).first(code.total()),
                       length));
  for (std::uint32_t i = 0; i < code.total(); ++i)
    if (buffers[i]) slices[i] = Buffer::share(std::move(buffers[i]));
  return {};
}

}  // namespace

Result<std::vector<Slice>> decode_inlined(const ErasureSet& set, std::uint32_t rotation, codec::Geometry g,
                                          DataId data, std::uint64_t length, const std::vector<Slice>& bodies,
                                          BufferPool& pool, Damage& damage) {
  TRY(const codec::ReedSolomon* code, codec::ReedSolomon::get(g.data, g.parity));
  InlinedChunks in = check_inlined(set, rotation, g, data, length, bodies, damage);
  if (in.good < g.data) return fail(Code::no_quorum, "too few good shards");
  TRY(rebuild(*code, in.slices, in.length, (1u << g.data) - 1, pool));
  std::vector<Slice> out;
  for (std::uint64_t i = 0, left = length; left > 0; ++i) {
    const std::uint64_t n = std::min<std::uint64_t>(left, in.length);
    out.push_back(in.slices[i].sub(0, n));
    left -= n;
  }
  return out;
}

Result<std::vector<Slice>> rebuild_inlined(const ErasureSet& set, std::uint32_t rotation, codec::Geometry g,
                                           DataId data, std::uint64_t length,
                                           const std::vector<Slice>& bodies, SlotMask wanted,
                                           BufferPool& pool) {
  TRY(const codec::ReedSolomon* code, codec::ReedSolomon::get(g.data, g.parity));
  Damage ignored;
  InlinedChunks in = check_inlined(set, rotation, g, data, length, bodies, ignored);
  if (in.good < g.data) return fail(Code::no_quorum, "too few good shards");
  TRY(rebuild(*code, in.slices, in.length, (1u << g.shards()) - 1, pool));
  std::vector<Slice> out(set.size());
  for (std::uint32_t i = 0; i < g.shards(); ++i) {
    const std::uint32_t slot = (i + rotation) % set.size();
    if (wanted >> slot & 1)
      out[slot] = Slice::of(
          codec::encode_inline(codec::ShardId{data, 0, static_cast<std::uint8_t>(i)}, in.slices[i].bytes));
  }
  return out;
}

StripeReader::StripeReader(ErasureSet& set, BufferPool& pool, Source source)
    : set_(set), pool_(pool), source_(source), layout_(source.geometry, source.size) {}

StripeReader::~StripeReader() = default;

// The D slots to read from: data shards first, without what is bad, slow or excluded if that is possible.
SlotMask StripeReader::best(SlotMask excluded) const {
  const auto& g = source_.geometry;
  const SlotMask bad = excluded | damage_.all() | source_.avoid;
  const SlotMask slow = slow_ | set_.suspects();
  SlotMask out = 0;
  for (const SlotMask avoid : {bad | slow, bad})
    for (std::uint32_t i = 0; i < g.shards() && count(out) < g.data; ++i) {
      const SlotMask slot = bit((i + source_.rotation) % set_.size());
      if (!(avoid & slot)) out |= slot;
    }
  return out;
}

// Opens the shards of these slots that are not open yet; returns those that are open then.
Task<SlotMask> StripeReader::open(SlotMask slots) {
  using Opened = std::shared_ptr<drive::ShardReader>;
  SlotMask need = 0, have = 0;
  for (std::uint32_t i = 0; i < set_.size(); ++i)
    if (slots >> i & 1) (readers_[i] ? have : need) |= bit(i);
  if (!need) co_return have;
  auto gather = set_.ask<Opened>(need, [&](std::uint32_t slot, drive::Drive& d, Completion<Opened> done) {
    const std::uint32_t n = set_.size();
    d.open_shard({source_.data, (slot + n - source_.rotation) % n, source_.geometry, source_.size},
                 std::move(done));
  });
  auto replies = co_await set_.collect(
      gather, need, [](const auto&) { return false; }, std::chrono::steady_clock::now() + kHedge);
  for (std::uint32_t i = 0; i < set_.size(); ++i) {
    if (!(need >> i & 1)) continue;
    if (!replies[i])
      slow_ |= bit(i);
    else if (replies[i]->has_value())
      readers_[i] = std::move(**replies[i]), have |= bit(i);
    else
      damage_.missing |= bit(i);
  }
  co_return have;
}

StripeReader::Ahead StripeReader::request(std::uint64_t first, std::uint32_t n, SlotMask slots) {
  Ahead out{first, n, slots, Gather<Chunks>::make(set_.size())};
  for (std::uint32_t i = 0; i < set_.size(); ++i)
    if (slots >> i & 1)
      readers_[i]->read(first, n,
                        [done = out.gather->expect(i), keep = readers_[i]](Result<Chunks> r) mutable {
                          done(std::move(r));
                        });
  return out;
}

void StripeReader::prefetch(std::uint64_t first, std::uint32_t n) {
  const SlotMask slots = best(0);
  for (std::uint32_t i = 0; i < set_.size(); ++i)
    if (slots >> i & 1 && !readers_[i]) return;
  if (count(slots) < source_.geometry.data) return;
  ahead_ = request(first, n, slots);
}

SlotMask StripeReader::take(Run& run, SlotMask slots, std::vector<std::optional<Result<Chunks>>> replies) {
  SlotMask good = 0;
  for (std::uint32_t slot = 0; slot < set_.size(); ++slot) {
    if (!(slots >> slot & 1)) continue;
    if (!replies[slot]) {
      slow_ |= bit(slot);
      continue;
    }
    if (!replies[slot]->has_value() || (*replies[slot])->size() != run.count) {
      damage_.missing |= bit(slot);
      continue;
    }
    const auto index = static_cast<std::uint8_t>((slot + set_.size() - source_.rotation) % set_.size());
    bool all_good = true;
    Chunks& chunks = **replies[slot];
    for (std::uint32_t s = 0; s < run.count; ++s) {
      const std::uint64_t stripe = run.first + s;
      drive::Chunk& c = chunks[s];
      if (c.data.size() == layout_.chunk_length(stripe) &&
          codec::chunk_is_good({source_.data, 0, index}, stripe, c.data.bytes, c.hash)) {
        run.stripes[s][index] = std::move(c.data);
      } else {
        damage_.corrupt |= bit(slot);
        all_good = false;
      }
    }
    if (all_good) good |= bit(slot);
  }
  return good;
}

Status StripeReader::complete(Run& run) {
  if (!code_) {
    TRY(code_, codec::ReedSolomon::get(source_.geometry.data, source_.geometry.parity));
  }
  for (std::uint32_t s = 0; s < run.count; ++s)
    TRY(rebuild(*code_, run.stripes[s], layout_.chunk_length(run.first + s),
                (1u << source_.geometry.data) - 1, pool_));
  return {};
}

Task<StripeReader::Run> StripeReader::read(std::uint64_t first, std::uint32_t n) {
  Run run{first, n, {}};
  run.stripes.resize(n);
  const auto enough = [&] {
    for (const auto& stripe : run.stripes) {
      std::uint32_t have = 0;
      for (const Slice& c : stripe) have += !c.empty();
      if (have < source_.geometry.data) return false;
    }
    return true;
  };
  const Deadline limit = set_.deadline();
  SlotMask tried = 0;
  if (ahead_ && ahead_->first == first && ahead_->count == n) {
    Ahead ahead = std::move(*ahead_);
    ahead_.reset();
    co_await ahead.gather->collect([](const auto&) { return false; },
                                   std::chrono::steady_clock::now() + kHedge);
    take(run, ahead.asked, ahead.gather->take());
    tried |= ahead.asked;
  }
  ahead_.reset();
  while (!enough()) {
    // First D slots; then, for what failed, any that were not tried yet; at last the slow ones again.
    SlotMask wanted = tried ? set_.all() & ~tried & ~damage_.missing : best(0);
    if (!wanted) {
      if (!slow_ || std::chrono::steady_clock::now() >= limit)
        co_return fail(Code::no_quorum, "too few good shards");
      wanted = std::exchange(slow_, 0);
    }
    CO_TRY(const SlotMask have, co_await open(wanted));
    Ahead asked = request(first, n, have);
    co_await asked.gather->collect([](const auto&) { return false; },
                                   std::chrono::steady_clock::now() + kHedge);
    take(run, have, asked.gather->take());
    tried |= wanted;
  }
  CO_TRY(complete(run));
  co_return run;
}

Task<SlotMask> StripeReader::check_frames(SlotMask slots) {
  CO_TRY(const SlotMask have, co_await open(slots));
  auto gather = Gather<void>::make(set_.size());
  for (std::uint32_t i = 0; i < set_.size(); ++i)
    if (have >> i & 1)
      readers_[i]->check_frame(
          [done = gather->expect(i), keep = readers_[i]](Status r) mutable { done(std::move(r)); });
  co_await gather->collect([](const auto&) { return false; }, set_.deadline());
  const auto replies = gather->take();
  SlotMask bad = slots & ~have;
  for (std::uint32_t i = 0; i < set_.size(); ++i)
    if (replies[i] && !replies[i]->has_value() && replies[i]->error().is(Code::corrupt)) {
      log::warn("shard file is damaged", {{"file", replies[i]->error().context}});
      bad |= bit(i);
    }
  co_return bad;
}

Task<Damage> StripeReader::check(std::uint64_t first, std::uint32_t n, SlotMask slots) {
  Damage before = std::exchange(damage_, {});
  Run run{first, n, {}};
  run.stripes.resize(n);
  CO_TRY(const SlotMask have, co_await open(slots));
  Ahead asked = request(first, n, have);
  co_await asked.gather->collect([](const auto&) { return false; }, set_.deadline());
  take(run, have, asked.gather->take());
  Damage found = damage_;
  damage_.missing |= before.missing;
  damage_.corrupt |= before.corrupt;
  co_return found;
}

}  // namespace cairn::store
