#pragma once
#include <functional>

#include "store/context.hpp"
#include "store/documents.hpp"
#include "store/stripe_reader.hpp"
#include "store/stripe_writer.hpp"

namespace cairn::store {

// Reads a whole body, codes it and puts its shards where they can be committed: inlined ones in memory,
// others staged on the drives. `seal` turns the digests into what the shard files' trailers say; it is called
// once, before they are finished.
struct WriteBody {
  std::string key;  // record key
  codec::Geometry geometry;
  std::string identity;
  std::uint32_t need = 1;
  std::function<Result<std::string>(const BodyDigests& digests, const drive::DataRef& data)> seal;
};
Task<Stored> write_body(const Context& context, ErasureSet& set, WriteBody plan, BodySource& body);

// How a shard file names what it belongs to, for people and salvage.
std::string object_identity(std::string_view bucket, std::string_view key);
std::string part_identity(std::string_view bucket, std::string_view key, std::string_view upload_id,
                          std::uint32_t number);

// Gives back what was staged and was not taken: no accept will name it any more. Slots in `taken` are left.
void discard(ErasureSet& set, const Stored& stored, SlotMask taken = 0);

// How many drives must hold shards of this geometry.
std::uint32_t needed_for(const ErasureSet& set, const codec::Geometry& geometry);

// The bodies of inlined data or of a part table, by slot, from the slots in `slots`.
Task<std::vector<Slice>> fetch_bodies(ErasureSet& set, DataId data, SlotMask slots);

// Opens a version of the register that `current` shows; whatever bodies its views have are used.
Task<std::unique_ptr<ObjectReader>> open_version(const Context& context, ErasureSet& set,
                                                 std::string record_key, VersionDoc doc, Current current);
// The part table of an object of form parts.
Task<std::vector<PartDoc>> read_part_table(ErasureSet& set, const VersionDoc& doc, const Current* current);

// The bodies that the views show for `state`, by slot.
std::vector<Slice> bodies_of(const Current& current);

}  // namespace cairn::store
