#include "cairn/s3wire/access_list.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace cairn::s3wire {
namespace {

const Owner kMe{"me", "Me"};
const Owner kBoss{"boss", "Boss"};

constexpr Accessor kAnonymous{};
constexpr Accessor signed_by(std::string_view id) { return {.id = id, .authenticated = true}; }

Grant user(std::string id, Permission p) { return {{GranteeKind::user, std::move(id), {}}, p}; }
Grant group(GranteeKind kind, Permission p) { return {{kind, {}, {}}, p}; }

AclOwners object_of(const Owner& owner, const Owner& bucket_owner) {
  return {AclTarget::object, owner, bucket_owner};
}

// Grants without the names of accounts.
std::string text_of(const AccessList& list) { return encode_access_list(list); }

TEST(CannedAcl, StandsForItsGrants) {
  struct Row {
    CannedAcl acl;
    std::string_view foreign;  // an object of mine in the boss's bucket
    std::string_view own;      // of mine in my bucket
  };
  const Row rows[] = {
      {CannedAcl::private_acl, "1 me Fo", "1 me Fo"},
      {CannedAcl::public_read, "1 me Fo ra", "1 me Fo ra"},
      {CannedAcl::public_read_write, "1 me Fo ra wa", "1 me Fo ra wa"},
      {CannedAcl::authenticated_read, "1 me Fo rs", "1 me Fo rs"},
      {CannedAcl::bucket_owner_read, "1 me Fo ruboss", "1 me Fo"},
      {CannedAcl::bucket_owner_full_control, "1 me Fo Fuboss", "1 me Fo"},
      {CannedAcl::log_delivery_write, "1 me Fo wl Rl", "1 me Fo wl Rl"},
      {CannedAcl::aws_exec_read, "1 me Fo", "1 me Fo"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(text_of(expand_canned_acl(row.acl, object_of(kMe, kBoss))), row.foreign);
    EXPECT_EQ(text_of(expand_canned_acl(row.acl, object_of(kMe, kMe))), row.own);
    EXPECT_EQ(text_of(expand_canned_acl(row.acl, {AclTarget::bucket, kMe, kBoss})), row.own);
  }
  EXPECT_EQ(
      expand_canned_acl(CannedAcl::bucket_owner_read, object_of(kMe, kBoss)).grants[1].grantee.display_name,
      "Boss");
}

AccountLookup accounts() {
  return {
      .by_id = [](std::string_view id) -> Result<Owner> {
        if (id == "offline") return fail(Code::no_quorum);
        if (id == "nobody") return fail(Code::not_found);
        return Owner{std::string(id), "name of " + std::string(id)};
      },
      .by_email = [](std::string_view address) -> Result<Owner> {
        if (address == "two@x") return fail(Code::ambiguous_grant);
        if (address != "me@x") return fail(Code::not_found);
        return kMe;
      },
  };
}

TEST(BuildAccessList, LooksGranteesUp) {
  AclRequest request;
  request.grants = {user("you", Permission::read),
                    {{GranteeKind::email, "me@x", {}}, Permission::full_control},
                    group(GranteeKind::all_users, Permission::read)};
  const auto list = build_access_list(request, object_of(kMe, kBoss), accounts());
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(text_of(*list), "1 me ruyou Fo ra");
  EXPECT_EQ(list->grants[0].grantee.display_name, "name of you");
  EXPECT_EQ(list->grants[1].grantee.kind, GranteeKind::user);
  struct Row {
    GranteeKind kind;
    const char* id;
    Code code;
  };
  const Row rows[] = {{GranteeKind::user, "nobody", Code::invalid_argument},
                      {GranteeKind::user, "offline", Code::no_quorum},
                      {GranteeKind::email, "you@x", Code::unresolvable_grant},
                      {GranteeKind::email, "two@x", Code::ambiguous_grant}};
  for (const Row& row : rows) {
    request.grants = {{{row.kind, row.id, {}}, Permission::read}};
    EXPECT_EQ(build_access_list(request, object_of(kMe, kBoss), accounts()).error().code, row.code) << row.id;
  }
}

TEST(BuildAccessList, SaysNothingAndIsPrivate) {
  EXPECT_EQ(text_of(build_access_list({}, object_of(kMe, kBoss), accounts()).value()), "1 me Fo");
  AclRequest canned;
  canned.canned = CannedAcl::public_read;
  EXPECT_EQ(text_of(build_access_list(canned, object_of(kMe, kBoss), accounts()).value()), "1 me Fo ra");
}

TEST(BuildAccessList, ADocumentKeepsTheOwner) {
  AclRequest request;
  request.document = AccessList{{"me", "another name"}, {user("you", Permission::write_acp)}};
  const auto list = build_access_list(request, object_of(kMe, kBoss), accounts());
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(text_of(*list), "1 me Wuyou");
  EXPECT_EQ(list->owner.display_name, "Me");
  request.document->grants.clear();
  EXPECT_EQ(text_of(build_access_list(request, object_of(kMe, kBoss), accounts()).value()), "1 me");
  request.document->owner.id = "you";
  EXPECT_EQ(build_access_list(request, object_of(kMe, kBoss), accounts()).error().code, Code::access_denied);
}

TEST(Ownership, DisabledAclsTakeOnlyFullControlOfTheBucketsOwner) {
  const auto canned = [](CannedAcl acl) {
    AclRequest r;
    r.canned = acl;
    return r;
  };
  const auto headers = [](std::vector<Grant> grants) {
    AclRequest r;
    r.grants = std::move(grants);
    return r;
  };
  const auto body = [](std::string owner, std::vector<Grant> grants) {
    AclRequest r;
    r.document = AccessList{{std::move(owner), {}}, std::move(grants)};
    return r;
  };
  const Grant full = user("boss", Permission::full_control);
  const std::pair<AclRequest, bool> rows[] = {
      {AclRequest{}, true},
      {canned(CannedAcl::private_acl), false},
      {canned(CannedAcl::bucket_owner_read), false},
      {canned(CannedAcl::bucket_owner_full_control), true},
      {canned(CannedAcl::public_read), false},
      {canned(CannedAcl::public_read_write), false},
      {canned(CannedAcl::authenticated_read), false},
      {canned(CannedAcl::log_delivery_write), false},
      {canned(CannedAcl::aws_exec_read), false},
      {headers({full}), true},
      {headers({full, user("me", Permission::read)}), false},
      {headers({user("boss", Permission::read)}), false},
      {headers({{{GranteeKind::email, "boss", {}}, Permission::full_control}}), false},
      {headers({group(GranteeKind::all_users, Permission::full_control)}), false},
      {body("boss", {full}), true},
      {body("boss", {}), false},
      {body("me", {full}), false},
      {body("boss", {full, group(GranteeKind::log_delivery, Permission::write)}), false},
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    const auto& [request, allowed] = rows[i];
    const Status status = check_acl_allowed(ObjectOwnership::bucket_owner_enforced, request, "boss");
    EXPECT_EQ(status.has_value(), allowed) << i;
    if (!status) {
      EXPECT_EQ(status.error().code, Code::not_acceptable_acl) << i;
    }
    EXPECT_TRUE(check_acl_allowed(ObjectOwnership::object_writer, request, "boss").has_value()) << i;
    EXPECT_TRUE(check_acl_allowed(ObjectOwnership::bucket_owner_preferred, request, "boss").has_value()) << i;
  }
}

TEST(Ownership, OfANewObject) {
  AclRequest given;
  given.canned = CannedAcl::bucket_owner_full_control;
  const auto owner = [&](ObjectOwnership o, const AclRequest& r) {
    return owner_of_new_object(o, r, kMe, kBoss).id;
  };
  EXPECT_EQ(owner(ObjectOwnership::bucket_owner_enforced, {}), "boss");
  EXPECT_EQ(owner(ObjectOwnership::bucket_owner_enforced, given), "boss");
  EXPECT_EQ(owner(ObjectOwnership::bucket_owner_preferred, {}), "me");
  EXPECT_EQ(owner(ObjectOwnership::bucket_owner_preferred, given), "boss");
  EXPECT_EQ(owner(ObjectOwnership::object_writer, {}), "me");
  EXPECT_EQ(owner(ObjectOwnership::object_writer, given), "me");
}

TEST(Ownership, AclsAreDisabledOnlyWhereNobodyElseHasAGrant) {
  const auto check = [](std::string_view stored) {
    return check_acls_can_be_disabled(decode_access_list(stored).value());
  };
  EXPECT_TRUE(check("1 me Fo").has_value());
  EXPECT_TRUE(check("1 me").has_value());
  for (const std::string_view stored : {"1 me Fo ra", "1 me Fo ruyou", "1 me Fo wl", "1 me rs"})
    EXPECT_EQ(check(stored).error().code, Code::invalid_bucket_acl_with_object_ownership) << stored;
}

TEST(PublicAcls, AreThoseOfTheGroupsOfAllUsers) {
  const std::pair<std::string_view, bool> rows[] = {{"1 me Fo", false},       {"1 me Fo ra", true},
                                                    {"1 me Fo Wa", true},     {"1 me Fo rs", true},
                                                    {"1 me Fo wl Rl", false}, {"1 me Fo Fuyou", false}};
  for (const auto& [stored, is] : rows)
    EXPECT_EQ(is_public(decode_access_list(stored).value()), is) << stored;
}

TEST(EffectiveAccessList, IgnoresWhatIsSwitchedOff) {
  const AccessList list = decode_access_list("1 me Fo ra ws ruyou wl").value();
  const auto effective = [&](ObjectOwnership o, bool ignore) {
    return text_of(effective_access_list(list, o, kBoss, ignore));
  };
  EXPECT_EQ(effective(ObjectOwnership::object_writer, false), "1 me Fo ra ws ruyou wl");
  EXPECT_EQ(effective(ObjectOwnership::object_writer, true), "1 me Fo ruyou wl");
  EXPECT_EQ(effective(ObjectOwnership::bucket_owner_preferred, true), "1 me Fo ruyou wl");
  EXPECT_EQ(effective(ObjectOwnership::bucket_owner_enforced, false), "1 boss Fo");
}

std::string names(const PermissionSet& set) {
  std::string out;
  if (set.has(Permission::read)) out += 'r';
  if (set.has(Permission::write)) out += 'w';
  if (set.has(Permission::read_acp)) out += 'R';
  if (set.has(Permission::write_acp)) out += 'W';
  if (set.has(Permission::full_control)) out += 'F';
  return out;
}

TEST(Permissions, OfEveryKindOfAccessor) {
  struct Row {
    std::string_view stored;
    std::string_view owner, you, stranger, anonymous, logs;
  };
  const Row rows[] = {
      {"1 me Fo", "rwRWF", "", "", "", ""},
      {"1 me", "RW", "", "", "", ""},
      {"1 me ro ruyou", "rRW", "r", "", "", ""},
      {"1 me Fo Fuyou", "rwRWF", "rwRWF", "", "", ""},
      {"1 me Fo ruyou wuyou Ruyou Wuyou", "rwRWF", "rwRWF", "", "", ""},
      {"1 me Fo ra", "rwRWF", "r", "r", "r", "r"},
      {"1 me Fo rs wa", "rwRWF", "rw", "rw", "w", "rw"},
      {"1 me Fo Rs Wuyou", "rwRWF", "RW", "R", "", "R"},
      {"1 me wl Rl", "RW", "", "", "", "wR"},
      {"1 65a011a29cdf8ec533ec3d1ccaae921c Fo", "", "", "", "rwRWF", ""},
  };
  for (const Row& row : rows) {
    const AccessList list = decode_access_list(row.stored).value();
    EXPECT_EQ(names(permissions_of(list, signed_by("me"))), row.owner) << row.stored;
    EXPECT_EQ(names(permissions_of(list, signed_by("you"))), row.you) << row.stored;
    EXPECT_EQ(names(permissions_of(list, signed_by("stranger"))), row.stranger) << row.stored;
    EXPECT_EQ(names(permissions_of(list, kAnonymous)), row.anonymous) << row.stored;
    const Accessor logs{.id = "logs", .authenticated = true, .log_delivery = true};
    EXPECT_EQ(names(permissions_of(list, logs)), row.logs) << row.stored;
  }
  AccessList unresolved{kMe, {{{GranteeKind::email, "you", {}}, Permission::read}}};
  EXPECT_TRUE(permissions_of(unresolved, signed_by("you")).empty());
}

TEST(AclNeed, FollowsTheTableOfTheUserGuide) {
  struct Row {
    AclTarget target;
    Permission permission;
    std::vector<Operation> operations;
  };
  using enum Operation;
  const Row rows[] = {
      {AclTarget::bucket,
       Permission::read,
       {head_bucket, list_objects, list_objects_v2, list_object_versions, list_multipart_uploads}},
      {AclTarget::bucket,
       Permission::write,
       {put_object, post_object, copy_object, create_multipart_upload, upload_part, upload_part_copy,
        complete_multipart_upload, delete_object}},
      {AclTarget::bucket, Permission::read_acp, {get_bucket_acl}},
      {AclTarget::bucket, Permission::write_acp, {put_bucket_acl}},
      {AclTarget::object,
       Permission::read,
       {get_object, head_object, get_object_attributes, select_object_content}},
      {AclTarget::object, Permission::read_acp, {get_object_acl}},
      {AclTarget::object, Permission::write_acp, {put_object_acl}},
  };
  std::size_t known = 0;
  for (const Row& row : rows)
    for (const Operation op : row.operations) {
      ++known;
      EXPECT_EQ(acl_need(op), (AclNeed{row.target, row.permission})) << operation_name(op);
    }
  std::size_t all = 0;
  for (int op = 0; op <= static_cast<int>(options_preflight); ++op)
    all += acl_need(static_cast<Operation>(op)).has_value();
  EXPECT_EQ(all, known);  // nothing else, above all no policy, tag or lock of anybody's
}

TEST(AclAllows, WhatTheListsSay) {
  using enum Operation;
  struct Row {
    Operation op;
    std::string_view bucket;  // of the boss
    std::string_view object;  // empty: none
    std::string_view who;     // empty: anonymous
    bool version;
    bool allowed;
  };
  const Row rows[] = {
      {list_objects_v2, "1 boss Fo", "", "boss", false, true},
      {list_objects_v2, "1 boss Fo", "", "you", false, false},
      {list_objects_v2, "1 boss Fo ra", "", "", false, true},
      {list_objects_v2, "1 boss Fo rs", "", "", false, false},
      {list_objects_v2, "1 boss Fo rs", "", "you", false, true},
      // An object's list counts for reading it, the bucket's does not.
      {get_object, "1 boss Fo ra", "1 me Fo", "you", false, false},
      {get_object, "1 boss Fo", "1 me Fo ra", "", false, true},
      {get_object, "1 boss Fo", "1 me Fo", "boss", false, false},
      {get_object, "1 boss Fo", "1 me Fo ruboss", "boss", false, true},
      {get_object, "1 boss Fo ra", "", "you", false, false},
      {get_object, "1 boss Fo", "1 me Fo wa", "you", false, false},
      // Creating, overwriting, deleting.
      {put_object, "1 boss Fo", "", "you", false, false},
      {put_object, "1 boss Fo wa", "", "", false, true},
      {put_object, "1 boss Fo wa", "1 me Fo", "you", false, false},
      {put_object, "1 boss Fo wa", "1 me Fo", "me", false, true},
      {put_object, "1 boss Fo wa", "1 me Fo", "boss", false, true},
      {put_object, "1 boss ro", "1 me Fo", "boss", false, false},
      {put_object, "1 boss Fo", "1 me Fo", "me", false, false},
      {delete_object, "1 boss Fo wa", "1 me Fo", "you", false, false},
      {delete_object, "1 boss Fo wa", "1 me Fo", "me", false, true},
      {delete_object, "1 boss Fo wa", "1 me Fo", "me", true, false},
      {delete_object, "1 boss Fo", "1 me Fo", "boss", true, true},
      {put_object, "1 boss Fo wa", "1 65a011a29cdf8ec533ec3d1ccaae921c Fo", "", false, true},
      // Lists.
      {get_bucket_acl, "1 boss", "", "boss", false, true},
      {put_bucket_acl, "1 boss Fo Ra", "", "", false, false},
      {get_bucket_acl, "1 boss Fo Ra", "", "", false, true},
      {put_object_acl, "1 boss Fo", "1 me", "me", false, true},
      {put_object_acl, "1 boss Fo Wuyou", "1 me", "you", false, false},
      {get_object_acl, "1 boss Fo", "1 me Fo Ruyou", "you", false, true},
      // What lists never allow.
      {put_bucket_policy, "1 boss Fo Fa", "", "you", false, false},
      {put_object_tagging, "1 boss Fo Fa", "1 me Fo Fa", "you", false, false},
      {unknown, "1 boss Fo", "", "boss", false, false},
  };
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    const Row& row = rows[i];
    const AccessList bucket = decode_access_list(row.bucket).value();
    AccessList object;
    if (!row.object.empty()) object = decode_access_list(row.object).value();
    const AclQuestion question{row.op, row.version, &bucket, row.object.empty() ? nullptr : &object,
                               row.who.empty() ? kAnonymous : signed_by(row.who)};
    EXPECT_EQ(acl_allows(question), row.allowed) << i << ' ' << operation_name(row.op);
  }
}

TEST(StoredAccessList, HasOneForm) {
  for (const std::string_view stored :
       {"1 me", "1 me Fo", "1 me ro wo Ro Wo Fo", "1 me Fuyou ra rs rl", "1 me%20too Fo ru%C3%A9%2F%25",
        "1 79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be Fo"}) {
    const auto list = decode_access_list(stored);
    ASSERT_TRUE(list.has_value()) << stored;
    EXPECT_EQ(encode_access_list(*list), stored);
  }
  const auto list = decode_access_list("1 me%20too Fo ru%C3%A9%2F%25").value();
  EXPECT_EQ(list.owner.id, "me too");
  EXPECT_EQ(list.grants,
            (std::vector{user("me too", Permission::full_control), user("\u00E9/%", Permission::read)}));
  // What was not looked up grants nothing.
  EXPECT_EQ(encode_access_list({kMe, {{{GranteeKind::email, "a@b", {}}, Permission::read}}}), "1 me");
}

TEST(StoredAccessList, RefusesTheRest) {
  for (const std::string_view stored : {"",           " ",           "x me",          "1",
                                        "1 ",         "1  Fo",       "1 me ",         "1 me  Fo",
                                        "1 me Fo ",   "1 me F",      "1 me X",        "1 me Xo",
                                        "1 me Fx",    "1 me Fou",    "1 me Fu",       "1 me Fume",
                                        "1 me Faall", "1 me Fuyou%", "1 me Fuyou%2f", "1 me Fu%79ou",
                                        "1 m/e Fo",   " 1 me"}) {
    const auto list = decode_access_list(stored);
    ASSERT_FALSE(list.has_value()) << '"' << stored << '"';
    EXPECT_EQ(list.error().code, Code::corrupt) << '"' << stored << '"';
  }
  EXPECT_EQ(decode_access_list("2 me Fo").error().code, Code::unsupported);
  std::string many = "1 me";
  for (std::size_t i = 0; i < kMaxGrants; ++i) many += " ra";
  EXPECT_TRUE(decode_access_list(many).has_value());
  EXPECT_EQ(decode_access_list(many + " ra").error().code, Code::corrupt);
}

}  // namespace
}  // namespace cairn::s3wire
