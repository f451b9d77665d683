#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Counts the instructions of a session process with valgrind's callgrind.

    instructions.py [--servers A,B] [--groups LIST] [--key ec|rsa]
                    [--json FILE] [--profiles DIR]

Times drift by a fifth on a busy machine; instructions repeat to a few in a
thousand (what is left are random numbers, addresses and the length of paths).

Two things to know: a string instruction (rep stosb) counts once per byte, and
ProFTPD clears 16 KiB like that for every command handler that it calls.

The daemon runs under callgrind, which follows its forks.  The counter is set
to zero at every fork, so a session process counts exactly what it did itself.
A login is a whole session: greeting to exit.  The cost of one transfer is the
difference between sessions of 4 and of 8, halved twice.
"""

import argparse
import glob
import json
import os
import re
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bench     # noqa: E402
import measure   # noqa: E402
import network   # noqa: E402
import servers   # noqa: E402


class OneProcess(servers.Tls4217):
    """The key process is sandboxed, and valgrind needs more than that lets
    it."""

    EXTRA = "TLSKeyIsolation off\n"


class KeyProcess(servers.Tls4217):
    """For a module that was built --without-seccomp: counts the session alone,
    which verifies what the key process has signed."""

    NAME = "key-process"


COUNTED = (OneProcess, KeyProcess, servers.ModTls, servers.ModTlsTuned,
           servers.ProFTPD, servers.Bare)

#: Enough for transfers to repeat themselves.
FEW, MANY = 4, 8

FORKS = ("fork", "__libc_fork", "_Fork")

SMALL_RETR = ["retr", "--file", servers.SMALL]
SMALL_STOR = ["stor", "--file", servers.UPLOAD, "--size", "1024"]

#: What is counted: name, arguments of the load client, and whether it is
#: one of many in a session (else a session).
OPERATIONS = [("login", ["login"], False),
              ("login-resume", ["login-resume"], False),
              ("retr1k", SMALL_RETR, True), ("stor1k", SMALL_STOR, True)]


class Callgrind:
    """An Account that counts instead of timing: prefix() goes before the
    server's command; files() are the session processes that have ended."""

    def __init__(self, directory):
        self.directory = directory
        os.makedirs(directory, exist_ok=True)
        os.chmod(directory, 0o777)  # sessions write as another account
        self._tree = measure.ProcAccount()
        self.enter, self.watch = self._tree.enter, self._tree.watch
        self.pids, self.end = self._tree.pids, self._tree.end
        self.close = self._tree.close

    def prefix(self):
        return ["valgrind", "--tool=callgrind", "--quiet",
                "--callgrind-out-file=%s/out.%%p" % self.directory] \
            + ["--zero-before=" + name for name in FORKS]

    def files(self):
        return set(glob.glob(os.path.join(self.directory, "out.*")))


class Counter:
    """One server under callgrind."""

    def __init__(self, kind, options, site):
        self._options = options
        self._site = site
        self._network = network.Loopback()
        self._callgrind = Callgrind(site.path(kind.NAME + "-callgrind"))
        self.server = kind(site, options.key, options.cache)

    def start(self):
        wrapped = _Prefixed(self._network, self._callgrind.prefix())
        self.server.start(wrapped, self._callgrind)
        self.server.settle()

    def stop(self):
        self.server.stop()

    def count(self, mode, arguments, repeated):
        """Instructions of one login or one transfer, and the profile."""
        if not repeated:
            return self._session(mode, arguments, 1)
        few, _ = self._session(mode, arguments, FEW)
        many, profile = self._session(mode, arguments, MANY)
        return (many - few) / (MANY - FEW), profile

    def _session(self, mode, arguments, count):
        """The instructions of the last session process of one run."""
        options = ["--tls", mode, "--count", str(count)]
        if mode != "none":
            options += ["--cipher", bench.CIPHERS[mode]]
        if self._options.groups:
            options += ["--groups", self._options.groups]
        load = measure.Load(os.path.join(self._options.cache, "load"),
                            self._network, self.server,
                            *(options + arguments))
        try:
            load.ready()
            if arguments[0].startswith("login"):
                self.server.settle(30)
            before = self._callgrind.files()
            load.run()
            load.leave()
        finally:
            load.close()
        self.server.settle(30)
        return self._newest(before)

    def _newest(self, before):
        for _ in range(3000):
            profiles = [(_total(path), path)
                        for path in self._callgrind.files() - before]
            if profiles and all(total for total, _ in profiles):
                return max(profiles)
            time.sleep(0.02)
        raise RuntimeError("callgrind wrote no profile of the session")


