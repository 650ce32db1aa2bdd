#pragma once
#include "store/buckets.hpp"
#include "store/object_io.hpp"

namespace cairn::store {

// Multipart uploads. An upload is a row beside its key's register, added and removed by the register's
// states; its parts are rows of that upload, written once by each drive. So Complete is one state of one
// register: it takes the upload's row away and names the parts' data, atomically, and whatever was not named
// is collected.
class Multipart {
 public:
  Multipart(const Context& context, Buckets& buckets) : context_(context), buckets_(buckets) {}

  Task<UploadInfo> create(CreateUploadRequest request);
  Task<UploadInfo> head(UploadName upload);
  Task<PartInfo> put_part(UploadName upload, std::uint32_t number, BodySource& body);
  Task<ListPartsResult> list_parts(UploadName upload, std::uint32_t after, std::uint32_t limit);
  Task<ListUploadsResult> list(ListUploadsRequest request);
  Task<void> abort(UploadName upload);
  Task<ObjectInfo> complete(CompleteUploadRequest request);
  // Aborts what was begun before `limit`; returns how many.
  Task<std::size_t> expire(const Bucket& bucket, UnixMillis limit);

 private:
  Task<UploadInfo> find(const Bucket& bucket, const UploadName& upload);
  Task<void> remove(const Bucket& bucket, const UploadName& upload);
  Task<std::vector<PartDoc>> parts(ErasureSet& set, const std::string& upload_id, std::uint32_t after,
                                   std::uint32_t limit, bool& more);
  Task<std::vector<UploadInfo>> list_all(const Bucket& bucket, drive::ListUploadsRequest request, bool& more);

  Context context_;
  Buckets& buckets_;
};

}  // namespace cairn::store
