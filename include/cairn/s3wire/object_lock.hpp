#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cairn/base/clock.hpp"
#include "cairn/base/result.hpp"
#include "cairn/s3wire/request_view.hpp"
#include "cairn/s3wire/uri.hpp"

// The documents and headers of Object Lock ("Locking objects with Object Lock", S3 User Guide). Parsers give
// malformed_xml for whatever does not fit the schema and not_implemented for event holds.
namespace cairn::s3wire {

enum class LockMode : std::uint8_t { governance, compliance };
std::string_view lock_mode_name(LockMode mode);  // GOVERNANCE, COMPLIANCE

inline constexpr std::uint32_t kMaxRetentionDays = 36'500;
inline constexpr std::uint32_t kMaxRetentionYears = 100;

// What a bucket gives to objects that are written without a retention of their own: a period in days or in
// years, the other being 0.
struct DefaultRetention {
  LockMode mode = LockMode::governance;
  std::uint32_t days = 0;
  std::uint32_t years = 0;
  bool operator==(const DefaultRetention&) const = default;
};

struct ObjectLockConfiguration {
  std::optional<DefaultRetention> rule;
};
// invalid_argument for a period that is not positive or is longer than the limits.
Result<ObjectLockConfiguration> parse_object_lock_configuration(std::string_view xml);
std::string render_object_lock_configuration(const ObjectLockConfiguration& configuration);

struct Retention {
  LockMode mode = LockMode::governance;
  UnixMillis until = 0;
  bool operator==(const Retention&) const = default;
};
// nullopt for a document without mode and date, which takes a retention away.
Result<std::optional<Retention>> parse_retention(std::string_view xml);
std::string render_retention(const Retention& retention);
// invalid_argument unless `until` is still to come.
Status check_retain_until(UnixMillis until, UnixMillis now);

// ON is true.
Result<bool> parse_legal_hold(std::string_view xml);
std::string render_legal_hold(bool on);

// x-amz-object-lock-mode, -retain-until-date and -legal-hold of a write, hoisted ones too.
struct LockHeaders {
  std::optional<Retention> retention;
  std::optional<bool> legal_hold;
};
// invalid_argument for an unknown word, a bad date, or a mode without a date and the reverse.
Result<LockHeaders> parse_lock_headers(const HttpRequestView& request, const Query& query);

}  // namespace cairn::s3wire
