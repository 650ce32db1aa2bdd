#include "server/admin/target.hpp"

#include "server/settings.hpp"

namespace cairn::server {
namespace {

using Lookup = std::function<std::optional<std::string>(std::string_view)>;

std::optional<std::string> given(const Lookup& lookup, std::string_view name) {
  auto value = lookup(name);
  return value && !value->empty() ? std::move(value) : std::nullopt;
}

// A pair from one place: half of it is no credential.
std::optional<s3wire::Credentials> credentials_from(const Lookup& lookup) {
  const auto access = given(lookup, "AWS_ACCESS_KEY_ID"), secret = given(lookup, "AWS_SECRET_ACCESS_KEY");
  if (access && secret)
    return s3wire::Credentials{*access, *secret, given(lookup, "AWS_SESSION_TOKEN").value_or("")};
  const auto user = given(lookup, "CAIRN_ROOT_USER"), password = given(lookup, "CAIRN_ROOT_PASSWORD");
  if (user && password) return s3wire::Credentials{*user, *password, {}};
  return std::nullopt;
}

void take(const Lookup& lookup, AdminTarget& target) {
  if (auto endpoint = given(lookup, "CAIRN_ENDPOINT")) target.endpoint = std::move(*endpoint);
  for (const char* name : {"AWS_REGION", "CAIRN_REGION"})
    if (auto region = given(lookup, name)) target.region = std::move(*region);
  if (auto credentials = credentials_from(lookup)) target.credentials = std::move(*credentials);
}

}  // namespace

Result<AdminTarget> find_admin_target(const AdminPlan& plan, const AdminSources& sources) {
  AdminTarget target;
  std::string profile = plan.profile;
  if (profile.empty()) profile = given(sources.getenv, "CAIRN_PROFILE").value_or("");
  if (!profile.empty()) {
    TRY(const std::string text, sources.read_secret_file(profile));
    TRY(const auto values, parse_env_file(text, profile));
    take(
        [&values](std::string_view name) -> std::optional<std::string> {
          const auto at = values.find(name);
          return at == values.end() ? std::nullopt : std::optional(at->second);
        },
        target);
  }
  // A profile that was asked for on the command line is meant, whatever the environment says.
  if (plan.profile.empty()) take(sources.getenv, target);
  if (!plan.endpoint.empty()) target.endpoint = plan.endpoint;
  if (!plan.region.empty()) target.region = plan.region;
  if (target.credentials.access_key.empty())
    return fail(Code::config,
                "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or CAIRN_ROOT_USER and "
                "CAIRN_ROOT_PASSWORD, or name a --profile that has them");
  return target;
}

}  // namespace cairn::server
