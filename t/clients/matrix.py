#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Tries every client that is installed, and compares with doc/clients.

    t/clients/matrix.py [--jobs N] [--write] [--only TEXT] [--idle SECONDS]
                        [--verbose]

Each client (programs.py) is run in each mode (explicit, implicit) and TLS
version that it has, against a server of its own with the module's defaults:
session reuse is required.  A client that cannot resume a session must show the
server's sentence about it, and is then run as a user who has

    <IfUser bob>
      TLSOptions NoSessionReuseRequired
    </IfUser>

A row marked (2) is a client that needs NoCloseNotifyRequired, with it.
The cells are those of doc/clients' tables; their words are

    yes    all bytes are right, on both sides
    no     the client failed, or bytes are wrong
    -      the client has no way to do this

A cell that is worse than the table says is a failure, and so is a table that
names no row for a client that was run; a client that is not installed is
skipped with a word.  --write puts what was found into doc/clients instead.
TLS4217_MODULE and PROFTPD are read as by t/run.
"""

import argparse
import concurrent.futures
import os
import re
import sys
import tempfile
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(TOP, "t", "interop"), HERE]
sys.dont_write_bytecode = True

import clients   # noqa: E402
import filezilla  # noqa: E402
import folders   # noqa: E402
import groups    # noqa: E402
import harness   # noqa: E402
from daemon import certificates  # noqa: E402
import programs  # noqa: E402

CLIENTS = (
    programs.Curl(), programs.Pycurl(), programs.Lftp(), programs.Wget(),
    folders.Rclone(), filezilla.Filezilla(), folders.Gvfs(),
    folders.Duplicity(), programs.Node(), programs.Ftplib(),
    programs.FtplibReuse(), programs.FtplibCut(), programs.FtplibCutAllowed(),
    programs.Java(), programs.JavaReuse(), programs.Php(), programs.Ruby(),
    programs.Perl(), programs.PerlFtpssl())

DOCUMENT = os.path.join(TOP, "doc", "clients")
COLUMNS = ("reuse", "list", "sizes", "many", "resume", "ascii", "abort",
           "idle")
SIZES = (0, 1, 16383, 16384, 16385, 5000000)
MANY = 200
BIG = 20000000

OPTIONS = """\
<IfUser bob>
TLSOptions NoSessionReuseRequired
</IfUser>
<IfUser carol>
TLSOptions NoCloseNotifyRequired
</IfUser>
"""

#: What the server says to a client that does not resume.
SENTENCE = re.compile(r"522|must resume the TLS session|"
                      r"did not resume a TLS session")

class Server(harness.Server):
    """One that has a user more."""

    USERS = dict(harness.Server.USERS, carol="carpet")


_starting = threading.Lock()


def new_server():
    with _starting:
        server = Server(
            directives=OPTIONS + "MaxInstances 40\n",
            vhosts={"implicit": "TLSOptions UseImplicitSSL\n"
                    + OPTIONS},
            modules=("mod_ifsession",))
        server.start()
    return server


class Trial:
    """One client, in one mode and version, against a server of its own."""

    def __init__(self, client, mode, version, idle):
        self.client, self.mode, self.version = client, mode, version
        self.idle = idle
        self.cells, self.said = {}, {}
        self.server = None

    def name(self):
        return "%s, %s, TLS %s" % (self.client.NAME, self.mode,
                                   self.version or "its own")

    def run(self):
        """Fills the cells."""
        self.server = new_server()
        try:
            self.user = self.client.USER
            first = next((column for column in ("list", "many")
                          if self.tried(column) != "-"), None)
            if first is None:
                self.cells.update(dict.fromkeys(COLUMNS, "-"))
                return self
            self.cells["reuse"] = self.reuse(first)
            if self.cells["reuse"] == "no":
                self.cells["522"] = (
                    "yes" if SENTENCE.search(self.said.get(first, ""))
                    else "no")
                self.user = "bob"
                self.tried("list")
            for column in COLUMNS[2:]:
                self.tried(column)
        finally:
            self.server.stop()
        return self

    def tried(self, column):
        self.cells[column] = self.cell(column)
        return self.cells[column]

    def reuse(self, first):
        """Whether the default lets this client transfer, which has tried."""
        log = self.server.log()
        if self.cells[first] == "yes":
            return "yes"
        return "no" if "session" in log and "resume" in log else "?"

    def cell(self, column):
        """yes, no or -, and what the client has said."""
        with tempfile.TemporaryDirectory(prefix="client.",
                                         dir=self.server.root) as scratch:
            os.chmod(scratch, 0o755)
            self.scratch = scratch
            try:
                getattr(self, "try_" + column)()
            except programs.Failed as failed:
                self.said[column] = str(failed)
                return "no"
            except NotThere:
                return "-"
        return "yes"

    # -- what the cells are made of

    def local(self, name, body=None):
        path = os.path.join(self.scratch, name)
        if body is not None:
            with open(path, "wb") as stream:
                stream.write(body)
        return path

    def serve(self, *plan):
        """Serves a plan of which each step must succeed; the outcomes."""
        self.server.mark()
        site = programs.Site(
            self.mode, self.server.ports[
                "implicit" if self.mode == "implicit" else "main"],
            self.version, self.server.pki.path("root.pem"), self.user,
            Server.USERS[self.user], self.scratch, self.server.home)
        outcomes = self.client.serve(list(plan), site)
        if any(outcome[0] == "cannot" for outcome in outcomes):
            raise NotThere
        for outcome in outcomes:
            if outcome[0] == "failed":
                raise programs.Failed(outcome[1])
        if len(outcomes) < len(plan):
            raise programs.Failed("%d of %d steps" % (len(outcomes),
                                                      len(plan)))
        return outcomes

    def serves(self, *plan):
        """Whether the client can do that at all."""
        try:
            self.serve(*plan)
        except NotThere:
            return False
        return True

    def same(self, name, found, wanted):
        if found != wanted:
            raise programs.Failed("%s: %d bytes, not %d, or others" % (
                name, len(found), len(wanted)))

    def read(self, name):
        try:
            with open(self.local(name), "rb") as stream:
                return stream.read()
        except FileNotFoundError:
            return b""

    def stored(self, name):
        return self.server.get(name) or b""

    def both_ways(self, bodies):
        """Puts and gets files.  A client that only gets them is given them."""
        if not os.path.exists(os.path.join(self.server.home,
                                           folders.BACKUP)):
            self.server.put_folder(folders.BACKUP)
        puts = [("put", self.local(name, body), name)
                for name, body in bodies.items()]
        if self.serves(*puts):
            for name, body in bodies.items() if self.client.AS_FILES else ():
                self.same(name, self.stored(name), body)
        else:
            for name, body in bodies.items():
                self.server.put(name, body)
        self.serve(*[("get", name, self.local(name + ".back"))
                     for name in bodies])
        for name, body in bodies.items():
            self.same(name, self.read(name + ".back"), body)

    # -- the cells

    def try_list(self):
        self.server.put("listed", b"x")
        outcome = self.serve(("list",))[0]
        names = {os.path.basename(name) for name in outcome[1:]}
        if "listed" not in names:
            raise programs.Failed("not listed: %r" % (outcome,))

    def try_sizes(self):
        self.both_ways({"size%d" % size: clients.pattern(size, b"s")
                        for size in SIZES})

    def try_many(self):
        self.both_ways({"many%d" % at: clients.pattern(
            700 + 37 * at, b"%d" % at) for at in range(MANY)})

    def try_resume(self):
        body = clients.pattern(300000, b"r")
        self.server.put("resumed", body)
        can = self.serves(("resumeget", "resumed", self.local(
            "resumed", body[:100000]), 100000))
        if can:
            self.same("resumed", self.read("resumed"), body)
        self.server.put("continued", body[:100000])
        if self.serves(("resumeput", self.local("continued", body),
                        "continued", 100000)):
            self.same("continued", self.stored("continued"), body)
        elif not can:
            raise NotThere

    def try_ascii(self):
        text = b"".join(b"line %d\n" % at for at in range(5000))
        can = self.serves(("asciiput", self.local("text", text), "text"))
        if can:
            self.same("text", self.stored("text"), text)
        self.server.put("text2", text)
        if self.serves(("asciiget", "text2", self.local("text.back"))):
            self.same("text.back", self.read("text.back").replace(
                b"\r\n", b"\n"), text)
        elif not can:
            raise NotThere

    def try_abort(self):
        self.server.put("big", clients.pattern(BIG, b"b"))
        small = clients.pattern(5000, b"a")
        self.server.put("small", small)
        self.serve(("abort", "big"),
                   ("get", "small", self.local("small")))
        self.same("small", self.read("small"), small)

    def try_idle(self):
        """A client that only gets files does that twice."""
        body = clients.pattern(5000, b"i")
        wait = ("sleep", self.idle)
        back = ("get", "first", self.local("first.back"))
        if self.serves(("put", self.local("first", body), "first"), wait,
                       back):
            self.same("first", self.read("first.back"), body)
            return
        self.server.put("first", body)
        self.server.put("second", body)
        self.serve(back, wait, ("get", "second", self.local("second.back")))
        self.same("second", self.read("second.back"), body)


class NotThere(Exception):
    """The client has no way to do this."""


def summarize(trials):
    """Rows of the table: (client, versions) -> cells.  Where the modes
    differ, a cell says which of them can."""
    rows = {}
    for trial in trials:
        if set(trial.cells.values()) == {"-"}:
            continue   # this client has no such mode
        rows.setdefault((trial.client.NAME, trial.version), {})[
            trial.mode] = trial.cells
    table = {}
    for key, modes in rows.items():
        cells = {}
        for column in ("522", *COLUMNS):
            found = {mode: each.get(column, "-")
                     for mode, each in modes.items()}
            values = set(found.values())
            cells[column] = values.pop() if len(values) == 1 else " ".join(
                "%s:%s" % (mode[0], found[mode]) for mode in sorted(found))
        cells["modes"] = "+".join(mode[0] for mode in sorted(modes))
        table[key] = cells
    return table


HEAD = ("client", "TLS", "modes", "reuse", "522", *COLUMNS[1:], "PQ")


def lines_of(table, offers):
    """The table, as doc/clients has it."""
    rows = [HEAD]
    for (name, version), cells in table.items():
        rows.append((name, version or "any", cells["modes"], cells["reuse"],
                     cells["522"], *(cells[column] for column in COLUMNS[1:]),
                     offers[name]))
    widths = [max(len(row[at]) for row in rows) for at in range(len(HEAD))]
    made = ["  ".join(word.ljust(width) for word, width in zip(row, widths))
            .rstrip() for row in rows]
    made.insert(1, "  ".join("-" * width for width in widths))
    return made


BEGIN, END = "-- table, by make check-clients", "-- end of the table"


def document():
    with open(DOCUMENT, encoding="utf-8") as stream:
        return stream.read()


def documented():
    """(client, version) -> the row's words."""
    part = document().partition(BEGIN)[2].partition(END)[0]
    rows = {}
    for line in part.splitlines()[3:]:
        words = re.split(r"\s{2,}", line.strip())
        if len(words) == len(HEAD):
            rows[words[0], words[1]] = dict(zip(HEAD, words))
    return rows


