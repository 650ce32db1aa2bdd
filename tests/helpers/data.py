"""What tests store: bytes made from a seed, and trees of real files."""

import hashlib
import os
import random
import shutil
from pathlib import Path

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
# Long enough that slices differ, made once.
POOL = random.Random(20).randbytes(4 * MIB)


def body(seed, size):
    """`size` bytes that differ for every seed (from 16 bytes on)."""
    digest = hashlib.sha256(str(seed).encode()).digest()
    start = int.from_bytes(digest[:4], "big") % (len(POOL) // 2)
    out = bytearray()
    while len(out) < size:
        out += POOL[start:start + size - len(out)]
        start = 0
    for at in range(0, size, 64 * KIB):  # every 64 KiB says whose it is
        stamp = digest[:16] + at.to_bytes(8, "big")
        out[at:at + min(24, size - at)] = stamp[:min(24, size - at)]
    return bytes(out[:size])


def sha(data):
    return hashlib.sha256(data).hexdigest()


def sha_of_file(path):
    digest = hashlib.sha256()
    with open(path, "rb") as f:
        while block := f.read(MIB):
            digest.update(block)
    return digest.hexdigest()


def write_large(path, size, seed=0):
    """A file of random bytes, made quickly."""
    rng = random.Random(seed)
    with open(path, "wb") as f:
        left = size
        while left:
            block = rng.randbytes(min(left, 4 * MIB))
            f.write(block)
            left -= len(block)
    return path


ODD_NAMES = ["white space.txt", "plus+and&more=.txt", "percent%20.txt", "ümläut-日本語-🎵.txt", "quote'\"s.txt", "tilde~(1)[2]{3}.txt",
             "semi;colon,comma.txt", "-dash.txt", "..dots...txt", "deep/er/and/deeper/still/file", "hash#mark@at!.txt",
             "star*dollar$.txt", "trailing.dot.", "UPPER.TXT", "upper.txt"]


def share_tree(target, count=None, largest=MIB):
    """Copies real files out of /usr/share as regular files: all of it, or `count` files spread over it, and odd names."""
    target = Path(target)
    files = []
    for folder, folders, names in os.walk("/usr/share"):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and os.access(path, os.R_OK) and (count is None or path.stat().st_size <= largest):
                files.append(path)
    if count is not None:
        step = max(1, len(files) // count)
        files = files[::step][:count]
    for path in files:
        copy = target / path.relative_to("/usr/share")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    odd = target / "odd names"
    for number, name in enumerate(ODD_NAMES):
        path = odd / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body(name, 10 + number * 700))
    (odd / "empty").write_bytes(b"")
    return target


def tree_sums(folder):
    """relative name -> SHA-256 of every file below a folder."""
    folder = Path(folder)
    return {str(p.relative_to(folder)): sha_of_file(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def assert_same_tree(found, expected):
    missing = sorted(set(expected) - set(found))
    extra = sorted(set(found) - set(expected))
    changed = sorted(k for k in set(found) & set(expected) if found[k] != expected[k])
    assert not (missing or extra or changed), f"missing {missing[:5]}, extra {extra[:5]}, changed {changed[:5]}"
