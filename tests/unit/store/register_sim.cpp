#include "unit/store/register_sim.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>

namespace cairn::store::sim {
namespace {

using drive::AcceptReply;
using drive::AcceptRequest;
using drive::Ballot;
using drive::MemDrive;
using drive::PrepareReply;
using drive::Row;
using drive::RowChange;
using drive::RowTable;
using drive::State;
using drive::StateId;
using drive::StateKind;
using drive::View;
using history::HistoryOp;

std::uint32_t count(SlotMask m) { return static_cast<std::uint32_t>(std::popcount(m)); }
SlotMask bit(std::uint32_t i) { return SlotMask{1} << i; }

const std::string kKey = drive::record_key(drive::BucketId{7}, "k");

// A register's value as the histories show it: the version, then the open uploads.
struct Value {
  std::string version;  // empty: no object
  std::set<std::string> uploads;
  std::string text() const {
    std::string out = version + "|";
    for (const auto& u : uploads) out += u + ",";
    return out;
  }
  static Value of(const std::string& text) {
    Value v;
    const auto bar = text.find('|');
    v.version = text.substr(0, bar);
    for (std::size_t at = bar + 1; at < text.size();) {
      const auto comma = text.find(',', at);
      v.uploads.insert(text.substr(at, comma - at));
      at = comma + 1;
    }
    return v;
  }
};

struct RoundBase {
  std::uint32_t pending = 0;
  std::function<bool()> enough;
};
template <class T>
struct Round : RoundBase {
  std::vector<std::optional<Result<T>>> replies;
};

struct Message {
  bool reply = false;
  std::shared_ptr<RoundBase> round;
  std::uint32_t slot = 0;
  std::function<std::function<void()>(MemDrive&)> request;
  std::function<void()> apply;
};

struct Client {
  std::uint32_t node = 0;
  std::uint64_t last = 0;  // hybrid clock
  std::int64_t skew = 0;
  StateId known;  // seen committed by this process
  // What it does now.
  std::unique_ptr<Flow<bool>> flow;
  std::coroutine_handle<> leaf;
  std::shared_ptr<RoundBase> round;
  bool background = false;
};

struct Based {
  enum class Kind { ok, retry, failed } kind = Kind::failed;
  Ballot ballot;
  State state;
  SlotMask holders = 0, with_data = 0, promised = 0;
  Views views;
};
struct Change {
  State state;
  std::vector<RowChange> rows;
  std::vector<bool> staged;  // by slot
  bool needs_data = true;
};
struct Accepted {
  SlotMask accepted = 0, complete = 0, with_rows = 0;
  bool preempted = false, definite = true;
};
enum class Result3 { changed, same, refused, nothing, unknown };
struct Updated {
  Result3 result = Result3::nothing;
  State state;
};
struct Decision {
  std::optional<Change> change;
  bool refuse = false;
};
using Decide = std::function<Flow<Decision>(const Based&)>;

struct Record {  // of an operation
  HistoryOp op;
  std::size_t index = 0;
};

class Simulation {
 public:
  explicit Simulation(const Options& o)
      : options_(o), q_(o.shape.quorum()), random_(o.seed * 7919 + o.shape.drives) {
    for (std::uint32_t i = 0; i < q_.drives; ++i) drives_.push_back(make_drive(i, 1));
    in_service_ = all();
    clients_.resize(o.clients + 1);
    for (std::uint32_t c = 0; c < clients_.size(); ++c) {
      clients_[c].node = c + 1;
      clients_[c].skew = static_cast<std::int64_t>(random_() % 40) - 20;
    }
  }

  Outcome run() {
    for (now_ = 1; now_ < 6000; ++now_) {
      for (std::uint32_t c = 0; c < options_.clients; ++c)
        if (!clients_[c].flow && started_ < options_.operations && chance(30)) start_operation(clients_[c]);
      if (options_.healing && !clients_.back().flow && chance(2) && started_ < options_.operations)
        start_healing(clients_.back());
      if (idle() && started_ >= options_.operations) break;
      disturb();
      for (std::uint32_t i = 0; i < 1 + q_.drives / 4 && !messages_.empty(); ++i) deliver();
      wake();
    }
    finish();
    return std::move(out_);
  }

 private:
  std::shared_ptr<MemDrive> make_drive(std::uint32_t slot, std::uint32_t incarnation) {
    drive::MemDriveConfig config;
    config.identity.slot = slot;
    config.identity.incarnation = incarnation;
    std::string id(16, '\0');
    id[0] = static_cast<char>(slot + 1), id[1] = static_cast<char>(incarnation);
    config.identity.id = drive::DriveIdentity{}.id.from_bytes(id);
    config.whole = incarnation == 1 || options_.bug == Bug::absent;
    config.promise_limit = options_.seed % 3 == 0 ? 1 : 4096;
    config.horizon_step_ms = options_.seed % 2;
    return std::make_shared<MemDrive>(config);
  }
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  bool permille(unsigned n) { return random_() % 1000 < n; }
  SlotMask all() const { return (SlotMask{1} << q_.drives) - 1; }
  bool idle() const {
    if (!messages_.empty()) return false;
    return std::all_of(clients_.begin(), clients_.end(), [](const Client& c) { return !c.flow; });
  }

  // ---- the world ----

  void disturb() {
    const unsigned scale = options_.calm ? 1 : 2;
    if (permille(10 * scale)) drives_[random_() % q_.drives]->restart(options_.bug != Bug::no_floor);
    if (permille(7 * scale)) {
      down_ ^= bit(static_cast<std::uint32_t>(random_() % q_.drives));
      const std::uint32_t spare = q_.drives - q_.write();
      while (count(down_) > spare + (chance(10) ? 1 : 0)) down_ &= down_ - 1;
    }
    if (permille(3 * scale)) crash(clients_[random_() % clients_.size()]);
    if (permille(6)) {  // another key's promise pushes this key's out
      const auto slot = random_() % q_.drives;
      drives_[slot]->prepare("other", {drives_[slot]->horizon().time + 1, 99}, false,
                             [](Result<PrepareReply>) {});
    }
    if (options_.replace && q_.drives > 2 && !replaced_ && started_ > 2 && permille(8)) replace();
  }

