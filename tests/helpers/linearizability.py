"""Whether a history of one key can be explained by operations that each happened at one moment.

The search is that of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the memory of Lowe ("Testing for
linearizability", 2017), as Porcupine has it too: walk the operations in an order that real time allows, step a sequential model,
go back when no operation fits, and never enter a configuration (what is placed, and the model's state) twice. Keys are independent
objects, so a history is linearizable if the history of each key is (Herlihy and Wing, "Linearizability", 1990): check one at a time.

An operation whose outcome is unknown may happen at any time after its start, or never: it has no end and need not be placed.

Two rules cut the search without losing an answer:
  - A read, or a refused write, is placed as soon as it fits: it changes nothing wherever it stands.
  - An unknown operation is placed only just before one that would not have fitted, or would have led elsewhere, without it.
    Otherwise it could as well be placed later, or never.
"""

from dataclasses import dataclass, field

FOREVER = float("inf")
OK = "ok"
READS = ("read", "read_version", "show", "list")


@dataclass
class Op:
    """What a client asked of a key, and what came of it; the model says what `kind`, `args` and `result` mean."""

    kind: str
    args: tuple = ()
    result: tuple | None = None  # None while the outcome is unknown
    start: float = 0
    end: float = FOREVER
    client: int = -1
    note: dict = field(default_factory=dict)

    @property
    def known(self):
        return self.result is not None

    @property
    def passive(self):
        """Changes nothing, whatever the state."""
        return self.known and (self.kind in READS or self.result[0] != OK)

    def __repr__(self):
        end = "..." if self.end == FOREVER else f"{self.end:.6f}"
        return f"[{self.start:.6f} {end} c{self.client} {self.kind}{self.args} -> {self.result}]"


class Undecided(Exception):
    """The search was given up: neither a proof nor a violation."""


@dataclass
class Verdict:
    fits: bool
    operations: int
    configurations: int
    # Where no way led on: the operations around the furthest point that was reached, and the model's states there.
    stuck: list = field(default_factory=list)
    states: list = field(default_factory=list)

    def __bool__(self):
        return self.fits

    def __str__(self):
        if self.fits:
            return f"linearizable: {self.operations} operations, {self.configurations} configurations"
        shown = "\n  ".join(map(repr, self.stuck))
        return f"not linearizable; from the states {self.states[:6]} none of these leads on:\n  {shown}"


def check(operations, model, budget=5_000_000):
    """Judges the history of one key. Raises Undecided after `budget` configurations."""
    for op in operations:
        assert op.start <= op.end, f"an operation ends before it starts: {op}"
    known = sorted((o for o in operations if o.known), key=lambda o: (o.start, o.end))
    unknown = sorted((o for o in operations if not o.known), key=lambda o: o.start)
    return _Search(known, unknown, model, budget).run()


