#include "store/stripe_writer.hpp"

#include <bit>

#include "cairn/codec/shard_file.hpp"

namespace cairn::store {
namespace {

constexpr std::size_t kStripesAhead = 2;  // coded but not yet with the drives
// How long a drive may lag behind the others before it is left out; one that is suspect already, for less.
constexpr std::chrono::milliseconds kLagPatience{2000}, kSuspectPatience{300};
constexpr std::chrono::milliseconds kMaxFinishGrace{2000};

std::uint32_t count(SlotMask mask) { return static_cast<std::uint32_t>(std::popcount(mask)); }

}  // namespace

bool fits_inline(const codec::Geometry& g, std::uint64_t size) {
  return size <= g.stripe_size() && codec::chunk_length(g.data, size) <= kInlineShard;
}

Stored encode_inlined(const ErasureSet& set, std::uint32_t rotation, codec::Geometry geometry,
                      MutableBytes data, std::size_t length, BufferPool& pool) {
  Stored out;
  out.geometry = geometry;
  if (length == 0) return out;
  out.ref = {DataId::random(), drive::DataForm::inlined};
  const auto code = codec::ReedSolomon::get(geometry.data, geometry.parity);
  Buffer parity;
  if (geometry.parity) parity = pool.get(geometry.parity * codec::chunk_length(geometry.data, length));
  const auto coded = codec::encode_stripe(**code, {out.ref.id, 0, 0}, data, length,
                                          geometry.parity ? parity.span() : MutableBytes{});
  out.bodies.resize(set.size());
  for (std::uint32_t i = 0; i < geometry.shards(); ++i)
    out.bodies[(i + rotation) % set.size()] =
        Slice::of(codec::encode_inline(coded.hashes[i], coded.chunks[i]));
  return out;
}

// One queue a slot; the drive takes the next chunks when it is done with the last.
struct StripeWriter::Fan : Awaited {
  struct Lane {
    std::unique_ptr<drive::ShardWriter> writer;
    std::vector<drive::Chunk> queue;
    std::size_t in_flight = 0;
    bool failed = false;
    Error error;
  };
  std::vector<Lane> lanes;

  // Hands the queue of a lane to its drive; called without the lock.
  void pump(std::size_t slot) {
    std::vector<drive::Chunk> chunks;
    drive::ShardWriter* writer = nullptr;
    locked([&] {
      Lane& lane = lanes[slot];
      if (lane.in_flight || lane.queue.empty() || lane.failed || !lane.writer) return;
      chunks.swap(lane.queue);
      lane.in_flight = chunks.size();
      writer = lane.writer.get();
    });
    if (!writer) return;
    writer->append(std::move(chunks),
                   [self = std::static_pointer_cast<Fan>(shared_from_this()), slot](Status done) {
                     self->update([&] {
                       Lane& lane = self->lanes[slot];
                       lane.in_flight = 0;
                       if (!done) {
                         lane.failed = true;
                         lane.error = std::move(done).error();
                         lane.queue.clear();
                       }
                     });
                     self->pump(slot);
                   });
  }

  SlotMask alive() const {
    SlotMask mask = 0;
    for (std::size_t i = 0; i < lanes.size(); ++i)
      if (lanes[i].writer && !lanes[i].failed) mask |= SlotMask{1} << i;
    return mask;
  }

  SlotMask within(std::size_t ahead) const {
    SlotMask mask = 0;
    for (std::size_t i = 0; i < lanes.size(); ++i)
      if (lanes[i].writer && !lanes[i].failed && lanes[i].queue.size() + lanes[i].in_flight <= ahead)
        mask |= SlotMask{1} << i;
    return mask;
  }

