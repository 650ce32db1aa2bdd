#include <fstream>
#include <map>
#include <set>

#include <nlohmann/json.hpp>

#include "cairn/iam/s3_actions.hpp"
#include "cairn/s3wire/route.hpp"

#include "identities_rig.hpp"
#include "s3/operation_actions.hpp"

// Every operation of the service model against every action: an action allows its operations and no others.
namespace cairn::s3 {
namespace {
using nlohmann::json;
using s3wire::Operation;
using testing::allow;
using testing::IdentitiesRig;

struct Request {
  std::string name;
  testing::Call call;
  std::set<std::string> actions;
};

std::set<std::string> actions_for(const OperationActions& row, bool version) {
  std::set<std::string> out;
  const auto add = [&](std::string_view plain, std::string_view versioned) {
    const std::string_view action = version && !versioned.empty() ? versioned : plain;
    if (action.empty()) return;
    out.insert(action.find(':') == std::string_view::npos ? "s3:" + std::string(action)
                                                          : std::string(action));
  };
  add(row.action, row.with_version);
  add(row.besides, row.besides_with_version);
  return out;
}

std::map<std::string, Operation> operations_by_name() {
  std::map<std::string, Operation> out;
  for (int i = 1; i < 256; ++i) {
    const auto op = static_cast<Operation>(i);
    if (!actions_of(op).action.empty() && actions_of(op).operation == op)
      out[std::string(s3wire::operation_name(op))] = op;
  }
  return out;
}

testing::Call call_of(const json& row) {
  testing::Call call;
  call.method = row.at("method");
  std::string uri = row.at("uri");
  const auto put = [&](const std::string& what, const std::string& with) {
    if (const auto at = uri.find(what); at != std::string::npos) uri.replace(at, what.size(), with);
  };
  put("{Bucket}", "bucket");
  put("{Key+}", "key");
  const auto question = uri.find('?');
  call.path = uri.substr(0, question);
  if (question != std::string::npos) call.query = uri.substr(question + 1);
  for (const auto& name : row.at("query_required"))
    call.query += (call.query.empty() ? "" : "&") + name.get<std::string>() + "=1";
  for (const auto& name : row.at("headers_required"))
    call.headers.emplace_back(name.get<std::string>(), name == "x-amz-copy-source" ? "/bucket/key" : "x");
  return call;
}

// The requests that are for one operation alone: others need a body, and their own tests.
std::vector<Request> requests() {
  std::ifstream in(std::string(CAIRN_TEST_DIR) + "/unit/s3wire/s3_operations.json");
  const auto operations = operations_by_name();
  std::vector<Request> out;
  for (const json& row : json::parse(in)) {
    const std::string name = row.at("name");
    const auto at = operations.find(name);
    if (at == operations.end() || name == "ListBuckets") continue;
    const OperationActions& actions = actions_of(at->second);
    Request plain{name, call_of(row), actions_for(actions, false)};
    if (name == "CopyObject") plain.actions.insert("s3:GetObject");  // of the source
    s3wire::HttpRequestView view{plain.call.method, plain.call.path, plain.call.query, {}};
    std::vector<s3wire::HeaderField> headers;
    for (const auto& [n, v] : plain.call.headers) headers.push_back({n, v});
    view.headers = headers;
    const auto route = s3wire::route_request(view, {});
    if (!route || route->op != at->second) continue;  // an older name of the same request
    if (!actions.with_version.empty()) {
      Request versioned{name + " of a version", plain.call, actions_for(actions, true)};
      versioned.call.query += (versioned.call.query.empty() ? "" : "&") + std::string("versionId=null");
      out.push_back(std::move(versioned));
    }
    out.push_back(std::move(plain));
  }
  return out;
}

TEST(Privileges, AnActionAllowsItsOperationsAndNoOthers) {
  IdentitiesRig s3;
  s3.make_bucket();
  s3.put("/bucket/key", "v");
  const auto all = requests();
  EXPECT_GT(all.size(), 90u);
  std::set<std::set<std::string>> grants;
  for (const Request& r : all) grants.insert(r.actions);
  // Nothing is carried out: what gets past the decision ends in the object layer.
  s3.layer.set_hook([](std::string_view op, std::string_view) -> Status {
    if (op == "head_bucket" || op == "head") return {};
    return fail(Code::not_implemented);
  });
  s3.add_user("user", "");
  for (const auto& granted : grants) {
    json list = granted;
    s3.set_policy("user", allow(list.dump()));
    for (const Request& r : all) {
      const bool may = std::ranges::includes(granted, r.actions);
      const int status = s3.as("user", r.call).status;
      EXPECT_EQ(status == 403, !may) << r.name << " with " << list.dump() << ": " << status;
    }
  }
}

TEST(Privileges, EveryActionOfTheTableIsOneThatPoliciesKnow) {
  for (const auto& [name, op] : operations_by_name())
    for (const auto& action : actions_for(actions_of(op), true)) {
      if (!action.starts_with("s3:")) continue;  // of another service
      EXPECT_NE(iam::find_s3_action(action), nullptr) << name << ": " << action;
    }
}

TEST(Privileges, NobodyMayAnythingAnonymously) {
  IdentitiesRig s3;
  s3.make_bucket();
  s3.put("/bucket/key", "v");
  for (const Request& r : requests()) EXPECT_EQ(s3.as("", r.call).status, 403) << r.name;
}

}  // namespace
}  // namespace cairn::s3
