"""Object lock attacked: no version that is locked vanishes or changes, by whatever way it is tried, before its time.

A clock that is set back or forth is not tried here; `tests/unit/store/versions_test.cpp` sets one.
"""

import random
import shutil
import threading
import time

import pytest

from helpers import data
from helpers.vault import BYPASS, COMPLIANCE, DAY, GOVERNANCE, HOLD, KINDS, WRITERS, Vault, date, lock_headers, retention

FAST_DAYS = {"CAIRN_LIFECYCLE_DAY": "1s", "CAIRN_LIFECYCLE_INTERVAL": "500ms"}
KILLS = 4


def refused(answer, status=403, code="AccessDenied"):
    assert (answer.status, answer.code) == (status, code), answer


def errors_of(answer):
    assert answer.status == 200, answer
    return [(e.findtext("Key"), e.findtext("Code")) for e in answer.xml().findall("Error")]


def attack_removal(vault, kind, key, version):
    refused(vault.delete(key, version))
    refused(vault.delete(key, version, {"If-Match": vault.kept[key, version][2][0]}))
    assert errors_of(vault.delete_many([(key, version)])) == [(key, "AccessDenied")]
    if kind != GOVERNANCE:
        refused(vault.delete(key, version, BYPASS))
        assert errors_of(vault.delete_many([(key, version)], BYPASS)) == [(key, "AccessDenied")]


def attack_retention(vault, kind, key, version):
    refused(vault.retain(key, version, retention(COMPLIANCE, date(-DAY))), 400, "InvalidArgument")
    assert vault.retain(key, version, b"<Retention><Mode>FOREVER</Mode></Retention>").status == 400
    if kind == HOLD:
        return
    refused(vault.retain(key, version, retention(kind, date(DAY / 2))))
    refused(vault.retain(key, version, b"<Retention/>"))
    if kind == COMPLIANCE:
        for headers in ({}, BYPASS):
            refused(vault.retain(key, version, retention(GOVERNANCE, date(DAY * 2)), headers))
            refused(vault.retain(key, version, retention(COMPLIANCE, date(DAY / 2)), headers))
            refused(vault.retain(key, version, b"<Retention/>", headers))


