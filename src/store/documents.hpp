#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "cairn/codec/layout.hpp"
#include "cairn/drive/state.hpp"
#include "cairn/store/object_layer.hpp"

// What the store keeps in the opaque fields of states, rows and bodies (docs/formats/documents.md gives the
// bytes). Each begins with a format version. Decoders answer corrupt for damaged bytes and unsupported for a
// later version.
namespace cairn::store {

// One version: a state's head holds the newest, version rows the others.
struct VersionDoc {
  ObjectInfo info;  // without the key
  codec::Geometry geometry;
  drive::DataRef data;      // null id: no bytes
  std::string upload_id;    // of the multipart upload that made it
  std::uint64_t order = 0;  // newer versions of a key have a higher one; near hybrid logical time
  // In a head: how many version rows there are below it, and which of them is the null version.
  std::uint32_t older = 0;
  std::string null_row;  // empty: none of them
};
std::string encode_version(const VersionDoc& doc);
Result<VersionDoc> decode_version(std::string_view bytes, std::string key);
// The part of it that a listing needs, at less cost.
Result<ListItem> decode_list_item(std::string_view bytes, std::string key);

// One part in an object's part table, and in its part row before that.
struct PartDoc {
  PartInfo info;
  std::uint64_t order = 0;  // of the attempts at one part number the highest counts: hybrid logical time
  codec::Geometry geometry;
  drive::DataRef data;
};
std::string encode_part(const PartDoc& doc);
Result<PartDoc> decode_part(std::string_view bytes);
// The whole body of an object of form `parts`.
std::string encode_parts(const std::vector<PartDoc>& parts);
Result<std::vector<PartDoc>> decode_parts(std::string_view body);

std::string encode_upload(const UploadInfo& upload);
Result<UploadInfo> decode_upload(std::string_view bytes, std::string key, std::string upload_id);

std::string encode_bucket(const BucketInfo& bucket);
Result<BucketInfo> decode_bucket(std::string_view bytes, std::string name);

}  // namespace cairn::store
