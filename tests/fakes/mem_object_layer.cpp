#include "fakes/mem_object_layer.hpp"

#include <algorithm>

#include "cairn/base/ids.hpp"
#include "cairn/crypto/crc.hpp"

namespace cairn::fakes {

using namespace store;

class MemReader final : public ObjectReader {
 public:
  MemReader(MemObjectLayer& layer, std::shared_ptr<const MemObjectLayer::Object> object, std::size_t piece)
      : layer_(layer), object_(std::move(object)), piece_(piece) {}

  const ObjectInfo& info() const override { return object_->info; }
  const std::vector<PartInfo>& parts() const override { return object_->parts; }

  Status start(std::uint64_t offset, std::uint64_t length) override {
    if (offset + length > object_->info.size) return fail(Code::internal, "a range outside of the object");
    offset_ = offset;
    left_ = length;
    return {};
  }

  Task<Slice> next() override {
    CO_TRY(layer_.check("next", object_->info.key));
    std::uint64_t begin = 0;
    for (const Slice& s : object_->data) {
      if (left_ > 0 && offset_ < begin + s.size()) {
        const std::size_t from = offset_ - begin;
        const std::size_t count = std::min<std::uint64_t>({s.size() - from, left_, piece_});
        offset_ += count;
        left_ -= count;
        co_return s.sub(from, count);
      }
      begin += s.size();
    }
    co_return Slice();
  }

