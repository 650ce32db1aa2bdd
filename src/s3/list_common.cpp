#include "s3/list_common.hpp"

#include <algorithm>
#include <limits>

#include "s3/object_access.hpp"

namespace cairn::s3 {

Result<bool> read_encoding_type(const Context& c) {
  const std::string_view type = c.query().get("encoding-type");
  if (type.empty()) return false;
  if (!s3wire::iequals(type, "url"))
    return fail(Code::invalid_argument, "Invalid Encoding Method specified in Request");
  return true;
}

Result<std::uint32_t> read_limit(const Context& c, std::string_view name) {
  const std::string* text = c.query().find(name);
  if (!text || text->empty()) return kMaxListed;
  TRY(const std::uint32_t wanted,
      c.query().number(name, kMaxListed, std::numeric_limits<std::int32_t>::max()));
  return std::min(wanted, kMaxListed);
}

namespace {
s3wire::ObjectEntry to_entry(store::ListItem& item, const s3wire::Owner* owner) {
  s3wire::ObjectEntry entry;
  entry.key = std::move(item.key);
  entry.last_modified = item.modified;
  entry.etag = std::move(item.etag);
  entry.size = item.size;
  entry.storage_class = item.storage_class.empty() ? "STANDARD" : std::move(item.storage_class);
  if (owner) entry.owner = *owner;
  if (!item.checksum_algorithms.empty()) entry.checksum_algorithm = item.checksum_algorithms.front();
  entry.checksum_type =
      item.checksum_composite ? s3wire::ChecksumType::composite : s3wire::ChecksumType::full_object;
  return entry;
}
}  // namespace

Task<std::string> fill_list(Context& c, std::string after, bool with_owner, s3wire::ListObjectsCommon& out) {
  CO_TRY(out.url_encoding, read_encoding_type(c));
  CO_TRY(out.max_keys, read_limit(c, "max-keys"));
  out.bucket = c.bucket();
  out.prefix = c.query().get("prefix");
  out.delimiter = c.query().get("delimiter");
  if (out.max_keys == 0) {
    CO_TRY(co_await c.layer().head_bucket(c.bucket()));
    co_return std::string();
  }
  store::ListRequest wanted{c.bucket(), out.prefix, out.delimiter, std::move(after), out.max_keys};
  CO_TRY(auto listed, co_await c.layer().list(std::move(wanted)));
  OwnerNames owners(c);
  for (auto& item : listed.items) {
    if (item.common_prefix)
      out.common_prefixes.push_back(std::move(item.key));
    else
      out.contents.push_back(to_entry(item, with_owner ? &owners.of(item.owner) : nullptr));
  }
  out.truncated = listed.truncated;
  co_return listed.truncated ? std::move(listed.next) : std::string();
}

}  // namespace cairn::s3
