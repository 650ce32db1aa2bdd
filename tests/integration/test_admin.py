"""The admin API: the document that describes it, who may use it, what it refuses."""

import datetime
import json
import re

import boto3
import pytest

from helpers import raw
from helpers.admin import OPERATIONS, PREFIX, READ_PHOTOS, Admin, client_of


@pytest.fixture
def server(make_server):
    return make_server(1)


@pytest.fixture
def admin(server):
    return Admin(server)


# ---- the document ----


def test_the_document_has_every_route_and_no_other(admin):
    index = admin("GET", "", expect=200)
    real = {(r["method"], r["path"] or "/", r["action"]) for r in index["routes"]}
    assert real == {(method, path, operation["x-action"]) for (method, path), operation in OPERATIONS.items()}


def test_every_path_and_method_answers_as_the_document_says(admin, server):
    server.raw().make_bucket("photos")
    admin("GET", "", expect=200)
    policy = {"document": READ_PHOTOS, "description": "Reads photos"}
    admin("PUT", "/policies/photos-reader", policy, expect=200)
    admin("GET", "/policies/photos-reader", expect=200)
    admin("GET", "/policies", expect=200)
    admin("POST", "/groups", {"name": "viewers", "policies": ["photos-reader"]}, expect=201)
    admin("POST", "/users", {"name": "alice", "access_key": "alice-key", "secret_key": "alice's secret",
                             "groups": ["viewers"]}, expect=201)
    admin("POST", "/users", {"name": "bob", "with_key": False}, expect=201)
    admin("GET", "/users", expect=200)
    admin("GET", "/users/alice", expect=200)
    admin("PATCH", "/users/alice", {"enabled": False}, expect=200)
    admin("PUT", "/groups/viewers/members/bob", expect=200)
    assert admin("GET", "/groups/viewers", expect=200)["members"] == ["alice", "bob"]
    admin("GET", "/groups", expect=200)
    admin("DELETE", "/groups/viewers/members/bob", expect=200)
    for target in ("/users/bob", "/groups/viewers"):
        admin("PUT", target + "/policies/readonly", expect=200)
        admin("DELETE", target + "/policies/readonly", expect=200)
    key = admin("POST", "/keys", {"user": "bob", "expires": "2099-01-01T00:00:00Z", "policy": READ_PHOTOS}, expect=201)
    path = "/keys/" + key["access_key"]
    assert "secret_key" not in admin("GET", path, expect=200)
    admin("PATCH", path, {"active": False, "expires": None}, expect=200)
    assert admin("GET", "/keys", query={"user": "bob"}, expect=200)["items"][0]["active"] is False
    admin("DELETE", path, expect=200)
    admin("POST", "/explain", {"user": "alice", "action": "s3:GetObject", "resource": "arn:aws:s3:::photos/a"}, expect=200)
    admin("GET", "/usage", expect=200)
    admin("GET", "/usage/photos", expect=200)
    admin("PUT", "/quotas/photos", {"max_bytes": 1000000, "max_objects": 10}, expect=200)
    admin("GET", "/quotas/photos", expect=200)
    assert admin("GET", "/quotas", expect=200)["items"] == [{"bucket": "photos", "max_bytes": 1000000, "max_objects": 10}]
    admin("DELETE", "/quotas/photos", expect=200)
    admin("GET", "/info", expect=200)
    admin("GET", "/heal", expect=200)
    admin("POST", "/verify", expect=202)
    server.wait_until(lambda: not admin("GET", "/verify", expect=200)["running"], 60, "the verifying pass to end")
    admin("DELETE", "/groups/viewers", expect=200)
    admin("DELETE", "/users/alice", expect=200)
    admin("DELETE", "/policies/photos-reader", expect=200)
    assert admin.seen == set(OPERATIONS)


