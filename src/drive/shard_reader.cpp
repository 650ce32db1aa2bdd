#include <algorithm>
#include <array>
#include <mutex>
#include <numeric>

#include "drive/shard_store_impl.hpp"

namespace cairn::drive {
namespace {

using codec::kBlockSize;
using codec::Layout;

class ReaderState {
 public:
  ReaderState(std::shared_ptr<const ShardStoreConfig> config, OpenShardRequest request)
      : config_(std::move(config)),
        request_(request),
        layout_(request_.geometry, request_.size),
        path_(ShardStore::path_of(config_->root, request_.data)) {}

  Status open() {
    const std::uint64_t least = codec::file_size(layout_, 0);
    auto file = config_->files.open(path_, {.direct = least > config_->cached_read_limit});
    if (!file) return report(*config_, Status(missing(std::move(file).error())));
    file_ = std::move(*file);
    TRY(const std::uint64_t size, report(*config_, file_->size()));
    if (size < least || size % kBlockSize) return fail(Code::corrupt, path_ + ": its size is wrong");
    if (layout_.stripe_count() == 0) return check_header();
    return {};
  }

  Result<std::vector<Chunk>> read(std::uint64_t first, std::uint32_t count) {
    if (first > layout_.stripe_count() || count > layout_.stripe_count() - first)
      return fail(Code::invalid_argument, path_ + ": no such stripes");
    std::vector<Chunk> chunks;
    chunks.reserve(count);
    for (const std::uint64_t end = first + count; first < end;) {
      const std::uint64_t group = Layout::group_of(first);
      const std::uint64_t next = std::min(end, (group + 1) * Layout::kChunksPerGroup);
      TRY(report(*config_, read_run(group, first, next, chunks)));
      first = next;
    }
    return chunks;
  }

  // Through the page cache: the hash is changed alone, so two rewrites of one group do not undo each other.
  Status rewrite(std::uint64_t stripe, const Chunk& chunk) {
    if (stripe >= layout_.stripe_count() || chunk.data.size() != layout_.chunk_length(stripe))
      return fail(Code::invalid_argument, path_ + ": a chunk that does not belong there");
    TRY(const auto file, report(*config_, config_->files.open(path_, {.mode = OpenMode::write})));
    const std::string padding(layout_.chunk_space(stripe) - chunk.data.size(), '\0');
    const std::array data{chunk.data.bytes, as_bytes(padding)};
    TRY(report(*config_, file->write(layout_.chunk_offset(stripe), data)));
    const std::array hash{Bytes(std::as_bytes(std::span(chunk.hash)))};
    const std::uint64_t group = Layout::group_of(stripe);
    const std::uint64_t in_block = Layout::hash_index(stripe) * sizeof(codec::Hash256);
    TRY(report(*config_, file->write(layout_.hash_block_offset(group) + in_block, hash)));
    TRY(report_sync(*config_, file->sync()));
    const std::lock_guard lock(mutex_);
    std::erase_if(hash_blocks_, [&](const CachedBlock& b) { return b.group == group; });
    return {};
  }

  Status check_frame() {
    TRY(check_header());
    const auto zero = [](Bytes bytes) {
      return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{}; });
    };
    const auto load = [&](std::uint64_t offset, std::uint64_t size) -> Result<Buffer> {
      Buffer buffer = config_->buffers.get(static_cast<std::size_t>(size));
      const std::array parts{buffer.span()};
      TRY(report(*config_, read_exactly(offset, parts)));
      return buffer;
    };
    if (const std::uint64_t stripes = layout_.stripe_count(); stripes > 0) {
      const std::uint64_t last = stripes - 1, group = Layout::group_of(last);
      TRY(const Buffer hashes, load(layout_.hash_block_offset(group), kBlockSize));
      if (!zero(Bytes(hashes.span()).subspan((Layout::hash_index(last) + 1) * sizeof(codec::Hash256))))
        return fail(Code::corrupt, path_ + ": unused hashes are not zero");
      const std::uint64_t length = layout_.chunk_length(last), block = length / kBlockSize * kBlockSize;
      if (layout_.chunk_space(last) > length) {
        TRY(const Buffer end, load(layout_.chunk_offset(last) + block, kBlockSize));
        if (!zero(Bytes(end.span()).subspan(length - block)))
          return fail(Code::corrupt, path_ + ": padding is not zero");
      }
    }
    TRY(const Buffer first, load(layout_.trailer_offset(), kBlockSize));
    TRY(const std::uint64_t size, codec::trailer_size_from(first.span()));
    TRY(const std::uint64_t file_size, report(*config_, file_->size()));
    if (file_size != layout_.trailer_offset() + size)
      return fail(Code::corrupt, path_ + ": its size is wrong");
    TRY(const Buffer trailer, load(layout_.trailer_offset(), size));
    TRY(codec::decode_trailer({request_.data, 0, static_cast<std::uint8_t>(request_.shard_index)},
                              trailer.span()));
    return {};
  }

  const ShardStoreConfig& config() const { return *config_; }

 private:
  struct CachedBlock {
    std::uint64_t group;
    Slice block;
  };
  static constexpr std::size_t kCachedBlocks = 4;

  std::unexpected<Error> missing(Error error) const {
    // A name that is missing is the file's matter, a directory that is missing the drive's.
    if (error.is(Code::not_found) && !config_->files.stat(parent_path(path_)))
      return fail(Code::offline, std::move(error).context);
    return fail(std::move(error));
  }

