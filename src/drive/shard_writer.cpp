#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "drive/shard_store_impl.hpp"

namespace cairn::drive {
namespace {

using codec::kBlockSize;
using codec::Layout;

alignas(kBlockSize) constexpr std::array<std::byte, kBlockSize> kZeros{};

bool aligned(const std::byte* p) { return reinterpret_cast<std::uintptr_t>(p) % kBlockSize == 0; }

// The pieces of one pwritev and the memory that had to be aligned or padded for it.
class Gather {
 public:
  Gather(BufferPool& pool, bool direct) : pool_(pool), direct_(direct) {}

  // `bytes` and zeros up to a whole block.
  void add_padded(Bytes bytes) {
    const std::size_t space = codec::round_up_to_block(bytes.size());
    if (!direct_) {
      parts_.push_back(bytes);
      if (space > bytes.size()) parts_.push_back(Bytes(kZeros).first(space - bytes.size()));
      return;
    }
    const std::size_t in_place = aligned(bytes.data()) ? bytes.size() / kBlockSize * kBlockSize : 0;
    if (in_place) parts_.push_back(bytes.first(in_place));
    if (in_place == space) return;
    Buffer& bounce = bounces_.emplace_back(pool_.get(space - in_place));
    const Bytes rest = bytes.subspan(in_place);
    std::memcpy(bounce.data(), rest.data(), rest.size());
    std::memset(bounce.data() + rest.size(), 0, bounce.size() - rest.size());
    parts_.push_back(bounce.span());
  }

  std::span<const Bytes> parts() const { return parts_; }

 private:
  BufferPool& pool_;
  const bool direct_;
  std::vector<Bytes> parts_;
  std::vector<Buffer> bounces_;
};

// What a writer's jobs share. One job at a time, by the interface's rule.
class WriterState {
 public:
  WriterState(std::shared_ptr<const ShardStoreConfig> config, StageRequest request)
      : config_(std::move(config)),
        request_(std::move(request)),
        layout_(request_.geometry, request_.size),
        path_(ShardStore::path_of(config_->root, request_.data)) {}

  Status open() {
    const codec::ShardHeader header{shard(), request_.geometry, request_.size, request_.identity};
    TRY(header_, codec::encode_header(header));
    TRY(open_file());
    hash_block_ = config_->buffers.get(kBlockSize);
    // One extent for the whole file, and a full drive says so before the body was sent.
    if (auto reserved = file_->reserve(codec::file_size(layout_, 0)); !reserved) {
      remove();
      return report(*config_, std::move(reserved));
    }
    return {};
  }

  Status append(std::span<const Chunk> chunks) {
    if (broken_) return fail(Code::io, path_ + ": an earlier write failed");
    if (chunks.size() > layout_.stripe_count() - next_)
      return fail(Code::internal, path_ + ": more chunks than the shard has");
    for (std::size_t i = 0; i < chunks.size(); ++i)
      if (chunks[i].data.size() != layout_.chunk_length(next_ + i))
        return fail(Code::internal, path_ + ": a chunk of the wrong length");
    while (!chunks.empty()) {
      const std::uint64_t group = Layout::group_of(next_);
      const std::uint64_t left = layout_.group_chunks(group) - Layout::hash_index(next_);
      const auto run = chunks.first(static_cast<std::size_t>(std::min<std::uint64_t>(left, chunks.size())));
      if (auto written = write_run(group, run); !written) {
        broken_ = true;
        return report(*config_, std::move(written));
      }
      chunks = chunks.subspan(run.size());
    }
    return {};
  }

  Result<StageToken> finish(std::string_view metadata) {
    auto finished = broken_ ? fail(Code::io, path_ + ": an earlier write failed") : write_end(metadata);
    file_.reset();
    if (finished) return StageToken{request_.data, config_->boot};
    remove();
    return fail(std::move(finished).error());
  }

  // Without effect on a file that was there before.
  void remove() {
    if (created_) (void)config_->files.remove(path_);
    created_ = false;
  }

  const ShardStoreConfig& config() const { return *config_; }

 private:
  codec::ShardId shard() const {
    return {.data_id = request_.data, .index = static_cast<std::uint8_t>(request_.shard_index)};
  }

  Status open_file() {
    OpenOptions options{.mode = OpenMode::create, .direct = config_->direct_write};
    auto file = config_->files.open(path_, options);
    created_ = file.has_value();
    if (!file && file.error().is(Code::exists) && request_.replace) {
      options.mode = OpenMode::write;
      file = config_->files.open(path_, options);
    }
    if (!file && file.error().is(Code::not_found))
      file = fail(Code::offline, std::move(file).error().context);
    if (!file) return report(*config_, Status(fail(std::move(file).error())));
    file_ = std::move(*file);
    return {};
  }

