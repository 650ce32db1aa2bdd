#include "store/buckets.hpp"

#include <fmt/format.h>

#include "store/listing.hpp"

namespace cairn::store {
namespace {

constexpr std::string_view kPrefix = "buckets/";

std::string register_of(std::string_view name) {
  return drive::record_key(drive::kSystemBucket, std::string(kPrefix).append(name));
}

std::uint64_t new_bucket_id() {
  for (;;)
    if (const std::uint64_t id = random_u64()) return id;
}

Proposal document(std::string head) {
  Proposal p;
  p.state.kind = drive::StateKind::object;
  p.state.head = std::move(head);
  p.needs_data = false;
  return p;
}

}  // namespace

Task<void> Buckets::write(const std::string& name, Decide decide) {
  const std::string key = register_of(name);
  CO_TRY(co_await context_.topology.set_of(key).update(key, std::move(decide)));
  co_return Status{};
}

// What was read or written becomes what is known, unless something newer is.
Bucket Buckets::keep(BucketInfo bucket) {
  const std::lock_guard lock(mutex_);
  Entry& e = cache_[bucket.name];
  if (!e.bucket || e.bucket->id != bucket.id || e.bucket->revision < bucket.revision)
    e.bucket = std::make_shared<const BucketInfo>(std::move(bucket));
  return e.bucket;
}

Task<Bucket> Buckets::create(BucketInfo bucket) {
  bucket.created = context_.clock.now_ms();
  bucket.id = new_bucket_id();
  bucket.revision = 1;
  const Decide decide = [&bucket](const Current& base) -> Task<std::optional<Proposal>> {
    if (base.state.kind == drive::StateKind::object) {
      CO_TRY(const BucketInfo old, decode_bucket(base.state.head, bucket.name));
      if (old.id != bucket.id) co_return fail(Code::bucket_already_exists);
      co_return std::nullopt;  // an earlier attempt of this call
    }
    co_return document(encode_bucket(bucket));
  };
  CO_TRY(co_await write(bucket.name, decide));
  co_return keep(std::move(bucket));
}

Task<Bucket> Buckets::find(std::string name) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = cache_.find(name); it != cache_.end() && it->second.bucket) {
      co_return it->second.bucket;
    }
  }
  const std::string key = register_of(name);
  CO_TRY(const Current current, co_await context_.topology.set_of(key).read(key, false));
  if (current.state.kind != drive::StateKind::object) co_return fail(Code::no_such_bucket, name);
  CO_TRY(BucketInfo bucket, decode_bucket(current.state.head, name));
  co_return keep(std::move(bucket));
}

Task<Bucket> Buckets::update(std::string name, ObjectLayer::BucketChange change) {
  CO_TRY(const Bucket known, co_await find(name));
  BucketInfo next;
  const Decide decide = [&](const Current& base) -> Task<std::optional<Proposal>> {
    if (base.state.kind != drive::StateKind::object) co_return fail(Code::no_such_bucket, name);
    CO_TRY(const BucketInfo old, decode_bucket(base.state.head, name));
    if (old.id != known->id) co_return fail(Code::no_such_bucket, name);
    next = old;
    CO_TRY(change(next));
    if (old.object_lock && (!next.object_lock || next.versioning != Versioning::enabled))
      co_return fail(Code::invalid_bucket_state, "Object lock and its versioning are for good.");
    if (old.versioning != Versioning::unset && next.versioning == Versioning::unset)
      co_return fail(Code::invalid_bucket_state, "Versioning can be suspended, not unset.");
    next.name = old.name;
    next.id = old.id;
    next.created = old.created;
    next.owner = old.owner;
    next.region = old.region;
    next.revision = old.revision + 1;
    co_return document(encode_bucket(next));
  };
  CO_TRY(const auto guard, co_await enter(known));
  const auto written = co_await write(name, decide);
  if (!written) {
    // What the drives hold now is to be read again.
    if (written.error().is(Code::outcome_unknown)) {
      const std::lock_guard lock(mutex_);
      cache_.at(name).bucket.reset();
    }
    co_return fail(written.error());
  }
  co_return keep(std::move(next));
}

