#pragma once
#include <string_view>

#include "cairn/s3client/s3_client.hpp"

namespace cairn::s3client {

inline constexpr std::size_t kMaxErrorBody = 64u << 10;
inline constexpr std::size_t kMaxAnswerBody = 16u << 20;

ObjectInfo read_object_info(const http::ClientResponse& response);
// The error that an answer of 300 and more means: by its document or, without one, by its status.
Error read_error(int status, std::string_view body);

}  // namespace cairn::s3client
