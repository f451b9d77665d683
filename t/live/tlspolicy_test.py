#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSPolicy: versions and suites under one name, for a server and for a class.

What each offers, suite by suite, is pinned in t/unit/wire.txt.
"""

import ssl
import unittest
import warnings

import harness

LOCAL = """
<Class local>
  From 127.0.0.0/8 ::1
</Class>
"""


class Policy(harness.LiveCase):
    """One server for each, under the names of the hosts."""

    SERVER = {"directives": "TLSPolicy modern",
              "vhosts": {"intermediate": "TLSPolicy intermediate",
                         "compatible": "TLSPolicy compatible",
                         "own": "TLSPolicy modern\n"
                                "TLSProtocol TLSv1.2\n"
                                "TLSCipherSuite ECDHE-RSA-AES128-GCM-SHA256\n"
                                "TLSECDHCurve P-384"}}

    def visit(self, host, version):
        """What a client with this version alone gets."""
        context = self.server.context(None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")     # TLS 1.0 and 1.1
            context.minimum_version = version
            context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
        control = self.connect(host, context=context)
        try:
            control.auth()
        except (ssl.SSLError, ConnectionError):
            return None
        control.login().protect("P")
        control.command("TYPE I", 200)
        control.upload("STOR file", b"bytes")
        self.assertEqual(control.download("RETR file"), b"bytes")
        return control.tls.object.version()

    def compare(self, host, *wanted):
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1,
                        ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(version.name):
                name = version.name.replace("_", ".")
                self.assertEqual(self.visit(host, version),
                                 name if name in wanted else None)

    def test_modern(self):
        self.compare("main", "TLSv1.3")
        self.assert_logged(r"control connection .*handshake failed")

    def test_intermediate(self):
        self.compare("intermediate", "TLSv1.2", "TLSv1.3")

    def test_compatible(self):
        self.compare("compatible", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")

    def test_what_stands_beside_it_wins(self):
        self.compare("own", "TLSv1.2")
        self.assert_logged(r"TLSv1\.2 ECDHE-RSA-AES128-GCM-SHA256.*P-384|"
                           r"TLSv1\.2 ECDHE-RSA-AES128-GCM-SHA256.*secp384r1")


@unittest.skipUnless(harness.stock_module("mod_ifsession"),
                     "needs mod_ifsession")
class ByClass(Policy):
    """The class has the other one than the server."""

    SERVER = {"modules": ("mod_ifsession",),
              "directives": "TLSPolicy compatible\n" + LOCAL +
                            "<IfClass local>\nTLSPolicy modern\n</IfClass>",
              "vhosts": {"intermediate":
                         "TLSPolicy modern\n<IfClass local>\n"
                         "TLSPolicy intermediate\n</IfClass>",
                         "compatible":
                         "<IfClass local>\nTLSPolicy compatible\n</IfClass>",
                         "own": "TLSProtocol TLSv1.2\n"
                         "TLSCipherSuite ECDHE-RSA-AES128-GCM-SHA256\n"
                         "TLSECDHCurve P-384\n"
                         "<IfClass local>\nTLSPolicy modern\n</IfClass>"}}


class Mistakes(unittest.TestCase):
    """proftpd -t."""

    def test_words(self):
        server = harness.Server("TLSPolicy old")
        self.addCleanup(server.stop)
        code, text = server.check_config()
        self.assertNotEqual(code, 0)
        self.assertIn("TLSPolicy: write TLSPolicy "
                      "modern|intermediate|compatible", text)

    def test_section_that_comes_too_late(self):
        if not harness.stock_module("mod_ifsession"):
            self.skipTest("needs mod_ifsession")
        server = harness.Server("<IfUser alice>\nTLSPolicy modern\n</IfUser>",
                                modules=("mod_ifsession",))
        self.addCleanup(server.stop)
        code, text = server.check_config()
        self.assertEqual(code, 0, text)
        self.assertIn("TLSPolicy", text)


if __name__ == "__main__":
    harness.main()
