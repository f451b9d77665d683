#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""TLSProtocol and TLSCipherSuite by class: RFC 4217, section 10.1.

"Define the CipherSuites allowed to be used (perhaps on a per host/domain/...
basis)": mod_ifsession says which class of clients gets which.
"""

import ssl
import unittest

import client
import harness

CLASSES = """
<Class local>
  From 127.0.0.0/8 ::1
</Class>
<Class elsewhere>
  From 192.0.2.0/24
</Class>
<IfClass local>
  TLSProtocol TLSv1.2
  TLSCipherSuite ECDHE+CHACHA20
</IfClass>
<IfClass elsewhere>
  TLSProtocol TLSv1.1
  TLSCipherSuite NULL-SHA256
</IfClass>
"""


@unittest.skipUnless(harness.stock_module("mod_ifsession"),
                     "needs mod_ifsession")
class Classes(harness.LiveCase):
    SERVER = {"modules": ("mod_ifsession",), "directives": CLASSES}

    def test_rfc4217_10_1_class_has_its_own_versions_and_ciphers(self):
        control = self.login(context=self.server.context(None))
        self.assertEqual(control.tls.object.version(), "TLSv1.2")
        self.assertIn("CHACHA20", control.tls.object.cipher()[0])
        control.download("LIST")
        self.assert_logged(r"data connection .*: TLSv1.2 \S*CHACHA20\S* .*"
                           r"resumed")

    def test_rfc4217_10_1_other_versions_are_refused(self):
        control = self.connect(context=self.server.context(client.TLS1_3))
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            control.auth()
        self.assert_logged(r"control connection .*handshake failed")


if __name__ == "__main__":
    harness.main()
