#include "s3wire/xml_fields.hpp"

#include <algorithm>

namespace cairn::s3wire {

Result<std::vector<pugi::xml_node>> child_elements(pugi::xml_node parent) {
  std::vector<pugi::xml_node> out;
  for (const pugi::xml_node n : parent.children()) {
    if (n.type() == pugi::node_element) {
      out.push_back(n);
      continue;
    }
    const std::string_view text = n.value();
    if (n.type() != pugi::node_pcdata || text.find_first_not_of(" \t\r\n") != std::string_view::npos)
      return malformed_xml();
  }
  return out;
}

Status read_fields(pugi::xml_node parent, std::initializer_list<XmlField> fields) {
  TRY(const auto elements, child_elements(parent));
  for (const pugi::xml_node n : elements) {
    const auto* const field = std::ranges::find(fields, std::string_view(n.name()), &XmlField::name);
    if (field == fields.end()) return malformed_xml();
    if (field->node != nullptr) {
      if (*field->node) return malformed_xml();
      *field->node = n;
    } else {
      if (*field->text) return malformed_xml();
      TRY(*field->text, leaf(n));
    }
  }
  return {};
}

}  // namespace cairn::s3wire
