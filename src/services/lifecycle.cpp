#include "cairn/services/lifecycle.hpp"

#include "cairn/base/log.hpp"
#include "cairn/base/parallel.hpp"
#include "cairn/s3wire/lifecycle.hpp"

#include "services/key_walk.hpp"

namespace cairn::services {
namespace {

using s3wire::LifecycleAction;
using s3wire::LifecycleConfiguration;

constexpr std::size_t kAtOnce = 16;  // removals under way
constexpr std::uint32_t kPage = 1000;
constexpr std::string_view kCursors = "lifecycle/";

// One thing that is due.
struct Due {
  LifecycleAction action;
  store::ObjectInfo info;  // of uploads only key and, as version id, the upload id
};

constexpr std::string_view name_of(LifecycleAction action) {
  switch (action) {
    case LifecycleAction::expire_current:
      return "expire";
    case LifecycleAction::remove_version:
      return "remove_version";
    case LifecycleAction::remove_delete_marker:
      return "remove_delete_marker";
    case LifecycleAction::abort_upload:
      return "abort_upload";
  }
  return "";
}

// Only what was looked at is removed.
store::Precondition unchanged(const store::ObjectInfo& seen) {
  return
      [etag = seen.etag, modified = seen.modified, version = seen.version_id](const store::ObjectInfo* now) {
        const bool same = now && now->etag == etag && now->modified == modified && now->version_id == version;
        return same ? Status() : Status(fail(Code::precondition_failed));
      };
}

}  // namespace

struct Lifecycle::State {
  State(store::ObjectLayer& l, const Clock& c, MetricRegistry& metrics, LifecycleOptions o)
      : layer(l), clock(c), options(o) {
    for (const auto a : {LifecycleAction::expire_current, LifecycleAction::remove_version,
                         LifecycleAction::remove_delete_marker, LifecycleAction::abort_upload})
      actions[static_cast<std::size_t>(a)] =
          &metrics.counter("cairn_lifecycle_actions_total", "What lifecycle rules had done, by action.",
                           {{"action", std::string(name_of(a))}});
    looked_at = &metrics.counter("cairn_lifecycle_examined_total",
                                 "Versions and uploads held against lifecycle rules.");
    metrics.gauge("cairn_lifecycle_due",
                  "What was due in the last pass and could not be done: locked, or failed.", {},
                  [this] { return static_cast<double>(left_due.load()); });
    metrics.gauge("cairn_lifecycle_last_pass_seconds", "How long the last lifecycle pass took.", {},
                  [this] { return static_cast<double>(last_pass_ms.load()) / 1e3; });
    metrics.gauge("cairn_lifecycle_last_pass_timestamp_seconds", "When the last lifecycle pass ended.", {},
                  [this] { return static_cast<double>(last_pass_end.load()) / 1e3; });
  }

  Task<void> walk_bucket(const store::BucketInfo& bucket, const LifecycleConfiguration& rules,
                         LifecycleReport& report);
  Task<void> walk_uploads(const store::BucketInfo& bucket, const LifecycleConfiguration& rules,
                          LifecycleReport& report);
  void collect_due(const LifecycleConfiguration& rules, std::vector<KeyWalk::Version> key,
                   std::vector<Due>& due);
  Task<void> carry_out(const store::BucketInfo& bucket, std::vector<Due> due, LifecycleReport& report);
  Task<void> carry_out_one(const store::BucketInfo& bucket, const Due& due, LifecycleReport& report);
  Task<std::string> load_cursor(const store::BucketInfo& bucket);
  Task<void> save_cursor(const store::BucketInfo& bucket, std::string key);

