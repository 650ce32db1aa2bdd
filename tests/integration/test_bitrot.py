"""Bytes flipped on disk are never served, and are put right."""

import random

import pytest

from helpers import data, mounts
from helpers.shards import damage_shards, flip, record_files, shard_files

BUCKET = "rot"
# Below, at and above the border between records and shard files, and more than one stripe.
SIZES = [0, 1, 500, 4096, 20_000, 100_000, 131_072, 262_145, 600_000, 1 << 20, 3_000_001, 9_000_000]


@pytest.fixture
def filled(make_server):
    def fill(drives, parity=None, copies=2):
        server = make_server(drives, parity=parity)
        raw = server.raw()
        raw.make_bucket(BUCKET)
        objects = {f"{size}-{copy}": data.body((size, copy), size) for size in SIZES for copy in range(copies)}
        for key, body in objects.items():
            assert raw.put(BUCKET, key, body).status == 200
        parts = [data.body("p1", 5 << 20), data.body("p2", 1_500_000)]
        assert raw.multipart(BUCKET, "parts", parts).status == 200
        objects["parts"] = b"".join(parts)
        server.wait_until(lambda: server.unsettled() == 0, 30, "every write to be settled")
        return server, objects
    return fill


def differences(good):
    """What of these files is not as it was: name, size then and now, the first offsets that differ."""
    found = []
    for path, was in good.items():
        now = path.read_bytes() if path.exists() else b""
        if now != was:
            offsets = [n for n, (a, b) in enumerate(zip(was, now)) if a != b][:5]
            found.append(f"{path.parents[2].name}/{path.name[:8]} {len(was)}->{len(now)} at {offsets}")
    return found


def read_back(server, objects):
    raw = server.raw()
    for key, body in objects.items():
        answer = raw.get(BUCKET, key)
        assert answer.status == 200, f"{key}: {answer}"
        assert answer.body == body, f"{key}: wrong bytes were served"
        if len(body) > 10:
            start = len(body) // 3
            part = raw.get(BUCKET, key, Range=f"bytes={start}-{start + 999}")
            assert part.status == 206 and part.body == body[start:start + 1000], f"{key}: a range of it is wrong"


@pytest.mark.mounts
@pytest.mark.parametrize("drives,parity", [(4, 2), (12, 6)])
def test_flipped_shard_files_are_served_right_and_repaired(drives, parity, filled, long):
    rng = random.Random(drives)
    server, objects = filled(drives, parity)
    good = {path: path.read_bytes() for drive in server.drives for path in shard_files(drive)}
    assert good
    for _ in range(20 if long else 3):
        for drive in rng.sample(server.drives, parity):
            damage_shards(drive, rng, share=0.8, flips=rng.choice([1, 5, 50]))
        mounts.drop_caches()
        read_back(server, objects)
        report = server.verify()
        assert report["unreadable"] == 0, report
        assert server.verify()["damaged"] == 0
        changed = differences(good)
        assert not changed, f"{len(changed)} files are still damaged: {changed[:8]}"


@pytest.mark.mounts
def test_headers_trailers_lengths_and_whole_files_are_repaired(filled):
    rng = random.Random(3)
    server, objects = filled(4, 2)
    good = {path: path.read_bytes() for drive in server.drives for path in shard_files(drive)}
    for number, path in enumerate(sorted(shard_files(server.drives[0]))):
        kind = number % 5
        if kind == 0:
            path.unlink()
        elif kind == 1:
            with path.open("r+b") as f:
                f.truncate(rng.randrange(path.stat().st_size))
        elif kind == 2:
            with path.open("r+b") as f:
                f.write(rng.randbytes(200))
        elif kind == 3:
            with path.open("r+b") as f:
                f.seek(-100, 2)
                f.write(rng.randbytes(100))
        else:
            path.write_bytes(b"")
    # A file in another's place has good hashes, but not for that place.
    others = sorted(shard_files(server.drives[1]), key=lambda p: p.stat().st_size)[-2:]
    if len(others) == 2:
        others[0].write_bytes(good[others[1]])
    mounts.drop_caches()
    read_back(server, objects)
    assert server.verify()["unreadable"] == 0
    assert server.verify()["damaged"] == 0
    changed = differences(good)
    assert not changed, f"{len(changed)} files are still damaged: {changed[:8]}"


def test_a_rebuilt_shard_file_is_the_one_that_was_lost(filled):
    """Header, chunks and trailer: a rebuilt file has to describe itself as well as the first one did."""
    server, objects = filled(4, 2)
    good = {path: path.read_bytes() for path in shard_files(server.drives[2])}
    for path in good:
        path.unlink()
    assert server.verify()["unreadable"] == 0
    changed = differences(good)
    assert not changed, f"{len(changed)} of {len(good)} files are not what they were: {changed[:8]}"


@pytest.mark.mounts
@pytest.mark.parametrize("running", [False, True], ids=["stopped", "running"])
def test_flipped_records_are_served_right_and_repaired(running, filled, long):
    rng = random.Random(running)
    server, objects = filled(4, 2)
    server.restart()  # so that the records are in files of their own, not only in the log
    for _ in range(15 if long else 3):
        if not running:
            assert server.stop() == 0
        for drive in rng.sample(server.drives, 2):
            for path in record_files(drive):
                flip(path, rng, flips=max(1, path.stat().st_size // 5000))
        mounts.drop_caches()
        if not running:
            server.start()
        read_back(server, objects)
        if running:
            server.restart()
            read_back(server, objects)
        server.wait_for_drives(4)
        server.wait_until_whole()
        assert server.verify()["unreadable"] == 0
        assert server.verify()["damaged"] == 0
        read_back(server, objects)


@pytest.mark.mounts
def test_more_damage_than_parity_is_an_error_and_never_wrong_bytes(filled):
    rng = random.Random(9)
    server, objects = filled(4, 2)
    for drive in server.drives[:3]:
        for path in shard_files(drive):
            flip(path, rng, flips=300, start=4096)
    mounts.drop_caches()
    raw = server.raw()
    refused = 0
    for key, body in objects.items():
        try:
            answer = raw.get(BUCKET, key)
        except OSError:
            refused += 1  # cut in the middle: the client knows
            continue
        if answer.status == 200:
            assert answer.body == body, f"{key}: wrong bytes were served"
        else:
            assert answer.status in (500, 503), answer
            refused += 1
    assert refused > 0
    assert server.alive()
    assert raw.put(BUCKET, "new", b"still serving").status == 200


@pytest.mark.mounts
def test_one_drive_without_parity_reports_damage(filled):
    server, objects = filled(1)
    path = max(shard_files(server.drives[0]), key=lambda p: p.stat().st_size)
    flip(path, random.Random(1), flips=200, start=8192)
    mounts.drop_caches()
    raw = server.raw()
    wrong = 0
    for key, body in objects.items():
        try:
            answer = raw.get(BUCKET, key)
            if answer.status == 200:
                assert answer.body == body
            else:
                wrong += 1
        except OSError:
            wrong += 1
    assert wrong == 1
    assert server.verify()["unreadable"] == 1
