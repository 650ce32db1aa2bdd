#pragma once
#include <string>
#include <string_view>

#include "cairn/base/buffer.hpp"
#include "cairn/base/metrics.hpp"
#include "cairn/http/server.hpp"
#include "cairn/store/store.hpp"

namespace cairn::admin {

// Writes families in the Prometheus text format 0.0.4, for what is read at the moment of asking and counted
// elsewhere.
class Exposition {
 public:
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(std::string_view name, const Labels& labels, double value);
  void single(std::string_view name, std::string_view type, std::string_view help, double value) {
    family(name, type, help);
    sample(name, {}, value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string_view drive_state_name(drive::DriveState state);  // "online", "faulty", ...
void write_store(Exposition& out, const store::StoreReport& report);
void write_memory(Exposition& out, const BufferPool& buffers, const MemoryBudget& budget);
void write_process(Exposition& out);
void write_http(Exposition& out, const http::ServerCounters& counters);

}  // namespace cairn::admin
