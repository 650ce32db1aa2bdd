#include "store/buckets.hpp"

#include <fmt/format.h>

#include "store/listing.hpp"

namespace cairn::store {
namespace {

constexpr std::string_view kPrefix = "buckets/";

std::string register_of(std::string_view name) {
  return drive::record_key(drive::kSystemBucket, std::string(kPrefix).append(name));
}

drive::BucketId new_bucket_id() {
  for (;;)
    if (const std::uint64_t id = random_u64()) return drive::BucketId{id};
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

Task<BucketInfo> Buckets::create(std::string name, std::string region, std::string owner) {
  BucketDoc doc;
  doc.info = {name, context_.clock.now_ms(), std::move(region), std::move(owner)};
  doc.id = new_bucket_id();
  const Decide decide = [&doc, &name](const Current& base) -> Task<std::optional<Proposal>> {
    if (base.state.kind == drive::StateKind::object) {
      CO_TRY(const BucketDoc old, decode_bucket(base.state.head, name));
      if (old.id != doc.id) co_return fail(Code::bucket_already_exists);
      co_return std::nullopt;  // an earlier attempt of this call
    }
    co_return document(encode_bucket(doc));
  };
  CO_TRY(co_await write(name, decide));
  const std::lock_guard lock(mutex_);
  cache_[name] = Entry{doc, 0, nullptr};
  co_return doc.info;
}

Task<BucketDoc> Buckets::find(std::string name) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto it = cache_.find(name); it != cache_.end()) {
      co_return it->second.doc;
    }
  }
  const std::string key = register_of(name);
  CO_TRY(const Current current, co_await context_.topology.set_of(key).read(key, false));
  if (current.state.kind != drive::StateKind::object) co_return fail(Code::no_such_bucket, name);
  CO_TRY(BucketDoc doc, decode_bucket(current.state.head, name));
  const std::lock_guard lock(mutex_);
  const auto [it, added] = cache_.try_emplace(name, Entry{std::move(doc), 0, nullptr});
  co_return it->second.doc;
}

Task<std::vector<BucketDoc>> Buckets::list() {
  std::vector<BucketDoc> out;
  const std::string prefix(kPrefix);
  const std::function<Status(std::string, const std::string&)> each =
      [&out](std::string key, const std::string& head) -> Status {
    TRY(BucketDoc doc, decode_bucket(head, key.substr(kPrefix.size())));
    if (doc.state == BucketState::active) out.push_back(std::move(doc));
    return {};
  };
  CO_TRY(co_await for_each_head(context_, drive::kSystemBucket, prefix, each));
  co_return out;
}

Task<std::string> Buckets::name_of(drive::BucketId id) {
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, entry] : cache_)
      if (entry.doc.id == id) co_return name;
  }
  CO_TRY(const auto docs, co_await list());
  for (const BucketDoc& d : docs)
    if (d.id == id) co_return d.info.name;
  co_return fmt::format("{:016x}", static_cast<std::uint64_t>(id));
}

Task<Buckets::Guard> Buckets::enter(const BucketDoc& bucket) {
  std::unique_lock lock(mutex_);
  auto it = cache_.find(bucket.info.name);
  if (it == cache_.end()) {
    lock.unlock();
    CO_TRY(co_await find(bucket.info.name));
    lock.lock();
    it = cache_.find(bucket.info.name);
  }
  if (it == cache_.end() || it->second.doc.id != bucket.id)
    co_return fail(Code::no_such_bucket, bucket.info.name);
  if (it->second.doc.state != BucketState::active)
    co_return fail(Code::operation_aborted, "the bucket is being deleted");
  ++it->second.writers;
  Guard guard;
  guard.buckets_ = this;
  guard.name_ = bucket.info.name;
  co_return guard;
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

Task<void> Buckets::remove(std::string name, std::function<Task<bool>(const BucketDoc&)> is_empty) {
  CO_TRY(BucketDoc doc, co_await find(name));
  {
    const std::lock_guard lock(mutex_);
    Entry& e = cache_[name];
    if (e.doc.id != doc.id) co_return fail(Code::no_such_bucket, name);
    if (e.doc.state != BucketState::active && e.drained)
      co_return fail(Code::operation_aborted, "the bucket is being deleted");
    e.doc.state = BucketState::deleting;
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
    if (const auto it = cache_.find(name); it != cache_.end()) it->second.doc.state = BucketState::active;
  };
  const auto empty = co_await is_empty(doc);
  if (!empty || !*empty) {
    reactivate();
    if (!empty) co_return fail(empty.error());
    co_return fail(Code::bucket_not_empty, name);
  }
  const Decide gone = [&doc, &name](const Current& base) -> Task<std::optional<Proposal>> {
    if (base.state.kind != drive::StateKind::object) co_return std::nullopt;
    CO_TRY(const BucketDoc old, decode_bucket(base.state.head, name));
    if (old.id != doc.id) co_return std::nullopt;
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
