#include "store/documents.hpp"

#include <fmt/format.h>

namespace cairn::store {
namespace {

constexpr std::uint8_t kVersion = 2;  // 1: before there were versions and bucket configurations

Result<std::uint8_t> read_version(Decoder& in, std::string_view what) {
  const std::uint8_t version = in.u8();
  if (!in.ok() || version == 0) return fail(Code::corrupt, std::string(what) + ": empty");
  if (version > kVersion) return fail(Code::unsupported, fmt::format("{}: format {}", what, version));
  return version;
}

void put(Encoder& out, const HeaderList& list) {
  out.varint(list.size());
  for (const auto& [name, value] : list) {
    out.bytes(name);
    out.bytes(value);
  }
}

HeaderList get_headers(Decoder& in) {
  HeaderList list;
  for (std::uint64_t n = in.varint(); n-- > 0 && in.ok();) {
    std::string name(in.bytes());
    list.emplace_back(std::move(name), std::string(in.bytes()));
  }
  return list;
}

void put(Encoder& out, const std::vector<Checksum>& list) {
  out.varint(list.size());
  for (const Checksum& c : list) {
    out.u8(static_cast<std::uint8_t>(c.algorithm));
    out.u8(c.composite);
    out.bytes(c.value);
  }
}

Checksum get_checksum(Decoder& in) {
  Checksum c;
  const std::uint8_t algorithm = in.u8();
  if (algorithm < 1 || algorithm > 5) in.set_bad();
  c.algorithm = static_cast<crypto::ChecksumAlgorithm>(algorithm);
  c.composite = in.u8() != 0;
  c.value = in.bytes();
  return c;
}

std::vector<Checksum> get_checksums(Decoder& in) {
  std::vector<Checksum> list;
  for (std::uint64_t n = in.varint(); n-- > 0 && in.ok();) list.push_back(get_checksum(in));
  return list;
}

void put(Encoder& out, const codec::Geometry& g) {
  out.u8(g.data);
  out.u8(g.parity);
  out.u32(g.chunk_size);
}

codec::Geometry get_geometry(Decoder& in) {
  codec::Geometry g;
  g.data = in.u8();
  g.parity = in.u8();
  g.chunk_size = in.u32();
  if (in.ok() && !g.valid()) in.set_bad();
  return g;
}

void put(Encoder& out, const drive::DataRef& ref) {
  out.raw(ref.id.bytes());
  out.u8(static_cast<std::uint8_t>(ref.form));
}

drive::DataRef get_ref(Decoder& in) {
  drive::DataRef ref;
  ref.id = DataId::from_bytes(in.raw(16));
  ref.form = static_cast<drive::DataForm>(in.u8());
  return ref;
}

// What came with format 2 of versions and uploads.
void put_protection(Encoder& out, const ObjectAttributes& a) {
  out.bytes(a.acl);
  out.u8(static_cast<std::uint8_t>(a.retention.mode));
  if (a.retention.mode != LockMode::none) out.u64(static_cast<std::uint64_t>(a.retention.until));
  out.u8(static_cast<std::uint8_t>(a.legal_hold | a.legal_hold_set << 1));
}

LockMode get_lock_mode(Decoder& in) {
  const std::uint8_t mode = in.u8();
  if (mode > static_cast<std::uint8_t>(LockMode::compliance)) in.set_bad();
  return static_cast<LockMode>(mode);
}

void get_protection(Decoder& in, ObjectAttributes& a) {
  a.acl = in.bytes();
  a.retention.mode = get_lock_mode(in);
  if (a.retention.mode != LockMode::none) a.retention.until = static_cast<UnixMillis>(in.u64());
  const std::uint8_t hold = in.u8();
  a.legal_hold = hold & 1;
  a.legal_hold_set = hold & 2;
}

void put(Encoder& out, const ObjectAttributes& a) {
  put(out, a.headers);
  put(out, a.metadata);
  out.bytes(a.storage_class);
  put(out, a.tags);
  put_protection(out, a);
}

ObjectAttributes get_attributes(Decoder& in, std::uint8_t version) {
  ObjectAttributes a;
  a.headers = get_headers(in);
  a.metadata = get_headers(in);
  a.storage_class = in.bytes();
  a.tags = get_headers(in);
  if (version >= 2) get_protection(in, a);
  return a;
}

// What a listing shows stands first.
void put_listed(Encoder& out, const ObjectInfo& i) {
  out.varint(i.size);
  out.bytes(i.etag);
  out.u64(static_cast<std::uint64_t>(i.modified));
  out.bytes(i.attributes.storage_class);
  out.bytes(i.owner);
  put(out, i.checksums);
}

}  // namespace

std::string encode_version(const VersionDoc& doc) {
  std::string bytes;
  bytes.reserve(256);
  Encoder out(bytes);
  out.u8(kVersion);
  put_listed(out, doc.info);
  out.bytes(doc.info.version_id);
  out.varint(doc.info.parts_count);
  put(out, doc.info.attributes.headers);
  put(out, doc.info.attributes.metadata);
  put(out, doc.info.attributes.tags);
  put(out, doc.geometry);
  put(out, doc.data);
  out.bytes(doc.upload_id);
  put_protection(out, doc.info.attributes);
  out.u8(doc.info.delete_marker);
  out.u64(doc.order);
  out.varint(doc.older);
  out.bytes(doc.null_row);
  return bytes;
}

Result<VersionDoc> decode_version(std::string_view bytes, std::string key) {
  Decoder in(bytes);
  TRY(const std::uint8_t version, read_version(in, "version"));
  VersionDoc doc;
  ObjectInfo& i = doc.info;
  i.key = std::move(key);
  i.size = in.varint();
  i.etag = in.bytes();
  i.modified = static_cast<UnixMillis>(in.u64());
  i.attributes.storage_class = in.bytes();
  i.owner = in.bytes();
  i.checksums = get_checksums(in);
  i.version_id = in.bytes();
  i.parts_count = static_cast<std::uint32_t>(in.varint());
  i.attributes.headers = get_headers(in);
  i.attributes.metadata = get_headers(in);
  i.attributes.tags = get_headers(in);
  doc.geometry = get_geometry(in);
  doc.data = get_ref(in);
  doc.upload_id = in.bytes();
  if (version >= 2) {
    get_protection(in, i.attributes);
    i.delete_marker = in.u8() != 0;
    doc.order = in.u64();
    doc.older = static_cast<std::uint32_t>(in.varint());
    doc.null_row = in.bytes();
  }
  TRY(in.finish("version"));
  return doc;
}

Result<ListItem> decode_list_item(std::string_view bytes, std::string key) {
  Decoder in(bytes);
  TRY(read_version(in, "version"));
  ListItem item;
  item.key = std::move(key);
  item.size = in.varint();
  item.etag = in.bytes();
  item.modified = static_cast<UnixMillis>(in.u64());
  item.storage_class = in.bytes();
  item.owner = in.bytes();
  for (const Checksum& c : get_checksums(in)) {
    item.checksum_algorithms.push_back(c.algorithm);
    item.checksum_composite = c.composite;
  }
  if (!in.ok()) return fail(Code::corrupt, "version: truncated or malformed");
  return item;
}

std::string encode_part(const PartDoc& doc) {
  std::string bytes;
  Encoder out(bytes);
  out.u8(kVersion);
  out.varint(doc.info.number);
  out.varint(doc.info.size);
  out.bytes(doc.info.etag);
  out.u64(static_cast<std::uint64_t>(doc.info.modified));
  out.u64(doc.order);
  put(out, doc.info.checksums);
  put(out, doc.geometry);
  put(out, doc.data);
  return bytes;
}

Result<PartDoc> decode_part(std::string_view bytes) {
  Decoder in(bytes);
  TRY(read_version(in, "part"));
  PartDoc doc;
  doc.info.number = static_cast<std::uint32_t>(in.varint());
  doc.info.size = in.varint();
  doc.info.etag = in.bytes();
  doc.info.modified = static_cast<UnixMillis>(in.u64());
  doc.order = in.u64();
  doc.info.checksums = get_checksums(in);
  doc.geometry = get_geometry(in);
  doc.data = get_ref(in);
  TRY(in.finish("part"));
  return doc;
}

std::string encode_parts(const std::vector<PartDoc>& parts) {
  std::string rest;
  Encoder out(rest);
  out.u8(kVersion);
  out.varint(parts.size());
  std::vector<drive::DataRef> refs;
  for (const PartDoc& p : parts) {
    out.bytes(encode_part(p));
    if (!p.data.id.is_null()) refs.push_back(p.data);
  }
  return drive::encode_part_table(refs, rest);
}

Result<std::vector<PartDoc>> decode_parts(std::string_view body) {
  TRY(const drive::PartTable table, drive::decode_part_table(body));
  Decoder in(table.rest);
  TRY(read_version(in, "part table"));
  std::vector<PartDoc> parts;
  for (std::uint64_t n = in.varint(); n-- > 0 && in.ok();) {
    TRY(PartDoc part, decode_part(in.bytes()));
    parts.push_back(std::move(part));
  }
  TRY(in.finish("part table"));
  return parts;
}

std::string encode_upload(const UploadInfo& u) {
  std::string bytes;
  Encoder out(bytes);
  out.u8(kVersion);
  out.u64(static_cast<std::uint64_t>(u.initiated));
  put(out, u.attributes);
  out.u8(u.checksum_algorithm ? static_cast<std::uint8_t>(*u.checksum_algorithm) : 0);
  out.u8(u.checksum_composite);
  out.bytes(u.owner);
  return bytes;
}

Result<UploadInfo> decode_upload(std::string_view bytes, std::string key, std::string upload_id) {
  Decoder in(bytes);
  TRY(const std::uint8_t version, read_version(in, "upload"));
  UploadInfo u;
  u.key = std::move(key);
  u.upload_id = std::move(upload_id);
  u.initiated = static_cast<UnixMillis>(in.u64());
  u.attributes = get_attributes(in, version);
  if (const std::uint8_t a = in.u8(); a > 5)
    in.set_bad();
  else if (a > 0)
    u.checksum_algorithm = static_cast<crypto::ChecksumAlgorithm>(a);
  u.checksum_composite = in.u8() != 0;
  u.owner = in.bytes();
  TRY(in.finish("upload"));
  return u;
}

std::string encode_bucket(const BucketInfo& b) {
  std::string bytes;
  Encoder out(bytes);
  out.u8(kVersion);
  out.u64(b.id);
  out.u8(1);  // active: no other state is kept
  out.u64(static_cast<std::uint64_t>(b.created));
  out.bytes(b.region);
  out.bytes(b.owner);
  out.u64(b.revision);
  out.u8(static_cast<std::uint8_t>(b.versioning));
  out.u8(b.object_lock);
  const DefaultRetention r = b.default_retention.value_or(DefaultRetention{});
  out.u8(static_cast<std::uint8_t>(r.mode));
  out.u32(r.days);
  out.u32(r.years);
  out.varint(b.config.size());
  for (const auto& [name, value] : b.config) {
    out.bytes(name);
    out.bytes(value);
  }
  return bytes;
}

Result<BucketInfo> decode_bucket(std::string_view bytes, std::string name) {
  Decoder in(bytes);
  TRY(const std::uint8_t version, read_version(in, "bucket"));
  BucketInfo b;
  b.name = std::move(name);
  b.id = in.u64();
  if (in.u8() != 1) in.set_bad();
  b.created = static_cast<UnixMillis>(in.u64());
  b.region = in.bytes();
  b.owner = in.bytes();
  if (version >= 2) {
    b.revision = in.u64();
    const std::uint8_t versioning = in.u8();
    if (versioning > static_cast<std::uint8_t>(Versioning::suspended)) in.set_bad();
    b.versioning = static_cast<Versioning>(versioning);
    b.object_lock = in.u8() != 0;
    DefaultRetention r;
    r.mode = get_lock_mode(in);
    r.days = in.u32();
    r.years = in.u32();
    if (r.mode != LockMode::none) b.default_retention = r;
    for (std::uint64_t n = in.varint(); n-- > 0 && in.ok();) {
      std::string config(in.bytes());
      b.config.emplace(std::move(config), in.bytes());
    }
  }
  TRY(in.finish("bucket"));
  return b;
}

}  // namespace cairn::store
