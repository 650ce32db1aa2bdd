#pragma once
#include <optional>
#include <string>

#include "s3/context.hpp"

namespace cairn::s3 {

// A bucket's configuration by the name of its sub-resource, as it was put; `missing` where there is none.
Task<std::string> read_config(Context& c, std::string_view name, Code missing);
// Puts it, or takes it away.
Task<void> write_config(Context& c, std::string name, std::optional<std::string> value);

// What GET and DELETE of a configuration do that is shown as it is kept.
Task<void> send_config(Context& c, std::string_view name, Code missing);
Task<void> remove_config(Context& c, std::string_view name);

}  // namespace cairn::s3
