# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""proftpd.conf as lines with their place: Includes, sections, words."""

import glob
import os
import shlex

MAX_DEPTH = 10


class Line:
    """A directive, or the beginning or end of a section."""

    def __init__(self, source, number, text, scope):
        self.source = source    # Source
        self.number = number    # of its first line
        self.text = text        # with all of its continued lines
        self.scope = scope      # Scope that it stands in
        self.count = 1          # lines of the file
        self.words = _split(text)
        self.name = self.words[0] if self.words else ""

    @property
    def place(self):
        return "%s:%d" % (self.source.path, self.number)


class Scope:
    """A section, or the server itself (parent None)."""

    def __init__(self, kind, words, parent):
        self.kind = kind        # "virtualhost", in lower case; "" the server
        self.words = words
        self.parent = parent
        self.lines = []

    @property
    def server(self):
        """The <VirtualHost> or <Global> around it, or the main server."""
        scope = self
        while scope.kind not in ("", "virtualhost", "global"):
            scope = scope.parent
        return scope

    @property
    def sections(self):
        """The kinds of all sections around, innermost first."""
        kinds, scope = [], self
        while scope is not None:
            kinds.append(scope.kind)
            scope = scope.parent
        return kinds


class Source:
    """One file, as it is."""

    def __init__(self, path, text):
        self.path = path
        self.text = text


class Config:
    def __init__(self):
        self.sources = []
        self.lines = []
        self.missing = []       # Line: an Include that names nothing
        self.main = Scope("", [], None)
        self.globals = Scope("global", [], self.main)
        self.hosts = [self.main]

    def find(self, name, scope):
        """Lines of that name that hold for a server: its own, then those of
        <Global>; those in sections inside are not among them."""
        name = name.lower()
        scopes = [scope] if scope is self.globals else [scope, self.globals]
        return [line for where in scopes for line in where.lines
                if line.name.lower() == name]


def _split(text):
    try:
        return shlex.split(text, comments=False, posix=True)
    except ValueError:
        return text.split()


def _join(text):
    """(number, count, text) of each line, continued ones as one."""
    number, parts = 0, []
    for at, line in enumerate(text.splitlines(), 1):
        parts.append(line.rstrip("\r"))
        if len(parts) == 1:
            number = at
        if parts[-1].endswith("\\") and \
           not parts[0].lstrip().startswith("#"):
            continue
        yield number, len(parts), " ".join(
            part.rstrip("\\").strip() for part in parts).strip()
        parts = []
    if parts:
        yield number, len(parts), " ".join(
            part.rstrip("\\").strip() for part in parts).strip()


class _Reader:
    def __init__(self):
        self.config = Config()
        self.scope = self.config.main

    def file(self, path, depth=0):
        if depth > MAX_DEPTH:
            raise ValueError("%s: Includes go round in a circle" % path)
        with open(path, encoding="utf-8", errors="surrogateescape") as stream:
            source = Source(path, stream.read())
        self.config.sources.append(source)
        for number, count, text in _join(source.text):
            if text and not text.startswith("#"):
                line = Line(source, number, text, self.scope)
                line.count = count
                self.take(line, depth)

    def take(self, line, depth):
        if not line.name:
            return
        self.config.lines.append(line)
        if line.name.startswith("</"):
            self.leave(line.name[2:].rstrip(">").lower())
        elif line.name.startswith("<"):
            self.enter(line)
        else:
            self.scope.lines.append(line)
            if line.name.lower() == "include" and len(line.words) > 1:
                self.include(line, depth)

    def enter(self, line):
        words = _split(line.text.strip().lstrip("<").rstrip(">"))
        kind = words[0].lower()
        if kind in ("ifmodule", "ifdefine"):
            # What stands inside belongs to the section around.
            scope = self.scope
            self.scope = _Transparent(kind, words[1:], scope)
        elif kind == "global":
            self.scope = _Open(self.config.globals, self.scope)
        else:
            self.scope = Scope(kind, words[1:], self.scope)
            if kind == "virtualhost":
                self.config.hosts.append(self.scope)

    def leave(self, kind):
        scope = self.scope
        while scope.kind != kind and scope.parent is not None:
            scope = scope.parent
        if scope.parent is not None:
            self.scope = scope.parent

    def include(self, line, depth):
        pattern = line.words[1]
        paths = sorted(glob.glob(os.path.join(pattern, "*"))
                       if os.path.isdir(pattern) else glob.glob(pattern))
        if not paths:
            self.config.missing.append(line)
        for path in paths:
            if os.path.isfile(path):
                self.file(path, depth + 1)


class _Transparent(Scope):
    """<IfModule>: its lines are those of the section around."""

    def __init__(self, kind, words, parent):
        super().__init__(kind, words, parent)
        self.lines = parent.lines


class _Open(Scope):
    """One of several <Global>: all of them are one."""

    def __init__(self, whole, parent):
        super().__init__("global", [], parent)
        self.lines = whole.lines


def read(path):
    """The configuration in a file."""
    reader = _Reader()
    reader.file(os.path.abspath(path))
    return reader.config