def write(made, versions):
    text = document()
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    body = [BEGIN, ""] + made + [""] + [
        "%-28s %s" % (name + ":", version)
        for name, version in versions.items()] + [""]
    with open(DOCUMENT, "w", encoding="utf-8") as stream:
        stream.write(before + "\n".join(body) + END + after)


def compare(table, offers):
    """What is worse than doc/clients says."""
    rows = documented()
    for (name, version), cells in table.items():
        key = (name, version or "any")
        if key not in rows:
            yield "%s, TLS %s: doc/clients has no such row" % key
            continue
        for column in ("reuse", *COLUMNS[1:], "522"):
            wanted, found = rows[key][column], cells[column]
            if found != wanted and found != "yes":
                yield "%s, TLS %s: %s: %s, and not %s" % (
                    *key, column, found, wanted)
        if offers[name] != rows[key]["PQ"]:
            print("# %s: post-quantum groups: %s" % (name, offers[name]))


def trials_of(options):
    for client in CLIENTS:
        if options.only.lower() not in client.NAME.lower():
            continue
        version = client.version()
        if not version:
            print("# SKIP %s: not installed (%s)" % (client.NAME,
                                                     client.PACKAGE))
            continue
        for mode in client.MODES:
            for tls in client.VERSIONS:
                yield client, version, Trial(client, mode, tls, options.idle)


