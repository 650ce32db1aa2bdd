#include <array>

#include "cairn/iam/directory.hpp"

namespace cairn::iam {
namespace {

struct BuiltIn {
  std::string_view name, description, statement;
};

// What a user who may read and write objects needs besides: to find the buckets, and uploads under way.
constexpr auto kBuiltIns = std::to_array<BuiltIn>({
    {"AdministratorAccess", "Everything.", R"("Action":"*")"},
    {"AmazonS3FullAccess", "Everything in every bucket.", R"("Action":"s3:*")"},
    {"AmazonS3ReadOnlyAccess", "Reads and lists every bucket.",
     R"("Action":["s3:Get*","s3:List*","s3:Describe*"])"},
    {"IAMFullAccess", "Manages users, groups, roles and policies, and so may become whoever it likes.",
     R"("Action":["iam:*"])"},
    {"IAMReadOnlyAccess", "Sees users, groups, roles and policies.",
     R"("Action":["iam:Get*","iam:List*","iam:Simulate*"])"},
    {"consoleAdmin", "Everything, administration included.",
     R"("Action":["s3:*","admin:*","iam:*","sts:*"])"},
    {"ownbuckets", "Makes buckets, and so owns them; what others own needs their consent.",
     R"("Action":["s3:CreateBucket","s3:ListAllMyBuckets","iam:GetUser"])"},
    {"readwrite", "Everything in every bucket.", R"("Action":["s3:*"])"},
    {"readonly", "Reads objects whose names are known.",
     R"("Action":["s3:GetBucketLocation","s3:GetObject"])"},
    {"writeonly", "Writes objects.", R"("Action":["s3:PutObject"])"},
});

std::vector<Ref<ManagedPolicy>> make() {
  std::vector<Ref<ManagedPolicy>> out;
  for (const BuiltIn& b : kBuiltIns) {
    auto p = std::make_shared<ManagedPolicy>();
    p->name = b.name;
    p->id = "ANPABUILTIN" + std::to_string(out.size() + 1);
    p->description = b.description;
    p->built_in = true;
    std::string text = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)";
    text.append(b.statement).append(R"(,"Resource":"*"}]})");
    p->versions.push_back({1, std::move(text), 0});
    out.push_back(std::move(p));
  }
  return out;
}

}  // namespace

const std::vector<Ref<ManagedPolicy>>& built_in_policies() {
  static const auto policies = make();
  return policies;
}

}  // namespace cairn::iam
