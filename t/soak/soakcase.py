# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What the soak tests share: how much of each, and what a daemon has.

TLS4217_SOAK_FACTOR says which part of the whole is run: 1 is what "make soak"
does before a release, the default a hundredth.
"""

import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))), "live"))

import client                               # noqa: E402
import harness                              # noqa: E402
from renewalsoak_test import Process        # noqa: E402

FACTOR = float(os.environ.get("TLS4217_SOAK_FACTOR", "0.01"))
harness.TEST_SECONDS = int(200 + 30000 * FACTOR)

#: Bytes that the daemon may have more at the end.  A small part of the whole is
#: over before the allocator has all that it comes to use.
GROWTH = 64 * 1024 if FACTOR >= 0.3 else 1024 * 1024


def part(whole, least=1):
    return max(least, round(whole * FACTOR))


class SoakCase(harness.LiveCase):
    """Measures the daemon and the key process.

    With BARE there is a second daemon, with the module and TLSEngine off, that
    gets each SIGHUP, too.  What grows there is ProFTPD's own: event.c keeps the
    memory of each listener that a module had registered before it was unloaded,
    whatever the module is.
    """

    BARE = False
    bare = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if cls.BARE:
            cls.bare = harness.Server(tls="TLSEngine off\n")
            cls.addClassCleanup(cls.bare.stop)
            cls.bare.start()

    def daemons(self):
        return [each.process.pid for each in (self.server, self.bare) if each]

    def processes(self):
        return [Process(pid) for pid in
                self.daemons() + self.server.key_processes()]

    def measure(self):
        """By process: the least memory and descriptors of some moments, in
        which ftpdctl's connections are closed (ControlsInterval)."""
        self.assertTrue(client.until(lambda: not self.server.sessions(), 60),
                        "sessions are left")
        found = {}
        for _ in range(10):
            for each in self.processes():
                size, count = each.bytes(), each.descriptors()
                old = found.get(each.pid, (size, count))
                found[each.pid] = (min(size, old[0]), min(count, old[1]))
            time.sleep(0.25)
        return found

    def assert_same(self, before):
        """Says what has grown, too."""
        after = self.measure()
        self.assertEqual(sorted(after), sorted(before))
        sanitized = any(each.is_sanitized() for each in self.processes())
        grown = {pid: after[pid][0] - before[pid][0] for pid in after}
        core = grown[self.bare.process.pid] if self.bare else 0
        for pid, (_, count) in sorted(after.items()):
            kind = "bare daemon" if pid in self.daemons()[1:] else \
                "daemon" if pid in self.daemons() else "key process"
            print("# %s: memory %+d KiB, descriptors %+d" % (
                kind, grown[pid] // 1024, count - before[pid][1]))
            self.assertLessEqual(count, before[pid][1])
            if not sanitized and kind != "bare daemon":
                self.assertLessEqual(
                    grown[pid] - (core if kind == "daemon" else 0), GROWTH)
