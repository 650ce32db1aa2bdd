#include "store/versions.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "cairn/base/ids.hpp"

namespace cairn::store {
namespace {

using drive::Row;
using drive::RowChange;
using drive::RowTable;

constexpr std::size_t kVersionIdDigits = 32;
constexpr UnixMillis kDay = 86'400'000;

std::string inverted(std::uint64_t order) { return fmt::format("{:016x}", ~order); }

// The string right below `id`, to find exactly it with an exclusive bound.
std::string just_before(std::string id) {
  id.back() = static_cast<char>(id.back() - 1);
  return id + '\x7f';
}

bool is_null(const VersionDoc& doc) { return doc.info.version_id.empty(); }

std::uint64_t objects_of(const VersionDoc& doc) { return doc.info.delete_marker ? 0 : 1; }

std::vector<drive::DataRef> data_of(const VersionDoc& doc) {
  if (doc.data.id.is_null()) return {};
  return {doc.data};
}

Row row_of(VersionDoc doc) {
  doc.older = 0;
  doc.null_row.clear();
  return {RowTable::version, row_id_of(doc), encode_version(doc), data_of(doc)};
}

// What changes with the key besides the version in question: a copy of the base to begin with.
Proposal beginning(const Current& base) {
  Proposal p;
  p.state.kind = base.state.kind;
  p.state.head = base.state.head;
  p.state.data = base.state.data;
  p.state.rows = base.state.rows;
  p.state.usage_objects = base.state.usage_objects;
  p.state.usage_bytes = base.state.usage_bytes;
  p.needs_data = false;
  return p;
}

void set_newest(Proposal& p, const VersionDoc& doc) {
  p.state.kind = doc.info.delete_marker ? drive::StateKind::delete_marker : drive::StateKind::object;
  p.state.head = encode_version(doc);
  p.state.data = data_of(doc);
}

void count(Proposal& p, const VersionDoc& doc) {
  p.state.usage_objects += objects_of(doc);
  p.state.usage_bytes += doc.info.size;
}

void discount(Proposal& p, const VersionDoc& doc) {
  p.state.usage_objects -= objects_of(doc);
  p.state.usage_bytes -= doc.info.size;
}

void add_row(Proposal& p, Row row) {
  p.state.rows.add(row);
  p.rows.push_back({std::move(row), false});
}

void remove_row(Proposal& p, const Row& row) {
  p.state.rows.remove(row);
  p.rows.push_back({row, true});
}

}  // namespace

std::string new_version_id(std::uint64_t order) {
  return inverted(order) + DataId::random().hex().substr(0, 16);
}

bool valid_version_id(std::string_view id) {
  return id.size() == kVersionIdDigits && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string row_id_of(const VersionDoc& doc) {
  return is_null(doc) ? inverted(doc.order) + "null" : doc.info.version_id;
}

Status check_removable(const ObjectAttributes& a, UnixMillis now, bool bypass_governance) {
  const bool retained = a.retention.mode != LockMode::none && a.retention.until > now;
  if (a.legal_hold || (retained && !(a.retention.mode == LockMode::governance && bypass_governance)))
    return fail(Code::access_denied, "Access Denied because object protected by object lock.");
  return {};
}

Status check_retention_change(const Retention& old, const Retention& next, UnixMillis now,
                              bool bypass_governance) {
  if (old.mode == LockMode::none || old.until <= now) return {};
  const bool longer = next.mode != LockMode::none && next.until >= old.until;
  const bool allowed =
      (longer && next.mode == old.mode) || (old.mode == LockMode::governance && bypass_governance);
  if (!allowed) return fail(Code::access_denied, "Access Denied because object protected by object lock.");
  return {};
}

UnixMillis retention_end(const DefaultRetention& r, UnixMillis now) {
  using namespace std::chrono;
  const sys_days today{days{now / kDay}};
  year_month_day end{today};
  end += years{static_cast<int>(r.years)};
  if (!end.ok()) end = year_month_day{end.year(), March, day{1}};
  return now + kDay * ((sys_days{end} - today).count() + static_cast<UnixMillis>(r.days));
}

void apply_default_retention(const Context& context, const BucketInfo& bucket, ObjectAttributes& attributes) {
  if (!bucket.default_retention || attributes.retention.mode != LockMode::none) return;
  const auto seen = static_cast<UnixMillis>(context.topology.ballots->next().time >> 16);
  attributes.retention.mode = bucket.default_retention->mode;
  attributes.retention.until =
      retention_end(*bucket.default_retention, std::max(seen, context.clock.now_ms()));
}

std::vector<Row> with_open_changes(std::vector<Row> rows, const std::vector<RowChange>& open, bool full,
                                   std::uint32_t limit) {
  // Above the last row of a full page nothing is known.
  const std::string horizon = full && !rows.empty() ? rows.back().id : std::string();
  for (const RowChange& c : open) {
    std::erase_if(rows, [&](const Row& r) { return r.id == c.row.id; });
    if (!c.remove && (horizon.empty() || c.row.id <= horizon)) rows.push_back(c.row);
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.id < b.id; });
  if (rows.size() > limit) rows.resize(limit);
  return rows;
}

Task<std::vector<Row>> read_rows(ErasureSet& set, const std::string& record_key, const Current& current,
                                 RowTable table, std::string after, std::uint32_t limit) {
  // Where the state is open, its changes are not in the tables yet. One drive that says so speaks for all.
  std::vector<RowChange> open;
  for (const auto& view : current.views)
    if (view && view->open && view->open->state.id == current.state.id) {
      open = view->open->rows;
      break;
    }
  std::erase_if(open, [&](const RowChange& c) { return c.row.table != table || c.row.id <= after; });
  const auto removed = static_cast<std::uint32_t>(
      std::count_if(open.begin(), open.end(), [](const RowChange& c) { return c.remove; }));
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    if (!(current.holders >> i & 1)) continue;
    // A drive that took the state only after it answered may have been given it without its rows.
    const auto& view = current.views[i];
    if (!view || view->committed.rows_missing) continue;
    if (view->committed.state.id != current.state.id &&
        !(view->open && view->open->state.id == current.state.id))
      continue;
    // Another, empty drive may have come into the slot since.
    const auto drive = set.drive(i);
    if (!drive || !drive->status().whole) continue;
    auto rows = co_await await_completion<std::vector<Row>>([&](Completion<std::vector<Row>> done) {
      drive->rows(record_key, table, after, limit + removed, std::move(done));
    });
    if (!rows) continue;
    *rows = with_open_changes(std::move(*rows), open, rows->size() >= limit + removed, limit);
    co_return std::move(*rows);
  }
  co_return fail(Code::no_quorum, "no drive with the rows of the key");
}

