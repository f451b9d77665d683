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

#: Bytes that ProFTPD keeps of each life of the module: memory of listeners that
#: were unregistered (event.c).  doc/security has what was measured.
LIFE = 640


def part(whole, least=1):
    return max(least, round(whole * FACTOR))


class SoakCase(harness.LiveCase):
    """Measures the daemon and the key process."""

    def processes(self):
        return [Process(self.server.process.pid)] + \
            [Process(pid) for pid in self.server.key_processes()]

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

    def assert_same(self, before, lives=0):
        """Says what has grown, too."""
        after = self.measure()
        self.assertEqual(sorted(after), sorted(before))
        sanitized = any(each.is_sanitized() for each in self.processes())
        for pid, (size, count) in sorted(after.items()):
            grown = size - before[pid][0]
            print("# process %d: memory %+d KiB, descriptors %+d" % (
                pid, grown // 1024, count - before[pid][1]))
            self.assertLessEqual(count, before[pid][1])
            if not sanitized:
                self.assertLessEqual(grown, GROWTH + LIFE * lives)
