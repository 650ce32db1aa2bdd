#include "drive/register.hpp"

#include <algorithm>
#include <set>

namespace cairn::drive {

namespace {

using Ids = std::set<DataId>;

void add_ids(Ids& ids, const std::vector<DataRef>& data) {
  for (const DataRef& ref : data) ids.insert(ref.id);
}

bool contains(const std::vector<DataRef>& data, DataId id) {
  return std::any_of(data.begin(), data.end(), [&](const DataRef& ref) { return ref.id == id; });
}

// Works on a copy of the record and writes down what has to change with it.
class Transformer {
 public:
  Transformer(const RegisterContext& context, const Known& known, Transition& out)
      : reader_(context.reader),
        own_bit_(context.own_bit),
        before_(known.record),
        record_(known.record),
        out_(out) {}

  Record& record() { return record_; }

  // The open state is committed: its row changes are made, what it supersedes is released.
  Status commit_open() {
    OpenEntry next = std::move(*record_.open);
    record_.open.reset();
    return commit(std::move(next));
  }

  Status commit(OpenEntry next) {
    std::vector<DataRef> gone = record_.committed.state.data;
    std::vector<DataRef> kept = next.state.data;
    RowsDigest digest = record_.committed.state.rows;
    bool rows_missing = record_.committed.rows_missing;
    for (const RowChange& change : next.rows) {
      if (change.remove) {
        TRY(const bool found, remove_row(change.row, next.state.data, digest, gone));
        rows_missing |= !found;
      } else {
        add_row(change.row, digest, kept);
      }
    }
    rows_missing |= !(digest == next.state.rows);
    if (rows_missing && next.state.rows.count == 0) {  // none: that much is known here too
      TRY(const bool readable, tables_here(kept));
      if (readable) {
        TRY(drop_all_rows(gone));
        rows_missing = false;
      }
    }
    if (!rows_missing) {
      const std::vector<DataRef> orphans = std::exchange(record_.orphans, {});
      gone.insert(gone.end(), orphans.begin(), orphans.end());
    }
    TRY(release(gone, kept));
    adopt({std::move(next.state), next.shard_missing, rows_missing});
    return {};
  }

  // A state that is known to be committed, without the way to it. Its data is here only by luck, its rows
  // only if they did not change.
  Status install(const State& state) {
    if (record_.open && record_.open->state.id == state.id) return commit_open();
    const Entry& old = record_.committed;
    // The open state's rows, where they are what is wanted and the committed ones are not.
    if (record_.open && !old.rows_missing && old.state.rows != state.rows &&
        record_.open->state.rows == state.rows)
      TRY(commit_open());
    const bool rows_same = !old.rows_missing && old.state.rows == state.rows;
    const bool rows_none = !rows_same && state.rows.count == 0;
    std::vector<DataRef> gone = old.state.data, kept = state.data, kept_by_rows;
    TRY(const std::vector<RowChange> dropped, take_open(gone, kept, kept_by_rows));
    if (rows_same || rows_none) {
      TRY(drop_uploads_of(dropped, state.data));
      if (rows_none) {
        TRY(drop_all_rows(gone));
      } else {
        kept.insert(kept.end(), kept_by_rows.begin(), kept_by_rows.end());
      }
      const std::vector<DataRef> orphans = std::exchange(record_.orphans, {});
      gone.insert(gone.end(), orphans.begin(), orphans.end());
      TRY(release(gone, kept));
    } else {
      kept.insert(kept.end(), kept_by_rows.begin(), kept_by_rows.end());
      orphan(gone, kept);
      // An upload that the lost open state began: a row that restore() removes, with its parts, if it does
      // not stand.
      for (const RowChange& change : dropped)
        if (!change.remove && change.row.table == RowTable::upload)
          out_.put_rows.push_back({change.row, false});
    }
    TRY(const bool here, all_present(state.data));
    adopt({state, !here, !rows_same && !rows_none});
    return {};
  }

