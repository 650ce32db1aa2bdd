#include "cairn/services/access_log.hpp"

#include <map>
#include <mutex>
#include <vector>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "cairn/base/ids.hpp"
#include "cairn/base/log.hpp"
#include "cairn/s3wire/logging.hpp"

#include "services/memory_body.hpp"

namespace cairn::services {
namespace {

std::tm utc(UnixMillis t) { return fmt::gmtime(static_cast<std::time_t>(t / 1000)); }

// A field between blanks: what a client sent must not look like two fields or two lines.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f)
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  return out.empty() ? "-" : out;
}

// A field in quotes.
std::string quoted(std::string_view text) {
  if (text.empty()) return "\"-\"";
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || static_cast<unsigned char>(c) < ' ' || c == 0x7f)
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out += '"';
}

std::string number(std::uint64_t n) { return n ? std::to_string(n) : "-"; }

// The object that a delivery makes.
std::string object_key(const s3wire::LoggingConfiguration& target, const store::BucketInfo& source,
                       UnixMillis now) {
  std::string key = target.target_prefix;
  const std::tm t = utc(now);
  if (target.key_format == s3wire::LogKeyFormat::by_event_time ||
      target.key_format == s3wire::LogKeyFormat::by_delivery_time)
    key += fmt::format("{}/{}/{}/{:%Y/%m/%d}/", "000000000000", source.region, source.name, t);
  return key + fmt::format("{:%Y-%m-%d-%H-%M-%S}-{:016X}", t, random_u64());
}

}  // namespace

std::string render_access_record(const store::BucketInfo& bucket, const AccessRecord& r) {
  return fmt::format(
      "{} {} [{:%d/%b/%Y:%H:%M:%S} +0000] {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} {} - {} {} {} - -",
      plain(bucket.owner), bucket.name, utc(r.time), plain(r.remote_ip), plain(r.requester),
      plain(r.request_id), plain(r.operation), plain(r.key), quoted(r.request_uri), r.status,
      plain(r.error_code), number(r.bytes_sent), r.object_size ? std::to_string(*r.object_size) : "-",
      r.total_ms, number(r.turnaround_ms), quoted(r.referer), quoted(r.user_agent), plain(r.version_id),
      plain(r.host_id), plain(r.signature_version), plain(r.authentication), plain(r.host),
      plain(r.tls_version));
}

struct AccessLog::State {
  State(store::ObjectLayer& l, const Clock& c, MetricRegistry& metrics, AccessLogOptions o)
      : layer(l),
        clock(c),
        options(o),
        written(
            metrics.counter("cairn_access_log_records_total", "Lines of access logs that were delivered.")),
        dropped(metrics.counter(
            "cairn_access_log_dropped_total",
            "Lines of access logs that were dropped: too many waited, or their target is gone.")) {}

  // The lines of one source bucket that wait, and where they go.
  struct Waiting {
    store::BucketInfo source;  // without its configurations
    s3wire::LoggingConfiguration target;
    std::string lines;
    std::uint64_t count = 0;
  };
  struct Parsed {
    std::uint64_t id = 0, revision = 0;
    std::optional<s3wire::LoggingConfiguration> target;
  };

  const std::optional<s3wire::LoggingConfiguration>& target_of(const store::BucketInfo& bucket,
                                                               const std::string& xml);
  Task<bool> put(const Waiting& log);

  store::ObjectLayer& layer;
  const Clock& clock;
  const AccessLogOptions options;
  Counter& written;
  Counter& dropped;
  std::mutex mutex;
  std::map<std::string, Parsed> parsed;    // by source bucket
  std::map<std::string, Waiting> waiting;  // likewise
  std::size_t bytes = 0;
  std::atomic<bool> full{false};  // some log has reached its size
};

AccessLog::AccessLog(store::ObjectLayer& layer, const Clock& clock, MetricRegistry& metrics,
                     AccessLogOptions options)
    : state_(std::make_unique<State>(layer, clock, metrics, options)) {}
AccessLog::~AccessLog() = default;

const std::optional<s3wire::LoggingConfiguration>& AccessLog::State::target_of(
    const store::BucketInfo& bucket, const std::string& xml) {
  Parsed& p = parsed[bucket.name];
  if (p.id != bucket.id || p.revision != bucket.revision) {
    auto target = s3wire::parse_bucket_logging(xml);
    p = {bucket.id, bucket.revision, target ? std::move(*target) : std::nullopt};
  }
  return p.target;
}

void AccessLog::record(const store::BucketInfo& bucket, const AccessRecord& record) {
  const std::string* xml = bucket.find_config("logging");
  if (!xml) return;
  State& s = *state_;
  std::string line = render_access_record(bucket, record);
  line += '\n';
  const std::lock_guard lock(s.mutex);
  const auto& target = s.target_of(bucket, *xml);
  if (!target) return;
  if (s.bytes + line.size() > s.options.memory) {
    s.dropped.add();
    return;
  }
  State::Waiting& w = s.waiting[bucket.name];
  w.source.name = bucket.name;
  w.source.region = bucket.region;
  w.target = *target;
  s.bytes += line.size();
  w.lines += line;
  ++w.count;
  if (w.lines.size() >= s.options.object_size) s.full = true;
}

Task<bool> AccessLog::State::put(const Waiting& log) {
  const auto target = co_await layer.head_bucket(log.target.target_bucket);
  if (!target) {
    if (target.error().is(Code::no_such_bucket)) co_return false;
    co_return fail(target.error());
  }
  store::ObjectAttributes attributes;
  attributes.headers.emplace_back("Content-Type", "text/plain");
  store::WriteOptions write;
  write.owner = (*target)->owner;
  MemoryBody body(log.lines);
  store::ObjectName name{log.target.target_bucket, object_key(log.target, log.source, clock.now_ms()), {}};
  CO_TRY(co_await layer.put(std::move(name), std::move(attributes), body, std::move(write)));
  co_return true;
}

Task<void> AccessLog::deliver() {
  State& s = *state_;
  std::map<std::string, State::Waiting> taken;
  {
    const std::lock_guard lock(s.mutex);
    taken.swap(s.waiting);
    s.full = false;
  }
  for (auto& [name, w] : taken) {
    const auto put = co_await s.put(w);
    if (put && *put) {
      s.written.add(w.count);
    } else if (put) {
      s.dropped.add(w.count);
    } else {
      log::warn(
          "an access log could not be delivered",
          {{"bucket", name}, {"target", w.target.target_bucket}, {"code", code_name(put.error().code)}});
    }
    const std::lock_guard lock(s.mutex);
    if (put) {
      s.bytes -= w.lines.size();
    } else {  // what came meanwhile follows it
      State::Waiting& now = s.waiting[name];
      if (now.count == 0) now.target = w.target, now.source = w.source;
      now.lines.insert(0, w.lines);
      now.count += w.count;
    }
  }
  co_return Status();
}

Task<void> AccessLog::run() {
  constexpr std::chrono::milliseconds kTick{500};
  auto last = std::chrono::steady_clock::now();
  for (;;) {
    CO_TRY(co_await sleep_for(std::min(kTick, state_->options.interval)));
    const auto now = std::chrono::steady_clock::now();
    if (now - last < state_->options.interval && !state_->full) continue;
    last = now;
    CO_TRY(co_await deliver());
  }
}

}  // namespace cairn::services
