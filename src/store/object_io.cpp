#include "store/object_io.hpp"

#include <deque>

#include <fmt/format.h>

#include "cairn/base/log.hpp"

namespace cairn::store {
namespace {

constexpr std::size_t kRunBytes = 4u << 20;    // read in one go, where stripes are smaller
constexpr std::size_t kSmallRead = 64u << 10;  // below this a read needs no reservation

// What a write of this geometry holds at most: a stripe being received, and those on their way to the drives.
std::size_t write_memory(const codec::Geometry& g, std::uint64_t size) {
  const std::uint64_t stripe = std::min<std::uint64_t>(size, g.stripe_size());
  const std::uint64_t coded = stripe + stripe * g.parity / g.data;
  return static_cast<std::size_t>(
      std::min<std::uint64_t>(4, 1 + size / std::max<std::uint64_t>(1, g.stripe_size())) * coded);
}

// One stretch of an object: all of it, or one part.
struct Segment {
  drive::DataRef data;
  codec::Geometry geometry;
  std::uint64_t offset = 0;  // in the object
  std::uint64_t size = 0;
};

class VersionReader final : public ObjectReader {
 public:
  VersionReader(const Context& context, ErasureSet& set, std::string record_key, VersionDoc doc,
                Current current)
      : context_(context),
        set_(set),
        key_(std::move(record_key)),
        doc_(std::move(doc)),
        current_(std::move(current)) {}

  ~VersionReader() override { report(); }

  Task<void> load() {
    if (doc_.data.form != drive::DataForm::inlined)
      for (std::uint32_t i = 0; i < set_.size(); ++i)
        if (const auto d = set_.drive(i)) holds_.push_back(d->hold());
    if (doc_.data.form == drive::DataForm::parts && !doc_.data.id.is_null()) {
      CO_TRY(const auto docs, co_await read_part_table(set_, doc_, &current_));
      std::uint64_t offset = 0;
      for (const PartDoc& p : docs) {
        segments_.push_back({p.data, p.geometry, offset, p.info.size});
        offset += p.info.size;
        parts_.push_back(p.info);
      }
      if (offset != doc_.info.size) co_return fail(Code::corrupt, "the parts do not add up");
    } else if (doc_.info.size > 0) {
      segments_.push_back({doc_.data, doc_.geometry, 0, doc_.info.size});
    }
    co_return Status{};
  }

  const ObjectInfo& info() const override { return doc_.info; }
  const std::vector<PartInfo>& parts() const override { return parts_; }

  Status start(std::uint64_t offset, std::uint64_t length) override {
    if (offset > doc_.info.size || length > doc_.info.size - offset) return fail(Code::invalid_range);
    position_ = offset;
    end_ = offset + length;
    return {};
  }

  Task<Slice> next() override {
    if (ready_.empty()) {
      if (position_ >= end_) {
        report();
        co_return Slice{};
      }
      CO_TRY(co_await refill());
    }
    Slice out = std::move(ready_.front());
    ready_.pop_front();
    co_return out;
  }

