#pragma once
#include <string>

namespace cairn {

// 16 upper-case hex digits, unique within the process and different from run to run. Thread-safe, no system
// call.
std::string next_request_id();

}  // namespace cairn