  // The open state gives way to `next`, which stands on the same committed state: it was never acknowledged.
  Status discard_open(const State& next, const std::vector<RowChange>& next_rows) {
    if (!record_.open) return {};
    std::vector<DataRef> gone, kept = record_.committed.state.data;
    kept.insert(kept.end(), next.data.begin(), next.data.end());
    for (const RowChange& change : next_rows)
      if (!change.remove) kept.insert(kept.end(), change.row.data.begin(), change.row.data.end());
    TRY(const std::vector<RowChange> dropped, take_open(gone, kept, kept));
    TRY(drop_uploads_of(dropped, {}));
    return release(gone, kept);
  }

  // Makes the data that `state` adds to the committed state the record's; whether some of it is missing.
  Result<bool> place_data(const State& state, const AcceptRequest& request) {
    bool missing = request.shard_missing;
    body_used_ = false;
    for (const DataRef& ref : state.data) {
      TRY(const bool here, place(ref, request));
      missing |= !here;
    }
    // Data that is new and belongs to a row from the start.
    for (const RowChange& change : request.rows)
      if (!change.remove)
        for (const DataRef& ref : change.row.data)
          if (!contains(state.data, ref.id)) TRY(place(ref, request));
    return missing;
  }

  // Whether everything that `data` names is here, part tables with their parts.
  Result<bool> all_present(const std::vector<DataRef>& data) {
    for (const DataRef& ref : data) {
      TRY(const bool here, present(ref));
      if (!here) return false;
      if (ref.form != DataForm::parts) continue;
      TRY(const auto table, body_of(ref.id));
      TRY(const std::vector<DataRef> parts, table_children(*table));
      for (const DataRef& part : parts) {
        TRY(const bool part_here, present(part));
        if (!part_here) return false;
      }
    }
    return true;
  }

  Result<std::optional<Slice>> body_of(DataId id) {
    for (const auto& [ref, body] : out_.put_bodies)
      if (ref.id == id) return body;
    return reader_.body(id);
  }

  // What `gone` names and `kept` does not is removed: inlined data at once, files and part tables later.
  // Where a kept part table cannot be read it is not known what it names, so nothing that it might name goes.
  Status release(const std::vector<DataRef>& gone, const std::vector<DataRef>& kept) {
    Ids kept_ids;
    add_ids(kept_ids, kept);
    std::vector<DataRef> free;
    for (const DataRef& ref : gone)
      if (kept_ids.insert(ref.id).second) free.push_back(ref);
    if (free.empty()) return {};
    Ids children;
    bool unreadable = false;
    for (const DataRef& ref : kept) {
      if (ref.form != DataForm::parts) continue;
      TRY(const auto table, body_of(ref.id));
      if (!table) {
        unreadable = true;
        continue;
      }
      TRY(const std::vector<DataRef> parts, table_children(*table));
      add_ids(children, parts);
    }
    if (unreadable) {
      orphan(free, {});
      return {};
    }
    for (const DataRef& ref : free) {
      if (children.contains(ref.id)) continue;
      if (ref.form == DataForm::parts) {
        TRY(release_table(ref, children));
      } else {
        free_data(ref);
      }
    }
    return {};
  }

  // The row as it stands after the changes made so far: an accept may commit one state and stand on it.
  Result<std::optional<StoredRow>> row(RowTable table, const std::string& id) {
    const auto same = [&](const StoredRow& put) { return put.row.table == table && put.row.id == id; };
    const auto put = std::find_if(out_.put_rows.begin(), out_.put_rows.end(), same);
    if (put != out_.put_rows.end()) return *put;
    const auto removed = std::find(out_.remove_rows.begin(), out_.remove_rows.end(), std::pair(table, id));
    if (removed != out_.remove_rows.end()) return std::optional<StoredRow>{};
    return reader_.row(table, id);
  }

