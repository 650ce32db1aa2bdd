#include "s3/service_metrics.hpp"

#include <algorithm>

#include "cairn/s3wire/errors.hpp"

namespace cairn::s3 {

ServiceMetrics::ServiceMetrics(MetricRegistry& registry) : registry_(registry) {
  registry.gauge("cairn_s3_requests_in_flight", "S3 requests being answered now.", {},
                 [count = in_flight_] { return static_cast<double>(count->load()); });
}

const ServiceMetrics::Operation& ServiceMetrics::of(s3wire::Operation operation) {
  const auto index = static_cast<std::size_t>(operation);
  if (const Operation* known = operations_[index].load(std::memory_order_acquire)) return *known;
  const std::lock_guard lock(mutex_);
  if (!owned_[index]) {
    const std::string name(s3wire::operation_name(operation));
    auto o = std::make_unique<Operation>();
    constexpr std::array<const char*, 6> kClasses{"1xx", "1xx", "2xx", "3xx", "4xx", "5xx"};
    for (std::size_t i = 2; i < o->by_class.size(); ++i)
      o->by_class[i] = &registry_.counter("cairn_s3_requests_total", "S3 requests answered.",
                                          {{"operation", name}, {"status", kClasses[i]}});
    o->by_class[0] = o->by_class[1] = o->by_class[5];
    o->latency = &registry_.histogram("cairn_s3_request_duration_seconds",
                                      "From the end of a request's head to the end of its answer.",
                                      {{"operation", name}});
    o->received = &registry_.counter("cairn_s3_received_bytes_total", "Bytes of request bodies, unframed.",
                                     {{"operation", name}});
    o->sent =
        &registry_.counter("cairn_s3_sent_bytes_total", "Bytes of response bodies.", {{"operation", name}});
    owned_[index] = std::move(o);
  }
  operations_[index].store(owned_[index].get(), std::memory_order_release);
  return *owned_[index];
}

void ServiceMetrics::count(const Outcome& outcome) {
  const Operation& o = of(outcome.operation);
  o.by_class[static_cast<std::size_t>(std::clamp(outcome.status / 100, 0, 5))]->add();
  o.latency->observe(outcome.seconds);
  if (outcome.received) o.received->add(outcome.received);
  if (outcome.sent) o.sent->add(outcome.sent);
}

void ServiceMetrics::count_error(Code code) {
  auto& slot = errors_[std::min<std::size_t>(static_cast<std::size_t>(code), errors_.size() - 1)];
  Counter* counter = slot.load(std::memory_order_acquire);
  if (!counter) {  // two at a time get the same counter from the registry
    counter = &registry_.counter("cairn_s3_errors_total", "S3 error answers by S3 error code.",
                                 {{"code", std::string(s3wire::s3_error(code).code)}});
    slot.store(counter, std::memory_order_release);
  }
  counter->add();
}

}  // namespace cairn::s3
