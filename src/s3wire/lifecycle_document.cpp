#include "s3wire/lifecycle_document.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "cairn/crypto/digest.hpp"
#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/lifecycle.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/xml_parse.hpp"

namespace cairn::s3wire {
namespace {

constexpr std::string_view kRoot = "LifecycleConfiguration";
constexpr std::size_t kMaxId = 255;
constexpr std::uint32_t kMaxNewerVersions = 100;

Result<std::int32_t> leaf_integer(pugi::xml_node element) {
  TRY(const std::string text, leaf(element));
  const std::string_view digits = trim(text);
  std::int32_t v = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), v);
  if (error != std::errc{} || end != digits.data() + digits.size()) return malformed_xml();
  return v;
}

Result<std::uint32_t> leaf_positive(pugi::xml_node element, std::string_view action) {
  TRY(const std::int32_t v, leaf_integer(element));
  if (v < 1)
    return fail(Code::invalid_argument, "'" + std::string(element.name()) + "' for " + std::string(action) +
                                            " action must be a positive integer");
  return static_cast<std::uint32_t>(v);
}

// "2026-11-23T00:00:00Z", also without a time of day.
Result<UnixMillis> leaf_midnight(pugi::xml_node element) {
  TRY(const std::string text, leaf(element));
  std::string full(trim(text));
  if (full.find('T') == std::string::npos) full += "T00:00:00Z";
  const auto t = parse_iso8601(full);
  if (!t) return malformed_xml();
  if (*t % kLifecycleDay != 0) return fail(Code::invalid_argument, "'Date' must be at midnight GMT");
  return *t;
}

Status take_expiration(LifecycleRule& rule, pugi::xml_node element) {
  std::size_t parts = 0;
  for (const pugi::xml_node n : element.children()) {
    const std::string_view name = n.name();
    if (++parts > 1) return malformed_xml();
    if (name == "Days") {
      TRY(rule.expiration_days, leaf_positive(n, "Expiration"));
    } else if (name == "Date") {
      TRY(rule.expiration_date, leaf_midnight(n));
    } else if (name == "ExpiredObjectDeleteMarker") {
      TRY(rule.expired_delete_marker, leaf_bool(n));
    } else {
      return malformed_xml();
    }
  }
  if (parts == 0) return malformed_xml();
  return {};
}

Status take_noncurrent_expiration(LifecycleRule& rule, pugi::xml_node element) {
  constexpr std::string_view kAction = "NoncurrentVersionExpiration";
  for (const pugi::xml_node n : element.children()) {
    const std::string_view name = n.name();
    if (name == "NoncurrentDays" && !rule.noncurrent_days) {
      TRY(rule.noncurrent_days, leaf_positive(n, kAction));
    } else if (name == "NewerNoncurrentVersions" && !rule.newer_noncurrent_versions) {
      TRY(rule.newer_noncurrent_versions, leaf_positive(n, kAction));
      if (*rule.newer_noncurrent_versions > kMaxNewerVersions)
        return fail(
            Code::invalid_argument,
            "'NewerNoncurrentVersions' for NoncurrentVersionExpiration action must not be more than 100");
    } else {
      return malformed_xml();
    }
  }
  if (!rule.noncurrent_days) return malformed_xml();
  return {};
}

Status take_abort(LifecycleRule& rule, pugi::xml_node element) {
  for (const pugi::xml_node n : element.children()) {
    if (std::string_view(n.name()) != "DaysAfterInitiation" || rule.abort_upload_days) return malformed_xml();
    TRY(rule.abort_upload_days, leaf_positive(n, "AbortIncompleteMultipartUpload"));
  }
  if (!rule.abort_upload_days) return malformed_xml();
  return {};
}

// Read only to tell a document that is wrong from one that asks for what is not here.
Status check_transition(pugi::xml_node element, bool noncurrent) {
  bool has_class = false, has_time = false;
  for (const pugi::xml_node n : element.children()) {
    const std::string_view name = n.name();
    if (name == "StorageClass" && !has_class) {
      TRY(const std::string text, leaf(n));
      if (!valid_storage_class(text)) return malformed_xml();
      has_class = true;
    } else if (name == (noncurrent ? "NoncurrentDays" : "Days") && !has_time) {
      TRY(const std::int32_t days, leaf_integer(n));
      if (days < 0)
        return fail(Code::invalid_argument,
                    "'" + std::string(name) + "' for " + element.name() + " action must be nonnegative");
      has_time = true;
    } else if (!noncurrent && name == "Date" && !has_time) {
      TRY(leaf_midnight(n));
      has_time = true;
    } else if (noncurrent && name == "NewerNoncurrentVersions") {
      TRY(leaf_positive(n, element.name()));
    } else {
      return malformed_xml();
    }
  }
  if (!has_class || !has_time) return malformed_xml();
  return {};
}

// What a rule's children said, beside the rule.
struct RuleSeen {
  std::set<std::string_view> once;  // elements that may stand there once
  bool transition = false;
};

