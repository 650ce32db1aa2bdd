// A policy document as each kind of policy. What is taken must mean the same when it is parsed again, must be
// decided without harm for a request made of the document's own texts, and a Deny added to it must win.
#include <cstdlib>
#include <string>
#include <string_view>

#include "cairn/iam/bucket_policy.hpp"
#include "cairn/iam/evaluate.hpp"

#include "iam/compiled.hpp"

using namespace cairn;
using namespace cairn::iam;

namespace {

constexpr PolicyLimits kLimits{.max_characters = 8'192, .count_white_space = true};

void require(bool good) {
  if (!good) std::abort();
}

// An encoded pattern as a text that it may well match.
std::string plain(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0xFE) c = 'x';
  return text;
}

std::string some_value(const Condition& c) {
  if (const auto* texts = std::get_if<std::vector<Pattern>>(&c.values))
    return texts->empty() ? "" : plain(texts->front().text());
  if (const auto* arns = std::get_if<std::vector<ArnPattern>>(&c.values))
    return arns->empty() ? "" : "arn:aws:s3:::" + plain(arns->front().tail().text());
  return c.op.compare == Compare::address ? "10.0.0.1" : "2020-01-01T00:00:00Z";
}

// A request that one of the statements is about.
AccessRequest request_for(const Statement& s) {
  const Principal alice{Principal::Kind::user, "arn:aws:iam::1:user/alice", "", "1", "c", "alice", "AIDA"};
  AccessRequest request{alice, plain(s.actions.front()), "arn:aws:s3:::b/k", principal_context(alice)};
  if (!s.resources.empty() && !s.resources.front().everything())
    request.resource = "arn:aws:s3:::" + plain(s.resources.front().tail().text());
  for (const Condition& c : s.conditions) request.context.set(c.key, some_value(c));
  return request;
}

PolicySet set_of(const AttachedPolicy& policy, PolicyKind kind, std::span<const PolicyList> session) {
  if (kind == PolicyKind::resource || kind == PolicyKind::trust) return {.resource = {&policy, 1}};
  if (kind == PolicyKind::session) return {.sessions = session};
  return {.identity = {&policy, 1}, .boundary = {&policy, 1}};
}

void check_verdicts(const Policy& policy, const Policy& again, PolicyKind kind) {
  const AttachedPolicy one{&policy, "one"}, two{&again, "two"};
  const PolicyList lists[] = {{&one, 1}, {&two, 1}};
  for (const Statement& s : policy.compiled().statements) {
    AccessRequest request = request_for(s);
    for (int i = 0; i < 3; ++i) {
      const Verdict v = evaluate(request, set_of(one, kind, {&lists[0], 1}));
      const Verdict w = evaluate(request, set_of(two, kind, {&lists[1], 1}));
      require(v.decision == w.decision && v.statement == w.statement && v.source == w.source);
      require(v.statement < static_cast<int>(policy.statement_count()));
      const Explanation e = explain(request, set_of(one, kind, {&lists[0], 1}));
      require(e.verdict.decision == v.decision && e.lines.size() >= (v.statement >= 0 ? 1U : 0U));
      request.principal.kind = i == 0 ? Principal::Kind::anonymous : Principal::Kind::root;
    }
  }
}

void check_deny_wins(const Policy& policy) {
  static const auto deny =
      Policy::parse(R"({"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}})", PolicyKind::identity);
  const AttachedPolicy both[] = {{&policy, "policy"}, {&*deny, "deny"}};
  for (const Statement& s : policy.compiled().statements)
    require(evaluate(request_for(s), {.identity = both}).decision == Decision::explicit_deny);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const PolicyKind kind :
       {PolicyKind::identity, PolicyKind::session, PolicyKind::resource, PolicyKind::trust}) {
    const auto policy = Policy::parse(text, kind, kLimits);
    if (!policy) {
      require(policy.error().code == Code::malformed_policy && !policy.error().context.empty());
      continue;
    }
    const auto again = Policy::parse(policy->text(), kind, kLimits);
    require(again && again->text() == text);
    check_verdicts(*policy, *again, kind);
    if (kind == PolicyKind::identity) check_deny_wins(*policy);
    if (kind == PolicyKind::resource) (void)is_public(*policy);
  }
  if (const auto bucket = parse_bucket_policy(text, "photos", kLimits)) (void)is_public(*bucket);
  return 0;
}
