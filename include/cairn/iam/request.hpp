#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cairn::iam {

// Who asks. Default: nobody, that is an anonymous request.
// A session of GetSessionToken and a service account act for their user: they carry the user's own ARN, and
// what limits them stands in session policies. A session of AssumeRole carries the session's ARN and, as
// identity_arn, that of the role.
struct Principal {
  enum class Kind : std::uint8_t { anonymous, root, user, role_session, federated, service };

  Kind kind = Kind::anonymous;
  std::string arn;           // arn:aws:iam::123456789012:user/alice, arn:aws:sts::…:assumed-role/role/session
  std::string identity_arn;  // the role behind a session; empty where arn is the identity's own
  std::string account;       // the account's id
  std::string canonical_id;  // the owner id of ACLs and of a CanonicalUser principal; every user has its own
  std::string user_name;     // aws:username: of a user only
  std::string user_id;       // aws:userid: a user's unique id, role-id:session-name of a session
  std::string provider;      // kind federated: the identity provider; kind service: the service's name
};

// What a request says of itself: the condition keys of AWS and S3 with their values. Keys don't distinguish
// case. A key without a value is an absent key. One owner, no locks.
class Context {
 public:
  void set(std::string_view key, std::string value);
  void set(std::string_view key, std::vector<std::string> values);
  // The values of a key in lower case; empty where there are none. Valid until the next set().
  std::span<const std::string> find(std::string_view lower_key) const;

 private:
  struct Entry {
    std::string key;
    std::vector<std::string> values;
  };
  std::vector<Entry> entries_;  // few: a linear search beats a map
};

// aws:username, aws:userid, aws:PrincipalArn, aws:PrincipalAccount and aws:PrincipalType, as the table of
// principal key values in the IAM User Guide has them.
Context principal_context(const Principal& principal);

// One question: may this principal do this to that?
struct AccessRequest {
  Principal principal;
  std::string action;    // "s3:GetObject", any case
  std::string resource;  // "arn:aws:s3:::bucket/key"; "arn:aws:s3:::*" where an action has no resource
  Context context;       // begin with principal_context()
};

}  // namespace cairn::iam
