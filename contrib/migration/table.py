# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""The module's own directives: directives.txt, or the sources."""

import collections
import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))

Row = collections.namedtuple(
    "Row", "name fate contexts fewest most default usage")


def _lines(path):
    """Of a file, of the one beside the program, or of the sources."""
    beside = os.path.join(HERE, "..", "directives.txt")
    if path is None and os.path.exists(beside):
        path = beside
    if path is not None:
        with open(path, encoding="utf-8") as stream:
            return [line.rstrip("\n").split("\t") for line in stream]
    sys.path.insert(0, os.path.join(HERE, ".."))
    try:
        import directives   # only where the sources are
    except ImportError:
        raise ValueError("directives.txt is not beside migrate: 'make "
                         "directives.txt' makes it") from None
    return list(directives.lines(os.path.join(HERE, "..", "..")))


def read(path=None):
    """All rows, by their names in lower case; an option is
    "tlsoptions:word"."""
    rows = {}
    for fields in _lines(path):
        row = Row(*fields)
        rows[row.name.lower()] = row
    if "tlsengine" not in rows:
        raise ValueError("%s contains no directives: make directives.txt"
                         % (path or "directives.txt"))
    return rows
