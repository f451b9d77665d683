#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What the key process costs a session in memory.

At most 20 KiB with an RSA key.  With P-256 it is 24: the session verifies each
signature before it sends it, and objects of OpenSSL's that this touches lie on
pages that it had in common with the daemon; with RSA, signing in the session
costs as much.  doc/security has the figures.

It is the median over several daemons, with and without a key process by turns.
"""

import os
import re
import statistics
import unittest

import client
import harness

#: KiB: what it may cost, by the kind of key, and what the medians of two like
#: rows differ by.
BARS = {"rsa": 20, "ec": 24}
NOISE = 8

#: Daemons of each kind, and sessions of each daemon.
STARTS = 5
AT_ONCE = 4

#: Under load.
harness.TEST_SECONDS = 6 * harness.TEST_SECONDS

CONFIG = """\
TLSEngine on
TLSLog {root}/tls.log
TLSCertificateFile {pki}/%s-all.pem
DefaultRoot ~
"""

KINDS = ("", "TLSKeyIsolation off\n")


def private(pid):
    """KiB that a process shares with no other."""
    with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as stream:
        sizes = dict(re.findall(r"^(\w+):\s+(\d+) kB", stream.read(), re.M))
    return int(sizes["Private_Dirty"]) + int(sizes["Private_Clean"])


@unittest.skipIf(os.environ.get("TLS4217_PRELOAD"),
                 "AddressSanitizer has memory of its own")
class SessionSize(unittest.TestCase):

    def size(self, key, kind):
        """KiB of a session that has had a data connection.  There are several
        at once: what the daemon writes to after their fork they still have in
        common."""
        server = harness.Server(kind, tls=CONFIG % key)
        server.start()
        controls = []
        try:
            for _ in range(AT_ONCE):
                controls.append(client.Control(server.address(),
                                               server.context()))
            for control in controls:
                control.auth().login().protect().download("LIST")
            self.assertTrue(client.until(
                lambda: len(server.sessions()) == AT_ONCE))
            return statistics.median(map(private, server.sessions()))
        finally:
            for control in controls:
                control.close()
            server.stop()

    def compare(self, key):
        sizes = [[], []]
        for _ in range(STARTS):
            for found, kind in zip(sizes, KINDS):
                found.append(self.size(key, kind))
        more = statistics.median(sizes[0]) - statistics.median(sizes[1])
        self.assertLessEqual(more, BARS[key] + NOISE,
                             "KiB with and without: %r" % (sizes,))
        print("# %s: KiB with and without a key process: %r" % (key, sizes))

    def test_rsa(self):
        self.compare("rsa")

    def test_ec(self):
        self.compare("ec")


if __name__ == "__main__":
    harness.main()
