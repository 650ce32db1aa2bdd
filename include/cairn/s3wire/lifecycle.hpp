#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/clock.hpp"
#include "cairn/base/result.hpp"

// Lifecycle rules: the configuration of a bucket, and what it wants done with a version of an object or with
// an upload, and when. Pure: no clock of its own. Source: the S3 API reference,
// PutBucketLifecycleConfiguration; the S3 user guide, "Lifecycle configuration elements".
namespace cairn::s3wire {

inline constexpr std::size_t kMaxLifecycleRules = 1'000;
inline constexpr std::size_t kMaxLifecycleBody = 1u << 20;

struct LifecycleTag {
  std::string key;
  std::string value;
  bool operator==(const LifecycleTag&) const = default;
};

// Which objects a rule is about: those that meet every part that is there.
struct LifecycleFilter {
  // How the document says it, so that it comes back the same.
  enum class Form : std::uint8_t {
    legacy,  // a Prefix beside the actions, no Filter
    single,  // a Filter with one part or none
    all_of,  // a Filter with And
  };
  Form form = Form::single;
  std::optional<std::string> prefix;
  std::vector<LifecycleTag> tags;             // no key twice
  std::optional<std::uint64_t> larger_than;   // bytes; larger, not equal
  std::optional<std::uint64_t> smaller_than;  // bytes; smaller, not equal
};

struct LifecycleRule {
  std::string id;
  bool enabled = false;
  LifecycleFilter filter;
  // Expiration: at most one of the three.
  std::optional<std::uint32_t> expiration_days;
  std::optional<UnixMillis> expiration_date;  // midnight UTC
  std::optional<bool> expired_delete_marker;  // ExpiredObjectDeleteMarker
  // NoncurrentVersionExpiration; the second only with the first.
  std::optional<std::uint32_t> noncurrent_days;
  std::optional<std::uint32_t> newer_noncurrent_versions;
  std::optional<std::uint32_t> abort_upload_days;  // AbortIncompleteMultipartUpload
};

struct LifecycleConfiguration {
  std::vector<LifecycleRule> rules;
  std::string render() const;
};

// Rules without an ID get one, made of what they say. Errors as Amazon's: malformed_xml; invalid_argument for
// days that are not positive, a Date that is not midnight, IDs that are too long or not unique;
// invalid_request for combinations that are forbidden and for too many rules; invalid_tag;
// invalid_storage_class for transitions, as there are no other storage classes to move to.
Result<LifecycleConfiguration> parse_lifecycle(std::string_view xml);

// ---- What is to be done ----

// How long a day of a rule is. A shorter one is for tests; due times are then not rounded up to midnight.
inline constexpr UnixMillis kLifecycleDay = 86'400'000;

// A version of an object or a delete marker.
struct LifecycleVersion {
  std::string_view key;
  std::uint64_t size = 0;              // 0 for a delete marker
  std::span<const LifecycleTag> tags;  // none for a delete marker
  UnixMillis modified = 0;
  bool delete_marker = false;
  bool current = true;
  bool only_version = false;           // nothing else of the key is left
  UnixMillis noncurrent_since = 0;     // when its successor was created; noncurrent versions only
  std::uint32_t newer_noncurrent = 0;  // noncurrent versions of the key that are newer, markers among them
};

enum class LifecycleAction : std::uint8_t {
  expire_current,        // delete as a client would who names no version
  remove_version,        // delete this noncurrent version for good
  remove_delete_marker,  // the last thing left of its key
  abort_upload,
};

// An action that is due once `due` has come (due <= now). rule_id points into the configuration.
struct LifecycleStep {
  LifecycleAction action = LifecycleAction::expire_current;
  UnixMillis due = 0;
  std::string_view rule_id;
};

// The next step of a version, the earliest where several rules apply, whether it is due yet or not; nullopt
// if no rule will ever touch it as it stands.
std::optional<LifecycleStep> next_step(const LifecycleConfiguration& config, const LifecycleVersion& version,
                                       UnixMillis day = kLifecycleDay);
std::optional<LifecycleStep> next_upload_step(const LifecycleConfiguration& config, std::string_view key,
                                              UnixMillis initiated, UnixMillis day = kLifecycleDay);

// x-amz-expiration of a current version: expiry-date="...", rule-id="..." (the ID percent-encoded). nullopt
// where it does not expire. S3 sends it with a read or write that names no version.
std::optional<std::string> expiration_header(const LifecycleConfiguration& config,
                                             const LifecycleVersion& version, UnixMillis day = kLifecycleDay);

}  // namespace cairn::s3wire