Task<std::vector<Bucket>> Buckets::list() {
  std::vector<Bucket> out;
  const std::string prefix(kPrefix);
  const std::function<Status(std::string, const std::string&)> each =
      [&out](std::string key, const std::string& head) -> Status {
    TRY(BucketInfo bucket, decode_bucket(head, key.substr(kPrefix.size())));
    out.push_back(std::make_shared<const BucketInfo>(std::move(bucket)));
    return {};
  };
  CO_TRY(co_await for_each_head(context_, drive::kSystemBucket, prefix, each));
  co_return out;
}

Task<std::string> Buckets::name_of(drive::BucketId id) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, entry] : cache_)
      if (entry.bucket && id_of(entry.bucket) == id) co_return name;
  }
  CO_TRY(const auto buckets, co_await list());
  for (const Bucket& b : buckets)
    if (id_of(b) == id) co_return b->name;
  co_return fmt::format("{:016x}", static_cast<std::uint64_t>(id));
}

Task<Buckets::Guard> Buckets::enter(const Bucket& bucket) {
  for (bool looked = false;; looked = true) {
    {
      const std::lock_guard lock(mutex_);
      const auto it = cache_.find(bucket->name);
      if (it != cache_.end() && it->second.bucket) {
        Entry& e = it->second;
        if (e.bucket->id != bucket->id) co_return fail(Code::no_such_bucket, bucket->name);
        if (e.deleting) co_return fail(Code::operation_aborted, "the bucket is being deleted");
        ++e.writers;
        Guard guard;
        guard.buckets_ = this;
        guard.bucket_ = e.bucket;
        co_return guard;
      }
    }
    if (looked) co_return fail(Code::no_such_bucket, bucket->name);
    CO_TRY(co_await find(bucket->name));  // forgotten since
  }
}

void Buckets::leave(const std::string& name) {
  Completion<void> drained;
  {
    const std::lock_guard lock(mutex_);
    Entry& e = cache_.at(name);
    if (--e.writers == 0) drained = std::exchange(e.drained, nullptr);
  }
  if (drained) drained({});
}

Task<void> Buckets::remove(std::string name, std::function<Task<bool>(const Bucket&)> is_empty) {
  CO_TRY(const Bucket bucket, co_await find(name));
  {
    const std::lock_guard lock(mutex_);
    Entry& e = cache_[name];
    if (!e.bucket || e.bucket->id != bucket->id) co_return fail(Code::no_such_bucket, name);
    if (e.deleting) co_return fail(Code::operation_aborted, "the bucket is being deleted");
    e.deleting = true;
  }
  CO_TRY(co_await await_completion<void>([&](Completion<void> done) {
    {
      const std::lock_guard lock(mutex_);
      Entry& e = cache_.at(name);
      if (e.writers) {
        e.drained = std::move(done);
        return;
      }
    }
    done({});
  }));
  const auto reactivate = [&] {
    const std::lock_guard lock(mutex_);
    if (const auto it = cache_.find(name); it != cache_.end()) it->second.deleting = false;
  };
  const auto empty = co_await is_empty(bucket);
  if (!empty || !*empty) {
    reactivate();
    if (!empty) co_return fail(empty.error());
    co_return fail(Code::bucket_not_empty, name);
  }
  const Decide gone = [&bucket, &name](const Current& base) -> Task<std::optional<Proposal>> {
    if (base.state.kind != drive::StateKind::object) co_return std::nullopt;
    CO_TRY(const BucketInfo old, decode_bucket(base.state.head, name));
    if (old.id != bucket->id) co_return std::nullopt;
    Proposal p;
    p.needs_data = false;
    co_return p;
  };
  const auto removed = co_await write(name, gone);
  if (!removed) {
    if (removed.error().is(Code::outcome_unknown)) {
      // Read again from the drives; writers were kept out, so either outcome is whole.
      const std::lock_guard lock(mutex_);
      cache_.erase(name);
    } else {
      reactivate();
    }
    co_return fail(removed.error());
  }
  const std::lock_guard lock(mutex_);
  cache_.erase(name);
  co_return Status{};
}

}  // namespace cairn::store
