"""The real server as a test sees it: a process over some folders, that can be killed, stopped and started again."""

import os
import re
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

import boto3
from botocore.config import Config

from . import raw

ROOT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("CAIRN_BINARY", ROOT / "build/release/cairn"))
START_SECONDS = 60
STOP_SECONDS = 30


class ServerDied(Exception):
    pass


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    def __init__(self, drives, work, parity=None, env=None, args=(), scheme="http", ca=None):
        self.drives = [Path(d) for d in drives]
        self.work = Path(work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.access = "cairn" + secrets.token_hex(4)
        self.secret = secrets.token_urlsafe(24)
        self.port = free_port()
        self.scheme = scheme
        self.ca = ca
        self.args = list(args)
        self.env = {"CAIRN_ACCESS_LOG": "off", "CAIRN_ROOT_USER": self.access, "CAIRN_ROOT_PASSWORD": self.secret, **(env or {})}
        if parity is not None:
            self.env["CAIRN_STORAGE_CLASS_STANDARD"] = f"EC:{parity}"
        self.process = None
        self.log = self.work / "server.log"
        self.starts = 0

    # ---- its life ----

    def command(self):
        return [str(BINARY), "server", *map(str, self.drives), "--address", f"127.0.0.1:{self.port}", *self.args]

    def start(self, wait="ready"):
        """Starts it; `wait` is the health page to wait for (ready, live) or None."""
        assert self.process is None, "the server runs already"
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("CAIRN_", "AWS_"))}
        with self.log.open("ab") as log:
            log.write(f"---- start {self.starts}: {' '.join(self.command())}\n".encode())
            log.flush()
            self.process = subprocess.Popen(self.command(), env={**environment, **self.env}, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        self.starts += 1
        if wait:
            self.wait_until(lambda: self.health(wait) == 200, START_SECONDS, f"/health/{wait} to answer 200")
        return self

    def stop(self):
        """Asks it to stop and returns its exit code, which a test may check."""
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        return self.reap(STOP_SECONDS)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.reap(STOP_SECONDS)

    def reap(self, seconds):
        process, self.process = self.process, None
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError(f"the server did not stop within {seconds} s\n{self.log_tail()}") from None

    def restart(self):
        code = self.stop()
        assert code == 0, f"the server stopped with {code}\n{self.log_tail()}"
        return self.start()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def wait_until(self, condition, seconds, what):
        """Looks again and again until `condition()` is true; fails when time runs out or the server dies."""
        deadline = time.monotonic() + seconds
        while True:
            if self.process is not None and self.process.poll() is not None:
                code = self.process.returncode
                self.process = None
                raise ServerDied(f"the server ended with {code} while waiting for {what}\n{self.log_tail()}")
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds} s in vain for {what}\n{self.log_tail()}")
            time.sleep(0.05)

    # ---- what it says ----

    @property
    def endpoint(self):
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def get_page(self, path, timeout=10):
        """An unsigned GET: (status, text), or (None, reason) without an answer."""
        try:
            answer = self.raw(timeout=timeout).send("GET", path, sign=False)
            return answer.status, answer.body.decode(errors="replace")
        except OSError as error:
            return None, str(error)

    def health(self, page="ready"):
        return self.get_page(f"/health/{page}", timeout=5)[0]

    def metrics(self):
        """name -> {label text -> value}."""
        status, text = self.get_page("/metrics")
        assert status == 200, f"/metrics: {status}"
        found = {}
        for line in text.splitlines():
            match = re.fullmatch(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)", line)
            if match:
                found.setdefault(match.group(1), {})[match.group(2) or ""] = float(match.group(3))
        return found

    def total(self, metric):
        return sum(self.metrics().get(metric, {}).values())

    def online(self):
        """Drives in service."""
        return int(self.total("cairn_set_drives_online"))

    def wait_for_drives(self, count, seconds=60):
        self.wait_until(lambda: self.online() == count, seconds, f"{count} drives to be in service")

    def unsettled(self):
        """Accepted states that some drive does not know to be committed yet."""
        return self.total("cairn_drive_open_states")

    def wait_until_whole(self, seconds=90):
        """Until every drive is in service and full of what it should hold, and nothing waits to be healed."""
        wanted = {"cairn_drive_whole": 1, "cairn_drive_open_states": 0, "cairn_drive_heal_entries": 0,
                  "cairn_heal_queue_entries": 0}
        left = {}

        def whole():
            metrics = self.metrics()
            left.clear()
            for name, value in wanted.items():
                left.update({f"{name}{{{labels}}}": found for labels, found in metrics[name].items() if found != value})
            if sum(metrics["cairn_set_drives_online"].values()) != len(metrics["cairn_drive_whole"]):
                left["online"] = metrics["cairn_set_drives_online"]
            return not left
        try:
            self.wait_until(whole, seconds, "the drives to be whole again")
        except AssertionError as error:
            raise AssertionError(f"{left}\n{error}") from None

    def verify(self, seconds=300):
        """Has every chunk read again and what is wrong repaired; returns the counts of the pass."""
        done = self.log.read_text(errors="replace").count(" verified ")
        self.process.send_signal(signal.SIGUSR1)

        def passes():
            return [line for line in self.log.read_text(errors="replace").splitlines() if " verified " in line][done:]
        line = self.wait_until(passes, seconds, "the verifying pass to end")[0]
        return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", line)}

    def replace(self, path):
        """Tells the server that an empty folder takes a lost drive's place."""
        self.run("drive", "replace", path, *self.drives)

    # Data that nothing names any more is removed after the longest read that a drive allows.
    collection_seconds = 120

    def usage(self, bucket):
        """(objects, bytes) of a bucket, as the server counts them."""
        metrics = self.metrics()
        return tuple(int(metrics[name].get(f'bucket="{bucket}"', 0))
                     for name in ("cairn_bucket_objects", "cairn_bucket_bytes"))

    def log_tail(self, lines=40):
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def memory(self):
        """Resident bytes: now, and the most so far."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return tuple(int(re.search(rf"{name}:\s+(\d+) kB", text).group(1)) * 1024 for name in ("VmRSS", "VmHWM"))

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open_files(self):
        return [os.readlink(f) for f in Path(f"/proc/{self.process.pid}/fd").iterdir()]

    # ---- clients ----

    def raw(self, timeout=60):
        return raw.Client("127.0.0.1", self.port, self.access, self.secret, timeout=timeout,
                          tls_ca=self.ca if self.scheme == "https" else None)

    def boto(self, **config):
        config = {"retries": {"max_attempts": 1, "mode": "standard"}, "connect_timeout": 10, "read_timeout": 120,
                  "max_pool_connections": 64, "s3": {"addressing_style": "path"}, **config}
        return boto3.client("s3", endpoint_url=self.endpoint, aws_access_key_id=self.access,
                            aws_secret_access_key=self.secret, region_name="us-east-1", config=Config(**config),
                            verify=str(self.ca) if self.ca else None)

    def client_env(self):
        """For clients that read the usual variables."""
        home = self.work / "home"
        home.mkdir(exist_ok=True)
        return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8",
                "AWS_ACCESS_KEY_ID": self.access, "AWS_SECRET_ACCESS_KEY": self.secret,
                "AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_MAX_ATTEMPTS": "2"}

    def run(self, *argv, timeout=300):
        """Runs one of Cairn's other subcommands and returns its output."""
        done = subprocess.run([str(BINARY), *map(str, argv)], env={**os.environ, **self.env}, text=True, timeout=timeout,
                              capture_output=True)
        assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout
