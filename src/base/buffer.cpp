#include "cairn/base/buffer.hpp"

#include <atomic>
#include <bit>
#include <cstdlib>
#include <new>

#include <sys/mman.h>

namespace cairn {
namespace {
constexpr std::size_t kMinBlock = 4096;
constexpr std::size_t kMaxBlock = 8u << 20;
constexpr std::size_t kSlab = 8u << 20;  // one mapping; small blocks are carved from it
constexpr unsigned kClasses = std::countr_zero(kMaxBlock / kMinBlock) + 1;

unsigned class_of(std::size_t size) {
  return static_cast<unsigned>(std::countr_zero(std::bit_ceil(std::max(size, kMinBlock)) / kMinBlock));
}
}  // namespace

class BufferPoolState {
 public:
  ~BufferPoolState() {
    for (std::byte* slab : slabs_) munmap(slab, kSlab);
  }

  std::byte* get(std::size_t size) {
    const std::size_t block = kMinBlock << class_of(size);
    in_use_ += block;
    if (size > kMaxBlock) {
      void* p = std::aligned_alloc(kMinBlock, (size + kMinBlock - 1) / kMinBlock * kMinBlock);
      if (!p) throw std::bad_alloc();
      return static_cast<std::byte*>(p);
    }
    const std::lock_guard lock(mutex_);
    const unsigned c = class_of(size);
    // The smallest free block that fits, split in halves down to the size wanted.
    unsigned from = c;
    while (from < kClasses && free_[from].empty()) ++from;
    if (from == kClasses) {
      map_slab();
      from = kClasses - 1;
    }
    std::byte* p = free_[from].back();
    free_[from].pop_back();
    while (from > c) {
      --from;
      free_[from].push_back(p + (kMinBlock << from));
    }
    return p;
  }

  void put(std::byte* p, std::size_t size) {
    in_use_ -= kMinBlock << class_of(size);
    if (size > kMaxBlock) {
      std::free(p);
      return;
    }
    const std::lock_guard lock(mutex_);
    free_[class_of(size)].push_back(p);
  }

  void trim(std::size_t keep) {
    const std::lock_guard lock(mutex_);
    std::size_t free_bytes = 0;
    for (unsigned c = kClasses; c-- > 0;) {
      const std::size_t block = kMinBlock << c;
      for (std::byte* p : free_[c]) {
        free_bytes += block;
        if (free_bytes > keep && block >= (64u << 10)) madvise(p, block, MADV_DONTNEED);
      }
    }
  }

  std::size_t in_use() const { return in_use_; }
  std::size_t mapped() const { return mapped_; }

 private:
  void map_slab() {
    // Aligned to the huge page size, so that the kernel can back it with huge pages.
    constexpr std::size_t kHuge = 2u << 20;
    void* raw = mmap(nullptr, kSlab + kHuge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED) throw std::bad_alloc();
    const auto start = reinterpret_cast<std::uintptr_t>(raw);
    const auto aligned = (start + kHuge - 1) / kHuge * kHuge;
    if (aligned > start) munmap(raw, aligned - start);
    const auto end = start + kSlab + kHuge;
    if (end > aligned + kSlab) munmap(reinterpret_cast<void*>(aligned + kSlab), end - aligned - kSlab);
    auto* slab = reinterpret_cast<std::byte*>(aligned);
    madvise(slab, kSlab, MADV_HUGEPAGE);
    slabs_.push_back(slab);
    mapped_ += kSlab;
    free_[kClasses - 1].push_back(slab);
  }

  std::mutex mutex_;
  std::vector<std::byte*> free_[kClasses];
  std::vector<std::byte*> slabs_;
  std::atomic<std::size_t> in_use_{0};
  std::atomic<std::size_t> mapped_{0};
};

Buffer::Buffer(Buffer&& other) noexcept
    : pool_(std::move(other.pool_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this != &other) {
    if (data_) pool_->put(data_, size_);
    pool_ = std::move(other.pool_);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Buffer::~Buffer() {
  if (data_) pool_->put(data_, size_);
}

Slice Buffer::share(Buffer buffer) {
  const std::size_t size = buffer.size();
  return share(std::move(buffer), 0, size);
}

Slice Buffer::share(Buffer buffer, std::size_t offset, std::size_t count) {
  auto owner = std::make_shared<Buffer>(std::move(buffer));
  const Bytes view = Bytes(owner->span()).subspan(offset, count);
  return {std::move(owner), view};
}

BufferPool::BufferPool() : state_(std::make_shared<BufferPoolState>()) {}
BufferPool::~BufferPool() = default;

Buffer BufferPool::get(std::size_t size) {
  Buffer b;
  b.data_ = state_->get(size);
  b.size_ = size;
  b.pool_ = state_;
  return b;
}

std::size_t BufferPool::bytes_in_use() const { return state_->in_use(); }
std::size_t BufferPool::bytes_mapped() const { return state_->mapped(); }
void BufferPool::trim(std::size_t keep) { state_->trim(keep); }

}  // namespace cairn
