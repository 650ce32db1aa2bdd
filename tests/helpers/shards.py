"""What lies on a drive, looked at from outside the server."""

import json
from pathlib import Path


def shard_files(drive):
    """Every shard file of a drive."""
    return [p for p in (Path(drive) / "shards").rglob("*") if p.is_file()]


def record_files(drive, suffixes=(".sst", ".blob", ".log")):
    return [p for p in (Path(drive) / "records").rglob("*") if p.is_file() and p.suffix in suffixes]


def expected_shard_files(listed, smallest_large=1_000_000):
    """How many files each drive should hold for a listing (key -> (size, ETag)): one an object or part, none for small ones."""
    count = 0
    for size, etag in listed.values():
        etag = etag.strip('"')
        if "-" in etag:
            count += int(etag.rsplit("-", 1)[1])
        elif size >= smallest_large:
            count += 1
    return count


def flip(path, rng, flips=1, start=0):
    """Changes `flips` bytes of a file in place, each by at least one bit. Returns the offsets."""
    size = Path(path).stat().st_size
    if size <= start:
        return []
    offsets = [rng.randrange(start, size) for _ in range(flips)]
    with open(path, "r+b") as f:
        for offset in offsets:
            f.seek(offset)
            old = f.read(1)[0]
            f.seek(offset)
            f.write(bytes([old ^ rng.randint(1, 255)]))
    return offsets


def format_of(drive):
    return json.loads((Path(drive) / "format.json").read_text())


def damage_shards(drive, rng, share=0.5, flips=3):
    """Flips bytes in a share of a drive's shard files; returns those files with their new contents."""
    files = sorted(shard_files(drive))
    chosen = [f for f in files if rng.random() < share] or files[:1]
    for path in chosen:
        flip(path, rng, flips)
    return chosen


def wait_for_shard_files(server, drives, expected):
    """Until each drive holds this many shard files; says which are too many or too few when it waits in vain."""
    for drive in drives:
        try:
            server.wait_until(lambda d=drive: len(shard_files(d)) == expected, server.collection_seconds,
                              f"{Path(drive).name} to hold {expected} shard files")
        except AssertionError as error:
            held = {Path(d).name: {p.name for p in shard_files(d)} for d in drives}
            everywhere = set.intersection(*held.values())
            odd = {name: sorted(ids - everywhere) for name, ids in held.items()}
            named = {p.name: p.read_bytes()[:300].decode(errors="replace") for p in shard_files(drive)
                     if p.name not in everywhere}
            raise AssertionError(f"{len(everywhere)} files are on all drives; the others: {odd}\n{named}\n{error}") from None
