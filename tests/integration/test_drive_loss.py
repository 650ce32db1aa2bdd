"""Twelve drives, 6 + 6: five go under load and nobody notices; with six gone reads go on; back again, all is made whole."""

import random

import pytest

from helpers.history import History
from helpers.load import Load, check_everything
from helpers.shards import expected_shard_files, wait_for_shard_files

BUCKET = "losses"
pytestmark = pytest.mark.mounts


@pytest.mark.timeout(3600)
def test_half_of_twelve_drives_may_go(make_loop_drives, make_server, long):
    drives = make_loop_drives(12)
    server = make_server([d.path for d in drives], parity=6, args=["--patience", "3s"])
    server.wait_for_drives(12)
    server.raw().make_bucket(BUCKET)
    history = History()
    order = random.Random(12).sample(drives, 12)
    lost, kept = order[:6], order[6:]

    load = Load(server, BUCKET, history, workers=6, seed="loss").start()
    load.stopping.wait(5)
    for number, drive in enumerate(lost[:5]):
        drive.shut_down()
        if number % 2:
            drive.detach()
        load.stopping.wait(60 if long else 2)
    load.stopping.wait(60 if long else 5)
    load.stop()
    assert load.done > 100
    assert not load.failures, f"{len(load.failures)} of {load.done} requests failed: {load.failures[:5]}"
    check_everything(server, BUCKET, history)

    # The sixth: below the write quorum of seven. Everything can be read, nothing changes.
    server.wait_until(lambda: server.unsettled() == 0, 30, "every write to be settled")
    lost[5].shut_down()
    raw = server.raw()
    # A write that meets the dying drive first may end as "outcome unknown": let reads find out.
    sizes = raw.list_keys(BUCKET)
    large = [key for key, (size, _) in sizes.items() if size > 1_000_000]
    server.wait_until(lambda: all(raw.get(BUCKET, key).status == 200 for key in large) and server.online() == 6, 30,
                      "the sixth drive to be missed")
    body = b"too late" * 1000
    for answer in (raw.put(BUCKET, "late", body), raw.put(BUCKET, "late large", body * 200),
                   raw.delete(BUCKET, next(iter(sizes))), raw.send("PUT", "/late-bucket"),
                   raw.send("POST", f"/{BUCKET}/late", query={"uploads": ""})):
        assert answer.status == 503 and answer.code in ("ServiceUnavailable", "SlowDown"), answer
    present = check_everything(server, BUCKET, history)
    assert raw.get(BUCKET, "late").status == 404
    assert server.alive()

    # Back, one after the other, under load; the drives catch up by themselves.
    for drive in lost:
        drive.put_back()
    server.wait_for_drives(12)
    load = Load(server, BUCKET, history, workers=4, seed="back").start()
    load.stopping.wait(3)
    load.stop()
    assert not load.failures, load.failures[:5]
    server.wait_until_whole()
    report = server.verify()
    assert report["unreadable"] == 0, report
    report = server.verify()
    assert report["damaged"] == 0 and report["objects"] >= len(present), report
    listed = check_everything(server, BUCKET, history)
    wait_for_shard_files(server, [d.path for d in drives], expected_shard_files(listed))

    # Only those that were away, without the six that never left: they have everything.
    assert server.stop() == 0
    for drive in kept:
        drive.unmount()
    server.start(wait="live")
    server.wait_for_drives(6)
    check_everything(server, BUCKET, history)
