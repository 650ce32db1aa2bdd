"""Drives that are full, fail, hang, turn read-only, are not mounted, come back old or come back empty."""

import shutil
import time

import pytest

from helpers import data
from helpers.history import History
from helpers.load import Load, check_everything
from helpers.shards import expected_shard_files, format_of, wait_for_shard_files

BUCKET = "faults"


def load_around(server, history, seed, during, before=2, after=2, workers=6, **options):
    """Runs `during` in the middle of a load that must not notice."""
    load = Load(server, BUCKET, history, workers=workers, seed=seed, **options).start()
    load.stopping.wait(before)
    during(load)
    load.stopping.wait(after)
    load.stop()
    assert load.done > 20, "hardly anything was done"
    assert not load.failures, f"{len(load.failures)} of {load.done} requests failed: {load.failures[:5]}"


def everything_from_these_alone(server, history, gone):
    """Takes the other drives away and reads everything: the drives that are left hold what they should."""
    assert server.stop() == 0
    for take in gone:
        take()
    server.start(wait="live")
    server.wait_for_drives(len(server.drives) - len(gone))
    return check_everything(server, BUCKET, history)


# ---- full ----


@pytest.mark.mounts
@pytest.mark.parametrize("kind", ["ext4", "xfs"])
def test_a_full_drive_refuses_data_and_lets_go_of_it(kind, make_loop_drives, make_server):
    # xfs file systems can't be made smaller than 300 MiB
    size = 200 * data.MIB if kind == "ext4" else 320 * data.MIB
    drive, = make_loop_drives(1, kind, size=size)
    server = make_server([drive.path])
    raw = server.raw()
    raw.make_bucket(BUCKET)
    body = data.body("full", data.MIB)
    for number in range(1000):
        answer = raw.put(BUCKET, f"k{number:04}", body)
        if answer.status != 200:
            break
    assert answer.status in (503, 507) and answer.code, answer
    refused = answer
    stored = number
    assert stored > 50, f"full after {stored} MiB"
    # Small ones go on for no longer than the reserve allows, and end with the same error.
    for number in range(100_000):
        answer = raw.put(BUCKET, f"small{number:05}", body[:20_000])
        if answer.status != 200:
            break
    assert (answer.status, answer.code) == (refused.status, refused.code)
    assert server.alive()

    assert len(raw.list_keys(BUCKET)) == stored + number
    assert raw.get(BUCKET, "k0000").body == body
    for number in range(stored):
        assert raw.delete(BUCKET, f"k{number:04}").status == 204, "a full drive has to accept deletes"
    server.wait_until(lambda: raw.put(BUCKET, "again", body).status == 200, server.collection_seconds, "room for new data")
    assert raw.get(BUCKET, "again").body == body
    server.restart()
    assert server.raw().get(BUCKET, "again").body == body


@pytest.mark.mounts
def test_one_full_drive_of_four_stops_nobody(make_loop_drives, make_server):
    small, = make_loop_drives(1, "ext4", size=200 * data.MIB)
    others = make_loop_drives(3, "ext4", size=1500 * data.MIB)
    server = make_server([small.path, *(d.path for d in others)])
    raw = server.raw()
    raw.make_bucket(BUCKET)
    body = data.body("one full", 8 * data.MIB)
    for number in range(80):  # 320 MiB a drive at 2 + 2
        answer = raw.put(BUCKET, f"k{number}", body)
        assert answer.status == 200, f"after {number}: {answer}"
    for number in range(80):
        assert raw.get(BUCKET, f"k{number}").body == body
        assert raw.delete(BUCKET, f"k{number}").status == 204
    assert server.alive()


# ---- failing, hanging, read-only ----


@pytest.mark.mounts
def test_a_drive_that_fails_under_load_is_replaced_by_the_others(make_loop_drives, make_server):
    drives = make_loop_drives(4)
    server = make_server([d.path for d in drives])
    server.wait_for_drives(4)
    server.raw().make_bucket(BUCKET)
    history = History()
    load_around(server, history, "eio", lambda load: drives[1].shut_down(), after=4)
    server.wait_until(lambda: server.online() == 3, 30, "the failed drive to be noticed")
    check_everything(server, BUCKET, history)
    drives[1].put_back()
    server.wait_for_drives(4)
    server.wait_until_whole()
    everything_from_these_alone(server, history, [drives[0].unmount, drives[2].unmount])


