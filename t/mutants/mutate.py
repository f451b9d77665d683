# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Mechanical mutants of C in the house style: one small change each.

    a comparison becomes its neighbour, == becomes !=
    && becomes ||, a "!" is left out, true becomes false
    a number becomes the next one, -1 becomes 0
    what a function returns becomes its contrary, 0 or NULL
    a statement that only calls something is left out

Comments, texts, preprocessor lines and sizes of arrays stay as they are.
"""

import collections
import re

Mutant = collections.namedtuple(
    "Mutant", "path function start end old new line")

SKIPPED = re.compile(
    r'/\*.*?\*/|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|^[ \t]*#(?:\\\n|[^\n])*',
    re.DOTALL | re.MULTILINE)

SWAPS = (
    (re.compile(r"=="), "!="), (re.compile(r"!="), "=="),
    (re.compile(r"(?<![<\-])<(?![<=])"), "<="), (re.compile(r"<="), "<"),
    (re.compile(r"(?<![>\-])>(?![>=])"), ">="), (re.compile(r">="), ">"),
    (re.compile(r"&&"), "||"), (re.compile(r"\|\|"), "&&"),
    (re.compile(r"!(?!=)"), ""),
    (re.compile(r"\btrue\b"), "false"), (re.compile(r"\bfalse\b"), "true"),
    (re.compile(r"(?<![\w)\]] )(?<![\w)\]])-1\b"), "0"),
)

NUMBER = re.compile(r"(?<![\w.])(0x[0-9a-fA-F]+|\d+)([uUlL]*)\b")
RETURN = re.compile(r"\breturn ([^;]+);", re.DOTALL)
CALL = re.compile(r"^ +(?:\(void\) ?)?[a-z]\w*(?:->\w+|\.\w+)*\([^;{}]*\);$",
                  re.MULTILINE)
HEAD = re.compile(r"^([A-Za-z_][^;{}=]*?)(\w+)\([^;{}]*\)\s*\{$", re.MULTILINE)


class Source:
    """One file, and where in it which function is."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        #: What is not code has blanks in its place.
        self.code = SKIPPED.sub(
            lambda found: re.sub(r"[^\n]", " ", found.group()), text)
        self.heads = [(found.start(), found.end(), found.group(1).strip(),
                       found.group(2), self.end_of(found.end()))
                      for found in HEAD.finditer(self.code)]

    def end_of(self, start):
        end = self.code.find("\n}", start)
        return len(self.code) if end < 0 else end

    def function(self, at):
        """Type and name of the function that a place is in."""
        for _, begin, kind, name, end in self.heads:
            if begin <= at <= end:
                return kind, name
        return "", "-"

    def line(self, at):
        start = self.text.rfind("\n", 0, at) + 1
        end = self.text.find("\n", at)
        return " ".join(self.text[start:end].split())

    def mutant(self, start, end, new):
        return Mutant(self.path, self.function(start)[1], start, end,
                      " ".join(self.text[start:end].split()), new,
                      self.line(start))

    def in_head(self, at):
        """Inside of a head or a prototype nothing is compared."""
        return any(start <= at < begin for start, begin, *_ in self.heads)

    def swaps(self):
        for pattern, new in SWAPS:
            for found in pattern.finditer(self.code):
                if not self.in_head(found.start()):
                    yield self.mutant(found.start(), found.end(), new)

    def numbers(self):
        for found in NUMBER.finditer(self.code):
            before = self.code[:found.start()].rstrip()
            behind = self.code[found.end():].lstrip()
            if (before.endswith("[") and behind.startswith("]")) or (
                    before.endswith("-") and found.group() == "1"):
                continue
            value = found.group(1)
            new = hex(int(value, 16) + 1) if value.startswith("0x") \
                else str(int(value) + 1)
            yield self.mutant(found.start(), found.end(), new + found.group(2))

    def returns(self):
        for found in RETURN.finditer(self.code):
            kind = self.function(found.start())[0]
            value = found.group(1).strip()
            if re.fullmatch(r"-?\w+", value) and value in (
                    "true", "false", "0", "-1", "NULL", "1"):
                continue
            if re.search(r"\bbool\b", kind):
                new = "!(%s)" % self.text[found.start(1):found.end(1)]
            elif kind.endswith("*"):
                new = "NULL"
            elif re.search(r"\b(int|size_t|unsigned|ssize_t|u?int\d+_t)\b",
                           kind):
                new = "0"
            else:
                continue
            yield self.mutant(found.start(1), found.end(1), new)

    def calls(self):
        for found in CALL.finditer(self.code):
            text = found.group()
            start = found.start() + len(text) - len(text.lstrip())
            if not text.lstrip().startswith(("return", "assert")):
                yield self.mutant(start, found.end(), ";")

    def mutants(self):
        """All of them, from the beginning of the file to its end."""
        found = [*self.swaps(), *self.numbers(), *self.returns(),
                 *self.calls()]
        return sorted(found, key=lambda mutant: mutant[2:4])

    def apply(self, mutant):
        return self.text[:mutant.start] + mutant.new + self.text[mutant.end:]


def key(mutant):
    """A name that stays while the function does: t/mutants/survivors."""
    return "%s: %s: %s => %s: %s" % (
        mutant.path, mutant.function, mutant.old,
        " ".join(mutant.new.split()) or "nothing", mutant.line)