  // Removes a row and adds what it owned to `gone`; false when it was not here.
  Result<bool> remove_row(const Row& going, const std::vector<DataRef>& tables, RowsDigest& digest,
                          std::vector<DataRef>& gone) {
    TRY(const auto stored, row(going.table, going.id));
    if (!stored) return false;
    if (going.table == RowTable::upload) {
      TRY(const bool dropped, drop_parts(going.id, tables));
      if (!dropped) return false;
    }
    digest.remove(stored->row);
    gone.insert(gone.end(), stored->row.data.begin(), stored->row.data.end());
    if (stored->data_missing) add_ids(missing_, stored->row.data);
    std::erase_if(out_.put_rows, [&](const StoredRow& put) {
      return put.row.table == going.table && put.row.id == going.id;
    });
    out_.remove_rows.emplace_back(going.table, going.id);
    return true;
  }

  // Removes the part rows of an upload and their data, but for what the part tables among `tables` name;
  // false, and nothing is removed, if such a table is not here.
  Result<bool> drop_parts(const std::string& upload_id, const std::vector<DataRef>& tables) {
    Ids named;
    add_ids(named, tables);
    for (const DataRef& ref : tables) {
      if (ref.form != DataForm::parts) continue;
      TRY(const auto table, body_of(ref.id));
      if (!table) return false;
      TRY(const std::vector<DataRef> parts, table_children(*table));
      add_ids(named, parts);
    }
    TRY(const std::vector<StoredPart> parts, reader_.parts(upload_id));
    for (const StoredPart& part : parts) {
      out_.remove_parts.push_back({upload_id, part.part.number, part.part.data.id});
      if (!named.contains(part.part.data.id)) free_data(part.part.data);
    }
    return true;
  }

  // Whether the data of any row is not here, after the changes made so far to the rows there were.
  bool row_data_missing(const std::vector<StoredRow>& before) const {
    const auto put = [&](const Row& row) {
      return std::find_if(out_.put_rows.begin(), out_.put_rows.end(),
                          [&](const StoredRow& p) { return p.row.table == row.table && p.row.id == row.id; });
    };
    for (const StoredRow& old : before) {
      const std::pair name(old.row.table, old.row.id);
      const bool removed =
          std::find(out_.remove_rows.begin(), out_.remove_rows.end(), name) != out_.remove_rows.end();
      if (old.data_missing && !removed && put(old.row) == out_.put_rows.end()) return true;
    }
    return std::any_of(out_.put_rows.begin(), out_.put_rows.end(),
                       [](const StoredRow& row) { return row.data_missing; });
  }

  void set_open_work(std::optional<StateId> state) { out_.open_work = state; }

  Status mark_heal(StateId state, std::uint32_t missing) {
    if (!missing) return {};
    HealEntry entry{state, missing};
    if (out_.heal && *out_.heal) {
      if ((*out_.heal)->state == state) entry.missing |= (*out_.heal)->missing;
    } else {
      TRY(const auto old, reader_.heal());
      if (old && old->state == state) entry.missing |= old->missing;
    }
    out_.heal = entry;
    return {};
  }

  // Leaves a heal entry for what is missing here and closes the books; the last step of each transition.
  Status finish() {
    const Entry& c = record_.committed;
    if (changed_committed_ && (c.shard_missing || c.rows_missing)) TRY(mark_heal(c.state.id, own_bit_));
    if (record_.open.has_value() != before_.open.has_value() ||
        (record_.open && record_.open->state.id != before_.open->state.id)) {
      set_open_work(record_.open ? std::optional(record_.open->state.id) : std::nullopt);
    }
    const State& was = before_.committed.state;
    out_.usage.objects = static_cast<std::int64_t>(c.state.usage_objects - was.usage_objects);
    out_.usage.bytes = static_cast<std::int64_t>(c.state.usage_bytes - was.usage_bytes);
    out_.record = std::move(record_);
    return {};
  }

