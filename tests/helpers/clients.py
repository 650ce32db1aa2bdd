"""The S3 clients that people use, each behind the same three calls: up, down, and check or clear where it has them."""

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLIENTS = ROOT / "build/clients"


class Client:
    """`run` runs a command line with the server's credentials and returns what it printed."""

    name = ""

    def __init__(self, server, bucket):
        self.server, self.bucket = server, bucket
        self.env = server.client_env()
        self.setup()

    def setup(self):
        pass

    def run(self, *argv, timeout=3600, env=None, cwd=None):
        done = subprocess.run([str(a) for a in argv], env={**self.env, **(env or {})}, text=True, capture_output=True,
                              timeout=timeout, stdin=subprocess.DEVNULL, errors="replace", cwd=cwd)
        assert done.returncode == 0, (f"{' '.join(map(str, argv))}\nended with {done.returncode}\n"
                                      f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}")
        return done.stdout


class Aws(Client):
    name, program = "aws", CLIENTS / "venv/bin/aws"

    def aws(self, *argv, **options):
        return self.run(self.program, "--endpoint-url", self.server.endpoint, *argv, **options)

    def setup(self):
        # Path-style, because 127.0.0.1 has no sub-domains; V4, because version 1 still presigns with V2 unless told so.
        config = Path(self.env["HOME"]) / ".aws/config"
        config.parent.mkdir(exist_ok=True)
        config.write_text("[default]\nregion = us-east-1\ns3 =\n  addressing_style = path\n  "
                          "signature_version = s3v4\n  max_concurrent_requests = 16\n")

    def up(self, folder):
        self.aws("s3", "sync", "--only-show-errors", folder, f"s3://{self.bucket}/tree")

    def down(self, folder):
        self.aws("s3", "sync", "--only-show-errors", f"s3://{self.bucket}/tree", folder)

    def put(self, path, key):
        self.aws("s3", "cp", "--only-show-errors", path, f"s3://{self.bucket}/{key}")

    def get(self, key, path):
        self.aws("s3", "cp", "--only-show-errors", f"s3://{self.bucket}/{key}", path)


class DebianAws(Aws):
    name, program = "aws-debian", "/usr/bin/aws"


class Rclone(Client):
    name = "rclone"

    def setup(self):
        self.env.update(RCLONE_CONFIG_CAIRN_TYPE="s3", RCLONE_CONFIG_CAIRN_PROVIDER="Other",
                        RCLONE_CONFIG_CAIRN_ENDPOINT=self.server.endpoint, RCLONE_CONFIG_CAIRN_ENV_AUTH="true",
                        RCLONE_CONFIG_CAIRN_REGION="us-east-1", RCLONE_CONFIG_CAIRN_FORCE_PATH_STYLE="true",
                        RCLONE_CONFIG=str(Path(self.env["HOME"]) / "rclone.conf"))
        Path(self.env["RCLONE_CONFIG"]).touch()

    def rclone(self, *argv):
        return self.run("rclone", "--transfers", "16", "--checkers", "16", "--retries", "1", "--low-level-retries", "2",
                        "--s3-upload-cutoff", "16M", "--s3-chunk-size", "8M", *argv)

    def up(self, folder):
        self.rclone("sync", folder, f"cairn:{self.bucket}/tree")
        self.rclone("check", "--download", folder, f"cairn:{self.bucket}/tree")

    def down(self, folder):
        self.rclone("sync", f"cairn:{self.bucket}/tree", folder)

    def put(self, path, key):
        self.rclone("copyto", path, f"cairn:{self.bucket}/{key}")

    def get(self, key, path):
        self.rclone("copyto", f"cairn:{self.bucket}/{key}", path)


class S3cmd(Client):
    name = "s3cmd"

    def setup(self):
        host = self.server.endpoint.split("//")[1]
        config = Path(self.env["HOME"]) / ".s3cfg"
        config.write_text(f"[default]\naccess_key = {self.server.access}\nsecret_key = {self.server.secret}\n"
                          f"host_base = {host}\nhost_bucket = {host}\nuse_https = False\nbucket_location = us-east-1\n"
                          "signature_v2 = False\nmultipart_chunk_size_mb = 8\nmax_retries = 1\n")

    def s3cmd(self, *argv):
        return self.run("s3cmd", "--no-progress", *argv)

    def up(self, folder):
        self.s3cmd("sync", f"{folder}/", f"s3://{self.bucket}/tree/")

    def down(self, folder):
        Path(folder).mkdir(parents=True, exist_ok=True)
        self.s3cmd("sync", f"s3://{self.bucket}/tree/", f"{folder}/")

    def put(self, path, key):
        self.s3cmd("put", path, f"s3://{self.bucket}/{key}")
        assert f"s3://{self.bucket}/{key}" in self.s3cmd("ls", f"s3://{self.bucket}/{key}")

    def get(self, key, path):
        self.s3cmd("get", f"s3://{self.bucket}/{key}", path)


class Javascript(Client):
    name = "javascript"

    def node(self, direction, folder):
        return self.run("node", ROOT / "tests/integration/js/transfer.mjs", direction, self.server.endpoint, self.bucket, folder,
                        env={"CAIRN_NPM": str(CLIENTS / "npm")})

    def up(self, folder):
        self.node("up", folder)

    def down(self, folder):
        self.node("down", folder)

    def put(self, path, key):
        folder = Path(self.env["HOME"]) / "one"
        folder.mkdir(exist_ok=True)
        os.link(path, folder / key)
        self.node("up", folder)
        shutil.rmtree(folder)

    def get(self, key, path):
        folder = Path(self.env["HOME"]) / "all"
        self.node("down", folder)
        os.rename(folder / key, path)
        shutil.rmtree(folder)


class Restic(Client):
    """Stores trees its own way: in packs, with locks, behind its own check."""

    name = "restic"

    def restic(self, *argv, cwd=None):
        return self.run("restic", "-r", f"s3:{self.server.endpoint}/{self.bucket}/repository", "--no-cache", *argv, cwd=cwd,
                        env={"RESTIC_PASSWORD": "only a test"})

    def up(self, folder):
        self.restic("init")
        self.restic("backup", ".", cwd=folder)
        self.restic("check", "--read-data")

    def down(self, folder):
        self.restic("restore", "latest", "--target", folder)


TREE_CLIENTS = [Aws, DebianAws, Rclone, S3cmd, Javascript, Restic]
FILE_CLIENTS = [Aws, DebianAws, Rclone, S3cmd, Javascript]
