"""The records of up to P drives are deleted or ruined: they are rebuilt from the peers and the drive's own shard files."""

import random
import shutil

import pytest

from helpers.history import History
from helpers.load import Load, check_everything
from helpers.shards import expected_shard_files, wait_for_shard_files

BUCKET = "lost"


def delete_all(records, rng):
    shutil.rmtree(records)


def delete_current(records, rng):
    (records / "CURRENT").unlink()


def ruin_manifest(records, rng):
    for path in records.glob("MANIFEST-*"):
        path.write_bytes(rng.randbytes(path.stat().st_size))


def delete_tables(records, rng):
    for path in [*records.rglob("*.sst"), *records.rglob("*.blob")]:
        path.unlink()


def cut_logs(records, rng):
    """Not a torn tail, which a crash leaves: a hole in the middle."""
    for path in records.rglob("*.log"):
        size = path.stat().st_size
        with path.open("r+b") as f:
            f.seek(size // 3)
            f.write(b"\0" * min(500, size // 3))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("damage", [delete_all, delete_current, ruin_manifest, delete_tables, cut_logs],
                         ids=lambda d: d.__name__)
def test_records_of_two_of_four_drives_are_rebuilt_while_serving(damage, make_server, work, long):
    rng = random.Random(4)
    server = make_server(4)
    server.raw().make_bucket(BUCKET)
    history = History()
    load = Load(server, BUCKET, history, workers=6, own_keys=300 if long else 40, seed="fill").start()
    load.stopping.wait(30 if long else 3)
    load.stop()
    assert not load.failures, load.failures[:3]
    if damage in (delete_tables, ruin_manifest):
        server.restart()  # so that there are tables
    assert server.stop() == 0
    for name in ("drive2", "drive4"):
        damage(work / name / "records", rng)
    server.start()
    load = Load(server, BUCKET, history, workers=4, own_keys=40, seed="serve").start()
    load.stopping.wait(2)
    load.stop()
    assert not load.failures, load.failures[:3]
    check_everything(server, BUCKET, history)
    server.wait_for_drives(4)
    server.wait_until_whole()
    assert server.verify()["unreadable"] == 0
    listed = check_everything(server, BUCKET, history)
    wait_for_shard_files(server, server.drives, expected_shard_files(listed))
    # The rebuilt two alone have everything.
    assert server.stop() == 0
    for name in ("drive1", "drive3"):
        (work / name).rename(work / f"away-{name}")
    server.start(wait="live")
    server.wait_for_drives(2)
    check_everything(server, BUCKET, history)


def test_records_deleted_under_a_running_server_lose_nothing(make_server, work):
    server = make_server(4)
    server.raw().make_bucket(BUCKET)
    history = History()
    load = Load(server, BUCKET, history, workers=6, seed="running").start()
    load.stopping.wait(2)
    shutil.rmtree(work / "drive1/records")
    load.stopping.wait(3)
    load.stop()
    assert not load.failures, load.failures[:3]
    check_everything(server, BUCKET, history)
    server.kill()
    server.start()
    check_everything(server, BUCKET, history)
    server.wait_for_drives(4)
    server.wait_until_whole()
    check_everything(server, BUCKET, history)
