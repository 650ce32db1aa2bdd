#include "store/listing.hpp"

#include <algorithm>
#include <bit>

#include "store/documents.hpp"
#include "store/versions.hpp"

namespace cairn::store {
namespace {

using drive::ListEntry;
using drive::ListReply;
using drive::StateKind;

constexpr std::chrono::seconds kSlowList{1};  // after this other drives are asked too

// A line of a page, before it becomes a ListItem.
struct Line {
  bool common_prefix = false;
  std::string name;  // key or common prefix
  std::string head;
};

struct Page {
  std::vector<Line> lines;
  bool more = false;
  std::string next;  // continue after this
};

bool after_is_prefix(const drive::ListRequest& r) {
  return !r.delimiter.empty() && r.after.size() >= r.prefix.size() + r.delimiter.size() &&
         r.after.ends_with(r.delimiter) && r.after.starts_with(r.prefix) &&
         r.after.find(r.delimiter, r.prefix.size()) == r.after.size() - r.delimiter.size();
}

// The name under which a key shows: itself, or its common prefix.
std::string_view shown_name(const drive::ListRequest& r, std::string_view key, bool& is_prefix) {
  is_prefix = false;
  if (r.delimiter.empty()) return key;
  const auto at = key.find(r.delimiter, r.prefix.size());
  if (at == std::string_view::npos) return key;
  is_prefix = true;
  return key.substr(0, at + r.delimiter.size());
}

Task<Page> list_set(ErasureSet& set, drive::ListRequest request);

bool shows(drive::Show show, StateKind kind) {
  return kind == StateKind::object || (show == drive::Show::versions && kind == StateKind::delete_marker);
}

// Whether any key below `prefix` and above `after` shows.
Task<bool> any_visible(ErasureSet& set, const drive::ListRequest& like, std::string prefix,
                       std::string after) {
  for (;;) {
    drive::ListRequest r;
    r.bucket = like.bucket;
    r.show = like.show;
    r.prefix = prefix;
    r.after = after;
    r.limit = 16;
    CO_TRY(const Page page, co_await list_set(set, r));
    if (!page.lines.empty()) co_return true;
    if (!page.more) co_return false;
    after = page.next;
  }
}

// The head of a key, if it shows.
Task<std::optional<std::string>> visible_head(ErasureSet& set, const drive::ListRequest& request,
                                              const std::string& key) {
  std::string record_key = drive::record_key(request.bucket, key);
  CO_TRY(const Current current, co_await set.read(std::move(record_key), false));
  if (!shows(request.show, current.state.kind)) co_return std::nullopt;
  co_return current.state.head;
}

// One name as the drives that were asked have it.
struct Group {
  std::vector<ListEntry*> entries;
};

// Everything the drives say of one name agrees, and nothing is open.
bool agreed(const Group& g, std::size_t drives, drive::Show show) {
  if (g.entries.size() != drives) return false;
  for (const ListEntry* e : g.entries)
    if (e->open || !shows(show, e->kind) || e->state != g.entries[0]->state || e->key != g.entries[0]->key ||
        e->common_prefix != g.entries[0]->common_prefix)
      return false;
  return true;
}

// One page of one set. Asks as many whole drives as meet every write quorum and resolves what they differ on.
Task<Page> list_set(ErasureSet& set, drive::ListRequest request) {
  request.after_is_prefix = after_is_prefix(request);
  const std::uint32_t need = set.quorum().evidence();
  const Deadline limit = set.deadline();
  // First just enough drives, more when some of them are away or slow.
  const auto ask_slot = [&](std::uint32_t, drive::Drive& d, Completion<ListReply> done) {
    d.list(request, std::move(done));
  };
  auto gather = Gather<ListReply>::make(set.size());
  const auto enough = [need](const auto& r) {
    std::uint32_t whole = 0;
    for (const auto& x : r) whole += x && x->has_value() && (*x)->whole;
    return whole >= need;
  };
  SlotMask asked = 0;
  for (const SlotMask avoid : {set.suspects(), SlotMask{0}}) {
    SlotMask ask = 0;
    for (std::uint32_t i = 0; i < set.size() && static_cast<std::uint32_t>(std::popcount(asked | ask)) < need;
         ++i)
      if (!((asked | avoid) >> i & 1)) ask |= SlotMask{1} << i;
    set.ask_more<ListReply>(*gather, ask, ask_slot);
    asked |= ask;
  }
  co_await gather->collect(enough, std::min(limit, std::chrono::steady_clock::now() + kSlowList));
  if (const SlotMask rest = set.all() & ~asked;
      rest && !gather->locked([&] { return enough(gather->peek_all()); })) {
    set.ask_more<ListReply>(*gather, rest, ask_slot);
    co_await gather->collect(enough, limit);
  } else if (!rest) {
    co_await gather->collect(enough, limit);
  }
  std::vector<ListReply> replies;
  for (auto& r : gather->take())
    if (r && r->has_value() && (*r)->whole && replies.size() < need) replies.push_back(std::move(**r));
  if (replies.size() < need) co_return fail(Code::no_quorum, "too few whole drives for a list");

  // Beyond the last entry of a reply that was cut off, that drive says nothing.
  Page page;
  std::optional<std::string> horizon;  // last key all replies cover
  for (const ListReply& r : replies)
    if (r.more && !r.entries.empty()) {
      const ListEntry& last = r.entries.back();
      const std::string& key = last.common_prefix.empty() ? last.key : last.common_prefix;
      if (!horizon || key < *horizon) horizon = key;
      page.more = true;
    }

  std::vector<std::size_t> at(replies.size(), 0);
  bool ends_in_prefix = false;
  Group group;
  for (;;) {
    // The least name at the front of any reply, and all entries that show under it.
    std::optional<std::string_view> name;  // in an entry
    bool is_prefix = false;
    for (std::size_t i = 0; i < replies.size(); ++i) {
      if (at[i] >= replies[i].entries.size()) continue;
      const ListEntry& e = replies[i].entries[at[i]];
      bool p = false;
      const std::string_view n = shown_name(request, e.key, p);
      if (!name || n < *name) name = n, is_prefix = p;
    }
    if (!name) break;
    if (horizon && *name > *horizon) break;
    group.entries.clear();
    std::string_view last_evidence;
    for (std::size_t i = 0; i < replies.size(); ++i)
      for (; at[i] < replies[i].entries.size(); ++at[i]) {
        ListEntry& e = replies[i].entries[at[i]];
        bool p = false;
        if (shown_name(request, e.key, p) != *name) break;
        group.entries.push_back(&e);
        last_evidence = std::max<std::string_view>(last_evidence, e.key);
      }
    Line line{is_prefix, std::string(*name), {}};
    bool visible = false;
    if (agreed(group, replies.size(), request.show)) {
      visible = true;
      line.head = std::move(group.entries[0]->head);
    } else {
      std::vector<std::string> keys;
      for (const ListEntry* e : group.entries) keys.push_back(e->key);
      std::sort(keys.begin(), keys.end());
      keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
      for (const std::string& key : keys) {
        CO_TRY(auto head, co_await visible_head(set, request, key));
        if (!head) continue;
        visible = true;
        line.head = std::move(*head);
        break;
      }
      if (!visible && is_prefix) {
        CO_TRY(visible, co_await any_visible(set, request, line.name, std::string(last_evidence)));
      }
    }
    page.next = is_prefix ? *name : last_evidence;
    if (visible) page.lines.push_back(std::move(line));
    ends_in_prefix = is_prefix;
  }
  // Below a common prefix that was dealt with as a whole nothing is left to see.
  if (page.more && horizon && !(ends_in_prefix && horizon->starts_with(page.next)))
    page.next = std::max(page.next, *horizon);
  co_return page;
}

// Walks one set page by page.
class Cursor {
 public:
  Cursor(ErasureSet& set, drive::ListRequest request) : set_(&set), request_(std::move(request)) {}

