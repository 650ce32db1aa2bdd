#pragma once
#include <string_view>

namespace cairn::server {

inline constexpr std::string_view kVersion = CAIRN_VERSION;
inline constexpr std::string_view kRevision = CAIRN_REVISION;

}  // namespace cairn::server