def test_what_does_not_exist_is_404_and_what_is_in_the_way_409(admin):
    for method, path in (("GET", "/users/nobody"), ("DELETE", "/users/nobody"), ("GET", "/groups/none"), ("DELETE", "/keys/none"),
                         ("GET", "/policies/none"), ("GET", "/usage/no-bucket"), ("GET", "/quotas/no-bucket"), ("GET", "/nothing")):
        admin(method, path, expect=404)
    admin("PUT", "/quotas/no-bucket", {"max_bytes": 1}, expect=404)
    admin("POST", "/users", {"name": "alice"}, expect=201)
    admin("POST", "/users", {"name": "Alice"}, expect=409)
    admin("PUT", "/policies/p", {"document": READ_PHOTOS}, expect=200)
    admin("PUT", "/users/alice/policies/p", expect=200)
    admin("DELETE", "/policies/p", expect=409)
    admin("PUT", "/policies/readonly", {"document": READ_PHOTOS}, expect=403)
    answer = admin.client.send("PUT", PREFIX + "/users")
    assert answer.status == 405 and answer.headers["allow"] == "GET, POST"


WRONG_DOCUMENTS = [b"no json", b"[]", b"{", b'{"name": 5}', b'{"nome": "alice"}', b'{"name": "a b/c"}', b"{}", b"", b"[" * 60000,
                   b'{"name":"alice","secret_key":"long enough, but of no key"}', b'{"name":"alice","access_key":"k"}',
                   b'{"name":"x","policies":"readonly"}', b'{"name":"x","policies":[1]}', b'{"name":"x"}{}', b'{"name":"\xff"}']


def test_a_wrong_document_changes_nothing(admin):
    for body in WRONG_DOCUMENTS:
        answer = admin.client.send("POST", PREFIX + "/users", body=body)
        assert answer.status == 400 and json.loads(answer.body)["code"], (body[:100], answer)
    assert admin.client.send("DELETE", PREFIX + "/users/alice", body=b"{}").status == 400  # it takes none
    assert admin("GET", "/users", expect=200)["items"] == []


def test_a_large_document_is_refused(admin):
    answer = admin.client.send("POST", PREFIX + "/users", body=b" " * (65 * 1024))
    assert answer.status == 400, answer
    assert admin("GET", "/users", expect=200)["items"] == []


