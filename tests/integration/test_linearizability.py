"""One key behaves as one register, whoever fights over it and however often the server is killed; and a list shows what was
acknowledged before it began.

The histories that clients write down are judged by `helpers/linearizability.py`, which the hand-made ones at the end put to the test.
"""

import random
import threading

import pytest

from helpers import data
from helpers.linearizability import FOREVER, MARKER, OK, Op, RegisterModel, VersionsModel, check
from helpers.rivals import Rivals, md5

BUCKET = "fought-over"


def set_versioning(client, bucket, status="Enabled"):
    answer = client.send("PUT", f"/{bucket}", query={"versioning": ""},
                         body=f"<VersioningConfiguration><Status>{status}</Status></VersioningConfiguration>".encode())
    assert answer.status == 200, answer


def judge(rivals, work):
    """Checks every key; the history of one that is wrong stays in the test's folder."""
    wrong = {}
    for key, operations in rivals.operations.items():
        model = VersionsModel(operations) if rivals.versioned else RegisterModel()
        verdict = check(model.relevant(operations), model)
        if not verdict:
            wrong[key] = verdict
            (work / f"history-{key.replace('/', '-')}.txt").write_text(
                "\n".join(map(repr, sorted(operations, key=lambda o: o.start))) + f"\n\n{verdict}\n")
    assert not wrong, f"{len(wrong)} of {len(rivals.keys)} keys: " + "; ".join(f"{k}: {v}" for k, v in wrong.items())[:6000]


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("versioned", [False, True], ids=["register", "versions"])
@pytest.mark.parametrize("drives", [1, 4])
def test_histories_with_kills_are_linearizable(drives, versioned, make_server, work, long):
    wanted, kills = (100_000, 25) if long else (2_500, 4)
    server = make_server(drives)
    server.raw().make_bucket(BUCKET)
    if versioned:
        set_versioning(server.raw(), BUCKET)
    rng = random.Random(f"{drives}/{versioned}")
    rivals = Rivals(server, BUCKET, wanted, versioned, seed=rng.random()).start()
    for kill in range(1, kills + 1):
        rivals.wait_for(wanted * kill // (kills + 1) + rng.randrange(wanted // kills // 4))
        server.kill()
        server.start()
    rivals.wait_for(wanted)
    rivals.finish()
    assert rivals.counts["known"] >= wanted * 0.8, rivals.counts
    assert rivals.counts["unknown"] >= kills, f"hardly a write was ever cut: {rivals.counts}"
    judge(rivals, work)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("drives", [1, 4])
def test_of_many_creators_exactly_one_wins(drives, make_server, long):
    """Rounds of 64 writers with If-None-Match: * on one key, by PUT, by copy and by completing an upload."""
    creators, rounds = 64, 300 if long else 6
    server = make_server(drives)
    first = server.raw()
    first.make_bucket(BUCKET)
    bodies = [data.body(f"creator {n}", 200 + n) for n in range(creators)]
    for number, body in enumerate(bodies):
        assert first.put(BUCKET, f"source/{number}", body).status == 200
    start, stop = threading.Barrier(creators + 1), threading.Barrier(creators + 1)
    answers, failures = [None] * creators, []

    def create(number):
        try:
            create_in_turns(number)
        except threading.BrokenBarrierError:
            pass  # somebody else has failed
        except Exception as error:
            failures.append(f"creator {number}: {error!r}")
            start.abort()
            stop.abort()

    def create_in_turns(number):
        client = server.raw()
        for turn in range(rounds):
            key, headers, upload = f"round/{turn}", {"If-None-Match": "*"}, None
            if number % 3 == 1:
                headers["x-amz-copy-source"] = f"/{BUCKET}/source/{number}"
            elif number % 3 == 2:
                upload = client.create_upload(BUCKET, key)
                assert client.put_part(BUCKET, key, upload, 1, bodies[number]).status == 200
            start.wait(120)
            if upload:
                document = (f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{md5(bodies[number])}</ETag></Part>"
                            "</CompleteMultipartUpload>").encode()
                answers[number] = client.send("POST", f"/{BUCKET}/{key}", {"uploadId": upload}, headers, document)
            else:
                body = b"" if "x-amz-copy-source" in headers else bodies[number]
                answers[number] = client.send("PUT", f"/{BUCKET}/{key}", headers=headers, body=body)
            stop.wait(120)

    threads = [threading.Thread(target=create, args=(n,), daemon=True) for n in range(creators)]
    for thread in threads:
        thread.start()
    winners = set()
    try:
        for turn in range(rounds):
            start.wait(120)
            stop.wait(120)
            won = [n for n, answer in enumerate(answers) if answer.status == 200]
            assert len(won) == 1, f"round {turn}: {len(won)} winners: {[answers[n] for n in won]}"
            for answer in answers:
                assert answer.status in (200, 412) or answer.code == "ConditionalRequestConflict", answer
            assert first.get(BUCKET, f"round/{turn}").body == bodies[won[0]]
            winners.add(won[0])
    except threading.BrokenBarrierError:
        pytest.fail(f"{failures or 'a barrier was not reached in time'}")
    finally:
        start.abort()
    assert len(winners) > 1, "one client was always first: this showed little"


# ---- the checker itself ----


def op(kind, *args, got, at):
    """`at` is (start, end); `got` is the result, or None where it is unknown."""
    result = None if got is None else got if isinstance(got, tuple) else (got,)
    return Op(kind, args, result, at[0], FOREVER if got is None else at[1])


A, B, C = "a" * 32, "b" * 32, "c" * 32

GOOD = {
    "one after the other": [op("put", A, got=OK, at=(0, 1)), op("read", got=A, at=(2, 3)), op("delete", got=OK, at=(4, 5)),
                            op("read", got=(None,), at=(6, 7))],
    "a read beside a write sees either": [op("put", A, got=OK, at=(0, 1)), op("put", B, got=OK, at=(2, 9)),
        op("read", got=A, at=(3, 4)),
                                          op("read", got=B, at=(5, 6))],
    "a cut write that is seen late": [op("put", A, got=None, at=(0, 0)), op("read", got=(None,), at=(1, 2)),
        op("put", B, got=OK, at=(3, 4)),
                                      op("read", got=B, at=(5, 6)), op("read", got=A, at=(7, 8))],
    "a cut write that never happened": [op("put", A, got=None, at=(0, 0)), op("create", B, got=OK, at=(3, 4))],
    "a cut write that a creator ran into": [op("put", A, got=None, at=(0, 0)), op("create", B, got=412, at=(3, 4)),
                                            op("remove", B, got=412, at=(5, 6))],
    "two cut writes, one on top of the other": [op("put", A, got=None, at=(0, 0)), op("replace", B, A, got=None, at=(1, 1)),
                                                op("read", got=B, at=(3, 4))],
    "one creator of two": [op("create", A, got=OK, at=(0, 5)), op("create", B, got=412, at=(0, 5)), op("read", got=A, at=(6, 7))],
    "a loser beside a delete": [op("create", A, got=OK, at=(0, 1)), op("delete", got=OK, at=(2, 5)),
        op("create", B, got=OK, at=(2, 5)),
                                op("create", C, got=412, at=(2, 5)), op("read", got=B, at=(6, 7))],
}
BAD = {
    "a lost write": [op("put", A, got=OK, at=(0, 1)), op("read", got=(None,), at=(2, 3))],
    "a stale read": [op("put", A, got=OK, at=(0, 1)), op("put", B, got=OK, at=(2, 3)), op("read", got=A, at=(4, 5))],
    "a read that goes back": [op("put", A, got=OK, at=(0, 1)), op("put", B, got=OK, at=(2, 9)), op("read", got=B, at=(3, 4)),
                              op("read", got=A, at=(5, 6))],
    "a value from nowhere": [op("put", A, got=OK, at=(0, 1)), op("read", got=B, at=(0, 5))],
    "a read before its write": [op("read", got=A, at=(0, 1)), op("put", A, got=OK, at=(2, 3))],
    "two creators": [op("create", A, got=OK, at=(0, 5)), op("create", B, got=OK, at=(0, 5)), op("read", got=A, at=(6, 7))],
    "no creator": [op("create", A, got=412, at=(0, 5)), op("create", B, got=412, at=(0, 5))],
    "two that replaced the same": [op("put", A, got=OK, at=(0, 1)), op("replace", B, A, got=OK, at=(2, 9)),
        op("replace", C, A, got=OK, at=(2, 9))],
    "a refused write that happened": [op("put", A, got=OK, at=(0, 1)), op("create", B, got=412, at=(2, 3)),
        op("read", got=B, at=(4, 5))],
    "a deleted object that returns": [op("put", A, got=OK, at=(0, 1)), op("delete", got=OK, at=(2, 3)),
        op("read", got=A, at=(4, 5))],
    "a cut write that comes and goes": [op("put", A, got=OK, at=(0, 1)), op("put", B, got=None, at=(2, 2)),
        op("read", got=B, at=(3, 4)),
                                        op("read", got=A, at=(5, 6))],
    "a cut write that happened twice": [op("put", B, got=None, at=(0, 0)), op("read", got=B, at=(1, 2)),
        op("put", A, got=OK, at=(3, 4)),
                                        op("read", got=B, at=(5, 6))],
    "an order that three reads contradict": [op("put", A, got=OK, at=(0, 9)), op("put", B, got=OK, at=(0, 9)),
        op("read", got=A, at=(1, 2)),
                                             op("read", got=B, at=(3, 4)), op("read", got=A, at=(5, 6))],
    "a removal that was refused for nothing": [op("put", A, got=OK, at=(0, 1)), op("remove", A, got=412, at=(2, 3))],
}

V = ["9" * 32, "8" * 32, "7" * 32, "6" * 32]  # version ids, oldest first
VERSIONS_GOOD = {
    "a pile": [op("put", A, got=(OK, V[0]), at=(0, 1)), op("delete", got=(OK, V[1]), at=(2, 3)),
        op("read", got=(V[1], MARKER), at=(4, 5)),
               op("create", B, got=(OK, V[2]), at=(6, 7)), op("read_version", V[0], got=A, at=(8, 9)),
               op("list", got=((V[2], B), (V[1], MARKER), (V[0], A)), at=(10, 11))],
    "what lies below comes up": [op("put", A, got=(OK, V[0]), at=(0, 1)), op("put", B, got=(OK, V[1]), at=(2, 3)),
                                 op("remove_version", V[1], got=OK, at=(4, 5)), op("read", got=(V[0], A), at=(6, 7)),
                                 op("list", got=((V[0], A),), at=(10, 11))],
    "a cut write and a cut delete": [op("put", A, got=None, at=(0, 0)), op("delete", got=None, at=(1, 1)),
        op("put", B, got=(OK, V[2]), at=(2, 3)),
                                     op("list", got=((V[2], B), (V[1], MARKER), (V[0], A)), at=(10, 11))],
    "a cut write that never was": [op("put", A, got=None, at=(0, 0)), op("create", B, got=(OK, V[2]), at=(2, 3)),
                                   op("list", got=((V[2], B),), at=(10, 11))],
}
VERSIONS_BAD = {
    "a version that vanished": [op("put", A, got=(OK, V[0]), at=(0, 1)), op("put", B, got=(OK, V[1]), at=(2, 3)),
        op("list", got=((V[1], B),), at=(4, 5))],
    "the wrong order": [op("put", A, got=(OK, V[0]), at=(0, 1)), op("put", B, got=(OK, V[1]), at=(2, 3)),
                        op("list", got=((V[0], A), (V[1], B)), at=(4, 5))],
    "an order that changed": [op("put", A, got=(OK, V[0]), at=(0, 3)), op("put", B, got=(OK, V[1]), at=(0, 3)),
                              op("list", got=((V[0], A), (V[1], B)), at=(4, 5)),
        op("list", got=((V[1], B), (V[0], A)), at=(6, 7))],
    "a removed version that returns": [op("put", A, got=(OK, V[0]), at=(0, 1)), op("remove_version", V[0], got=OK, at=(2, 3)),
                                       op("read_version", V[0], got=A, at=(4, 5)), op("list", got=(), at=(6, 7))],
    "a missing marker": [op("put", A, got=(OK, V[0]), at=(0, 1)), op("delete", got=(OK, V[1]), at=(2, 3)),
        op("list", got=((V[0], A),), at=(4, 5))],
    "a create over an object": [op("put", A, got=(OK, V[0]), at=(0, 1)), op("create", B, got=(OK, V[1]), at=(2, 3)),
                                op("list", got=((V[1], B), (V[0], A)), at=(4, 5))],
    "an overwritten version": [op("put", A, got=(OK, V[0]), at=(0, 1)), op("put", B, got=(OK, V[1]), at=(2, 3)),
                               op("read_version", V[0], got=(None,), at=(4, 5)),
        op("list", got=((V[1], B), (V[0], A)), at=(6, 7))],
}


@pytest.mark.parametrize("name", GOOD)
def test_the_checker_accepts(name):
    assert check(GOOD[name], RegisterModel())


@pytest.mark.parametrize("name", BAD)
def test_the_checker_refuses(name):
    verdict = check(BAD[name], RegisterModel())
    assert not verdict and verdict.stuck and "not linearizable" in str(verdict)


@pytest.mark.parametrize("name", VERSIONS_GOOD)
def test_the_checker_of_versions_accepts(name):
    model = VersionsModel(VERSIONS_GOOD[name])
    assert check(model.relevant(VERSIONS_GOOD[name]), model)


@pytest.mark.parametrize("name", VERSIONS_BAD)
def test_the_checker_of_versions_refuses(name):
    model = VersionsModel(VERSIONS_BAD[name])
    assert not check(model.relevant(VERSIONS_BAD[name]), model)


def brute_force(operations, model):
    """Tries every order: the definition itself."""
    def search(left, state):
        if not any(o.known for o in left):
            return True
        bound = min(o.end for o in left)
        return any(search([o for o in left if o is not op], after)
                   for op in left if op.start <= bound for after in model.step(state, op))
    return search(operations, model.initial)


def test_the_checker_agrees_with_trying_every_order(long):
    """Random short histories with random results, most of them a little wrong."""
    rng, model, verdicts = random.Random(8), RegisterModel(), {True: 0, False: 0}
    for _ in range(20_000 if long else 1_500):
        operations, clock = [], [0.0, 0.0, 0.0]
        for number in range(rng.randint(2, 7)):
            client = rng.randrange(3)
            start = clock[client] + rng.random()
            clock[client] = end = start + rng.random() * 2
            kind = rng.choice(["read", "read", "put", "create", "replace", "delete", "remove"])
            args = {"read": (), "delete": (), "remove": (rng.choice([A, B, C]),)}.get(kind, (rng.choice([A, B, C]),))
            if kind == "replace":
                args = (*args, rng.choice([A, B, C]))
            result = {"read": (rng.choice([None, A, B, C]),), "put": OK, "delete": OK, "create": rng.choice([OK, 412])}.get(
                kind, rng.choice([OK, 412, 404]))
            cut = kind != "read" and rng.random() < 0.25
            operations.append(op(kind, *args, got=None if cut else result, at=(start, end)))
        expected = brute_force(operations, model)
        assert bool(check(operations, model)) == expected, operations
        verdicts[expected] += 1
    assert min(verdicts.values()) > 100, verdicts