class _Prefixed:
    """A network whose servers start under another program."""

    def __init__(self, inner, prefix):
        self.server_prefix = prefix
        self.address = inner.address
        self.free_port, self.accepts = inner.free_port, inner.accepts


def _total(path):
    """What main() and all below it did, or None while the profile is written.

    The file's own sums know of a daemon's work before the fork: the last line
    has counts that setting the counters to zero has left (0.4 million), the
    first one those of a thread that has ended.
    """
    with open(path, encoding="utf-8", errors="replace") as stream:
        text = stream.read()
    name = re.search(r"^c?fn=\((\d+)\) main$", text, re.M)
    if name is None or "\ntotals: " not in text:
        return None
    calls = re.findall(r"^cfn=\(%s\).*\ncalls=.*\n\S+ (\d+)$" % name.group(1),
                       text, re.M)
    return sum(map(int, calls)) or None


def modes(server, operation):
    """The TLS versions in which a server can do it."""
    clear = () if operation == "login-resume" else ("none",)
    return clear + (("1.2", "1.3") if server.TLS else ())


def count_all(kind, options, site):
    """(operation, mode) -> instructions, of one server."""
    counter = Counter(kind, options, site)
    counts = {}
    counter.start()
    try:
        for name, arguments, repeated in OPERATIONS:
            for mode in modes(kind, name):
                counts[name, mode], profile = counter.count(
                    mode, arguments, repeated)
                print("%-14s %-12s TLS %-4s %6.2f M" % (
                    kind.NAME, name, mode, counts[name, mode] / 1e6),
                    file=sys.stderr)
                if options.profiles:
                    shutil.copy(profile, os.path.join(
                        options.profiles, "callgrind.%s-%s-%s" % (
                            kind.NAME, name, mode)))
    finally:
        counter.stop()
    return counts


def table(counts):
    """Millions of instructions; a row per operation, a column per server."""
    rows = [["million instructions"] + list(counts)]
    for name, _, _ in OPERATIONS:
        for mode in ("none", "1.2", "1.3"):
            figures = ["%.2f" % (each[name, mode] / 1e6)
                       if (name, mode) in each else ""
                       for each in counts.values()]
            label = "clear" if mode == "none" else "TLS " + mode
            if any(figures):
                rows.append(["%s, %s" % (name, label)] + figures)
    widths = [max(map(len, column)) for column in zip(*rows)]
    return "\n".join("  ".join(
        text.rjust(width) if index else text.ljust(width)
        for index, (text, width) in enumerate(zip(row, widths))).rstrip()
        for row in rows)


def write_json(path, counts):
    with open(path, "w", encoding="utf-8") as stream:
        json.dump({name: {"%s, %s" % key: figure
                          for key, figure in each.items()}
                   for name, each in counts.items()}, stream, indent=1)
        stream.write("\n")


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[0])
    parser.add_argument("--servers", metavar="A,B", help="of: "
                        + " ".join(each.NAME for each in COUNTED))
    parser.add_argument("--groups", default="P-256",
                        help="key exchange groups of the client; P-256")
    parser.add_argument("--key", choices=("ec", "rsa"), default="ec",
                        help="the server's key; P-256")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--profiles", metavar="DIR",
                        help="keep the profiles, for callgrind_annotate")
    parser.add_argument("--cache", required=True, metavar="DIR")
    options = parser.parse_args()
    options.cache = os.path.abspath(options.cache)
    return options


def main():
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    if shutil.which("valgrind") is None:
        sys.exit("this needs valgrind")
    if options.profiles:
        os.makedirs(options.profiles, exist_ok=True)
    known = {each.NAME: each for each in COUNTED}
    counts = {}
    site = servers.Site(tempfile.gettempdir(), 0)
    try:
        for name in bench.chosen(options.servers, known, "server"):
            try:
                counts[name] = count_all(known[name], options, site)
            except servers.Unavailable as reason:
                print("skipped %s: %s" % (name, reason), file=sys.stderr)
    finally:
        site.close()
    print(table(counts))
    if options.json:
        write_json(options.json, counts)


if __name__ == "__main__":
    main()
