#include "store_rig.hpp"

namespace cairn::iam {
namespace {
using testing::allow;
using testing::Rig;
using testing::run;

TEST(IdentityStore, RootIsKnownBeforeAnythingIsLoadedAndOthersAreAskedToWait) {
  testing::Documents documents;
  ManualClock clock{1};
  IdentityStore store(documents, clock, {"rootuser", "rootsecret"});
  EXPECT_TRUE(store.find("rootuser", "", 1).value()->is_root());
  EXPECT_EQ(store.find("alice", "", 1).error().code, Code::service_unavailable);
  EXPECT_EQ(run(store.create(User{.name = "alice"})).error().code, Code::service_unavailable);
  documents.unreadable = true;
  EXPECT_EQ(run(store.load()).error().code, Code::no_quorum);
  documents.unreadable = false;
  EXPECT_TRUE(run(store.load()));
  EXPECT_EQ(store.find("alice", "", 1).error().code, Code::invalid_access_key_id);
}

TEST(IdentityStore, AKeyStandsForItsUserAndSurvivesARestart) {
  Rig rig;
  const auto alice = rig.user("alice");
  rig.key(alice, "alicekey", "alicesecret");
  for (int i = 0; i < 2; ++i) {
    const IdentityPtr who = rig.find("alicekey").value();
    EXPECT_EQ(who->secret, "alicesecret");
    EXPECT_EQ(who->principal.arn, "arn:aws:iam::000000000000:user/alice");
    EXPECT_EQ(who->principal.user_id, alice->id);
    EXPECT_EQ(who->principal.canonical_id, canonical_id_of(alice->id));
    EXPECT_EQ(who->credential, Identity::Credential::access_key);
    EXPECT_EQ(rig.store->find_canonical(canonical_id_of(alice->id))->display_name, "alice");
    rig.restart();
  }
}

TEST(IdentityStore, RootsCanonicalIdStaysWhenItsKeyChanges) {
  Rig rig;
  const std::string id = rig.find(Rig::kRoot).value()->principal.canonical_id;
  rig.restart("another", "anothersecret");
  EXPECT_EQ(rig.find("another").value()->principal.canonical_id, id);
  EXPECT_FALSE(rig.find(Rig::kRoot));
  EXPECT_EQ(rig.store->find_canonical(id)->display_name, "another");
}

TEST(IdentityStore, AChangeOfAPolicyCountsAtOnce) {
  Rig rig;
  rig.key(rig.user("alice"), "alicekey");
  EXPECT_FALSE(rig.may("alicekey", "s3:GetObject", "arn:aws:s3:::b/k"));
  const auto policy =
      rig.create(ManagedPolicy{.name = "Readers", .versions = {{1, allow("s3:GetObject"), 0}}});
  const std::string arn = policy_arn(*policy);
  ASSERT_TRUE(run(rig.store->update<User>("alice", [&](User& u) -> Status {
    u.permissions.attached.push_back(arn);
    return {};
  })));
  EXPECT_TRUE(rig.may("alicekey", "s3:GetObject", "arn:aws:s3:::b/k"));
  ASSERT_TRUE(run(rig.store->update<ManagedPolicy>("readers", [](ManagedPolicy& p) -> Status {
    p.versions.push_back({p.next_version++, allow("s3:PutObject"), 0});
    p.default_version = p.versions.back().number;
    return {};
  })));
  EXPECT_FALSE(rig.may("alicekey", "s3:GetObject", "arn:aws:s3:::b/k"));
  EXPECT_TRUE(rig.may("alicekey", "s3:PutObject", "arn:aws:s3:::b/k"));
  rig.restart();
  EXPECT_TRUE(rig.may("alicekey", "s3:PutObject", "arn:aws:s3:::b/k"));
  EXPECT_EQ(rig.error(run(rig.store->remove<ManagedPolicy>("Readers"))), Code::delete_conflict);
}

TEST(IdentityStore, AGroupsPoliciesAreItsMembers) {
  Rig rig;
  rig.key(rig.user("alice"), "alicekey");
  const auto group = rig.create(Group{.name = "staff"});
  ASSERT_TRUE(run(rig.store->update<User>("alice", [&](User& u) -> Status {
    u.groups.push_back(group->id);
    return {};
  })));
  ASSERT_TRUE(run(rig.store->update<Group>("staff", [](Group& g) -> Status {
    g.permissions.attached.push_back("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
    g.permissions.inline_policies["p"] = allow("s3:PutObject");
    return {};
  })));
  EXPECT_TRUE(rig.may("alicekey", "s3:GetObject", "arn:aws:s3:::b/k"));
  EXPECT_TRUE(rig.may("alicekey", "s3:PutObject", "arn:aws:s3:::b/k"));
  EXPECT_FALSE(rig.may("alicekey", "s3:DeleteObject", "arn:aws:s3:::b/k"));
  EXPECT_EQ(rig.error(run(rig.store->remove<Group>("staff"))), Code::delete_conflict);
  ASSERT_TRUE(run(rig.store->remove<Group>("staff", true)));
  EXPECT_FALSE(rig.may("alicekey", "s3:GetObject", "arn:aws:s3:::b/k"));
  EXPECT_TRUE(rig.find("alicekey"));
}

TEST(IdentityStore, ABoundaryLimits) {
  Rig rig;
  rig.key(rig.create(User{.name = "alice",
                          .permissions = {{}, {{"all", allow("s3:*")}}},
                          .boundary = "arn:aws:iam::aws:policy/readonly"}),
          "alicekey");
  EXPECT_TRUE(rig.may("alicekey", "s3:GetObject", "arn:aws:s3:::b/k"));
  EXPECT_FALSE(rig.may("alicekey", "s3:PutObject", "arn:aws:s3:::b/k"));
}

TEST(IdentityStore, AServiceAccountActsForItsOwnerWithinItsPolicyUntilItExpires) {
  Rig rig;
  const auto alice = rig.create(User{.name = "alice", .permissions = {{}, {{"all", allow("s3:*")}}}});
  rig.create(AccessKey{.id = "robot",
                       .secret = "robotsecret",
                       .owner = alice->id,
                       .expires = rig.clock.now_ms() + 1'000,
                       .policy = allow("s3:GetObject")});
  EXPECT_EQ(rig.find("robot").value()->principal.arn, user_arn(*alice));
  EXPECT_TRUE(rig.may("robot", "s3:GetObject", "arn:aws:s3:::b/k"));
  EXPECT_FALSE(rig.may("robot", "s3:PutObject", "arn:aws:s3:::b/k"));
  rig.clock.advance(1'000);
  EXPECT_EQ(rig.find("robot").error().code, Code::invalid_access_key_id);
  // Root's as well: it is root, within the policy.
  rig.create(AccessKey{.id = "rootrobot", .owner = std::string(kRootId), .policy = allow("s3:GetObject")});
  EXPECT_TRUE(rig.find("rootrobot").value()->is_root());
  EXPECT_TRUE(rig.may("rootrobot", "s3:GetObject", "arn:aws:s3:::b/k"));
  EXPECT_FALSE(rig.may("rootrobot", "s3:PutObject", "arn:aws:s3:::b/k"));
}

TEST(IdentityStore, WhoIsSwitchedOffOrGoneIsNotKnown) {
  Rig rig;
  rig.key(rig.user("alice"), "alicekey");
  const auto set_enabled = [&](bool on) {
    ASSERT_TRUE(run(rig.store->update<User>("alice", [&](User& u) -> Status {
      u.enabled = on;
      return {};
    })));
  };
  const auto set_active = [&](bool on) {
    ASSERT_TRUE(run(rig.store->update<AccessKey>("alicekey", [&](AccessKey& k) -> Status {
      k.active = on;
      return {};
    })));
  };
  set_enabled(false);
  EXPECT_FALSE(rig.find("alicekey"));
  set_enabled(true);
  EXPECT_TRUE(rig.find("alicekey"));
  set_active(false);
  EXPECT_FALSE(rig.find("alicekey"));
  set_active(true);
  EXPECT_TRUE(rig.find("alicekey"));
  EXPECT_EQ(rig.error(run(rig.store->remove<User>("alice"))), Code::delete_conflict);
  ASSERT_TRUE(run(rig.store->remove<User>("alice", true)));
  EXPECT_FALSE(rig.find("alicekey"));
  // Another user of that name is somebody else.
  const auto again = rig.user("alice");
  EXPECT_FALSE(rig.find("alicekey"));
  EXPECT_EQ(rig.store->find_canonical(canonical_id_of(again->id))->principal.user_id, again->id);
}

TEST(IdentityStore, ARenamedUserStaysTheSame) {
  Rig rig;
  const auto alice = rig.user("alice");
  rig.key(alice, "alicekey");
  ASSERT_TRUE(run(rig.store->update<User>("alice", [](User& u) -> Status {
    u.name = "Alicia";
    u.path = "/staff/";
    return {};
  })));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(rig.find("alicekey").value()->principal.arn, "arn:aws:iam::000000000000:user/staff/Alicia");
    EXPECT_EQ(rig.find("alicekey").value()->principal.user_id, alice->id);
    EXPECT_FALSE(rig.documents.values.contains("iam/users/alice"));
    rig.restart();
  }
  // A change of name that was cut off half-way leaves two documents: the newer counts.
  const auto old = rig.documents.values;
  ASSERT_TRUE(run(rig.store->update<User>("alicia", [](User& u) -> Status {
    u.name = "zoe";
    return {};
  })));
  rig.documents.values["iam/users/alicia"] = old.at("iam/users/alicia");
  rig.restart();
  EXPECT_EQ(rig.find("alicekey").value()->subject->display_name, "zoe");
  EXPECT_EQ(rig.store->read([](const Directory& d) { return d.users.size(); }), 1u);
}

TEST(IdentityStore, NamesAreTakenOnceWhateverTheirCase) {
  Rig rig;
  const auto alice = rig.user("Alice");
  EXPECT_EQ(rig.error(run(rig.store->create(User{.name = "aLICE"}))), Code::entity_already_exists);
  rig.key(alice, "key1");
  EXPECT_EQ(rig.error(run(rig.store->create(AccessKey{.id = "key1", .owner = alice->id}))),
            Code::entity_already_exists);
  EXPECT_EQ(rig.error(run(rig.store->create(AccessKey{.id = Rig::kRoot, .owner = alice->id}))),
            Code::entity_already_exists);
  EXPECT_EQ(rig.error(run(rig.store->create(AccessKey{.id = "key2", .owner = "AIDANOBODY"}))),
            Code::no_such_entity);
}

TEST(IdentityStore, WhatIsNotValidChangesNothing) {
  Rig rig;
  const auto alice = rig.user("alice");
  const int writes = rig.documents.writes;
  const auto refuse_user = [&](User u) { return rig.error(run(rig.store->create(std::move(u)))); };
  EXPECT_EQ(refuse_user({.name = ""}), Code::validation_error);
  EXPECT_EQ(refuse_user({.name = "a/b"}), Code::validation_error);
  EXPECT_EQ(refuse_user({.name = std::string(65, 'a')}), Code::validation_error);
  EXPECT_EQ(refuse_user({.name = "bob", .path = "staff"}), Code::validation_error);
  EXPECT_EQ(refuse_user({.name = "bob", .boundary = "arn:aws:iam::aws:policy/None"}), Code::no_such_entity);
  EXPECT_EQ(refuse_user({.name = "bob", .tags = {{"k", "1"}, {"K", "2"}}}), Code::validation_error);
  EXPECT_EQ(refuse_user({.name = "bob", .tags = {{"k", "\xff"}}}), Code::validation_error);
  EXPECT_EQ(refuse_user({.name = "bob", .tags = TagList(51, Tag{"k", ""})}), Code::limit_exceeded);
  EXPECT_EQ(refuse_user({.name = "bob", .permissions = {{}, {{"p", "{}"}}}}), Code::malformed_policy);
  EXPECT_EQ(refuse_user({.name = "bob",
                         .permissions = {{},
                                         {{"p", allow("s3:" + std::string(1'000, 'a'))},
                                          {"q", allow("s3:" + std::string(1'000, 'b'))}}}}),
            Code::limit_exceeded);
  const auto refuse_key = [&](AccessKey k) {
    k.owner = alice->id;
    return rig.error(run(rig.store->create(std::move(k))));
  };
  EXPECT_EQ(refuse_key({.id = "ab", .secret = "long enough"}), Code::validation_error);
  EXPECT_EQ(refuse_key({.id = "a/b", .secret = "long-enough"}), Code::validation_error);
  EXPECT_EQ(refuse_key({.id = "ASIAOFMYOWN", .secret = "long-enough"}), Code::validation_error);
  EXPECT_EQ(refuse_key({.id = "abc", .secret = "short"}), Code::validation_error);
  EXPECT_EQ(refuse_key({.id = "abc", .secret = "long-enough", .policy = "no JSON"}), Code::malformed_policy);
  EXPECT_EQ(rig.error(run(rig.store->create(Role{.name = "r", .trust = allow("s3:*")}))),
            Code::malformed_policy);
  EXPECT_EQ(rig.documents.writes, writes);
}

TEST(IdentityStore, AWriteThatFailsChangesNothingAndOneOfUnknownOutcomeIsAskedFor) {
  Rig rig;
  rig.documents.failure = Code::no_quorum;
  EXPECT_EQ(rig.error(run(rig.store->create(User{.name = "alice"}))), Code::no_quorum);
  const auto known = [&](const char* name) {
    return rig.store->read([&](const Directory& d) { return d.users.find(name) != nullptr; });
  };
  EXPECT_FALSE(known("alice"));
  // It happened, as a look shows.
  rig.documents.failure = Code::outcome_unknown;
  rig.documents.applies = true;
  EXPECT_TRUE(run(rig.store->create(User{.name = "alice"})));
  EXPECT_TRUE(known("alice"));
  // It happened, but that cannot be seen now: it shows before the next change.
  rig.documents.unreadable = true;
  EXPECT_EQ(rig.error(run(rig.store->create(User{.name = "bob"}))), Code::outcome_unknown);
  EXPECT_FALSE(known("bob"));
  rig.documents.failure.reset();
  EXPECT_EQ(rig.error(run(rig.store->create(User{.name = "carol"}))), Code::no_quorum);
  rig.documents.unreadable = false;
  EXPECT_EQ(rig.error(run(rig.store->create(User{.name = "bob"}))), Code::entity_already_exists);
  EXPECT_TRUE(known("bob"));
}

TEST(IdentityStore, ADocumentOfALaterFormatStopsTheLoad) {
  Rig rig;
  rig.user("alice");
  auto& text = rig.documents.values.at("iam/users/alice");
  text.replace(text.find("\"format\":1"), 10, "\"format\":2");
  IdentityStore store(rig.documents, rig.clock, {"rootuser", "rootsecret"});
  EXPECT_EQ(run(store.load()).error().code, Code::unsupported);
  EXPECT_FALSE(store.loaded());
}

TEST(IdentityStore, AUserIsFoundByItsAddress) {
  Rig rig;
  const auto alice = rig.create(User{.name = "alice", .tags = {{"Email", "Alice@Example.com"}}});
  const auto bob = rig.user("bob@example.com");
  EXPECT_EQ(rig.store->find_email("alice@example.com")->principal.user_id, alice->id);
  EXPECT_EQ(rig.store->find_email("bob@EXAMPLE.com")->principal.user_id, bob->id);
  EXPECT_EQ(rig.store->find_email("alice"), nullptr);
  EXPECT_EQ(rig.store->find_email("carol@example.com"), nullptr);
}

// Tokens.
struct Sessions : ::testing::Test {
  Rig rig;
  Ref<User> alice = rig.create(User{.name = "alice", .permissions = {{}, {{"all", allow("s3:*")}}}});
  Ref<Role> role = rig.create(
      Role{.name = "worker", .trust = testing::trust("*"), .permissions = {{}, {{"all", allow("s3:Get*")}}}});

  SessionClaims claims(bool of_role) {
    return {.assumed_role = of_role,
            .subject = of_role ? role->id : alice->id,
            .source = alice->id,
            .name = "job7",
            .issued = rig.clock.now_ms(),
            .expires = rig.clock.now_ms() + 900'000};
  }
  SessionCredentials issue(SessionClaims c) { return rig.store->issue(std::move(c)).value(); }
};

TEST_F(Sessions, StandForTheirSubjectUntilTheyExpire) {
  const auto own = issue(claims(false)), of_role = issue(claims(true));
  EXPECT_TRUE(own.access_key.starts_with("ASIA"));
  EXPECT_EQ(own.secret_key.size(), 40u);
  EXPECT_NE(own.secret_key, of_role.secret_key);
  for (int i = 0; i < 2; ++i) {  // compiled, then kept; the second round after a restart
    const IdentityPtr who = rig.find(own.access_key, own.token).value();
    EXPECT_EQ(who->secret, own.secret_key);
    EXPECT_EQ(who->principal.arn, user_arn(*alice));
    const IdentityPtr worker = rig.find(of_role.access_key, of_role.token).value();
    EXPECT_EQ(worker->principal.arn, "arn:aws:sts::000000000000:assumed-role/worker/job7");
    EXPECT_EQ(worker->principal.identity_arn, role_arn(*role));
    EXPECT_EQ(worker->principal.user_id, role->id + ":job7");
    EXPECT_EQ(worker->principal.canonical_id, canonical_id_of(role->id));
    EXPECT_TRUE(rig.may(own.access_key, "s3:PutObject", "arn:aws:s3:::b/k", own.token));
    EXPECT_FALSE(rig.may(of_role.access_key, "s3:PutObject", "arn:aws:s3:::b/k", of_role.token));
    EXPECT_TRUE(rig.may(of_role.access_key, "s3:GetObject", "arn:aws:s3:::b/k", of_role.token));
    rig.restart();
  }
  rig.clock.advance(900'000);
  EXPECT_EQ(rig.find(own.access_key, own.token).error().code, Code::expired_token);
}

TEST_F(Sessions, ATokenServesOnlyItsOwnKeyAndNotWhenChanged) {
  const auto a = issue(claims(false)), b = issue(claims(false));
  EXPECT_EQ(rig.find(a.access_key, b.token).error().code, Code::invalid_token);
  EXPECT_EQ(rig.find(a.access_key).error().code, Code::invalid_access_key_id);
  EXPECT_TRUE(rig.find(a.access_key, a.token));
  for (const std::size_t at : {std::size_t{0}, std::size_t{20}, a.token.size() / 2, a.token.size() - 3}) {
    std::string changed = a.token;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_EQ(rig.find(a.access_key, changed).error().code, Code::invalid_token) << at;
  }
  EXPECT_EQ(rig.find(a.access_key, "nonsense").error().code, Code::invalid_token);
}

TEST_F(Sessions, APolicyOfTheSessionNarrowsAndNeverWidens) {
  auto c = claims(true);
  c.policy = allow("s3:*", "arn:aws:s3:::b/mine/*");
  c.policy_arns = {"arn:aws:iam::aws:policy/readonly"};
  const auto s = issue(c);
  EXPECT_TRUE(rig.may(s.access_key, "s3:GetObject", "arn:aws:s3:::b/mine/k", s.token));
  EXPECT_FALSE(rig.may(s.access_key, "s3:PutObject", "arn:aws:s3:::b/mine/k", s.token));
  EXPECT_TRUE(rig.may(s.access_key, "s3:GetObject", "arn:aws:s3:::b/k", s.token));  // by the managed one
  EXPECT_FALSE(rig.may(s.access_key, "s3:GetObjectAcl", "arn:aws:s3:::b/k", s.token));
  c.policy_arns = {"arn:aws:iam::aws:policy/None"};
  EXPECT_EQ(rig.store->issue(c).error().code, Code::no_such_entity);
  c.policy_arns.clear();
  c.policy = allow(std::string(2'100, 'a'));
  EXPECT_EQ(rig.store->issue(c).error().code, Code::malformed_policy);
  c.policy.clear();
  c.tags = TagList(20);
  for (std::size_t i = 0; i < c.tags.size(); ++i)
    c.tags[i] = {"k" + std::to_string(i), std::string(250, 'v')};
  EXPECT_EQ(rig.store->issue(c).error().code, Code::packed_policy_too_large);
}

TEST_F(Sessions, EndWithWhomTheyActForAndWithWhoAskedForThem) {
  const auto own = issue(claims(false)), of_role = issue(claims(true));
  EXPECT_TRUE(rig.find(own.access_key, own.token));
  EXPECT_TRUE(rig.find(of_role.access_key, of_role.token));
  ASSERT_TRUE(run(rig.store->update<User>("alice", [](User& u) -> Status {
    u.enabled = false;
    return {};
  })));
  EXPECT_EQ(rig.find(own.access_key, own.token).error().code, Code::invalid_access_key_id);
  EXPECT_EQ(rig.find(of_role.access_key, of_role.token).error().code, Code::invalid_access_key_id);
  ASSERT_TRUE(run(rig.store->update<User>("alice", [](User& u) -> Status {
    u.enabled = true;
    return {};
  })));
  EXPECT_TRUE(rig.find(of_role.access_key, of_role.token));
  EXPECT_EQ(rig.error(run(rig.store->remove<Role>("worker"))), Code::delete_conflict);
  ASSERT_TRUE(run(rig.store->remove<Role>("worker", true)));
  EXPECT_EQ(rig.find(of_role.access_key, of_role.token).error().code, Code::invalid_access_key_id);
  EXPECT_TRUE(rig.find(own.access_key, own.token));
}

TEST_F(Sessions, OfRootEndWithItsSecret) {
  auto c = claims(false);
  c.subject = c.source = kRootId;
  const auto s = issue(c);
  EXPECT_TRUE(rig.find(s.access_key, s.token).value()->is_root());
  rig.restart();
  EXPECT_TRUE(rig.find(s.access_key, s.token));
  rig.restart(Rig::kRoot, "a new secret");
  EXPECT_EQ(rig.find(s.access_key, s.token).error().code, Code::invalid_access_key_id);
}

}  // namespace
}  // namespace cairn::iam
