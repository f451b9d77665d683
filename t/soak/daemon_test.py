#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""A daemon that is told to read everything again, and again: SIGHUP ten times a
second, or as fast as it reads, with certificates that are swapped, every fifth
of them broken; "ftpdctl tls reload" a thousand times; the module unloaded and
loaded a hundred times.

Clients transfer meanwhile, and none of their transfers fails.
"""

import concurrent.futures
import os
import time
import unittest

from soakcase import SoakCase, part
import client
import controlcase
import harness
import renewalcase

SIGHUPS = part(1000, 20)
RELOADS = part(1000, 10)
UNLOADS = part(100, 3)

#: Seconds from one SIGHUP to the next, at least: none is sent before the daemon
#: serves again.  Two of them would be one, and clients would wait for both.
PACE = 0.1

#: Two pairs each, of which one in five is broken; 64 are kept, and cost more
#: once they have signed.  The key process' allocator has an arena for each
#: thread that signs, and needs some hundred rounds to have all that it uses.
WARM_UP = 300

#: How many ask at once: mod_ctrls looks once a second.
ASKERS = 8


class Renewals(SoakCase):

    BARE = True
    SERVER_CLASS = renewalcase.Fleet
    SERVER = {"ways": {"one": renewalcase.Mv, "two": renewalcase.Mv},
              "directives": "TLSReloadInterval 0\n"}

    def swap(self, number):
        """Returns what is to be presented from now on."""
        what = ("new", "ec", "old")[number % 3]
        for host in ("one", "two"):
            self.server.put(host, "cert", what)
            self.server.put(host, "key",
                            "other" if number % 5 == 4 else what)
        return what

    def assert_presented(self, what):
        for host in ("one", "two"):
            self.assertTrue(client.until(
                lambda host=host: self.presented(host) == what, 20))

    def presented(self, host):
        try:
            return self.server.presented(host)
        except (OSError, client.Cut):
            return None

    def run_under(self, act, rounds):
        """A tenth of it to warm up, and more than it takes until as many
        earlier pairs are kept as may be; returns what was measured then."""
        self.repeat(act, max(rounds // 10, WARM_UP))
        before = self.measure()
        print("# %d times, %d sessions meanwhile" % (
            rounds, self.repeat(act, rounds)))
        return before

    def repeat(self, act, rounds):
        """While clients transfer; returns how many sessions they had."""
        with renewalcase.Traffic(self.server, ("one", "two"), 2) as traffic:
            for number in range(rounds):
                act(number)
        self.assertEqual(traffic.troubles, [])
        self.assertGreater(traffic.done, 0)
        return traffic.done

    def sighup(self, number):
        self.swap(number)
        next_one = time.monotonic() + PACE
        self.bare.reload()
        self.server.reload()
        # It greets nobody before it has read everything.
        client.Control(self.server.address()).close()
        time.sleep(max(0.0, next_one - time.monotonic()))

    def test_sighup(self):
        before = self.run_under(self.sighup, SIGHUPS)
        what = self.swap(0)
        self.server.reload()
        self.assert_presented(what)
        self.assert_same(before)

    @unittest.skipUnless(harness.ftpdctl(), "there is no ftpdctl")
    def test_reload(self):
        def ask(_):
            return self.server.control("tls", "reload")[0]
        with concurrent.futures.ThreadPoolExecutor(ASKERS) as pool:
            def reload(number):
                """So many requests for the same files."""
                self.swap(number)
                return list(pool.map(ask, range(ASKERS)))
            before = self.run_under(reload, max(RELOADS // ASKERS, 2))
        what = self.swap(0)
        self.assertEqual(self.server.control("tls", "reload")[0], 0)
        self.assert_presented(what)
        self.assert_same(before)


@unittest.skipUnless(harness.ftpdctl() and harness.module(),
                     "the module cannot be unloaded")
class Unloads(SoakCase, controlcase.ControlCase):

    SERVER = {"directives": controlcase.MODULES}

    def test_unload(self):
        old = self.login()
        name = os.path.basename(harness.module())[:-len(".so")] + ".c"
        before = None
        for number in range(UNLOADS):
            self.assertEqual(self.ftpdctl("rmmod", name)[0], 0)
            self.assertEqual(self.ftpdctl("insmod", name)[0], 0)
            self.assertIsNone(self.server.process.poll())
            if number == max(UNLOADS // 10, 1):
                before = Once(self)
        self.server.reload()
        self.assertTrue(client.until(self.serves, 20))
        self.assert_transfers(old)
        old.quit()
        print("# %d times unloaded and loaded" % UNLOADS)
        before.assert_same()

    def serves(self):
        try:
            control = client.Control(self.server.address(), self.context())
            control.auth().login().quit()
            return True
        except (OSError, client.Refused, client.Cut):
            return False


class Once:
    """The descriptors of the daemon, while a session is there."""

    def __init__(self, case):
        self.case = case
        self.count = self.descriptors()

    def descriptors(self):
        return self.case.processes()[0].descriptors()

    def assert_same(self):
        self.case.assertTrue(client.until(
            lambda: self.descriptors() <= self.count + 1, 10),
            (self.descriptors(), self.count))


if __name__ == "__main__":
    harness.main()
