#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Each allocation of OpenSSL's fails, and each with all behind it, in the
daemon while it reads everything again, and in the key process while it signs.

The daemon lives, what was read before remains in use, and the next attempt
finds all as it was.  In sessions: memory_test.py.
"""

import errno
import os
import unittest

import faultcase    # finds the others
from faultcase import DAEMON, KEYS, client, harness
import controlcase

harness.TEST_SECONDS = 3600 if faultcase.STRIDE else 120


def each(number):
    """The faults to try; without "make faults" a few."""
    return faultcase.each(number, faultcase.STRIDE or number // 3 + 1)


@unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
class Daemon(controlcase.ControlCase, faultcase.FaultCase):

    SERVER = {"directives": controlcase.ALLOWED + "TLSReloadInterval 0\n"}

    def count(self, act):
        self.server.plan(DAEMON)
        act()
        number = self.server.counted()[0]
        self.server.end_plan()
        self.assertGreater(number, 1000)
        return number

    def break_down(self, act, first, mode):
        """Does something in a daemon that has no memory left."""
        self.server.plan(DAEMON, error=errno.ENOMEM, first=first, every=mode)
        act()
        hits = self.server.counted()[1]
        self.server.end_plan()
        self.assertIsNone(self.server.process.poll(), "the daemon has ended")
        return hits

    def sighup(self):
        """Returns when the daemon serves again: it greets nobody before."""
        self.server.reload()
        client.Control(self.server.address()).close()

    def test_reload(self):
        """What cannot be read again changes nothing."""
        def act():
            self.ftpdctl("tls", "reload")
        number = self.count(act)
        for first, mode in each(number):
            hits = self.break_down(act, first, mode)
            self.note("failed" if hits else "whole")
            self.assert_serves("reload, allocation %d, %d" % (first, mode))
        self.say("reload")
        self.tls("reload")
        self.assert_serves()

    def test_sighup(self):
        """The daemon lives, and refuses, or serves; the next SIGHUP finds all
        as it was."""
        number = self.count(self.sighup)
        for first, mode in each(number):
            hits = self.break_down(self.sighup, first, mode)
            visit = self.visit("SIGHUP, allocation %d, %d" % (first, mode))
            came = visit.run(visit.enter)
            self.note(came if hits else "whole")
            self.assertIn(came, faultcase.HANDSHAKE_ENDS | {"ok"}, visit.name)
            visit.close()
            self.sighup()
            self.assert_serves("after " + visit.name)
        self.say("SIGHUP")


@harness.both_versions
@unittest.skipIf(os.environ.get("TLS4217_KEY_ISOLATION") == "off",
                 "there is no key process")
class Keys(faultcase.FaultCase):

    SERVER = {"directives": faultcase.FaultCase.SERVER["directives"] +
              "TLSReloadInterval 1\n"}

    def serves(self):
        visit = self.visit("afterwards")
        came = visit.run(visit.enter)
        visit.close()
        return came == "ok"

    def test_signing(self):
        before = self.visit("before")
        self.assertEqual(before.run(before.enter), "ok")
        self.server.plan(KEYS)
        self.assertTrue(self.serves())
        number = self.server.counted()[0]
        for first, mode in each(number):
            visit = self.visit("signing, allocation %d, %d" % (first, mode))
            self.server.plan(KEYS, error=errno.ENOMEM, first=first,
                             every=mode)
            came = visit.run(visit.enter)
            self.server.end_plan()
            self.note(came)
            self.assertIn(came, faultcase.HANDSHAKE_ENDS | {"ok"}, visit.name)
            visit.close()
            self.assertTrue(client.until(self.serves, 60), visit.name)
        self.say("key process")
        self.assertEqual(before.run(before.retr, before.stor, before.quit),
                         "ok")


if __name__ == "__main__":
    harness.main()
