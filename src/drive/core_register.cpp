#include <algorithm>

#include "drive/core.hpp"
#include "drive/encoding.hpp"

// The register on this drive: prepare, accept and what else changes a key.
namespace cairn::drive {

// The body of inlined data or of a part table. `gone`: it should be here and is not, because the state was
// superseded since it was read, or because it was lost.
Status LocalDrive::Core::fetch_body(Held& held, bool cached_only, bool& gone) {
  const auto ref = std::find_if(held.state.data.begin(), held.state.data.end(),
                                [](const DataRef& r) { return r.form != DataForm::file; });
  if (ref == held.state.data.end()) return {};
  auto value = records_->get(Table::bodies, ref->id.bytes(), {.cached_only = cached_only, .alone = true});
  Result<Slice> body;
  if (!value) {
    body = fail(value.error());
  } else if (!*value) {
    gone = !held.shard_missing;
    held.shard_missing = true;
    return {};
  } else {
    body = body_of_value(std::move(**value), ref->id);
  }
  if (body) {
    held.body = std::move(*body);
    return {};
  }
  if (!body.error().is(Code::corrupt) && !body.error().is(Code::io)) return fail(body.error());
  ++errors_;
  held.shard_missing = true;  // to be healed, as a file with bad chunks is
  return {};
}

Result<View> LocalDrive::Core::view(const std::string& key, bool body, bool cached_only) {
  StateId committed_before, open_before;
  for (bool again = false;; again = true) {
    TRY(const auto value, records_->get(Table::objects, key, {.cached_only = cached_only}));
    TRY(const Known known, decode_known(value, key, whole_));
    View out = view_of(known);
    out.sequence = sequence_;
    if (!body) return out;
    bool gone = false;
    TRY(fetch_body(out.committed, cached_only, gone));
    if (out.open) TRY(fetch_body(*out.open, cached_only, gone));
    if (!gone) return out;
    // Head and body are read one after the other: look again, until the same head has no body twice.
    const StateId open = out.open ? out.open->state.id : StateId{};
    if (again && committed_before == out.committed.state.id && open_before == open) return out;
    committed_before = out.committed.state.id;
    open_before = open;
  }
}

void LocalDrive::Core::read(std::string key, bool body, Completion<View> done) {
  auto cached = view(key, body, true);
  if (cached || !cached.error().is(Code::unsupported)) return done(std::move(cached));
  post_result<View>(std::move(done),
                    [key = std::move(key), body](Core& core) { return core.view(key, body, false); });
}

// The in-memory half of prepare: promises, unless an accept for the key is being written or the horizon has
// to move first
// (`slow`). Once it has promised, no older ballot is accepted any more, so what the records say afterwards is
// the answer.
Result<PrepareReply> LocalDrive::Core::promise(const std::string& key, Ballot ballot, bool& slow) {
  PrepareReply reply;
  const std::lock_guard lock(registers_.mutex);
  registers_.highest_seen = std::max(registers_.highest_seen,
                                     std::min(ballot.time, now_ballot() + (std::uint64_t{3'600'000} << 16)));
  if (slow) {
    slow = false;
  } else if (ballot.time > registers_.horizon || registers_.pending.contains(key)) {
    slow = true;
    return reply;
  }
  reply.highest = std::max(registers_.promises.find(key), registers_.promises.floor());
  if (ballot <= reply.highest) return reply;
  registers_.promises.set(key, ballot);
  reply.promised = true;
  return reply;
}

void LocalDrive::Core::prepare(std::string key, Ballot ballot, bool body, Completion<PrepareReply> done) {
  bool slow = false;
  auto promised = promise(key, ballot, slow);
  const auto answer = [](Core& core, const std::string& k, Ballot b, bool with_body,
                         bool cached) -> Result<PrepareReply> {
    TRY(View view, core.view(k, with_body, cached));
    PrepareReply reply;
    reply.highest = view.committed.state.id;
    if (view.open) reply.highest = std::max(reply.highest, view.open->accepted);
    reply.promised = b > reply.highest;
    if (reply.promised) reply.view = std::move(view);
    return reply;
  };
  if (!slow) {
    if (!promised->promised) return done(std::move(promised));
    auto cached = answer(*this, key, ballot, body, true);
    if (cached || !cached.error().is(Code::unsupported)) return done(std::move(cached));
    return post_result<PrepareReply>(std::move(done),
                                     [key = std::move(key), ballot, body, answer](Core& core) {
                                       return answer(core, key, ballot, body, false);
                                     });
  }
  // In line behind the accept that is being written; answered from the records, once this batch is in them.
  auto shared_key = std::make_shared<const std::string>(std::move(key));
  mutate<PrepareReply>(
      [this, shared_key, ballot](Batch& batch) -> Result<PrepareReply> {
        bool in_line = true;
        batch.horizon = std::max(batch.horizon, ballot.time);
        return promise(*shared_key, ballot, in_line);
      },
      [self = shared_from_this(), shared_key, ballot, body, answer,
       done = std::move(done)](Result<PrepareReply> r) mutable {
        if (!r || !r->promised) return done(std::move(r));
        auto cached = answer(*self, *shared_key, ballot, body, true);
        if (cached || !cached.error().is(Code::unsupported)) return done(std::move(cached));
        self->post_result<PrepareReply>(std::move(done), [shared_key, ballot, body, answer](Core& core) {
          return answer(core, *shared_key, ballot, body, false);
        });
      });
}

void LocalDrive::Core::accept(AcceptRequest request, Completion<AcceptReply> done) {
  if (adds_data(request) && refuses_data()) return done(fail(Code::drive_full, config_.root));
  mutate<AcceptReply>(
      [this, request = std::move(request)](Batch& batch) -> Result<AcceptReply> {
        Ballot promised;
        {
          const std::lock_guard lock(registers_.mutex);
          promised = registers_.promises.find(request.key);
          if (promised == request.ballot) {
            ++registers_.pending[request.key];
            pending_of_batch_.push_back(request.key);
          }
        }
        TRY(const Known known, batch.known(request.key));
        Batch::Reader reader(batch, request.key);
        Transition t;
        TRY(AcceptReply reply, drive::accept(batch.registers(reader), known, promised, request, t));
        if (reply.accepted) batch.apply(request.key, t);
        return reply;
      },
      std::move(done));
}

void LocalDrive::Core::learn(LearnRequest request) {
  mutate<void>(
      [request = std::move(request)](Batch& batch) -> Status {
        TRY(const Known known, batch.known(request.key));
        Batch::Reader reader(batch, request.key);
        Transition t;
        TRY(drive::learn(batch.registers(reader), known, request, t));
        batch.apply(request.key, t);
        return {};
      },
      {}, true);
}

void LocalDrive::Core::heal_done(std::string key, StateId state, std::uint32_t still_missing) {
  mutate<void>(
      [key = std::move(key), state, still_missing](Batch& batch) -> Status {
        TRY(const Known known, batch.known(key));
        Batch::Reader reader(batch, key);
        Transition t;
        TRY(drive::heal_done(batch.registers(reader), known, state, still_missing, t));
        batch.apply(key, t);
        return {};
      },
      {}, true);
}

void LocalDrive::Core::purge(std::string key, StateId state, Completion<bool> done) {
  mutate<bool>(
      [this, key = std::move(key), state](Batch& batch) -> Result<bool> {
        TRY(const Known known, batch.known(key));
        Ballot floor;
        {
          const std::lock_guard lock(registers_.mutex);
          floor = registers_.promises.floor();
        }
        Batch::Reader reader(batch, key);
        Transition t;
        TRY(const bool purged, drive::purge(batch.registers(reader), known, floor, state, t));
        if (purged) batch.apply(key, t);
        return purged;
      },
      std::move(done));
}

void LocalDrive::Core::restore(RestoreRequest request, Completion<bool> done) {
  if ((!request.bodies.empty() || !request.staged.empty()) && refuses_data())
    return done(fail(Code::drive_full, config_.root));
  mutate<bool>(
      [request = std::move(request)](Batch& batch) -> Result<bool> {
        TRY(const Known known, batch.known(request.key));
        Batch::Reader reader(batch, request.key);
        Transition t;
        TRY(const bool restored, drive::restore(batch.registers(reader), known, request, t));
        if (restored) batch.apply(request.key, t);
        return restored;
      },
      std::move(done));
}

void LocalDrive::Core::put_part(PutPartRequest request, Completion<void> done) {
  if (refuses_data()) return done(fail(Code::drive_full, config_.root));
  mutate<void>(
      [request = std::move(request)](Batch& batch) -> Status {
        TRY(const Known known, batch.known(request.key));
        Batch::Reader reader(batch, request.key);
        Transition t;
        TRY(drive::put_part(batch.registers(reader), known, request, t));
        batch.apply(request.key, t);
        return {};
      },
      std::move(done));
}

void LocalDrive::Core::register_incarnation(std::uint32_t slot, DriveId id, std::uint32_t incarnation,
                                            Completion<Ballot> done) {
  mutate<Ballot>(
      [this, slot, id, incarnation](Batch& batch) -> Result<Ballot> {
        const std::string key = meta_slot_key(slot);
        TRY(const auto value, batch.meta(key));
        if (value) {
          Decoder d(*value);
          const DriveId registered = DriveId::from_bytes(d.raw(16));
          const std::uint32_t number = d.u32();
          TRY(d.finish("registered incarnation"));
          if (number > incarnation || (number == incarnation && registered != id))
            return fail(Code::exists, "a later incarnation of the slot is registered");
        }
        std::string next;
        Encoder e(next);
        e.raw(id.bytes());
        e.u32(incarnation);
        batch.put_meta(key, next);
        // Promises to proposals that the replaced drive may have accepted are void: with them such a proposal
        // could still reach a quorum that counts a drive which has forgotten it.
        const std::lock_guard lock(registers_.mutex);
        registers_.promises.raise_floor({std::max(registers_.horizon, batch.horizon), ~std::uint32_t{0}});
        registers_.promises.forget_all();
        return Ballot{};
      },
      // The horizon as this batch left it: nothing above it was promised before.
      [self = shared_from_this(), done = std::move(done)](Result<Ballot> r) mutable {
        if (r) {
          const std::lock_guard lock(self->registers_.mutex);
          r = Ballot{self->registers_.horizon, ~std::uint32_t{0}};
        }
        done(std::move(r));
      });
}

void LocalDrive::Core::remember(std::vector<PeerMark> marks, bool replace) {
  mutate<void>(
      [this, marks = std::move(marks), replace](Batch& batch) -> Status {
        auto known = batch.after.marks ? *batch.after.marks : marks_;  // written by this thread only
        bool news = false;
        for (const PeerMark& mark : marks) {
          const auto [it, added] = known.try_emplace(mark.slot, mark);
          if (!added && (replace ? it->second == mark : !it->second.below(mark))) continue;
          it->second = mark;
          news = true;
        }
        if (news) batch.after.marks = std::move(known);
        return {};
      },
      {});
}

std::vector<PeerMark> LocalDrive::Core::remembered() const {
  const std::lock_guard lock(marks_mutex_);
  std::vector<PeerMark> out;
  for (const auto& [slot, mark] : marks_) out.push_back(mark);
  return out;
}

bool LocalDrive::Core::older_than(const PeerMark& mark) const {
  return PeerMark{identity_.slot, identity_.incarnation, sequence_}.below(mark);
}

void LocalDrive::Core::expect(const PeerMark& mark) {
  if (state_ == DriveState::online && older_than(mark)) fault(DriveState::damaged, kOlder);
}

void LocalDrive::Core::adopt_floor(Ballot floor, Completion<void> done) {
  mutate<void>(
      [floor](Batch& batch) -> Status {
        batch.floor = std::max(batch.floor, floor);
        return {};
      },
      std::move(done));
}

}  // namespace cairn::drive
