#include "s3/digest_pipeline.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <optional>

#include "cairn/base/await.hpp"

namespace cairn::s3 {

struct DigestPipeline::State : std::enable_shared_from_this<DigestPipeline::State> {
  struct Lane {
    explicit Lane(crypto::DigestAlgorithm algorithm) : digest(algorithm) {}
    crypto::Digest digest;  // used by the one job that runs for the lane
    std::deque<Slice> waiting;
    std::size_t bytes = 0;  // waiting or being digested
    bool running = false;
    std::shared_ptr<DigestPool::Body> md5;  // computes it together with those of other bodies
  };
  struct Waiter {
    std::size_t below;
    Completion<void> done;
  };

  explicit State(DigestPool& p) : pool(p) {}

  std::size_t backlog() const {  // under the mutex
    std::size_t most = 0;
    for (const Lane& lane : lanes) most = std::max(most, lane.bytes);
    return most;
  }

  void digested(Lane& lane, std::size_t bytes) {
    Completion<void> wake;
    {
      const std::lock_guard lock(mutex);
      lane.bytes -= bytes;
      if (waiter && backlog() <= waiter->below) {
        wake = std::move(waiter->done);
        waiter.reset();
      }
    }
    if (wake) wake(Status());
  }

  void run(std::size_t index) {
    Lane& lane = lanes[index];
    for (;;) {
      Slice piece;
      {
        const std::lock_guard lock(mutex);
        if (lane.waiting.empty() || dropped) {
          lane.running = false;
          return;
        }
        piece = std::move(lane.waiting.front());
        lane.waiting.pop_front();
      }
      lane.digest.update(piece.bytes);
      const std::size_t done = piece.size();
      piece = {};  // the memory goes back before the sender is let on
      digested(lane, done);
    }
  }

  DigestPool& pool;
  bool in_caller = false;
  std::mutex mutex;
  std::vector<Lane> lanes;
  std::optional<Waiter> waiter;
  bool dropped = false;
};

DigestPipeline::DigestPipeline(DigestPool& pool, const std::vector<crypto::DigestAlgorithm>& algorithms,
                               std::uint64_t body_size)
    : state_(std::make_shared<State>(pool)) {
  State& s = *state_;
  s.in_caller = body_size <= kInline;
  s.lanes.reserve(algorithms.size());
  for (const auto a : algorithms) {
    State::Lane& lane = s.lanes.emplace_back(a);
    if (s.in_caller || a != crypto::DigestAlgorithm::md5) continue;
    lane.md5 = std::make_shared<DigestPool::Body>();
    lane.md5->digested = [weak = state_->weak_from_this(), &lane](std::size_t bytes) {
      if (const auto state = weak.lock()) state->digested(lane, bytes);
    };
  }
}

DigestPipeline::~DigestPipeline() {
  for (const auto& lane : state_->lanes)
    if (lane.md5) state_->pool.drop(*lane.md5);
  const std::lock_guard lock(state_->mutex);
  state_->dropped = true;
}

void DigestPipeline::add(Slice piece) {
  if (state_->in_caller) {
    for (auto& lane : state_->lanes) lane.digest.update(piece.bytes);
    return;
  }
  std::vector<std::size_t> start;
  {
    const std::lock_guard lock(state_->mutex);
    for (std::size_t i = 0; i < state_->lanes.size(); ++i) {
      auto& lane = state_->lanes[i];
      lane.bytes += piece.size();
      if (lane.md5) continue;
      lane.waiting.push_back(piece);
      if (!std::exchange(lane.running, true)) start.push_back(i);
    }
  }
  for (const auto& lane : state_->lanes)
    if (lane.md5) state_->pool.add(lane.md5, piece);
  for (const std::size_t i : start) state_->pool.post([state = state_, i] { state->run(i); });
}

Task<void> DigestPipeline::drained_to(std::size_t bytes) {
  // A named closure without destructors: GCC 12 destroys a temporary one in a co_await expression twice.
  const auto state = state_;
  const auto wait = [&state, bytes](Completion<void> done) {
    {
      const std::lock_guard lock(state->mutex);
      if (state->backlog() > bytes) {
        state->waiter = {bytes, std::move(done)};
        return;
      }
    }
    done(Status());
  };
  co_return co_await await_completion<void>(wait);
}

bool DigestPipeline::behind() const {
  if (state_->in_caller) return false;
  const std::lock_guard lock(state_->mutex);
  return state_->backlog() > kBacklog;
}

Task<std::vector<std::string>> DigestPipeline::finish() {
  if (!state_->in_caller) CO_TRY(co_await drained_to(0));
  std::vector<std::string> out;
  for (auto& lane : state_->lanes)
    out.push_back(lane.md5 ? std::string(crypto::raw_text(lane.md5->md5.finish())) : lane.digest.finish());
  co_return out;
}

}  // namespace cairn::s3
