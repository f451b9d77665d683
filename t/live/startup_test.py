#!/usr/bin/env python3
"""Configurations that the daemon reads: what is empty, what is refused.

Nothing in a configuration may crash the daemon, and one that was refused
never becomes a server without the policies that stood in it.
"""

import os
import unittest

import daemon
import harness

#: Nothing that the core stores: the server has no set of directives.
BARE = "ModulePath {root}/modules\nLoadModule %s.c\n"


class Checks(unittest.TestCase):
    """proftpd -t; no daemon runs."""

    def setUp(self):
        self.server = harness.Server("", tls="")
        self.addCleanup(self.server.stop)

    def check(self, text):
        return self.server.check_config(
            (BARE % daemon.module_name()) + text)

    @unittest.skipUnless(os.geteuid() == 0, "mod_delay's table needs root")
    def test_a_file_without_directives(self):
        code, said = self.check("")
        self.assertEqual(code, 0, said)

    def test_a_virtual_host_without_directives(self):
        code, said = self.check(
            "<IfModule mod_delay.c>\nDelayEngine off\n</IfModule>\n"
            "<VirtualHost 127.0.0.1>\n</VirtualHost>\n")
        self.assertEqual(code, 0, said)


if __name__ == "__main__":
    harness.main()
