// An XML document through every parser; what one accepts must come back the same after rendering.
#include <cstdlib>

#include "cairn/s3wire/documents.hpp"

using namespace cairn;
using namespace cairn::s3wire;

namespace {
void require(bool good) {
  if (!good) std::abort();
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  if (const auto parts = parse_complete_multipart_upload(xml)) {
    const auto again = parse_complete_multipart_upload(render_complete_multipart_upload(*parts));
    require(again && again->size() == parts->size() && again->back().number == parts->back().number);
  }
  if (const auto request = parse_delete(xml)) {
    const auto again = parse_delete(render_delete(*request));
    require(again && again->objects.size() == request->objects.size() && again->quiet == request->quiet);
    for (std::size_t i = 0; i < request->objects.size(); ++i) {
      require(again->objects[i].key == request->objects[i].key);
      require(again->objects[i].key.find('\0') == std::string::npos);
      require(again->objects[i].version_id == request->objects[i].version_id);
    }
  }
  if (auto list = parse_list_objects_v2(xml)) {
    list->url_encoding = true;
    const auto again = parse_list_objects_v2(list->render());
    require(again && again->contents.size() == list->contents.size() &&
            again->common_prefixes == list->common_prefixes);
    for (std::size_t i = 0; i < list->contents.size(); ++i)
      require(again->contents[i].key == list->contents[i].key);
  }
  (void)parse_create_bucket(xml);
  (void)parse_error(xml);
  (void)parse_initiate_multipart_upload(xml);
  (void)parse_complete_result(xml);
  (void)parse_copy_result(xml);
  (void)parse_delete_result(xml);
  (void)parse_list_buckets(xml);
  return 0;
}
