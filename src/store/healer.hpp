#pragma once
#include <atomic>
#include <mutex>
#include <set>
#include <unordered_map>

#include "store/buckets.hpp"
#include "store/object_io.hpp"

namespace cairn::store {

// Keeps the sets whole: settles what crashed proposers left open, gives drives what they missed, rebuilds bad
// shards, fills replaced drives, forgets tombstones, and verifies everything on demand. What is owed stands
// in the drives' work queues; in memory are only hints of where to look first. Thread-safe.
class Healer {
 public:
  Healer(const Context& context, Buckets& buckets);

  // Runs until cancelled.
  Task<void> run();
  // Something is wrong with this key (or, with an empty key, with this set): look soon.
  void hint(ErasureSet& set, std::string key, bool verify);

  // A tombstone without rows was committed: to be forgotten when that is safe. What a crash makes of the
  // hint, the verifying pass makes good.
  void forget_later(ErasureSet& set, std::string key, drive::StateId id);

  // Brings one key to its full number of shards on the drives that are there. `verify`: reads every chunk.
  Task<VerifyReport> heal_key(ErasureSet& set, const std::string& key, bool verify);
  // Gives a drive that is not whole everything its peers have.
  Task<void> fill(ErasureSet& set, std::uint32_t slot);
  Task<VerifyReport> verify_all();

  std::uint64_t healed() const { return healed_; }

 private:
  struct Target {  // what one slot lacks of a key
    std::vector<std::pair<drive::DataRef, Slice>> bodies;
    std::vector<drive::StageToken> staged;
    bool any() const { return !bodies.empty() || !staged.empty(); }
  };
  // One key being healed: what its slots say of it, and what they still lack after all that was done.
  struct Job;
  asio::awaitable<void> restore(Job& job, std::uint32_t slot, Target& target);
  void look_again(ErasureSet& set, bool news);
  Task<void> work_off(ErasureSet& set);
  Task<void> settle_open(ErasureSet& set);
  Task<void> forget(ErasureSet& set, const std::string& key, const Current& current);
  Task<void> heal_rows(Job& job, const Current& current);
  Task<void> heal_upload(ErasureSet& set, const std::string& key, const std::string& upload_id);
  // The data of one version: `text` is its document. `lacking`: slots known to lack some of it; nothing: to
  // be found out.
  Task<void> heal_version(Job& job, const VersionDoc& doc, const std::string& text,
                          std::optional<SlotMask> lacking);
  Task<void> heal_older_versions(Job& job);
  Task<SlotMask> lacking_file(ErasureSet& set, const std::string& key, const PartDoc& piece);
  // What a rebuilt shard file says of itself: the same as when it was first written.
  struct ShardText {
    std::string identity, metadata;
  };
  Task<SlotMask> heal_data(ErasureSet& set, const std::string& key, const PartDoc& data,
                           const ShardText& text, SlotMask lacking, bool verify, std::vector<Target>& targets,
                           VerifyReport& report);
  using Each = std::function<Task<void>(drive::BucketId bucket, const drive::ListEntry& entry)>;
  Task<void> each_key(ErasureSet& set, drive::BucketId bucket, SlotMask peers, const Each& each);

  Context context_;
  Buckets& buckets_;
  KeyLocks healing_;  // two passes never rewrite one shard at a time
  std::mutex mutex_;
  struct Hint {
    ErasureSet* set;
    std::string key;
    bool verify;
  };
  std::vector<Hint> hints_;
  std::vector<std::pair<ErasureSet*, std::string>> tombstones_;
  std::unordered_map<ErasureSet*, SlotMask> seen_online_;
  std::set<ErasureSet*> dirty_;
  // When a set that still has entries is looked at again by itself.
  struct Again {
    std::chrono::steady_clock::time_point at{};
    std::chrono::seconds wait{kFirstWait};
  };
  static constexpr std::chrono::seconds kFirstWait{10}, kLongestWait{600};
  std::unordered_map<ErasureSet*, Again> again_;
  std::unordered_map<std::string, drive::StateId> open_before_;  // open entries of the pass before
  std::atomic<std::uint64_t> healed_{0};
};

}  // namespace cairn::store
