"""Finds what GCC 12 compiles wrongly in statements with a co_await.

In a full expression that holds a co_await, GCC 12.2 destroys the members of a temporary twice if it is an aggregate
made from braces, also one that a default argument `= {}` makes, or a closure with captures; and what a conditional
operator yields, if that is an object. (GCC's bugs 98401, 99576 and 100611; mended in 12.3, which Debian 12 has not.)
Named values, what functions and constructors return, moves, and closures that capture references are safe.
"""

import re

BRACES = "GCC 12 destroys a braced temporary beside a co_await twice: name it"
CLOSURE = "GCC 12 destroys a closure with captured values beside a co_await twice: name it or capture references"
CHOICE = "GCC 12 destroys what a conditional operator yields beside a co_await twice: name it"
DEFAULT = "GCC 12 destroys an argument made from `= {}` in a co_await twice: overload, or let callers name it"

KEYWORDS = {"return", "co_return", "co_await", "co_yield", "else", "do", "try", "case", "throw", "new", "delete"}
BLOCK_AFTER = {"", ")", "]", ";", "{", "}", "else", "do", "try", "const", "noexcept", "mutable", "override", "final"}
TYPES = {"struct", "class", "union", "enum", "namespace", "extern"}
TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.']*|::|->|&&|\|\||[^\s\w]")


def blank(text):
    """The text with comments, literals and preprocessor lines blanked out, everything else in its place."""
    def keep(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    text = re.sub(r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'',
                  lambda m: m.group(0)[:1].replace("/", " ").replace("R", '"') + keep(m)[1:], text, flags=re.S)
    return re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", keep, text, flags=re.M)


class Statement:
    def __init__(self):
        self.awaits = False
        self.found = []  # (offset, reason)
        self.words = set()
        self.chooses = False


class Scanner:
    def __init__(self, text):
        self.problems = []
        self.stack = [["block", Statement()]]  # brackets that are open, and blocks with the statement they are in
        self.pending = []  # lambda introducers without a body yet: how deep the stack was, where, captured values
        self.previous = ""
        for token in TOKEN.finditer(text):
            self.take(token.group(0), token.start(), text)
            self.previous = token.group(0)

    def statement(self):
        return next(entry[1] for entry in reversed(self.stack) if entry[1])

    def end_statement(self):
        top = next(entry for entry in reversed(self.stack) if entry[1])
        if top[1].awaits:
            self.problems += top[1].found
        top[1] = Statement()

    def take(self, token, at, text):
        here = self.statement()
        if token == "co_await":
            here.awaits = True
        elif token == ";":
            self.end_statement()
        elif token == "?":
            here.chooses = True
            here.found.append((at, CHOICE))
        elif token == "[" and self.begins_lambda(text, at):
            self.stack.append(["lambda", None])
            self.pending.append([len(self.stack) - 1, at])
        elif token in "([":
            condition = token == "(" and self.previous in ("if", "constexpr", "while", "for", "switch")
            self.stack.append(["condition" if condition else token, None])
        elif token == "{":
            self.open_brace(at)
        elif token in ")]}":
            self.close(token, at, text)
        elif token[0].isalpha() or token[0] == "_":
            here.words.add(token)

    def begins_lambda(self, text, at):
        if text[at + 1 : at + 2] == "[" or text[at - 1 : at] == "[":
            return False
        if re.search(r"\bauto\s*&{0,2}\s*$", text[max(0, at - 12) : at]):
            return False  # a structured binding
        p = self.previous
        return p in KEYWORDS or not (p in (")", "]") or p[:1].isalnum() or p[:1] == "_" or p in ('"', "'"))

    def open_brace(self, at):
        here = self.statement()
        if self.pending and self.pending[-1][0] == len(self.stack):  # the body of a lambda
            self.pending.pop()
            self.stack.append(["body", Statement()])
        elif (self.previous in BLOCK_AFTER and self.previous != "]") or (self.previous == ":" and not here.chooses) or \
                (here.words & TYPES and "(" not in [entry[0] for entry in self.stack[-1:]]):
            self.end_statement()
            self.stack.append(["block", Statement()])
        else:
            here.found.append((at, BRACES))
            self.stack.append(["braces", None])

    def close(self, token, at, text):
        if len(self.stack) == 1:
            return
        kind, inner = self.stack.pop()
        while self.pending and self.pending[-1][0] > len(self.stack):
            self.pending.pop()
        if kind == "lambda":
            begun = self.pending[-1][1]
            if captures_values(text[begun + 1 : at]):
                self.statement().found.append((begun, CLOSURE))
        elif inner and inner.awaits:
            self.problems += inner.found
        if kind in ("block", "condition"):
            self.end_statement()


def captures_values(captures):
    depth, parts = 0, [""]
    for c in captures:
        depth += (c in "([{<") - (c in ")]}>")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return any(p.strip() and not p.strip().startswith("&") and p.strip() != "this" for p in parts)


def find(text):
    """(line, reason) of every place in the source text."""
    bare = blank(text)
    found = Scanner(bare).problems
    coroutine = r"\b(?:Task|awaitable)<[^;{}]*?[(,]\s*((?:const\s+)?[\w:]+)(?:<[^;=]*>)?[\s&]+\w*\s*=\s*\{\s*\}[^;{}]*[;{]"
    found += [(m.start(1), DEFAULT) for m in re.finditer(coroutine, bare) if not m.group(1).startswith("std::")]
    return sorted({(bare.count("\n", 0, at) + 1, reason) for at, reason in found})


# Statements of a coroutine, and whether GCC 12 compiles them wrongly.
SAMPLES = [
    ("co_await f({1, 2});", True),
    ("auto x = co_await f(Named{a});", True),
    ("use(Named{a}, co_await f(b));", True),
    ("Named n{a, co_await f(b)};", True),
    ("co_return Named{co_await f(b)};", True),
    ("if (x) co_await f({1});", True),
    ("if (co_await f({1})) y();", True),
    ("co_await f([x = std::move(y)] { return x; });", True),
    ("co_await f([x](int n) -> Result<int> { return x + n; });", True),
    ("co_await f([=] { return x; });", True),
    ("co_await (x ? f(a) : g(a));", True),
    ("co_await f(x ? std::move(a) : b);", True),
    ("const auto g = [&] { return h(); }; co_await f([g] { return 1; });", True),
    ("co_await f(std::move(a), b);", False),
    ("co_await f(Named(a, b), name());", False),
    ("co_await f([&x, this] { return Named{x}; });", False),
    ("const Named n{a}; co_await f(n);", False),
    ("auto x = co_await f(a); g({x});", False),
    ("if (auto x = co_await f(a)) g({x});", False),
    ("for (auto& [k, v] : m) co_await f(k);", False),
    ("spawn([x]() -> Task<void> { co_await f(x); co_return Status{}; });", False),
    ("for (;;) { x = y[1]; if (a[i]) { co_await f(b); } else { g({1}); } }", False),
    ("switch (x) { case 1: { co_await f(a); } }", False),
    ("// co_await f({1});\nco_await f(\"{1}\");", False),
    ("} Task<int> f(Named n = {}) {", True),
    ("} Task<int> f(std::string n = {}) {", False),
]


def samples_read_wrongly():
    return [text for text, wrong in SAMPLES if bool(find("Task<int> c() {\n" + text + "\n}\n")) != wrong]