def statement(action, resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def policy_of(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_every_size_and_count_has_a_limit_and_nothing_changes_beyond_it(admin, server):
    server.raw().make_bucket("photos")
    for number in range(21):
        admin("PUT", f"/policies/p{number}", {"document": READ_PHOTOS}, expect=200)
    policies = admin("GET", "/policies", expect=200)
    many = [f"p{number}" for number in range(21)]
    for body in ({"name": "n" * 65}, {"name": "a", "path": "no path"}, {"name": "a", "policies": many},
                 {"name": "a", "access_key": "k" * 129, "secret_key": "s" * 40}, {"name": "a", "access_key": "key", "secret_key": "short"},
                 {"name": "a", "access_key": "key", "secret_key": "s" * 1000}, {"name": "a\u0007"}, {"name": ""}):
        assert "code" in admin("POST", "/users", body), body
    for body in ({"name": "g" * 129}, {"name": "g", "policies": many}, {"name": "g", "policies": ["missing"]}):
        assert "code" in admin("POST", "/groups", body), body
    long = policy_of(*[statement("s3:GetObject", f"arn:aws:s3:::photos/{'x' * 100}{n}") for n in range(60)])
    for document in ("no policy", "{}", long, policy_of(statement("s3:GetObject", effect="Perhaps")), policy_of(statement("no action"))):
        admin("PUT", "/policies/new", {"document": document}, expect=400)
        admin("PUT", "/policies/p0", {"document": document}, expect=400)
    admin("PUT", "/policies/p0", {"document": READ_PHOTOS, "description": "d" * 1001}, expect=400)
    for body in ({"name": "n" * 129}, {"expires": "yesterday"}, {"expires": "2001-01-01T00:00:00Z"}, {"policy": "{}"}):
        admin("POST", "/keys", body, expect=400)
    for body in ({}, {"max_bytes": -1}, {"max_bytes": 1.5}, {"max_bytes": "1"}, {"max_bytes": 2 ** 53 + 1}, {"max_bytes": None}, {"most": 1}):
        admin("PUT", "/quotas/photos", body, expect=400)
    for body in ({"action": "s3:GetObject"}, {"user": "a", "anonymous": True, "action": "s3:GetObject"},
                 {"anonymous": True, "action": "s3:GetObject", "context": [1]}):
        admin("POST", "/explain", body, expect=400)
    assert admin("GET", "/users", expect=200)["items"] == admin("GET", "/groups", expect=200)["items"] == []
    assert admin("GET", "/keys", expect=200)["items"] == admin("GET", "/quotas", expect=200)["items"] == []
    assert admin("GET", "/policies", expect=200) == policies


def test_lists_come_in_pages(admin):
    names = [f"user{n}" for n in range(7)]
    for name in names:
        admin("POST", "/users", {"name": name, "with_key": False}, expect=201)
    found, after = [], ""
    while True:
        page = admin("GET", "/users", query={"limit": 3, "after": after}, expect=200)
        assert len(page["items"]) <= 3
        found += [u["name"] for u in page["items"]]
        if "next" not in page:
            break
        after = page["next"]
    assert found == names
    admin("GET", "/users", query={"limit": 0}, expect=400)
    admin("GET", "/users", query={"limits": 3}, expect=400)
    admin("GET", "/users", query={"limit": 1001}, expect=400)


# ---- who may ----


def test_only_signed_requests_of_who_may(admin, server):
    for kind in ({"sign": False}, {"secret": "the wrong one"}, {"access": "unknown"}):
        answer = server.raw().send("GET", PREFIX + "/users", **kind)
        assert answer.status == 403, answer
        assert set(json.loads(answer.body)) == {"code", "message", "request_id"}
    target = server.raw().presign("GET", PREFIX + "/users")
    assert server.raw().exchange("GET", target, {}).status == 403
    body = b'{"name": "eve"}'
    for hash_of_it in (raw.UNSIGNED, raw.EMPTY):
        answer = server.raw().send("POST", PREFIX + "/users", body=body, payload_hash=hash_of_it)
        assert answer.status in (400, 403), answer
    assert admin("GET", "/users")["items"] == []


def test_credentials_of_get_session_token_administer_nothing(admin, server):
    key = admin("POST", "/users", {"name": "boss", "policies": ["consoleAdmin"]}, expect=201)
    sts = boto3.client("sts", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=key["access_key"],
                       aws_secret_access_key=key["secret_key"])
    session = sts.get_session_token()["Credentials"]

    def ask(credentials):
        headers = {"x-amz-security-token": credentials["SessionToken"]}
        return server.raw().send("GET", PREFIX + "/users", headers=headers, access=credentials["AccessKeyId"],
                                 secret=credentials["SecretAccessKey"])
    answer = ask(session)
    assert answer.status == 403 and "GetSessionToken" in json.loads(answer.body)["message"], answer
    assert Admin(server, key)("GET", "/users", expect=200)["items"]


def concrete(path):
    return "" if path == "/" else re.sub(r"\{\w+\}", "missing", path)


def test_every_route_asks_for_its_own_action_and_for_nothing_else(admin, server):
    admin("PUT", "/policies/tested", {"document": policy_of(statement("s3:*"))}, expect=200)
    user = Admin(server, admin("POST", "/users", {"name": "tester", "policies": ["tested"]}, expect=201))
    nobody = Admin(server, admin("POST", "/users", {"name": "nobody"}, expect=201))
    for (method, path), operation in OPERATIONS.items():
        target = concrete(path)
        body = {} if "requestBody" in operation else None
        payload = b"{}" if body is not None else b""
        for signing in ({"sign": False}, {"secret": "the wrong one"}, {"access": "unknown"}, {"region": "elsewhere"}):
            answer = server.raw().send(method, PREFIX + target, body=payload, **signing)
            assert answer.status in (400, 403) and "code" in json.loads(answer.body), (method, path, signing, answer)
        action = operation["x-action"]
        if not action:  # the index is for everybody who signs
            nobody(method, target, expect=200)
            continue
        refused = nobody(method, target, body, expect=403)
        assert action in refused["message"]
        others = policy_of(statement("admin:*"), statement(action, effect="Deny"))
        admin("PUT", "/policies/tested", {"document": others}, expect=200)
        assert "explicit deny" in user(method, target, body, expect=403)["message"]
        admin("PUT", "/policies/tested", {"document": policy_of(statement(action))}, expect=200)
        assert user(method, target, body).get("code") != "AccessDenied", (method, path)
        elsewhere = policy_of(statement(action, "arn:aws:iam::000000000000:user/somebody-else"))
        admin("PUT", "/policies/tested", {"document": elsewhere}, expect=200)
        user(method, target, body, expect=403)


def test_a_user_is_not_made_with_more_than_its_maker_may_give(admin, server):
    user = "arn:aws:iam::000000000000:user/"
    admin("POST", "/groups", {"name": "chiefs", "policies": ["consoleAdmin"]}, expect=201)
    admin("PUT", "/policies/maker", {"document": policy_of(
        statement(["admin:CreateUser", "admin:AddUserToGroup"], [user + "*", "arn:aws:iam::000000000000:group/interns*"]),
        statement("admin:AttachUserOrGroupPolicy", user + "guest*"))}, expect=200)
    maker = Admin(server, admin("POST", "/users", {"name": "maker", "policies": ["maker"]}, expect=201))
    maker("POST", "/users", {"name": "eve", "policies": ["consoleAdmin"]}, expect=403)
    maker("POST", "/users", {"name": "eve", "groups": ["chiefs"]}, expect=403)
    maker("POST", "/groups", {"name": "interns", "policies": ["consoleAdmin"]}, expect=403)
    assert [u["name"] for u in admin("GET", "/users")["items"]] == ["maker"]
    maker("POST", "/groups", {"name": "interns"}, expect=201)
    maker("POST", "/users", {"name": "eve", "groups": ["interns"]}, expect=201)
    maker("POST", "/users", {"name": "guest1", "policies": ["readonly"]}, expect=201)


def test_what_object_lock_keeps_stays_whoever_administers(admin, server):
    boto = server.boto()
    boto.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
    version = boto.put_object(Bucket="vault", Key="kept", Body=b"evidence", ObjectLockMode="COMPLIANCE",
                              ObjectLockRetainUntilDate=until)["VersionId"]
    admin("PUT", "/policies/all", {"document": policy_of(statement(["admin:*", "s3:*", "iam:*"]))}, expect=200)
    chief = Admin(server, admin("POST", "/users", {"name": "chief", "policies": ["all"]}, expect=201))
    for who in (admin, chief):
        for (method, path), operation in OPERATIONS.items():
            target = re.sub(r"\{\w+\}", "vault", "" if path == "/" else path)
            who(method, target, {"max_bytes": 0, "max_objects": 0} if "quotas" in path and method == "PUT" else
                {} if "requestBody" in operation else None)
        who("PUT", "/quotas/vault", {"max_bytes": 0, "max_objects": 0}, expect=200)
        gone = who.client.send("DELETE", "/vault/kept", {"versionId": version}, {"x-amz-bypass-governance-retention": "true"})
        assert gone.status == 403, gone
        who("DELETE", "/quotas/vault", expect=200)
    assert boto.get_object(Bucket="vault", Key="kept", VersionId=version)["Body"].read() == b"evidence"
    assert boto.get_object_retention(Bucket="vault", Key="kept", VersionId=version)["Retention"]["Mode"] == "COMPLIANCE"


def test_what_was_changed_survives_a_kill(admin, server):
    server.raw().make_bucket("photos")
    admin("PUT", "/policies/photos-reader", {"document": READ_PHOTOS}, expect=200)
    admin("POST", "/groups", {"name": "viewers", "policies": ["photos-reader"]}, expect=201)
    made = admin("POST", "/users", {"name": "alice", "groups": ["viewers"]}, expect=201)
    admin("PUT", "/quotas/photos", {"max_objects": 7}, expect=200)
    paths = ("/users", "/keys", "/groups", "/groups/viewers", "/policies", "/quotas")
    before = [admin("GET", path, expect=200) for path in paths]
    server.kill()
    server.start()
    again = Admin(server)
    assert [again("GET", path, expect=200) for path in paths] == before
    assert client_of(server, made).send("GET", "/photos").status == 200


def test_policies_decide_what_an_administrator_may(admin, server):
    users = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["admin:ListUsers", "admin:GetUser"], "Resource": "*"},
        {"Effect": "Allow", "Action": "admin:EnableUser", "Resource": "arn:aws:iam::000000000000:user/intern*"}]})
    admin("PUT", "/policies/helpdesk", {"document": users}, expect=200)
    for name in ("intern1", "boss"):
        admin("POST", "/users", {"name": name, "with_key": False}, expect=201)
    made = admin("POST", "/users", {"name": "helper", "policies": ["helpdesk"]}, expect=201)
    helper = Admin(server, made)
    helper("GET", "/users", expect=200)
    helper("PATCH", "/users/intern1", {"enabled": False}, expect=200)
    helper("PATCH", "/users/boss", {"enabled": False}, expect=403)
    helper("POST", "/users", {"name": "friend", "policies": ["consoleAdmin"]}, expect=403)
    helper("GET", "/info", expect=403)
    root_key = admin("POST", "/keys", {"name": "for scripts"}, expect=201)
    assert root_key["user"] is None
    chief = admin("POST", "/users", {"name": "chief", "policies": ["consoleAdmin"]}, expect=201)
    console = Admin(server, chief)
    console("GET", "/info", expect=200)
    console("DELETE", "/keys/" + root_key["access_key"], expect=403)
    console("PATCH", "/keys/" + root_key["access_key"], {"policy": None}, expect=403)