 private:
  MemObjectLayer& layer_;
  std::shared_ptr<const MemObjectLayer::Object> object_;
  std::size_t piece_;
  std::uint64_t offset_ = 0, left_ = 0;
};

void MemObjectLayer::set_hook(Hook hook) {
  const std::lock_guard lock(mutex_);
  hook_ = std::move(hook);
}

void MemObjectLayer::set_report(StoreReport report) {
  const std::lock_guard lock(mutex_);
  report_ = std::move(report);
}

std::size_t MemObjectLayer::object_count() const {
  const std::lock_guard lock(mutex_);
  std::size_t n = 0;
  for (const auto& [name, b] : buckets_) n += b.objects.size();
  return n;
}

Status MemObjectLayer::check(std::string_view operation, std::string_view key) const {
  Hook hook;
  {
    const std::lock_guard lock(mutex_);
    hook = hook_;
  }
  return hook ? hook(operation, key) : Status();
}

Result<MemObjectLayer::Bucket*> MemObjectLayer::bucket(const std::string& name) {
  const auto it = buckets_.find(name);
  if (it == buckets_.end()) return fail(Code::no_such_bucket);
  return &it->second;
}

Result<MemObjectLayer::Upload*> MemObjectLayer::upload(const UploadName& name) {
  TRY(Bucket * b, bucket(name.bucket));
  const auto it = b->uploads.find({name.key, name.upload_id});
  if (it == b->uploads.end()) return fail(Code::no_such_upload);
  return &it->second;
}

Result<std::shared_ptr<const MemObjectLayer::Object>> MemObjectLayer::find(const ObjectName& name) {
  TRY(Bucket * b, bucket(name.bucket));
  if (!name.version_id.empty() && name.version_id != "null") return fail(Code::no_such_version);
  const auto it = b->objects.find(name.key);
  if (it == b->objects.end())
    return fail(name.version_id.empty() ? Code::no_such_key : Code::no_such_version);
  return it->second;
}

Task<store::Bucket> MemObjectLayer::create_bucket(BucketInfo info) {
  CO_TRY(check("create_bucket", info.name));
  const std::lock_guard lock(mutex_);
  if (buckets_.contains(info.name)) co_return fail(Code::bucket_already_exists);
  Bucket& b = buckets_[info.name];
  info.created = clock_.now_ms();
  info.id = random_u64();
  info.revision = 1;
  b.info = std::make_shared<const BucketInfo>(std::move(info));
  co_return b.info;
}

Task<store::Bucket> MemObjectLayer::update_bucket(std::string name, BucketChange change) {
  CO_TRY(check("update_bucket", name));
  const std::lock_guard lock(mutex_);
  CO_TRY(Bucket * b, bucket(name));
  BucketInfo next = *b->info;
  CO_TRY(change(next));
  ++next.revision;
  b->info = std::make_shared<const BucketInfo>(std::move(next));
  co_return b->info;
}

Task<store::Bucket> MemObjectLayer::head_bucket(std::string name) {
  CO_TRY(check("head_bucket", name));
  const std::lock_guard lock(mutex_);
  CO_TRY(Bucket * b, bucket(name));
  co_return b->info;
}

Task<void> MemObjectLayer::delete_bucket(std::string name) {
  CO_TRY(check("delete_bucket", name));
  const std::lock_guard lock(mutex_);
  CO_TRY(Bucket * b, bucket(name));
  if (!b->objects.empty()) co_return fail(Code::bucket_not_empty);
  buckets_.erase(name);
  co_return Status();
}

Task<std::vector<store::Bucket>> MemObjectLayer::list_buckets() {
  CO_TRY(check("list_buckets", ""));
  const std::lock_guard lock(mutex_);
  std::vector<store::Bucket> out;
  for (const auto& [name, b] : buckets_) out.push_back(b.info);
  co_return out;
}

Task<MemObjectLayer::Received> MemObjectLayer::receive(BodySource& body) {
  Received r;
  for (;;) {
    auto block =
        std::make_shared<std::vector<std::byte>>(std::min<std::uint64_t>(piece_, body.size() - r.size + 1));
    CO_TRY(const std::size_t n, co_await body.read(*block));
    if (n == 0) break;
    Slice piece(block, Bytes(*block).first(n));
    body.digest(piece);
    r.size += n;
    r.data.push_back(std::move(piece));
  }
  if (r.size != body.size())
    co_return fail(Code::internal, "the body source gave another number of bytes than its size");
  CO_TRY(r.digests, co_await body.finish());
  co_return r;
}

Task<ObjectInfo> MemObjectLayer::put(ObjectName name, ObjectAttributes attributes, BodySource& body,
                                     WriteOptions options) {
  CO_TRY(check("put", name.key));
  {
    const std::lock_guard lock(mutex_);
    CO_TRY(bucket(name.bucket));
  }
  CO_TRY(Received received, co_await receive(body));
  CO_TRY(check("commit", name.key));
  auto object = std::make_shared<Object>();
  object->info.key = name.key;
  object->info.size = received.size;
  object->info.etag = to_hex(as_bytes(received.digests.md5));
  object->info.modified = clock_.now_ms();
  object->info.attributes = std::move(attributes);
  object->info.checksums = std::move(received.digests.checksums);
  object->info.owner = options.owner;
  object->data = std::move(received.data);
  object->invocation = options.invocation;
  const std::lock_guard lock(mutex_);
  CO_TRY(Bucket * b, bucket(name.bucket));
  const auto it = b->objects.find(name.key);
  if (it != b->objects.end() && options.invocation != decltype(options.invocation){} &&
      it->second->invocation == options.invocation)
    co_return it->second->info;
  if (options.precondition)
    CO_TRY(options.precondition(it == b->objects.end() ? nullptr : &it->second->info));
  b->objects[name.key] = object;
  co_return object->info;
}

Task<std::unique_ptr<ObjectReader>> MemObjectLayer::open(ObjectName name) {
  CO_TRY(check("open", name.key));
  const std::lock_guard lock(mutex_);
  CO_TRY(auto object, find(name));
  co_return std::make_unique<MemReader>(*this, std::move(object), piece_);
}

Task<ObjectInfo> MemObjectLayer::head(ObjectName name) {
  CO_TRY(check("head", name.key));
  const std::lock_guard lock(mutex_);
  CO_TRY(auto object, find(name));
  co_return object->info;
}

Task<DeleteResult> MemObjectLayer::remove(ObjectName name, WriteOptions options) {
  CO_TRY(check("remove", name.key));
  const std::lock_guard lock(mutex_);
  CO_TRY(Bucket * b, bucket(name.bucket));
  if (!name.version_id.empty() && name.version_id != "null") co_return fail(Code::no_such_version);
  const auto it = b->objects.find(name.key);
  if (options.precondition)
    CO_TRY(options.precondition(it == b->objects.end() ? nullptr : &it->second->info));
  DeleteResult result;
  result.existed = it != b->objects.end();
  if (result.existed) b->objects.erase(it);
  co_return result;
}

Task<ObjectInfo> MemObjectLayer::change_attributes(ObjectName name, AttributeChange change,
                                                   WriteOptions options) {
  CO_TRY(check("change_attributes", name.key));
  const std::lock_guard lock(mutex_);
  CO_TRY(Bucket * b, bucket(name.bucket));
  CO_TRY(const auto old, find(name));
  if (options.precondition) CO_TRY(options.precondition(&old->info));
  auto next = std::make_shared<Object>(*old);
  CO_TRY(change(next->info.attributes));
  b->objects[name.key] = next;
  co_return next->info;
}

Task<ListVersionsResult> MemObjectLayer::list_versions(ListVersionsRequest) {
  co_return fail(Code::not_implemented);
}

Task<SystemDocuments::Value> MemObjectLayer::Documents::load(std::string name) {
  const std::lock_guard lock(mutex_);
  const auto it = values_.find(name);
  if (it == values_.end()) co_return Value();
  co_return Value(it->second);
}

Task<void> MemObjectLayer::Documents::update(std::string name, Change change) {
  const std::lock_guard lock(mutex_);
  const auto it = values_.find(name);
  CO_TRY(Value next, change(it == values_.end() ? Value() : Value(it->second)));
  if (next)
    values_[name] = std::move(*next);
  else
    values_.erase(name);
  co_return Status();
}

Task<std::vector<SystemDocuments::Document>> MemObjectLayer::Documents::list(std::string prefix) {
  const std::lock_guard lock(mutex_);
  std::vector<Document> out;
  for (auto it = values_.lower_bound(prefix); it != values_.end() && it->first.starts_with(prefix); ++it)
    out.push_back({it->first, it->second});
  co_return out;
}

Task<ListResult> MemObjectLayer::list(ListRequest request) {
  CO_TRY(check("list", request.prefix));
  const std::lock_guard lock(mutex_);
  CO_TRY(Bucket * b, bucket(request.bucket));
  ListResult result;
  std::string last;
  for (auto it = b->objects.lower_bound(request.prefix); it != b->objects.end(); ++it) {
    const std::string& key = it->first;
    if (!key.starts_with(request.prefix)) break;
    ListItem item;
    item.key = key;
    if (!request.delimiter.empty())
      if (const auto at = key.find(request.delimiter, request.prefix.size()); at != std::string::npos) {
        item.common_prefix = true;
        item.key = key.substr(0, at + request.delimiter.size());
      }
    if (item.key <= request.after || (item.common_prefix && item.key == last)) continue;
    // Keys below a common prefix that was given as `after` are above it in order, but were listed with it.
    if (result.items.size() == request.limit) {
      result.truncated = true;
      break;
    }
    last = item.key;
    if (!item.common_prefix) {
      const ObjectInfo& info = it->second->info;
      item.size = info.size;
      item.etag = info.etag;
      item.modified = info.modified;
      item.storage_class = info.attributes.storage_class;
      item.owner = info.owner;
      for (const auto& c : info.checksums) {
        item.checksum_algorithms.push_back(c.algorithm);
        item.checksum_composite = c.composite;
      }
    }
    result.items.push_back(std::move(item));
  }
  if (result.truncated) result.next = last;
  co_return result;
}

Task<UploadInfo> MemObjectLayer::create_upload(CreateUploadRequest request) {
  CO_TRY(check("create_upload", request.key));
  const std::lock_guard lock(mutex_);
  CO_TRY(Bucket * b, bucket(request.bucket));
  UploadInfo info;
  info.key = request.key;
  info.upload_id = DataId::random().hex();
  info.initiated = clock_.now_ms();
  info.attributes = std::move(request.attributes);
  info.checksum_algorithm = request.checksum_algorithm;
  info.checksum_composite = request.checksum_composite;
  info.owner = std::move(request.owner);
  b->uploads[{info.key, info.upload_id}].info = info;
  co_return info;
}

Task<UploadInfo> MemObjectLayer::head_upload(UploadName name) {
  CO_TRY(check("head_upload", name.key));
  const std::lock_guard lock(mutex_);
  CO_TRY(Upload * u, upload(name));
  co_return u->info;
}

Task<PartInfo> MemObjectLayer::put_part(UploadName name, std::uint32_t number, BodySource& body) {
  CO_TRY(check("put_part", name.key));
  {
    const std::lock_guard lock(mutex_);
    CO_TRY(upload(name));
  }
  CO_TRY(Received received, co_await receive(body));
  const std::lock_guard lock(mutex_);
  CO_TRY(Upload * u, upload(name));
  Part part;
  part.info = {number, received.size, to_hex(as_bytes(received.digests.md5)), clock_.now_ms(),
               std::move(received.digests.checksums)};
  part.data = std::move(received.data);
  const PartInfo info = part.info;
  u->parts[number] = std::move(part);
  co_return info;
}

Task<ListPartsResult> MemObjectLayer::list_parts(UploadName name, std::uint32_t after, std::uint32_t limit) {
  CO_TRY(check("list_parts", name.key));
  const std::lock_guard lock(mutex_);
  CO_TRY(Upload * u, upload(name));
  ListPartsResult result;
  result.upload = u->info;
  for (auto it = u->parts.upper_bound(after); it != u->parts.end(); ++it) {
    if (result.parts.size() == limit) {
      result.truncated = true;
      break;
    }
    result.parts.push_back(it->second.info);
    result.next = it->first;
  }
  co_return result;
}

Task<ListUploadsResult> MemObjectLayer::list_uploads(ListUploadsRequest request) {
  CO_TRY(check("list_uploads", request.prefix));
  const std::lock_guard lock(mutex_);
  CO_TRY(Bucket * b, bucket(request.bucket));
  ListUploadsResult result;
  std::string last;
  for (const auto& [id, u] : b->uploads) {
    const auto& [key, upload_id] = id;
    if (!key.starts_with(request.prefix)) continue;
    ListUploadsResult::Item item;
    item.upload = u.info;
    if (!request.delimiter.empty())
      if (const auto at = key.find(request.delimiter, request.prefix.size()); at != std::string::npos) {
        item.common_prefix = true;
        item.prefix = key.substr(0, at + request.delimiter.size());
        if (item.prefix == last || item.prefix <= request.key_marker) continue;
      }
    if (!item.common_prefix &&
        (key < request.key_marker || (key == request.key_marker && (request.upload_id_marker.empty() ||
                                                                    upload_id <= request.upload_id_marker))))
      continue;
    if (result.items.size() == request.limit) {
      result.truncated = true;
      break;
    }
    last = item.prefix;
    result.next_key = item.common_prefix ? item.prefix : key;
    result.next_upload_id = item.common_prefix ? std::string() : upload_id;
    result.items.push_back(std::move(item));
  }
  if (!result.truncated) result.next_key = result.next_upload_id = {};
  co_return result;
}

Task<void> MemObjectLayer::abort_upload(UploadName name) {
  CO_TRY(check("abort_upload", name.key));
  const std::lock_guard lock(mutex_);
  CO_TRY(upload(name));
  (*bucket(name.bucket))->uploads.erase({name.key, name.upload_id});
  co_return Status();
}

namespace {
const Checksum* find_checksum(const std::vector<Checksum>& list, crypto::ChecksumAlgorithm algorithm) {
  for (const auto& c : list)
    if (c.algorithm == algorithm) return &c;
  return nullptr;
}

// The whole object's checksum from its parts': the digest of digests, or the CRCs combined.
Result<std::optional<Checksum>> whole_checksum(const UploadInfo& upload, const std::vector<PartInfo>& parts) {
  if (!upload.checksum_algorithm) return std::nullopt;
  const auto algorithm = *upload.checksum_algorithm;
  crypto::Digest composite(algorithm);
  std::string full;
  for (const auto& p : parts) {
    const Checksum* c = find_checksum(p.checksums, algorithm);
    if (!c) return fail(Code::internal, "a part without the checksum of its upload");
    TRY(const std::string raw, from_base64(c->value));
    if (upload.checksum_composite) {
      composite.update(raw);
    } else if (full.empty()) {
      full = raw;
    } else {
      TRY(full, crypto::combine_checksums(algorithm, full, raw, p.size));
    }
  }
  Checksum c;
  c.algorithm = algorithm;
  c.composite = upload.checksum_composite;
  c.value = upload.checksum_composite
                ? to_base64(as_bytes(composite.finish())) + "-" + std::to_string(parts.size())
                : to_base64(as_bytes(full));
  return c;
}
}  // namespace

Result<ObjectInfo> MemObjectLayer::assemble(const CompleteUploadRequest& request) {
  TRY(Upload * u, upload(request.upload));
  TRY(Bucket * b, bucket(request.upload.bucket));
  auto object = std::make_shared<Object>();
  crypto::Digest md5(crypto::DigestAlgorithm::md5);
  for (std::size_t i = 0; i < request.parts.size(); ++i) {
    const auto& wanted = request.parts[i];
    const auto it = u->parts.find(wanted.number);
    if (it == u->parts.end() || it->second.info.etag != wanted.etag) return fail(Code::invalid_part);
    const Part& part = it->second;
    for (const auto& c : wanted.checksums)
      if (const Checksum* have = find_checksum(part.info.checksums, c.algorithm);
          !have || have->value != c.value)
        return fail(Code::invalid_part);
    if (i + 1 < request.parts.size() && part.info.size < (5u << 20)) return fail(Code::entity_too_small);
    TRY(const std::string raw, from_hex(part.info.etag));
    md5.update(raw);
    object->info.size += part.info.size;
    object->parts.push_back(part.info);
    object->data.insert(object->data.end(), part.data.begin(), part.data.end());
  }
  if (request.expected_size && *request.expected_size != object->info.size)
    return fail(Code::invalid_request, "x-amz-mp-object-size is not the size of the object");
  TRY(auto checksum, whole_checksum(u->info, object->parts));
  if (request.expected && (!checksum || checksum->value != request.expected->value))
    return fail(Code::bad_digest);
  if (checksum) object->info.checksums.push_back(*checksum);
  object->info.key = request.upload.key;
  object->info.etag = to_hex(as_bytes(md5.finish())) + "-" + std::to_string(request.parts.size());
  object->info.modified = clock_.now_ms();
  object->info.attributes = u->info.attributes;
  object->info.parts_count = static_cast<std::uint32_t>(request.parts.size());
  object->info.owner = u->info.owner;
  const auto current = b->objects.find(request.upload.key);
  if (request.options.precondition)
    TRY(request.options.precondition(current == b->objects.end() ? nullptr : &current->second->info));
  b->objects[request.upload.key] = object;
  b->uploads.erase({request.upload.key, request.upload.upload_id});
  completed_[request.upload.upload_id] = {object->info};
  return object->info;
}

Task<ObjectInfo> MemObjectLayer::complete_upload(CompleteUploadRequest request) {
  CO_TRY(check("complete_upload", request.upload.key));
  const std::lock_guard lock(mutex_);
  CO_TRY(bucket(request.upload.bucket));
  if (const auto done = completed_.find(request.upload.upload_id); done != completed_.end())
    co_return done->second.info;
  co_return assemble(request);
}

Task<UsageInfo> MemObjectLayer::usage(std::string name) {
  CO_TRY(check("usage", name));
  const std::lock_guard lock(mutex_);
  CO_TRY(Bucket * b, bucket(name));
  UsageInfo usage;
  for (const auto& [key, object] : b->objects) {
    ++usage.objects;
    usage.bytes += object->info.size;
  }
  co_return usage;
}

Task<void> MemObjectLayer::close() { co_return Status(); }

StoreReport MemObjectLayer::report() const {
  const std::lock_guard lock(mutex_);
  if (report_.sets.empty() && report_.drives.empty()) {
    StoreReport all_well;
    all_well.can_read = all_well.can_write = true;
    return all_well;
  }
  return report_;
}

Task<VerifyReport> MemObjectLayer::verify() { co_return VerifyReport(); }

}  // namespace cairn::fakes
