#include "services/key_walk.hpp"

namespace cairn::services {

std::vector<KeyWalk::Version> KeyWalk::add(store::ObjectInfo info) {
  std::vector<Version> done;
  if (!key_.empty() && key_.front().info.key != info.key) done = std::exchange(key_, {});
  Version v;
  if (!key_.empty()) {
    v.noncurrent_since = key_.back().info.modified;
    v.newer_noncurrent = static_cast<std::uint32_t>(key_.size() - 1);
  }
  v.info = std::move(info);
  key_.push_back(std::move(v));
  return done;
}

s3wire::LifecycleVersion to_rules(const KeyWalk::Version& version, bool only_version,
                                  std::vector<s3wire::LifecycleTag>& tags) {
  const store::ObjectInfo& info = version.info;
  tags.clear();
  for (const auto& [key, value] : info.attributes.tags) tags.push_back({key, value});
  s3wire::LifecycleVersion out;
  out.key = info.key;
  out.size = info.size;
  out.tags = tags;
  out.modified = info.modified;
  out.delete_marker = info.delete_marker;
  out.current = info.latest;
  out.only_version = only_version;
  out.noncurrent_since = version.noncurrent_since;
  out.newer_noncurrent = version.newer_noncurrent;
  return out;
}

}  // namespace cairn::services
