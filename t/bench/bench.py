#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Compares the CPU that FTPS servers spend on the same work.

    bench.py [--quick] [--servers A,B] [--workloads A,B] [--rounds N]
             [--netns] [--groups LIST] [--sessions N] [--json FILE]
             [--svg FILE]

Every server runs at the same time, idle but for the one that works; the
workloads take turns (A B C A B C ...), so that whatever else the machine
does meets all of them alike.  What counts is the CPU of the server, from the
kernel, not the time on the clock.  Needs the programs load and bare in the
cache directory (t/bench/run builds them) and TLS4217_MODULE.
"""

import argparse
import collections
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import measure   # noqa: E402
import network   # noqa: E402
import report    # noqa: E402
import servers   # noqa: E402

CIPHERS = {"1.2": "ECDHE-ECDSA-AES256-GCM-SHA384:"
                  "ECDHE-RSA-AES256-GCM-SHA384",
           "1.3": "TLS_AES_256_GCM_SHA384"}

BULK_BYTES = 64 << 20

#: What the load client is told; operations per run, quick and normal; how a
#: figure is shown (seconds times scale).
Workload = collections.namedtuple(
    "Workload", "name arguments quick count unit scale modes keys")

CLEAR, TLS = ("none",), ("1.2", "1.3")
PER_GIB = (1 << 30) / BULK_BYTES

WORKLOADS = {each.name: each for each in (
    Workload("login", ["login"], 4, 10, "ms", 1e3, CLEAR + TLS,
             ("ec", "rsa")),
    Workload("login-resume", ["login-resume"], 4, 10, "ms", 1e3, TLS, ("ec",)),
    Workload("retr1k", ["retr", "--file", servers.SMALL], 100, 400, "ms", 1e3,
             CLEAR + TLS, ("ec",)),
    Workload("stor1k", ["stor", "--file", servers.UPLOAD, "--size", "1024"],
             100, 400, "ms", 1e3, CLEAR + TLS, ("ec",)),
    Workload("list", ["list", "--file", servers.LISTING], 4, 10, "ms", 1e3,
             CLEAR + TLS, ("ec",)),
    Workload("noop", ["noop"], 1000, 5000, "us", 1e6, CLEAR + TLS, ("ec",)),
    Workload("retr", ["retr", "--file", servers.BIG], 1, 4, "s/GiB", PER_GIB,
             CLEAR + TLS, ("ec",)),
    Workload("stor", ["stor", "--file", servers.UPLOAD, "--size",
                      str(BULK_BYTES)], 1, 4, "s/GiB", PER_GIB, CLEAR + TLS,
             ("ec",)),
    Workload("idle", ["idle"], 20, 200, "KiB", 1, CLEAR + TLS, ("ec",)),
)}

#: One box of the table: a workload in one TLS version with one certificate.
Cell = collections.namedtuple("Cell", "workload mode key")


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__.partition("\n\n")[0])
    parser.add_argument("--servers", metavar="A,B", help="of: "
                        + " ".join(each.NAME for each in servers.ALL))
    parser.add_argument("--workloads", metavar="A,B",
                        help="of: " + " ".join(WORKLOADS))
    parser.add_argument("--rounds", type=int, help="default 5; 2 with --quick")
    parser.add_argument("--quick", action="store_true",
                        help="less of everything: under 2 minutes")
    parser.add_argument("--minutes", type=float,
                        help="begin no round after; default 12, quick 1.2")
    parser.add_argument("--netns", action="store_true",
                        help="MTU 1500 between two namespaces (root)")
    parser.add_argument("--groups", help="key exchange groups of the client")
    parser.add_argument("--sessions", type=int, metavar="N",
                        help="how many the workload idle holds")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--svg", metavar="FILE")
    parser.add_argument("--cache", required=True, metavar="DIR",
                        help="the load client, and unpacked servers")
    options = parser.parse_args()
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.minutes = options.minutes or (1.2 if options.quick else 12)
    options.cache = os.path.abspath(options.cache)
    return options


def chosen(parser_value, known, what):
    """The names of a comma-separated option, or all."""
    if parser_value is None:
        return list(known)
    names = parser_value.split(",")
    for name in names:
        if name not in known:
            sys.exit("no such %s: %s (there are %s)"
                     % (what, name, " ".join(known)))
    return names


class Bench:
    """The servers, what is asked of them, and what they spent."""

    def __init__(self, options, site, net):
        self.options = options
        self._site = site
        self._network = net
        self._groups = measure.cgroup_folder()
        self._servers = {}
        self.skipped = {}
        #: (server name, Cell) -> figures of the rounds
        self.figures = collections.defaultdict(list)
        self.notes = collections.defaultdict(list)
        self._workloads = [WORKLOADS[name] for name in chosen(
            options.workloads, WORKLOADS, "workload")]

    @property
    def network(self):
        return self._network.NAME

    @property
    def method(self):
        return (measure.CgroupAccount if self._groups
                else measure.ProcAccount).METHOD

    # -- servers

    def start(self):
        keys = {key for each in self._workloads for key in self._keys(each)}
        known = {each.NAME: each for each in servers.ALL}
        for name in chosen(self.options.servers, known, "server"):
            for key in sorted(keys if known[name].TLS else {"ec"}):
                self._start(known[name], key)

    def _keys(self, workload):
        return workload.keys[:1] if self.options.quick else workload.keys

    def _start(self, kind, key):
        name = "%s-%s" % (kind.NAME, key)
        try:
            server = kind(self._site, key, self.options.cache)
            server.start(self._network, self._account(name))
            self._servers[kind.NAME, key] = server
        except servers.Unavailable as reason:
            self.skipped[kind.NAME] = str(reason).strip()
            print("skipped %s: %s" % (kind.NAME, reason), file=sys.stderr)

    def _account(self, name):
        return measure.CgroupAccount(self._groups, name) if self._groups \
            else measure.ProcAccount()

    def stop(self):
        for server in self._servers.values():
            server.stop()

    # -- rounds

    def cells(self):
        """The boxes of one round, in order."""
        for workload in self._workloads:
            for key in self._keys(workload):
                for mode in workload.modes:
                    if mode != "none" or key == "ec":
                        yield Cell(workload.name, mode, key)

    def run(self):
        """All rounds, unless the time is up before."""
        begin = time.monotonic()
        done, longest = 0, 0
        while done < self.options.rounds:
            elapsed = time.monotonic() - begin
            if done and elapsed + longest > 60 * self.options.minutes:
                print("time is up after %d rounds" % done, file=sys.stderr)
                break
            self._round(done)
            longest = time.monotonic() - begin - elapsed
            done += 1
        return done

    def _round(self, number):
        for cell in self.cells():
            for (name, key), server in self._servers.items():
                wanted = key == cell.key and (server.TLS
                                              or cell.mode == "none")
                if wanted and not (cell.workload == "idle" and number):
                    self._measure(server, name, cell)
            if sys.stderr.isatty():
                print("\rround %d: %-30s" % (number + 1, " ".join(cell)),
                      end="\r", file=sys.stderr, flush=True)
        print("round %d is done%20s" % (number + 1, ""), file=sys.stderr)

    def _measure(self, server, name, cell):
        workload = WORKLOADS[cell.workload]
        try:
            figure, result = self._run_load(server, workload, cell)
        except (RuntimeError, OSError) as trouble:
            self.skipped["%s %s" % (name, " ".join(cell))] = str(trouble)
            return
        self.figures[name, cell].append(figure)
        self.notes[name, cell].append(result)

    def _arguments(self, workload, cell):
        count = workload.quick if self.options.quick else workload.count
        if workload.name == "idle":
            count = self.options.sessions or count
        arguments = ["--tls", cell.mode, "--count", str(count)]
        if cell.mode != "none":
            arguments += ["--cipher", CIPHERS[cell.mode],
                          "--cafile", self._site.pki.path("root.pem")]
        if self.options.groups:
            arguments += ["--groups", self.options.groups]
        return arguments + workload.arguments

    def _run_load(self, server, workload, cell):
        """One run; returns the figure in the workload's unit, and what the
        client saw."""
        load = measure.Load(os.path.join(self.options.cache, "load"),
                            self._network, server,
                            *self._arguments(workload, cell))
        try:
            spent, result = self._step(server, load, workload)
            load.leave()
        finally:
            load.close()
            server.settle()
        if workload.name == "idle":
            return result["private"], result
        return spent / result["count"] * workload.scale, result

    @staticmethod
    def _step(server, load, workload):
        """Seconds of CPU between the client's preparation and its leave; of
        a login, to the end of the last session process."""
        load.ready()
        ends = workload.name.startswith("login")
        if ends:
            server.settle()
        before = server.account.seconds()
        result = load.run()
        if ends:
            server.settle()
        spent = server.account.seconds() - before
        if workload.name == "idle":
            result.update(measure.memory(server))
        return spent, result


def describe(bench, rounds):
    """What somebody must know who compares these figures with others."""
    version = subprocess.run(["openssl", "version"], capture_output=True,
                             text=True, check=False).stdout.strip()
    return {"rounds": rounds, "quick": bench.options.quick,
            "network": bench.network,
            "accounting": bench.method, "openssl": version,
            "kernel": platform.release(), "processors": os.cpu_count(),
            "ciphers": CIPHERS, "groups": bench.options.groups or "default",
            "skipped": bench.skipped}


def main():
    options = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
    parent = "/dev/shm" if os.access("/dev/shm", os.W_OK) else \
        tempfile.gettempdir()
    net = network.choose(options.netns)
    site = servers.Site(parent, BULK_BYTES)
    bench = Bench(options, site, net)
    try:
        bench.start()
        rounds = bench.run()
    finally:
        bench.stop()
        site.close()
        net.close()
    results = report.Results(bench.figures, bench.notes, WORKLOADS,
                             {each.NAME: each.CLEAR for each in servers.ALL},
                             describe(bench, rounds))
    print(results.text())
    if options.json:
        results.write_json(options.json)
    if options.svg:
        results.write_svg(options.svg)


if __name__ == "__main__":
    main()