def test_a_user_made_through_the_api_uses_s3_until_it_is_switched_off(admin, server):
    server.raw().make_bucket("photos")
    server.raw().put("photos", "a", b"picture")
    admin("PUT", "/policies/photos-reader", {"document": READ_PHOTOS}, expect=200)
    made = admin("POST", "/users", {"name": "alice", "policies": ["photos-reader"]}, expect=201)
    alice = client_of(server, made)
    assert alice.get("photos", "a").body == b"picture"
    assert alice.send("PUT", "/photos/b", body=b"mine").status == 403
    admin("PUT", "/users/alice/policies/readwrite", expect=200)
    assert alice.send("PUT", "/photos/b", body=b"mine").status == 200
    limited = admin("POST", "/keys", {"user": "alice", "policy": READ_PHOTOS}, expect=201)
    script = client_of(server, limited)
    assert script.send("GET", "/photos/b").status == 200
    assert script.send("PUT", "/photos/c", body=b"no").status == 403
    admin("PATCH", "/users/alice", {"enabled": False}, expect=200)
    assert alice.send("GET", "/photos/a").status == 403
    assert script.send("GET", "/photos/a").status == 403
    server.restart()
    assert Admin(server)("GET", "/users/alice", expect=200)["enabled"] is False
    assert made["secret_key"] not in server.log.read_text()


