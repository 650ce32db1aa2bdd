"""Memory stays under its budget, whatever the number of connections and objects."""

import threading

import pytest

from helpers import data
from helpers.load import Load
from helpers.history import History
from helpers.uploader import Uploader

BUDGET = 512 * data.MIB


@pytest.mark.timeout(3600)
def test_many_uploads_at_once_stay_under_the_budget(make_server, long):
    server = make_server(12)
    server.raw().make_bucket("memory")
    connections, size = (1000, 64 * data.MIB) if long else (100, 16 * data.MIB)
    uploader = Uploader(server, "memory", connections, size).run()
    assert not uploader.failures, uploader.failures[:3]
    assert uploader.stored == connections
    now, most = server.memory()
    print(f"{connections} x {size >> 20} MiB: at most {most >> 20} MiB, now {now >> 20}; {uploader.slowed} asked to slow down")
    assert most < BUDGET, f"{most >> 20} MiB with {connections} uploads of {size >> 20} MiB"
    assert server.raw().list_keys("memory") == {}


@pytest.mark.timeout(3600)
def test_slow_readers_of_large_objects_stay_under_the_budget(make_server, long):
    """Connections that ask for large objects and hardly read: nothing is read ahead for them without end."""
    import socket
    server = make_server(4)
    raw = server.raw()
    raw.make_bucket("memory")
    assert raw.put("memory", "large", data.body("large", 64 * data.MIB)).status == 200
    target = raw.presign("GET", "/memory/large")
    sockets = []
    for _ in range(300 if long else 100):
        s = socket.create_connection(("127.0.0.1", server.port))
        s.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        sockets.append(s)
    statuses = [s.recv(12)[9:12] for s in sockets]
    assert set(statuses) <= {b"200", b"503"} and statuses.count(b"200") > 0, set(statuses)
    assert server.memory()[1] < BUDGET, f"{server.memory()[1] >> 20} MiB"
    # Those that take nothing are dropped in time, and nobody is locked out for longer than that.
    server.wait_until(lambda: raw.put("memory", "small", b"others are served").status == 200, 60, "others to be served")
    for s in sockets:
        s.close()


@pytest.mark.timeout(7200)
def test_many_small_objects_stay_under_the_budget(make_server, long):
    """Memory does not grow with the number of objects."""
    server = make_server(1)
    server.raw().make_bucket("memory")
    count, threads, failures = (1_000_000 if long else 12_000), 8, []

    def put(number):
        raw = server.raw()
        for key in range(number, count, threads):
            answer = raw.put("memory", f"{key % 97:02}/{key:08}", b"small object %d" % key)
            if answer.status != 200:
                failures.append(answer)
                return

    workers = [threading.Thread(target=put, args=(n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not failures, failures[0]
    assert len(server.raw().list_keys("memory")) == count
    assert server.usage("memory")[0] == count
    assert server.memory()[1] < BUDGET, f"{server.memory()[1] >> 20} MiB"


def test_memory_after_a_mixed_load_is_given_back_or_reused(make_server):
    """The same load a second and a third time needs no more than the first."""
    server = make_server(4)
    server.raw().make_bucket("memory")
    history, seen = History(), []
    for number in range(3):
        load = Load(server, "memory", history, workers=8, seed=number).start()
        load.stopping.wait(4)
        load.stop()
        seen.append(server.memory()[1])
    assert seen[2] < seen[0] + 64 * data.MIB, [s >> 20 for s in seen]
    assert seen[2] < BUDGET
