#pragma once
#include "cairn/store/object_layer.hpp"

#include "s3/context.hpp"

namespace cairn::s3 {

inline constexpr std::uint32_t kMaxListed = 1000;

// encoding-type: whether names are to be url-encoded; invalid_argument for another value.
Result<bool> read_encoding_type(const Context& c);
// A limit parameter such as max-keys: above the maximum means the maximum.
Result<std::uint32_t> read_limit(const Context& c, std::string_view name);

// What ListObjects and ListObjectsV2 do alike: lists from `after` on and fills the common part of the answer.
// Returns where to go on; empty when that was all.
Task<std::string> fill_list(Context& c, std::string after, bool with_owner, s3wire::ListObjectsCommon& out);

}  // namespace cairn::s3
