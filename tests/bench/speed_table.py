#!/usr/bin/python3
"""Measures the table of docs/performance.md with `cairn bench`, beside the limits of this machine in the same run.

  ./dev build && python3 tests/bench/speed_table.py [--seconds 4] [--keys 1000000] [--only 1 4] [--output FILE]

Every server runs with one to sixteen folders of one disk, everything synced, and the load comes from the same machine, so
client and server share its cores. MB is 1e6 bytes. A limit is what the slowest necessary stage did alone, in the same
minutes; where it is the cores, they are what client and server used for an operation here. The whole takes about a
quarter of an hour; every step ends after a bounded time, with what it has measured by then.
"""

import argparse
import hashlib
import json
import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("CAIRN_BINARY", ROOT / "build/release/cairn"))
SIZES = [("4 KiB", 4 << 10), ("128 KiB", 128 << 10), ("1 MiB", 1 << 20), ("64 MiB", 64 << 20)]
SETS = [(1, 1, 0), (4, 2, 2), (16, 12, 4)]
CONCURRENCY = [1, 64]
MB = 1e6
READ_BYTES = 512 << 20  # of the objects that gets choose from, as far as READ_OBJECTS of them are no more
READ_OBJECTS = 2500


# ---- limits ----


def rate(count, seconds):
    return count / seconds if seconds > 0 else 0


def limit_write(folder, megabytes=1024):
    """Sequential O_DIRECT write, synced once at the end: bytes a second."""
    path = folder / "limit.bin"
    started = time.monotonic()
    subprocess.run(["dd", "if=/dev/zero", f"of={path}", "bs=1M", f"count={megabytes}", "oflag=direct", "conv=fdatasync"],
                   check=True, capture_output=True)
    return rate(megabytes * (1 << 20), time.monotonic() - started), path


def limit_read(path):
    started = time.monotonic()
    subprocess.run(["dd", f"if={path}", "of=/dev/null", "bs=1M", "iflag=direct"], check=True, capture_output=True)
    return rate(path.stat().st_size, time.monotonic() - started)


