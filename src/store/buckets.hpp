#pragma once
#include <condition_variable>
#include <mutex>
#include <unordered_map>

#include "store/context.hpp"
#include "store/documents.hpp"

namespace cairn::store {

// Buckets are registers of the system bucket. This process is their only writer, so what it read or wrote
// stays true and is kept in memory. Deleting one is: mark it deleting, wait for writes under way, list,
// delete. Thread-safe.
class Buckets {
 public:
  explicit Buckets(const Context& context) : context_(context) {}

  Task<BucketInfo> create(std::string name, std::string region, std::string owner);
  Task<BucketDoc> find(std::string name);         // no_such_bucket
  Task<std::vector<BucketDoc>> list();            // active ones, by name
  Task<std::string> name_of(drive::BucketId id);  // its id in hex where no bucket has it any more
  // `is_empty` is asked while no write can begin.
  Task<void> remove(std::string name, std::function<Task<bool>(const BucketDoc&)> is_empty);

  // A write holds this around its commit, so that no bucket goes while something is written to it.
  class Guard {
   public:
    Guard() = default;
    Guard(Guard&& other) noexcept
        : buckets_(std::exchange(other.buckets_, nullptr)), name_(std::move(other.name_)) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard() {
      if (buckets_) buckets_->leave(name_);
    }

   private:
    friend class Buckets;
    Buckets* buckets_ = nullptr;
    std::string name_;
  };
  // no_such_bucket when it is no longer the same bucket, operation_aborted while it is being deleted.
  Task<Guard> enter(const BucketDoc& bucket);

 private:
  struct Entry {
    BucketDoc doc;
    std::uint32_t writers = 0;
    Completion<void> drained;
  };
  void leave(const std::string& name);
  Task<void> write(const std::string& name, Decide decide);

  Context context_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> cache_;
};

}  // namespace cairn::store