@pytest.mark.mounts
def test_the_only_drive_fails_and_comes_back(make_loop_drives, make_server):
    drive, = make_loop_drives(1)
    server = make_server([drive.path])
    raw = server.raw(timeout=60)
    raw.make_bucket(BUCKET)
    history = History()
    load = Load(server, BUCKET, history, workers=4, seed="alone").start()
    load.stopping.wait(2)
    drive.shut_down()
    load.stopping.wait(1)
    load.stop()
    answer = raw.put(BUCKET, "new", b"x" * 100)
    assert answer.status == 503, answer
    assert raw.get(BUCKET, history.keys()[0]).status in (500, 503)
    assert server.health("live") == 200
    assert server.health("ready") == 503
    drive.put_back()
    server.wait_until(lambda: server.health("ready") == 200, 60, "service to go on")
    check_everything(server, BUCKET, history)


@pytest.mark.mounts
def test_a_drive_that_hangs_stalls_only_itself(make_loop_drives, make_server, long):
    drives = make_loop_drives(4)
    server = make_server([d.path for d in drives])
    server.wait_for_drives(4)
    server.raw().make_bucket(BUCKET)
    history = History()
    slow = []

    def freeze(load):
        with drives[2].frozen(30):
            done, moved = load.done, time.monotonic()
            until = time.monotonic() + 30
            while time.monotonic() < until:
                time.sleep(0.1)
                if load.done > done:
                    done, moved = load.done, time.monotonic()
                slow.append(time.monotonic() - moved)

    load_around(server, history, "hang", freeze, after=5)
    assert max(slow) < 5, f"nothing was finished for {max(slow):.1f} s"
    server.wait_for_drives(4)
    server.wait_until_whole()
    listed = check_everything(server, BUCKET, history)
    wait_for_shard_files(server, [d.path for d in drives], expected_shard_files(listed))
    everything_from_these_alone(server, history, [drives[0].unmount, drives[1].unmount])


@pytest.mark.mounts
def test_a_drive_that_turns_read_only_under_load_is_left_out_and_comes_back(make_loop_drives, make_server):
    drives = make_loop_drives(4, "ext4")
    server = make_server([d.path for d in drives])
    server.wait_for_drives(4)
    server.raw().make_bucket(BUCKET)
    history = History()
    load_around(server, history, "read-only", lambda load: drives[3].make_read_only(), after=4)
    check_everything(server, BUCKET, history)
    drives[3].put_back()
    server.wait_for_drives(4)
    server.wait_until_whole()
    everything_from_these_alone(server, history, [drives[0].unmount, drives[1].unmount])


@pytest.mark.mounts
def test_a_drive_mounted_read_only_at_start_does_not_stop_the_others(make_loop_drives, make_server):
    drives = make_loop_drives(4, "ext4")
    server = make_server([d.path for d in drives])
    server.raw().make_bucket(BUCKET)
    assert server.raw().put(BUCKET, "before", b"b" * 2_000_000).status == 200
    assert server.stop() == 0
    drives[0].unmount()
    drives[0].mount("ro")
    server.start()
    assert server.raw().put(BUCKET, "during", b"d" * 2_000_000).status == 200
    assert server.raw().get(BUCKET, "before").body == b"b" * 2_000_000
    drives[0].put_back()
    server.wait_for_drives(4)
    server.wait_until_whole()


# ---- missing, old, replaced ----


@pytest.mark.mounts
def test_a_missing_mount_is_never_formatted_and_comes_back_by_itself(make_loop_drives, make_server):
    drives = make_loop_drives(4)
    server = make_server([d.path for d in drives])
    server.wait_for_drives(4)
    server.raw().make_bucket(BUCKET)
    history = History()
    load_around(server, history, "mounted", lambda load: None)
    assert server.stop() == 0
    drives[1].unmount()
    server.start()
    load_around(server, history, "unmounted", lambda load: None, after=3)
    assert list(drives[1].path.iterdir()) == [], "something was written below the mount point"
    assert server.online() == 3
    check_everything(server, BUCKET, history)
    drives[1].mount()
    server.wait_for_drives(4)
    server.wait_until_whole()
    everything_from_these_alone(server, history, [drives[0].unmount, drives[2].unmount])


