#pragma once
#include <optional>
#include <string>

#include "s3_rig.hpp"

namespace cairn::s3::testing {

inline std::string statement(const std::string& rest) {
  return R"({"Version":"2012-10-17","Statement":[{)" + rest + "}]}";
}
inline std::string allow(const std::string& actions, const std::string& resource = "*") {
  return statement(R"("Effect":"Allow","Action":)" + actions + R"(,"Resource":")" + resource + R"(")");
}

// The rig with users: each has one access key, called like the user.
class IdentitiesRig : public Rig {
 public:
  using Rig::Rig;
  static constexpr const char* kOwnBuckets = R"(["s3:CreateBucket","s3:ListAllMyBuckets"])";

  template <class T>
  Result<T> run(Task<T> task) {
    asio::io_context context;
    std::optional<Result<T>> out;
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr e, Result<T> r) {
      if (e) std::rethrow_exception(e);
      out.emplace(std::move(r));
    });
    context.run();
    return std::move(*out);
  }

  // `policy`: empty for none.
  std::string add_user(const std::string& name, const std::string& policy) {
    iam::User draft{.name = name, .tags = {{"email", name + "@example.com"}}};
    if (!policy.empty()) draft.permissions.inline_policies["p"] = policy;
    const auto user = run(identities.create<iam::User>(std::move(draft)));
    EXPECT_TRUE(user) << user.error().context;
    const auto key = run(identities.create<iam::AccessKey>(
        iam::AccessKey{.id = name, .secret = secret_of(name), .owner = (*user)->id}));
    EXPECT_TRUE(key) << key.error().context;
    return iam::canonical_id_of((*user)->id);
  }
  void set_policy(const std::string& name, const std::string& policy) {
    ASSERT_TRUE(run(identities.update<iam::User>(name, [&](iam::User& u) -> Status {
      u.permissions.inline_policies["p"] = policy;
      return {};
    })));
  }
  static std::string secret_of(const std::string& name) { return "the secret of " + name; }

  // A call signed by a user, by root ("root") or by nobody ("").
  Answer as(const std::string& who, Call call) {
    call.sign = !who.empty();
    if (!who.empty() && who != "root") call.as = s3wire::Credentials{who, secret_of(who), {}};
    return (*this)(call);
  }
  Answer as(const std::string& who, std::string method, std::string path, std::string query = "",
            std::string body = "", std::vector<std::pair<std::string, std::string>> headers = {}) {
    return as(who, {.method = std::move(method),
                    .path = std::move(path),
                    .query = std::move(query),
                    .headers = std::move(headers),
                    .body = std::move(body)});
  }
};

}  // namespace cairn::s3::testing