  // What is still going (it was released, and is wanted again) is left to a later heal.
  Status take_bodies_and_files(const Drive::RestoreRequest& request, const Ids& referenced) {
    for (const auto& [ref, body] : request.bodies) {
      if (ref.form == DataForm::file || body.empty() || !referenced.contains(ref.id)) continue;
      TRY(const bool going, reader_.going(ref.id));
      if (!going) out_.put_bodies.emplace_back(ref, body);
    }
    for (const StageToken& token : request.staged)
      if (referenced.contains(token.data) && reader_.staged(token)) out_.take_staged.push_back(token.data);
    return {};
  }

  void adopt(Entry entry) {
    record_.committed = std::move(entry);
    changed_committed_ = true;
  }

 private:
  void add_row(const Row& row, RowsDigest& digest, std::vector<DataRef>& kept) {
    // Data that moves from the head to a row, or from a row to the one that replaces it, takes its mark
    // along.
    bool missing = false;
    for (const DataRef& ref : row.data)
      missing |= missing_.contains(ref.id) ||
                 (record_.committed.shard_missing && contains(record_.committed.state.data, ref.id));
    digest.add(row);
    kept.insert(kept.end(), row.data.begin(), row.data.end());
    out_.put_rows.push_back({row, missing});
  }

  // Takes the open state off: its own data goes to `gone`, what it would have taken from rows to
  // `kept_by_rows`. A part table that only it names goes at once, without the parts, which their upload
  // keeps. Returns its row changes.
  Result<std::vector<RowChange>> take_open(std::vector<DataRef>& gone, const std::vector<DataRef>& kept,
                                           std::vector<DataRef>& kept_by_rows) {
    if (!record_.open) return std::vector<RowChange>{};
    OpenEntry open = std::move(*record_.open);
    record_.open.reset();
    bool completes = false;
    for (const RowChange& change : open.rows) {
      if (!change.remove) {
        gone.insert(gone.end(), change.row.data.begin(), change.row.data.end());
        continue;
      }
      TRY(const auto stored, reader_.row(change.row.table, change.row.id));
      if (stored) kept_by_rows.insert(kept_by_rows.end(), stored->row.data.begin(), stored->row.data.end());
      completes |= change.row.table == RowTable::upload;
    }
    for (const DataRef& ref : open.state.data) {
      if (completes && ref.form == DataForm::parts && !contains(kept, ref.id) &&
          !contains(before_.committed.state.data, ref.id)) {
        out_.delete_bodies.push_back(ref.id);
      } else {
        gone.push_back(ref);
      }
    }
    return std::move(open.rows);
  }

  Status drop_uploads_of(const std::vector<RowChange>& rows, const std::vector<DataRef>& tables) {
    for (const RowChange& change : rows)
      if (!change.remove && change.row.table == RowTable::upload) TRY(drop_parts(change.row.id, tables));
    return {};
  }

  Result<bool> tables_here(const std::vector<DataRef>& data) {
    for (const DataRef& ref : data) {
      if (ref.form != DataForm::parts) continue;
      TRY(const auto table, body_of(ref.id));
      if (!table) return false;
    }
    return true;
  }

  Status drop_all_rows(std::vector<DataRef>& gone) {
    TRY(const std::vector<StoredRow> rows, reader_.all_rows());
    for (const StoredRow& stored : rows) {
      const std::pair name(stored.row.table, stored.row.id);
      if (std::find(out_.remove_rows.begin(), out_.remove_rows.end(), name) != out_.remove_rows.end())
        continue;
      gone.insert(gone.end(), stored.row.data.begin(), stored.row.data.end());
      out_.remove_rows.emplace_back(stored.row.table, stored.row.id);
      if (stored.row.table != RowTable::upload) continue;
      TRY(const std::vector<StoredPart> parts, reader_.parts(stored.row.id));
      for (const StoredPart& part : parts) {
        out_.remove_parts.push_back({stored.row.id, part.part.number, part.part.data.id});
        gone.push_back(part.part.data);
      }
    }
    return {};
  }

