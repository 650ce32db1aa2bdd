#!/usr/bin/python3
"""Measures the table of docs/performance.md with `cairn bench`, beside the limits of this machine in the same run.

  ./dev build && python3 tests/bench/speed_table.py [--seconds 5] [--list-keys 1000000] [--folder DIR] [--output FILE]

Every server runs with one to sixteen folders of one disk, everything synced, and the load comes from the same machine, so
client and server share its cores. Figures are GB = 1e9 bytes; a limit is what the slowest necessary stage did alone, in
the same minutes.
"""

import argparse
import hashlib
import json
import os
import platform
import secrets
import shutil
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


def measure_limits(folder):
    write, path = limit_write(folder)
    limits = {"write": write, "read": limit_read(path), "md5": limit_md5(), "loopback": limit_loopback(),
              "syncs": limit_syncs(folder, 4096), "syncs64": limit_syncs(folder, 4096, 16)}
    path.unlink()
    return limits


def limit_of(limits, op, size, data, parity, concurrency):
    """(limit, its name) for an operation: bytes a second for large objects, operations a second for small ones."""
    spread = (data + parity) / data
    cores = os.cpu_count() or 1
    if op == "get":
        stages = {"disk read": limits["read"], "loopback": limits["loopback"]}
    else:
        stages = {"disk write": limits["write"] / spread, "loopback": limits["loopback"],
                  "MD5": limits["md5"] * min(concurrency, cores)}
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

    def bench(self, *argv):
        with tempfile.NamedTemporaryFile(suffix=".json") as out:
            before, started = self.cpu(), time.monotonic()
            done = subprocess.run(
                [str(BINARY), "bench", *map(str, argv), "--endpoint", f"http://127.0.0.1:{self.port}", "--bucket", "bench",
                 "--access-key", self.env["CAIRN_ROOT_USER"], "--secret-key", self.env["CAIRN_ROOT_PASSWORD"],
                 "--json", out.name, "--progress", "never"], capture_output=True, text=True)
            if done.returncode not in (0, 1):
                sys.exit(f"cairn bench {argv}: {done.returncode}\n{done.stdout}{done.stderr}")
            report = json.loads(Path(out.name).read_text())
            report["server_cores"] = (self.cpu() - before) / (time.monotonic() - started)
            return report


def row_of(op, name, size, drives, data, parity, concurrency, report, limits):
    found = next((o for o in report["ops"] if o["op"] == op), report["ops"][0])
    per_second = found["ops_per_s"] * size
    limit, what = limit_of(limits, op, size, data, parity, concurrency)
    return {"op": op.upper(), "size": name, "drives": f"{drives} ({data}+{parity})", "concurrency": concurrency,
            "ops": found["ops_per_s"], "mbs": per_second / MB, "p50": found["latency_ms"]["p50"],
            "p99": found["latency_ms"]["p99"], "errors": found["errors"], "slow": found["slow_downs"],
            "limit": f"{limit / MB:,.0f} ({what})", "ratio": per_second / limit,
            "server": report["server_cores"], "client": report["client"]["cpu_s"] / max(report["elapsed_s"], 0.001)}


def run(options):
    rows, lists, memory = [], [], {}
    folder = Path(tempfile.mkdtemp(prefix="cairn-speed-", dir=options.folder))
    try:
        limits = measure_limits(folder)
        print(f"limits: {({k: round(v) for k, v in limits.items()})}", file=sys.stderr)
        for drives, data, parity in SETS:
            home = folder / f"set{drives}"
            home.mkdir()
            server = Server(home, drives)
            try:
                for name, size in SIZES:
                    for concurrency in CONCURRENCY:
                        for op in ("put", "get"):
                            report = server.bench(op, "--size", size, "-c", concurrency, "-d", f"{options.seconds}s",
                                                  "--multipart-threshold", "1GiB")
                            rows.append(row_of(op, name, size, drives, data, parity, concurrency, report, limits))
                            r = rows[-1]
                            print(f"{r['op']} {name} {r['drives']} x{concurrency}: {r['ops']:,.0f}/s {r['mbs']:,.0f} MB/s "
                                  f"p50 {r['p50']:.2f} p99 {r['p99']:.2f} ms, {r['ratio']:.0%} of {r['limit']}, "
                                  f"{r['errors']} errors", file=sys.stderr)
                if options.list_keys and drives in (1, 4):
                    report = server.bench("list", "--objects", options.list_keys, "--size", 1, "-c", 1,
                                          "-d", f"{max(options.seconds, 10)}s")
                    found = report["ops"][0]
                    lists.append({"drives": f"{drives} ({data}+{parity})", "keys": options.list_keys,
                                  "rate": found["items_per_s"], "p50": found["latency_ms"]["p50"],
                                  "p99": found["latency_ms"]["p99"]})
                    print(f"LIST {lists[-1]}", file=sys.stderr)
                memory[drives] = server.peak_memory()
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
           "", "| drives | size | operation | at a time | per second | MB/s | p50 ms | p99 ms | limit MB/s | reached | "
           "server cores | client cores | errors |", "|---|---|---|---|---|---|---|---|---|---|---|---|---|"]
    for r in rows:
        out.append(f"| {r['drives']} | {r['size']} | {r['op']} | {r['concurrency']} | {r['ops']:,.0f} | {r['mbs']:,.0f} | "
                   f"{r['p50']:.2f} | {r['p99']:.2f} | {r['limit']} | {r['ratio']:.0%} | {r['server']:.2f} | {r['client']:.2f} | "
                   f"{r['errors']} |")
    if lists:
        out += ["", "| list, page by page | drives | keys a second | p50 ms a page | p99 ms |", "|---|---|---|---|---|"]
        out += [f"| {entry['keys']:,} keys under one prefix | {entry['drives']} | {entry['rate']:,.0f} | {entry['p50']:.2f} | "
                f"{entry['p99']:.2f} |" for entry in lists]
    out += ["", "Most memory in use: " + ", ".join(f"{d} drives {m / (1 << 20):,.0f} MiB" for d, m in memory.items()) + ".", ""]
    return "\n".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--list-keys", type=int, default=1_000_000)
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
