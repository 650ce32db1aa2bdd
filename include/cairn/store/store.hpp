#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/buffer.hpp"
#include "cairn/base/metrics.hpp"
#include "cairn/drive/drive.hpp"
#include "cairn/store/object_layer.hpp"

namespace cairn::store {

struct StoreConfig {
  std::vector<std::vector<std::string>> pools;  // the drives' paths, one list a pool, ellipses expanded
  std::string region = "us-east-1";
  std::optional<std::uint32_t> parity;          // EC:n of STANDARD; nothing: by the set's size
  std::size_t memory_limit = 512u << 20;        // of the whole process
  std::chrono::milliseconds grace{50};          // how long a write waits for drives beyond its quorum
  std::chrono::milliseconds patience{10'000};   // how long a request waits for memory or a quorum
  std::chrono::hours upload_expiry{24 * 7};     // stale multipart uploads are aborted
  std::chrono::hours verify_interval{24 * 30};  // the pass that reads every chunk again
  bool trust_older_drives =
      false;  // drives are taken as they are, though their peers remember them further on
};

struct DriveReport {
  std::string name;
  drive::DriveIdentity identity;
  drive::DriveStatus status;
};

struct SetReport {
  std::uint32_t pool = 0, set = 0, data = 0, parity = 0, write_quorum = 0, read_quorum = 0, online = 0;
};

struct StoreReport {
  std::vector<DriveReport> drives;
  std::vector<SetReport> sets;
  std::uint64_t heal_queue = 0;
  bool can_read = false, can_write = false;  // every set has its quorum
};

struct VerifyReport {
  std::uint64_t objects = 0, chunks = 0, damaged = 0, repaired = 0, unreadable = 0;
};

// The erasure-coded object layer over local drives, with what keeps it whole: drive supervision, settling,
// healing, collection of stale uploads. open() returns when the drives that are there are open; it does not
// wait for the others. close() stops background work and closes the drives; no request may be running.
class Store : public ObjectLayer {
 public:
  using ObjectLayer::open;  // an object, beside the store itself
  static Result<std::unique_ptr<Store>> open(asio::any_io_executor executor, StoreConfig config,
                                             BufferPool& pool, MemoryBudget& budget, MetricRegistry& metrics);
  virtual Task<void> close() = 0;
  virtual StoreReport report() const = 0;
  // Reads and checks every shard of every object and heals what is wrong.
  virtual Task<VerifyReport> verify() = 0;
};

}  // namespace cairn::store
