"""Clients that fight over a few keys with every kind of conditional write, and write down what they asked and what they got.

The history is for `linearizability.check`: `operations[key]` are its Ops. Every write has an ETag of its own, so that a read says
which write it saw; `copy_within` is the one that repeats an ETag, and is used where versions don't need to be told apart.
"""

import hashlib
import itertools
import random
import threading
import time

from . import data
from .linearizability import MARKER, OK, Op

MIX = {"read": 26, "head": 8, "show": 3, "put": 14, "create": 9, "replace": 12, "delete": 6, "remove": 7, "complete": 5, "copy": 6,
       "copy_within": 4}
VERSIONED_MIX = {**MIX, "copy_within": 0, "list": 8, "read_version": 8, "trim": 5}
FEW_VERSIONS = 8  # how many a trim leaves
LARGE_SHARE = 0.04
REFUSED_503 = ("SlowDown", "ServiceUnavailable")


def md5(body):
    return hashlib.md5(body).hexdigest()


class Rivals:
    """`clients` threads on `keys` keys until `wanted` operations have been written down."""

    def __init__(self, server, bucket, wanted, versioned=False, clients=12, keys=16, seed=0):
        self.server, self.bucket, self.wanted, self.versioned = server, bucket, wanted, versioned
        self.keys = [f"k/{n:02}" for n in range(keys)]
        self.operations = {key: [] for key in self.keys}
        self.seen = {key: [] for key in self.keys}  # ETags (or version ids, under "v") that were lately there: for conditions
        self.versions = {key: [] for key in self.keys}
        self.bodies = {}  # ETag -> MD5 of the body
        self.complaints, self.counts = [], {"known": 0, "unknown": 0, "refused": 0, "cut reads": 0}
        self.lock, self.stopping, self.numbers = threading.Lock(), threading.Event(), itertools.count()
        mix = VERSIONED_MIX if versioned else MIX
        self.kinds, self.weights = list(mix), list(mix.values())
        self.threads = [threading.Thread(target=self.worker, args=(n, random.Random(f"{seed}/{n}")), daemon=True)
                        for n in range(clients)]

    # ---- the run ----

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def total(self):
        with self.lock:
            return sum(self.counts.values())

    def wait_for(self, total, seconds=3600):
        deadline = time.monotonic() + seconds
        while self.total() < total and any(t.is_alive() for t in self.threads):
            assert time.monotonic() < deadline, f"{self.counts} after {seconds} s"
            self.stopping.wait(0.02)
        assert not self.complaints, self.complaints[:3]

    def finish(self):
        """Ends the clients, then reads every key once more."""
        self.stopping.set()
        for thread in self.threads:
            thread.join(120)
            assert not thread.is_alive(), "a client got no answer for 120 s"
        last = Visit(self, -1, random.Random(0))
        for key in self.keys:
            last.read(key)
            last.head(key)
        last.show(None)
        for key in self.keys:
            if self.versioned:
                for version in self.versions[key][-200:]:
                    last.read_one_version(key, version)
                last.list(key)
        assert not self.complaints, self.complaints[:3]
        return self

    def worker(self, number, rng):
        visit = Visit(self, number, rng)
        try:
            while not self.stopping.is_set() and self.total() < self.wanted:
                kind = rng.choices(self.kinds, self.weights)[0]
                try:
                    getattr(visit, kind)(rng.choice(self.keys))
                except OSError:
                    if self.stopping.wait(0.03):  # the server may be down for a moment
                        return
        except Exception as error:  # a bug of the test must not look like success
            self.complain(f"client {number}: {error!r}")
        finally:
            visit.client.close()

    # ---- what the clients share ----

    def complain(self, text):
        with self.lock:
            self.complaints.append(text)

    def record(self, key, op):
        with self.lock:
            self.operations[key].append(op)
            self.counts["known" if op.known else "unknown"] += 1

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def remember(self, key, etag, version=None):
        with self.lock:
            if etag:
                self.seen[key] = [*self.seen[key][-3:], etag]
            if version:
                self.versions[key].append(version)

    def register_body(self, etag, digest):
        with self.lock:
            assert self.bodies.setdefault(etag, digest) == digest, f"two bodies with the ETag {etag}"


