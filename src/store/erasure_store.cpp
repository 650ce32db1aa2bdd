#include "store/erasure_store.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "cairn/base/log.hpp"

#include "store/listing.hpp"
#include "store/object_io.hpp"
#include "store/supervisor.hpp"

namespace cairn::store {
namespace {

constexpr std::chrono::minutes kHousekeeping{60};

// The newest version as its readers see it, if an object shows.
Result<std::optional<VersionDoc>> visible(const drive::State& state, const std::string& key) {
  if (state.kind != drive::StateKind::object) return std::nullopt;
  TRY(VersionDoc doc, decode_version(state.head, key));
  return doc;
}

Status check(const Precondition& precondition, const std::optional<VersionDoc>& doc) {
  return precondition ? precondition(doc ? &doc->info : nullptr) : Status{};
}

bool same_invocation(const drive::State& state, const WriteOptions& options) {
  return options.invocation != drive::InvocationId{} && state.invocation == options.invocation;
}

}  // namespace

ErasureStore::ErasureStore(asio::any_io_executor executor, StoreConfig config, Topology topology,
                           BufferPool& pool, MemoryBudget& budget)
    : config_(std::move(config)),
      pool_(pool),
      budget_(budget),
      topology_(std::move(topology)),
      clock_(*topology_.clock),
      context_{executor, config_, topology_, pool_, budget_, clock_},
      buckets_(context_),
      multipart_(context_, buckets_),
      healer_(context_, buckets_),
      tasks_(executor) {
  for (const auto& set : topology_.sets)
    set->on_damage = [this, s = set.get()](std::string key, bool verify) {
      healer_.hint(*s, std::move(key), verify);
    };
}

ErasureStore::~ErasureStore() = default;

void ErasureStore::start(std::unique_ptr<Supervisor> supervisor) {
  supervisor_ = std::move(supervisor);
  tasks_.spawn("healer", [this] { return healer_.run(); });
  tasks_.spawn("housekeeping", [this] { return housekeeping(); });
  if (supervisor_) tasks_.spawn("supervisor", [this] { return supervisor_->run(); });
}

Task<void> ErasureStore::close() {
  co_await tasks_.async_stop();
  if (supervisor_) supervisor_->close();
  co_return Status{};
}

// ---- buckets ----

Task<BucketInfo> ErasureStore::create_bucket(std::string bucket, std::string region, std::string owner) {
  co_return co_await buckets_.create(std::move(bucket), std::move(region), std::move(owner));
}

Task<BucketInfo> ErasureStore::head_bucket(std::string bucket) {
  CO_TRY(BucketDoc doc, co_await buckets_.find(std::move(bucket)));
  co_return std::move(doc.info);
}

Task<void> ErasureStore::delete_bucket(std::string bucket) {
  const std::function<Task<bool>(const BucketDoc&)> is_empty = [this](const BucketDoc& doc) -> Task<bool> {
    ListRequest request;
    request.limit = 1;
    CO_TRY(const ListResult page, co_await list_objects(context_, doc.id, request));
    if (!page.items.empty()) co_return false;
    // As in S3, open uploads do not keep a bucket: they are aborted with it.
    CO_TRY(co_await multipart_.expire(doc, std::numeric_limits<UnixMillis>::max()));
    co_return true;
  };
  co_return co_await buckets_.remove(std::move(bucket), is_empty);
}

Task<std::vector<BucketInfo>> ErasureStore::list_buckets() {
  CO_TRY(auto docs, co_await buckets_.list());
  std::vector<BucketInfo> out;
  for (BucketDoc& d : docs) out.push_back(std::move(d.info));
  co_return out;
}

// ---- objects ----

Task<ObjectInfo> ErasureStore::put(ObjectName name, ObjectAttributes attributes, BodySource& body,
                                   WriteOptions options) {
  CO_TRY(const BucketDoc bucket, co_await buckets_.find(name.bucket));
  const std::string key = drive::record_key(bucket.id, name.key);
  ErasureSet& set = topology_.set_of(key);

  WriteBody plan;
  plan.key = key;
  plan.geometry = geometry_for(context_, set, attributes.storage_class, body.size());
  plan.identity = object_identity(name.bucket, name.key);
  plan.need = needed_for(set, plan.geometry);
  const auto writable = [&]() -> Status {
    if (static_cast<std::uint32_t>(std::popcount(set.writable())) >= plan.need) return {};
    if (static_cast<std::uint32_t>(std::popcount(set.online())) >= plan.need) return fail(Code::drive_full);
    return fail(Code::no_quorum, "too few drives");
  };
  CO_TRY(writable());
  if (options.precondition && !fits_inline(plan.geometry, body.size())) {
    // Looked at early, so that a large body that cannot succeed is not received; what counts is the check in
    // the commit.
    CO_TRY(const Current current, co_await set.read(key, false));
    CO_TRY(const auto old, visible(current.state, name.key));
    if (!same_invocation(current.state, options)) CO_TRY(check(options.precondition, old));
  }

  VersionDoc doc;
  doc.info.key = name.key;
  doc.info.size = body.size();
  doc.info.attributes = std::move(attributes);
  doc.info.owner = options.owner;
  doc.geometry = plan.geometry;
  std::string head;
  plan.seal = [&](const BodyDigests& digests, const drive::DataRef& data) -> Result<std::string> {
    doc.info.etag = to_hex(as_bytes(digests.md5));
    doc.info.checksums = digests.checksums;
    doc.info.modified = clock_.now_ms();
    doc.data = data;
    head = encode_version(doc);
    return head;
  };
  CO_TRY(const Stored stored, co_await write_body(context_, set, std::move(plan), body));

  std::optional<ObjectInfo> repeated;
  const auto commit = [&]() -> Task<Updated> {
    CO_TRY(writable());
    CO_TRY(const auto guard, co_await buckets_.enter(bucket));
    const Decide decide = [&](const Current& base) -> Task<std::optional<Proposal>> {
      CO_TRY(const auto old, visible(base.state, name.key));
      if (old && same_invocation(base.state, options)) {
        repeated = old->info;
        co_return std::nullopt;
      }
      CO_TRY(check(options.precondition, old));
      Proposal p;
      p.state.kind = drive::StateKind::object;
      p.state.invocation = options.invocation;
      p.state.head = head;
      if (!stored.ref.id.is_null()) p.state.data = {stored.ref};
      p.state.rows = base.state.rows;
      p.state.usage_objects = 1;
      p.state.usage_bytes = doc.info.size;
      p.bodies = stored.bodies;
      p.staged = stored.staged;
      p.need = needed_for(set, doc.geometry);
      co_return p;
    };
    co_return co_await set.update(key, decide);
  };
  const auto committed = co_await commit();
  discard(set, stored, committed && committed->changed ? committed->complete : 0);
  if (!committed) co_return fail(committed.error());
  if (repeated) co_return *repeated;
  co_return std::move(doc.info);
}

Task<ErasureStore::Found> ErasureStore::find(const ObjectName& name, bool body) {
  Found out;
  CO_TRY(out.bucket, co_await buckets_.find(name.bucket));
  out.key = drive::record_key(out.bucket.id, name.key);
  out.set = &topology_.set_of(out.key);
  if (!name.version_id.empty() && name.version_id != "null") co_return fail(Code::no_such_version);
  CO_TRY(out.current, co_await out.set->read(out.key, body));
  if (out.current.state.kind != drive::StateKind::object)
    co_return fail(name.version_id.empty() ? Code::no_such_key : Code::no_such_version, name.key);
  co_return out;
}

Task<std::unique_ptr<ObjectReader>> ErasureStore::open(ObjectName name) {
  CO_TRY(Found found, co_await find(name, true));
  co_return co_await open_version(context_, *found.set, std::move(found.key), std::move(name.key),
                                  std::move(found.current));
}

Task<ObjectInfo> ErasureStore::head(ObjectName name) {
  CO_TRY(const Found found, co_await find(name, false));
  CO_TRY(VersionDoc doc, decode_version(found.current.state.head, std::move(name.key)));
  co_return std::move(doc.info);
}

Task<DeleteResult> ErasureStore::remove(ObjectName name, WriteOptions options) {
  CO_TRY(const BucketDoc bucket, co_await buckets_.find(name.bucket));
  const std::string key = drive::record_key(bucket.id, name.key);
  ErasureSet& set = topology_.set_of(key);
  DeleteResult out;
  if (!name.version_id.empty() && name.version_id != "null")
    co_return out;  // no such version: nothing to delete
  if (!options.precondition) {
    // Deleting what is not there writes nothing.
    CO_TRY(const Current current, co_await set.read(key, false));
    if (current.state.kind == drive::StateKind::none) co_return out;
  }
  CO_TRY(const auto guard, co_await buckets_.enter(bucket));
  const Decide decide = [&](const Current& base) -> Task<std::optional<Proposal>> {
    CO_TRY(const auto old, visible(base.state, name.key));
    CO_TRY(check(options.precondition, old));
    if (base.state.kind == drive::StateKind::none) co_return std::nullopt;
    out.existed = true;
    Proposal p;
    p.state.invocation = options.invocation;
    p.state.rows = base.state.rows;
    p.needs_data = false;
    co_return p;
  };
  CO_TRY(const Updated updated, co_await set.update(key, decide));
  // A tombstone that nobody needs any more: one drive forgets it at once, a set when all of its drives hold
  // it.
  if (updated.changed && updated.state.rows.count == 0) healer_.forget_later(set, key, updated.state.id);
  co_return out;
}

Task<ListResult> ErasureStore::list(ListRequest request) {
  CO_TRY(const BucketDoc bucket, co_await buckets_.find(request.bucket));
  co_return co_await list_objects(context_, bucket.id, std::move(request));
}

// ---- multipart ----

Task<UploadInfo> ErasureStore::create_upload(CreateUploadRequest request) {
  co_return co_await multipart_.create(std::move(request));
}
Task<UploadInfo> ErasureStore::head_upload(UploadName upload) {
  co_return co_await multipart_.head(std::move(upload));
}
Task<PartInfo> ErasureStore::put_part(UploadName upload, std::uint32_t number, BodySource& body) {
  co_return co_await multipart_.put_part(std::move(upload), number, body);
}
Task<ListPartsResult> ErasureStore::list_parts(UploadName upload, std::uint32_t after, std::uint32_t limit) {
  co_return co_await multipart_.list_parts(std::move(upload), after, limit);
}
Task<ListUploadsResult> ErasureStore::list_uploads(ListUploadsRequest request) {
  co_return co_await multipart_.list(std::move(request));
}
Task<void> ErasureStore::abort_upload(UploadName upload) {
  co_return co_await multipart_.abort(std::move(upload));
}
Task<ObjectInfo> ErasureStore::complete_upload(CompleteUploadRequest request) {
  co_return co_await multipart_.complete(std::move(request));
}

// ---- operation ----

Task<UsageInfo> ErasureStore::usage(std::string bucket) {
  CO_TRY(const BucketDoc doc, co_await buckets_.find(std::move(bucket)));
  UsageInfo out;
  for (const auto& set : topology_.sets) {
    auto gather = set->ask<drive::Usage>(set->all(),
                                         [&](std::uint32_t, drive::Drive& d, Completion<drive::Usage> done) {
                                           d.usage(doc.id, std::move(done));
                                         });
    auto replies = co_await set->collect(
        gather, set->all(), [](const auto&) { return false; },
        std::chrono::steady_clock::now() + std::chrono::seconds(1));
    // The value that most drives have: those that are behind differ, each in its own way.
    std::vector<std::pair<drive::Usage, std::uint32_t>> votes;
    for (std::uint32_t i = 0; i < set->size(); ++i) {
      if (!replies[i] || !replies[i]->has_value()) continue;
      const auto d = set->drive(i);
      if (!d || !d->status().whole) continue;
      const auto it =
          std::find_if(votes.begin(), votes.end(), [&](const auto& v) { return v.first == **replies[i]; });
      if (it == votes.end())
        votes.emplace_back(**replies[i], 1);
      else
        ++it->second;
    }
    const auto best = std::max_element(votes.begin(), votes.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (best == votes.end()) co_return fail(Code::no_quorum, "no drive answered");
    out.objects += best->first.objects;
    out.bytes += best->first.bytes;
  }
  co_return out;
}

StoreReport ErasureStore::report() const {
  StoreReport out;
  out.can_read = out.can_write = true;
  for (const auto& set : topology_.sets) {
    SetReport s;
    const Quorum& q = set->quorum();
    s.pool = set->config().pool;
    s.set = set->config().set;
    s.data = q.data;
    s.parity = q.parity;
    s.write_quorum = q.write();
    s.read_quorum = q.read();
    for (std::uint32_t i = 0; i < set->size(); ++i) {
      const auto d = set->drive(i);
      if (!d) continue;
      DriveReport r{d->name(), d->identity(), d->status()};
      s.online += r.status.state == drive::DriveState::online;
      out.heal_queue = std::max(out.heal_queue, r.status.work_heal);
      out.drives.push_back(std::move(r));
    }
    out.can_read &= s.online >= s.read_quorum;
    out.can_write &= s.online >= s.write_quorum;
    out.sets.push_back(s);
  }
  return out;
}

Task<VerifyReport> ErasureStore::verify() { co_return co_await healer_.verify_all(); }

// Stale uploads are aborted, and every chunk is read again once in a while.
Task<void> ErasureStore::housekeeping() {
  const auto started = std::chrono::steady_clock::now();
  auto verified = started;
  for (;;) {
    CO_TRY(co_await sleep_for(kHousekeeping));
    const UnixMillis limit =
        clock_.now_ms() -
        std::chrono::duration_cast<std::chrono::milliseconds>(config_.upload_expiry).count();
    if (const auto docs = co_await buckets_.list())
      for (const BucketDoc& b : *docs)
        if (const auto expired = co_await multipart_.expire(b, limit); expired && *expired)
          log::info("stale uploads aborted", {{"bucket", b.info.name}, {"count", *expired}});
    if (std::chrono::steady_clock::now() - verified >= config_.verify_interval) {
      verified = std::chrono::steady_clock::now();
      if (const auto report = co_await healer_.verify_all())
        log::info("verified", {{"objects", report->objects},
                               {"damaged", report->damaged},
                               {"repaired", report->repaired},
                               {"unreadable", report->unreadable}});
    }
  }
}

}  // namespace cairn::store
