#pragma once
#include <map>
#include <memory>
#include <mutex>

#include "cairn/store/object_layer.hpp"
#include "cairn/store/quota.hpp"

namespace cairn::store {

// An object layer that keeps buckets within their quotas: put(), put_part() and complete_upload() answer
// quota_exceeded, before they read the body, where the bucket would hold more than it may. All else goes
// straight to the layer below, which outlives this one.
//
// How exact: everything that goes through this layer counts from the moment it begins, so that writers of
// this process together do not go beyond a quota, as long as the drives learn of an acknowledged write within
// QuotaLedger::kLearned and the process lives. What is deleted, and what others write, counts when the
// counters have it, within two seconds. An object that replaces another counts in full until then. Parts of
// uploads count one by one while they arrive and all together at their completion. Near the limit a write
// may wait, at most four seconds, for what becomes of others.
// Cost: without a quota none; with one the counters of a bucket are read at most once a second. Thread-safe.
class QuotaLayer final : public ObjectLayer {
 public:
  explicit QuotaLayer(ObjectLayer& below) : below_(below) {}
  ~QuotaLayer() override;

  Task<Bucket> create_bucket(BucketInfo bucket) override { return below_.create_bucket(std::move(bucket)); }
  Task<Bucket> head_bucket(std::string bucket) override { return below_.head_bucket(std::move(bucket)); }
  Task<void> delete_bucket(std::string bucket) override { return below_.delete_bucket(std::move(bucket)); }
  Task<std::vector<Bucket>> list_buckets() override { return below_.list_buckets(); }
  Task<Bucket> update_bucket(std::string bucket, BucketChange change) override {
    return below_.update_bucket(std::move(bucket), std::move(change));
  }

  Task<ObjectInfo> put(ObjectName name, ObjectAttributes attributes, BodySource& body,
                       WriteOptions options) override;
  Task<std::unique_ptr<ObjectReader>> open(ObjectName name) override { return below_.open(std::move(name)); }
  Task<ObjectInfo> head(ObjectName name) override { return below_.head(std::move(name)); }
  Task<DeleteResult> remove(ObjectName name, WriteOptions options) override {
    return below_.remove(std::move(name), std::move(options));
  }
  Task<ObjectInfo> change_attributes(ObjectName name, AttributeChange change, WriteOptions options) override {
    return below_.change_attributes(std::move(name), std::move(change), std::move(options));
  }
  Task<ListResult> list(ListRequest request) override { return below_.list(std::move(request)); }
  Task<ListVersionsResult> list_versions(ListVersionsRequest request) override {
    return below_.list_versions(std::move(request));
  }

  Task<UploadInfo> create_upload(CreateUploadRequest request) override {
    return below_.create_upload(std::move(request));
  }
  Task<UploadInfo> head_upload(UploadName upload) override { return below_.head_upload(std::move(upload)); }
  Task<PartInfo> put_part(UploadName upload, std::uint32_t number, BodySource& body) override;
  Task<ListPartsResult> list_parts(UploadName upload, std::uint32_t after, std::uint32_t limit) override {
    return below_.list_parts(std::move(upload), after, limit);
  }
  Task<ListUploadsResult> list_uploads(ListUploadsRequest request) override {
    return below_.list_uploads(std::move(request));
  }
  Task<void> abort_upload(UploadName upload) override { return below_.abort_upload(std::move(upload)); }
  Task<ObjectInfo> complete_upload(CompleteUploadRequest request) override;

  Task<UsageInfo> usage(std::string bucket) override { return below_.usage(std::move(bucket)); }
  SystemDocuments& documents() override { return below_.documents(); }

 private:
  struct Book;
  struct Hold;
  struct Reading;
  Task<std::optional<BucketQuota>> quota_of(const std::string& bucket, std::shared_ptr<Book>& book);
  Task<Hold> admit(std::string bucket, UsageInfo more);
  Task<void> read_counters(Book& book, std::string bucket);
  std::shared_ptr<Book> book_of(std::uint64_t bucket_id);
  Task<std::optional<std::uint64_t>> size_of_parts(const CompleteUploadRequest& request);

  ObjectLayer& below_;
  std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<Book>> books_;  // by the bucket's id
};

}  // namespace cairn::store