def test_explain_names_the_statement_that_decides(admin, server):
    server.raw().make_bucket("photos")
    admin("PUT", "/policies/photos-reader", {"document": READ_PHOTOS}, expect=200)
    admin("POST", "/users", {"name": "alice", "policies": ["photos-reader"]}, expect=201)

    def explain(action, resource, **who):
        return admin("POST", "/explain", {**(who or {"user": "alice"}), "action": action, "resource": resource}, expect=200)
    allowed = explain("s3:GetObject", "arn:aws:s3:::photos/a")
    assert (allowed["decision"], allowed["policy"], allowed["statement"], allowed["sid"]) == ("allow", "photos-reader", 0, "Read")
    denied = explain("s3:GetObject", "arn:aws:s3:::photos/private/a")
    assert (denied["decision"], denied["statement"], denied["sid"]) == ("explicit_deny", 1, "NotPrivate")
    nobody = explain("s3:PutObject", "arn:aws:s3:::photos/a")
    assert (nobody["decision"], nobody["statement"]) == ("implicit_deny", None)
    assert [s["outcome"] for s in nobody["statements"]] == ["other_action", "other_resource"]
    public = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                                                      "Resource": "arn:aws:s3:::photos/public/*"}]}
    server.boto().put_bucket_policy(Bucket="photos", Policy=json.dumps(public))
    anonymous = explain("s3:GetObject", "arn:aws:s3:::photos/public/a", anonymous=True)
    assert (anonymous["decision"], anonymous["source"]) == ("allow", "resource")
    root = explain("s3:GetObject", "arn:aws:s3:::photos/private/a", access_key=server.access)
    assert (root["decision"], root["source"]) == ("allow", "root")
    limited = admin("POST", "/keys", {"user": "alice", "policy": policy_of(statement("s3:ListBucket"))}, expect=201)
    narrow = explain("s3:GetObject", "arn:aws:s3:::photos/a", access_key=limited["access_key"])
    assert (narrow["decision"], narrow["source"]) == ("implicit_deny", "session")


