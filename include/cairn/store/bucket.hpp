#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cairn/base/clock.hpp"

namespace cairn::store {

// Once enabled, versioning can be suspended, but never be unset again.
enum class Versioning : std::uint8_t { unset = 0, enabled = 1, suspended = 2 };

// GOVERNANCE may be lifted by who is allowed to bypass it; COMPLIANCE by nobody before its time.
enum class LockMode : std::uint8_t { none = 0, governance = 1, compliance = 2 };

// A version may not be removed before `until`. mode none: no retention.
struct Retention {
  LockMode mode = LockMode::none;
  UnixMillis until = 0;
  bool operator==(const Retention&) const = default;
};

// What new versions get where their writer asks for nothing; `days` or `years` is not 0.
struct DefaultRetention {
  LockMode mode = LockMode::none;
  std::uint32_t days = 0;
  std::uint32_t years = 0;
  bool operator==(const DefaultRetention&) const = default;
};

// A bucket as it stands now. Shared and never changed: a change makes another one.
struct BucketInfo {
  std::string name;
  UnixMillis created = 0;
  std::string region;
  std::string owner;           // canonical id of the user
  std::uint64_t id = 0;        // of this life of the name
  std::uint64_t revision = 0;  // grows with every change
  Versioning versioning = Versioning::unset;
  bool object_lock = false;  // enabled at some time, and for good
  std::optional<DefaultRetention> default_retention;
  // Configurations that the store only keeps, by the name of their sub-resource: "policy" (JSON), "cors",
  // "lifecycle", "tagging", "acl", "website", "logging", "ownershipControls", "publicAccessBlock" (XML as
  // clients sent it, checked by whoever put it here), ...
  std::map<std::string, std::string, std::less<>> config;

  // Empty where there is none.
  const std::string* find_config(std::string_view sub_resource) const {
    const auto it = config.find(sub_resource);
    return it == config.end() ? nullptr : &it->second;
  }
};
using Bucket = std::shared_ptr<const BucketInfo>;

}  // namespace cairn::store
