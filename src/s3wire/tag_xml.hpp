#pragma once
#include "cairn/s3wire/tagging.hpp"
#include "cairn/s3wire/xml.hpp"

#include "s3wire/xml_fields.hpp"

namespace cairn::s3wire {

// The Tag elements below a list, whatever its name is: not checked yet. malformed_xml.
Result<TagSet> parse_tag_list(pugi::xml_node list);
void write_tag_list(XmlWriter& xml, std::string_view element, const TagSet& tags);

}  // namespace cairn::s3wire
