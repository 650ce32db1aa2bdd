#include "cairn/base/error.hpp"

#include <array>
#include <utility>

namespace cairn {
namespace {

// Below S3; what is of S3 has its name in s3wire.
constexpr std::array<std::pair<Code, std::string_view>, 19> kNames{{
    {Code::internal, "internal"},
    {Code::canceled, "canceled"},
    {Code::deadline, "deadline"},
    {Code::overloaded, "overloaded"},
    {Code::io, "io"},
    {Code::corrupt, "corrupt"},
    {Code::offline, "offline"},
    {Code::drive_full, "drive_full"},
    {Code::no_quorum, "no_quorum"},
    {Code::outcome_unknown, "outcome_unknown"},
    {Code::preempted, "preempted"},
    {Code::stale_stage, "stale_stage"},
    {Code::not_found, "not_found"},
    {Code::exists, "exists"},
    {Code::unsupported, "unsupported"},
    {Code::connection_closed, "connection_closed"},
    {Code::bad_http, "bad_http"},
    {Code::config, "config"},
    {Code::permission, "permission"},
}};

}  // namespace

std::string_view code_name(Code code) {
  for (const auto& [c, name] : kNames)
    if (c == code) return name;
  return "s3";
}

}  // namespace cairn
