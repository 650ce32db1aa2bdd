#pragma once
#include <string>

#include "server/admin/plan.hpp"

namespace cairn::server {

// The answer to a plan as people read it; pure.
std::string render_admin(const AdminPlan& plan, const nlohmann::json& document);
// "1.5 GiB", "512 B".
std::string readable_bytes(std::uint64_t bytes);

}  // namespace cairn::server
