#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/base/task.hpp"

namespace cairn {

// A move-only block of memory, 4 KiB aligned (so fit for O_DIRECT), that returns to its pool when it dies.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();
  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }  // the bytes asked for; the block may be larger
  MutableBytes span() const { return {data_, size_}; }
  explicit operator bool() const { return data_ != nullptr; }
  // Gives the memory to shared ownership: it returns to the pool with the last Slice.
  static Slice share(Buffer buffer);
  static Slice share(Buffer buffer, std::size_t offset, std::size_t count);

 private:
  friend class BufferPool;
  std::shared_ptr<class BufferPoolState> pool_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// Recycles blocks of power-of-two sizes, 4 KiB to 8 MiB, from large huge-page mappings: a first touch of
// memory costs more than the copy into it, so what was touched is kept. Thread-safe. It does not limit:
// MemoryBudget does.
class BufferPool {
 public:
  BufferPool();
  ~BufferPool();
  Buffer get(std::size_t size);  // never fails short of std::bad_alloc
  std::size_t bytes_in_use() const;
  std::size_t bytes_mapped() const;
  // Gives back to the system what is free above `keep` bytes (madvise); called when idle.
  void trim(std::size_t keep);

 private:
  std::shared_ptr<class BufferPoolState> state_;
};

// Admission by memory: a request reserves, once and before it starts, all that its body may occupy at a time,
// and so never waits while it holds some. Waiters are served in order of arrival, small ones (kSmall) apart
// from large ones, which leave them an eighth of the limit: however many large bodies wait for slow clients,
// small requests go on. Thread-safe.
class MemoryBudget {
 public:
  static constexpr std::size_t kSmall = std::size_t{256} << 10;

  class Reservation {
   public:
    Reservation() = default;
    Reservation(Reservation&& other) noexcept { *this = std::move(other); }
    Reservation& operator=(Reservation&& other) noexcept;
    ~Reservation() { release(); }
    void release();
    std::size_t bytes() const { return bytes_; }

   private:
    friend class MemoryBudget;
    MemoryBudget* budget_ = nullptr;
    std::size_t bytes_ = 0;
  };

  explicit MemoryBudget(std::size_t limit);
  ~MemoryBudget();
  // overloaded when the wait lasts longer than `patience`; a request larger than the limit gets the whole
  // limit.
  Task<Reservation> reserve(std::size_t bytes, std::chrono::milliseconds patience);
  // What may make a request faster: an empty reservation unless half of the limit is left besides.
  Reservation try_reserve(std::size_t bytes);
  std::size_t limit() const;
  std::size_t used() const;
  std::size_t waiting() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace cairn