  // Loads until a line is at hand or the set is at its end.
  Task<void> fill() {
    while (at_ >= page_.lines.size() && more_) {
      CO_TRY(page_, co_await list_set(*set_, request_));
      at_ = 0;
      more_ = page_.more;
      request_.after = page_.next;
    }
    co_return Status{};
  }
  Line* front() { return at_ < page_.lines.size() ? &page_.lines[at_] : nullptr; }
  void pop() { ++at_; }

 private:
  ErasureSet* set_;
  drive::ListRequest request_;
  Page page_;
  std::size_t at_ = 0;
  bool more_ = true;
};

std::vector<Cursor> open_cursors(const Context& context, const drive::ListRequest& request) {
  std::vector<Cursor> cursors;
  for (const auto& set : context.topology.sets) cursors.emplace_back(*set, request);
  return cursors;
}

// The least line of all sets, popped; a common prefix that several sets have comes once. All cursors are
// filled.
std::optional<Line> next_line(std::vector<Cursor>& cursors) {
  Line* least = nullptr;
  for (Cursor& c : cursors)
    if (c.front() && (!least || c.front()->name < least->name)) least = c.front();
  if (!least) return std::nullopt;
  Line line = std::move(*least);
  for (Cursor& c : cursors)
    if (c.front() && (c.front() == least || c.front()->name == line.name)) c.pop();
  return line;
}

}  // namespace

Task<ListResult> list_objects(const Context& context, drive::BucketId bucket, ListRequest request) {
  ListResult out;
  if (request.limit == 0) co_return out;
  drive::ListRequest r;
  r.bucket = bucket;
  r.prefix = std::move(request.prefix);
  r.delimiter = std::move(request.delimiter);
  r.after = std::move(request.after);
  r.limit = request.limit + 1;
  auto cursors = open_cursors(context, r);
  for (;;) {
    for (Cursor& c : cursors)
      if (!c.front()) CO_TRY(co_await c.fill());
    std::optional<Line> line = next_line(cursors);
    if (!line) break;
    if (out.items.size() == request.limit) {
      out.truncated = true;
      out.next = out.items.back().key;
      break;
    }
    if (line->common_prefix) {
      ListItem item;
      item.common_prefix = true;
      item.key = std::move(line->name);
      out.items.push_back(std::move(item));
    } else {
      CO_TRY(ListItem item, decode_list_item(line->head, std::move(line->name)));
      out.items.push_back(std::move(item));
    }
  }
  co_return out;
}

Task<void> for_each_head(const Context& context, drive::BucketId bucket, std::string prefix,
                         std::function<Status(std::string key, const std::string& head)> each) {
  drive::ListRequest r;
  r.bucket = bucket;
  r.prefix = std::move(prefix);
  auto cursors = open_cursors(context, r);
  for (;;) {
    for (Cursor& c : cursors)
      if (!c.front()) CO_TRY(co_await c.fill());
    std::optional<Line> line = next_line(cursors);
    if (!line) co_return Status{};
    CO_TRY(each(std::move(line->name), line->head));
  }
}

// ---- versions ----

namespace {

// The versions of one key, in order, from the first after `marker` on (empty: all), `limit` of them at most;
// a register that was changed meanwhile is read again, so that no version is missed.
Task<std::vector<ObjectInfo>> versions_of(ErasureSet& set, drive::BucketId bucket, const std::string& key,
                                          std::string marker, std::uint32_t limit) {
  const std::string record_key = drive::record_key(bucket, key);
  CO_TRY(Current current, co_await set.read(record_key, false));
  for (int attempt = 0;; ++attempt) {
    std::vector<ObjectInfo> out;
    CO_TRY(auto newest, newest_version(current.state, key));
    if (!newest) co_return out;
    std::string after = marker;
    if (marker == "null") after = newest->info.version_id.empty() ? row_id_of(*newest) : newest->null_row;
    const std::string first = row_id_of(*newest);
    const std::uint32_t older = newest->older;
    if (after.empty() || after < first) {
      after = first;
      out.push_back(std::move(newest->info));
    }
    if (older == 0 || out.size() >= limit) co_return out;
    CO_TRY(const auto rows, co_await read_rows(set, record_key, current, drive::RowTable::version, after,
                                               limit - static_cast<std::uint32_t>(out.size())));
    for (const drive::Row& row : rows) {
      CO_TRY(VersionDoc doc, decode_version(row.value, key));
      doc.info.latest = false;
      out.push_back(std::move(doc.info));
    }
    // As long as the newest one is still there, no row can have left the rows to take its place.
    CO_TRY(Current now, co_await set.read(record_key, false));
    if (now.state.id == current.state.id || attempt >= 8) co_return out;
    CO_TRY(const auto newest_now, newest_version(now.state, key));
    bool there = newest_now && row_id_of(*newest_now) == first;
    if (!there && newest_now) {
      CO_TRY(const auto row, co_await find_row(set, record_key, now, drive::RowTable::version, first));
      there = row.has_value();
    }
    if (there) co_return out;
    current = std::move(now);
  }
}

}  // namespace

Task<ListVersionsResult> list_versions(const Context& context, drive::BucketId bucket,
                                       ListVersionsRequest request) {
  ListVersionsResult out;
  if (request.limit == 0) co_return out;
  drive::ListRequest r;
  r.bucket = bucket;
  r.show = drive::Show::versions;
  r.prefix = request.prefix;
  r.delimiter = request.delimiter;
  r.after = request.key_marker;
  r.limit = request.limit + 1;
  // False when the page is full; then there is at least one more.
  const auto add = [&out, &request](ListVersionsResult::Item item) {
    if (out.items.size() == request.limit) {
      out.truncated = true;
      return false;
    }
    out.next_key = item.common_prefix ? item.prefix : item.info.key;
    out.next_version_id = item.common_prefix             ? std::string()
                          : item.info.version_id.empty() ? "null"
                                                         : item.info.version_id;
    out.items.push_back(std::move(item));
    return true;
  };
  const std::function<Task<bool>(std::string, std::string)> add_key = [&](std::string key,
                                                                          std::string marker) -> Task<bool> {
    const std::string record_key = drive::record_key(bucket, key);
    const auto room = static_cast<std::uint32_t>(request.limit - out.items.size() + 1);
    CO_TRY(auto versions,
           co_await versions_of(context.topology.set_of(record_key), bucket, key, std::move(marker), room));
    for (ObjectInfo& info : versions) {
      ListVersionsResult::Item item;
      item.info = std::move(info);
      if (!add(std::move(item))) co_return false;
    }
    co_return true;
  };
  if (!request.version_id_marker.empty()) {
    CO_TRY(const bool room, co_await add_key(request.key_marker, request.version_id_marker));
    if (!room) co_return out;
  }
  auto cursors = open_cursors(context, r);
  for (;;) {
    for (Cursor& c : cursors)
      if (!c.front()) CO_TRY(co_await c.fill());
    std::optional<Line> line = next_line(cursors);
    if (!line) co_return out;
    ListVersionsResult::Item item;
    if (line->common_prefix) {
      item.common_prefix = true;
      item.prefix = std::move(line->name);
    } else {
      CO_TRY(VersionDoc newest, decode_version(line->head, line->name));
      if (newest.older > 0) {
        CO_TRY(const bool room, co_await add_key(std::move(line->name), std::string()));
        if (!room) co_return out;
        continue;
      }
      item.info = std::move(newest.info);
    }
    if (!add(std::move(item))) co_return out;
  }
}

}  // namespace cairn::store
