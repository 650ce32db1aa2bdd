#pragma once
#include <string>
#include <vector>

#include "cairn/s3wire/lifecycle.hpp"
#include "cairn/store/object_layer.hpp"

namespace cairn::services {

// Turns the versions of a list (by key, newest first) into what the rules are asked about: since when a
// version has not been the newest, how many noncurrent ones are newer, whether nothing else of the key is
// left. A key is complete when the next one begins, so what add() returns is one key behind.
class KeyWalk {
 public:
  struct Version {
    store::ObjectInfo info;
    UnixMillis noncurrent_since = 0;
    std::uint32_t newer_noncurrent = 0;
  };
  // The versions of the key before, if `info` begins another one.
  std::vector<Version> add(store::ObjectInfo info);
  std::vector<Version> finish() { return std::exchange(key_, {}); }

 private:
  std::vector<Version> key_;
};

// `tags` is filled and must outlive what is returned.
s3wire::LifecycleVersion to_rules(const KeyWalk::Version& version, bool only_version,
                                  std::vector<s3wire::LifecycleTag>& tags);

}  // namespace cairn::services