Status take_rule_element(LifecycleRule& rule, RuleSeen& seen, pugi::xml_node n) {
  const std::string_view name = n.name();
  if (name == "Transition" || name == "NoncurrentVersionTransition") {
    seen.transition = true;
    return check_transition(n, name != "Transition");
  }
  if (!seen.once.insert(name).second) return malformed_xml();
  if (name == "ID") {
    TRY(rule.id, leaf(n));
    if (utf8_length(rule.id) > kMaxId)
      return fail(Code::invalid_argument, "ID length should not exceed allowed limit of 255");
  } else if (name == "Status") {
    TRY(const std::string status, leaf(n));
    rule.enabled = status == "Enabled";
    if (!rule.enabled && status != "Disabled") return malformed_xml();
  } else if (name == "Prefix") {
    return take_legacy_prefix(rule.filter, n);
  } else if (name == "Filter") {
    return take_filter(rule.filter, n);
  } else if (name == "Expiration") {
    return take_expiration(rule, n);
  } else if (name == "NoncurrentVersionExpiration") {
    return take_noncurrent_expiration(rule, n);
  } else if (name == "AbortIncompleteMultipartUpload") {
    return take_abort(rule, n);
  } else {
    return malformed_xml();
  }
  return {};
}

Status check_rule(const LifecycleRule& rule, const RuleSeen& seen) {
  if (!seen.once.contains("Status")) return malformed_xml();
  const bool has_filter = seen.once.contains("Filter"), has_prefix = seen.once.contains("Prefix");
  if (!has_filter && !has_prefix) return malformed_xml();
  if (has_filter && has_prefix)
    return fail(Code::invalid_request, "Filter element can only be used in Lifecycle V2.");
  if (!seen.transition && !seen.once.contains("Expiration") && !rule.noncurrent_days &&
      !rule.abort_upload_days)
    return fail(Code::invalid_request, "At least one action needs to be specified in a rule.");

  // Neither a marker nor an upload has tags or a size.
  const bool sized = rule.filter.larger_than || rule.filter.smaller_than;
  const auto forbid = [&](std::string_view action) -> Status {
    if (!rule.filter.tags.empty())
      return fail(Code::invalid_request, std::string(action) + " cannot be specified with Tags.");
    if (sized)
      return fail(Code::invalid_request, std::string(action) + " cannot be specified with Object Size.");
    return {};
  };
  if (rule.expired_delete_marker) TRY(forbid("ExpiredObjectDeleteMarker"));
  if (rule.abort_upload_days) TRY(forbid("AbortIncompleteMultipartUpload"));
  return {};
}

// Documents of the older form, with a Prefix in each rule, and of the newer one, with a Filter, don't mix.
Status check_form(const LifecycleConfiguration& config) {
  using Form = LifecycleFilter::Form;
  const bool legacy = config.rules.front().filter.form == Form::legacy;
  for (const LifecycleRule& r : config.rules) {
    if ((r.filter.form == Form::legacy) == legacy) continue;
    return fail(Code::invalid_request,
                legacy
                    ? "Filter element can only be used in Lifecycle V2."
                    : "Base level prefix cannot be used in Lifecycle V2, prefixes are only supported in the "
                      "Filter.");
  }
  return {};
}

Status settle_ids(LifecycleConfiguration& config) {
  std::set<std::string_view> ids;
  for (std::size_t i = 0; i < config.rules.size(); ++i) {
    LifecycleRule& rule = config.rules[i];
    if (rule.id.empty()) {
      XmlWriter text(std::to_string(i));
      render_rule(text, rule);
      const auto hash = crypto::sha256(std::move(text).finish());
      rule.id = to_hex(std::as_bytes(std::span(hash))).substr(0, 32);
    }
    if (!ids.insert(rule.id).second)
      return fail(Code::invalid_argument, "Rule ID must be unique. Found same ID for more than one rule");
  }
  return {};
}

}  // namespace

Result<LifecycleConfiguration> parse_lifecycle(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxLifecycleBody));
  TRY(const pugi::xml_node root, doc.root(kRoot));
  LifecycleConfiguration config;
  bool transition = false;
  for (const pugi::xml_node n : root.children()) {
    if (std::string_view(n.name()) != "Rule") return malformed_xml();
    if (config.rules.size() == kMaxLifecycleRules)
      return fail(Code::invalid_request,
                  "The number of lifecycle rules must not exceed the allowed limit of 1000 rules");
    LifecycleRule& rule = config.rules.emplace_back();
    RuleSeen seen;
    for (const pugi::xml_node e : n.children()) TRY(take_rule_element(rule, seen, e));
    TRY(check_rule(rule, seen));
    transition = transition || seen.transition;
  }
  if (config.rules.empty()) return malformed_xml();
  TRY(check_form(config));
  TRY(settle_ids(config));
  if (transition)
    return fail(Code::invalid_storage_class,
                "Transitions are not possible: there is no other storage class to move objects to.");
  return config;
}

std::string LifecycleConfiguration::render() const {
  XmlWriter xml(kRoot);
  for (const LifecycleRule& r : rules) render_rule(xml, r);
  return std::move(xml).finish();
}

}  // namespace cairn::s3wire