  store::ObjectLayer& layer;
  const Clock& clock;
  const LifecycleOptions options;
  std::array<Counter*, 4> actions{};
  Counter* looked_at = nullptr;
  std::atomic<std::uint64_t> left_due{0};
  std::atomic<std::int64_t> last_pass_ms{0}, last_pass_end{0};
};

Lifecycle::Lifecycle(store::ObjectLayer& layer, const Clock& clock, MetricRegistry& metrics,
                     LifecycleOptions options)
    : state_(std::make_unique<State>(layer, clock, metrics, options)) {}
Lifecycle::~Lifecycle() = default;

Task<void> Lifecycle::run() {
  for (;;) {
    const auto report = co_await pass();
    if (!report)
      log::warn("lifecycle pass failed",
                {{"code", code_name(report.error().code)}, {"context", report.error().context}});
    CO_TRY(co_await sleep_for(state_->options.interval));
  }
}

Task<LifecycleReport> Lifecycle::pass() {
  State& s = *state_;
  const auto started = std::chrono::steady_clock::now();
  LifecycleReport report;
  CO_TRY(const auto buckets, co_await s.layer.list_buckets());
  for (const store::Bucket& bucket : buckets) {
    const std::string* xml = bucket->find_config("lifecycle");
    if (!xml) continue;
    const auto rules = s3wire::parse_lifecycle(*xml);
    if (!rules) {
      log::error("a lifecycle configuration cannot be read", {{"bucket", bucket->name}});
      continue;
    }
    auto walked = co_await s.walk_bucket(*bucket, *rules, report);
    if (walked) walked = co_await s.walk_uploads(*bucket, *rules, report);
    if (walked || walked.error().is(Code::no_such_bucket)) continue;
    if (walked.error().is(Code::canceled)) co_return fail(walked.error());
    ++report.failed;
    log::warn("lifecycle: a bucket could not be walked",
              {{"bucket", bucket->name}, {"code", code_name(walked.error().code)}});
  }
  s.looked_at->add(report.looked_at);
  s.left_due = report.kept_locked + report.failed;
  s.last_pass_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started)
          .count();
  s.last_pass_end = s.clock.now_ms();
  if (report.expired + report.versions_removed + report.markers_removed + report.uploads_aborted > 0)
    log::info("lifecycle pass", {{"expired", report.expired},
                                 {"versions_removed", report.versions_removed},
                                 {"markers_removed", report.markers_removed},
                                 {"uploads_aborted", report.uploads_aborted},
                                 {"locked", report.kept_locked},
                                 {"failed", report.failed}});
  co_return report;
}

// Where the pass before was interrupted: the last key that was dealt with.
Task<std::string> Lifecycle::State::load_cursor(const store::BucketInfo& bucket) {
  std::string name = std::string(kCursors) + bucket.name;
  CO_TRY(const auto value, co_await layer.documents().load(std::move(name)));
  const std::string life = std::to_string(bucket.id) + " ";
  co_return value && value->starts_with(life) ? value->substr(life.size()) : std::string();
}

Task<void> Lifecycle::State::save_cursor(const store::BucketInfo& bucket, std::string key) {
  const store::SystemDocuments::Change change =
      [&](const store::SystemDocuments::Value&) -> Result<store::SystemDocuments::Value> {
    if (key.empty()) return std::nullopt;
    return std::to_string(bucket.id) + " " + key;
  };
  std::string name = std::string(kCursors) + bucket.name;
  co_return co_await layer.documents().update(std::move(name), change);
}

Task<void> Lifecycle::State::walk_bucket(const store::BucketInfo& bucket, const LifecycleConfiguration& rules,
                                         LifecycleReport& report) {
  store::ListVersionsRequest request;
  request.bucket = bucket.name;
  request.limit = kPage;
  CO_TRY(request.key_marker, co_await load_cursor(bucket));
  KeyWalk walk;
  bool saved = !request.key_marker.empty();
  for (;;) {
    CO_TRY(auto page, co_await layer.list_versions(request));
    std::vector<Due> due;
    std::string finished;  // the last key that is complete
    for (auto& item : page.items) {
      ++report.looked_at;
      auto key = walk.add(std::move(item.info));
      if (!key.empty()) finished = key.front().info.key;
      collect_due(rules, std::move(key), due);
    }
    if (!page.truncated) collect_due(rules, walk.finish(), due);
    const bool worked = !due.empty();
    CO_TRY(co_await carry_out(bucket, std::move(due), report));
    if (!page.truncated) break;
    if (worked && !finished.empty()) {
      CO_TRY(co_await save_cursor(bucket, std::move(finished)));
      saved = true;
    }
    request.key_marker = std::move(page.next_key);
    request.version_id_marker = std::move(page.next_version_id);
  }
  if (saved) CO_TRY(co_await save_cursor(bucket, std::string()));
  co_return Status();
}