def test_without_its_mounts_a_whole_deployment_is_not_made_anew(make_server, work):
    """All but one drive are missing: the empty folders are no new set, and the one left is not touched."""
    server = make_server(4)
    server.raw().make_bucket(BUCKET)
    assert server.stop() == 0
    for number in (2, 3, 4):
        (work / f"drive{number}").rename(work / f"away{number}")
        (work / f"drive{number}").mkdir()
    before = format_of(work / "drive1")
    server.start(wait="live")
    assert server.raw().put(BUCKET, "k", b"v").status == 503
    assert server.health("ready") == 503
    assert [list((work / f"drive{n}").iterdir()) for n in (2, 3, 4)] == [[], [], []]
    assert server.stop() == 0
    assert format_of(work / "drive1") == before
    for number in (2, 3, 4):
        (work / f"drive{number}").rmdir()
        (work / f"away{number}").rename(work / f"drive{number}")
    server.start()
    assert server.raw().put(BUCKET, "k", b"v").status == 200


def test_a_drive_of_another_deployment_stops_the_start_and_is_not_touched(make_server, work):
    """Somebody swapped disks: better no service than two deployments mixed."""
    server = make_server(4)
    server.raw().make_bucket(BUCKET)
    other = make_server([work / f"other{n}" for n in range(4)], start=False)
    for drive in other.drives:
        drive.mkdir()
    other.start()
    other.raw().make_bucket("other")
    assert other.stop() == 0
    assert server.stop() == 0
    (work / "drive1").rename(work / "aside")
    (work / "other0").rename(work / "drive1")
    before = [format_of(d) for d in server.drives]
    server.start(wait=None)
    assert server.reap(30) != 0
    assert "deployment" in server.log_tail(3)
    assert [format_of(d) for d in server.drives] == before
    (work / "drive1").rename(work / "other0")
    (work / "aside").rename(work / "drive1")
    server.start()
    server.wait_for_drives(4)
    assert server.raw().put(BUCKET, "k", b"v").status == 200


def test_drives_given_in_another_order_serve_the_same(make_server):
    server = make_server(4)
    server.raw().make_bucket(BUCKET)
    history = History()
    load_around(server, history, "order", lambda load: None)
    assert server.stop() == 0
    server.drives = [server.drives[n] for n in (2, 0, 3, 1)]
    server.start()
    server.wait_for_drives(4)
    check_everything(server, BUCKET, history)


def test_a_drive_that_comes_back_old_catches_up_and_serves_nothing_old(make_server, work):
    """A drive is put back as it was before overwrites and deletes that the others saw: a restored snapshot."""
    server = make_server(4)
    server.raw().make_bucket(BUCKET)
    history = History()
    load_around(server, history, "first", lambda load: None, after=3)
    assert server.stop() == 0
    shutil.copytree(work / "drive1", work / "snapshot")
    server.start()
    load_around(server, history, "second", lambda load: None, after=3)
    check_everything(server, BUCKET, history)
    assert server.stop() == 0
    shutil.rmtree(work / "drive1")
    (work / "snapshot").rename(work / "drive1")
    server.start()
    check_everything(server, BUCKET, history)
    server.wait_for_drives(4)
    server.wait_until_whole()
    check_everything(server, BUCKET, history)
    everything_from_these_alone(server, history, [lambda: (work / "drive2").rename(work / "x2"),
                                                  lambda: (work / "drive3").rename(work / "x3")])


def test_a_replaced_drive_is_recognised_and_filled(make_server, work):
    server = make_server(4)
    server.raw().make_bucket(BUCKET)
    history = History()
    load_around(server, history, "before", lambda load: None, after=3)
    assert server.stop() == 0
    shutil.rmtree(work / "drive3")
    (work / "drive3").mkdir()
    server.replace(work / "drive3")
    server.start()
    load_around(server, history, "filling", lambda load: None)
    server.wait_for_drives(4)
    server.wait_until_whole()
    listed = check_everything(server, BUCKET, history)
    wait_for_shard_files(server, server.drives, expected_shard_files(listed))
    everything_from_these_alone(server, history, [lambda: (work / "drive1").rename(work / "x1"),
                                                  lambda: (work / "drive2").rename(work / "x2")])
