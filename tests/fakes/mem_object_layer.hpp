#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "cairn/base/clock.hpp"
#include "cairn/store/store.hpp"

namespace cairn::fakes {

// An object layer in memory, for the tests of what stands on ObjectLayer: correct by simplicity (one mutex,
// ordered maps), with failures on request. Thread-safe. Not for the shipped binary.
class MemObjectLayer : public store::Store {
 public:
  explicit MemObjectLayer(const Clock& clock) : clock_(clock) {}

  // Called before each operation with its name ("put", "open", "next", ...); what it answers is what the
  // operation answers.
  using Hook = std::function<Status(std::string_view operation, std::string_view key)>;
  void set_hook(Hook hook);
  void set_report(store::StoreReport report);
  // How many bytes a reader gives at a time and a put reads at a time.
  void set_piece(std::size_t bytes) { piece_ = bytes; }
  std::size_t object_count() const;

  Task<store::Bucket> create_bucket(store::BucketInfo bucket) override;
  Task<store::Bucket> head_bucket(std::string bucket) override;
  Task<void> delete_bucket(std::string bucket) override;
  Task<std::vector<store::Bucket>> list_buckets() override;
  Task<store::Bucket> update_bucket(std::string bucket, BucketChange change) override;

  Task<store::ObjectInfo> put(store::ObjectName name, store::ObjectAttributes attributes,
                              store::BodySource& body, store::WriteOptions options) override;
  Task<std::unique_ptr<store::ObjectReader>> open(store::ObjectName name) override;
  Task<store::ObjectInfo> head(store::ObjectName name) override;
  Task<store::DeleteResult> remove(store::ObjectName name, store::WriteOptions options) override;
  Task<store::ObjectInfo> change_attributes(store::ObjectName name, store::AttributeChange change,
                                            store::WriteOptions options) override;
  Task<store::ListResult> list(store::ListRequest request) override;
  // There are no versions here.
  Task<store::ListVersionsResult> list_versions(store::ListVersionsRequest request) override;

  Task<store::UploadInfo> create_upload(store::CreateUploadRequest request) override;
  Task<store::UploadInfo> head_upload(store::UploadName upload) override;
  Task<store::PartInfo> put_part(store::UploadName upload, std::uint32_t number,
                                 store::BodySource& body) override;
  Task<store::ListPartsResult> list_parts(store::UploadName upload, std::uint32_t after,
                                          std::uint32_t limit) override;
  Task<store::ListUploadsResult> list_uploads(store::ListUploadsRequest request) override;
  Task<void> abort_upload(store::UploadName upload) override;
  Task<store::ObjectInfo> complete_upload(store::CompleteUploadRequest request) override;
  Task<store::UsageInfo> usage(std::string bucket) override;
  store::SystemDocuments& documents() override { return documents_; }

  Task<void> close() override;
  store::StoreReport report() const override;
  Task<store::VerifyReport> verify() override;

  struct Object {
    store::ObjectInfo info;
    std::vector<store::PartInfo> parts;
    std::vector<Slice> data;
    std::array<std::uint8_t, 16> invocation{};
  };

 private:
  struct Part {
    store::PartInfo info;
    std::vector<Slice> data;
  };
  struct Upload {
    store::UploadInfo info;
    std::map<std::uint32_t, Part> parts;
  };
  struct Bucket {
    store::Bucket info;
    std::map<std::string, std::shared_ptr<const Object>> objects;
    std::map<std::pair<std::string, std::string>, Upload> uploads;  // key, upload id
  };
  struct Received {
    std::vector<Slice> data;
    std::uint64_t size = 0;
    store::BodyDigests digests;
  };
  // What a repeated Complete finds.
  struct Completed {
    store::ObjectInfo info;
  };

  class Documents final : public store::SystemDocuments {
   public:
    Task<Value> load(std::string name) override;
    Task<void> update(std::string name, Change change) override;
    Task<std::vector<Document>> list(std::string prefix) override;

   private:
    std::mutex mutex_;
    std::map<std::string, std::string> values_;
  };

  friend class MemReader;
  Status check(std::string_view operation, std::string_view key) const;
  Result<Bucket*> bucket(const std::string& name);
  Result<Upload*> upload(const store::UploadName& name);
  Result<std::shared_ptr<const Object>> find(const store::ObjectName& name);
  Task<Received> receive(store::BodySource& body);
  Result<store::ObjectInfo> assemble(const store::CompleteUploadRequest& request);

  const Clock& clock_;
  std::size_t piece_ = 256u << 10;
  mutable std::mutex mutex_;
  Hook hook_;
  store::StoreReport report_;
  std::map<std::string, Bucket> buckets_;
  std::map<std::string, Completed> completed_;  // by upload id
  Documents documents_;
};

}  // namespace cairn::fakes
