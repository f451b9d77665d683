#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSDHParamFile: a group of their own for those who ask for DHE."""

import re
import subprocess
import unittest

import client
import harness

DHE = "TLSCipherSuite DHE-RSA-AES128-GCM-SHA256\nTLSProtocol TLSv1.2\n"


def make_group(server, bits, name="dh.pem"):
    subprocess.run(["openssl", "dhparam", "-dsaparam", "-out",
                    server.path(name), str(bits)], capture_output=True,
                   timeout=120, check=True)


class Groups(harness.LiveCase):
    VERSION = client.TLS1_2
    SERVER = {"directives": DHE + "TLSDHParamFile {root}/dh.pem",
              "vhosts": {"none": DHE}}

    @classmethod
    def prepare(cls):
        make_group(cls.server, 3072)

    def bits(self, host):
        """Of the server's temporary key, as openssl shows it."""
        done = subprocess.run(
            ["openssl", "s_client", "-connect", "127.0.0.1:%d"
             % self.server.ports[host], "-starttls", "ftp", "-groups", "P-256"],
            input="QUIT\n", capture_output=True, text=True, timeout=20,
            check=False)
        return re.search(r"Server Temp Key: (.*)", done.stdout).group(1)

    def test_the_group_is_used(self):
        self.assertEqual(self.bits("main"), "DH, 3072 bits")
        self.assertEqual(self.bits("none"), "DH, 2048 bits")

    def test_transfers(self):
        self.assert_transfers(self.login())
        self.assert_logged("TLSv1.2 DHE-RSA-AES128-GCM-SHA256")


class Mistakes(unittest.TestCase):
    """proftpd -t: what cannot be used is told, and stops nothing."""

    def setUp(self):
        self.server = harness.Server("")
        self.addCleanup(self.server.stop)

    def check(self, directives, words):
        self.server.directives = directives
        code, said = self.server.check_config()
        self.assertEqual(code, 0, said)
        self.assertIn("TLSDHParamFile", said)
        self.assertIn(words, said)

    def test_nobody_asks_for_dhe(self):
        self.check("TLSDHParamFile {root}/none.pem",
                   "has no effect: no suite with DHE")

    def test_no_file(self):
        self.check(DHE + "TLSDHParamFile {root}/none.pem", "none.pem")

    def test_no_group(self):
        self.check(DHE + "TLSDHParamFile {pki}/rsa.pem",
                   "make one with 'openssl dhparam -out ")

    def test_a_small_group(self):
        make_group(self.server, 1024)
        self.check(DHE + "TLSDHParamFile {root}/dh.pem", "1024 bits")
        make_group(self.server, 768)
        self.check(DHE + "TLSDHParamFile {root}/dh.pem",
                   "768 bits, which anyone can break")


if __name__ == "__main__":
    harness.main()