def attack_by_writing(vault, kind, key, version):
    """None of these is refused, and none touches what is there: each makes a version of its own."""
    count = len(vault.versions(key))
    made = [vault.put(key, b"another"), vault.put(key, b"another", "multipart"), vault.put(key, b"another", "copy")]
    itself = {"x-amz-copy-source": f"/{vault.bucket}/{key}?versionId={version}", "x-amz-metadata-directive": "REPLACE",
              "x-amz-meta-owner": "somebody else"}
    made.append(vault.send("PUT", key, headers=itself))
    made.append(vault.send("PUT", key, {"tagging": "", "versionId": version},
                           body=b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"))
    made.append(vault.send("DELETE", key))
    for answer in made:
        assert answer.status in (200, 204), answer
    assert len(vault.versions(key)) == count + 5, vault.versions(key)
    tags = vault.send("GET", key, {"tagging": "", "versionId": version})
    assert tags.status == 200 and b"<Value>b</Value>" in tags.body, tags
    assert vault.send("DELETE", key, {"tagging": "", "versionId": version}).status == 204
    # A version id has no place in a PUT of an object; whether it is refused or not heard, the version stays.
    vault.send("PUT", key, {"versionId": version}, body=b"onto it")


def attack_bucket(vault, kind, key, version):
    refused(vault.send("DELETE", ""), 409, "BucketNotEmpty")
    refused(vault.set_versioning("Suspended"), 409, "InvalidBucketState")
    for document in (b"<ObjectLockConfiguration><ObjectLockEnabled>Disabled</ObjectLockEnabled></ObjectLockConfiguration>",
                     b"<ObjectLockConfiguration/>"):
        refused(vault.send("PUT", "", {"object-lock": ""}, body=document), 400, "MalformedXML")
    assert vault.send("DELETE", "", {"object-lock": ""}).status >= 400
    assert b"<ObjectLockEnabled>Enabled" in vault.send("GET", "", {"object-lock": ""}).body
    again = vault.send("PUT", "")  # creating it again is no way to a bucket without lock
    assert again.status in (200, 409), again
    assert b"<Status>Enabled" in vault.send("GET", "", {"versioning": ""}).body


@pytest.mark.parametrize("drives", [1, 4])
def test_every_attack_on_a_locked_version_fails(drives, make_server):
    vault = Vault(make_server(drives))
    locked = [(kind, f"{writer}/{kind}", vault.lock(f"{writer}/{kind}", kind, writer)) for kind in KINDS for writer in WRITERS]
    locked.append((COMPLIANCE, "large", vault.lock("large", COMPLIANCE, size=2_500_000)))
    for attack in (attack_removal, attack_retention, attack_by_writing, attack_bucket, attack_removal):
        for kind, key, version in locked:
            attack(vault, kind, key, version)
            vault.check(attack.__name__, (key, version))
    vault.server.restart()
    vault.client.close()
    vault.check("a restart")
    assert vault.client.send("GET", "/").status == 200


def test_what_ends_a_lock_ends_it(make_server):
    """Otherwise a server that refuses everything would pass."""
    vault = Vault(make_server(4))
    version = vault.lock("governed", GOVERNANCE)
    refused(vault.retain("governed", version, retention(GOVERNANCE, date(60))))
    assert vault.retain("governed", version, retention(GOVERNANCE, date(60)), BYPASS).status == 200
    refused(vault.delete("governed", version))
    assert vault.delete("governed", version, BYPASS).status == 204
    assert vault.look("governed", version)[:2] == (404, "NoSuchVersion")

    version = vault.lock("held", HOLD)
    assert vault.hold("held", version, "OFF").status == 200
    assert vault.delete("held", version).status == 204

    version = vault.lock("short", COMPLIANCE, seconds=3)
    assert vault.retain("short", version, retention(COMPLIANCE, date(4))).status == 200  # longer is allowed
    refused(vault.delete("short", version, BYPASS))
    time.sleep(5)  # its time has to pass
    assert vault.delete("short", version).status == 204
    assert vault.look("short", version)[:2] == (404, "NoSuchVersion")

    both = vault.lock("both", COMPLIANCE, seconds=2)
    assert vault.hold("both", both).status == 200
    vault.keep("both", both)
    time.sleep(3)  # the retention ends, the hold does not
    refused(vault.delete("both", both, BYPASS))
    vault.check("the end of a retention beside a hold", ("both", both))


@pytest.mark.parametrize("writer", WRITERS)
def test_the_default_retention_reaches_every_way_of_writing(writer, make_server):
    vault = Vault(make_server(1))
    assert vault.set_default_retention((COMPLIANCE, 1)).status == 200
    answer = vault.put("k", b"defaulted", writer)
    version = answer.headers["x-amz-version-id"]
    mode, until = vault.keep("k", version)[2][-3:-1]
    assert mode == COMPLIANCE and date(DAY - 120) <= until <= date(DAY + 1), (mode, until)
    attack_removal(vault, COMPLIANCE, "k", version)
    attack_retention(vault, COMPLIANCE, "k", version)
    assert vault.set_default_retention((GOVERNANCE, 1)).status == 200  # for what comes
    assert vault.set_default_retention(None).status == 200
    attack_removal(vault, COMPLIANCE, "k", version)
    vault.check("a change of the default")
    # A retention that is over before it begins is no retention; it must not count as one of its own either.
    past = {"x-amz-object-lock-mode": COMPLIANCE, "x-amz-object-lock-retain-until-date": date(-60)}
    refused(vault.put("past", b"x", writer, past), 400, "InvalidArgument")
    half = {"x-amz-object-lock-mode": COMPLIANCE}
    assert vault.put("past", b"x", writer, half).status == 400
    assert vault.versions("past") == []


def test_a_null_version_can_be_locked(make_server):
    server = make_server(4)
    raw = server.raw()
    raw.make_bucket("vault")
    assert raw.put("vault", "old", b"older than versioning").status == 200
    vault = Vault(server)
    assert vault.set_versioning("Enabled").status == 200 and vault.set_default_retention(None).status == 200
    assert vault.retain("old", "null", retention(COMPLIANCE, date(DAY))).status == 200
    vault.keep("old", "null")
    for attack in (attack_removal, attack_retention, attack_by_writing, attack_bucket, attack_removal):
        attack(vault, COMPLIANCE, "old", "null")
        vault.check(attack.__name__)


@pytest.mark.parametrize("drives", [1, 4])
def test_lifecycle_rules_pass_locked_versions_by(drives, make_server):
    vault = Vault(make_server(drives, env=FAST_DAYS))
    for kind in KINDS:
        vault.lock(f"current/{kind}", kind)
        vault.lock(f"older/{kind}", kind)
        assert vault.put(f"older/{kind}", b"on top").status == 200
        assert vault.send("DELETE", f"older/{kind}").status == 204
    loose = vault.put("older/loose", b"nothing holds it").headers["x-amz-version-id"]
    assert vault.put("older/loose", b"on top").status == 200
    assert vault.put("current/loose", b"nothing holds it").status == 200
    rule = ("<LifecycleConfiguration><Rule><ID>all</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status>"
            "<Expiration><Days>1</Days></Expiration><NoncurrentVersionExpiration><NoncurrentDays>1</NoncurrentDays>"
            "</NoncurrentVersionExpiration></Rule></LifecycleConfiguration>").encode()
    assert vault.send("PUT", "", {"lifecycle": ""}, body=rule).status == 200
    # The loose ones go, so the rules are carried out; then a pass or two more, over all that has become noncurrent by then.
    vault.server.wait_until(lambda: vault.look("older/loose", loose)[0] == 404, 60, "a version without lock to expire")
    vault.server.wait_until(lambda: vault.send("GET", "current/loose").status == 404, 60, "an object without lock to expire")
    for key in [f"current/{kind}" for kind in KINDS]:
        vault.server.wait_until(lambda k=key: vault.send("GET", k).status == 404, 60, f"{key} to be covered by a marker")
    probe = vault.put("probe", b"x").headers["x-amz-version-id"]
    vault.server.wait_until(lambda: vault.look("probe", probe)[0] == 404, 60, "one that was written last to expire")
    vault.check("lifecycle rules")


def race(vault, key, version, deleters, late):
    """Deleters, of whom the late ones hesitate a moment, against one who puts a hold on the version: (the hold's answer, theirs)."""
    begin, answers = threading.Barrier(deleters + 2), [None] * (deleters + 1)

    def run(number):
        client = vault.server.raw()
        try:
            client.send("HEAD", f"/{vault.bucket}")  # so that the connection is there
            begin.wait(60)
            if number and late:
                time.sleep(random.uniform(0, 0.02))
            answers[number] = vault.delete(key, version, client=client) if number else vault.hold(key, version, client=client)
        except OSError as error:
            answers[number] = error
        finally:
            client.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(deleters + 1)]
    for thread in threads:
        thread.start()
    begin.wait(60)  # from here on the caller may kill the server: all are connected
    return threads, answers


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("drives", [1, 4])
def test_a_hold_that_was_acknowledged_beats_every_deleter(drives, make_server, long):
    """And a delete that was acknowledged has happened. The server is killed in the middle of some of the races."""
    rounds, deleters = (400, 24) if long else (24, 8)
    vault = Vault(make_server(drives))
    outcomes = {"held": 0, "deleted": 0}
    for number in range(rounds):
        key = f"race/{number}"
        version = vault.put(key, data.body(key, 3000 if number % 4 else 1_500_000)).headers["x-amz-version-id"]
        if number % 2:  # not the newest: a row, not the head
            assert vault.put(key, b"on top").status == 200
        threads, answers = race(vault, key, version, 1 if number % 3 == 2 else deleters, number % 2)
        if number % (rounds // KILLS) == 1:
            vault.server.kill()
        for thread in threads:
            thread.join(120)
        if not vault.server.alive():
            vault.server.start()
            vault.client.close()
        status, _, headers = vault.look(key, version)
        held, deleted = answers[0], [a for a in answers[1:] if not isinstance(a, OSError)]
        if not isinstance(held, OSError) and held.status == 200:
            assert status == 200 and headers[-1] == "ON", f"round {number}: a hold was acknowledged, and then {status} {headers}"
            vault.keep(key, version)
            outcomes["held"] += 1
        for answer in deleted:
            assert answer.status == 204 or answer.code in ("AccessDenied", "SlowDown", "ServiceUnavailable", "InternalError"), answer
            assert answer.status != 204 or status == 404, f"round {number}: deleted, and yet there: {headers}"
        outcomes["deleted"] += status == 404
    assert min(outcomes.values()) > 0, f"one side always won: this showed little: {outcomes}"
    vault.check("the races")


def everything_is_refused(vault):
    for (key, version), kept in vault.kept.items():
        if kept[2][-3] == COMPLIANCE or kept[2][-1] == "ON":
            refused(vault.delete(key, version, BYPASS))
        refused(vault.delete(key, version))


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("drives", [1, 4])
def test_locks_survive_kills(drives, make_server, long):
    """Writers of locked versions and attackers, cut again and again: each acknowledged lock stands."""
    vault = Vault(make_server(drives))
    server, stopping, lock = vault.server, threading.Event(), threading.Lock()
    acknowledged, complaints = [], []

    def writer(number):
        client, turn = server.raw(), 0
        while not stopping.is_set():
            key, kind, turn = f"w{number}/{turn}", KINDS[turn % 3], turn + 1
            try:
                answer = client.send("PUT", f"/vault/{key}", headers=lock_headers(kind), body=data.body(key, 2000))
                if answer.status == 200:
                    with lock:
                        acknowledged.append((key, kind, answer.headers["x-amz-version-id"]))
            except OSError:
                stopping.wait(0.05)

    def attacker():
        client = server.raw()
        while not stopping.is_set():
            with lock:
                victims = acknowledged[-20:]
            for key, kind, version in victims:
                try:
                    answer = vault.delete(key, version, BYPASS if kind != GOVERNANCE else None, client)
                    if answer.status == 204:
                        complaints.append(f"{key} {kind} {version} was deleted")
                except OSError:
                    stopping.wait(0.05)
            stopping.wait(0.01)

    threads = [threading.Thread(target=writer, args=(n,)) for n in range(4)] + [threading.Thread(target=attacker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(40 if long else KILLS):
        wanted = len(acknowledged) + 12
        server.wait_until(lambda w=wanted: len(acknowledged) >= w, 120, "locked versions to be acknowledged")
        server.kill()
        server.start()
    stopping.set()
    for thread in threads:
        thread.join(120)
    vault.client.close()
    assert not complaints, complaints[:3]
    for key, kind, version in acknowledged:
        status, _, headers = vault.look(key, version)
        assert status == 200 and (headers[-1] == "ON" if kind == HOLD else headers[-3] == kind), (key, kind, version, status, headers)
        vault.keep(key, version)
    everything_is_refused(vault)
    vault.check("kills")


def test_locks_survive_a_lost_drive_and_stand_on_its_successor(make_server, work):
    vault = Vault(make_server(4))
    server = vault.server
    for kind in KINDS:
        vault.lock(f"before/{kind}", kind)
        vault.lock(f"below/{kind}", kind, size=1_500_000)
        assert vault.put(f"below/{kind}", b"on top").status == 200
    assert server.stop() == 0
    shutil.rmtree(work / "drive3")
    server.start()  # without it
    vault.client.close()
    everything_is_refused(vault)
    for kind in KINDS:
        vault.lock(f"meanwhile/{kind}", kind)
    vault.check("the loss of a drive")
    assert server.stop() == 0
    (work / "drive3").mkdir(exist_ok=True)
    server.replace(work / "drive3")
    server.start()
    vault.client.close()
    everything_is_refused(vault)
    server.wait_for_drives(4)
    server.wait_until_whole()
    # The new drive and one other alone have everything, the locks included.
    assert server.stop() == 0
    for name in ("drive1", "drive2"):
        (work / name).rename(work / f"away-{name}")
    server.start(wait="live")
    vault.client.close()
    server.wait_until(lambda: vault.send("GET", "before/" + COMPLIANCE).status == 200, 60, "reads from two drives")
    for (key, version), kept in vault.kept.items():
        assert vault.look(key, version) == kept, (key, version)
        assert vault.delete(key, version, BYPASS).status in (403, 503)
    assert server.stop() == 0
    for name in ("drive1", "drive2"):
        (work / f"away-{name}").rename(work / name)
    server.start()
    vault.client.close()
    server.wait_for_drives(4)
    server.wait_until_whole()
    everything_is_refused(vault)
    vault.check("the return of two drives")