  // In a file that is written over, hashes stay until their chunks are written.
  void begin_hash_block(std::uint64_t group) {
    std::memset(hash_block_.data(), 0, kBlockSize);
    if (created_) return;
    const std::array block{hash_block_.span()};
    if (!file_->read(layout_.hash_block_offset(group), block)) std::memset(hash_block_.data(), 0, kBlockSize);
    const std::size_t used = static_cast<std::size_t>(layout_.group_chunks(group)) * sizeof(codec::Hash256);
    std::memset(hash_block_.data() + used, 0, kBlockSize - used);
  }

  // Writes the next chunks, all of one group. The group's block of hashes goes out with its first chunk, so
  // that the file grows without holes, and again when the group is complete, unless it was complete at once.
  Status write_run(std::uint64_t group, std::span<const Chunk> run) {
    const bool first = Layout::hash_index(next_) == 0;
    if (first) begin_hash_block(group);
    Gather gather(config_->buffers, file_->direct());
    std::uint64_t offset = layout_.chunk_offset(next_);
    if (first) {
      offset = group == 0 ? 0 : layout_.hash_block_offset(group);
      if (group == 0) gather.add_padded(as_bytes(header_));
      gather.add_padded(hash_block_.span());
    }
    for (std::size_t i = 0; i < run.size(); ++i) {
      codec::put_hash(hash_block_.span(), next_ + i, run[i].hash);
      gather.add_padded(run[i].data.bytes);
    }
    TRY(file_->write(offset, gather.parts()));
    next_ += run.size();
    const bool complete = next_ == layout_.stripe_count() || Layout::hash_index(next_) == 0;
    if (complete && !first) {
      const std::array block{Bytes(hash_block_.span())};
      TRY(file_->write(layout_.hash_block_offset(group), block));
    }
    return {};
  }

  Status write_end(std::string_view metadata) {
    if (next_ != layout_.stripe_count())
      return fail(Code::internal, path_ + ": finished before its last chunk");
    TRY(const std::string trailer, codec::encode_trailer(shard(), metadata));
    Gather end(config_->buffers, file_->direct());
    if (layout_.stripe_count() == 0) end.add_padded(as_bytes(header_));
    end.add_padded(as_bytes(trailer));
    const std::uint64_t offset = layout_.stripe_count() == 0 ? 0 : layout_.trailer_offset();
    TRY(report(*config_, file_->write(offset, end.parts())));
    if (!created_) TRY(report(*config_, file_->truncate(codec::file_size(layout_, metadata.size()))));
    TRY(report_sync(*config_, file_->sync()));
    return report_sync(*config_, config_->files.sync_directory(parent_path(path_)));
  }

  const std::shared_ptr<const ShardStoreConfig> config_;
  const StageRequest request_;
  const Layout layout_;
  const std::string path_;
  std::string header_;
  std::unique_ptr<File> file_;
  bool created_ = false;
  bool broken_ = false;
  std::uint64_t next_ = 0;  // stripe
  Buffer hash_block_;       // of the group being written
};

class FileShardWriter final : public ShardWriter {
 public:
  explicit FileShardWriter(std::shared_ptr<WriterState> state) : state_(std::move(state)) {}

  ~FileShardWriter() override {
    if (finishing_) return;
    const auto& run = state_->config().run;
    run([state = std::move(state_)] { state->remove(); });
  }

  void append(std::vector<Chunk> chunks, Completion<void> done) override {
    state_->config().run([state = state_, chunks = std::move(chunks), done = std::move(done)]() mutable {
      auto result = state->append(chunks);
      chunks.clear();  // the memory is free before the next stripe is asked for
      done(std::move(result));
    });
  }

  void finish(std::string metadata, Completion<StageToken> done) override {
    finishing_ = true;
    state_->config().run([state = state_, metadata = std::move(metadata), done = std::move(done)]() mutable {
      done(state->finish(metadata));
    });
  }

 private:
  std::shared_ptr<WriterState> state_;
  bool finishing_ = false;
};

}  // namespace

void ShardStore::stage(StageRequest request, Completion<std::unique_ptr<ShardWriter>> done) {
  if (!request.geometry.valid() || request.size > codec::kMaxObjectSize ||
      request.shard_index >= request.geometry.shards()) {
    done(fail(Code::invalid_argument, "stage: impossible geometry"));
    return;
  }
  auto state = std::make_shared<WriterState>(config_, std::move(request));
  config_->run([state = std::move(state), done = std::move(done)]() mutable {
    if (auto opened = state->open(); !opened) {
      done(fail(std::move(opened).error()));
      return;
    }
    done(std::make_unique<FileShardWriter>(std::move(state)));
  });
}

}  // namespace cairn::drive