  Result<bool> place(const DataRef& ref, const AcceptRequest& request) {
    const Entry& base = record_.committed;
    if (contains(base.state.data, ref.id)) return !base.shard_missing;
    for (const RowChange& change : request.rows) {  // promoted from a row that goes
      if (!change.remove || change.row.table != RowTable::version) continue;
      TRY(const auto stored, row(change.row.table, change.row.id));
      if (stored && contains(stored->row.data, ref.id)) return !stored->data_missing;
    }
    if (ref.form == DataForm::file) return take_token(ref.id, request.staged);
    if (!body_used_ && !request.body.empty()) {
      body_used_ = true;
      if (ref.form == DataForm::parts) {
        TRY(table_children(request.body));  // refused if it cannot be read back
      }
      out_.put_bodies.emplace_back(ref, request.body);
      return ref.form == DataForm::inlined ? true : parts_present(request);
    }
    return false;
  }

  bool take_token(DataId id, const std::vector<StageToken>& staged) {
    for (const StageToken& token : staged) {
      if (token.data != id || !reader_.staged(token)) continue;
      out_.take_staged.push_back(id);
      return true;
    }
    return false;
  }

  // Whether the parts that the request's table names are here: as rows of the uploads that it completes, as
  // data of the base, or staged with it.
  Result<bool> parts_present(const AcceptRequest& request) {
    TRY(const std::vector<DataRef> named, table_children(request.body));
    Ids here;
    for (const RowChange& change : request.rows) {
      if (!change.remove || change.row.table != RowTable::upload) continue;
      TRY(const std::vector<StoredPart> parts, reader_.parts(change.row.id));
      for (const StoredPart& part : parts)
        if (!part.missing) here.insert(part.part.data.id);
    }
    for (const DataRef& ref : record_.committed.state.data) {  // a new table over the same parts
      if (ref.form != DataForm::parts || record_.committed.shard_missing) continue;
      TRY(const auto table, body_of(ref.id));
      if (!table) continue;
      TRY(const std::vector<DataRef> parts, table_children(*table));
      add_ids(here, parts);
    }
    bool all = true;
    for (const DataRef& ref : named) {
      if (here.contains(ref.id)) continue;
      all &= ref.form == DataForm::file && take_token(ref.id, request.staged);
    }
    return all;
  }

  Result<bool> present(const DataRef& ref) {
    if (std::find(out_.take_staged.begin(), out_.take_staged.end(), ref.id) != out_.take_staged.end())
      return true;
    for (const auto& [put, body] : out_.put_bodies)
      if (put.id == ref.id) return true;
    TRY(const bool going, reader_.going(ref.id));
    if (going) return false;
    if (ref.form == DataForm::file) return reader_.has_file(ref.id);
    return reader_.has_body(ref.id);
  }

  // The table goes at once: who reads the object has it. Each part is collected under its own name, so that
  // the drive knows of every id whether it is going.
  Status release_table(const DataRef& table, const Ids& kept_children) {
    TRY(const auto body, body_of(table.id));
    if (!body) return {};  // nothing of it was ever here
    TRY(const std::vector<DataRef> parts, table_children(*body));
    for (const DataRef& part : parts)
      if (!kept_children.contains(part.id)) out_.collect.push_back(part);
    out_.delete_bodies.push_back(table.id);
    return {};
  }

  void free_data(const DataRef& ref) {
    if (ref.form == DataForm::inlined) {
      out_.delete_bodies.push_back(ref.id);
    } else {
      out_.collect.push_back(ref);
    }
  }

  void orphan(const std::vector<DataRef>& gone, const std::vector<DataRef>& kept) {
    for (const DataRef& ref : gone)
      if (!contains(kept, ref.id) && !contains(record_.orphans, ref.id)) record_.orphans.push_back(ref);
  }

