#include "cairn/s3wire/logging.hpp"

#include "cairn/s3wire/acl.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/grantee_xml.hpp"

namespace cairn::s3wire {
namespace {

constexpr XmlWords<LogKeyFormat, 2> kDates = {
    {{"EventTime", LogKeyFormat::by_event_time}, {"DeliveryTime", LogKeyFormat::by_delivery_time}}};

Result<LogKeyFormat> parse_key_format(pugi::xml_node element) {
  pugi::xml_node simple;
  pugi::xml_node partitioned;
  TRY(read_fields(element, {{.name = "SimplePrefix", .node = &simple},
                            {.name = "PartitionedPrefix", .node = &partitioned}}));
  if (simple.empty() == partitioned.empty()) return malformed_xml();
  if (simple) {
    TRY(read_fields(simple, {}));
    return LogKeyFormat::simple;
  }
  std::optional<std::string> date;
  TRY(read_fields(partitioned, {{.name = "PartitionDateSource", .text = &date}}));
  return parse_word(kDates, date);
}

void write_key_format(XmlWriter& xml, LogKeyFormat format) {
  if (format == LogKeyFormat::unset) return;
  xml.open("TargetObjectKeyFormat");
  if (format == LogKeyFormat::simple) {
    xml.open("SimplePrefix").close("SimplePrefix");
  } else {
    xml.open("PartitionedPrefix");
    xml.text("PartitionDateSource", word_of(kDates, format)).close("PartitionedPrefix");
  }
  xml.close("TargetObjectKeyFormat");
}

}  // namespace

Result<std::optional<LoggingConfiguration>> parse_bucket_logging(std::string_view xml) {
  TRY(const XmlDocument doc, XmlDocument::parse(xml, kMaxAclBody));
  TRY(const pugi::xml_node root, doc.root("BucketLoggingStatus"));
  pugi::xml_node enabled;
  TRY(read_fields(root, {{.name = "LoggingEnabled", .node = &enabled}}));
  if (!enabled) return std::optional<LoggingConfiguration>{};
  std::optional<std::string> bucket;
  std::optional<std::string> prefix;
  pugi::xml_node grants;
  pugi::xml_node format;
  TRY(read_fields(enabled, {{.name = "TargetBucket", .text = &bucket},
                            {.name = "TargetGrants", .node = &grants},
                            {.name = "TargetPrefix", .text = &prefix},
                            {.name = "TargetObjectKeyFormat", .node = &format}}));
  if (!bucket || bucket->empty() || !prefix) return malformed_xml();
  if (prefix->size() > kMaxLogPrefix)
    return fail(Code::invalid_argument, "The TargetPrefix is longer than 800 bytes.");
  LoggingConfiguration out;
  out.target_bucket = std::move(*bucket);
  out.target_prefix = std::move(*prefix);
  TRY(out.target_grants, parse_grants(grants));
  if (format) {
    TRY(out.key_format, parse_key_format(format));
  }
  return out;
}

std::string render_bucket_logging(const std::optional<LoggingConfiguration>& logging) {
  XmlWriter xml("BucketLoggingStatus");
  if (logging) {
    xml.open("LoggingEnabled").text("TargetBucket", logging->target_bucket);
    if (!logging->target_grants.empty()) write_grants(xml, "TargetGrants", logging->target_grants);
    xml.text("TargetPrefix", logging->target_prefix);
    write_key_format(xml, logging->key_format);
    xml.close("LoggingEnabled");
  }
  return std::move(xml).finish();
}

}  // namespace cairn::s3wire
