# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What the live tests share: one server per TestCase class, and its clients.

The environment that it needs is described in daemon.py. A test that fails
prints what the server has logged since it began; no test outlives its alarm.
"""

import faulthandler
import os
import re
import signal
import sys
import unittest

import client
from daemon import (Server, STOCK_MODULES, TLS, account, has_ipv6, module,
                    module_name, own, proftpd, stock_module)
from program import POOLS_FREE, ftpdctl

__all__ = ["LiveCase", "POOLS_FREE", "Server", "STOCK_MODULES", "TLS",
           "account", "both_versions", "ftpdctl", "has_ipv6", "main", "module",
           "module_name", "own", "proftpd", "stock_module"]

#: No single test may take longer, whatever hangs.  Emulated machines are slow.
TEST_SECONDS = int(os.environ.get("TLS4217_TEST_SECONDS", "40"))


def _too_long(*_):
    raise AssertionError("the test took longer than %d s" % TEST_SECONDS)


class LiveCase(unittest.TestCase):
    """A TestCase with one server for all its tests.

    SERVER holds the keywords for SERVER_CLASS; VERSION pins the TLS version of
    the clients (see both_versions).
    """

    SERVER_CLASS = Server
    SERVER = {}
    VERSION = None
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.server = cls.SERVER_CLASS(**cls.SERVER)
        cls.addClassCleanup(cls.server.stop)
        cls.prepare()
        cls.server.start()

    @classmethod
    def prepare(cls):
        """For files that must be there before the server starts."""

    server = None

    def run(self, result=None):
        if self.server is None:     # the class is skipped
            return super().run(result)
        before = _troubles(result)
        self.server.mark()
        signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(TEST_SECONDS)
        try:
            super().run(result)
        finally:
            signal.alarm(0)
        if _troubles(result) > before:
            print("\n=== logs of %s\n%s" % (self.id(), self.server.logs()),
                  file=sys.stderr)
        return result

    def context(self, **options):
        return self.server.context(self.VERSION, **options)

    def connect(self, host="main", ipv6=False, context=None, **options):
        """A control connection in clear, closed after the test."""
        control = client.Control(self.server.address(host, ipv6),
                                 context or self.context(), **options)
        self.addCleanup(control.close)
        return control

    def secure(self, host="main", mechanism="TLS", session=None, **options):
        """The same after AUTH."""
        return self.connect(host, **options).auth(mechanism, session)

    def login(self, host="main", level="P", **options):
        """The same, logged in, binary, with PROT P unless told."""
        control = self.secure(host, **options).login()
        if level is not None:
            control.protect(level)
        control.command("TYPE I", 200)
        return control

    def login_of_pid(self, *args, **options):
        """A login, and the process that serves it: numbers start again at
        their end, so that the highest one may be another session's."""
        known = set(self.server.sessions())
        control = self.login(*args, **options)
        new = set()

        def is_alone():
            """Who has only asked whether the server is up may come late."""
            new.clear()
            new.update(set(self.server.sessions()) - known)
            return len(new) == 1

        self.assertTrue(client.until(is_alone), new)
        return control, new.pop()

    def assert_alive(self, control):
        """The control connection still serves commands, and nothing else
        was left in its way."""
        control.command("NOOP", 200)

    def assert_transfers(self, control, protected=True):
        """The session lives, and its next transfers work, too."""
        self.assert_alive(control)
        control.upload("STOR next", b"next", protected=protected)
        self.assertEqual(
            control.download("RETR next", protected=protected), b"next")

    def assert_logged(self, pattern, name="tls.log", seconds=3):
        found = client.until(
            lambda: re.search(pattern, self.server.log(name)), seconds)
        if not found:
            self.fail("%s says nothing like %r" % (name, pattern))
        return found


def _troubles(result):
    return 0 if result is None else len(result.failures) + len(result.errors)


def both_versions(case):
    """Class decorator: the case once per TLS version, instead of itself."""
    namespace = vars(sys.modules[case.__module__])
    for suffix, version in (("_tls1_2", client.TLS1_2),
                            ("_tls1_3", client.TLS1_3)):
        name = case.__name__ + suffix
        namespace[name] = type(name, (case,), {
            "VERSION": version, "__module__": case.__module__,
            "__doc__": case.__doc__})


def _interrupt(*_):
    raise KeyboardInterrupt


def main():
    """Runs the tests of the file that is the program.

    SIGTERM ends them as ^C does, so that no server stays behind.
    """
    faulthandler.enable()
    signal.signal(signal.SIGTERM, _interrupt)
    module()
    unittest.main(verbosity=2)
