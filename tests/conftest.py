"""Fixtures of the tests with the real binary (`integration`, `s3`): servers over folders or loop-mounted drives, all of which end with the test or the file that made them."""

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from helpers import data, mounts
from helpers.server import BINARY, Server

LONG = os.environ.get("CAIRN_LONG") == "1"
SCRATCH = Path(os.environ.get("CAIRN_SCRATCH", Path(__file__).resolve().parents[1] / "build/scratch"))


def pytest_configure(config):
    config.addinivalue_line("markers", "long: only in the long form")


def pytest_collection_modifyitems(config, items):
    reason = mounts.available()
    for item in items:
        if reason and "mounts" in item.keywords:
            item.add_marker(pytest.mark.skip(reason=reason))
        if not LONG and "long" in item.keywords:
            item.add_marker(pytest.mark.skip(reason="only in the long form"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, "report_" + call.when, outcome.get_result())


@pytest.fixture(scope="session", autouse=True)
def binary():
    if not BINARY.exists():
        pytest.exit(f"{BINARY} does not exist: ./dev build first", returncode=3)
    return BINARY


@pytest.fixture
def long():
    return LONG


@pytest.fixture
def work(request):
    """A folder on the disk for this test; kept when the test fails."""
    path = SCRATCH / request.node.name.replace("/", "_").replace("[", "-").replace("]", "")[:80]
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    yield path
    report = getattr(request.node, "report_call", None)
    if report is None or report.failed:
        for heavy in [p for p in path.rglob("*") if p.is_file() and p.name.endswith(".img")]:
            heavy.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def make_server(work, make_loop_drives, request):  # servers end before the drives below them
    """make_server(drives=N or [paths], parity=, env=, args=, start=True): ended, and its log kept, with the test."""
    servers = []

    def make(drives=1, start=True, **options):
        if isinstance(drives, int):
            drives = [work / f"drive{n}" for n in range(1, drives + 1)]
            for drive in drives:
                drive.mkdir(exist_ok=True)
        server = Server(drives, work / f"server{len(servers)}", **options)
        servers.append(server)
        return server.start() if start else server

    yield make
    for server in servers:
        if server.process is not None:
            died = server.process.poll()
            server.kill()
            assert died is None, f"the server died with {died}\n{server.log_tail()}"
    report = getattr(request.node, "report_call", None)
    if report is not None and report.failed:
        for server in servers:
            print(f"---- {server.log}\n{server.log_tail()}")


@pytest.fixture(scope="module")
def server(request):
    """One server for all tests of a file, over DRIVES folders (1) and with the options of SERVER, both names of the file."""
    module = request.module
    work = SCRATCH / module.__name__
    shutil.rmtree(work, ignore_errors=True)
    drives = [work / f"drive{n}" for n in range(getattr(module, "DRIVES", 1))]
    for drive in drives:
        drive.mkdir(parents=True)
    server = Server(drives, work / "server", **getattr(module, "SERVER", {})).start()
    yield server
    server.kill()
    shutil.rmtree(work, ignore_errors=True)


@pytest.fixture
def s3(server):
    return server.boto()


@pytest.fixture
def raw(server):
    return server.raw()


@pytest.fixture
def bucket(s3, request):
    """An empty bucket of the test's own."""
    name = "b-" + hashlib.sha256(request.node.name.encode()).hexdigest()[:20]
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def make_loop_drives(work):
    """make_loop_drives(N, kind="xfs", size=): mounted drives that vanish with the test."""
    drives = []

    def make(count, kind="xfs", size=1536 * data.MIB, name="disk"):  # more than a load fills before it is collected
        made = []
        for _ in range(count):
            drive = mounts.LoopDrive(work, f"{name}{len(drives) + 1}", kind, size)
            drives.append(drive)
            made.append(drive)
        return made

    yield make
    for drive in reversed(drives):
        drive.destroy()
