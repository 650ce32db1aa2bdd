#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <pugixml.hpp>

#include "cairn/base/result.hpp"

namespace cairn::s3wire {

// A parsed document; everything that is wrong with one is malformed_xml. Refused: more than max_size bytes,
// DOCTYPE and so every entity of its own, references that no text may hold (NUL above all: pugixml's strings
// end there), more or less than one root. Elements nest only as deep as the caller goes down: leaf() refuses
// children.
class XmlDocument {
 public:
  static Result<XmlDocument> parse(std::string_view xml, std::size_t max_size);
  pugi::xml_node root() const { return doc_->document_element(); }
  // The root if it has this name.
  Result<pugi::xml_node> root(std::string_view name) const;

 private:
  std::unique_ptr<pugi::xml_document> doc_;
};

// The text of an element that has no element below it.
Result<std::string> leaf(pugi::xml_node element);
Result<std::uint64_t> leaf_number(pugi::xml_node element);
Result<bool> leaf_bool(pugi::xml_node element);

// The text of the child of this name; empty if there is none or it is no leaf. For answers, which we read
// leniently.
std::string child_text(pugi::xml_node element, const char* name);

std::unexpected<Error> malformed_xml();
// The tag without quotes around it.
std::string unquote_etag(std::string text);
std::string quote_etag(std::string_view etag);

}  // namespace cairn::s3wire