 private:
  // Fills ready_ with the bytes that come next: a whole inlined segment, or a run of stripes.
  Task<void> refill() {
    while (segment_ < segments_.size() &&
           segments_[segment_].offset + segments_[segment_].size <= position_) {
      ++segment_;
      report();
      stripes_.reset();
    }
    const Segment& s = segments_[segment_];
    const std::uint64_t within = position_ - s.offset;
    const std::uint64_t wanted = std::min(end_ - position_, s.size - within);
    if (s.data.form == drive::DataForm::inlined) {
      CO_TRY(const auto pieces, co_await read_inlined(s));
      deliver(pieces, 0, within, wanted);
      co_return Status{};
    }
    if (!stripes_) {
      StripeReader::Source source{s.data.id, s.geometry, s.size, set_.rotation(key_), 0};
      stripes_ = std::make_unique<StripeReader>(set_, context_.pool, source);
      if (!reserved_ && wanted > kSmallRead) CO_TRY(co_await reserve(s, wanted));
    }
    const codec::Layout& layout = stripes_->layout();
    const auto range = layout.stripes_of(within, wanted);
    const std::uint32_t most = ahead_ ? run_length(s) : 1;
    const auto n = static_cast<std::uint32_t>(std::min<std::uint64_t>(range.count, most));
    CO_TRY(const StripeReader::Run run, co_await stripes_->read(range.first, n));
    if (ahead_ && range.count > n)
      stripes_->prefetch(range.first + n,
                         static_cast<std::uint32_t>(std::min<std::uint64_t>(range.count - n, most)));
    std::vector<Slice> pieces;
    for (std::uint32_t i = 0; i < n; ++i) {
      std::uint64_t left = layout.stripe_length(range.first + i);
      for (std::uint32_t d = 0; d < s.geometry.data && left > 0; ++d) {
        const std::uint64_t part = std::min<std::uint64_t>(left, run.stripes[i][d].size());
        pieces.push_back(run.stripes[i][d].sub(0, part));
        left -= part;
      }
    }
    deliver(pieces, layout.stripe_offset(range.first), within, wanted);
    co_return Status{};
  }

  // Memory for two runs, the one being sent and the one being read; where that is scarce, for one stripe at a
  // time.
  Task<void> reserve(const Segment& s, std::uint64_t wanted) {
    const std::uint64_t stripe = s.geometry.stripe_size();
    const auto most = static_cast<std::size_t>(std::min(2 * run_length(s) * stripe, wanted + stripe));
    reservation_ = context_.budget.try_reserve(most);
    ahead_ = reservation_.bytes() != 0;
    if (!ahead_) {
      CO_TRY(reservation_,
             co_await context_.budget.reserve(static_cast<std::size_t>(stripe), context_.config.patience));
    }
    reserved_ = true;
    co_return Status{};
  }

  static std::uint32_t run_length(const Segment& s) {
    return static_cast<std::uint32_t>(std::max<std::uint64_t>(1, kRunBytes / 2 / s.geometry.stripe_size()));
  }

  Task<std::vector<Slice>> read_inlined(const Segment& s) {
    std::vector<Slice> bodies(set_.size());
    SlotMask asked = 0;
    if (doc_.data.form == drive::DataForm::inlined) {  // they came with the head
      bodies = bodies_of(current_);
      for (std::uint32_t i = 0; i < set_.size(); ++i)
        if (!bodies[i].empty()) asked |= SlotMask{1} << i;
    }
    for (;;) {
      Damage damage;
      auto pieces = decode_inlined(set_, set_.rotation(key_), s.geometry, s.data.id, s.size, bodies,
                                   context_.pool, damage);
      damage_.corrupt |= damage.corrupt;
      if (pieces) {
        damage_.missing |= damage.missing & asked;
        co_return pieces;
      }
      const SlotMask more = set_.all() & ~asked;
      if (!more) co_return fail(pieces.error());
      asked |= more;
      CO_TRY(const auto fetched, co_await fetch_bodies(set_, s.data.id, more));
      for (std::uint32_t i = 0; i < set_.size(); ++i)
        if (more >> i & 1) bodies[i] = fetched[i];
    }
  }

  // Queues [within, within + wanted) of the segment out of pieces that begin at `start` of it, as far as they
  // reach.
  void deliver(const std::vector<Slice>& pieces, std::uint64_t start, std::uint64_t within,
               std::uint64_t wanted) {
    for (const Slice& p : pieces) {
      const std::uint64_t from = std::max(start, within), to = std::min(start + p.size(), within + wanted);
      if (from < to) {
        ready_.push_back(p.sub(from - start, to - from));
        position_ += to - from;
      }
      start += p.size();
    }
  }

