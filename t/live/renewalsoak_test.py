#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Renewals by the hundred under transfers, every fifth pair broken: no transfer
fails, and neither the daemon nor the key process grows.

TLS4217_RENEWALS says how many there are of each kind; "make soak" runs with
300.
"""

import os
import re
import sys
import unittest

import client
import daemon
import harness
import renewalcase

RENEWALS = int(os.environ.get("TLS4217_RENEWALS", "30"))

#: Hosts whose files change at once: each takes three seconds to be seen, so
#: that so many make ten renewals a second.
HOSTS = 30

#: Bytes that are noise, a page of malloc's here and there.  So few renewals as
#: "make check" has are over before the allocator has all that it comes to use.
NOISE = 64 * 1024 if RENEWALS >= 300 else 1024 * 1024

#: Bytes that ProFTPD keeps of each life of a module, as much with TLSEngine
#: off: its listeners to events are unregistered, and their memory stays
#: (event.c of 1.3.8).
LIFE = 512

harness.TEST_SECONDS = 100 + 2 * RENEWALS


class Process:
    """What a process has: bytes of its own, and descriptors."""

    def __init__(self, pid):
        self.pid = pid

    def is_sanitized(self):
        with open("/proc/%d/maps" % self.pid, encoding="ascii") as stream:
            return "asan" in stream.read()

    def descriptors(self):
        return len(os.listdir("/proc/%d/fd" % self.pid))

    def bytes(self):
        with open("/proc/%d/smaps_rollup" % self.pid,
                  encoding="ascii") as stream:
            own = re.search(r"Anonymous:\s+(\d+)", stream.read())
        return int(own.group(1)) * 1024


def fleet(count, interval):
    return {"ways": {"host%d" % number: renewalcase.Mv
                     for number in range(count)},
            "directives": "TLSReloadInterval %d\n" % interval}


class Soak:

    SERVER_CLASS = renewalcase.Fleet

    #: Bytes that a round may cost the daemon.
    LOSS = 0

    def setUp(self):
        self.hosts = sorted(self.server.ways)
        self.round = 0

    def processes(self):
        return [Process(self.server.process.pid)] + \
            [Process(pid) for pid in self.server.key_processes()]

    def renew(self, hosts):
        """New pairs for hosts, every fifth one broken.  Returns what the
        others are to present."""
        self.round += 1
        what = ("new", "ec", "old")[self.round % 3]
        good = []
        for at, host in enumerate(hosts):
            if (at + self.round) % 5 == 0:
                self.server.put(host, "cert", what)
                self.server.put(host, "key", "other")
            else:
                self.server.put(host, "cert", what)
                self.server.put(host, "key", what)
                good.append(host)
        return what, good

    def assert_presented(self, what, hosts):
        waiting = set(hosts)

        def is_complete():
            for host in list(waiting):
                if self.server.presented(host) == what:
                    waiting.remove(host)
            return not waiting
        self.assertTrue(client.until(is_complete, 40), waiting)

    def soak(self, act, rounds, samples):
        """As much again as what warms up lets nothing grow."""
        if any(each.is_sanitized() for each in self.processes()):
            self.skipTest("AddressSanitizer's own memory grows")
        descriptors = self.descriptors()
        with renewalcase.Traffic(self.server, self.hosts, 2) as traffic:
            for _ in range(rounds):
                act()
            before = self.measure(act, samples)
            for _ in range(rounds):
                act()
            after = self.measure(act, samples)
        self.assertEqual(traffic.troubles, [])
        self.assertGreater(traffic.done, 0)
        print("# %d transfers, grown by %s bytes" % (traffic.done, ", ".join(
            str(after[pid] - before[pid]) for pid in after)))
        now = self.descriptors()
        self.assertEqual(now.keys(), descriptors.keys())
        for pid, count in now.items():
            self.assertLessEqual(count, descriptors[pid], (now, descriptors))
        for pid, size in after.items():
            lost = self.LOSS * (rounds + samples) \
                if pid == self.server.process.pid else 0
            self.assertLess(size - before[pid] - lost, NOISE)

    def descriptors(self):
        """How many each process has while there is no session."""
        self.assertTrue(client.until(lambda: not self.server.sessions(), 20))
        counts = {}

        def is_still():
            before = dict(counts)
            counts.update((each.pid, each.descriptors())
                          for each in self.processes())
            return before == counts
        client.until(is_still)
        return counts

    def measure(self, act, samples):
        """By process, the least that it has had in some rounds: what it needs
        for a moment, while a session begins, is not what is meant."""
        least = {}
        for _ in range(samples):
            act()
            for each in self.processes():
                least[each.pid] = min(each.bytes(),
                                      least.get(each.pid, sys.maxsize))
        return least


@unittest.skipUnless(os.geteuid() == 0, "only root may look into a daemon")
class AtTheInterval(Soak, harness.LiveCase):
    SERVER = fleet(HOSTS, 1)

    def renew_all(self):
        self.assert_presented(*self.renew(self.hosts))

    def test_memory(self):
        self.soak(self.renew_all, max(RENEWALS // HOSTS, 1),
                  max(RENEWALS // 100, 1))


@unittest.skipUnless(os.geteuid() == 0, "only root may look into a daemon")
@unittest.skipIf(daemon.ISOLATION, "there is no key process")
class BySighup(Soak, harness.LiveCase):
    SERVER = fleet(5, 0)
    LOSS = LIFE

    def renew_all(self):
        what, good = self.renew(self.hosts)
        self.server.reload()
        self.assert_presented(what, good[:1])

    def test_memory(self):
        self.soak(self.renew_all, RENEWALS, 10)


if __name__ == "__main__":
    harness.main()
