#pragma once
#include <cstdint>
#include <string_view>

#include "cairn/s3wire/route.hpp"

namespace cairn::s3 {

enum class Level : std::uint8_t { service, bucket, object };

// Which action policies call an operation: "Required permissions for Amazon S3 API operations" (S3 User
// Guide). Without "s3:" but for services of other names; empty: no policy has a say (a preflight).
struct OperationActions {
  s3wire::Operation operation = s3wire::Operation::unknown;
  std::string_view action;
  std::string_view with_version;  // where the request names a version; empty: the same
  Level level = Level::bucket;
  std::string_view besides;               // a second action that is needed as well
  std::string_view besides_with_version;  // the same where the request names a version
};

const OperationActions& actions_of(s3wire::Operation operation);

}  // namespace cairn::s3
