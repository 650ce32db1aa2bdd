#pragma once
#include <map>
#include <optional>
#include <string>

#include "s3/context.hpp"

namespace cairn::s3 {

// The request's bucket, which has a configuration of this name; `missing` where it has none.
Task<store::Bucket> bucket_with_config(Context& c, std::string_view name, Code missing);
// A bucket's configuration by the name of its sub-resource, as it was put; `missing` where there is none.
Task<std::string> read_config(Context& c, std::string_view name, Code missing);
// Puts configurations by name, or takes those without a value away, all at once.
using ConfigChanges = std::map<std::string, std::optional<std::string>>;
Task<void> write_configs(Context& c, ConfigChanges changes);
// Puts one, or takes it away.
Task<void> write_config(Context& c, std::string name, std::optional<std::string> value);

// What GET and DELETE of a configuration do that is shown as it is kept.
Task<void> send_config(Context& c, std::string_view name, Code missing);
Task<void> remove_config(Context& c, std::string_view name);

}  // namespace cairn::s3
