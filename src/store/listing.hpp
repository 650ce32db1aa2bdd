#pragma once
#include "store/context.hpp"

namespace cairn::store {

// One page of a bucket, merged from all sets: every write acknowledged before the call shows. `prefix`,
// `delimiter`, `after`, `limit` as in ListRequest.
Task<ListResult> list_objects(const Context& context, drive::BucketId bucket, ListRequest request);

// Every version of every key.
Task<ListVersionsResult> list_versions(const Context& context, drive::BucketId bucket,
                                       ListVersionsRequest request);

// Every visible key of a bucket below a prefix, with its head, in order.
Task<void> for_each_head(const Context& context, drive::BucketId bucket, std::string prefix,
                         std::function<Status(std::string key, const std::string& head)> each);

}  // namespace cairn::store