void Lifecycle::State::collect_due(const LifecycleConfiguration& rules, std::vector<KeyWalk::Version> key,
                                   std::vector<Due>& due) {
  const UnixMillis now = clock.now_ms();
  std::vector<s3wire::LifecycleTag> tags;
  const bool only = key.size() == 1;
  for (KeyWalk::Version& v : key) {
    const auto step = s3wire::next_step(rules, to_rules(v, only, tags), options.day.count());
    if (step && step->due <= now) due.push_back({step->action, std::move(v.info)});
  }
}

Task<void> Lifecycle::State::walk_uploads(const store::BucketInfo& bucket,
                                          const LifecycleConfiguration& rules, LifecycleReport& report) {
  store::ListUploadsRequest request;
  request.bucket = bucket.name;
  request.limit = kPage;
  for (;;) {
    CO_TRY(auto page, co_await layer.list_uploads(request));
    std::vector<Due> due;
    for (auto& item : page.items) {
      ++report.looked_at;
      const auto step =
          s3wire::next_upload_step(rules, item.upload.key, item.upload.initiated, options.day.count());
      if (!step || step->due > clock.now_ms()) continue;
      Due d{step->action, {}};
      d.info.key = std::move(item.upload.key);
      d.info.version_id = std::move(item.upload.upload_id);
      due.push_back(std::move(d));
    }
    CO_TRY(co_await carry_out(bucket, std::move(due), report));
    if (!page.truncated) co_return Status();
    request.key_marker = std::move(page.next_key);
    request.upload_id_marker = std::move(page.next_upload_id);
  }
}

// Some at a time, and no more a second than the rate allows.
Task<void> Lifecycle::State::carry_out(const store::BucketInfo& bucket, std::vector<Due> due,
                                       LifecycleReport& report) {
  const std::size_t batch = std::max<std::size_t>(1, options.rate / 10);
  for (std::size_t from = 0; from < due.size(); from += batch) {
    const auto started = std::chrono::steady_clock::now();
    const std::size_t n = std::min(batch, due.size() - from);
    const std::function<Task<void>(std::size_t)> one = [&](std::size_t i) {
      return carry_out_one(bucket, due[from + i], report);
    };
    CO_TRY(co_await for_each_parallel(n, kAtOnce, one));
    const auto spent = std::chrono::steady_clock::now() - started;
    const auto fair = std::chrono::milliseconds(1000 * n / options.rate);
    if (spent < fair) {
      const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(fair - spent);
      CO_TRY(co_await sleep_for(rest));
    }
  }
  co_return Status();
}

Task<void> Lifecycle::State::carry_out_one(const store::BucketInfo& bucket, const Due& due,
                                           LifecycleReport& report) {
  Status result;
  if (due.action == LifecycleAction::abort_upload) {
    store::UploadName upload{bucket.name, due.info.key, due.info.version_id};
    result = co_await layer.abort_upload(std::move(upload));
  } else {
    store::WriteOptions condition;
    condition.owner = bucket.owner;
    condition.precondition = unchanged(due.info);
    store::ObjectName name{bucket.name, due.info.key, {}};
    if (due.action != LifecycleAction::expire_current)
      name.version_id = due.info.version_id.empty() ? "null" : due.info.version_id;
    const auto removed = co_await layer.remove(std::move(name), std::move(condition));
    if (!removed) result = fail(removed.error());
  }
  if (!result) {
    const Error& e = result.error();
    if (e.is(Code::canceled)) co_return result;
    if (e.is(Code::access_denied)) ++report.kept_locked;
    // Changed or gone since it was listed: the next pass sees what there is now.
    else if (!e.is(Code::precondition_failed) && !e.is(Code::no_such_upload) && !e.is(Code::no_such_key) &&
             !e.is(Code::no_such_version))
      ++report.failed;
    co_return Status();
  }
  actions[static_cast<std::size_t>(due.action)]->add();
  switch (due.action) {
    case LifecycleAction::expire_current:
      ++report.expired;
      break;
    case LifecycleAction::remove_version:
      ++report.versions_removed;
      break;
    case LifecycleAction::remove_delete_marker:
      ++report.markers_removed;
      break;
    case LifecycleAction::abort_upload:
      ++report.uploads_aborted;
      break;
  }
  co_return Status();
}

}  // namespace cairn::services
