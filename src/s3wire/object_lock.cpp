#include "cairn/s3wire/object_lock.hpp"

#include <chrono>

#include "cairn/s3wire/documents.hpp"
#include "cairn/s3wire/headers.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/ascii.hpp"
#include "s3wire/xml_fields.hpp"

namespace cairn::s3wire {
namespace {

constexpr XmlWords<LockMode, 2> kModes = {
    {{"GOVERNANCE", LockMode::governance}, {"COMPLIANCE", LockMode::compliance}}};
constexpr XmlWords<bool, 2> kHolds = {{{"ON", true}, {"OFF", false}}};

Result<std::uint32_t> parse_period(std::string_view text, std::uint32_t max) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return malformed_xml();
  const auto value = parse_decimal(text);  // none where there are more digits than a number can hold
  if (negative || value == 0u)
    return fail(Code::invalid_argument, "Default retention period must be a positive integer value.");
  if (!value || *value > max) return fail(Code::invalid_argument, "Default retention period too large.");
  return static_cast<std::uint32_t>(*value);
}

std::unexpected<Error> event_hold() {
  return fail(Code::not_implemented, "Event holds are not implemented.");
}

Result<DefaultRetention> parse_default_retention(pugi::xml_node rule) {
  pugi::xml_node retention;
  TRY(read_fields(rule, {{.name = "DefaultRetention", .node = &retention}}));
  std::optional<std::string> mode;
  std::optional<std::string> days;
  std::optional<std::string> years;
  pugi::xml_node hold;
  TRY(read_fields(retention, {{.name = "Mode", .text = &mode},
                              {.name = "Days", .text = &days},
                              {.name = "Years", .text = &years},
                              {.name = "DefaultEventHold", .node = &hold}}));
  if (hold) return event_hold();
  DefaultRetention out;
  TRY(out.mode, parse_word(kModes, mode));
  if (days.has_value() == years.has_value()) return malformed_xml();
  if (days) {
    TRY(out.days, parse_period(trim(*days), kMaxRetentionDays));
  } else {
    TRY(out.years, parse_period(trim(*years), kMaxRetentionYears));
  }
  return out;
}

}  // namespace

std::string_view lock_mode_name(LockMode mode) { return word_of(kModes, mode); }

Result<ObjectLockConfiguration> parse_object_lock_configuration(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxSmallBody));
  TRY(const pugi::xml_node root, doc.root("ObjectLockConfiguration"));
  std::optional<std::string> enabled;
  pugi::xml_node rule;
  TRY(read_fields(root, {{.name = "ObjectLockEnabled", .text = &enabled}, {.name = "Rule", .node = &rule}}));
  if (enabled != "Enabled") return malformed_xml();
  ObjectLockConfiguration out;
  if (rule) {
    TRY(out.rule, parse_default_retention(rule));
  }
  return out;
}

std::string render_object_lock_configuration(const ObjectLockConfiguration& configuration) {
  XmlWriter xml("ObjectLockConfiguration");
  xml.text("ObjectLockEnabled", "Enabled");
  if (const auto& rule = configuration.rule) {
    xml.open("Rule").open("DefaultRetention").text("Mode", word_of(kModes, rule->mode));
    if (rule->days != 0) xml.number("Days", rule->days);
    if (rule->years != 0) xml.number("Years", rule->years);
    xml.close("DefaultRetention").close("Rule");
  }
  return std::move(xml).finish();
}

Result<std::optional<Retention>> parse_retention(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxSmallBody));
  TRY(const pugi::xml_node root, doc.root("Retention"));
  std::optional<std::string> mode;
  std::optional<std::string> date;
  pugi::xml_node hold;
  pugi::xml_node hold_duration;
  TRY(read_fields(root, {{.name = "Mode", .text = &mode},
                         {.name = "RetainUntilDate", .text = &date},
                         {.name = "EventHold", .node = &hold},
                         {.name = "EventHoldDuration", .node = &hold_duration}}));
  if (hold || hold_duration) return event_hold();
  if (!mode && !date) return std::optional<Retention>{};
  Retention out;
  TRY(out.mode, parse_word(kModes, mode));
  const auto until = parse_iso8601(trim(date.value_or("")));
  if (!until) return malformed_xml();
  out.until = *until;
  return out;
}

std::string render_retention(const Retention& retention) {
  XmlWriter xml("Retention");
  xml.text("Mode", word_of(kModes, retention.mode)).text("RetainUntilDate", iso8601_ms(retention.until));
  return std::move(xml).finish();
}

Status check_retain_until(UnixMillis until, UnixMillis now) {
  if (until <= now) return fail(Code::invalid_argument, "The retain until date must be in the future!");
  return {};
}

Result<bool> parse_legal_hold(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxSmallBody));
  TRY(const pugi::xml_node root, doc.root("LegalHold"));
  std::optional<std::string> status;
  TRY(read_fields(root, {{.name = "Status", .text = &status}}));
  return parse_word(kHolds, status);
}

std::string render_legal_hold(bool on) {
  XmlWriter xml("LegalHold");
  xml.text("Status", word_of(kHolds, on));
  return std::move(xml).finish();
}

Result<LockHeaders> parse_lock_headers(const HttpRequestView& request, const Query& query) {
  const auto mode = header_or_hoisted(request, query, "x-amz-object-lock-mode");
  const auto date = header_or_hoisted(request, query, "x-amz-object-lock-retain-until-date");
  const auto hold = header_or_hoisted(request, query, "x-amz-object-lock-legal-hold");
  LockHeaders out;
  if (mode.has_value() != date.has_value())
    return fail(Code::invalid_argument,
                "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied");
  if (mode) {
    const auto parsed = parse_word(kModes, mode);
    if (!parsed) return fail(Code::invalid_argument, "Unknown wormMode directive.");
    const auto until = parse_iso8601(*date);
    if (!until)
      return fail(Code::invalid_argument,
                  "The retain until date must be provided in ISO 8601 format, such as 2030-01-01T00:00:00Z.");
    out.retention = Retention{*parsed, *until};
  }
  if (hold) {
    const auto parsed = parse_word(kHolds, hold);
    if (!parsed) return fail(Code::invalid_argument, "Legal Hold must be either of 'ON' or 'OFF'");
    out.legal_hold = *parsed;
  }
  return out;
}

}  // namespace cairn::s3wire