  void crash(Client& c) {
    if (!c.flow) return;
    c.flow.reset();
    c.round.reset();
    c.leaf = {};
    c.known = {};
  }

  void replace() {
    Client& c = clients_.back();
    crash(c);
    replaced_ = true;
    replaced_slot_ = static_cast<std::uint32_t>(random_() % q_.drives);
    down_ &= ~bit(replaced_slot_);
    drives_[replaced_slot_] = make_drive(replaced_slot_, 2);
    if (options_.trace)
      std::printf("%llu: drive %u replaced\n", static_cast<unsigned long long>(now_), replaced_slot_);
    if (options_.bug == Bug::absent) return;
    in_service_ &= ~bit(replaced_slot_);
    start_filling(c);
  }

  void deliver() {
    const std::size_t i = random_() % messages_.size();
    std::swap(messages_[i], messages_.back());
    Message m = std::move(messages_.back());
    messages_.pop_back();
    const unsigned loss = options_.calm ? 1 : 3;
    if (m.reply) {
      if (m.round) --m.round->pending;
      if (!chance(loss)) m.apply();
      return;
    }
    const bool reached = (in_service_ & ~down_ & bit(m.slot)) && !chance(loss);
    if (!reached) {
      if (m.round) --m.round->pending;
      return;
    }
    Message reply;
    reply.reply = true;
    reply.round = m.round;
    reply.apply = m.request(*drives_[m.slot]);
    const bool again = chance(3);
    if (reply.round) messages_.push_back(std::move(reply));
    // It may arrive twice, but one answer counts at most: a drive that accepted and then restarted would say
    // no.
    if (again) {
      m.round.reset();
      messages_.push_back(std::move(m));
    }
  }

  void wake() {
    for (Client& c : clients_) {
      if (!c.flow || !c.round) continue;
      const bool complete = c.round->pending == 0;
      if (!complete && !(c.round->enough() && chance(20)) && !permille(4)) continue;
      c.round.reset();
      std::exchange(c.leaf, {}).resume();
      reap(c);
    }
  }
  void reap(Client& c) {
    if (c.flow && c.flow->done()) c.flow.reset();
  }
  void start(Client& c, Flow<bool> flow) {
    c.flow = std::make_unique<Flow<bool>>(std::move(flow));
    c.flow->start();
    reap(c);
  }

  // ---- messages ----

  struct Wait {
    Client& client;
    std::shared_ptr<RoundBase> round;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      client.leaf = h;
      client.round = round;
    }
    void await_resume() {}
  };

  // `ask` is called on the drive, and gives its answer at once.
  template <class T, class Ask>
  std::shared_ptr<Round<T>> send(SlotMask slots, Ask ask) {
    auto round = std::make_shared<Round<T>>();
    round->replies.resize(q_.drives);
    round->enough = [] { return false; };
    for (std::uint32_t i = 0; i < q_.drives; ++i)
      if (slots >> i & 1) {
        ++round->pending;
        Message m;
        m.round = round;
        m.slot = i;
        m.request = [round, i, ask](MemDrive& d) -> std::function<void()> {
          std::optional<Result<T>> got;
          ask(i, d, [&got](Result<T> r) { got = std::move(r); });
          return [round, i, got]() mutable {
            if (!round->replies[i]) round->replies[i] = std::move(got);
          };
        };
        messages_.push_back(std::move(m));
      }
    return round;
  }
  template <class Act>
  void tell(SlotMask slots, Act act) {
    for (std::uint32_t i = 0; i < q_.drives; ++i)
      if (slots >> i & 1) {
        Message m;
        m.slot = i;
        m.request = [act](MemDrive& d) -> std::function<void()> {
          act(d);
          return [] {};
        };
        messages_.push_back(std::move(m));
      }
  }

  // ---- ErasureSet, step by step ----