def run_all(trials, jobs, verbose):
    """Runs them side by side; each is a line as it ends."""
    good = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(trial.run): trial for trial in trials}
        for future in concurrent.futures.as_completed(running):
            trial = running[future]
            try:
                future.result()
            except Exception as error:   # pylint: disable=broad-except
                print("not ok - %s: %r" % (trial.name(), error), flush=True)
                continue
            print("# %s: %s" % (trial.name(), " ".join(
                "%s=%s" % each for each in trial.cells.items())), flush=True)
            if verbose:
                for column, said in trial.said.items():
                    print("#   %s: %s" % (column,
                                          " ".join(said.split())[-700:]))
            good.append(trial)
    return [trial for trial in trials if trial in good]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--only", default="")
    parser.add_argument("--idle", type=int, default=65)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    found = list(trials_of(options))
    trials = [trial for _, _, trial in found]
    done = run_all(trials, options.jobs, options.verbose)
    table = summarize(done)
    authority = certificates().path("root.pem")
    offers = {client.NAME: groups.offered(client, authority)
              for client in {trial.client for trial in done}}
    made = lines_of(table, offers)
    print("\n".join(made))
    failed = list(compare(table, offers))
    if options.write and not options.only:
        write(made, {client.NAME: version for client, version, _ in found})
        failed = []
    for each in failed:
        print("not ok - " + each)
    missing = len(trials) - len(done)
    print("%d passed, %d failed" % (len(done), len(failed) + missing))
    return 1 if failed or missing else 0


if __name__ == "__main__":
    sys.exit(main())
