#!/usr/bin/python3
"""Checks what the compiler does not: layering, sizes, words, format, scripts, links. Ends with "lint: N passed, N failed".

--tidy runs clang-tidy as well, on the files changed since the last commit, or with --all on every file.
"""

import argparse
import ast
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import awaits

ROOT = Path(__file__).resolve().parents[2]
MODULE_TABLE = ROOT / "docs/design/modules.md"
README_LINES = 40
SOURCE_LINES = 800  # past 400 a source file is a question; past this it is an error
SIMULATION_LINES = 1300  # the simulation of the commit protocol; to be split
TIDY_BUDGET = 150  # seconds, without --all

# Who may include a library's headers; the others reach it through these modules.
LIBRARY_OWNERS = {
    "boost/beast": {"http"},
    "rocksdb/": {"drive"},
    "highwayhash/": {"codec"},
    "isa-l": {"codec", "crypto", "drive"},
    "pugixml": {"s3wire"},
    "openssl/": {"base", "crypto", "http"},
    "CLI/": {"server", "s3client"},
}

# Words that tell of a workplace instead of the project. The repository has to stand alone.
FOREIGN_WORDS = [
    (r"/work/(main|shared|\.)", "a path of somebody's machine"),
    (r"\.\./shared\b|\bshared/(design|style|limits)", "a file outside the repository"),
    (r"\bissues? #?\d+\b", "an issue's number: say what it was about"),
    (r"(?i)\b(sub-?agents?|claude|anthropic|chatgpt|language model|co-authored-by)\b", "says who wrote it"),
    (r"(?i)\b(working|work|developer|this|another|earlier|later|next|previous) sessions?\b(?! (token|key|ticket|cookie|object|id))",
     "speaks of work sessions"),
    (r"(?i)\bthe (brief|workplace)\b", "speaks of how the work was handed out"),
]


class Lint:
    def __init__(self):
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                                check=True, capture_output=True).stdout.decode().split("\0")
        self.files = sorted({ROOT / p for p in listed if p and (ROOT / p).is_file()})
        self.problems = []
        self.passed = self.failed = 0

    def run(self, check):
        before = len(self.problems)
        check(self)
        if len(self.problems) == before:
            self.passed += 1
        else:
            self.failed += 1
            print(f"lint: {check.__name__.replace('_', ' ')}: {len(self.problems) - before} found")
            for problem in self.problems[before:]:
                print(f"  {problem}")

    def problem(self, path, line, text):
        self.problems.append(f"{path.relative_to(ROOT) if path.is_absolute() else path}:{line}: {text}")

    def code(self):
        return [f for f in self.files if f.suffix in (".cpp", ".hpp", ".inc")]

    def texts(self):
        binary = {".bin", ".golden", ".png", ".ico"}
        corpus = ROOT / "tests/fuzz/corpus"
        return [f for f in self.files if f.suffix not in binary and corpus not in f.parents and "golden" not in f.parts]


def lines(path):
    return path.read_text(errors="replace").splitlines()


