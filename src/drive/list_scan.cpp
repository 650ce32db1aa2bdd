#include "drive/list_scan.hpp"

#include <algorithm>

namespace cairn::drive {

ListRange list_range(const ListRequest& request) {
  ListRange range;
  range.first = record_prefix(request.bucket, request.prefix);
  range.bound = after_prefix(range.first);
  if (!request.after.empty()) {
    std::string first;
    if (request.after_is_prefix) {
      first = after_prefix(record_prefix(request.bucket, request.after));
      range.empty = first.empty();
    } else {
      first = record_key(request.bucket, request.after);
      first.push_back('\0');
    }
    range.first = std::max(range.first, first);
  }
  range.empty |= !range.bound.empty() && range.first >= range.bound;
  return range;
}

ListRange uploads_range(const ListUploadsRequest& request) {
  ListRange range;
  range.first = record_prefix(request.bucket, request.prefix);
  range.bound = after_prefix(range.first);
  if (!request.after_key.empty()) {
    std::string first = record_key(request.bucket, request.after_key);
    if (request.after_upload.empty()) {
      first = after_prefix(std::move(first));
    } else {
      first.append(request.after_upload).push_back('\0');
    }
    range.first = std::max(range.first, first);
  }
  range.empty = !range.bound.empty() && range.first >= range.bound;
  return range;
}

namespace {

bool shows(Show show, StateKind kind) {
  return kind == StateKind::object || show == Show::all ||
         (show == Show::versions && kind == StateKind::delete_marker);
}

}  // namespace

Result<ListReply> list_records(RecordCursor& cursor, const ListRange& range, const ListRequest& request,
                               bool drive_whole) {
  ListReply reply;
  reply.whole = drive_whole;
  if (range.empty) return reply;
  const auto in_range = [&] { return cursor.valid() && (range.bound.empty() || cursor.key() < range.bound); };
  cursor.seek(range.first);
  while (in_range() && reply.entries.size() < request.limit) {
    const auto peek = cursor.peek();
    if (!peek && !peek.error().is(Code::corrupt)) return fail(peek.error());
    const bool ask = !peek || peek->open;
    if (!ask && !shows(request.show, peek->kind)) {
      cursor.next();
      continue;
    }
    TRY(DecodedKey key, decode_record_key(cursor.key()));
    ListEntry entry;
    entry.key = std::move(key.key);
    entry.open = ask;
    entry.whole = peek.has_value();
    if (peek) {
      entry.state = peek->id;
      entry.kind = peek->kind;
      entry.head = peek->head;
    }
    std::string skip_to;
    if (!request.delimiter.empty() && !ask && peek->kind != StateKind::none) {
      const std::size_t at = entry.key.find(request.delimiter, request.prefix.size());
      if (at != std::string::npos) {
        entry.common_prefix = entry.key.substr(0, at + request.delimiter.size());
        skip_to = after_prefix(record_prefix(request.bucket, entry.common_prefix));
      }
    }
    const bool folded = !entry.common_prefix.empty();
    reply.entries.push_back(std::move(entry));
    if (!folded) {
      cursor.next();
    } else if (skip_to.empty()) {
      return reply;  // nothing can stand above this prefix
    } else {
      cursor.seek(skip_to);
    }
  }
  reply.more = in_range();
  if (!cursor.valid()) TRY(cursor.status());
  return reply;
}

}  // namespace cairn::drive
