#include "cairn/s3wire/lifecycle.hpp"

#include <algorithm>

#include "cairn/s3wire/uri.hpp"

namespace cairn::s3wire {
namespace {

// Days after a moment. S3 rounds up to the next midnight UTC; a shortened day is not rounded.
UnixMillis after_days(UnixMillis start, std::uint32_t days, UnixMillis day) {
  const UnixMillis t = start + static_cast<UnixMillis>(days) * day;
  if (day != kLifecycleDay) return t;
  const UnixMillis past_midnight = ((t % day) + day) % day;
  return past_midnight == 0 ? t : t - past_midnight + day;
}

bool has_prefix(const LifecycleFilter& filter, std::string_view key) {
  return !filter.prefix || key.starts_with(*filter.prefix);
}

bool matches(const LifecycleFilter& filter, const LifecycleVersion& v) {
  if (!has_prefix(filter, v.key)) return false;
  if (filter.larger_than && v.size <= *filter.larger_than) return false;
  if (filter.smaller_than && v.size >= *filter.smaller_than) return false;
  return std::ranges::all_of(
      filter.tags, [&](const LifecycleTag& t) { return std::ranges::find(v.tags, t) != v.tags.end(); });
}

// Expiration by age or date; for a lone delete marker as for any other current version.
std::optional<UnixMillis> expires(const LifecycleRule& rule, UnixMillis modified, UnixMillis day) {
  if (rule.expiration_days) return after_days(modified, *rule.expiration_days, day);
  return rule.expiration_date;
}

std::optional<UnixMillis> noncurrent_due(const LifecycleRule& rule, const LifecycleVersion& v,
                                         UnixMillis day) {
  if (!rule.noncurrent_days) return std::nullopt;
  if (v.newer_noncurrent < rule.newer_noncurrent_versions.value_or(0)) return std::nullopt;
  return after_days(v.noncurrent_since, *rule.noncurrent_days, day);
}

std::optional<LifecycleStep> step_of(const LifecycleRule& rule, const LifecycleVersion& v, UnixMillis day) {
  const auto step = [&](LifecycleAction action, std::optional<UnixMillis> due) {
    return due ? std::optional(LifecycleStep{action, *due, rule.id}) : std::nullopt;
  };
  if (!v.current) return step(LifecycleAction::remove_version, noncurrent_due(rule, v, day));
  if (!v.delete_marker) return step(LifecycleAction::expire_current, expires(rule, v.modified, day));
  if (!v.only_version) return std::nullopt;
  if (rule.expired_delete_marker.value_or(false))
    return step(LifecycleAction::remove_delete_marker, v.modified);
  return step(LifecycleAction::remove_delete_marker, expires(rule, v.modified, day));
}

void keep_earlier(std::optional<LifecycleStep>& best, std::optional<LifecycleStep> step) {
  if (step && (!best || step->due < best->due)) best = step;
}

}  // namespace

std::optional<LifecycleStep> next_step(const LifecycleConfiguration& config, const LifecycleVersion& version,
                                       UnixMillis day) {
  std::optional<LifecycleStep> best;
  for (const LifecycleRule& rule : config.rules)
    if (rule.enabled && matches(rule.filter, version)) keep_earlier(best, step_of(rule, version, day));
  return best;
}

std::optional<LifecycleStep> next_upload_step(const LifecycleConfiguration& config, std::string_view key,
                                              UnixMillis initiated, UnixMillis day) {
  std::optional<LifecycleStep> best;
  for (const LifecycleRule& rule : config.rules) {
    if (!rule.enabled || !rule.abort_upload_days || !has_prefix(rule.filter, key)) continue;
    keep_earlier(best, LifecycleStep{LifecycleAction::abort_upload,
                                     after_days(initiated, *rule.abort_upload_days, day), rule.id});
  }
  return best;
}

std::optional<std::string> expiration_header(const LifecycleConfiguration& config,
                                             const LifecycleVersion& version, UnixMillis day) {
  if (!version.current || version.delete_marker) return std::nullopt;
  const auto step = next_step(config, version, day);
  if (!step) return std::nullopt;
  return "expiry-date=\"" + http_date(step->due) + "\", rule-id=\"" +
         uri_encode(step->rule_id, Slash::encode) + "\"";
}

}  // namespace cairn::s3wire
