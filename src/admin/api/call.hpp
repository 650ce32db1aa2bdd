#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "cairn/admin/service.hpp"
#include "cairn/iam/identity_store.hpp"
#include "cairn/iam/request_facts.hpp"
#include "cairn/s3wire/uri.hpp"

namespace cairn::admin::api {

using nlohmann::json;

// One request of the admin API under way, authenticated. Lives in the frame of AdminApi::handle.
struct Call {
  const ApiParts& api;
  const ServiceConfig& config;
  iam::IdentityPtr who = iam::anonymous_identity();
  std::vector<std::string> path;  // what stands in the place of {...}, decoded
  s3wire::Query query;
  json body = json::object();
  UnixMillis now = 0;
  iam::RequestFacts facts = {};

  iam::IdentityStore& identities() const { return api.identities; }
};

// The JSON document of the answer. Errors become the error document.
using Handler = Task<json> (*)(Call&);

struct Route {
  std::string_view method;
  std::string_view path;                 // below kPrefix: "/users/{user}"
  std::string_view action;               // what policies name it; empty: needs no permission
  std::string (*resource)(const Call&);  // what they are asked about
  Handler handler;
  int status = 200;
  bool body = false;  // takes a document
  bool changes() const { return method != "GET" && action != "admin:ExplainPolicy"; }
};
std::span<const Route> routes();

// Where a request leads; the values of {...} still encoded.
struct Match {
  const Route* route = nullptr;
  std::vector<std::string_view> values;
  std::string allow;  // methods of the path, where the method is not one of them
};
Match find_route(std::string_view method, std::string_view path_below_prefix);

// Whether the caller's policies allow an action; the route's own was asked about before its handler is
// called. access_denied.
Status authorize(const Call& call, std::string_view action, std::string resource);

// ---- Reading documents: validation_error ----

// The body is an object with no other fields than these.
Status check_fields(const json& body, std::initializer_list<std::string_view> known);
Result<std::optional<std::string>> read_text(const json& body, const char* name);
Result<std::string> required_text(const json& body, const char* name);
Result<std::optional<bool>> read_flag(const json& body, const char* name);
Result<std::optional<std::uint64_t>> read_count(const json& body, const char* name);
Result<std::vector<std::string>> read_texts(const json& body, const char* name);
// A time of ISO 8601; 0 for null, nothing where it is not given.
Result<std::optional<UnixMillis>> read_time(const json& body, const char* name);

// A document of at most a few levels. validation_error.
Result<json> parse_document(std::string_view text);

// ---- Writing them ----
json time_or_null(UnixMillis t);

// One page of a map in order of its keys: ?limit= and ?after=. {"items": [...], "next": "..."}; `write` gives
// the item, or nothing (null) to leave it out.
struct Page {
  std::string after;
  std::size_t limit = 1'000;
};
Result<Page> read_page(const Call& call);

template <class Map, class Write>
Result<json> write_page(const Call& call, const Map& map, Write write) {
  auto page = read_page(call);
  if (!page) return fail(std::move(page).error());
  json out{{"items", json::array()}};
  std::string last;
  for (auto at = page->after.empty() ? map.begin() : map.upper_bound(page->after); at != map.end(); ++at) {
    json item = write(at->second);
    if (item.is_null()) continue;
    if (out["items"].size() == page->limit) {
      out["next"] = last;
      break;
    }
    out["items"].push_back(std::move(item));
    last = at->first;
  }
  return out;
}

// ---- Looking up: no_such_entity ----
Result<iam::Ref<iam::User>> find_user(const Call& call, std::string_view name);
Result<iam::Ref<iam::Group>> find_group(const Call& call, std::string_view name);
// By name, the customer's before a built-in one, or by ARN.
Result<iam::Ref<iam::ManagedPolicy>> find_policy(const Call& call, std::string_view name);
Result<iam::Ref<iam::AccessKey>> find_key(const Call& call, std::string_view id);
// Names of policies as find_policy() takes them, by ARN.
Result<std::vector<std::string>> policy_arns(const Call& call, const std::vector<std::string>& names);
std::vector<std::string> policy_names(const std::vector<std::string>& arns);
std::string owner_arn(const iam::Directory& all, const std::string& owner);

// The key of a document of a new user or a new key; with the secret only at its creation.
json key_document(const Call& call, const iam::AccessKey& key, bool with_secret = false);

// ---- The handlers, by what they are about ----
Task<json> list_routes(Call& c);

Task<json> list_users(Call& c);
Task<json> create_user(Call& c);
Task<json> get_user(Call& c);
Task<json> update_user(Call& c);
Task<json> delete_user(Call& c);

Task<json> list_keys(Call& c);
Task<json> create_key(Call& c);
Task<json> get_key(Call& c);
Task<json> update_key(Call& c);
Task<json> delete_key(Call& c);

Task<json> list_groups(Call& c);
Task<json> create_group(Call& c);
Task<json> get_group(Call& c);
Task<json> delete_group(Call& c);
Task<json> add_member(Call& c);
Task<json> remove_member(Call& c);

Task<json> list_policies(Call& c);
Task<json> get_policy(Call& c);
Task<json> put_policy(Call& c);
Task<json> delete_policy(Call& c);
Task<json> attach_to_user(Call& c);
Task<json> detach_from_user(Call& c);
Task<json> attach_to_group(Call& c);
Task<json> detach_from_group(Call& c);
Task<json> explain_policy(Call& c);

Task<json> list_usage(Call& c);
Task<json> get_usage(Call& c);
Task<json> list_quotas(Call& c);
Task<json> get_quota(Call& c);
Task<json> put_quota(Call& c);
Task<json> delete_quota(Call& c);

Task<json> get_info(Call& c);
Task<json> get_heal(Call& c);
Task<json> get_verify(Call& c);
Task<json> start_verify(Call& c);

}  // namespace cairn::admin::api
