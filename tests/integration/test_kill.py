"""kill -9 in a loop: what was acknowledged is there byte for byte, what was not is there wholly or not at all, and stays so."""

import random
import time

import pytest

from helpers.history import History
from helpers.load import Load, check_everything
from helpers.server import free_port
from helpers.shards import expected_shard_files, shard_files, wait_for_shard_files

BUCKET = "killed"


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("drives", [1, 4])
def test_acknowledged_writes_survive_kill(drives, make_server, long):
    rounds = 200 if long else 20
    rng = random.Random(drives)
    server = make_server(drives)
    server.raw().make_bucket(BUCKET)
    history = History()
    for number in range(rounds):
        load = Load(server, BUCKET, history, workers=8, seed=f"{drives}/{number}")
        load.start()
        # At a random moment of the load, the first and the busiest included.
        load.stopping.wait(rng.choice([0.05, 0.2, 0.6, 1.2]) * rng.uniform(0.5, 1.5))
        server.kill()
        load.stop()
        server.start()
        check_everything(server, BUCKET, history)
        if number % 5 == 4:  # and it stays so when nothing happens but one more restart
            server.kill()
            server.start()
            check_everything(server, BUCKET, history)
    assert history.counts["acked"] > rounds * 10, history.counts
    assert history.counts["unknown"] > 0, "no write was ever cut: this showed nothing"

    listed = check_everything(server, BUCKET, history)
    raw = server.raw()
    for key, upload in raw.list_uploads(BUCKET):
        assert raw.abort(BUCKET, key, upload).status == 204
    server.wait_until_whole()
    total = (len(listed), sum(size for size, _ in listed.values()))
    server.wait_until(lambda: server.usage(BUCKET) == total, 60, f"the usage to be exactly {total}")
    wait_for_shard_files(server, server.drives, expected_shard_files(listed))

    for key in listed:
        assert raw.delete(BUCKET, key).status == 204
    server.wait_until_whole()
    server.wait_until(lambda: server.usage(BUCKET) == (0, 0), 60, "the usage to be exactly nothing")
    for drive in server.drives:
        server.wait_until(lambda d=drive: not shard_files(d), server.collection_seconds, f"{drive.name} to hold no shard file")
    assert raw.send("DELETE", f"/{BUCKET}").status == 204
    assert server.stop() == 0


def test_a_kill_during_start_does_no_harm(make_server, long):
    """Opening a drive recovers and cleans; being killed there, again and again, loses nothing."""
    rng = random.Random(5)
    server = make_server(4)
    server.raw().make_bucket(BUCKET)
    history = History()
    load = Load(server, BUCKET, history, workers=4, seed="start").start()
    load.stopping.wait(2)
    server.kill()
    load.stop()
    for _ in range(50 if long else 8):
        server.port = free_port()
        server.start(wait=None)
        time.sleep(rng.uniform(0, 0.4))  # the moment of the cut
        server.kill()
    server.start()
    check_everything(server, BUCKET, history)


def test_killed_while_formatting_starts_again(make_server, work):
    """A first start cut at any moment leaves drives that the next start can finish."""
    rng = random.Random(6)
    for number in range(6):
        drives = [work / f"set{number}-{n}" for n in range(4)]
        for drive in drives:
            drive.mkdir()
        server = make_server(drives, start=False)
        server.start(wait=None)
        time.sleep(rng.uniform(0, 0.15))  # the moment of the cut
        server.kill()
        server.start()
        server.raw().make_bucket("fresh")
        assert server.raw().put("fresh", "k", b"v").status == 200
        assert server.stop() == 0
