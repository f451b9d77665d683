# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Reads t/mutants/clauses, which says at its head how it is written, and
t/mutants/defences."""

import os
import re

#: A clause of doc/RFC4217.
ID = re.compile(r"(?:\d{3,4}:)?[A-Z0-9.]+-[a-z]\Z")

#: What a row of t/mutants/defences is called.
NAME = re.compile(r"[a-z]+(?:-[a-z]+)+\Z")

#: A test, as doc/RFC4217 names it.
TEST = re.compile(r"(?:unit/\w+\.c|live/\w+\.py):[\w.-]+\Z")


class TableError(Exception):
    """Something in the table that cannot be meant."""


class Edit:
    """One place of one file, below mod_tls4217/: what is there, and what a
    mutant has there."""

    def __init__(self, path):
        self.path = path
        self.old = []
        self.new = []

    def texts(self):
        return "\n".join(self.old), "\n".join(self.new)

    def count(self, source):
        """How often the old text occurs in a file's text."""
        return source.count(self.texts()[0])

    def apply(self, source):
        return source.replace(*self.texts())


class Mutant:
    """One block of the table: rows of doc/RFC4217, and what breaks them; or
    the reason why nothing does."""

    def __init__(self, table, number, rows):
        self.table = table
        self.number = number
        self.rows = rows
        self.edits = []
        self.tests = []
        self.reason = ""

    def __str__(self):
        return "t/mutants/%s:%d: %s" % (self.table, self.number,
                                        " ".join(self.rows))

    def read_line(self, line):
        """A line behind the first one."""
        kind, _, text = line.partition(" ")
        if self.reason and not self.edits and kind == "":
            self.reason += " " + text.strip()
        elif kind == "in" and text:
            self.edits.append(Edit(text.strip()))
        elif kind == "fails" and TEST.match(text.strip()):
            self.tests.append(text.strip())
        elif kind == "-" and self.edits:
            self.edits[-1].old.append(text)
        elif kind == "+" and self.edits:
            self.edits[-1].new.append(text)
        else:
            raise TableError("%s: '%s' is not understood" % (self, line))

    def check(self):
        """Whether anything is missing."""
        complete = self.edits and self.tests and all(
            edit.old and edit.old != edit.new for edit in self.edits)
        if bool(complete) == bool(self.reason):
            raise TableError(
                "%s: needs 'in', '-', '+' and 'fails', or 'none: reason'"
                % self)


def read_block(table, number, lines):
    """One block, whose first line has this number."""
    kind = ID if table == "clauses" else NAME
    words, _, reason = lines[0].partition(" none:")
    rows = words.split()
    for row in rows:
        if not kind.match(row):
            raise TableError("t/mutants/%s:%d: '%s' is not a row's name" % (
                table, number, row))
    mutant = Mutant(table, number, rows)
    mutant.reason = reason.strip()
    for line in lines[1:]:
        mutant.read_line(line)
    mutant.check()
    return mutant


def read_table(srcdir, table):
    """The mutants, in the order of the table: "clauses" or "defences"."""
    path = os.path.join(srcdir, "t", "mutants", table)
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    mutants, block = [], []
    for number, line in enumerate(lines + [""], 1):
        if line.startswith("#"):
            continue
        if line:
            block.append(line)
        elif block:
            mutants.append(read_block(table, number - len(block), block))
            block = []
    return mutants