Task<std::optional<Row>> find_row(ErasureSet& set, const std::string& record_key, const Current& current,
                                  RowTable table, const std::string& id) {
  std::string after = just_before(id);
  CO_TRY(auto rows, co_await read_rows(set, record_key, current, table, std::move(after), 1));
  if (rows.empty() || rows.front().id != id) co_return std::nullopt;
  co_return std::move(rows.front());
}

Result<std::optional<VersionDoc>> newest_version(const drive::State& state, const std::string& key) {
  if (state.kind == drive::StateKind::none) return std::nullopt;
  TRY(VersionDoc doc, decode_version(state.head, key));
  return doc;
}

Task<Proposal> add_version(const VersionChange& c, Versioning versioning, VersionDoc& doc) {
  CO_TRY(const auto old, newest_version(c.base.state, c.key));
  Proposal p = beginning(c.base);
  doc.older = 0;
  doc.null_row.clear();
  if (old) doc.order = std::max(doc.order, old->order + 1);
  const bool becomes_null = versioning != Versioning::enabled;
  doc.info.version_id = becomes_null ? std::string() : new_version_id(doc.order);
  if (old && becomes_null && is_null(*old)) {
    CO_TRY(check_removable(old->info.attributes, c.now, c.bypass_governance));
    discount(p, *old);
    doc.older = old->older;
  } else if (old) {
    Row row = row_of(*old);
    doc.older = old->older + 1;
    doc.null_row = is_null(*old) ? row.id : old->null_row;
    add_row(p, std::move(row));
    if (becomes_null && !doc.null_row.empty()) {
      CO_TRY(const auto null_row,
             co_await find_row(c.set, c.record_key, c.base, RowTable::version, doc.null_row));
      if (!null_row) co_return fail(Code::corrupt, "the null version is not among the rows");
      CO_TRY(const VersionDoc replaced, decode_version(null_row->value, c.key));
      CO_TRY(check_removable(replaced.info.attributes, c.now, c.bypass_governance));
      discount(p, replaced);
      remove_row(p, *null_row);
      --doc.older;
      doc.null_row.clear();
    }
  }
  count(p, doc);
  set_newest(p, doc);
  p.needs_data = !doc.data.id.is_null();
  co_return p;
}

