#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cairn/base/clock.hpp"
#include "cairn/s3wire/documents.hpp"

namespace cairn::s3wire {

// One line of a list of versions. A delete marker has no ETag, size, storage class and checksum: what stands
// there is not rendered.
struct VersionEntry {
  std::string key;
  std::string version_id;  // "null" for what was written without versioning
  bool delete_marker = false;
  bool latest = false;
  UnixMillis last_modified = 0;
  std::string etag;  // without quotes
  std::uint64_t size = 0;
  std::string storage_class = "STANDARD";
  std::optional<Owner> owner;
  std::optional<ChecksumAlgorithm> checksum_algorithm;
  ChecksumType checksum_type = ChecksumType::full_object;
};

// The answer of ListObjectVersions. Versions and delete markers stand among each other in the order of the
// list: by key, the newest first.
struct ListVersionsResult {
  std::string bucket;
  std::string prefix;
  std::string key_marker;         // as asked for
  std::string version_id_marker;  // likewise
  std::string next_key_marker;    // rendered where the list is truncated
  std::string next_version_id_marker;
  std::string delimiter;
  std::uint32_t max_keys = 1000;
  bool url_encoding = false;  // keys, prefixes, delimiter and key markers are encoded on rendering
  bool truncated = false;
  std::vector<VersionEntry> versions;
  std::vector<std::string> common_prefixes;
  std::string render() const;
};

}  // namespace cairn::s3wire
