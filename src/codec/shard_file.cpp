#include "cairn/codec/shard_file.hpp"

#include <algorithm>
#include <cstring>

namespace cairn::codec {
namespace {

constexpr std::string_view kHeaderMagic = "CAIRNSHD";
constexpr std::string_view kTrailerMagic = "CAIRNTRL";
constexpr std::size_t kHeaderFixed = 52;                     // bytes before the identity
constexpr std::size_t kTrailerFixed = 48;                    // bytes before the metadata
constexpr std::size_t kTrailerHashed = 16;                   // of these, the bytes under the hash
constexpr std::uint64_t kTrailerStripe = ~std::uint64_t{0};  // the trailer's place, for its hash
static_assert(kHeaderFixed + kMaxIdentity + sizeof(Hash256) <= kBlockSize);

// The first 256 bits of the fraction of the square root of 2: any fixed key does.
// does.
constexpr HashKey kHeaderKey{
    {0x6a09e667f3bcc908, 0xb2fb1366ea957d3e, 0x3adec17512775099, 0xda2f590b0667322a}};

std::string_view text(const Hash256& hash) { return as_text(hash_bytes(hash)); }

bool all_zero(std::string_view bytes) {
  return std::ranges::all_of(bytes, [](char c) { return c == 0; });
}

bool valid(const ShardHeader& h) {
  return h.geometry.valid() && h.shard.index < h.geometry.shards() && h.size <= kMaxObjectSize &&
         h.identity.size() <= kMaxIdentity;
}

// Over the trailer's fixed fields and the metadata, which stand apart from one another.
Hash256 trailer_hash(const ShardId& shard, std::string_view fixed, std::string_view metadata) {
  std::string hashed;
  hashed.reserve(fixed.size() + metadata.size());
  hashed.append(fixed).append(metadata);
  return hash256(chunk_key(shard, kTrailerStripe), as_bytes(hashed));
}

}  // namespace

Result<std::string> encode_header(const ShardHeader& header) {
  if (!valid(header)) return fail(Code::invalid_argument, "shard header: a field is out of range");
  std::string out;
  out.reserve(kBlockSize);
  Encoder e(out);
  e.raw(kHeaderMagic);
  e.u32(kShardFormatVersion);
  e.raw(header.shard.data_id.bytes());
  e.u32(header.shard.part);
  e.u8(header.shard.index);
  e.u8(header.geometry.data);
  e.u8(header.geometry.parity);
  e.u8(0);
  e.u32(header.geometry.chunk_size);
  e.u64(header.size);
  e.u32(static_cast<std::uint32_t>(header.identity.size()));
  e.raw(header.identity);
  out.resize(kBlockSize - sizeof(Hash256));
  const Hash256 hash = hash256(kHeaderKey, as_bytes(out));
  e.raw(text(hash));
  return out;
}

Result<ShardHeader> decode_header(Bytes block) {
  if (block.size() != kBlockSize) return fail(Code::corrupt, "shard header: size");
  Decoder d(block);
  if (d.raw(kHeaderMagic.size()) != kHeaderMagic)
    return fail(Code::corrupt, "shard header: not a shard file");
  const std::size_t hashed = kBlockSize - sizeof(Hash256);
  const Hash256 hash = hash256(kHeaderKey, block.first(hashed));
  if (text(hash) != as_text(block.subspan(hashed))) return fail(Code::corrupt, "shard header: hash");
  if (const std::uint32_t version = d.u32(); version != kShardFormatVersion) {
    return fail(Code::unsupported, "shard header: format version " + std::to_string(version));
  }
  ShardHeader h;
  h.shard.data_id = DataId::from_bytes(d.raw(16));
  h.shard.part = d.u32();
  h.shard.index = d.u8();
  h.geometry.data = d.u8();
  h.geometry.parity = d.u8();
  const std::uint8_t reserved = d.u8();
  h.geometry.chunk_size = d.u32();
  h.size = d.u64();
  const std::uint32_t identity = d.u32();
  if (identity > kMaxIdentity) return fail(Code::corrupt, "shard header: identity too long");
  h.identity = d.raw(identity);
  const std::string_view padding = d.raw(d.remaining() - sizeof(Hash256));
  if (reserved != 0 || !all_zero(padding) || !valid(h))
    return fail(Code::corrupt, "shard header: a field is out of range");
  return h;
}

// The lanes are used as they are: HighwayHash mixes its key thoroughly, and different places differ in some
// bit.
HashKey chunk_key(const DataId& data_id, std::uint32_t part, std::uint8_t shard_index, std::uint64_t stripe) {
  Decoder id(data_id.bytes());
  const std::uint64_t low = id.u64(), high = id.u64();
  return {{low, high, std::uint64_t{part} << 32 | shard_index, stripe}};
}

Hash256 chunk_hash(const ShardId& shard, std::uint64_t stripe, Bytes chunk) {
  return hash256(chunk_key(shard, stripe), chunk);
}

bool chunk_is_good(const ShardId& shard, std::uint64_t stripe, Bytes chunk, const Hash256& expected) {
  return chunk_hash(shard, stripe, chunk) == expected;
}

Hash256 get_hash(Bytes hash_block, std::uint64_t stripe) {
  Hash256 out;
  std::memcpy(out.data(), hash_block.subspan(Layout::hash_index(stripe) * sizeof out, sizeof out).data(),
              sizeof out);
  return out;
}

void put_hash(MutableBytes hash_block, std::uint64_t stripe, const Hash256& hash) {
  std::memcpy(hash_block.subspan(Layout::hash_index(stripe) * sizeof hash, sizeof hash).data(), hash.data(),
              sizeof hash);
}

std::uint64_t trailer_size(std::size_t metadata_size) {
  return round_up_to_block(kTrailerFixed + metadata_size);
}

Result<std::string> encode_trailer(const ShardId& shard, std::string_view metadata) {
  if (metadata.size() > kMaxTrailerMetadata)
    return fail(Code::invalid_argument, "shard trailer: metadata too long");
  std::string out;
  out.reserve(trailer_size(metadata.size()));
  Encoder e(out);
  e.raw(kTrailerMagic);
  e.u32(static_cast<std::uint32_t>(metadata.size()));
  e.u32(0);
  const Hash256 hash = trailer_hash(shard, out, metadata);
  e.raw(text(hash));
  e.raw(metadata);
  out.resize(trailer_size(metadata.size()));
  return out;
}

Result<std::uint64_t> trailer_size_from(Bytes first_block) {
  Decoder d(first_block);
  const bool magic = d.raw(kTrailerMagic.size()) == kTrailerMagic;
  const std::uint32_t size = d.u32();
  const std::uint32_t reserved = d.u32();
  if (!d.ok() || !magic || reserved != 0 || size > kMaxTrailerMetadata) {
    return fail(Code::corrupt, "shard trailer: not a trailer");
  }
  return trailer_size(size);
}

Result<std::string_view> decode_trailer(const ShardId& shard, Bytes trailer) {
  TRY(const std::uint64_t size, trailer_size_from(trailer));
  if (trailer.size() != size) return fail(Code::corrupt, "shard trailer: size");
  Decoder d(trailer);
  const std::string_view fixed = d.raw(kTrailerHashed);
  const std::string_view hash = d.raw(sizeof(Hash256));
  Decoder fields(fixed.substr(kTrailerMagic.size()));
  const std::string_view metadata = d.raw(fields.u32());
  const std::string_view padding = d.raw(d.remaining());
  if (!d.ok() || !all_zero(padding)) return fail(Code::corrupt, "shard trailer: padding");
  if (text(trailer_hash(shard, fixed, metadata)) != hash) return fail(Code::corrupt, "shard trailer: hash");
  return metadata;
}

std::uint64_t file_size(const Layout& layout, std::size_t metadata_size) {
  return layout.trailer_offset() + trailer_size(metadata_size);
}

std::string encode_inline(const Hash256& hash, Bytes chunk) {
  std::string out;
  out.reserve(kInlineOverhead + chunk.size());
  out.append(text(hash)).append(as_text(chunk));
  return out;
}

std::string encode_inline(const ShardId& shard, Bytes chunk) {
  return encode_inline(chunk_hash(shard, 0, chunk), chunk);
}

Result<Bytes> decode_inline(const ShardId& shard, Bytes encoded) {
  if (encoded.size() < kInlineOverhead) return fail(Code::corrupt, "inline shard: size");
  const Bytes chunk = encoded.subspan(kInlineOverhead);
  if (text(chunk_hash(shard, 0, chunk)) != as_text(encoded.first(kInlineOverhead))) {
    return fail(Code::corrupt, "inline shard: hash");
  }
  return chunk;
}

}  // namespace cairn::codec
