"""File systems that a test can take away, freeze, fill and break: images mounted through loop devices."""

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path

MIB = 1 << 20


def as_root(*argv, check=True, timeout=60, **options):
    argv = [str(a) for a in argv]
    if os.geteuid() != 0:
        argv = ["sudo", "-n", *argv]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=timeout, **options)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: {done.returncode} {done.stderr.strip()}")
    return done


def available():
    """Why loop mounts can't be made here, or None."""
    if os.geteuid() != 0 and (not shutil.which("sudo") or as_root("true", check=False).returncode):
        return "needs root or sudo without a password"
    for tool in ("losetup", "mkfs.ext4", "mkfs.xfs", "xfs_io", "fsfreeze"):
        if not shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            return f"{tool} is missing"
    if as_root("losetup", "-f", check=False).returncode:
        return "no loop devices"
    return None


def drop_caches():
    """So that the next read comes from the disk."""
    os.sync()
    as_root("sh", "-c", "echo 3 > /proc/sys/vm/drop_caches")


class LoopDrive:
    """A drive on a file system of its own."""

    def __init__(self, folder, name, kind="xfs", size=1536 * MIB):
        self.image = Path(folder) / f"{name}.img"
        self.path = Path(folder) / name
        self.kind = kind
        self.mounted = False
        self.device = None
        self.path.mkdir(parents=True)
        with self.image.open("wb") as f:
            f.truncate(size)
        self.make()
        self.mount()

    def make(self):
        # A small log keeps the images small; xfs wants 300 MiB at least.
        argv = ["mkfs.xfs", "-q", "-f"] if self.kind == "xfs" else ["mkfs.ext4", "-q", "-F", "-m", "0", "-E",
                                                                   "lazy_itable_init=1,lazy_journal_init=1"]
        as_root(*argv, self.image)

    def mount(self, *options):
        # Without autoclear a lazily unmounted drive would keep its device; `mount -o loop` sets it.
        extra = ["errors=remount-ro"] if self.kind == "ext4" else []
        as_root("mount", "-o", ",".join(["loop", "noatime", *extra, *options]), self.image, self.path)
        self.device = as_root("findmnt", "-n", "-o", "SOURCE", self.path).stdout.strip()
        self.mounted = True
        if os.geteuid() != 0 and "ro" not in options:
            as_root("chown", f"{os.geteuid()}:{os.getegid()}", self.path)

    def shut_down(self):
        """Every access to it, through open files too, fails with EIO from now on."""
        assert self.kind == "xfs"
        as_root("xfs_io", "-x", "-c", "shutdown", self.path)

    def unmount(self, seconds=30):
        """Unmounts it, once whoever uses it has let go."""
        deadline = time.monotonic() + seconds
        while True:
            done = as_root("umount", self.path, check=False)
            if done.returncode == 0:
                self.mounted = False
                return
            if time.monotonic() > deadline:
                users = as_root("sh", "-c", f"ls -l /proc/[0-9]*/fd 2>/dev/null | grep -F {self.path} | head -5",
                                check=False).stdout
                raise AssertionError(f"{self.path} is still in use after {seconds} s: {done.stderr.strip()}\n{users}")
            time.sleep(0.2)

    def detach(self):
        """The mount point is empty from now on; open files stay as they are."""
        as_root("umount", "-l", self.path)
        self.mounted = False

    def put_back(self, seconds=60):
        """Mounts it again after it was shut down, detached or turned read-only, once whoever used it has let go."""
        if self.mounted:
            self.unmount(seconds)
        deadline = time.monotonic() + seconds
        while as_root("losetup", "-j", self.image).stdout.strip():
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.path}: its old file system is still in use after {seconds} s")
            time.sleep(0.2)
        if self.kind == "ext4":
            as_root("fsck.ext4", "-f", "-y", self.image, check=False)
        self.mount()

    @contextlib.contextmanager
    def frozen(self, seconds):
        """Writes to it hang. Another process thaws it in any case, also if this one dies."""
        guard = subprocess.Popen(["sh", "-c", f"sleep {seconds}; {'' if os.geteuid() == 0 else 'sudo -n '}fsfreeze -u "
                                  f"'{self.path}'"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL, start_new_session=True)
        as_root("fsfreeze", "-f", self.path)
        try:
            yield guard
        finally:
            as_root("fsfreeze", "-u", self.path, check=False)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(guard.pid, 9)
            guard.wait()

    def make_read_only(self):
        """As the kernel does it when it meets an error: open files can't be written any more."""
        assert self.kind == "ext4"
        as_root("sh", "-c", f"echo 1 > /sys/fs/ext4/{Path(self.device).name}/trigger_fs_error")

    def wipe(self):
        """An empty file system of the same size in its place. It has to be unmounted."""
        assert not self.mounted
        self.make()

    def is_mounted(self):
        """By the kernel's table: a file system that was shut down can't be asked itself."""
        return any(line.split()[1] == str(self.path) for line in Path("/proc/mounts").read_text().splitlines())

    def destroy(self):
        as_root("fsfreeze", "-u", self.path, check=False)
        while self.is_mounted():
            if as_root("umount", self.path, check=False).returncode:
                as_root("umount", "-l", self.path)
        self.mounted = False
        self.image.unlink(missing_ok=True)
