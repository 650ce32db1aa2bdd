#pragma once
#include <string>
#include <string_view>

#include "cairn/s3wire/xml.hpp"

namespace cairn::s3wire::test {

// A document as S3 writes it.
inline std::string document(std::string_view root, std::string_view inside) {
  XmlWriter xml(root);
  xml.raw(inside);
  return std::move(xml).finish();
}

}  // namespace cairn::s3wire::test
