#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/clock.hpp"
#include "cairn/iam/evaluate.hpp"
#include "cairn/iam/records.hpp"

namespace cairn::iam {

// A policy and what people know it by.
struct NamedPolicy {
  std::string name;
  Policy policy;
};

// A layer of policies, and the views of it that evaluate() takes. Neither copied nor moved: the views point
// into it.
class PolicyLayer {
 public:
  explicit PolicyLayer(std::vector<NamedPolicy> policies);
  PolicyLayer(const PolicyLayer&) = delete;
  PolicyLayer& operator=(const PolicyLayer&) = delete;

  PolicyList list() const { return views_; }
  bool empty() const { return policies_.empty(); }
  const std::vector<NamedPolicy>& policies() const { return policies_; }

 private:
  std::vector<NamedPolicy> policies_;
  std::vector<AttachedPolicy> views_;
};

// A user, a role or root with all that decides for it, compiled. Immutable; made anew when any of it changes.
struct Subject {
  Principal principal;
  std::string display_name;
  TagList tags;
  bool enabled = true;
  std::unique_ptr<const PolicyLayer> identity, boundary;
};
using SubjectPtr = std::shared_ptr<const Subject>;

// When a key was last used. Written by requests, without a lock.
struct KeyUse {
  std::atomic<UnixMillis> time{0};       // 0: not yet; to the minute
  std::atomic<std::uint8_t> service{0};  // index into kServices
  static constexpr std::array<std::string_view, 3> kServices{"s3", "iam", "sts"};
  void note(std::string_view by, UnixMillis now);
};

// Who signs a request: a subject through a key of its own, a service account or temporary credentials.
// Immutable, shared with the requests that use it: a change takes effect on the next request.
struct Identity {
  enum class Credential : std::uint8_t {
    none,             // anonymous
    root,             // the configured root credential
    access_key,       // of a user
    service_account,  // an access key with a policy of its own, or one of root's
    session_token,    // GetSessionToken, or AssumeRole without a role
    assumed_role,
  };

  Credential credential = Credential::none;
  SubjectPtr subject;   // never null
  Principal principal;  // the subject's, or the role's session
  std::string access_key;
  std::string secret;  // never logged
  UnixMillis issued = 0,
             expires = 0;  // of temporary credentials; expires also of a service account; 0: never
  TagList tags;            // aws:PrincipalTag/...: the subject's and the session's
  std::vector<std::unique_ptr<const PolicyLayer>> limits;  // session policies: each layer must allow
  std::vector<PolicyList> limit_views;
  std::shared_ptr<KeyUse> use;  // of a stored key
  std::vector<std::string>
      asked_keys;  // what its policies' conditions and variables ask for; sorted, lower case

  // Everything of its own that decides; whoever asks adds the resource's policy.
  PolicySet policies() const;
  bool anonymous() const { return credential == Credential::none; }
  bool is_root() const { return principal.kind == Principal::Kind::root; }
  bool temporary() const {
    return credential == Credential::session_token || credential == Credential::assumed_role;
  }
  bool asks_for(std::string_view lower_prefix) const;
};
using IdentityPtr = std::shared_ptr<const Identity>;

// Nobody: who does not sign.
const IdentityPtr& anonymous_identity();

// Sorted, each once.
void merge_keys(std::vector<std::string>& into, const Policy& policy);

}  // namespace cairn::iam
