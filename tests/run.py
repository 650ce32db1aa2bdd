#!/usr/bin/python3
"""Runs the project's proofs: `./dev test` their bounded form, `./dev prove` the long one.

Every step writes build/logs/<step>.log. What a step found is counted from the test programs' own output; a step that
fails without a failed test counts as one failure. The last line reads "N passed, N failed[, N skipped]".
"""

import argparse
import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / "build" / "logs"
CORES = os.cpu_count() or 2
MIB = 1 << 20
BINARY_LIMIT = 40 * MIB
SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": f"halt_on_error=1:second_deadlock_stack=1:suppressions={ROOT}/tests/tsan.supp",
}


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped


@dataclass
class Outcome:
    name: str
    ok: bool
    seconds: float
    count: Count = field(default_factory=Count)
    log: Path | None = None
    note: str = ""


class Failure(Exception):
    """A step that failed without the help of a test program."""


class Log:
    """One step's log file; commands append to it."""

    def __init__(self, name):
        self.path = LOGS / f"{name}.log"
        LOGS.mkdir(parents=True, exist_ok=True)
        self.path.write_text("")
        self.lock = threading.Lock()

    def write(self, text):
        with self.lock, self.path.open("a", errors="replace") as f:
            f.write(text)

    def command(self, argv, timeout, env=None, cwd=ROOT):
        """Runs argv in a process group of its own, returns (exit code, output); 124 if time ran out."""
        started = time.monotonic()
        process = subprocess.Popen(
            [str(a) for a in argv], cwd=cwd, env={**os.environ, **(env or {})}, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            output, _ = process.communicate(timeout=timeout)
            code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            code = 124
            output += f"\nnot finished after {timeout} s: killed\n"
        self.write(f"$ {' '.join(str(a) for a in argv)}\n{output}[exit {code}, {time.monotonic() - started:.1f} s]\n")
        return code, output


def must(log, argv, timeout, env=None):
    code, output = log.command(argv, timeout, env)
    if code != 0:
        raise Failure(f"{Path(str(argv[0])).name} ended with {code}")
    return output


# ---- what the test programs print ----


def count_gtest(output, code):
    passed = re.search(r"^\[  PASSED  \] (\d+) test", output, re.M)
    failed = re.search(r"^\[  FAILED  \] (\d+) test", output, re.M)
    skipped = re.search(r"^\[  SKIPPED \] (\d+) test", output, re.M)
    count = Count(*(int(m.group(1)) if m else 0 for m in (passed, failed, skipped)))
    if code != 0 and count.failed == 0:
        count.failed = 1  # a crash, a sanitizer's report, a timeout
    return count


def count_pytest(output, code):
    tail = output.strip().splitlines()[-1] if output.strip() else ""
    found = {word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|error|errors|skipped)", tail)}
    count = Count(found.get("passed", 0), found.get("failed", 0) + found.get("error", 0) + found.get("errors", 0),
                  found.get("skipped", 0))
    if code != 0 and count.failed == 0:
        count.failed = 1
    return count


# ---- steps ----


def release(log, long):
    """The static binary: builds, is static, and stays small."""
    must(log, ["./dev", "build", "release"], 1800)
    binary = ROOT / "build/release/cairn"
    if "statically linked" not in must(log, ["file", "-L", binary], 30):
        raise Failure("the binary is not static")
    stripped = ROOT / "build/logs/cairn.stripped"
    must(log, ["strip", "-o", stripped, binary], 60)
    size = stripped.stat().st_size
    stripped.unlink()
    log.write(f"{size / MIB:.1f} MiB stripped\n")
    if size >= BINARY_LIMIT:
        raise Failure(f"{size / MIB:.1f} MiB stripped is too much")
    must(log, [binary, "--help"], 30)
    return Count(passed=3), f"{size / MIB:.1f} MiB stripped"


def build_preset(preset, *targets):
    def step(log, long):
        must(log, ["./dev", "build", preset, *targets], 3600)
        return Count(passed=1), ""
    return step


def clients(log, long):
    """The clients that the integration tests drive."""
    must(log, ["./dev", "client-deps"], 900)
    return Count(), ""


def unit_programs(preset, modules=()):
    programs = sorted((ROOT / "build" / preset / "tests").rglob("unit_*"))
    programs = [p for p in programs if p.is_file() and os.access(p, os.X_OK)]
    return [p for p in programs if not modules or p.name.removeprefix("unit_") in modules]


def unit(preset, modules=()):
    """Each module's GoogleTest program; bigger programs first, one a core."""
    def step(log, long):
        programs = unit_programs(preset, modules)
        if not programs:
            raise Failure("no unit tests were built")
        env = {**SANITIZER_ENV, "CAIRN_LONG": "1" if long else "0"}
        total = Count()

        def one(program):
            work = ROOT / "build/logs" / f"{preset}-{program.name}"
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir(parents=True)
            code, output = log.command([program, "--gtest_brief=1"], 7200 if long else 600,
                                       {**env, "TMPDIR": str(work), "TEST_TMPDIR": str(work)})
            shutil.rmtree(work, ignore_errors=True)
            return count_gtest(output, code)

        with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
            for count in pool.map(one, sorted(programs, key=lambda p: -p.stat().st_size)):
                total.add(count)
        return total, f"{len(programs)} programs"
    return step


def fuzz_programs(preset, name=None):
    programs = sorted((ROOT / "build" / preset / "tests/fuzz").glob("fuzz_*"))
    return [p for p in programs if p.is_file() and os.access(p, os.X_OK) and name in (None, p.name.removeprefix("fuzz_"))]


def fuzz(preset, seconds=None, name=None):
    """Every fuzz target over its corpus and then for some time; finds are kept in build/fuzz-finds."""
    def step(log, long):
        programs = fuzz_programs(preset, name)
        if not programs:
            raise Failure("no fuzz targets were built")
        finds = ROOT / "build/fuzz-finds"
        finds.mkdir(parents=True, exist_ok=True)
        duration = seconds or (600 if long else 30)

        def one(program):
            target = program.name.removeprefix("fuzz_")
            seeds = ROOT / "tests/fuzz/corpus" / target
            grown = ROOT / "build/fuzz-corpus" / target
            grown.mkdir(parents=True, exist_ok=True)
            if not seeds.is_dir() or not any(seeds.iterdir()):
                log.write(f"{target}: tests/fuzz/corpus/{target} is missing or empty\n")
                return Count(failed=1)
            code, _ = log.command(
                [program, f"-max_total_time={duration}", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1",
                 "-verbosity=0", f"-artifact_prefix={finds}/{target}-", grown, seeds], duration + 120, SANITIZER_ENV)
            return Count(passed=1) if code == 0 else Count(failed=1)

        total = Count()
        with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
            for count in pool.map(one, programs):
                total.add(count)
        return total, f"{len(programs)} targets, {duration} s each"
    return step


def lint(log, long):
    code, output = log.command(["/usr/bin/python3", "tests/lint/lint.py", *(["--tidy", "--all"] if long else [])],
                               10800 if long else 300)
    summary = re.search(r"^lint: (\d+) passed, (\d+) failed$", output, re.M)
    count = Count(int(summary.group(1)), int(summary.group(2))) if summary else Count()
    if code != 0 and count.failed == 0:
        count.failed = 1
    return count, ""


def model(log, long):
    """The commit protocol's model, checked by spin; and protocols with a rule left out, which it must refute."""
    code, output = log.command(["tests/model/run", *(["long"] if long else [])], 7200 if long else 600)
    summary = re.search(r"^(\d+) passed, (\d+) failed$", output, re.M)
    if not summary:
        raise Failure(f"tests/model/run ended with {code} and no result")
    return Count(int(summary.group(1)), int(summary.group(2))), ""


def integration(log, long):
    """The real binary with real clients and real failures; in the bounded form a file on each of at most four cores."""
    python = ROOT / "build/clients/venv/bin/python"
    workers = [] if long else ["-n", min(CORES, 4), "--dist", "loadfile"]
    code, output = log.command([python, "-m", "pytest", "tests/s3", "tests/integration", "-q", "-ra", "--durations=15", *workers],
                               4 * 3600 if long else 2700, {"CAIRN_LONG": "1" if long else "0"})
    return count_pytest(output, code), ""


FUZZ_TARGETS = sorted("fuzz_" + p.stem for p in (ROOT / "tests/fuzz").glob("*.cpp"))

# A stage's steps run at the same time; a stage begins when the one before it has ended.
TEST = [
    {"release": release, "clients": clients},
    {"dev-build": build_preset("dev"), "lint": lint},
    {"unit": unit("dev"), "model": model},
    {"fuzz-build": build_preset("asan", *FUZZ_TARGETS)},
    {"fuzz": fuzz("asan")},
    {"integration": integration},
]
PROVE = [
    {"release": release, "clients": clients},
    {"gcc-build": build_preset("gcc")},
    {"gcc-unit": unit("gcc")},
    {"asan-build": build_preset("asan")},
    {"unit": unit("asan"), "model": model},
    {"tsan-build": build_preset("tsan")},
    {"tsan-unit": unit("tsan")},
    {"fuzz": fuzz("asan")},
    {"lint": lint},
    {"integration": integration},
]


def run_step(name, action, long):
    log = Log(name)
    started = time.monotonic()
    print(f"[....] {name}", flush=True)
    try:
        count, note = action(log, long)
        ok = count.failed == 0
    except Failure as failure:
        log.write(f"{failure}\n")
        count, note, ok = Count(failed=1), str(failure), False
    return Outcome(name, ok, time.monotonic() - started, count, log.path, note)


def report(outcome, lines=60):
    c = outcome.count
    print(f"[{'ok' if outcome.ok else 'FAIL':^4}] {outcome.name:<14} {outcome.seconds:7.1f} s  {c.passed} passed, "
          f"{c.failed} failed" + (f", {c.skipped} skipped" if c.skipped else "") +
          (f"  ({outcome.note})" if outcome.note else ""), flush=True)
    if not outcome.ok:
        text = outcome.log.read_text(errors="replace")
        interesting = [l for l in text.splitlines() if re.search(
            r"\[  FAILED  \]|^(FAILED|ERROR) |: error:|ERROR: |SUMMARY: |^lint: |fatal error|^E  ", l)][-40:]
        tail = text.splitlines()[-lines:]
        print(f"---- {outcome.log.relative_to(ROOT)}: what failed\n" + "\n".join(interesting))
        print("---- the end of it\n" + "\n".join(tail) + "\n----", flush=True)


def run(stages, chosen, long):
    started = time.monotonic()
    outcomes = []
    failed_builds = set()
    for stage in stages:
        steps = {n: a for n, a in stage.items() if not chosen or n in chosen}
        runnable = {}
        for name, action in steps.items():
            needs = {"unit": "asan-build" if long else "dev-build", "fuzz": "asan-build" if long else "fuzz-build", "tsan-unit": "tsan-build", "gcc-unit": "gcc-build",
                     "integration": "release"}.get(name)
            if needs in failed_builds or (name == "integration" and "clients" in failed_builds):
                outcomes.append(Outcome(name, False, 0, Count(failed=1), None, "not run: what it needs failed"))
                print(f"[skip] {name}: what it needs failed", flush=True)
            else:
                runnable[name] = action
        with concurrent.futures.ThreadPoolExecutor(max(1, len(runnable))) as pool:
            futures = [pool.submit(run_step, n, a, long) for n, a in runnable.items()]
            for future in concurrent.futures.as_completed(futures):
                outcome = future.result()
                outcomes.append(outcome)
                report(outcome)
                if not outcome.ok:
                    failed_builds.add(outcome.name)
    total = Count()
    for outcome in outcomes:
        total.add(outcome.count)
    print(f"{time.monotonic() - started:.0f} s in all; the logs are in build/logs")
    print(f"{total.passed} passed, {total.failed} failed" + (f", {total.skipped} skipped" if total.skipped else ""),
          flush=True)
    return 0 if total.failed == 0 and total.passed > 0 else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("form", choices=["test", "prove", "unit", "fuzz"])
    parser.add_argument("arguments", nargs="*")
    parser.add_argument("--list", action="store_true", help="name the steps")
    options = parser.parse_args()
    if options.form == "unit":
        targets = [f"unit_{m}" for m in options.arguments]
        return run([{"dev-build": build_preset("dev", *targets)}, {"unit": unit("dev", options.arguments)}], None, False)
    if options.form == "fuzz":
        seconds = int(options.arguments[0]) if options.arguments else None
        name = options.arguments[1] if len(options.arguments) > 1 else None
        return run([{"fuzz-build": build_preset("fuzz")}, {"fuzz": fuzz("fuzz", seconds, name)}], None, False)
    stages = TEST if options.form == "test" else PROVE
    names = [n for stage in stages for n in stage]
    if options.list:
        print("\n".join(names))
        return 0
    unknown = set(options.arguments) - set(names)
    if unknown:
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    return run(stages, set(options.arguments), options.form == "prove")


if __name__ == "__main__":
    sys.exit(main())
