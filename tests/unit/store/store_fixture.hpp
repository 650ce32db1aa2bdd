#pragma once
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include "cairn/base/buffer.hpp"
#include "cairn/crypto/digest.hpp"

#include "fakes/mem_drive.hpp"
#include "store/erasure_store.hpp"
#include "store/supervisor.hpp"

namespace cairn::store {

// A body from memory that checks nothing but its own end.
class TextBody final : public BodySource {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)), md5_(crypto::DigestAlgorithm::md5) {}
  std::uint64_t size() const override { return announced_ ? *announced_ : text_.size(); }
  Task<std::size_t> read(MutableBytes into) override {
    const std::size_t n = std::min(into.size(), text_.size() - at_);
    std::memcpy(into.data(), text_.data() + at_, n);
    at_ += n;
    co_return n;
  }
  void digest(Slice piece) override { md5_.update(piece.bytes); }
  Task<BodyDigests> finish() override {
    if (failure_) co_return fail(*failure_);
    co_return BodyDigests{md5_.finish(), {}};
  }
  TextBody& announce(std::uint64_t size) { return announced_ = size, *this; }
  TextBody& fail_with(Code code) { return failure_ = Error(code), *this; }

 private:
  std::string text_;
  std::size_t at_ = 0;
  crypto::Digest md5_;
  std::optional<std::uint64_t> announced_;
  std::optional<Error> failure_;
};

inline BucketInfo bucket_named(std::string name, Versioning versioning = Versioning::unset) {
  BucketInfo b;
  b.name = std::move(name);
  b.region = "us-east-1";
  b.owner = "me";
  b.versioning = versioning;
  return b;
}

// A store over drives in memory, with calls that wait for the result.
class MemStore {
 public:
  explicit MemStore(std::uint32_t n, std::optional<std::uint32_t> parity = {}, std::uint32_t sets = 1)
      : budget_(64u << 20) {
    auto clock = std::make_shared<SystemClock>();
    Topology topology;
    topology.clock = clock;
    topology.ballots = std::make_unique<HybridClock>(clock, 1);
    topology.deployment = DeploymentId::random();
    const std::uint32_t p = parity.value_or(Quorum::default_parity(n));
    for (std::uint32_t s = 0; s < sets; ++s) {
      SetConfig config;
      config.set = s;
      config.quorum = {n, n - p, p};
      config.grace = std::chrono::milliseconds(20);
      config.patience = std::chrono::milliseconds(3000);
      auto set = std::make_unique<ErasureSet>(config, *topology.ballots);
      for (std::uint32_t i = 0; i < n; ++i) {
        drive::MemDriveConfig d;
        d.identity.set = s;
        d.identity.slot = i;
        d.identity.id = DriveId::random();
        drives.push_back(std::make_shared<drive::MemDrive>(d));
        set->set_drive(i, drives.back());
      }
      topology.sets.push_back(std::move(set));
    }
    store = std::make_unique<ErasureStore>(threads_.get_executor(), StoreConfig{}, std::move(topology), pool_,
                                           budget_);
  }
  ~MemStore() { threads_.join(); }

  template <class T>
  Result<T> run(Task<T> task) {
    return asio::co_spawn(threads_, std::move(task), asio::use_future).get();
  }
  template <class T>
  std::future<Result<T>> spawn(Task<T> task) {
    return asio::co_spawn(threads_, std::move(task), asio::use_future);
  }
  Result<ObjectInfo> put(const std::string& bucket, const std::string& key, std::string text,
                         WriteOptions options = {}) {
    TextBody body(std::move(text));
    return run(store->put({bucket, key, {}}, {}, body, std::move(options)));
  }
  Result<std::string> get(const std::string& bucket, const std::string& key, std::uint64_t offset = 0,
                          std::uint64_t length = UINT64_MAX) {
    return run(read(bucket, key, offset, length));
  }
  Result<std::vector<std::string>> keys(ListRequest request) {
    TRY(const ListResult page, run(store->list(std::move(request))));
    std::vector<std::string> out;
    for (const auto& i : page.items) out.push_back(i.key);
    if (page.truncated) out.push_back("...");
    return out;
  }
  ErasureSet& set(std::size_t i = 0) { return *store->topology().sets[i]; }

  std::vector<std::shared_ptr<drive::MemDrive>> drives;
  std::unique_ptr<ErasureStore> store;

 private:
  Task<std::string> read(std::string bucket, std::string key, std::uint64_t offset, std::uint64_t length) {
    ObjectName name{std::move(bucket), std::move(key), {}};
    CO_TRY(const auto reader, co_await store->open(std::move(name)));
    CO_TRY(reader->start(offset, std::min(length, reader->info().size - offset)));
    std::string out;
    for (;;) {
      CO_TRY(const Slice piece, co_await reader->next());
      if (piece.empty()) co_return out;
      out += piece.text();
    }
  }

  asio::thread_pool threads_{2};
  BufferPool pool_;
  MemoryBudget budget_;
};

// Bytes that differ everywhere, the same for the same seed.
inline std::string noise(std::size_t size, std::uint64_t seed) {
  std::string out(size, '\0');
  std::uint64_t x = seed * 0x9e3779b97f4a7c15u + 1;
  for (char& c : out) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    c = static_cast<char>(x >> 32);
  }
  return out;
}

}  // namespace cairn::store
