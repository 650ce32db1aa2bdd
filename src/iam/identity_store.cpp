#include "cairn/iam/identity_store.hpp"

#include "cairn/crypto/digest.hpp"

#include "iam/build_identity.hpp"
#include "iam/identity_store_impl.hpp"
#include "iam/names.hpp"
#include "iam/text.hpp"

namespace cairn::iam {

IdentityStore::Impl::Impl(IdentityStore& store, store::SystemDocuments& docs, const Clock& time,
                          RootCredential root)
    : self(store),
      documents(docs),
      clock(time),
      table(std::move(root.access_key), std::move(root.secret_key)) {}

IdentityStore::IdentityStore(store::SystemDocuments& documents, const Clock& clock, RootCredential root)
    : root_access_key_(root.access_key),
      impl_(std::make_unique<Impl>(*this, documents, clock, std::move(root))) {}
IdentityStore::~IdentityStore() = default;

bool IdentityStore::loaded() const { return impl_->loaded; }

Result<IdentityPtr> IdentityStore::find(std::string_view access_key, std::string_view token,
                                        UnixMillis now) const {
  if (!token.empty()) return impl_->find_session(access_key, token, now);
  IdentityPtr found = impl_->table.find_key(access_key);
  if (!found && !impl_->loaded) return fail(Code::service_unavailable, "the identities are not loaded yet");
  if (!found || (found->expires != 0 && now >= found->expires)) return fail(Code::invalid_access_key_id);
  return found;
}

// A session ends with whom it acts for and with whoever asked for it.
Status IdentityStore::Impl::check_alive(const SessionClaims& claims) const {
  if (claims.source == table.root_stamp()) return {};
  const SubjectPtr source = table.find_subject(claims.source);
  if (claims.source == kRootId || !source || !source->enabled) return fail(Code::invalid_access_key_id);
  return {};
}

Result<IdentityPtr> IdentityStore::Impl::find_session(std::string_view access_key, std::string_view token,
                                                      UnixMillis now) const {
  if (!loaded) return fail(Code::service_unavailable, "the identities are not loaded yet");
  IdentityPtr found = table.find_session(access_key, token);
  if (!found) {
    const std::uint64_t generation = table.generation();
    TRY(const SessionClaims claims, open_session(table.session_key(), token));
    if (!equal_constant_time(claims.access_key, access_key)) return fail(Code::invalid_token);
    TRY(check_alive(claims));
    const SubjectPtr subject = table.find_subject(claims.subject);
    if (!subject || !subject->enabled) return fail(Code::invalid_access_key_id);
    found = self.read([&](const Directory& all) {
      return build_session(all, subject, claims, session_secret(table.session_key(), token));
    });
    table.keep_session({std::string(token), generation, found});
  }
  if (now >= found->expires) return fail(Code::expired_token);
  return found;
}

SubjectPtr IdentityStore::find_subject(std::string_view id) const { return impl_->table.find_subject(id); }

SubjectPtr IdentityStore::find_canonical(std::string_view canonical_id) const {
  return impl_->table.find_canonical(canonical_id);
}

SubjectPtr IdentityStore::find_email(std::string_view address) const {
  const std::string wanted = to_lower(address);
  if (wanted.find('@') == std::string::npos) return nullptr;
  const auto is_it = [&](const User& user) {
    for (const Tag& t : user.tags)
      if (to_lower(t.key) == "email") return to_lower(t.value) == wanted;
    return to_lower(user.name) == wanted;
  };
  const std::string id = read([&](const Directory& all) {
    for (const auto& [name, user] : all.users.all())
      if (is_it(*user)) return user->id;
    return std::string();
  });
  return id.empty() ? nullptr : find_subject(id);
}

namespace {

// An ARN that leaves the account out means the only one there is.
std::string with_account(std::string_view arn) {
  std::string out(arn);
  for (const std::string_view start : {"arn:aws:iam::", "arn:aws:sts::"})
    if (arn.starts_with(start) && arn.substr(start.size()).starts_with(':'))
      out.insert(start.size(), kAccount);
  return out;
}

std::string id_in(const Directory& all, const std::string& arn) {
  const std::string name = arn.substr(arn.rfind('/') + 1);
  if (const auto user = all.users.find(name); user && user_arn(*user) == arn) return user->id;
  if (const auto role = all.find_role(arn)) return role->id;
  return {};
}

bool has_arn(const Directory& all, const std::string& arn) {
  if (!id_in(all, arn).empty()) return true;
  const std::string sessions = session_arn("", "");  // ends in "//"
  if (!arn.starts_with(sessions.substr(0, sessions.size() - 1))) return false;
  const std::string_view rest = std::string_view(arn).substr(sessions.size() - 1);
  return rest.find('/') != std::string_view::npos && all.roles.find(rest.substr(0, rest.find('/')));
}

}  // namespace

bool IdentityStore::has_principal(std::string_view name) const {
  if (name.empty() || name == kAccount) return true;
  if (!name.starts_with("arn:"))
    return read([&](const Directory& d) { return d.users.find_id(name) || d.roles.find_id(name); }) ||
           find_canonical(name);
  const std::string arn = with_account(name);
  return arn == "arn:aws:iam::" + std::string(kAccount) + ":root" ||
         read([&](const Directory& d) { return has_arn(d, arn); });
}

std::string IdentityStore::id_of_arn(std::string_view arn) const {
  return read([&](const Directory& d) { return id_in(d, with_account(arn)); });
}

std::shared_ptr<const KeyUse> IdentityStore::last_use(std::string_view access_key) const {
  return impl_->table.last_use(access_key);
}

Result<SessionCredentials> IdentityStore::issue(SessionClaims claims) const {
  if (!impl_->loaded) return fail(Code::service_unavailable, "the identities are not loaded yet");
  if (!claims.policy.empty()) TRY(Policy::parse(claims.policy, PolicyKind::session));
  if (claims.policy_arns.size() > 10)
    return fail(Code::validation_error, "At most 10 managed policies may limit a session.");
  for (const std::string& arn : claims.policy_arns)
    if (!read([&](const Directory& all) { return all.find_policy(arn) != nullptr; }))
      return fail(Code::no_such_entity, "Policy " + arn + " does not exist.");
  TRY(check_tags(claims.tags));
  if (packed_size(claims) > kMaxPackedSession)
    return fail(Code::packed_policy_too_large, "Policies and tags of a session may have " +
                                                   std::to_string(kMaxPackedSession) + " bytes together.");
  if (claims.source == kRootId) claims.source = impl_->table.root_stamp();
  TRY(impl_->check_alive(claims));
  claims.access_key = new_access_key_id("ASIA");
  SessionCredentials out;
  out.access_key = claims.access_key;
  out.expires = claims.expires;
  out.token = seal_session(impl_->table.session_key(), claims);
  out.secret_key = session_secret(impl_->table.session_key(), out.token);
  return out;
}

}  // namespace cairn::iam