class _Search:
    """A configuration is (base, mask, used, state): the first `base` known operations are placed and those of `mask` after them,
    `used` of the unknown ones are, and the model is in `state`."""

    def __init__(self, known, unknown, model, budget):
        self.known, self.unknown, self.model, self.budget = known, unknown, model, budget
        self.furthest, self.stuck_in = -1, []

    def open_now(self, base, mask):
        """The known operations that may be next: those that began before any unplaced one ended. And that end."""
        bound, at, found = FOREVER, base, []
        while at < len(self.known) and self.known[at].start <= bound:
            if not mask >> (at - base) & 1:
                found.append(at)
                bound = min(bound, self.known[at].end)
            at += 1
        return [n for n in found if self.known[n].start <= bound], bound

    @staticmethod
    def place(base, mask, at):
        mask |= 1 << (at - base)
        while mask & 1:
            base, mask = base + 1, mask >> 1
        return base, mask

    def absorb(self, base, mask, state):
        """Places passive operations until none is left that fits."""
        placed = False
        while True:
            moved = False
            for at in self.open_now(base, mask)[0]:
                if self.known[at].passive and self.model.step(state, self.known[at]):
                    base, mask = self.place(base, mask, at)
                    moved = placed = True
                    break  # the bound has changed
            if not moved:
                return base, mask, placed

    def successors(self, base, mask, used, state, before):
        """`before` is the state before an unknown operation that has just been placed and must serve the next one; else None."""
        found, bound = self.open_now(base, mask)
        found.sort(key=lambda n: (self.model.rank(self.known[n]), self.known[n].end))
        for n in found:
            op = self.known[n]
            follows = self.model.step(state, op)
            if before is not None and self.model.step(before[0], op) == follows:
                continue  # the unknown operation has made no difference
            for after in follows:
                yield (*self.settle(*self.place(base, mask, n), after), None, used)
        for n, op in enumerate(self.unknown):
            if op.start > bound:
                break
            if used >> n & 1:
                continue
            follows = self.model.step(state, op)
            if before is not None and self.model.step(before[0], op) == follows:
                continue
            for after in follows:
                if after == state:
                    continue
                new_base, new_mask, served = self.absorb(base, mask, after)
                yield new_base, new_mask, after, None if served else (state,), used | 1 << n

    def settle(self, base, mask, state):
        base, mask, _ = self.absorb(base, mask, state)
        return base, mask, state

    def run(self):
        base, mask, state = self.settle(0, 0, self.model.initial)
        seen = {(base, mask, 0, state, None)}
        path = [(base, self.successors(base, mask, 0, state, None))]
        if base == len(self.known):
            return self.verdict(True, seen)
        self.note(base, mask, state)
        while path:
            found = next(path[-1][1], None)
            if found is None:
                path.pop()
                continue
            base, mask, state, before, used = found
            if base == len(self.known):
                return self.verdict(True, seen)
            configuration = (base, mask, used, state, before)
            if configuration in seen:
                continue
            seen.add(configuration)
            if len(seen) > self.budget:
                raise Undecided(f"{len(seen)} configurations of {len(self.known)} + {len(self.unknown)} operations")
            self.note(base, mask, state)
            path.append((base, self.successors(base, mask, used, state, before)))
        return self.verdict(False, seen)

    def note(self, base, mask, state):
        reached = base + mask.bit_count()
        if reached > self.furthest:
            self.furthest, self.stuck_in = reached, []
        if reached == self.furthest and len(self.stuck_in) < 20:
            self.stuck_in.append((base, mask, state))

    def verdict(self, fits, seen):
        if fits:
            return Verdict(True, len(self.known) + len(self.unknown), len(seen))
        base, mask, _ = self.stuck_in[-1]
        near = [self.known[n] for n in self.open_now(base, mask)[0]]
        around = self.known[max(0, base - 4):base] + near
        around += [o for o in self.unknown if o.start <= near[-1].end][-4:]
        return Verdict(False, len(self.known) + len(self.unknown), len(seen), around, [s for _, _, s in self.stuck_in])


class RegisterModel:
    """A key without versions. The state is its ETag, or None where there is no object.

    kind              args            result
    read                              (ETag,) or (None,): GET, HEAD, or what a list shows
    put               ETag            (OK,)
    create            ETag            (OK,) or (412,): If-None-Match *
    replace           ETag, wanted    (OK,), (412,) or (404,): If-Match wanted
    delete                            (OK,)
    remove            wanted          (OK,), (412,) or (404,): DELETE with If-Match
    """

    initial = None

    @staticmethod
    def relevant(operations):
        return operations

    @staticmethod
    def rank(op):
        return 0

    @staticmethod
    def step(state, op):
        """The states that may follow; none where the result can't be."""
        kind = op.kind
        if kind == "read":
            return [state] if op.result is None or op.result[0] == state else []
        if kind in ("put", "delete"):
            return [op.args[0] if kind == "put" else None]
        if kind == "create":
            outcome = OK if state is None else 412
            after = op.args[0]
        else:  # replace, remove
            wanted = op.args[-1]
            outcome = 404 if state is None else OK if state == wanted else 412
            after = op.args[0] if kind == "replace" else None
        if op.result is None:  # what was refused has changed nothing, and need not be placed
            return [after] if outcome == OK else []
        if op.result[0] != outcome:
            return []
        return [after] if outcome == OK else [state]


MARKER = "delete marker"


