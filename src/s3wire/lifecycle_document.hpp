#pragma once
#include <pugixml.hpp>

#include "cairn/base/result.hpp"
#include "cairn/s3wire/lifecycle.hpp"
#include "cairn/s3wire/xml.hpp"

// Parts of the lifecycle document that parsing and rendering share.
namespace cairn::s3wire {

// The Filter of a rule, or the Prefix of its older form.
Status take_filter(LifecycleFilter& filter, pugi::xml_node element);
Status take_legacy_prefix(LifecycleFilter& filter, pugi::xml_node element);

// The element Rule.
void render_rule(XmlWriter& xml, const LifecycleRule& rule);

}  // namespace cairn::s3wire
