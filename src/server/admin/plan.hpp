#pragma once
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "cairn/base/clock.hpp"
#include "cairn/base/result.hpp"

namespace cairn::server {

// One request to the admin API; the path lies below /_admin/v1 and is encoded.
struct AdminRequest {
  std::string method = "GET";
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;  // not encoded
  nlohmann::json body;                                     // null: none
  bool pages = false;                                      // a list: ask until its end
};

// How people are shown the answer.
enum class AdminView : std::uint8_t { table, record, info, heal, explain };

struct Column {
  std::string_view title;
  const char* field;
  bool bytes = false;  // a size, for people
};

// What `cairn admin ...` was asked to do.
struct AdminPlan {
  std::vector<AdminRequest> requests;  // one after the other; the last answer is shown
  AdminView view = AdminView::record;
  std::vector<Column> columns;  // of a table
  bool json = false;
  bool totals = false;  // below the table

  // Where to go and as whom; empty: not given on the command line.
  std::string endpoint, profile, region, ca_file;
  bool tls_skip_verify = false;
};

// What planning needs of the world.
struct AdminInputs {
  std::function<Result<std::string>(const std::string& path)> read_file;  // "-": standard input
  UnixMillis now = 0;
};

// From a command line to requests; prints help and complaints. The exit status where there is nothing to do:
// 0 after --help, 2 for a wrong command line.
std::expected<AdminPlan, int> plan_admin(std::vector<std::string> args, const AdminInputs& inputs);

}  // namespace cairn::server
