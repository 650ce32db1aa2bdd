#pragma once
#include <map>
#include <optional>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "cairn/iam/identity_store.hpp"

namespace cairn::iam::testing {

// Runs a coroutine to its end.
template <class T>
Result<T> run(Task<T> task) {
  asio::io_context context;
  std::optional<Result<T>> out;
  asio::co_spawn(context, std::move(task), [&](std::exception_ptr e, Result<T> result) {
    if (e) std::rethrow_exception(e);
    out.emplace(std::move(result));
  });
  context.run();
  return std::move(*out);
}

// System documents in memory, with failures on request.
class Documents final : public store::SystemDocuments {
 public:
  std::map<std::string, std::string> values;
  // What the next writes answer: no_quorum changes nothing; outcome_unknown may have, as `applies` says.
  std::optional<Code> failure;
  bool applies = false;
  bool unreadable = false;
  int writes = 0;

  Task<Value> load(std::string name) override {
    if (unreadable) co_return fail(Code::no_quorum);
    const auto at = values.find(name);
    co_return at == values.end() ? Value() : Value(at->second);
  }
  Task<void> update(std::string name, Change change) override {
    ++writes;
    const auto at = values.find(name);
    CO_TRY(Value next, change(at == values.end() ? Value() : Value(at->second)));
    if (!failure || applies) {
      if (next)
        values[name] = *next;
      else
        values.erase(name);
    }
    if (failure) co_return fail(*failure);
    co_return Status();
  }
  Task<std::vector<Document>> list(std::string prefix) override {
    if (unreadable) co_return fail(Code::no_quorum);
    std::vector<Document> out;
    for (const auto& [name, value] : values)
      if (name.starts_with(prefix)) out.push_back({name, value});
    co_return out;
  }
};

struct Rig {
  static constexpr const char* kRoot = "rootuser";
  Documents documents;
  ManualClock clock{1'800'000'000'000};
  std::unique_ptr<IdentityStore> store;

  Rig() { restart(); }
  void restart(std::string root_key = kRoot, std::string root_secret = "rootsecret") {
    store = std::make_unique<IdentityStore>(documents, clock,
                                            RootCredential{std::move(root_key), std::move(root_secret)});
    ASSERT_TRUE(run(store->load()));
  }
  template <class T>
  Ref<T> create(T draft) {
    auto made = run(store->create<T>(std::move(draft)));
    EXPECT_TRUE(made) << made.error().context;
    return made ? *made : nullptr;
  }
  Ref<User> user(const std::string& name) { return create(User{.name = name}); }
  Ref<AccessKey> key(const Ref<User>& user, const std::string& id,
                     const std::string& secret = "secret of it") {
    return create(AccessKey{.id = id, .secret = secret, .owner = user->id});
  }
  template <class T>
  Code error(Result<T> result) {
    return result ? Code::internal : result.error().code;
  }
  Result<IdentityPtr> find(const std::string& key, const std::string& token = "") {
    return store->find(key, token, clock.now_ms());
  }
  // Whether a key may do something to something.
  bool may(const std::string& key, const std::string& action, const std::string& resource,
           const std::string& token = "") {
    const auto who = find(key, token);
    if (!who) return false;
    const AccessRequest request{(*who)->principal, action, resource, principal_context((*who)->principal)};
    return evaluate(request, (*who)->policies()).allowed();
  }
};

inline std::string allow(const std::string& action, const std::string& resource = "*") {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":")" + action +
         R"(","Resource":")" + resource + R"("}]})";
}
inline std::string trust(const std::string& principal) {
  return R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":")" +
         principal + R"("}}]})";
}

}  // namespace cairn::iam::testing