Task<std::optional<NamedVersion>> find_version(ErasureSet& set, const std::string& record_key,
                                               const std::string& key, const Current& current,
                                               const std::string& version_id) {
  CO_TRY(auto newest, newest_version(current.state, key));
  if (!newest) co_return std::nullopt;
  const bool null = version_id == "null";
  if (null ? is_null(*newest) : newest->info.version_id == version_id)
    co_return NamedVersion{std::move(*newest), std::nullopt};
  if (newest->older == 0 || (null && newest->null_row.empty()) || (!null && !valid_version_id(version_id)))
    co_return std::nullopt;
  const std::string id = null ? newest->null_row : version_id;
  CO_TRY(auto row, co_await find_row(set, record_key, current, RowTable::version, id));
  if (!row) co_return std::nullopt;
  CO_TRY(VersionDoc doc, decode_version(row->value, key));
  doc.info.latest = false;
  co_return NamedVersion{std::move(doc), std::move(row)};
}

Task<Proposal> remove_version(const VersionChange& c, const NamedVersion& version) {
  CO_TRY(check_removable(version.doc.info.attributes, c.now, c.bypass_governance));
  Proposal p = beginning(c.base);
  discount(p, version.doc);
  if (version.row) {
    CO_TRY(auto newest, newest_version(c.base.state, c.key));
    remove_row(p, *version.row);
    --newest->older;
    if (is_null(version.doc)) newest->null_row.clear();
    set_newest(p, *newest);
    co_return p;
  }
  if (version.doc.older == 0) {
    p.state.kind = drive::StateKind::none;
    p.state.head.clear();
    p.state.data.clear();
    co_return p;
  }
  CO_TRY(const auto rows,
         co_await read_rows(c.set, c.record_key, c.base, RowTable::version, std::string(), 1));
  if (rows.empty()) co_return fail(Code::corrupt, "the next version is not among the rows");
  CO_TRY(VersionDoc next, decode_version(rows.front().value, c.key));
  remove_row(p, rows.front());
  next.older = version.doc.older - 1;
  next.null_row = is_null(next) ? std::string() : version.doc.null_row;
  set_newest(p, next);
  co_return p;
}

Task<Proposal> rewrite_version(const VersionChange& c, const NamedVersion& version,
                               const ObjectAttributes& attributes) {
  CO_TRY(check_retention_change(version.doc.info.attributes.retention, attributes.retention, c.now,
                                c.bypass_governance));
  Proposal p = beginning(c.base);
  VersionDoc doc = version.doc;
  doc.info.attributes = attributes;
  if (version.row) {
    remove_row(p, *version.row);
    add_row(p, row_of(std::move(doc)));
  } else {
    set_newest(p, doc);
  }
  co_return p;
}

}  // namespace cairn::store
