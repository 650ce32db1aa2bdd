#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cairn/s3wire/sigv4.hpp"

#include "server/admin/plan.hpp"

namespace cairn::server {

struct AdminTarget {
  std::string endpoint = "http://127.0.0.1:9000";
  std::string region = "us-east-1";
  s3wire::Credentials credentials;
};

struct AdminSources {
  std::function<std::optional<std::string>(std::string_view)> getenv;
  std::function<Result<std::string>(const std::string& path)> read_secret_file;
};

// --endpoint and --region, before a --profile, before the environment, before the profile that CAIRN_PROFILE
// names: a file of NAME=value lines with the same names as the environment's. CAIRN_ENDPOINT, AWS_REGION or
// CAIRN_REGION; AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, else CAIRN_ROOT_USER with
// CAIRN_ROOT_PASSWORD, both from one place. config.
Result<AdminTarget> find_admin_target(const AdminPlan& plan, const AdminSources& sources);

}  // namespace cairn::server
