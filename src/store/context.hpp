#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cairn/base/buffer.hpp"
#include "cairn/store/store.hpp"

#include "store/erasure_set.hpp"

namespace cairn::store {

// The sets of a deployment and where a key lives among them. Immutable after start.
struct Topology {
  std::shared_ptr<const Clock> clock;
  std::unique_ptr<HybridClock> ballots;
  DeploymentId deployment;
  std::vector<std::unique_ptr<ErasureSet>> sets;

  // HighwayHash64 of the record key, keyed with the deployment, modulo the number of sets.
  ErasureSet& set_of(std::string_view record_key) const;
};

// What the parts of the store share; all of it outlives them.
struct Context {
  asio::any_io_executor executor;
  const StoreConfig& config;
  const Topology& topology;
  BufferPool& pool;
  MemoryBudget& budget;
  const Clock& clock;
};

// The geometry of new data of this storage class.
codec::Geometry geometry_for(const Context& context, const ErasureSet& set, std::string_view storage_class,
                             std::uint64_t size);

}  // namespace cairn::store