  std::optional<Slice> cached_hashes(std::uint64_t group, bool& header_checked) {
    const std::lock_guard lock(mutex_);
    header_checked = header_checked_;
    for (const CachedBlock& b : hash_blocks_)
      if (b.group == group) return b.block;
    return std::nullopt;
  }

  void cache_hashes(std::uint64_t group, Slice block) {
    const std::lock_guard lock(mutex_);
    if (hash_blocks_.size() == kCachedBlocks) hash_blocks_.erase(hash_blocks_.begin());
    hash_blocks_.push_back({group, std::move(block)});
  }

  Status read_exactly(std::uint64_t offset, std::span<const MutableBytes> parts) {
    const std::size_t wanted =
        std::accumulate(parts.begin(), parts.end(), std::size_t{0},
                        [](std::size_t n, MutableBytes part) { return n + part.size(); });
    TRY(const std::size_t got, file_->read(offset, parts));
    if (got != wanted) return fail(Code::corrupt, path_ + ": truncated");
    return {};
  }

  Status accept_header(Bytes block) {
    TRY(const codec::ShardHeader header, codec::decode_header(block));
    if (header.shard.data_id != request_.data || header.shard.part != 0 ||
        header.shard.index != request_.shard_index || header.geometry != request_.geometry ||
        header.size != request_.size)
      return fail(Code::corrupt, path_ + ": its header is of another shard");
    const std::lock_guard lock(mutex_);
    header_checked_ = true;
    return {};
  }

  Status check_header() {
    const Buffer block = config_->buffers.get(kBlockSize);
    const std::array parts{block.span()};
    TRY(report(*config_, read_exactly(0, parts)));
    return accept_header(block.span());
  }

  // The chunks [first, last) of one group, by one I/O where what else is needed stands right before them.
  Status read_run(std::uint64_t group, std::uint64_t first, std::uint64_t last, std::vector<Chunk>& out) {
    bool header_checked = false;
    std::optional<Slice> hashes = cached_hashes(group, header_checked);
    const bool at_start = Layout::hash_index(first) == 0;
    if (!header_checked && !(at_start && group == 0)) TRY(check_header());

    Buffer hash_block, header;
    std::vector<MutableBytes> parts;
    std::uint64_t offset = layout_.chunk_offset(first);
    if (!hashes) {
      hash_block = config_->buffers.get(kBlockSize);
      if (at_start) {
        offset = layout_.hash_block_offset(group);
        parts.push_back(hash_block.span());
      } else {
        const std::array block{hash_block.span()};
        TRY(read_exactly(layout_.hash_block_offset(group), block));
      }
    }
    if (!header_checked && at_start && group == 0) {
      // The header stands before the first block of hashes, which is not in the cache before a header was
      // checked.
      header = config_->buffers.get(kBlockSize);
      offset = 0;
      parts.insert(parts.begin(), header.span());
    }
    std::vector<Buffer> chunks;
    chunks.reserve(last - first);
    for (std::uint64_t stripe = first; stripe < last; ++stripe)
      parts.push_back(chunks.emplace_back(config_->buffers.get(layout_.chunk_space(stripe))).span());
    TRY(read_exactly(offset, parts));
    if (header) TRY(accept_header(header.span()));
    if (!hashes) {
      hashes = Buffer::share(std::move(hash_block));
      cache_hashes(group, *hashes);
    }
    for (std::uint64_t stripe = first; stripe < last; ++stripe) {
      Buffer& buffer = chunks[static_cast<std::size_t>(stripe - first)];
      out.push_back({Buffer::share(std::move(buffer), 0, layout_.chunk_length(stripe)),
                     codec::get_hash(hashes->bytes, stripe)});
    }
    return {};
  }

  const std::shared_ptr<const ShardStoreConfig> config_;
  const OpenShardRequest request_;
  const Layout layout_;
  const std::string path_;
  std::unique_ptr<File> file_;

  std::mutex mutex_;
  bool header_checked_ = false;
  std::vector<CachedBlock> hash_blocks_;  // oldest first
};

class FileShardReader final : public ShardReader {
 public:
  explicit FileShardReader(std::shared_ptr<ReaderState> state) : state_(std::move(state)) {}

  void read(std::uint64_t first, std::uint32_t count, Completion<std::vector<Chunk>> done) override {
    state_->config().run([state = state_, first, count, done = std::move(done)]() mutable {
      done(state->read(first, count));
    });
  }

  void check_frame(Completion<void> done) override {
    state_->config().run([state = state_, done = std::move(done)]() mutable { done(state->check_frame()); });
  }

  void rewrite(std::uint64_t stripe, Chunk chunk, Completion<void> done) override {
    state_->config().run([state = state_, stripe, chunk = std::move(chunk),
                          done = std::move(done)]() mutable { done(state->rewrite(stripe, chunk)); });
  }

 private:
  std::shared_ptr<ReaderState> state_;
};

}  // namespace

void ShardStore::open(OpenShardRequest request, Completion<std::shared_ptr<ShardReader>> done) {
  if (!request.geometry.valid() || request.size > codec::kMaxObjectSize ||
      request.shard_index >= request.geometry.shards()) {
    done(fail(Code::invalid_argument, "open: impossible geometry"));
    return;
  }
  config_->run([state = std::make_shared<ReaderState>(config_, request), done = std::move(done)]() mutable {
    if (auto opened = state->open(); !opened) {
      done(fail(std::move(opened).error()));
      return;
    }
    done(std::make_shared<FileShardReader>(std::move(state)));
  });
}

}  // namespace cairn::drive
