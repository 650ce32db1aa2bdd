#include "store/erasure_store.hpp"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "cairn/base/log.hpp"

#include "store/listing.hpp"
#include "store/object_io.hpp"
#include "store/supervisor.hpp"
#include "store/versions.hpp"

namespace cairn::store {
namespace {

constexpr std::chrono::minutes kHousekeeping{60};

Status check(const Precondition& precondition, const std::optional<VersionDoc>& newest) {
  if (!precondition) return {};
  return precondition(newest && !newest->info.delete_marker ? &newest->info : nullptr);
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
      documents_(context_),
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

Task<Bucket> ErasureStore::create_bucket(BucketInfo bucket) {
  co_return co_await buckets_.create(std::move(bucket));
}

Task<Bucket> ErasureStore::head_bucket(std::string bucket) {
  co_return co_await buckets_.find(std::move(bucket));
}

Task<Bucket> ErasureStore::update_bucket(std::string bucket, BucketChange change) {
  co_return co_await buckets_.update(std::move(bucket), std::move(change));
}

Task<void> ErasureStore::delete_bucket(std::string bucket) {
  const std::function<Task<bool>(const Bucket&)> is_empty = [this](const Bucket& b) -> Task<bool> {
    ListVersionsRequest request;
    request.limit = 1;
    CO_TRY(const ListVersionsResult page, co_await store::list_versions(context_, id_of(b), request));
    if (!page.items.empty()) co_return false;
    // As in S3, open uploads do not keep a bucket: they are aborted with it.
    CO_TRY(co_await multipart_.expire(b, std::numeric_limits<UnixMillis>::max()));
    co_return true;
  };
  co_return co_await buckets_.remove(std::move(bucket), is_empty);
}

Task<std::vector<Bucket>> ErasureStore::list_buckets() { co_return co_await buckets_.list(); }

// ---- objects ----

Task<ObjectInfo> ErasureStore::put(ObjectName name, ObjectAttributes attributes, BodySource& body,
                                   WriteOptions options) {
  CO_TRY(const Bucket bucket, co_await buckets_.find(name.bucket));
  const std::string key = drive::record_key(id_of(bucket), name.key);
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
    CO_TRY(const auto old, newest_version(current.state, name.key));
    if (!same_invocation(current.state, options)) CO_TRY(check(options.precondition, old));
  }

  VersionDoc doc;
  doc.info.key = name.key;
  doc.info.size = body.size();
  doc.info.attributes = std::move(attributes);
  doc.info.owner = options.owner;
  doc.geometry = plan.geometry;
  plan.seal = [&](const BodyDigests& digests, const drive::DataRef& data) -> Result<std::string> {
    doc.info.etag = to_hex(as_bytes(digests.md5));
    doc.info.checksums = digests.checksums;
    doc.info.modified = clock_.now_ms();
    doc.order = topology_.ballots->next().time;
    doc.data = data;
    return encode_version(doc);
  };
  CO_TRY(const Stored stored, co_await write_body(context_, set, std::move(plan), body));

  std::optional<ObjectInfo> repeated;
  const auto commit = [&]() -> Task<Updated> {
    CO_TRY(writable());
    CO_TRY(const auto guard, co_await buckets_.enter(bucket));
    apply_default_retention(context_, *guard.bucket(), doc.info.attributes);
    const Decide decide = [&](const Current& base) -> Task<std::optional<Proposal>> {
      CO_TRY(const auto old, newest_version(base.state, name.key));
      if (old && same_invocation(base.state, options)) {
        repeated = old->info;
        co_return std::nullopt;
      }
      CO_TRY(check(options.precondition, old));
      const VersionChange change{set, key, name.key, base, clock_.now_ms()};
      CO_TRY(Proposal p, co_await add_version(change, guard.bucket()->versioning, doc));
      p.state.invocation = options.invocation;
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
  ObjectInfo out = repeated ? std::move(*repeated) : std::move(doc.info);
  out.versioned = bucket->versioning != Versioning::unset;
  co_return out;
}

Task<ErasureStore::Found> ErasureStore::find(const ObjectName& name, bool body) {
  Found out;
  CO_TRY(const Bucket bucket, co_await buckets_.find(name.bucket));
  out.key = drive::record_key(id_of(bucket), name.key);
  out.set = &topology_.set_of(out.key);
  CO_TRY(out.current, co_await out.set->read(out.key, body));
  if (name.version_id.empty()) {
    CO_TRY(auto newest, newest_version(out.current.state, name.key));
    if (!newest) co_return fail(Code::no_such_key, name.key);
    out.doc = std::move(*newest);
    out.doc.info.versioned = bucket->versioning != Versioning::unset;
    co_return out;
  }
  for (;;) {
    CO_TRY(auto version, co_await find_version(*out.set, out.key, name.key, out.current, name.version_id));
    if (version) {
      out.doc = std::move(version->doc);
      out.doc.info.versioned = bucket->versioning != Versioning::unset;
      if (version->row) {
        out.current.state.head = std::move(version->row->value);
        out.current.views.assign(out.set->size(), std::nullopt);
      }
      co_return out;
    }
    // Since the register was read it may have become the newest.
    const drive::StateId seen = out.current.state.id;
    CO_TRY(out.current, co_await out.set->read(out.key, body));
    if (out.current.state.id == seen) co_return fail(Code::no_such_version, name.key);
  }
}

Task<std::unique_ptr<ObjectReader>> ErasureStore::open(ObjectName name) {
  CO_TRY(Found found, co_await find(name, true));
  co_return co_await open_version(context_, *found.set, std::move(found.key), std::move(found.doc),
                                  std::move(found.current));
}

Task<ObjectInfo> ErasureStore::head(ObjectName name) {
  CO_TRY(Found found, co_await find(name, false));
  co_return std::move(found.doc.info);
}

Task<DeleteResult> ErasureStore::remove(ObjectName name, WriteOptions options) {
  CO_TRY(const Bucket bucket, co_await buckets_.find(name.bucket));
  const std::string key = drive::record_key(id_of(bucket), name.key);
  ErasureSet& set = topology_.set_of(key);
  if (!options.precondition && (!name.version_id.empty() || bucket->versioning == Versioning::unset)) {
    // Deleting what is not there writes nothing.
    CO_TRY(const Current current, co_await set.read(key, false));
    DeleteResult nothing;
    nothing.versioned = bucket->versioning != Versioning::unset;
    if (current.state.kind == drive::StateKind::none) co_return nothing;
  }
  CO_TRY(const auto guard, co_await buckets_.enter(bucket));
  DeleteResult out;
  const Decide decide = [&](const Current& base) -> Task<std::optional<Proposal>> {
    const Versioning versioning = guard.bucket()->versioning;
    out = {};
    out.versioned = versioning != Versioning::unset;
    const VersionChange change{set, key, name.key, base, clock_.now_ms(), options.bypass_governance};
    std::optional<Proposal> p;
    if (name.version_id.empty() && versioning != Versioning::unset) {
      CO_TRY(p, co_await make_marker(change, versioning, options, out));
    } else {
      const std::string wanted = name.version_id.empty() ? "null" : name.version_id;
      CO_TRY(const auto version, co_await find_version(set, key, name.key, base, wanted));
      if (options.precondition) CO_TRY(options.precondition(version ? &version->doc.info : nullptr));
      if (!version) co_return std::nullopt;
      out.existed = true;
      out.delete_marker = version->doc.info.delete_marker;
      out.version_id = version->doc.info.version_id;
      CO_TRY(p, co_await remove_version(change, *version));
    }
    if (p) p->state.invocation = options.invocation;
    co_return p;
  };
  CO_TRY(const Updated updated, co_await set.update(key, decide));
  // A tombstone that nobody needs any more: one drive forgets it at once, a set when all of its drives hold
  // it.
  if (updated.changed && updated.state.kind == drive::StateKind::none && updated.state.rows.count == 0)
    healer_.forget_later(set, key, updated.state.id);
  co_return out;
}

// A delete marker on top of the versions there are.
Task<std::optional<Proposal>> ErasureStore::make_marker(const VersionChange& change, Versioning versioning,
                                                        const WriteOptions& options, DeleteResult& out) {
  CO_TRY(const auto old, newest_version(change.base.state, change.key));
  out.delete_marker = true;
  if (old && old->info.delete_marker && same_invocation(change.base.state, options)) {
    out.version_id = old->info.version_id;
    co_return std::nullopt;
  }
  CO_TRY(check(options.precondition, old));
  out.existed = old && !old->info.delete_marker;
  VersionDoc doc;
  doc.info.key = change.key;
  doc.info.delete_marker = true;
  doc.info.modified = change.now;
  doc.info.owner = options.owner;
  doc.order = topology_.ballots->next().time;
  CO_TRY(Proposal p, co_await add_version(change, versioning, doc));
  out.version_id = doc.info.version_id;
  co_return p;
}

Task<ObjectInfo> ErasureStore::change_attributes(ObjectName name, AttributeChange change,
                                                 WriteOptions options) {
  CO_TRY(const Bucket bucket, co_await buckets_.find(name.bucket));
  const std::string key = drive::record_key(id_of(bucket), name.key);
  ErasureSet& set = topology_.set_of(key);
  CO_TRY(const auto guard, co_await buckets_.enter(bucket));
  ObjectInfo out;
  const Decide decide = [&](const Current& base) -> Task<std::optional<Proposal>> {
    CO_TRY(auto newest, newest_version(base.state, name.key));
    std::optional<NamedVersion> version;
    if (!name.version_id.empty()) {
      CO_TRY(version, co_await find_version(set, key, name.key, base, name.version_id));
      if (!version) co_return fail(Code::no_such_version, name.key);
    } else if (newest) {
      version = NamedVersion{std::move(*newest), std::nullopt};
    }
    if (!version || (name.version_id.empty() && version->doc.info.delete_marker))
      co_return fail(Code::no_such_key, name.key);
    if (version->doc.info.delete_marker) co_return fail(Code::method_not_allowed);
    if (options.precondition) CO_TRY(options.precondition(&version->doc.info));
    out = version->doc.info;
    CO_TRY(change(out.attributes));
    if (out.attributes == version->doc.info.attributes) co_return std::nullopt;
    const VersionChange what{set, key, name.key, base, clock_.now_ms(), options.bypass_governance};
    CO_TRY(Proposal p, co_await rewrite_version(what, *version, out.attributes));
    p.state.invocation = options.invocation;
    co_return p;
  };
  CO_TRY(co_await set.update(key, decide));
  out.versioned = bucket->versioning != Versioning::unset;
  co_return out;
}

Task<ListResult> ErasureStore::list(ListRequest request) {
  CO_TRY(const Bucket bucket, co_await buckets_.find(request.bucket));
  co_return co_await list_objects(context_, id_of(bucket), std::move(request));
}

Task<ListVersionsResult> ErasureStore::list_versions(ListVersionsRequest request) {
  CO_TRY(const Bucket bucket, co_await buckets_.find(request.bucket));
  co_return co_await store::list_versions(context_, id_of(bucket), std::move(request));
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
  CO_TRY(const Bucket doc, co_await buckets_.find(std::move(bucket)));
  UsageInfo out;
  for (const auto& set : topology_.sets) {
    auto gather = set->ask<drive::Usage>(set->all(),
                                         [&](std::uint32_t, drive::Drive& d, Completion<drive::Usage> done) {
                                           d.usage(id_of(doc), std::move(done));
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
      for (const Bucket& b : *docs)
        if (const auto expired = co_await multipart_.expire(b, limit); expired && *expired)
          log::info("stale uploads aborted", {{"bucket", b->name}, {"count", *expired}});
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