def limit_syncs(folder, size, threads=1, seconds=2):
    """Appends of `size` bytes, each synced, to one file a thread: appends a second."""
    counts = [0] * threads
    body = os.urandom(size)
    until = time.monotonic() + seconds

    def work(n):
        fd = os.open(folder / f"sync{n}", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        while time.monotonic() < until:
            os.write(fd, body)
            os.fdatasync(fd)
            counts[n] += 1
        os.close(fd)
        os.unlink(folder / f"sync{n}")

    workers = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    return sum(counts) / seconds


def limit_md5():
    body = os.urandom(64 << 20)
    started = time.monotonic()
    for _ in range(4):
        hashlib.md5(body).digest()
    return rate(4 * len(body), time.monotonic() - started)


def limit_loopback(total=4 << 30):
    """One TCP connection on loopback, big writes and reads, sender and receiver a process each: bytes a second."""
    listener = socket.create_server(("127.0.0.1", 0))
    child = os.fork()
    if child == 0:
        s = socket.create_connection(listener.getsockname())
        block, left = memoryview(bytearray(1 << 20)), total
        while left > 0:
            left -= s.send(block)
        os._exit(0)
    s, _ = listener.accept()
    buffer, got = bytearray(1 << 20), 0
    started = time.monotonic()
    while got < total:
        n = s.recv_into(buffer)
        if n == 0:
            break
        got += n
    seconds = time.monotonic() - started
    os.waitpid(child, 0)
    return rate(got, seconds)


def limit_round_trips(seconds=1):
    """A byte there and back on loopback, between two processes: round trips a second."""
    listener = socket.create_server(("127.0.0.1", 0))
    child = os.fork()
    if child == 0:
        s = socket.create_connection(listener.getsockname())
        while s.send(s.recv(1) or b"x") and s:
            pass
        os._exit(0)
    s, _ = listener.accept()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    count, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        s.send(b"x")
        s.recv(1)
        count += 1
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return count / seconds


def measure_limits(folder, before=None):
    """The best of these and those measured before: what else runs only ever makes them less."""
    write, path = limit_write(folder)
    limits = {"write": write, "read": limit_read(path), "md5": limit_md5(), "loopback": limit_loopback(),
              "syncs": limit_syncs(folder, 4096), "syncs64": limit_syncs(folder, 4096, 16),
              "round_trips": limit_round_trips()}
    path.unlink()
    return {k: max(v, (before or limits)[k]) for k, v in limits.items()}


def limit_of(limits, op, size, data, parity, concurrency, cpu_per_op):
    """(operations a second, the stage's name): the slowest of the stages that the operation cannot do without."""
    spread = (data + parity) / data
    cores = os.cpu_count() or 1
    stages = {"loopback": limits["loopback"] / size, "cores": cores / cpu_per_op}
    if concurrency == 1:
        stages["round trip"] = limits["round_trips"]
    if op == "put":
        stages["disk write"] = limits["write"] / spread / size
        stages["MD5"] = limits["md5"] * min(concurrency, cores) / size
        if concurrency == 1:
            stages["sync"] = limits["syncs"]
    elif size >= 1 << 20:  # smaller ones come from memory
        stages["disk read"] = limits["read"] / size
    name = min(stages, key=stages.get)
    return stages[name], name


# ---- measuring ----


class Server:
    def __init__(self, folder, count):
        self.folder = folder
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.env = {**os.environ, "CAIRN_ROOT_USER": "bench", "CAIRN_ROOT_PASSWORD": secrets.token_hex(16)}
        drives = [folder / f"drive{n}" for n in range(count)]
        for drive in drives:
            drive.mkdir()
        self.log = (folder / "server.log").open("ab")
        self.process = subprocess.Popen([str(BINARY), "server", *map(str, drives), "--address", f"127.0.0.1:{self.port}"],
                                        env=self.env, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            try:
                if urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health/ready", timeout=5).status == 200:
                    return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"the server did not start: see {self.log.name}")
                time.sleep(0.05)

    def cpu(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_memory(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        return 0

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def bench(self, *argv, seconds):
        """The report; after `seconds` the run is ended early, and reports what it has."""
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            before, started = self.cpu(), time.monotonic()
            process = subprocess.Popen(
                [str(BINARY), "bench", *map(str, argv), "--endpoint", f"http://127.0.0.1:{self.port}", "--bucket", "bench",
                 "--access-key", self.env["CAIRN_ROOT_USER"], "--secret-key", self.env["CAIRN_ROOT_PASSWORD"],
                 "--no-cleanup", "--json", out.name, "--progress", "never"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            watchdogs = [threading.Timer(seconds + late, process.send_signal, [s])
                         for late, s in ((0, signal.SIGINT), (60, signal.SIGKILL))]
            for w in watchdogs:
                w.start()
            text = process.communicate()[0]
            for w in watchdogs:
                w.cancel()
            if process.returncode not in (0, 1):
                print(f"cairn bench {argv}: {process.returncode}\n{text}", file=sys.stderr)
                return None
            report = json.loads(Path(out.name).read_text())
            report["server_cpu"] = self.cpu() - before
            report["server_cores"] = report["server_cpu"] / (time.monotonic() - started)
            return report


def row_of(cell, report, limits):
    op, (name, size), (drives, data, parity), concurrency = cell
    found = next((o for o in report["operations"] if o["op"] == op), None)
    if not found or not found["requests"]:
        return None
    cpu = report["server_cpu"] / found["requests"] + report["client"]["cpu_us_per_op"] / 1e6
    limit, what = limit_of(limits, op, size, data, parity, concurrency, cpu)
    return {"op": op.upper(), "size": name, "drives": f"{drives} ({data}+{parity})", "concurrency": concurrency,
            "ops": found["ops_per_s"], "mbs": found["ops_per_s"] * size / MB, "p50": found["latency_ms"]["p50"],
            "p99": found["latency_ms"]["p99"], "errors": found["errors"], "slow": found["slow_downs"],
            "limit": f"{limit:,.0f} ({what})" if limit >= 10 else f"{limit:.1f} ({what})",
            "ratio": found["ops_per_s"] / limit, "server": report["server_cores"],
            "client": report["client"]["cpu_s"] / max(report["elapsed_s"], 0.001)}


def measure_size(server, drives, size, options, limits):
    """Puts, and gets from a set of objects that was put before, one at a time and many."""
    limit = options.seconds + 30
    objects = max(8, min(READ_OBJECTS, READ_BYTES // size[1]))
    common = ["--size", size[1], "--multipart-threshold", "1GiB"]
    kept = [*common, "--prefix", f"read-{size[1]}", "--objects", objects]
    # What counts began within the measured time, which may be shorter than a large object takes.
    timed = ["--duration", f"{options.seconds}s", "--warmup", "500ms" if size[1] < 8 << 20 else "0s"]
    server.bench("put", *kept, "-c", 16, seconds=60)
    rows = []
    for concurrency in CONCURRENCY:
        for op, argv in (("put", common), ("get", [*kept, "--no-prepare"])):
            report = server.bench(op, *argv, *timed, "-c", concurrency, seconds=limit)
            row = report and row_of((op, size, drives, concurrency), report, limits)
            if not row:
                print(f"{op} {size[0]} {drives} x{concurrency}: nothing was measured", file=sys.stderr)
                continue
            rows.append(row)
            print("{op} {size} {drives} x{concurrency}: {ops:,.0f}/s {mbs:,.0f} MB/s p50 {p50:.2f} p99 {p99:.2f} ms, "
                  "{ratio:.0%} of {limit}, {errors} errors, {slow} slow downs".format(**row), file=sys.stderr)
    return rows


def measure_list(server, drives, options):
    """Pages of a thousand, one after the other, of all keys under one prefix."""
    if not options.keys:
        return None
    filled = server.bench("put", "--size", 1, "-c", 64, "--prefix", "list", "--objects", options.keys,
                          seconds=options.fill)
    keys = filled["operations"][0]["requests"] if filled else 0
    report = server.bench("list", "--prefix", "list", "--objects", options.keys, "--size", 1, "--no-prepare", "-c", 1,
                          "--duration", f"{max(options.seconds, 10)}s", "--warmup", "0s", seconds=60)
    if not report or not report["operations"] or not report["operations"][0]["requests"]:
        return None
    found = report["operations"][0]
    entry = {"drives": "{} ({}+{})".format(*drives), "keys": keys, "rate": found["items_per_s"],
             "limit": found["items"] / (report["server_cpu"] + report["client"]["cpu_s"]),
             "p50": found["latency_ms"]["p50"], "p99": found["latency_ms"]["p99"], "errors": found["errors"]}
    print(f"LIST {entry}", file=sys.stderr)
    return entry


def run(options):
    rows, lists, memory = [], [], {}
    folder = Path(tempfile.mkdtemp(prefix="cairn-speed-", dir=options.folder))
    try:
        limits = None
        for drives in SETS:
            if options.only and drives[0] not in options.only:
                continue
            limits = measure_limits(folder, limits)
            print(f"limits: {({k: round(v) for k, v in limits.items()})}", file=sys.stderr)
            home = folder / f"set{drives[0]}"
            home.mkdir()
            server = Server(home, drives[0])
            try:
                for size in SIZES:
                    rows += measure_size(server, drives, size, options, limits)
                if drives[0] == 1 and (entry := measure_list(server, drives, options)):
                    lists.append(entry)
                memory[drives[0]] = server.peak_memory()
            finally:
                server.stop()
                shutil.rmtree(home, ignore_errors=True)
        return limits, rows, lists, memory
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def cpu_name():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def render(options, limits, rows, lists, memory):
    version = subprocess.run([str(BINARY), "--version"], capture_output=True, text=True).stdout.strip()
    out = [f"Measured with {version or 'cairn'} on {os.cpu_count()} cores ({cpu_name()}), kernel {platform.release()}, "
           f"{options.seconds} s a cell; client and server share the cores, all drives share one disk.", "",
           "| limit, alone | |", "|---|---|",
           f"| sequential O_DIRECT write, synced at the end | {limits['write'] / MB:,.0f} MB/s |",
           f"| sequential O_DIRECT read | {limits['read'] / MB:,.0f} MB/s |",
           f"| MD5, one core | {limits['md5'] / MB:,.0f} MB/s |",
           f"| loopback, one connection | {limits['loopback'] / MB:,.0f} MB/s |",
           f"| 4 KiB appends with a sync each, one file / 16 files | {limits['syncs']:,.0f} / {limits['syncs64']:,.0f} a second |",
           f"| a byte there and back on loopback | {limits['round_trips']:,.0f} a second |",
           "", "| drives | size | operation | at a time | per second | MB/s | p50 ms | p99 ms | limit a second | reached | "
           "server cores | client cores | errors |", "|---" * 13 + "|"]
    for r in rows:
        out.append(f"| {r['drives']} | {r['size']} | {r['op']} | {r['concurrency']} | {r['ops']:,.0f} | {r['mbs']:,.0f} | "
                   f"{r['p50']:.2f} | {r['p99']:.2f} | {r['limit']} | {r['ratio']:.0%} | {r['server']:.2f} | {r['client']:.2f} | "
                   f"{r['errors']} |")
    if lists:
        out += ["", "| list, page by page | drives | keys a second | limit (one core) | reached | p50 ms a page | p99 ms |",
                "|---" * 7 + "|"]
        out += [f"| {entry['keys']:,} keys under one prefix | {entry['drives']} | {entry['rate']:,.0f} | {entry['limit']:,.0f} | "
                f"{entry['rate'] / entry['limit']:.0%} | {entry['p50']:.2f} | "
                f"{entry['p99']:.2f} |" for entry in lists]
    out += ["", "Most memory in use: " + ", ".join(f"{d} drives {m / (1 << 20):,.0f} MiB" for d, m in memory.items()) + ".", ""]
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=4, help="of a cell of the table")
    parser.add_argument("--keys", type=int, default=1_000_000, help="of the list; 0: none")
    parser.add_argument("--fill", type=int, default=240, help="seconds to put the keys in; the list then has what is there")
    parser.add_argument("--only", type=int, nargs="*", help="numbers of drives, of " + ", ".join(str(s[0]) for s in SETS))
    parser.add_argument("--folder", default=str(ROOT / "build"))
    parser.add_argument("--output")
    options = parser.parse_args()
    text = render(options, *run(options))
    if options.output:
        Path(options.output).write_text(text)
    else:
        print(text)


if __name__ == "__main__":
    main()