def test_explain_knows_what_conditions_ask_for(admin, server):
    conditions = {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}, "StringEquals": {"aws:username": "alice"},
                  "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    document = policy_of(statement("s3:GetObject", "arn:aws:s3:::${aws:username}/*", Condition=conditions))
    admin("PUT", "/policies/own", {"document": document}, expect=200)
    admin("POST", "/users", {"name": "alice", "policies": ["own"]}, expect=201)
    question = {"user": "alice", "action": "s3:GetObject", "resource": "arn:aws:s3:::alice/a"}

    def explain(**more):
        answer = admin("POST", "/explain", {**question, **more}, expect=200)
        return answer["decision"], answer["statements"][0]["outcome"], answer["statements"][0]["condition"]
    assert explain(context={"aws:SourceIp": "10.1.1.1"}) == ("allow", "applies", "")
    assert explain(context={"aws:SourceIp": ["192.0.2.1"]}) == ("implicit_deny", "condition_fails", "IpAddress aws:sourceip")
    assert explain()[1] == "condition_fails"
    assert explain(context={"aws:SourceIp": "10.1.1.1", "aws:CurrentTime": "2019-01-01T00:00:00Z"})[0] == "implicit_deny"
    assert explain(resource="arn:aws:s3:::bob/a")[1] == "other_resource"


def test_what_explain_says_is_what_requests_get(admin, server):
    """The same question to both, for users with all kinds of rights."""
    client = server.raw()
    for bucket in ("photos", "music"):
        client.make_bucket(bucket)
        client.put(bucket, "private/a", b"x")
        client.put(bucket, "a", b"x")
    admin("PUT", "/policies/photos-reader", {"document": READ_PHOTOS}, expect=200)
    admin("POST", "/groups", {"name": "viewers", "policies": ["readonly"]}, expect=201)
    for name, body in {"none": {}, "reader": {"policies": ["photos-reader"]}, "viewer": {"groups": ["viewers"]},
                       "both": {"policies": ["photos-reader"], "groups": ["viewers"]}, "writer": {"policies": ["writeonly"]}}.items():
        user = client_of(server, admin("POST", "/users", {"name": name, **body}, expect=201))
        for bucket in ("photos", "music"):
            for key in ("a", "private/a"):
                for action, method in (("s3:GetObject", "GET"), ("s3:PutObject", "PUT")):
                    told = admin("POST", "/explain", {"user": name, "action": action, "resource": f"arn:aws:s3:::{bucket}/{key}"})
                    got = user.send(method, f"/{bucket}/{key}", body=b"x" if method == "PUT" else b"").status
                    assert (told["decision"] == "allow") == (got == 200), (name, bucket, key, action, told, got)


# ---- the log ----


def test_no_secret_comes_into_a_log_or_a_list(work, make_server):
    server = make_server(1, env={"CAIRN_LOG_LEVEL": "debug", "CAIRN_ACCESS_LOG": "all"})
    admin = Admin(server)
    secrets = [server.secret, "a secret that somebody chose"]
    admin("POST", "/users", {"name": "bob", "access_key": "bobs-key", "secret_key": secrets[1]}, expect=201)
    admin("POST", "/users", {"name": "bob", "access_key": "bobs-key", "secret_key": secrets[1]}, expect=409)
    admin("POST", "/users", {"name": "eve", "access_key": "bobs-key", "secret_key": secrets[1]}, expect=409)
    secrets.append(admin("POST", "/users", {"name": "alice"}, expect=201)["secret_key"])
    secrets.append(admin("POST", "/keys", {"user": "alice"}, expect=201)["secret_key"])
    answers = [admin("GET", path) for path in ("/users", "/users/bob", "/keys", "/keys/bobs-key", "/info")]
    server.stop()
    text = server.log.read_text() + json.dumps(answers)
    assert "bobs-key" in text
    assert not [secret for secret in secrets if secret in text]


def test_changes_leave_a_line_in_the_log(admin, server):
    admin("POST", "/users", {"name": "alice"}, expect=201)
    admin("DELETE", "/users/nobody", expect=404)
    lines = [line for line in server.log.read_text().splitlines() if "administration" in line]
    assert len(lines) == 2
    assert "admin:CreateUser" in lines[0] and "alice" in lines[0] and server.access in lines[0]
    assert 'result="NoSuchEntity"' in lines[1] and "/users/nobody" in lines[1]
