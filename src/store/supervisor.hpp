#pragma once
#include <memory>
#include <span>
#include <vector>

#include "cairn/base/thread_pool.hpp"
#include "cairn/drive/files.hpp"
#include "cairn/drive/format.hpp"
#include "cairn/drive/local_drive.hpp"

#include "store/context.hpp"

namespace cairn::store {

// Owns the local drives: formats what may be formatted, opens what is there, and takes drives back into
// service when they return. A path that is missing now may come later. run() is the background task; close()
// closes the drives.
class Supervisor {
 public:
  struct Config {
    std::vector<std::string> paths;
    std::uint32_t pool = 0;
    std::optional<std::uint32_t> parity;
    std::chrono::milliseconds grace{}, patience{};
    std::size_t cache_bytes = 0, write_buffer_bytes = 0;
    bool trust_older = false;  // drives are taken as they are, whatever their peers remember
  };
  Supervisor(Config config, BufferPool& buffers, std::shared_ptr<Clock> clock);
  ~Supervisor();

  // Decides on formats, makes the sets, opens the drives that are there.
  Result<Topology> start();
  // The sets that start() made live in the Topology; call when that has its final place.
  void attach(const Topology& topology) { topology_ = &topology; }
  Task<void> run();
  void close();

 private:
  struct Place {
    std::string path;
    std::shared_ptr<drive::LocalDrive> drive;  // null: not here yet
    std::string reason;
    bool registered = false;
    drive::PeerMark known;  // how far it has come, as far as this process and its peers know
  };
  drive::LocalDriveConfig drive_config(const std::string& path, const drive::DriveIdentity& identity) const;
  void look_for_missing();
  Task<void> bring_in(std::uint32_t place);
  Task<void> look_after(std::uint32_t place, std::uint64_t tick);
  Task<void> take_back(std::uint32_t place, bool lost);
  std::span<Place> set_of(std::uint32_t place);
  void compare_marks(std::uint32_t place);
  void exchange_marks();

  Config config_;
  BufferPool& buffers_;
  std::shared_ptr<Clock> clock_;
  std::unique_ptr<drive::FileLayer> files_;
  std::shared_ptr<drive::SharedResources> shared_;
  drive::FormattingPlan plan_;
  std::vector<Place> places_;                       // by set and slot
  std::vector<std::vector<drive::PeerMark>> told_;  // by set: what the drives were asked to remember last
  const Topology* topology_ = nullptr;
  ThreadPool opener_;
};

}  // namespace cairn::store