def module_of(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "src" and len(parts) > 2:
        return parts[1]
    if parts[:2] == ("include", "cairn") and len(parts) > 3:
        return parts[2]
    return None


def module_table():
    """module -> the modules it may include, from the table in docs/design/modules.md."""
    table = {}
    for line in lines(MODULE_TABLE):
        cells = [c.strip() for c in line.strip().strip("|").split("|")]
        if line.startswith("|") and len(cells) >= 3 and re.fullmatch(r"[a-z0-9]+", cells[0]) and cells[0] != "module":
            table[cells[0]] = set() if cells[1] == "-" else set(cells[1].split())
    table["server"] = set(table)
    return table


# ---- the checks ----


def includes_follow_the_module_table(lint):
    table = module_table()
    for path in lint.code():
        module = module_of(path)
        if module is None:
            continue
        if module not in table:
            lint.problem(path, 1, f"module {module} is not in docs/design/modules.md")
            continue
        public = "include" in path.relative_to(ROOT).parts[0]
        for number, line in enumerate(lines(path), 1):
            match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
            if not match:
                continue
            target = match.group(1)
            parts = target.split("/")
            if parts[0] == "cairn" and len(parts) > 2:
                if parts[1] != module and parts[1] not in table[module]:
                    lint.problem(path, number, f"{module} may not include {parts[1]}")
                elif not (ROOT / "include" / target).exists():
                    lint.problem(path, number, f"there is no include/{target}")
            elif public:
                lint.problem(path, number, f"a public header includes a private one: {target}")
            elif len(parts) > 1 and parts[0] != module and (ROOT / "src" / parts[0]).is_dir():
                lint.problem(path, number, f"{module} includes a private header of {parts[0]}")


def libraries_stay_in_their_modules(lint):
    for path in lint.code():
        module = module_of(path)
        if module is None and "unit" in path.parts:
            module = path.relative_to(ROOT / "tests/unit").parts[0]
        if module is None:
            continue
        for number, line in enumerate(lines(path), 1):
            match = re.match(r'\s*#\s*include\s+[<"]([^>"]+)[>"]', line)
            for prefix, owners in LIBRARY_OWNERS.items():
                if match and match.group(1).startswith(prefix) and module not in owners:
                    lint.problem(path, number, f"only {', '.join(sorted(owners))} may include {prefix}")


def link_dependencies_follow_the_module_table(lint):
    table = module_table()
    for path in (ROOT / "src").glob("*/CMakeLists.txt"):
        module = path.parent.name
        if path not in lint.files or module not in table:
            continue
        call = re.search(rf"cairn_module\(\s*{module}\b(.*?)\)", path.read_text(), re.S)
        for dep in re.findall(r"\bcairn_([a-z0-9]+)\b", call.group(1) if call else ""):
            if dep not in table[module]:
                lint.problem(path, 1, f"{module} may not link {dep}")


def modules_have_a_short_readme_and_tests(lint):
    for path in sorted({f.parent for f in lint.files if f.name == "CMakeLists.txt" and f.parent.parent == ROOT / "src"}):
        readme = path / "README.md"
        if not readme.exists():
            lint.problem(path, 1, "has no README.md")
        elif len(lines(readme)) > README_LINES:
            lint.problem(readme, README_LINES, f"{len(lines(readme))} lines; at most {README_LINES}")
        if not (ROOT / "tests/unit" / path.name / "CMakeLists.txt").exists() and path.name != "server":
            lint.problem(path, 1, f"has no tests/unit/{path.name}")


def fuzz_targets_have_a_corpus(lint):
    for path in (ROOT / "tests/fuzz").glob("*.cpp"):
        corpus = ROOT / "tests/fuzz/corpus" / path.stem
        if path in lint.files and not any(f.parent == corpus for f in lint.files):
            lint.problem(path, 1, f"tests/fuzz/corpus/{path.stem} is empty")
        if not any(re.search(rf"cairn_fuzz\(\s*{path.stem}\b", f.read_text()) for f in (ROOT / "tests/fuzz").glob("*.cmake")):
            lint.problem(path, 1, "is in no cairn_fuzz()")


def sources_are_listed(lint):
    for path in lint.files:
        if path.suffix == ".cpp" and path.parts[len(ROOT.parts)] == "src":
            folder = path.parent
            while folder.parent != ROOT / "src":
                folder = folder.parent
            listed = folder / "CMakeLists.txt"
            if listed.exists() and path.name not in listed.read_text():
                lint.problem(path, 1, "is in no CMakeLists.txt, so nothing builds it")


def files_have_a_readable_size_and_name(lint):
    for path in lint.code():
        count = len(lines(path))
        limit = SIMULATION_LINES if path.name == "register_sim.cpp" else SOURCE_LINES
        if count > limit:
            lint.problem(path, count, f"{count} lines; split it (at most {limit})")
        if not re.fullmatch(r"[a-z0-9_]+\.(cpp|hpp|inc)", path.name):
            lint.problem(path, 1, "file names are snake_case")


def code_keeps_the_house_rules(lint):
    rules = [
        (r"\basio::detached\b", lambda p: module_of(p) not in (None, "base"), "background work lives in a TaskGroup"),
        (r"thread\w*\.detach\(\)", lambda p: module_of(p) is not None, "threads are joined"),
        (r"\bsleep_for\b|\busleep\b|\bsleep\(", lambda p: "unit" in p.parts and "base" not in p.parts,
         "a unit test does not sleep"),  # base tests the timer itself
        (r"^\s*using namespace\b", lambda p: p.suffix == ".hpp", "no using namespace in a header"),
        (r"\bstd::(cout|cerr)\b", lambda p: module_of(p) not in (None, "server", "s3client"), "log through base/log.hpp"),
        (r"\b(strcpy|strcat|sprintf|gets|atoi|rand)\s*\(", lambda p: True, "an unsafe C function"),
    ]
    for path in lint.code():
        text = lines(path)
        if path.suffix == ".hpp" and "#pragma once" not in text[:12]:
            lint.problem(path, 1, "a header begins with #pragma once")
        for number, line in enumerate(text, 1):
            bare = re.sub(r"//.*|\"(\\.|[^\"\\])*\"", "", line)
            for pattern, applies, reason in rules:
                if applies(path) and re.search(pattern, bare) and "lint: allow" not in line:
                    lint.problem(path, number, reason)


def coroutines_await_what_gcc_12_compiles(lint):
    for sample in awaits.samples_read_wrongly():
        lint.problem(ROOT / "tests/lint/awaits.py", 1, f"the check reads this wrongly: {sample}")
    for path in lint.code():
        text = path.read_text(errors="replace")
        if "co_await" not in text and "Task<" not in text:
            continue
        at = text.splitlines()
        for number, reason in awaits.find(text):
            if "lint: allow" not in at[number - 1]:
                lint.problem(path, number, reason)


def texts_are_clean(lint):
    for path in lint.texts():
        try:
            text = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            lint.problem(path, 1, "is not UTF-8")
            continue
        if text and not text.endswith("\n"):
            lint.problem(path, text.count("\n") + 1, "no newline at the end")
        for number, line in enumerate(text.splitlines(), 1):
            if line != line.rstrip() and path.suffix != ".md":
                lint.problem(path, number, "white space at the end of the line")
            if "\t" in line and path.suffix in (".cpp", ".hpp", ".py", ".cmake", ".md"):
                lint.problem(path, number, "a tab")
            if re.match(r"^(<{7}|>{7}|={7})( |$)", line):
                lint.problem(path, number, "a merge conflict")


def words_speak_of_the_project_only(lint):
    for path in lint.texts():
        if path == Path(__file__).resolve():
            continue
        for number, line in enumerate(lines(path), 1):
            for pattern, reason in FOREIGN_WORDS:
                if re.search(pattern, line):
                    lint.problem(path, number, f"{reason}: {line.strip()[:80]}")


def links_in_documents_lead_somewhere(lint):
    for path in lint.files:
        if path.suffix != ".md":
            continue
        for number, line in enumerate(lines(path), 1):
            for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", line):
                if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                    lint.problem(path, number, f"{target} does not exist")


def scripts_parse(lint):
    for path in lint.files:
        if path.suffix == ".py":
            try:
                ast.parse(path.read_text(), str(path))
            except SyntaxError as error:
                lint.problem(path, error.lineno or 1, str(error))
        elif path.suffix == ".json" and path in lint.texts():
            try:
                json.loads(path.read_text())
            except ValueError as error:
                lint.problem(path, 1, str(error))


def shell_scripts_are_sound(lint):
    scripts = [f for f in lint.texts() if f.stat().st_size and re.match(r"#!.*\b(ba)?sh\b", lines(f)[0] if lines(f) else "")]
    for path in scripts:
        result = subprocess.run(["bash", "-n", path], capture_output=True, text=True)
        if result.returncode:
            lint.problem(path, 1, result.stderr.strip())
    if not scripts:
        return
    result = subprocess.run(["shellcheck", "-f", "gcc", *scripts], capture_output=True, text=True, cwd=ROOT)
    for line in result.stdout.splitlines():
        lint.problems.append(line.replace(f"{ROOT}/", ""))


def code_is_formatted(lint):
    files = [str(f) for f in lint.code()]

    def one(batch):
        return subprocess.run(["clang-format-19", "--dry-run", "--ferror-limit=1", *batch], cwd=ROOT, text=True,
                              capture_output=True).stderr

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for output in pool.map(one, [files[i::8] for i in range(8) if files[i::8]]):
            for path, line in re.findall(r"^(\S+?):(\d+):\d+: (?:warning|error):", output, re.M):
                lint.problem(Path(path), line, "run ./dev format")


def clang_tidy_is_content(lint, everything=False):
    """On what the newest build's compile commands know."""
    databases = [p for p in (ROOT / "build/dev", ROOT / "build/release") if (p / "compile_commands.json").exists()]
    if not databases:
        lint.problem(ROOT / "build", 1, "no compile commands: ./dev build first")
        return
    database = max(databases, key=lambda p: (p / "compile_commands.json").stat().st_mtime)
    known = {e["file"] for e in json.loads((database / "compile_commands.json").read_text())}
    files = [f for f in lint.code() if str(f) in known and f.relative_to(ROOT).parts[0] == "src"]
    if not everything:
        changed = subprocess.run(["git", "diff", "--name-only", "HEAD~1"], cwd=ROOT, text=True, capture_output=True).stdout
        changed = set(changed.split())
        files = [f for f in files if str(f.relative_to(ROOT)) in changed]
    deadline = time.monotonic() + (TIDY_BUDGET if not everything else 1e9)

    def one(path):
        if time.monotonic() > deadline:
            return path, None
        return path, subprocess.run(["clang-tidy-19", "-p", database, "--quiet", path], cwd=ROOT, text=True,
                                    capture_output=True).stdout

    left = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, output in pool.map(one, files):
            left += output is None
            for line in sorted(set(re.findall(r"^\S+: (?:warning|error): .*$", output or "", re.M))):
                lint.problems.append(line.replace(f"{ROOT}/", ""))
    if left:
        print(f"lint: clang-tidy left out {left} of {len(files)} changed files for lack of time")


CHECKS = [
    includes_follow_the_module_table, libraries_stay_in_their_modules, link_dependencies_follow_the_module_table,
    modules_have_a_short_readme_and_tests, fuzz_targets_have_a_corpus, sources_are_listed,
    files_have_a_readable_size_and_name, code_keeps_the_house_rules, coroutines_await_what_gcc_12_compiles,
    texts_are_clean, words_speak_of_the_project_only, links_in_documents_lead_somewhere, scripts_parse,
    shell_scripts_are_sound, code_is_formatted,
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tidy", action="store_true")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    lint = Lint()
    for check in CHECKS:
        lint.run(check)
    if options.tidy:
        def clang_tidy(lint):
            clang_tidy_is_content(lint, options.all)
        lint.run(clang_tidy)
    print(f"lint: {lint.passed} passed, {lint.failed} failed")
    return 1 if lint.failed else 0


if __name__ == "__main__":
    sys.exit(main())
