"""What was asked of the server and what came of it, and whether what is read afterwards can be true.

A key is one register. Each write has a start, an end and an outcome:
  acked     a 2xx: it happened between start and end
  refused   a 4xx, or a 503 that promises that nothing changed: it never happened
  unknown   no answer, or an answer that leaves it open: it happened at some time after the start, or never
A final read may return the value of any write that no acknowledged write certainly followed. Once a read has decided,
the history starts again from the value it saw: an unknown write that lost may never show up later.
"""

import threading
import time
from dataclasses import dataclass, field

ABSENT = None  # the value of a key that does not exist
FOREVER = float("inf")


@dataclass
class Write:
    key: str
    value: str | None  # the body's SHA-256, or ABSENT for a delete
    what: str = "put"
    start: float = field(default_factory=time.monotonic)
    end: float = FOREVER
    outcome: str = "unknown"


class History:
    def __init__(self):
        self.lock = threading.Lock()
        self.writes = {}  # key -> [Write]
        self.counts = {"acked": 0, "refused": 0, "unknown": 0}

    def begin(self, key, value, what="put"):
        write = Write(key, value, what)
        with self.lock:
            self.writes.setdefault(key, []).append(write)
        return write

    def finish(self, write, outcome):
        with self.lock:
            if outcome != "unknown":
                write.end = time.monotonic()
            write.outcome = outcome
            self.counts[outcome] += 1

    def answered(self, write, answer):
        """Judges an answer's status."""
        if answer.status < 300:
            self.finish(write, "acked")
        elif answer.status < 500 or (answer.status == 503 and answer.code in ("SlowDown", "ServiceUnavailable")):
            self.finish(write, "refused")
        else:
            self.finish(write, "unknown")

    def keys(self):
        with self.lock:
            return sorted(self.writes)

    def possible(self, key):
        """The values that a read begun now may return."""
        with self.lock:
            happened = [w for w in self.writes.get(key, []) if w.outcome != "refused"]
        acked = [w for w in happened if w.outcome == "acked"]
        candidates = [w for w in happened if not any(other.start > w.end for other in acked)]
        values = {w.value for w in candidates}
        if not acked:
            values.add(ABSENT)
        return values

    def observe(self, key, value):
        """A read found `value`: checks it, and lets the history start again from it. Returns a complaint or None."""
        allowed = self.possible(key)
        if value not in allowed:
            with self.lock:
                story = [(w.what, (w.value or "absent")[:12], w.outcome) for w in self.writes.get(key, [])[-8:]]
            return f"{key}: read {(value or 'absent')[:12]}, possible {[(v or 'absent')[:12] for v in allowed]}, after {story}"
        with self.lock:
            now = time.monotonic()
            self.writes[key] = [Write(key, value, "seen", start=now, end=now, outcome="acked")]
        return None
