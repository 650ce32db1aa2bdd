#include <utility>

#include "cairn/s3wire/access_list.hpp"
#include "cairn/s3wire/uri.hpp"

#include "s3wire/ascii.hpp"

// The stored form: "1 <owner> <grant> <grant>..." with a letter for the permission, a letter for the kind of
// grantee and, for a user other than the owner, the id. Ids are percent-encoded, so that none holds a space.
namespace cairn::s3wire {
namespace {

constexpr std::string_view kVersion = "1";
constexpr char kOwner = 'o';

constexpr std::pair<char, Permission> kPermissions[] = {{'r', Permission::read},
                                                        {'w', Permission::write},
                                                        {'R', Permission::read_acp},
                                                        {'W', Permission::write_acp},
                                                        {'F', Permission::full_control}};
constexpr std::pair<char, GranteeKind> kKinds[] = {{'u', GranteeKind::user},
                                                   {'a', GranteeKind::all_users},
                                                   {'s', GranteeKind::authenticated_users},
                                                   {'l', GranteeKind::log_delivery}};

template <class E, std::size_t N>
char letter_of(const std::pair<char, E> (&table)[N], E value) {
  for (const auto& [letter, v] : table)
    if (v == value) return letter;
  return 0;
}

template <class E, std::size_t N>
std::optional<E> value_of(const std::pair<char, E> (&table)[N], char letter) {
  for (const auto& [l, v] : table)
    if (l == letter) return v;
  return std::nullopt;
}

std::unexpected<Error> corrupt() { return fail(Code::corrupt, "an access list cannot be read"); }

Result<Grant> decode_grant(std::string_view text, const Owner& owner) {
  if (text.size() < 2) return corrupt();
  Grant out;
  const auto permission = value_of(kPermissions, text[0]);
  if (!permission) return corrupt();
  out.permission = *permission;
  const std::string_view id = text.substr(2);
  if (text[1] == kOwner && id.empty()) {
    out.grantee.id = owner.id;
    return out;
  }
  const auto kind = value_of(kKinds, text[1]);
  if (!kind || (*kind == GranteeKind::user) == id.empty()) return corrupt();
  out.grantee.kind = *kind;
  TRY(out.grantee.id, percent_decode(id));
  return out;
}

}  // namespace

std::string encode_access_list(const AccessList& list) {
  std::string out(kVersion);
  out += ' ';
  append_uri_encoded(out, list.owner.id, Slash::encode);
  for (const Grant& g : list.grants) {
    const GranteeKind kind = g.grantee.kind;
    if (kind == GranteeKind::email) continue;  // not resolved: grants nothing
    const bool owner = kind == GranteeKind::user && g.grantee.id == list.owner.id;
    out += ' ';
    out += letter_of(kPermissions, g.permission);
    out += owner ? kOwner : letter_of(kKinds, kind);
    if (kind == GranteeKind::user && !owner) append_uri_encoded(out, g.grantee.id, Slash::encode);
  }
  return out;
}

Result<AccessList> decode_access_list(std::string_view text) {
  std::string_view rest = text;
  const std::string_view version = cut(rest, ' ');
  if (!parse_decimal(version)) return corrupt();
  if (version != kVersion) return fail(Code::unsupported, "an access list is of a later version");
  AccessList out;
  auto owner = percent_decode(cut(rest, ' '));
  if (!owner || owner->empty()) return corrupt();
  out.owner.id = std::move(*owner);
  while (!rest.empty()) {
    const auto grant = decode_grant(cut(rest, ' '), out.owner);
    if (!grant || out.grants.size() == kMaxGrants) return corrupt();
    out.grants.push_back(*grant);
  }
  if (encode_access_list(out) != text) return corrupt();  // a list has one form
  return out;
}

}  // namespace cairn::s3wire
