"""Workers that write, overwrite, delete, complete uploads and read back, and remember everything in a History."""

import random
import threading

from . import data
from .history import ABSENT

SMALL = (100, 3000)  # stands in the records whatever the geometry
LARGE = (1_300_000, 3_000_000)  # in shard files whatever the geometry
PART = 5 * data.MIB  # the least S3 allows


class Load:
    """Each worker has keys of its own, where every read can be judged at once, and all share a few."""

    def __init__(self, server, bucket, history, workers=8, own_keys=12, shared_keys=4, seed=0, mix=None, timeout=60, prefix=""):
        self.server, self.bucket, self.history = server, bucket, history
        self.timeout = timeout
        self.stopping = threading.Event()
        self.mix = mix or {"small": 45, "large": 15, "delete": 15, "multipart": 5, "get": 20}
        self.complaints = []  # wrong reads: never allowed
        self.failures = []  # requests that failed: whether they may is up to the test
        self.done = 0
        self.lock = threading.Lock()
        shared = [f"{prefix}shared/{n}" for n in range(shared_keys)]
        self.threads = [
            threading.Thread(target=self.worker, name=f"load-{n}", daemon=True,
                             args=(random.Random(f"{seed}/{n}"), [f"{prefix}w{n}/key {k}" for k in range(own_keys)], shared))
            for n in range(workers)]

    def start(self):
        for thread in self.threads:
            thread.start()
        return self

    def stop(self, seconds=120):
        self.stopping.set()
        for thread in self.threads:
            thread.join(seconds)
            assert not thread.is_alive(), f"{thread.name} got no answer for {seconds} s"
        assert not self.complaints, self.complaints[:3]
        return self

    def fail(self, what, key, why):
        with self.lock:
            self.failures.append((what, key, str(why)[:200]))

    def failures_since(self, mark=0):
        with self.lock:
            return self.failures[mark:]

    def worker(self, rng, own, shared):
        client = self.server.raw(timeout=self.timeout)
        kinds, weights = list(self.mix), list(self.mix.values())
        try:
            while not self.stopping.is_set():
                kind = rng.choices(kinds, weights)[0]
                key = rng.choice(shared) if shared and rng.random() < 0.15 and kind != "get" else rng.choice(own)
                try:
                    getattr(self, kind)(client, rng, key)
                    with self.lock:
                        self.done += 1
                except OSError as error:
                    self.fail(kind, key, repr(error))
                    if self.stopping.wait(0.02):  # the server may be down for a moment
                        return
        except Exception as error:  # a bug of the test must not look like success
            with self.lock:
                self.complaints.append(f"worker: {error!r}")
        finally:
            client.close()

    def write(self, what, key, value, request):
        """One change; an answer or the lack of one is its outcome."""
        write = self.history.begin(key, value, what)
        try:
            answer = request()
        except ConnectionRefusedError:
            self.history.finish(write, "refused")
            raise
        except OSError:
            self.history.finish(write, "unknown")
            raise
        self.history.answered(write, answer)
        if answer.status >= 300:
            self.fail(what, key, answer)

    def put(self, client, rng, key, size):
        body = data.body(rng.random(), size)
        self.write("put", key, data.sha(body), lambda: client.put(self.bucket, key, body))

    def small(self, client, rng, key):
        self.put(client, rng, key, rng.randint(*SMALL))

    def large(self, client, rng, key):
        self.put(client, rng, key, rng.randint(*LARGE))

    def delete(self, client, rng, key):
        self.write("delete", key, ABSENT, lambda: client.delete(self.bucket, key))

    def multipart(self, client, rng, key):
        parts = [data.body(rng.random(), PART), data.body(rng.random(), rng.randint(*LARGE))]
        answer = client.send("POST", f"/{self.bucket}/{key}", query={"uploads": ""})
        if answer.status != 200:
            return self.fail("create upload", key, answer)
        upload = answer.xml().findtext("UploadId")
        etags = []
        for number, body in enumerate(parts, 1):
            answer = client.put_part(self.bucket, key, upload, number, body)
            if answer.status != 200:
                return self.fail("part", key, answer)
            etags.append((number, answer.headers["etag"]))
        self.write("complete", key, data.sha(b"".join(parts)), lambda: client.complete(self.bucket, key, upload, etags))

    def get(self, client, rng, key):
        possible = self.history.possible(key)  # nobody else writes this key
        answer = client.get(self.bucket, key)
        if answer.status >= 500:
            return self.fail("get", key, answer)
        value = ABSENT if answer.status == 404 else data.sha(answer.body)
        if value not in possible:
            with self.lock:
                self.complaints.append(f"{key}: read {answer.status} {(value or 'absent')[:12]}, possible {possible}")


def read_value(client, bucket, key):
    """The SHA-256 of what stands under a key, or ABSENT. Any other answer than 200 and 404 is an error."""
    answer = client.get(bucket, key)
    if answer.status == 404:
        assert answer.code == "NoSuchKey", answer
        return ABSENT
    assert answer.status == 200, f"{key}: {answer}"
    assert len(answer.body) == int(answer.headers["content-length"])
    return data.sha(answer.body)


def check_everything(server, bucket, history, threads=4):
    """Reads every key and lists the bucket: returns key -> size of what is there. Fails on anything that can't be true."""
    keys, complaints, present = history.keys(), [], {}
    lock, position = threading.Lock(), iter(keys)

    def reader():
        client = server.raw()
        while True:
            with lock:
                key = next(position, None)
            if key is None:
                return
            try:
                value = read_value(client, bucket, key)
                complaint = history.observe(key, value)
                with lock:
                    if complaint:
                        complaints.append(complaint)
                    if value is not ABSENT:
                        present[key] = value
            except Exception as error:
                with lock:
                    complaints.append(f"{key}: {error!r}")

    workers = [threading.Thread(target=reader) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not complaints, f"{len(complaints)} of {len(keys)} keys are wrong: " + "; ".join(complaints[:5])
    listed = server.raw().list_keys(bucket)
    assert sorted(listed) == sorted(present), (
        f"listed but not there: {sorted(set(listed) - set(present))[:5]}, "
        f"there but not listed: {sorted(set(present) - set(listed))[:5]}")
    return listed