  RegisterReader& reader_;
  std::uint32_t own_bit_;
  const Record& before_;
  Record record_;
  Transition& out_;
  Ids missing_;  // data of removed rows that was not here
  bool body_used_ = false;
  bool changed_committed_ = false;
};

}  // namespace

namespace {

// A tombstone without which the drive knows as much.
bool forgettable(const Entry& entry) {
  const State& s = entry.state;
  return !s.id.is_null() && s.kind == StateKind::none && s.rows.count == 0 && s.data.empty() &&
         !entry.rows_missing;
}

}  // namespace

Result<std::vector<DataRef>> table_children(const Slice& table) {
  TRY(PartTable decoded, decode_part_table(table.text()));
  return std::move(decoded.parts);
}

bool adds_data(const AcceptRequest& request) {
  return request.state && (!request.body.empty() || !request.staged.empty() || !request.state->data.empty());
}

View view_of(const Known& known) {
  View view;
  view.whole = known.exists || known.whole;
  const auto held = [](Held& out, const Entry& entry) {
    out.state = entry.state;
    out.shard_missing = entry.shard_missing;
    out.rows_missing = entry.rows_missing;
  };
  held(view.committed, known.record.committed);
  if (known.record.open) {
    held(view.open.emplace(), *known.record.open);
    view.open->accepted = known.record.open->accepted;
    view.open->rows = known.record.open->rows;
  }
  return view;
}

PrepareReply prepare(const Known& known, Ballot promised, Ballot floor, Ballot ballot) {
  PrepareReply reply;
  reply.highest = std::max({promised, floor, known.record.committed.state.id});
  if (known.record.open) reply.highest = std::max(reply.highest, known.record.open->accepted);
  if (ballot <= reply.highest) return reply;
  reply.promised = true;
  reply.view = view_of(known);
  return reply;
}

Result<AcceptReply> accept(const RegisterContext& context, const Known& known, Ballot promised,
                           const AcceptRequest& request, Transition& out) {
  AcceptReply reply;
  if (promised.is_null() || promised != request.ballot) {
    reply.highest = std::max(promised, known.record.committed.state.id);
    if (known.record.open) reply.highest = std::max(reply.highest, known.record.open->accepted);
    return reply;
  }
  if (request.state && (request.state->id.is_null() || request.state->id == request.base))
    return fail(Code::invalid_argument, "accept: state id");
  if (request.install && request.install->state.id != request.base)
    return fail(Code::invalid_argument, "accept: install is not the base");

  // The same request again: it was accepted, and has been learned since.
  if (request.state && known.exists && known.record.committed.state.id == request.state->id) {
    reply.accepted = true;
    reply.shard_missing = known.record.committed.shard_missing;
    reply.rows_missing = known.record.committed.rows_missing;
    return reply;
  }

  Transformer t(context, known, out);
  Record& record = t.record();
  bool changed = false;
  // The base is no state at all, and yet this drive holds a tombstone: it is being forgotten (purge),
  // elsewhere already.
  if (request.base.is_null() && forgettable(record.committed) && record.orphans.empty()) {
    TRY(t.discard_open({}, {}));
    record.committed = {};
    changed = true;
  }
  if (record.committed.state.id != request.base || (!known.exists && !known.whole && request.install)) {
    if (record.open && record.open->state.id == request.base) {
      TRY(t.commit_open());
    } else if (request.install && request.base >= record.committed.state.id) {
      TRY(t.install(request.install->state));
    } else {
      return reply;
    }
    changed = true;
  }
  if (!request.state) {
    reply.accepted = true;
    reply.shard_missing = record.committed.shard_missing;
    reply.rows_missing = record.committed.rows_missing;
    if (record.open) {  // the proposer has shown that it was never acknowledged, and nobody can complete it
                        // below this ballot
      TRY(t.discard_open(record.committed.state, {}));
      changed = true;
    }
    if (!changed) return reply;
    TRY(t.finish());
    if (record.committed.state.id.is_null() && out.record->orphans.empty()) {
      out.record.reset();
      out.erase_record = true;
    }
    return reply;
  }

  const State& state = *request.state;
  if (record.open && record.open->state.id == state.id) {  // carried: the data stays
    record.open->accepted = request.ballot;
    if (record.open->shard_missing) {
      TRY(const bool missing, t.place_data(state, request));
      record.open->shard_missing = missing;
    }
  } else {
    TRY(t.discard_open(state, request.rows));
    TRY(const bool missing, t.place_data(state, request));
    OpenEntry open;
    open.state = state;
    open.shard_missing = missing;
    open.rows_missing = record.committed.rows_missing;
    open.accepted = request.ballot;
    open.rows = request.rows;
    record.open = std::move(open);
  }
  reply.accepted = true;
  reply.shard_missing = record.open->shard_missing;
  reply.rows_missing = record.open->rows_missing && state.rows.count > 0;
  if (request.commit) TRY(t.commit_open());
  TRY(t.finish());
  return reply;
}

Status learn(const RegisterContext& context, const Known& known, const LearnRequest& request,
             Transition& out) {
  if (!known.exists) return {};
  Transformer t(context, known, out);
  const bool opens = t.record().open && t.record().open->state.id == request.state;
  if (!opens && (t.record().committed.state.id != request.state || !request.missing)) return {};
  if (opens) TRY(t.commit_open());
  TRY(t.mark_heal(request.state, request.missing));
  return t.finish();
}

Result<bool> purge(const RegisterContext&, const Known& known, Ballot floor, StateId state, Transition& out) {
  const Entry& c = known.record.committed;
  if (!known.exists || known.record.open || c.state.id != state || !forgettable(c)) return false;
  if (!known.record.orphans.empty()) return false;
  out.erase_record = true;
  out.heal = std::optional<HealEntry>{};
  out.usage = {-static_cast<std::int64_t>(c.state.usage_objects),
               -static_cast<std::int64_t>(c.state.usage_bytes)};
  if (floor < state) out.floor = state;
  return true;
}

Status heal_done(const RegisterContext& context, const Known& known, StateId state,
                 std::uint32_t still_missing, Transition& out) {
  TRY(const auto entry, context.reader.heal());
  if (!entry || entry->state > state) return {};
  // What is missing here is this drive's to know.
  const Entry& c = known.record.committed;
  if (known.exists) {
    bool missing = c.shard_missing || c.rows_missing;
    if (!missing && c.state.rows.count > 0) {
      TRY(const std::vector<StoredRow> rows, context.reader.all_rows());
      missing = std::any_of(rows.begin(), rows.end(), [](const StoredRow& r) { return r.data_missing; });
    }
    if (missing) still_missing |= context.own_bit;
  }
  if (still_missing == 0) {
    out.heal = std::optional<HealEntry>{};
  } else {
    out.heal = HealEntry{state, still_missing};
  }
  return {};
}

Result<bool> restore(const RegisterContext& context, const Known& known, const Drive::RestoreRequest& request,
                     Transition& out) {
  if (!known.exists || known.record.committed.state.id != request.state) return false;
  Transformer t(context, known, out);
  Entry& c = t.record().committed;
  TRY(const std::vector<StoredRow> old_rows, context.reader.all_rows());

  std::optional<std::vector<Row>> all = request.rows;
  if (!all && c.rows_missing && c.state.rows.count == 0) all.emplace();  // none: that much is known here too
  if (all) {
    RowsDigest digest;
    for (const Row& row : *all) digest.add(row);
    if (!(digest == c.state.rows))
      return fail(Code::invalid_argument, "restore: rows do not add up to the state");
  }

  // What may be put in place: the data of the state and of the rows that will be there, and the parts of
  // both.
  std::vector<DataRef> kept = c.state.data;
  const auto keep = [&](const std::vector<DataRef>& data) {
    kept.insert(kept.end(), data.begin(), data.end());
  };
  if (all) {
    for (const Row& row : *all) keep(row.data);
  } else {
    for (const StoredRow& row : old_rows) keep(row.row.data);
  }
  if (known.record.open) {
    keep(known.record.open->state.data);
    for (const RowChange& change : known.record.open->rows)
      if (!change.remove) keep(change.row.data);
  }
  Ids referenced;
  add_ids(referenced, kept);
  for (const auto& [ref, body] : request.bodies) {
    if (ref.form != DataForm::parts || !referenced.contains(ref.id)) continue;
    TRY(const std::vector<DataRef> parts, table_children(body));
    add_ids(referenced, parts);
  }
  for (const DataRef& ref : kept) {
    if (ref.form != DataForm::parts) continue;
    TRY(const auto table, context.reader.body(ref.id));
    if (!table) continue;
    TRY(const std::vector<DataRef> parts, table_children(*table));
    add_ids(referenced, parts);
  }
  TRY(t.take_bodies_and_files(request, referenced));

  bool rows_missing = c.rows_missing;
  if (all) {
    rows_missing = false;
    std::vector<DataRef> gone;
    RowsDigest ignored;
    const auto wanted = [&](const Row& row) {
      return std::any_of(all->begin(), all->end(),
                         [&](const Row& r) { return r.table == row.table && r.id == row.id; });
    };
    std::set<std::pair<RowTable, std::string>> have;
    for (const StoredRow& old : old_rows) {
      if (wanted(old.row)) {
        have.emplace(old.row.table, old.row.id);
        continue;
      }
      TRY(const bool removed, t.remove_row(old.row, kept, ignored, gone));
      rows_missing |= !removed;
    }
    for (const Row& row : *all) {
      TRY(const bool here, t.all_present(row.data));
      out.put_rows.push_back({row, !here});
    }
    if (!rows_missing) {
      gone.insert(gone.end(), t.record().orphans.begin(), t.record().orphans.end());
      t.record().orphans.clear();
    }
    TRY(t.release(gone, kept));
  } else {
    for (const StoredRow& old : old_rows) {
      if (!old.data_missing) continue;
      TRY(const bool here, t.all_present(old.row.data));
      if (here) out.put_rows.push_back({old.row, false});
    }
    // What the part tables that are here now may have named.
    if (!rows_missing) {
      const std::vector<DataRef> gone = std::exchange(t.record().orphans, {});
      TRY(t.release(gone, kept));
    }
  }

  TRY(const bool here, t.all_present(c.state.data));
  c.shard_missing = !here;
  c.rows_missing = rows_missing;
  if (here && !rows_missing && !t.row_data_missing(old_rows)) {
    TRY(const auto heal, context.reader.heal());
    if (heal && heal->missing & context.own_bit) {
      HealEntry rest = *heal;
      rest.missing &= ~context.own_bit;
      out.heal = rest.missing ? std::optional(rest) : std::nullopt;
    }
  } else {
    TRY(t.mark_heal(request.state, context.own_bit));
  }
  TRY(t.finish());
  return true;
}

Status put_part(const RegisterContext& context, const Known& known, const PutPartRequest& request,
                Transition& out) {
  if (request.part.data.form == DataForm::parts) return fail(Code::invalid_argument, "put_part: form");
  bool open = false;
  if (known.record.open)
    for (const RowChange& change : known.record.open->rows)
      open |= !change.remove && change.row.table == RowTable::upload && change.row.id == request.upload_id;
  if (!open) {
    TRY(const auto row, context.reader.row(RowTable::upload, request.upload_id));
    if (!row) return fail(Code::no_such_upload, "no such upload on this drive");
  }
  StoredPart part{request.part, request.shard_missing};
  if (request.part.data.form == DataForm::inlined) {
    if (request.body.empty()) {
      part.missing = true;
    } else {
      out.put_bodies.emplace_back(request.part.data, request.body);
    }
  } else {
    bool taken = false;
    for (const StageToken& token : request.staged)
      taken |= token.data == request.part.data.id && context.reader.staged(token);
    if (taken) {
      out.take_staged.push_back(request.part.data.id);
    } else {
      part.missing = true;
    }
  }
  out.put_parts.emplace_back(request.upload_id, std::move(part));
  return {};
}

}  // namespace cairn::drive
