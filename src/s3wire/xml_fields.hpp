#pragma once
#include <array>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "s3wire/xml_parse.hpp"

// What the parsers of configuration documents have in common.
namespace cairn::s3wire {

// The elements below one, in order. Text between them, other than white space, is malformed_xml.
Result<std::vector<pugi::xml_node>> child_elements(pugi::xml_node parent);

// One child that an element may have: a leaf by its text, or an element by its node (null if it is not
// there).
struct XmlField {
  std::string_view name;
  std::optional<std::string>* text = nullptr;
  pugi::xml_node* node = nullptr;
};
// Reads the children of an element. One that is not in the list, or is there twice, is malformed_xml.
Status read_fields(pugi::xml_node parent, std::initializer_list<XmlField> fields);

// Words of a schema and what they mean.
template <class E, std::size_t N>
using XmlWords = std::array<std::pair<std::string_view, E>, N>;

template <class E, std::size_t N>
Result<E> parse_word(const XmlWords<E, N>& words, const std::optional<std::string>& text) {
  for (const auto& [word, meaning] : words)
    if (text && *text == word) return meaning;
  return malformed_xml();
}

template <class E, std::size_t N>
std::string_view word_of(const XmlWords<E, N>& words, E meaning) {
  for (const auto& [word, m] : words)
    if (m == meaning) return word;
  return {};
}

}  // namespace cairn::s3wire
