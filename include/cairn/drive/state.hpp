#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/base/ids.hpp"
#include "cairn/drive/keys.hpp"

namespace cairn::drive {

// Where the bytes of a version lie on a drive.
enum class DataForm : std::uint8_t {
  inlined = 1,  // this drive's shard is a body in the records
  file = 2,     // this drive's shard is the file shards/ab/<data id>
  parts = 3,    // a body holds the part table, the same on every drive: see encode_part_table
};

// Data that a version owns. When the last state or row that names it goes, the drive collects it.
struct DataRef {
  DataId id;
  DataForm form = DataForm::inlined;
  auto operator<=>(const DataRef&) const = default;
};

// The body of form `parts`: the parts' own data, which the drive reads to know what it owns, and then bytes
// of the store.
std::string encode_part_table(const std::vector<DataRef>& parts, std::string_view rest);
struct PartTable {
  std::vector<DataRef> parts;
  std::string_view rest;
};
Result<PartTable> decode_part_table(std::string_view body);

enum class StateKind : std::uint8_t {
  none = 0,  // no object shows: never written, deleted, or only uploads are open
  object = 1,
  delete_marker = 2,
};

// Rows beside a key's record: its versions, newest first, and its open multipart uploads. Rows change with
// the register's state, atomically; a row is immutable between being added and removed.
enum class RowTable : std::uint8_t { version = 1, upload = 2 };

struct Row {
  RowTable table = RowTable::version;
  std::string id;             // version: so made that newer sorts first; upload: the upload id
  std::string value;          // of the store
  std::vector<DataRef> data;  // owned by this row
  bool operator==(const Row&) const = default;
};

struct RowChange {
  Row row;
  bool remove = false;  // then only table and id count; removing an upload also removes its part rows
  bool operator==(const RowChange&) const = default;
};

// The sum of a hash over all rows of a key: adding and removing rows changes it without reading the others.
struct RowsDigest {
  std::uint64_t low = 0, high = 0;
  std::uint32_t count = 0;
  bool operator==(const RowsDigest&) const = default;
  void add(const Row& row);
  void remove(const Row& row);
};

using InvocationId = std::array<std::uint8_t, 16>;

// One value of a key's register. Immutable once proposed; equal ids mean equal states.
struct State {
  StateId id;
  std::vector<StateId> ancestors;  // the states below it, newest first, at most kMaxAncestors
  InvocationId invocation{};       // the client's attempt, so that a retry recognises its own success
  StateKind kind = StateKind::none;
  std::string head;           // the newest version's metadata, of the store; small
  std::vector<DataRef> data;  // what the head owns and no row does
  RowsDigest rows;
  std::uint64_t usage_objects =
      0;  // totals of this key, its versions included: exact usage is the sum of these
  std::uint64_t usage_bytes = 0;

  static constexpr std::size_t kMaxAncestors = 4;
  bool operator==(const State&) const = default;
};

void encode_state(std::string& out, const State& state);
Result<State> decode_state(std::string_view bytes);

}  // namespace cairn::drive
