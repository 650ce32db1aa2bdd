#include "cairn/s3/digest_pool.hpp"

namespace cairn::s3 {

void DigestPool::add(const std::shared_ptr<Body>& body, Slice piece) {
  {
    const std::lock_guard lock(mutex_);
    body->waiting_.push_back(std::move(piece));
    if (body->queued_) return;
    body->queued_ = true;
    ready_.push_back(body);
    if (working_ == threads_) return;
    ++working_;
  }
  pool_.post([this] { work(); });
}

void DigestPool::drop(Body& body) {
  std::deque<Slice> dropped;  // freed outside of the lock
  const std::lock_guard lock(mutex_);
  dropped.swap(body.waiting_);
}

// One round. The next is another job, so that other digests get their turn.
void DigestPool::work() {
  std::vector<std::shared_ptr<Body>> bodies;
  std::vector<Slice> pieces;
  take(bodies, pieces);
  std::vector<crypto::Md5*> streams;
  std::vector<Bytes> data;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    streams.push_back(&bodies[i]->md5);
    data.push_back(pieces[i].bytes);
  }
  crypto::Md5::update(streams, data);
  pieces.clear();  // the memory goes back before the senders are let on
  for (std::size_t i = 0; i < bodies.size(); ++i) bodies[i]->digested(data[i].size());
  {
    const std::lock_guard lock(mutex_);
    for (auto& body : bodies) {
      body->queued_ = !body->waiting_.empty();
      if (body->queued_) ready_.push_back(std::move(body));
    }
    if (ready_.empty()) {
      --working_;
      return;
    }
  }
  pool_.post([this] { work(); });
}

void DigestPool::take(std::vector<std::shared_ptr<Body>>& bodies, std::vector<Slice>& pieces) {
  const std::lock_guard lock(mutex_);
  // A body is digested faster alone, so while there are threads for all each has its own.
  const std::size_t share = ready_.size() <= threads_ ? 1 : crypto::Md5::kLanes;
  while (!ready_.empty() && bodies.size() < share) {
    std::shared_ptr<Body> body = std::move(ready_.front());
    ready_.pop_front();
    if (body->waiting_.empty()) {  // dropped
      body->queued_ = false;
      continue;
    }
    pieces.push_back(std::move(body->waiting_.front()));
    body->waiting_.pop_front();
    bodies.push_back(std::move(body));
  }
}

}  // namespace cairn::s3