  Ballot next_ballot(Client& c) {
    const auto wall =
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, static_cast<std::int64_t>(now_) + c.skew));
    c.last = std::max(c.last + 1, wall);
    return {c.last, c.node};
  }
  std::uint32_t shards_needed(const State& s) const { return s.data.empty() ? 0 : q_.data; }

  void learn(Client& c, StateId id, SlotMask complete) {
    if (q_.drives == 1) return;
    c.known = id;
    const SlotMask missing = all() & ~complete;
    tell(all(), [id, missing](MemDrive& d) { d.learn({kKey, id, missing}); });
  }

  Flow<Accepted> accept(Client& c, Ballot ballot, SlotMask slots, State base, SlotMask base_holders,
                        std::optional<Change> change, std::uint32_t need) {
    const bool force = options_.bug == Bug::no_live_promise;
    const bool needs_data = change && change->needs_data;
    auto round =
        send<AcceptReply>(slots, [=, this](std::uint32_t i, MemDrive& d, Completion<AcceptReply> done) {
          AcceptRequest r;
          r.key = kKey;
          r.ballot = ballot;
          r.base = base.id;
          if (!(base_holders >> i & 1) && !base.id.is_null()) r.install = drive::Install{base};
          if (change) {
            r.state = change->state;
            r.rows = change->rows;
            if (!change->staged.empty() && !change->state.data.empty()) {
              if (change->staged[i])
                r.body = Slice::of(change->state.head);
              else
                r.shard_missing = true;
            }
            r.commit = q_.drives == 1;
          }
          if (force) d.force_promise(kKey, ballot);
          if (options_.trace)
            std::printf("%llu: drive %u accept %llu base %llu%s state %llu%s\n", (unsigned long long)now_, i,
                        (unsigned long long)r.ballot.time, (unsigned long long)r.base.time,
                        r.install ? " install" : "", r.state ? (unsigned long long)r.state->id.time : 0,
                        r.body.empty() ? " no body" : "");
          d.accept(std::move(r), [&](Result<AcceptReply> reply) {
            if (options_.trace)
              std::printf("      %s%s\n", reply && reply->accepted ? "yes" : "no",
                          reply && reply->shard_missing ? " missing" : "");
            done(std::move(reply));
          });
        });
    const bool counts = needs_data && options_.bug != Bug::no_data_count;
    round->enough = [r = round.get(), need, counts, proposal = change.has_value()] {
      std::uint32_t good = 0;
      for (const auto& x : r->replies)
        good += x && x->has_value() && (*x)->accepted && !(counts && (*x)->shard_missing) &&
                !(proposal && (*x)->rows_missing);
      return good >= need;
    };
    Wait wait{c, round};
    co_await wait;
    Accepted out;
    for (std::uint32_t i = 0; i < q_.drives; ++i) {
      if (!(slots >> i & 1)) continue;
      const auto& reply = round->replies[i];
      if (!reply || !reply->has_value()) {
        out.definite = false;
        continue;
      }
      if (!(*reply)->accepted) {
        out.preempted = true;
        c.last = std::max(c.last, (*reply)->highest.time);
        continue;
      }
      out.accepted |= bit(i);
      if (!(*reply)->shard_missing) out.complete |= bit(i);
      if (!(*reply)->rows_missing) out.with_rows |= bit(i);
    }
    co_return out;
  }

  Flow<Based> find_base(Client& c, std::optional<Change> own = {}) {
    Based out;
    out.ballot = next_ballot(c);
    auto round = send<PrepareReply>(
        all(), [b = out.ballot](std::uint32_t, MemDrive& d, Completion<PrepareReply> done) {
          d.prepare(kKey, b, false, std::move(done));
        });
    round->enough = [this, r = round.get()] {
      std::uint32_t promised = 0;
      for (const auto& x : r->replies) promised += x && x->has_value() && (*x)->promised;
      return promised >= q_.write();
    };
    Wait wait{c, round};
    co_await wait;
    bool preempted = false;
    out.views.resize(q_.drives);
    for (std::uint32_t i = 0; i < q_.drives; ++i) {
      const auto& reply = round->replies[i];
      if (!reply || !reply->has_value()) continue;
      if (!(*reply)->promised) {
        preempted = true;
        c.last = std::max(c.last, (*reply)->highest.time);
        continue;
      }
      out.promised |= bit(i);
      out.views[i] = (*reply)->view;
    }
    Settled settled = settle(out.views, q_, [this](const State& s) { return shards_needed(s); });
    using Kind = Settled::Kind;
    if (settled.kind == Kind::unready || settled.kind == Kind::stuck) {
      out.kind = preempted ? Based::Kind::retry : Based::Kind::failed;
      co_return out;
    }
    if (settled.kind == Kind::lost) {
      ++out_.lost;
      dropped_ = true;
      if (q_.write() > q_.data && acknowledged_.contains(settled.state.head))
        problem("an acknowledged state was dropped: " + settled.state.head);
      settled.state = settled.committed;
    }
    if (settled.kind == Kind::carry) {
      ++out_.carried;
      SlotMask holders = 0;
      Change again;
      const bool mine = own && own->state.id == settled.state.id;
      if (mine) again = *own;  // its proposer still has the data
      again.state = settled.state;
      again.needs_data = false;
      for (std::uint32_t i = 0; i < q_.drives; ++i) {
        const auto& v = out.views[i];
        if (!v) continue;
        if (v->committed.state.id == settled.committed.id ||
            (v->open && v->open->state.id == settled.committed.id))
          holders |= bit(i);
        if (v->open && v->open->state.id == settled.state.id) again.rows = v->open->rows;
      }
      Flow<Accepted> step =
          accept(c, out.ballot, out.promised, settled.committed, holders, again, q_.write());
      const Accepted accepted = co_await step;
      if (count(accepted.accepted) < q_.write()) {
        out.kind = accepted.preempted ? Based::Kind::retry : Based::Kind::failed;
        co_return out;
      }
      settled.holders = accepted.accepted;
      settled.with_data = accepted.complete;
      learn(c, settled.state.id, accepted.complete);
    }
    out.kind = Based::Kind::ok;
    out.state = settled.state;
    out.holders = settled.holders;
    out.with_data = settled.with_data;
    co_return out;
  }

  static SlotMask with_rows(const Based& based) {
    SlotMask out = 0;
    for (std::uint32_t i = 0; i < based.views.size(); ++i) {
      const auto& v = based.views[i];
      if (!v) continue;
      const bool committed = v->committed.state.id == based.state.id && !v->committed.rows_missing;
      const bool open = v->open && v->open->state.id == based.state.id && !v->open->rows_missing;
      if (committed || open) out |= bit(i);
    }
    return out;
  }

  static bool held_open(const Based& based, StateId id) {
    return std::any_of(based.views.begin(), based.views.end(),
                       [id](const auto& v) { return v && v->open && v->open->state.id == id; });
  }

  Flow<Updated> update(Client& c, Decide decide) {
    Updated out;
    for (int attempt = 0; attempt < 6; ++attempt) {
      Flow<Based> finding = find_base(c);
      const Based based = co_await finding;
      if (based.kind == Based::Kind::failed) co_return out;
      if (based.kind == Based::Kind::retry) continue;
      Flow<Decision> deciding = decide(based);
      Decision decision = co_await deciding;
      out.state = based.state;
      if (!decision.change) {
        out.result = decision.refuse ? Result3::refused : Result3::same;
        co_return out;
      }
      State& next = decision.change->state;
      next.id = based.ballot;
      next.ancestors = based.state.ancestors;
      next.ancestors.insert(next.ancestors.begin(), based.state.id);
      if (next.ancestors.size() > State::kMaxAncestors) next.ancestors.resize(State::kMaxAncestors);
      const std::uint32_t need = q_.write() - (options_.bug == Bug::w_minus_one && q_.write() > 1 ? 1 : 0);
      if (count(based.promised) < need) co_return out;
      Flow<Accepted> accepting =
          accept(c, based.ballot, based.promised, based.state, based.holders, *decision.change, need);
      const Accepted accepted = co_await accepting;
      const bool counts = decision.change->needs_data && options_.bug != Bug::no_data_count;
      const SlotMask good = (counts ? accepted.complete : accepted.accepted) & accepted.with_rows;
      if (count(good) >= need) {
        learn(c, next.id, accepted.complete);
        out.state = next;
        out.result = Result3::changed;
        co_return out;
      }
      if (!accepted.accepted && accepted.definite) {
        if (accepted.preempted) continue;
        co_return out;
      }
      if (options_.bug == Bug::propose_again) continue;
      const StateId base = based.state.id;
      for (int more = 0; more < 5; ++more) {
        Flow<Based> looking = find_base(c, decision.change);
        const Based again = co_await looking;
        if (again.kind != Based::Kind::ok) continue;
        const bool untouched = again.state.id == base && (!base.is_null() || held_open(again, next.id));
        if (untouched && count(again.promised) >= need) {
          Flow<Accepted> completing =
              accept(c, again.ballot, again.promised, again.state, again.holders, *decision.change, need);
          const Accepted retried = co_await completing;
          if (count((counts ? retried.complete : retried.accepted) & retried.with_rows) < need) continue;
          learn(c, next.id, retried.complete);
          out.state = next;
          out.result = Result3::changed;
          co_return out;
        }
        const auto& a = again.state.ancestors;
        const bool ours = again.state.id == next.id || std::find(a.begin(), a.end(), next.id) != a.end();
        if (!ours) break;
        if (counts && count(again.with_data) < need) break;
        if (again.state.rows.count > 0 && count(with_rows(again)) < need) break;
        out.state = next;
        out.result = Result3::changed;
        learn(c, next.id, again.with_data);
        co_return out;
      }
      out.result = Result3::unknown;
      co_return out;
    }
    co_return out;
  }

  struct Current {
    bool ok = false;
    State state;
    SlotMask holders = 0, with_data = 0;
    Views views;
  };
  Flow<Current> settle_everywhere(Client& c) {
    Current out;
    for (int attempt = 0; attempt < 6; ++attempt) {
      Flow<Based> finding = find_base(c);
      Based based = co_await finding;
      if (based.kind == Based::Kind::failed) co_return out;
      if (based.kind == Based::Kind::retry) continue;
      Flow<Accepted> accepting =
          accept(c, based.ballot, based.promised, based.state, based.holders, std::nullopt, q_.drives);
      const Accepted accepted = co_await accepting;
      out.ok = true;
      out.state = based.state;
      out.holders = accepted.accepted;
      out.with_data = accepted.complete;
      out.views = std::move(based.views);
      co_return out;
    }
    co_return out;
  }

  Flow<Current> read(Client& c) {
    Current out;
    StateId seen;
    for (int attempt = 0; attempt < 8; ++attempt) {
      const StateId known = q_.drives > 1 ? c.known : StateId{};
      const auto ask = [](std::uint32_t, MemDrive& d, Completion<View> done) {
        d.read(kKey, false, std::move(done));
      };
      SlotMask first = all();
      if (attempt == 0) {
        first = 0;
        const auto rotation = static_cast<std::uint32_t>(random_() % q_.drives);
        for (std::uint32_t i = 0; count(first) < q_.read(); ++i) first |= bit((i + rotation) % q_.drives);
      }
      Views views(q_.drives);
      SlotMask asked = 0;
      ReadDecision decision;
      for (SlotMask more = first; more; more = all() & ~asked) {
        auto round = send<View>(more, ask);
        round->enough = [r = round.get(), n = std::min(count(more), q_.read())] {
          std::uint32_t answers = 0;
          for (const auto& x : r->replies) answers += x.has_value();
          return answers >= n;
        };
        Wait wait{c, round};
        co_await wait;
        asked |= more;
        for (std::uint32_t i = 0; i < q_.drives; ++i)
          if (!views[i] && round->replies[i] && round->replies[i]->has_value())
            views[i] = **round->replies[i];
        decision = decide_read(views, q_, all() & ~asked, known,
                               [this](const State& s) { return shards_needed(s); });
        if (decision.kind != ReadDecision::Kind::ask_more) break;
      }
      if (needs_a_second_look(decision, views, q_) && decision.state.id != seen) {
        seen = decision.state.id;
        continue;
      }
      if (options_.bug == Bug::open_read)
        for (const auto& v : views)
          if (v && v->open && v->open->state.id > decision.state.id) {
            decision.kind = ReadDecision::Kind::answer;
            decision.state = v->open->state;
          }
      if (decision.kind == ReadDecision::Kind::answer) {
        out.ok = true;
        out.state = decision.state;
        out.holders = decision.holders;
        out.with_data = decision.with_data;
        out.views = std::move(views);
        co_return out;
      }
      if (decision.kind == ReadDecision::Kind::unready || attempt < 2) continue;
      Flow<Current> settling = settle_everywhere(c);
      const Current settled = co_await settling;
      if (!settled.ok) co_return out;
    }
    co_return out;
  }

  // ---- the store's operations ----

  // The rows of one slot, in both tables.
  using Rows = std::vector<Row>;
  std::shared_ptr<Round<Rows>> ask_rows(SlotMask slots) {
    return send<Rows>(slots, [](std::uint32_t, MemDrive& d, Completion<Rows> done) {
      Rows all;
      bool ok = d.status().whole;  // else another, empty drive has come into the slot
      for (const RowTable table : {RowTable::version, RowTable::upload})
        d.rows(kKey, table, "", 1000, [&](Result<Rows> r) {
          ok &= r.has_value();
          if (!r.has_value()) return;
          for (Row& row : r.value()) all.push_back(std::move(row));
        });
      if (ok)
        done(std::move(all));
      else
        done(fail(Code::offline));
    });
  }

  enum class Found { yes, no, failed };
  // As find_upload_row in multipart.cpp.
  Flow<Found> find_upload(Client& c, Based current, std::string upload) {
    for (const auto& v : current.views)
      if (v && v->open && v->open->state.id == current.state.id)
        for (const RowChange& change : v->open->rows)
          if (change.row.id == upload) co_return change.remove ? Found::no : Found::yes;
    for (std::uint32_t i = 0; i < q_.drives; ++i) {
      if (!(current.holders >> i & 1)) continue;
      const auto& v = current.views[i];
      if (!v) continue;
      if (v->committed.rows_missing) continue;
      if (v->committed.state.id != current.state.id && !(v->open && v->open->state.id == current.state.id))
        continue;
      auto round = ask_rows(bit(i));
      Wait wait{c, round};
      co_await wait;
      const auto& reply = round->replies[i];
      if (!reply || !reply->has_value()) continue;
      for (const Row& r : **reply)
        if (r.id == upload) co_return Found::yes;
      co_return Found::no;
    }
    co_return Found::failed;
  }

  static Row upload_row(const std::string& id) { return {RowTable::upload, id, "value of " + id, {}}; }

  // Which drives have staged the data: at least W, or the write is not proposed. Afterwards some may have
  // lost it by a restart.
  std::vector<bool> stage() {
    std::vector<bool> staged(q_.drives, true);
    if (!options_.data_loss || q_.drives < 3) return staged;
    for (std::uint32_t away = static_cast<std::uint32_t>(random_() % 3); away > 0; --away)
      if (count_of(staged) > q_.write()) staged[random_() % q_.drives] = false;
    if (permille(30)) staged[random_() % q_.drives] = false;
    return staged;
  }
  static std::uint32_t count_of(const std::vector<bool>& v) {
    return static_cast<std::uint32_t>(std::count(v.begin(), v.end(), true));
  }
  Change new_object(const std::string& version, const State& base, drive::InvocationId invocation) {
    Change change;
    change.state.kind = StateKind::object;
    change.state.head = version;
    change.state.invocation = invocation;
    std::string id = version;
    id.resize(16, '_');
    change.state.data = {{DataId::from_bytes(id), drive::DataForm::inlined}};
    change.state.rows = base.rows;
    change.state.usage_objects = 1;
    change.state.usage_bytes = version.size();
    change.staged = stage();
    return change;
  }
  static Change same_object(const State& base) {
    Change change;
    change.state = base;
    change.state.invocation = {};
    change.needs_data = false;
    return change;
  }

  std::string new_version() { return "v" + std::to_string(++versions_); }
  std::string any_version() {
    return random_() % (versions_ + 1) ? "v" + std::to_string(1 + random_() % versions_) : "";
  }

  std::size_t open_op(std::string text) {
    HistoryOp op;
    op.start = now_;
    op.must = false;
    op.text = std::move(text);
    history_.push_back(std::move(op));
    return history_.size() - 1;
  }
  void close_op(std::size_t i, std::string text) {
    history_[i].end = now_;
    history_[i].must = true;
    history_[i].text += " = " + std::move(text);
  }
  void drop_op(std::size_t i) {  // it did nothing
    history_[i].end = now_;
    history_[i].text += " = nothing";
    history_[i].step = [](const std::string&) -> std::optional<std::string> { return std::nullopt; };
  }

  void start_operation(Client& c) {
    ++started_;
    switch (random_() % 10) {
      case 0:
      case 1:
      case 2:
        return start(c, do_read(c));
      case 3:
      case 4:
        return start(c, do_put(c, std::nullopt));
      case 5:
        return start(c, do_put(c, std::string()));
      case 6:
        return start(c, do_put(c, any_version()));
      case 7:
        if (options_.deletes) return start(c, do_delete(c));
        return start(c, do_put(c, std::nullopt));
      default:
        if (options_.uploads) return start(c, do_upload(c));
        return start(c, do_read(c));
    }
  }

  Flow<bool> do_read(Client& c) {
    const std::size_t i = open_op("read");
    Flow<Current> reading = read(c);
    const Current current = co_await reading;
    if (!current.ok) {
      ++out_.refused;
      drop_op(i);
      co_return false;
    }
    ++out_.reads;
    const std::string seen = current.state.head;
    const std::uint32_t uploads = current.state.rows.count;
    history_[i].step = [seen, uploads](const std::string& s) -> std::optional<std::string> {
      const Value v = Value::of(s);
      if (v.version != seen || v.uploads.size() != uploads) return std::nullopt;
      return s;
    };
    close_op(i, seen + "/" + std::to_string(uploads));
    co_return true;
  }

  // expected: nothing = unconditional, empty = no object may be there, else the version that must be there.
  Flow<bool> do_put(Client& c, std::optional<std::string> expected) {
    drive::InvocationId invocation{};
    const std::uint32_t number = ++invocations_;
    std::memcpy(invocation.data(), &number, sizeof number);
    std::map<std::string, std::size_t> attempts;  // by version
    for (int attempt = 0; attempt < 3; ++attempt) {
      const std::string version = new_version();
      const std::size_t i = open_op("put " + version + (expected ? " if [" + *expected + "]" : ""));
      attempts[version] = i;
      history_[i].step = [version, expected](const std::string& s) -> std::optional<std::string> {
        Value v = Value::of(s);
        if (expected && v.version != *expected) return std::nullopt;
        v.version = version;
        return v.text();
      };
      std::string met;
      Decide decide = [&](const Based& base) -> Flow<Decision> {
        return decide_put(base.state, version, expected, invocation, met);
      };
      Flow<Updated> updating = update(c, decide);
      const Updated updated = co_await updating;
      switch (updated.result) {
        case Result3::changed:
          ++out_.acknowledged;
          close_op(i, "ok");
          acknowledged_.insert(version);
          co_return true;
        case Result3::same: {  // met its own earlier attempt
          drop_op(i);
          const std::size_t first = attempts.contains(updated.state.head) ? attempts[updated.state.head] : i;
          if (first == i) problem("a retry met a success that is not its own: " + updated.state.head);
          close_op(first, "ok, said the retry");
          co_return true;
        }
        case Result3::refused:
          ++out_.refused;
          history_[i].step = [expected, met](const std::string& s) -> std::optional<std::string> {
            const Value v = Value::of(s);
            if (v.version != met || v.version == *expected) return std::nullopt;
            return s;
          };
          close_op(i, "refused, met [" + met + "]");
          co_return false;
        case Result3::nothing:
          ++out_.refused;
          drop_op(i);
          co_return false;
        case Result3::unknown:
          ++out_.unknown;
          history_[i].text += " = unknown";
          if (!chance(60)) co_return false;
      }
    }
    co_return false;
  }
  Flow<Decision> decide_put(State base, std::string version, std::optional<std::string> expected,
                            drive::InvocationId invocation, std::string& met) {
    Decision d;
    met = base.head;
    if (base.kind == StateKind::object && base.invocation == invocation) co_return d;
    if (expected && base.head != *expected) {
      d.refuse = true;
      co_return d;
    }
    d.change = new_object(version, base, invocation);
    co_return d;
  }

  Flow<bool> do_delete(Client& c) {
    const std::size_t i = open_op("delete");
    history_[i].step = [](const std::string& s) -> std::optional<std::string> {
      Value v = Value::of(s);
      v.version.clear();
      return v.text();
    };
    const auto nothing_there = [this, i] {
      history_[i].step = [](const std::string& s) -> std::optional<std::string> {
        if (!Value::of(s).version.empty()) return std::nullopt;
        return s;
      };
      close_op(i, "nothing there");
    };
    Flow<Current> reading = read(c);
    const Current current = co_await reading;
    if (!current.ok) {
      drop_op(i);
      co_return false;
    }
    if (current.state.kind == StateKind::none) {
      nothing_there();
      co_return true;
    }
    Decide decide = [](const Based& base) -> Flow<Decision> { return decide_delete(base.state); };
    Flow<Updated> updating = update(c, decide);
    const Updated updated = co_await updating;
    if (updated.result == Result3::same) {
      nothing_there();
    } else if (updated.result == Result3::changed) {
      ++out_.acknowledged;
      close_op(i, "ok");
      if (options_.healing && updated.state.rows.count == 0 && chance(60)) {
        Flow<bool> forgetting = heal_key(c);
        co_await forgetting;
      }
    } else if (updated.result == Result3::unknown) {
      ++out_.unknown;
      history_[i].text += " = unknown";
    } else {
      drop_op(i);
    }
    co_return true;
  }
  static Flow<Decision> decide_delete(State base) {
    Decision d;
    if (base.kind == StateKind::none) co_return d;
    Change change;
    change.state.rows = base.rows;
    change.needs_data = false;
    d.change = std::move(change);
    co_return d;
  }

  // Begins an upload; later completes or aborts it.
  Flow<bool> do_upload(Client& c) {
    const std::string upload = "u" + std::to_string(++uploads_);
    const std::size_t begin = open_op("begin " + upload);
    history_[begin].step = [upload](const std::string& s) -> std::optional<std::string> {
      Value v = Value::of(s);
      v.uploads.insert(upload);
      return v.text();
    };
    Decide create = [upload](const Based& base) -> Flow<Decision> {
      return decide_begin(base.state, upload);
    };
    Flow<Updated> creating = update(c, create);
    const Updated created = co_await creating;
    if (created.result == Result3::unknown) history_[begin].text += " = unknown";
    if (created.result == Result3::nothing) drop_op(begin);
    if (created.result != Result3::changed) co_return false;
    close_op(begin, "ok");
    const bool abort = chance(25);
    const std::string version = abort ? "" : new_version();
    const std::size_t end = open_op((abort ? "abort " : "complete ") + upload + " " + version);
    history_[end].step = [upload, version](const std::string& s) -> std::optional<std::string> {
      Value v = Value::of(s);
      if (!v.uploads.erase(upload)) return std::nullopt;
      if (!version.empty()) v.version = version;
      return v.text();
    };
    bool failed = false;
    Decide complete = [&, this](const Based& base) -> Flow<Decision> {
      return decide_end(c, base, upload, version, failed);
    };
    Flow<Updated> completing = update(c, complete);
    const Updated done = co_await completing;
    if (done.result == Result3::changed) {
      ++out_.acknowledged;
      close_op(end, "ok");
    } else if (done.result == Result3::unknown) {
      history_[end].text += " = unknown";
    } else if (done.result == Result3::refused && !failed) {
      history_[end].step = [upload](const std::string& s) -> std::optional<std::string> {
        if (Value::of(s).uploads.contains(upload)) return std::nullopt;
        return s;
      };
      close_op(end, "no such upload");
    } else {
      drop_op(end);
    }
    co_return true;
  }
  static Flow<Decision> decide_begin(State base, std::string upload) {
    Decision d;
    Change change = same_object(base);
    const Row row = upload_row(upload);
    change.rows.push_back({row, false});
    change.state.rows.add(row);
    d.change = std::move(change);
    co_return d;
  }
  Flow<Decision> decide_end(Client& c, Based base, std::string upload, std::string version, bool& failed) {
    Decision d;
    Flow<Found> finding = find_upload(c, base, upload);
    const Found found = co_await finding;
    failed = found == Found::failed;
    if (found != Found::yes) {
      d.refuse = true;
      co_return d;
    }
    Change change = version.empty() ? same_object(base.state) : new_object(version, base.state, {});
    const Row row = upload_row(upload);
    change.rows.push_back({row, true});
    change.state.rows.remove(row);
    d.change = std::move(change);
    co_return d;
  }

  // ---- Healer ----

  void start_healing(Client& c) { start(c, heal_key(c)); }

  Flow<bool> heal_key(Client& c) {
    ++out_.heals;
    Flow<Current> settling = settle_everywhere(c);
    const Current current = co_await settling;
    if (!current.ok) co_return false;
    const State& state = current.state;
    if (state.kind == StateKind::none && state.rows.count == 0) {
      const SlotMask missing = all() & ~current.holders;
      tell(all(), [id = state.id, missing](MemDrive& d) { d.heal_done(kKey, id, missing); });
      if (state.id.is_null() || q_.drives == 1) co_return true;
      const bool few = options_.bug == Bug::partial_purge;
      if (few ? count(current.holders) < q_.write() : current.holders != all()) co_return true;
      ++out_.purges;
      if (options_.trace)
        std::printf("%llu: purge %llu\n", static_cast<unsigned long long>(now_),
                    static_cast<unsigned long long>(state.id.time));
      auto round = send<bool>(all(), [id = state.id](std::uint32_t, MemDrive& d, Completion<bool> done) {
        d.purge(kKey, id, std::move(done));
      });
      Wait wait{c, round};
      co_await wait;
      co_return true;
    }
    auto views = send<View>(all(), [](std::uint32_t, MemDrive& d, Completion<View> done) {
      d.read(kKey, true, std::move(done));
    });
    Wait wait{c, views};
    co_await wait;
    SlotMask present = 0, lacks_data = 0, lacks_rows = 0, has_body = 0;
    for (std::uint32_t i = 0; i < q_.drives; ++i) {
      if (!views->replies[i] || !views->replies[i]->has_value()) continue;
      const View& v = **views->replies[i];
      const drive::Held* held = v.committed.state.id == state.id         ? &v.committed
                                : v.open && v.open->state.id == state.id ? &*v.open
                                                                         : nullptr;
      if (!held) continue;
      present |= bit(i);
      if (held->shard_missing) lacks_data |= bit(i);
      if (held->rows_missing) lacks_rows |= bit(i);
      if (!held->body.empty()) has_body |= bit(i);
    }
    SlotMask missing = all() & ~present;
    if (state.rows.count > 0 && lacks_rows) {
      std::optional<Rows> rows;
      for (std::uint32_t i = 0; i < q_.drives && !rows; ++i) {
        if (lacks_rows >> i & 1 || !(current.holders >> i & 1)) continue;
        auto round = ask_rows(bit(i));
        Wait waiting{c, round};
        co_await waiting;
        const auto& reply = round->replies[i];
        if (!reply || !reply->has_value()) continue;
        drive::RowsDigest digest;
        for (const Row& r : **reply) digest.add(r);
        if (digest == state.rows) rows = **reply;
      }
      if (rows) {
        auto round =
            send<bool>(lacks_rows, [id = state.id, rows](std::uint32_t, MemDrive& d, Completion<bool> done) {
              d.restore({kKey, id, {}, {}, rows}, std::move(done));
            });
        Wait waiting{c, round};
        co_await waiting;
        for (std::uint32_t i = 0; i < q_.drives; ++i)
          if (lacks_rows >> i & 1 &&
              !(round->replies[i] && round->replies[i]->has_value() && **round->replies[i]))
            missing |= bit(i);
      } else {
        missing |= lacks_rows;
      }
    }
    if (!state.data.empty() && lacks_data) {
      if (count(has_body) >= q_.data) {
        auto round = send<bool>(lacks_data, [state](std::uint32_t, MemDrive& d, Completion<bool> done) {
          d.restore({kKey, state.id, {{state.data[0], Slice::of(state.head)}}, {}, {}}, std::move(done));
        });
        Wait waiting{c, round};
        co_await waiting;
        for (std::uint32_t i = 0; i < q_.drives; ++i)
          if (lacks_data >> i & 1 &&
              !(round->replies[i] && round->replies[i]->has_value() && **round->replies[i]))
            missing |= bit(i);
      } else {
        missing |= lacks_data;
      }
    }
    tell(all(), [id = state.id, missing](MemDrive& d) { d.heal_done(kKey, id, missing); });
    co_return missing == 0;
  }

  // ---- Supervisor::bring_in and Healer::fill ----

  void start_filling(Client& c) { start(c, join_and_fill(c)); }

  Flow<bool> join_and_fill(Client& c) {
    const std::uint32_t slot = replaced_slot_;
    for (int attempt = 0; attempt < 20; ++attempt) {
      if (!(in_service_ >> slot & 1)) {
        const auto identity = drives_[slot]->identity();
        const SlotMask others = all() & ~bit(slot);
        auto round = send<Ballot>(others, [identity](std::uint32_t, MemDrive& d, Completion<Ballot> done) {
          d.register_incarnation(identity.slot, identity.id, identity.incarnation, std::move(done));
        });
        Wait wait{c, round};
        co_await wait;
        Ballot floor;
        std::uint32_t answers = 0;
        for (const auto& r : round->replies)
          if (r && r->has_value()) {
            ++answers;
            floor = std::max(floor, **r);
          }
        if (answers < std::min(q_.evidence(), q_.drives - 1)) continue;
        drives_[slot]->adopt_floor(floor, [](Status) {});
        in_service_ |= bit(slot);
      }
      SlotMask peers = 0;
      for (std::uint32_t i = 0; i < q_.drives && count(peers) < q_.evidence(); ++i)
        if (i != slot && !(down_ >> i & 1)) peers |= bit(i);
      if (count(peers) < std::min(q_.evidence(), q_.drives - 1)) continue;
      auto round =
          send<drive::ListReply>(peers, [](std::uint32_t, MemDrive& d, Completion<drive::ListReply> done) {
            drive::ListRequest r;
            r.bucket = drive::BucketId{7};
            r.show = drive::Show::all;
            d.list(r, std::move(done));
          });
      Wait wait{c, round};
      co_await wait;
      bool complete = true, any = false;
      for (std::uint32_t i = 0; i < q_.drives; ++i) {
        if (!(peers >> i & 1)) continue;
        const auto& reply = round->replies[i];
        complete &= reply && reply->has_value();
        any |= reply && reply->has_value() && !(*reply)->entries.empty();
      }
      if (!complete) continue;
      if (any) {
        Flow<bool> healing = heal_key(c);
        if (!co_await healing) {
          // fill() stops at an error of heal_key only; what it could not restore stays owed.
          View view;
          drives_[slot]->read(kKey, false, [&](Result<View> r) { view = *r; });
          if (!view.whole) continue;
        }
      }
      drives_[slot]->set_whole([](Status) {});
      if (options_.trace) std::printf("%llu: drive %u whole\n", static_cast<unsigned long long>(now_), slot);
      ++out_.fills;
      co_return true;
    }
    co_return false;
  }

  // ---- the end ----

  void problem(std::string text) {
    if (!out_.ok) return;
    out_.ok = false;
    out_.problem = std::move(text);
  }

  // Everything is well again: what is left must be one register, the same on every drive, and readable.
  void finish() {
    for (Client& c : clients_) crash(c);
    messages_.clear();
    down_ = 0;
    quiet_ = true;
    Client& last = clients_.back();
    if (replaced_ && !drives_[replaced_slot_]->status().whole) drain(last, join_and_fill(last));
    drain(last, do_read(last));
    if (options_.trace)
      for (std::uint32_t i = 0; i < q_.drives; ++i)
        drives_[i]->read(kKey, true,
                         [&](Result<View> r) { std::printf("drive %u: %s\n", i, describe(*r).c_str()); });
    for (int round = 0; round < 4; ++round) drain(last, heal_key(last));
    check_drives();
    drain(last, do_read(last));
    std::string text;
    for (const HistoryOp& op : history_)
      text += "\n  " + std::to_string(op.start) + ".." +
              (op.end == HistoryOp::kNever ? "" : std::to_string(op.end)) + " " + op.text;
    std::vector<HistoryOp> ops;
    for (const HistoryOp& op : history_)
      if (op.step) ops.push_back(op);
    std::erase_if(ops, [](const HistoryOp& op) { return !op.must && op.end != HistoryOp::kNever; });
    // A write that a replaced drive took below D shards is dropped, though a read may have shown it: never an
    // acknowledged one.
    if (dropped_ && !replaced_) problem("a state was dropped and no drive was replaced");
    if (!dropped_ && !history::LinearizabilityChecker::check(ops, "|"))
      problem("the history is not linearizable");
    if (!out_.ok) out_.problem += text;
  }

  // Runs one flow to its end with every message delivered, in order.
  void drain(Client& c, Flow<bool> flow) {
    start(c, std::move(flow));
    for (int i = 0; i < 100'000 && (c.flow || !messages_.empty()); ++i) {
      ++now_;
      if (!messages_.empty()) {
        Message m = std::move(messages_.front());
        messages_.erase(messages_.begin());
        if (m.reply) {
          --m.round->pending;
          m.apply();
        } else if (in_service_ >> m.slot & 1) {
          Message reply;
          reply.reply = true;
          reply.round = m.round;
          reply.apply = m.request(*drives_[m.slot]);
          if (reply.round) messages_.push_back(std::move(reply));
        } else if (m.round) {
          --m.round->pending;
        }
      } else if (c.round && c.round->pending == 0) {
        c.round.reset();
        std::exchange(c.leaf, {}).resume();
        reap(c);
      }
    }
    if (c.flow) problem("an operation does not end");
    crash(c);
  }

  static std::string describe(const View& v) {
    const State& s = v.committed.state;
    return std::to_string(s.id.time) + " kind " + std::to_string(static_cast<int>(s.kind)) + " rows " +
           std::to_string(s.rows.count) + " data " + std::to_string(s.data.size()) +
           (v.committed.rows_missing ? " rows missing" : "") +
           (v.committed.shard_missing ? " shard missing" : "") +
           (v.open ? " open " + std::to_string(v.open->state.id.time) + " at " +
                         std::to_string(v.open->accepted.time) +
                         (v.open->shard_missing ? " shard missing" : "") +
                         (v.open->rows_missing ? " rows missing" : "")
                   : "") +
           (v.whole ? "" : " not whole");
  }
  void check_drives() {
    std::optional<State> state;
    for (std::uint32_t i = 0; i < q_.drives; ++i) {
      if (!(in_service_ >> i & 1)) continue;
      View view;
      drives_[i]->read(kKey, true, [&](Result<View> r) { view = std::move(*r); });
      const std::string who = "drive " + std::to_string(i);
      if (!state) state = view.committed.state;
      if (view.committed.state != *state)
        problem(who + " holds another state after healing: " + describe(view) + " and not " +
                std::to_string(state->id.time));
      if (view.open) problem(who + " holds an open state after healing");
      // What nobody was told of may stand on one copy of the rows, and that one may have been replaced.
      const bool rows_gone = replaced_ && view.committed.rows_missing;
      if (view.committed.rows_missing && !rows_gone) problem(who + " lacks rows after healing");
      // An acknowledgement promises more than D shards, but for P = 1; one drive was replaced at most.
      const bool promised = !replaced_ || (acknowledged_.contains(state->head) && q_.write() > q_.data);
      if (view.committed.shard_missing && promised) problem(who + " lacks its shard after healing");
      drive::RowsDigest digest;
      for (const RowTable table : {RowTable::version, RowTable::upload})
        drives_[i]->rows(kKey, table, "", 1000, [&](Result<Rows> r) {
          for (const Row& row : *r) digest.add(row);
        });
      if (!(digest == state->rows) && !rows_gone) problem(who + " has other rows than its state says");
      drives_[i]->usage(drive::BucketId{7}, [&](Result<drive::Usage> u) {
        if (u->objects != state->usage_objects || u->bytes != state->usage_bytes)
          problem(who + " counts another usage");
      });
      if (drives_[i]->bodies().size() != state->data.size() && promised)
        problem(who + " keeps data that nothing names, or lacks some");
    }
  }

  const Options options_;
  const Quorum q_;
  std::mt19937_64 random_;
  std::vector<std::shared_ptr<MemDrive>> drives_;
  SlotMask in_service_ = 0, down_ = 0;
  std::vector<Message> messages_;
  std::vector<Client> clients_;
  std::vector<HistoryOp> history_;
  std::set<std::string> acknowledged_;
  bool dropped_ = false;
  std::uint64_t now_ = 0;
  std::uint32_t started_ = 0, versions_ = 0, uploads_ = 0, invocations_ = 0;
  bool replaced_ = false, quiet_ = false;
  std::uint32_t replaced_slot_ = 0;
  Outcome out_;
};

}  // namespace

Outcome run(const Options& options) {
  Simulation simulation(options);
  return simulation.run();
}

}  // namespace cairn::store::sim
