# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Sequence after sequence, until there were enough steps."""

import collections
import random
import time

from machine import Machine
from steps import generate, shorten
from walker import Difference, Walker

#: Steps of one sequence.
LONGEST = 80

#: From one host to the next, so that few sequences meet different ones.
STRIDE = 19

#: So many different reports are enough to begin with.
MOST = 10


class Trial:
    """All sequences of one seed, on one server."""

    def __init__(self, server, hosts, versions, seed, report):
        self.server = server
        self.hosts = hosts
        self.contexts = {version: server.contexts(version)
                         for version in versions}
        self.seed = seed
        self.report = report
        self.machine = Machine()
        self.steps = self.sequences = self.replies = 0
        self.seen = collections.Counter()
        self.differences = []

    def plan(self, number):
        """Host, version and steps of one sequence: of its number and the seed
        alone."""
        chance = random.Random("%d/%d" % (self.seed, number))
        versions = sorted(self.contexts)
        host = self.hosts[number // len(versions) * STRIDE % len(self.hosts)]
        return (host, versions[number % len(versions)],
                generate(chance, chance.randrange(10, LONGEST)))

    def walk(self, host, version, steps, count=False):
        """The difference that these steps show, or None, and the step."""
        walker = Walker(self.machine, host, self.server.address(host.name),
                        self.contexts[version])
        if count:
            walker.count = self.count
        for number, step in enumerate(steps):
            try:
                walker.step(step)
            except Difference as difference:
                walker.leave()
                return number, str(difference)
            except (OSError, ValueError, AssertionError) as error:
                walker.leave()
                return number, "%s: %s" % (type(error).__name__, error)
            if count:
                self.steps += 1
        walker.leave()
        return None

    def count(self, expected, words):
        self.replies += 1
        self.seen["%s %s" % (words[0], expected.code)] += 1

    def run(self, steps, seconds=float("inf")):
        """Until there were so many steps, or so many seconds are over."""
        number, end = 0, time.monotonic() + seconds
        while self.steps < steps and time.monotonic() < end and \
                len(self.differences) < MOST:
            self.run_one(number)
            number += 1

    def run_one(self, number):
        host, version, steps = self.plan(number)
        self.sequences += 1
        found = self.walk(host, version, steps, count=True)
        if found is not None:
            self.explain(number, host, version, steps[:found[0] + 1], found[1])

    def explain(self, number, host, version, steps, what):
        """Shortens what fails, and reports it."""
        def fails(fewer):
            return self.walk(host, version, fewer) is not None

        again = fails(steps)
        fewer = shorten(steps, fails) if again else steps
        found = self.walk(host, version, fewer)
        self.differences.append(what)
        self.report("sequence %d, %s, %s%s:\n%s\n    %s" % (
            number, host, version.name, "" if again else " (not repeatable)",
            "\n".join("    " + " ".join(step) for step in fewer),
            found[1] if found else what))

    def summary(self):
        return "\n".join("%7d %s" % (count, name)
                         for name, count in sorted(self.seen.items()))

    def close(self):
        self.machine.close()
