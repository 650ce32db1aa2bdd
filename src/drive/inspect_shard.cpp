#include <algorithm>
#include <array>
#include <ostream>

#include <fmt/format.h>

#include "cairn/codec/shard_file.hpp"
#include "cairn/drive/inspect.hpp"

#include "drive/inspect_text.hpp"
#include "drive/shard_store.hpp"

namespace cairn::drive {

namespace {

constexpr std::size_t kBadShown = 20;

Result<std::string> read_bytes(File& file, std::uint64_t offset, std::uint64_t count) {
  std::string bytes(static_cast<std::size_t>(count), '\0');
  const std::array parts{std::as_writable_bytes(std::span(bytes))};
  TRY(const std::size_t got, file.read(offset, parts));
  bytes.resize(got);
  return bytes;
}

// The stripes whose chunk does not have its hash.
Result<std::vector<std::uint64_t>> bad_stripes(File& file, const codec::ShardHeader& header) {
  const codec::Layout layout = header.layout();
  std::vector<std::uint64_t> bad;
  std::string hashes;
  for (std::uint64_t stripe = 0; stripe < layout.stripe_count(); ++stripe) {
    if (codec::Layout::hash_index(stripe) == 0) {
      TRY(hashes,
          read_bytes(file, layout.hash_block_offset(codec::Layout::group_of(stripe)), codec::kBlockSize));
      hashes.resize(codec::kBlockSize);
    }
    TRY(const std::string chunk, read_bytes(file, layout.chunk_offset(stripe), layout.chunk_length(stripe)));
    const bool good = chunk.size() == layout.chunk_length(stripe) &&
                      codec::chunk_is_good(header.shard, stripe, as_bytes(chunk),
                                           codec::get_hash(as_bytes(hashes), stripe));
    if (!good) bad.push_back(stripe);
  }
  return bad;
}

}  // namespace

Status inspect_shard_file(FileLayer& files, const std::string& path, const InspectOptions& options,
                          std::ostream& out) {
  TRY(const auto file, files.open(path, {}));
  TRY(const std::uint64_t size, file->size());
  out << fmt::format("shard file   {}, {} bytes\n", path, size);
  TRY(const std::string block, read_bytes(*file, 0, codec::kBlockSize));
  const auto header = codec::decode_header(as_bytes(block));
  if (!header) {
    out << fmt::format("header       unusable: {}\n", header.error().context);
    return fail(header.error());
  }
  const codec::Layout layout = header->layout();
  const codec::Geometry& g = header->geometry;
  out << fmt::format("data         {}, shard {} of {}+{}, chunks of {} bytes\n", header->shard.data_id.hex(),
                     header->shard.index, g.data, g.parity, g.chunk_size);
  out << fmt::format("object       {} bytes in {} stripes\n", header->size, layout.stripe_count());
  out << fmt::format("identity     {}\n", printable(header->identity));

  TRY(const auto bad, bad_stripes(*file, *header));
  out << fmt::format("chunks       {} good, {} bad\n", layout.stripe_count() - bad.size(), bad.size());
  for (std::size_t i = 0; i < std::min(bad.size(), kBadShown); ++i)
    out << fmt::format("  bad        stripe {} at byte {}\n", bad[i], layout.chunk_offset(bad[i]));
  if (bad.size() > kBadShown) out << fmt::format("  and {} more\n", bad.size() - kBadShown);

  const auto whole = read_shard_file_metadata(files, path);
  if (whole) {
    out << "trailer      whole\n" << indented(describe(options.describe_head, whole->metadata));
  } else {
    out << fmt::format("trailer      {}\n", whole.error().context);
    return fail(whole.error());
  }
  if (!bad.empty()) return fail(Code::corrupt, fmt::format("{}: {} bad chunks", path, bad.size()));
  return {};
}

}  // namespace cairn::drive