  void report() {
    if (stripes_) {
      damage_.missing |= stripes_->damage().missing;
      damage_.corrupt |= stripes_->damage().corrupt;
    }
    if (damage_.all() && set_.on_damage) set_.on_damage(key_, damage_.corrupt != 0);
    damage_ = {};
  }

  const Context context_;
  ErasureSet& set_;
  std::string key_;
  VersionDoc doc_;
  Current current_;
  std::vector<std::shared_ptr<const void>> holds_;  // an overwrite takes nothing from who reads
  std::vector<PartInfo> parts_;
  std::vector<Segment> segments_;
  std::size_t segment_ = 0;
  std::uint64_t position_ = 0, end_ = 0;
  std::deque<Slice> ready_;
  std::unique_ptr<StripeReader> stripes_;
  MemoryBudget::Reservation reservation_;
  bool reserved_ = false;
  bool ahead_ = true;  // reads ahead; small reads may, too
  Damage damage_;
};

// Reads exactly `length` bytes.
Task<void> read_exactly(BodySource& body, MutableBytes into) {
  while (!into.empty()) {
    CO_TRY(const std::size_t n, co_await body.read(into));
    if (n == 0) co_return fail(Code::incomplete_body);
    into = into.subspan(n);
  }
  co_return Status{};
}

}  // namespace

ErasureSet& Topology::set_of(std::string_view record_key) const {
  if (sets.size() == 1) return *sets[0];
  codec::HashKey key;
  std::memcpy(key.lanes.data(), deployment.raw.data(), deployment.raw.size());
  return *sets[codec::hash64(key, as_bytes(record_key)) % sets.size()];
}

codec::Geometry geometry_for(const Context&, const ErasureSet& set, std::string_view, std::uint64_t size) {
  return codec::choose_geometry(set.quorum().data, set.quorum().parity, size);
}

std::uint32_t needed_for(const ErasureSet& set, const codec::Geometry& g) {
  return std::max(set.quorum().write(), Quorum::write_of(set.size(), g.data));
}

Task<Stored> write_body(const Context& context, ErasureSet& set, WriteBody plan, BodySource& body) {
  const std::uint64_t size = body.size();
  const std::size_t memory = write_memory(plan.geometry, size);
  auto reservation = context.budget.try_reserve(memory);
  if (reservation.bytes() == 0) {
    CO_TRY(reservation, co_await context.budget.reserve(memory, context.config.patience));
  }
  const std::uint32_t rotation = set.rotation(plan.key);
  Stored stored;
  if (fits_inline(plan.geometry, size)) {
    Slice piece;
    Buffer buffer;
    if (size > 0) {
      // The digests look at the bytes while they are coded; coding writes only behind them.
      auto shared = std::make_shared<Buffer>(
          context.pool.get(codec::padded_length(plan.geometry.data, static_cast<std::size_t>(size))));
      CO_TRY(co_await read_exactly(body, shared->span().first(static_cast<std::size_t>(size))));
      piece = Slice(shared, Bytes(shared->span()).first(static_cast<std::size_t>(size)));
      body.digest(piece);
      stored = encode_inlined(set, rotation, plan.geometry, shared->span(), static_cast<std::size_t>(size),
                              context.pool);
    } else {
      stored.geometry = plan.geometry;
    }
    std::byte probe{};
    CO_TRY(const std::size_t extra, co_await body.read(MutableBytes(&probe, 1)));
    if (extra) co_return fail(Code::incomplete_body, "the body is longer than announced");
    CO_TRY(const BodyDigests digests, co_await body.finish());
    CO_TRY(plan.seal(digests, stored.ref));
    co_return stored;
  }

  stored.geometry = plan.geometry;
  stored.ref = {DataId::random(), drive::DataForm::file};
  StripeWriter::Target target;
  target.data = stored.ref.id;
  target.geometry = plan.geometry;
  target.size = size;
  target.identity = plan.identity;
  target.rotation = rotation;
  target.need = plan.need;
  target.slots = set.all();
  StripeWriter writer(set, context.pool, target);
  CO_TRY(co_await writer.open());
  const codec::Layout layout(plan.geometry, size);
  for (std::uint64_t stripe = 0; stripe < layout.stripe_count(); ++stripe) {
    const auto length = static_cast<std::size_t>(layout.stripe_length(stripe));
    auto buffer =
        std::make_shared<Buffer>(context.pool.get(codec::padded_length(plan.geometry.data, length)));
    CO_TRY(co_await read_exactly(body, buffer->span().first(length)));
    body.digest(Slice(buffer, Bytes(buffer->span()).first(length)));
    CO_TRY(co_await writer.write(buffer, length));
  }
  std::byte probe{};
  CO_TRY(const std::size_t extra, co_await body.read(MutableBytes(&probe, 1)));
  if (extra) co_return fail(Code::incomplete_body, "the body is longer than announced");
  CO_TRY(const BodyDigests digests, co_await body.finish());
  CO_TRY(std::string metadata, plan.seal(digests, stored.ref));
  CO_TRY(stored.staged, co_await writer.finish(std::move(metadata)));
  co_return stored;
}

std::string object_identity(std::string_view bucket, std::string_view key) {
  return fmt::format("{}/{}", bucket, key);
}

std::string part_identity(std::string_view bucket, std::string_view key, std::string_view upload_id,
                          std::uint32_t number) {
  return fmt::format("{}/{} upload {} part {}", bucket, key, upload_id, number);
}

void discard(ErasureSet& set, const Stored& stored, SlotMask taken) {
  for (std::uint32_t i = 0; i < stored.staged.size(); ++i)
    if (stored.staged[i] && !(taken >> i & 1))
      if (const auto d = set.drive(i)) d->discard(*stored.staged[i]);
}

Task<std::vector<Slice>> fetch_bodies(ErasureSet& set, DataId data, SlotMask slots) {
  auto gather = set.ask<Slice>(slots, [&](std::uint32_t, drive::Drive& d, Completion<Slice> done) {
    d.read_body(data, std::move(done));
  });
  auto replies = co_await set.collect(
      gather, slots, [](const auto&) { return false; },
      std::chrono::steady_clock::now() + std::chrono::seconds(1));
  std::vector<Slice> out(set.size());
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (replies[i] && replies[i]->has_value()) out[i] = std::move(**replies[i]);
  co_return out;
}

std::vector<Slice> bodies_of(const Current& current) {
  std::vector<Slice> out(current.views.size());
  for (std::size_t i = 0; i < current.views.size(); ++i) {
    if (!current.views[i]) continue;
    const drive::View& v = *current.views[i];
    if (v.committed.state.id == current.state.id)
      out[i] = v.committed.body;
    else if (v.open && v.open->state.id == current.state.id)
      out[i] = v.open->body;
  }
  return out;
}

Task<std::vector<PartDoc>> read_part_table(ErasureSet& set, const VersionDoc& doc, const Current* current) {
  if (current)
    for (const Slice& body : bodies_of(*current))
      if (!body.empty())
        if (auto parts = decode_parts(body.text())) co_return parts;
  CO_TRY(const auto bodies, co_await fetch_bodies(set, doc.data.id, set.all()));
  for (const Slice& body : bodies)
    if (!body.empty())
      if (auto parts = decode_parts(body.text())) co_return parts;
  co_return fail(Code::no_quorum, "no part table");
}

Task<std::unique_ptr<ObjectReader>> open_version(const Context& context, ErasureSet& set,
                                                 std::string record_key, VersionDoc doc, Current current) {
  auto reader = std::make_unique<VersionReader>(context, set, std::move(record_key), std::move(doc),
                                                std::move(current));
  CO_TRY(co_await reader->load());
  co_return std::unique_ptr<ObjectReader>(std::move(reader));
}

}  // namespace cairn::store
