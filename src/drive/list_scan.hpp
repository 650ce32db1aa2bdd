#pragma once
#include <string>
#include <string_view>

#include "drive/register.hpp"

// How a list walks the records, over any ordered source of them.
namespace cairn::drive {

// A position in the records, in the order of their keys. Views hold until the next move.
class RecordCursor {
 public:
  virtual ~RecordCursor() = default;
  virtual void seek(std::string_view record_key) = 0;  // to the first record at or above
  virtual void next() = 0;
  virtual bool valid() const = 0;
  virtual std::string_view key() const = 0;
  virtual Result<RecordPeek> peek() const = 0;  // corrupt: this record alone is damaged
  virtual Status status() const = 0;            // once it is not valid: the end, or an error?
};

// The records that a request may look at: [first, bound); an empty bound is the end of the table.
struct ListRange {
  std::string first, bound;
  bool empty = false;
};
ListRange list_range(const ListRequest& request);
Result<ListReply> list_records(RecordCursor& cursor, const ListRange& range, const ListRequest& request,
                               bool drive_whole);

// The range of upload rows that a request looks at.
ListRange uploads_range(const ListUploadsRequest& request);

}  // namespace cairn::drive