  Error worst() const {
    Error e(Code::no_quorum, "too few drives take the data");
    for (const Lane& lane : lanes)
      if (lane.failed && lane.error.is(Code::drive_full)) e = lane.error;
    return e;
  }
};

StripeWriter::StripeWriter(ErasureSet& set, BufferPool& pool, Target target)
    : set_(set), pool_(pool), target_(std::move(target)), fan_(std::make_shared<Fan>()) {}

StripeWriter::~StripeWriter() = default;

Task<void> StripeWriter::open() {
  CO_TRY(code_, codec::ReedSolomon::get(target_.geometry.data, target_.geometry.parity));
  using Writer = std::unique_ptr<drive::ShardWriter>;
  const std::uint32_t n = set_.size();
  auto gather =
      set_.ask<Writer>(target_.slots, [&](std::uint32_t slot, drive::Drive& d, Completion<Writer> done) {
        drive::StageRequest request;
        request.data = target_.data;
        request.shard_index = (slot + n - target_.rotation) % n;
        request.geometry = target_.geometry;
        request.size = target_.size;
        request.identity = target_.identity;
        request.replace = target_.replace;
        d.stage(std::move(request), std::move(done));
      });
  const std::uint32_t need = target_.need;
  auto replies = co_await set_.collect(gather, target_.slots, answered_by(need), set_.deadline());
  fan_->lanes.resize(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    if (!replies[i]) continue;
    if (replies[i]->has_value()) {
      fan_->lanes[i].writer = std::move(**replies[i]);
    } else {
      fan_->lanes[i].failed = true;
      fan_->lanes[i].error = replies[i]->error();
    }
  }
  if (count(fan_->alive()) < need) co_return fail(fan_->worst());
  co_return Status{};
}

Task<void> StripeWriter::write(std::shared_ptr<Buffer> data, std::size_t length) {
  const codec::Geometry& g = target_.geometry;
  Buffer parity;
  const std::size_t chunk = codec::chunk_length(g.data, length);
  if (g.parity) parity = pool_.get(std::max<std::size_t>(g.parity * chunk, 1));
  const auto coded = codec::encode_stripe(*code_, {target_.data, 0, stripe_}, data->span(), length,
                                          g.parity ? parity.span() : MutableBytes{});
  struct Both {
    std::shared_ptr<Buffer> data;
    Buffer parity;
  };
  const auto owner = std::make_shared<const Both>(std::move(data), std::move(parity));
  std::vector<std::optional<drive::Chunk>> by_slot(set_.size());
  for (std::uint32_t i = 0; i < g.shards(); ++i)
    by_slot[(i + target_.rotation) % set_.size()] =
        drive::Chunk{Slice(owner, coded.chunks[i]), coded.hashes[i]};
  ++stripe_;
  co_return co_await write_chunks(std::move(by_slot));
}

Task<void> StripeWriter::write_chunks(std::vector<std::optional<drive::Chunk>> by_slot) {
  fan_->locked([&] {
    for (std::size_t i = 0; i < by_slot.size(); ++i)
      if (by_slot[i] && !fan_->lanes[i].failed && fan_->lanes[i].writer)
        fan_->lanes[i].queue.push_back(std::move(*by_slot[i]));
  });
  for (std::size_t i = 0; i < by_slot.size(); ++i) fan_->pump(i);
  co_return co_await flow(kStripesAhead);
}

// Waits until every drive has at most `ahead` chunks to go; gives up those that let it wait too long.
Task<void> StripeWriter::flow(std::size_t ahead) {
  Fan& fan = *fan_;
  const auto now = std::chrono::steady_clock::now();
  const auto keep_up = [&fan, ahead](SlotMask among) {
    return [&fan, ahead, among] { return !(fan.alive() & among & ~fan.within(ahead)); };
  };
  bool all = co_await fan.wait(keep_up(set_.all()), now + kSuspectPatience);
  if (!all) {
    const SlotMask trusted = set_.all() & ~set_.suspects();
    (void)co_await fan.wait(keep_up(trusted), now + kLagPatience);
    all = fan.locked(keep_up(set_.all()));
  }
  if (!all) {
    // Enough of them must go on; the others lag too far behind.
    const std::uint32_t need = target_.need;
    const auto goes_on = [&fan, ahead, need] {
      return count(fan.within(ahead)) >= need || count(fan.alive()) < need;
    };
    co_await fan.wait(goes_on, set_.deadline());
    fan.update([&] {
      const SlotMask good = fan.within(ahead);
      for (std::size_t i = 0; i < fan.lanes.size(); ++i)
        if (fan.lanes[i].writer && !(good >> i & 1)) {
          fan.lanes[i].failed = true;
          fan.lanes[i].queue.clear();
          set_.suspect(static_cast<std::uint32_t>(i));
        }
    });
  }
  const auto [alive, error] = fan.locked([&] { return std::pair(fan.alive(), fan.worst()); });
  if (count(alive) < target_.need) co_return fail(error);
  co_return Status{};
}

Task<std::vector<std::optional<drive::StageToken>>> StripeWriter::finish(std::string metadata) {
  CO_TRY(co_await flow(0));
  // What took long to write takes longer to sync: better wait than rebuild the shard later.
  const auto so_far =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun_);
  const SlotMask alive = fan_->locked([this] { return fan_->alive(); });
  auto gather = Gather<drive::StageToken>::make(set_.size());
  for (std::uint32_t i = 0; i < set_.size(); ++i) {
    if (!(alive >> i & 1)) continue;
    auto late = [drive = set_.drive(i)](Result<drive::StageToken> token) {
      if (token && drive) drive->discard(*token);
    };
    // The fan lives as long as the drive works on it.
    fan_->lanes[i].writer->finish(metadata, [done = gather->expect(i, std::move(late)), keep = fan_](
                                                Result<drive::StageToken> r) mutable { done(std::move(r)); });
  }
  const std::uint32_t need = target_.need;
  auto replies = co_await set_.collect(gather, alive, answered_by(need), set_.deadline(),
                                       std::min(kMaxFinishGrace, so_far / 2));
  std::vector<std::optional<drive::StageToken>> tokens(set_.size());
  std::uint32_t good = 0;
  for (std::uint32_t i = 0; i < set_.size(); ++i)
    if (replies[i] && replies[i]->has_value()) {
      tokens[i] = std::move(**replies[i]);
      ++good;
    } else if (replies[i] && replies[i]->error().is(Code::drive_full)) {
      fan_->locked([&] { fan_->lanes[i].failed = true, fan_->lanes[i].error = replies[i]->error(); });
    }
  if (good < need) co_return fail(fan_->locked([this] { return fan_->worst(); }));
  co_return tokens;
}

}  // namespace cairn::store