class VersionsModel:
    """A key of a versioned bucket. The state is its versions, newest first: pairs (version id, ETag or MARKER).

    Version ids of operations that were cut are not known to who asked; `learn` finds them by their ETags, which are unique to an
    operation. A cut delete makes one of the markers that somebody saw and no delete was told of. The history must end with a list
    that began after everything else had ended: a version that a cut write made is in it, or was seen by whoever removed it, so that a
    cut write whose version nobody ever saw made none in time to matter (`relevant` leaves it out).

    kind              args            result
    read                              (id, ETag), (id, MARKER), or (None, None): GET, HEAD
    read_version      id              (ETag,), (MARKER,), or (None,)
    show                              (ETag,) or (None,): what a list of objects shows
    list                              ((id, ETag or MARKER), ...): all of the key's versions, newest first
    put               ETag            (OK, id)
    create            ETag            (OK, id) or (412,)
    replace           ETag, wanted    (OK, id), (412,) or (404,)
    delete                            (OK, id): makes a marker
    remove            wanted          (OK, id), (412,) or (404,): DELETE with If-Match
    remove_version    id              (OK,)
    """

    initial = ()

    def __init__(self, operations):
        self.ids, self.markers, told = {}, set(), set()
        for op in operations:
            if not op.known:
                continue
            if op.kind == "list":
                for version, etag in op.result:
                    self.saw(version, etag)
            elif op.kind == "read" and op.result[0] is not None:
                self.saw(*op.result)
            elif op.kind in ("put", "create", "replace") and op.result[0] == OK:
                self.learn(op.args[0], op.result[1])
            elif op.kind in ("delete", "remove") and op.result[0] == OK:
                told.add(op.result[1])
        self.markers = sorted(self.markers - told)

    def relevant(self, operations):
        last = max(operations, key=lambda o: o.start)
        assert last.kind == "list" and last.start > max(o.end for o in operations if o.known and o is not last), last
        return [o for o in operations if o.known or o.kind == "remove_version" or
                (bool(self.markers) if o.kind in ("delete", "remove") else o.args[0] in self.ids)]

    def saw(self, version, etag):
        if etag == MARKER:
            self.markers.add(version)
        else:
            self.learn(etag, version)

    def learn(self, etag, version):
        known = self.ids.setdefault(etag, version)
        assert known == version, f"the bytes {etag} were written once, and stand under the versions {known} and {version}"

    def rank(self, op):
        """Older versions first: only a hint where to search first. A version id begins with its inverted order."""
        version = op.result[1] if len(op.result) > 1 and op.result[0] == OK else ""
        return -int(version[:16], 16) if version else 0

    @staticmethod
    def latest(state):
        """The ETag of what a GET finds, or None."""
        return state[0][1] if state and state[0][1] != MARKER else None

    def step(self, state, op):
        reads = getattr(self, "step_" + op.kind, None)
        if reads:
            return reads(state, op)
        return self.change(state, op)

    @staticmethod
    def step_read(state, op):
        return [state] if (state[0] if state else (None, None)) == op.result else []

    @staticmethod
    def step_read_version(state, op):
        found = next((etag for version, etag in state if version == op.args[0]), None)
        return [state] if op.result == (found,) else []

    @classmethod
    def step_show(cls, state, op):
        return [state] if op.result == (cls.latest(state),) else []

    @staticmethod
    def step_list(state, op):
        return [state] if op.result == state else []

    @staticmethod
    def step_remove_version(state, op):
        return [tuple(entry for entry in state if entry[0] != op.args[0])]

    def change(self, state, op):
        latest = self.latest(state)
        outcome = OK
        if op.kind == "create":
            outcome = OK if latest is None else 412
        elif op.kind in ("replace", "remove"):
            outcome = 404 if latest is None else OK if latest == op.args[-1] else 412
        if op.result is None:
            return self.pushed(state, op) if outcome == OK else []
        if op.result[0] != outcome:
            return []
        return self.pushed(state, op) if outcome == OK else [state]

    def pushed(self, state, op):
        if op.kind in ("put", "create", "replace"):
            return [((self.ids[op.args[0]], op.args[0]), *state)]
        if op.result is not None:
            return [((op.result[1], MARKER), *state)]
        standing = {version for version, _ in state}
        return [((version, MARKER), *state) for version in self.markers if version not in standing]
