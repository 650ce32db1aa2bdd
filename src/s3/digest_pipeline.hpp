#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/bytes.hpp"
#include "cairn/base/task.hpp"
#include "cairn/crypto/digest.hpp"
#include "cairn/s3/digest_pool.hpp"

namespace cairn::s3 {

// The digests of one body, computed in order on the threads of a pool beside the body's way to the drives,
// each algorithm in a lane of its own (MD5 is slower than all the rest together, and shares its thread with
// other bodies). Small bodies are digested in the caller, where a hop to another thread costs more than the
// work. One caller; may be dropped at any time.
class DigestPipeline {
 public:
  static constexpr std::size_t kInline = 64u << 10;  // bodies up to this size stay in the caller
  // What may wait in a lane before the body is held up: about one stripe, so that digests that fall behind
  // hold no more memory than the object layer reserved.
  static constexpr std::size_t kBacklog = 1u << 20;

  DigestPipeline(DigestPool& pool, const std::vector<crypto::DigestAlgorithm>& algorithms,
                 std::uint64_t body_size);
  ~DigestPipeline();

  void add(Slice piece);
  // Whether more than kBacklog bytes wait: then admit() is the back pressure on the sender.
  bool behind() const;
  Task<void> admit() { return drained_to(kBacklog); }
  // Waits for all; the raw digests in the order of the algorithms.
  Task<std::vector<std::string>> finish();

 private:
  struct State;
  Task<void> drained_to(std::size_t bytes);
  std::shared_ptr<State> state_;
};

}  // namespace cairn::s3
