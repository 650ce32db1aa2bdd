#pragma once
#include <optional>
#include <string_view>

#include "cairn/s3wire/access_list.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/xml_fields.hpp"

// Grants as documents carry them: ACLs and the logging configuration.
namespace cairn::s3wire {

// The grants below a list. malformed_xml; invalid_argument for a group that does not exist.
Result<std::vector<Grant>> parse_grants(pugi::xml_node list);
void write_grants(XmlWriter& xml, std::string_view element, const std::vector<Grant>& grants);

// A group by its URI.
std::optional<GranteeKind> group_of_uri(std::string_view uri);

}  // namespace cairn::s3wire
