#pragma once
#include "cairn/store/store.hpp"

#include "store/buckets.hpp"
#include "store/context.hpp"
#include "store/documents_store.hpp"
#include "store/healer.hpp"
#include "store/multipart.hpp"
#include "store/versions.hpp"

namespace cairn::store {

class Supervisor;

// The Store over given sets; Store::open() puts local drives into them. Members are wired top to bottom.
class ErasureStore final : public Store {
 public:
  ErasureStore(asio::any_io_executor executor, StoreConfig config, Topology topology, BufferPool& pool,
               MemoryBudget& budget);
  ~ErasureStore() override;

  // Starts healing and supervision in the background.
  void start(std::unique_ptr<Supervisor> supervisor);
  Healer& healer() { return healer_; }
  const Topology& topology() const { return topology_; }
  const Context& context() const { return context_; }

  Task<Bucket> create_bucket(BucketInfo bucket) override;
  Task<Bucket> head_bucket(std::string bucket) override;
  Task<void> delete_bucket(std::string bucket) override;
  Task<std::vector<Bucket>> list_buckets() override;
  Task<Bucket> update_bucket(std::string bucket, BucketChange change) override;
  Task<ObjectInfo> put(ObjectName name, ObjectAttributes attributes, BodySource& body,
                       WriteOptions options) override;
  Task<std::unique_ptr<ObjectReader>> open(ObjectName name) override;
  Task<ObjectInfo> head(ObjectName name) override;
  Task<DeleteResult> remove(ObjectName name, WriteOptions options) override;
  Task<ObjectInfo> change_attributes(ObjectName name, AttributeChange change, WriteOptions options) override;
  Task<ListResult> list(ListRequest request) override;
  Task<ListVersionsResult> list_versions(ListVersionsRequest request) override;
  Task<UploadInfo> create_upload(CreateUploadRequest request) override;
  Task<UploadInfo> head_upload(UploadName upload) override;
  Task<PartInfo> put_part(UploadName upload, std::uint32_t number, BodySource& body) override;
  Task<ListPartsResult> list_parts(UploadName upload, std::uint32_t after, std::uint32_t limit) override;
  Task<ListUploadsResult> list_uploads(ListUploadsRequest request) override;
  Task<void> abort_upload(UploadName upload) override;
  Task<ObjectInfo> complete_upload(CompleteUploadRequest request) override;
  Task<UsageInfo> usage(std::string bucket) override;
  SystemDocuments& documents() override { return documents_; }

  Task<void> close() override;
  StoreReport report() const override;
  Task<VerifyReport> verify() override;

 private:
  struct Found {
    std::string key;  // record key
    ErasureSet* set;
    Current current;  // whose head is the version asked for; a version that is not the newest comes without
                      // views
    VersionDoc doc;
  };
  // The version that `name` asks for; no_such_key or no_such_version.
  Task<Found> find(const ObjectName& name, bool body);
  Task<std::optional<Proposal>> make_marker(const VersionChange& change, Versioning versioning,
                                            const WriteOptions& options, DeleteResult& out);
  Task<void> housekeeping();

  StoreConfig config_;
  BufferPool& pool_;
  MemoryBudget& budget_;
  Topology topology_;
  const Clock& clock_;
  Context context_;
  DocumentRegisters documents_;
  Buckets buckets_;
  Multipart multipart_;
  Healer healer_;
  std::unique_ptr<Supervisor> supervisor_;
  TaskGroup tasks_;
};

}  // namespace cairn::store