class Visit:
    """One client: a connection, and a method for each kind of request."""

    def __init__(self, rivals, number, rng):
        self.rivals, self.number, self.rng = rivals, number, rng
        self.bucket, self.versioned = rivals.bucket, rivals.versioned
        self.client = rivals.server.raw(timeout=60)

    def path(self, key):
        return f"/{self.bucket}/{key}"

    def new_body(self):
        size = self.rng.randint(1_100_000, 1_500_000) if self.rng.random() < LARGE_SHARE else self.rng.randint(20, 3000)
        with self.rivals.lock:
            number = next(self.rivals.numbers)
        body = data.body(f"{self.bucket}/{number}", size)
        return body, md5(body)

    def wanted(self, key):
        """An ETag that the key may have."""
        with self.rivals.lock:
            seen = self.rivals.seen[key]
            return self.rng.choice(seen) if seen and self.rng.random() < 0.3 else seen[-1] if seen else "0" * 32

    # ---- reads ----

    def ask(self, method, path, query=()):
        """A read: (answer, start, end), or None where it failed as it may."""
        start = time.monotonic()
        try:
            answer = self.client.send(method, path, query=query)
        except ConnectionRefusedError:
            raise
        except OSError:
            self.rivals.count("cut reads")
            raise
        end = time.monotonic()
        if answer.status >= 500:
            self.rivals.count("cut reads")
            return None
        return answer, start, end

    def found(self, answer, body=True):
        """What a GET or HEAD of an object saw: (version id, ETag)."""
        version = answer.headers.get("x-amz-version-id")
        if answer.status == 404:
            if answer.headers.get("x-amz-delete-marker") == "true":
                return version, MARKER
            return None, None
        if answer.status != 200:
            self.rivals.complain(f"a read was answered {answer}")
        etag = answer.headers["etag"].strip('"')
        if body and self.rivals.bodies.get(etag) != md5(answer.body):
            self.rivals.complain(f"wrong bytes under the ETag {etag}: {len(answer.body)} bytes with MD5 {md5(answer.body)}")
        return version, etag

    def read(self, key, method="GET"):
        asked = self.ask(method, self.path(key))
        if asked is None:
            return
        answer, start, end = asked
        version, etag = self.found(answer, body=method == "GET")
        result = (version, etag) if self.versioned else (etag,)
        self.rivals.record(key, Op("read", (), result, start, end, self.number))
        if etag != MARKER:
            self.rivals.remember(key, etag)

    def head(self, key):
        self.read(key, "HEAD")

    def show(self, _):
        """One list of all keys is a read of each."""
        version = self.rng.choice([1, 2])
        query = {"prefix": "k/", **({"list-type": 2} if version == 2 else {})}
        asked = self.ask("GET", f"/{self.bucket}", query)
        if asked is None:
            return
        answer, start, end = asked
        listed = {item.findtext("Key"): item.findtext("ETag").strip('"') for item in answer.xml().findall("Contents")}
        if set(listed) - set(self.rivals.keys):
            self.rivals.complain(f"a list shows keys that nobody wrote: {sorted(listed)}")
        for key in self.rivals.keys:
            self.rivals.record(key, Op("show" if self.versioned else "read", (), (listed.get(key),), start, end, self.number))

    def list(self, key):
        """All versions of a key, newest first."""
        asked = self.ask("GET", f"/{self.bucket}", {"versions": "", "prefix": key})
        if asked is None:
            return ()
        answer, start, end = asked
        root = answer.xml()
        if root.findtext("IsTruncated") != "false":
            self.rivals.complain(f"{key} has more versions than a page")
        entries, latest = [], []
        for item in root:
            if item.tag in ("Version", "DeleteMarker"):
                marker = item.tag == "DeleteMarker"
                entries.append((item.findtext("VersionId"), MARKER if marker else item.findtext("ETag").strip('"')))
                latest.append(item.findtext("IsLatest"))
        if latest != ["true"] * bool(latest) + ["false"] * (len(latest) - 1):
            self.rivals.complain(f"{key}: the versions are latest or not as {latest}")
        self.rivals.record(key, Op("list", (), tuple(entries), start, end, self.number))
        return entries

    def read_version(self, key):
        with self.rivals.lock:
            versions = self.rivals.versions[key]
            version = self.rng.choice(versions[-40:]) if versions else None
        if version:
            self.read_one_version(key, version)

    def read_one_version(self, key, version):
        asked = self.ask("GET", self.path(key), {"versionId": version})
        if asked is None:
            return
        answer, start, end = asked
        if answer.status == 405:
            etag = MARKER
        elif answer.status == 404:
            etag = None
            if answer.code != "NoSuchVersion":
                self.rivals.complain(f"{key} {version}: {answer}")
        else:
            shown, etag = self.found(answer)
            if shown != version:
                self.rivals.complain(f"{key} {version}: answered with version {shown}")
        self.rivals.record(key, Op("read_version", (version,), (etag,), start, end, self.number))

    def trim(self, key):
        """Removes versions, mostly the oldest, so that lists stay short; delete markers, too."""
        entries = self.list(key)
        for version, _ in self.rng.sample(entries, min(2, len(entries))) + list(entries[FEW_VERSIONS:]):
            self.change(key, "remove_version", (version,), "DELETE", {"versionId": version})

    # ---- writes ----

    def change(self, key, kind, args, method, query=(), headers=None, body=b"", source=None):
        """A write, written down whatever comes of it. `source`: key and ETag that a copy must find, a read of that key as well."""
        op = Op(kind, args, start=time.monotonic(), client=self.number)
        try:
            answer = self.client.send(method, self.path(key), query=query, headers=headers, body=body)
        except ConnectionRefusedError:  # it never began
            raise
        except OSError:
            self.rivals.record(key, op)
            raise
        end = time.monotonic()
        status = answer.status
        if status in (200, 204) and answer.code is None:
            op.result, op.end = (OK,), end
            if self.versioned and kind != "remove_version":
                op.result = (OK, answer.headers.get("x-amz-version-id"))
            self.check_etag(answer, kind, args)
            if kind in ("put", "create", "replace"):
                self.rivals.remember(key, args[0], op.result[-1] if self.versioned else None)
            if source:
                self.rivals.record(source[0], Op("read", (), (source[1],), op.start, end, self.number))
        elif status in (412, 404) and source:
            return self.rivals.count("refused")
        elif status in (412, 404) and kind in ("create", "replace", "remove"):
            if kind == "create" and status == 404:
                self.rivals.complain(f"{kind}: {answer}")
            op.result, op.end = (status,), end
        elif (status == 409 and answer.code == "ConditionalRequestConflict") or (status == 503 and answer.code in REFUSED_503):
            return self.rivals.count("refused")
        elif status < 500 and answer.code is not None and status >= 300:
            self.rivals.complain(f"{kind} {key}: {answer}")
            return self.rivals.count("refused")
        self.rivals.record(key, op)

    def check_etag(self, answer, kind, args):
        shown = answer.headers.get("etag") or (answer.xml().findtext("ETag") if answer.body else None)
        if kind in ("put", "create", "replace") and (shown or "").strip('"') != args[0]:
            self.rivals.complain(f"a write of {args[0]} was answered with the ETag {shown}")

    def write(self, key, kind):
        """Arguments and headers of a write of `kind` that `condition` picks."""
        wanted = self.wanted(key)
        return {"put": ((), {}), "create": ((), {"If-None-Match": "*"}), "replace": ((wanted,), {"If-Match": f'"{wanted}"'})}[kind]

    def upload(self, key, kind):
        args, headers = self.write(key, kind)
        body, etag = self.new_body()
        self.rivals.register_body(etag, etag)
        self.change(key, kind, (etag, *args), "PUT", headers=headers, body=body)

    def put(self, key):
        self.upload(key, "put")

    def create(self, key):
        self.upload(key, "create")

    def replace(self, key):
        self.upload(key, "replace")

    def complete(self, key):
        """CompleteMultipartUpload; the upload before it is nobody's business."""
        args, headers = self.write(key, kind := self.rng.choice(["put", "create", "replace"]))
        body, digest = self.new_body()
        created = self.client.send("POST", self.path(key), query={"uploads": ""})
        if created.status != 200:
            return
        upload = created.xml().findtext("UploadId")
        if self.client.put_part(self.bucket, key, upload, 1, body).status != 200:
            return
        etag = md5(bytes.fromhex(digest)) + "-1"
        self.rivals.register_body(etag, digest)
        document = (f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{digest}</ETag></Part>"
                    "</CompleteMultipartUpload>").encode()
        self.change(key, kind, (etag, *args), "POST", {"uploadId": upload}, headers, document)

    def copy(self, key):
        """CopyObject of an object that this client alone has just written."""
        args, headers = self.write(key, kind := self.rng.choice(["put", "create", "replace"]))
        body, etag = self.new_body()
        self.rivals.register_body(etag, etag)
        if self.client.put(self.bucket, f"source/{self.number}", body).status != 200:
            return
        headers = {**headers, "x-amz-copy-source": f"/{self.bucket}/source/{self.number}"}
        self.change(key, kind, (etag, *args), "PUT", headers=headers)

    def copy_within(self, key):
        """CopyObject of another of the keys, if that has a certain ETag: a read there and a write here."""
        source = self.rng.choice([k for k in self.rivals.keys if k != key])
        etag = self.wanted(source)
        digest = self.rivals.bodies.get(etag)
        if digest is None:
            return
        self.rivals.register_body(digest, digest)
        headers = {"x-amz-copy-source": f"/{self.bucket}/{source}", "x-amz-copy-source-if-match": f'"{etag}"'}
        self.change(key, "put", (digest,), "PUT", headers=headers, source=(source, etag))

    def delete(self, key):
        self.change(key, "delete", (), "DELETE")

    def remove(self, key):
        wanted = self.wanted(key)
        self.change(key, "remove", (wanted,), "DELETE", headers={"If-Match": f'"{wanted}"'})
