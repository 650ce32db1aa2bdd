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

  Task<Bucket> create(BucketInfo bucket);
  Task<Bucket> find(std::string name);            // no_such_bucket
  Task<std::vector<Bucket>> list();               // by name
  Task<std::string> name_of(drive::BucketId id);  // its id in hex where no bucket has it any more
  Task<Bucket> update(std::string name, ObjectLayer::BucketChange change);
  // `is_empty` is asked while no write can begin.
  Task<void> remove(std::string name, std::function<Task<bool>(const Bucket&)> is_empty);

  // A write holds this around its commit, so that no bucket goes while something is written to it.
  class Guard {
   public:
    Guard() = default;
    Guard(Guard&& other) noexcept
        : buckets_(std::exchange(other.buckets_, nullptr)), bucket_(std::move(other.bucket_)) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard() {
      if (buckets_) buckets_->leave(bucket_->name);
    }
    // As it stands now.
    const Bucket& bucket() const { return bucket_; }

   private:
    friend class Buckets;
    Buckets* buckets_ = nullptr;
    Bucket bucket_;
  };
  // no_such_bucket when it is no longer the same bucket, operation_aborted while it is being deleted.
  Task<Guard> enter(const Bucket& bucket);

 private:
  struct Entry {
    Bucket bucket;
    bool deleting = false;
    std::uint32_t writers = 0;
    Completion<void> drained;
  };
  void leave(const std::string& name);
  Task<void> write(const std::string& name, Decide decide);
  Bucket keep(BucketInfo bucket);

  Context context_;
  std::mutex mutex_;
  std::unordered_map<std::string, Entry> cache_;
};

// The id under which the records of a bucket stand.
inline drive::BucketId id_of(const Bucket& bucket) { return drive::BucketId{bucket->id}; }

}  // namespace cairn::store
