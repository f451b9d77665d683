#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What OpenSSL has from 3.5 on: key exchange that a quantum computer does not
break, and keys of ML-DSA.

Where certificates are switched by server name, OpenSSL 3.2 to 3.6 write beyond
an array for keys of a type that only a provider knows; here whole contexts are.
"""

import re
import ssl
import subprocess
import unittest

import certdir_test
import harness

#: That of Python is the server's: the same package, where nothing is done to
#: have another one.
VERSION = ssl.OPENSSL_VERSION_INFO[:2]

certdir_test.ALGORITHMS["ml-dsa"] = ("ML-DSA-65",)

CERTIFICATES = {
    "pq.pem": ("DNS:pq.test", "ml-dsa"),
    "ec.pem": ("DNS:ec.test", "ec"),
    "both-pq.pem": ("DNS:both.test", "ml-dsa"),
    "both-ec.pem": ("DNS:both.test", "ec"),
}


def algorithm(pem):
    """What the key of a certificate is."""
    text = subprocess.run(["openssl", "x509", "-noout", "-text"],
                          input=pem, text=True, check=True, timeout=60,
                          capture_output=True).stdout
    return re.search(r"Public Key Algorithm: (\S+)", text).group(1)


@unittest.skipIf(VERSION < (3, 5), "OpenSSL is older than 3.5")
class Quantum(certdir_test.CertDirCase):

    CERTIFICATES = CERTIFICATES

    def served_key(self, name, **options):
        control = self.secure(server_name=name, **options)
        try:
            return algorithm(ssl.DER_cert_to_PEM_cert(
                control.tls.object.getpeercert(True)))
        finally:
            control.close()

    def lines(self):
        self.assert_logged("TLSv1.3")
        return [line for line in self.server.log().splitlines()
                if "TLSv1.3" in line]

    def test_key_exchange(self):
        self.secure()
        self.assertRegex(self.lines()[-1],
                         r"X25519MLKEM768 \(post-quantum\)")

    def test_key_exchange_of_before(self):
        context = self.context()
        context.set_ecdh_curve("prime256v1")
        self.secure(context=context)
        self.assertNotIn("post-quantum", self.lines()[-1])

    def test_by_name(self):
        """To and fro, in sessions that were forked from one daemon."""
        for _ in range(5):
            self.assertEqual(self.served_key("pq.test"), "ML-DSA-65")
            self.assertEqual(self.served_key("ec.test"), "id-ecPublicKey")
            self.assertEqual(self.served_key(None), "id-ecPublicKey")

    def test_transfers(self):
        for name in ("pq.test", "both.test"):
            control = self.secure(server_name=name).login().protect()
            control.command("TYPE I", 200)
            self.assert_transfers(control)

    def test_client_without_it(self):
        """A client of TLS 1.2 cannot use such a certificate: it gets another
        one of that name, or an alert, and the next client is served."""
        old = self.server.context(ssl.TLSVersion.TLSv1_2)
        self.assertEqual(self.served_key("both.test", context=old),
                         "id-ecPublicKey")
        control = self.connect(context=old, server_name="pq.test")
        control.command("AUTH TLS", 234)
        with self.assertRaises((ssl.SSLError, OSError)):
            control.handshake()
            control.command("NOOP", 200)
        self.assertEqual(self.served_key("pq.test"), "ML-DSA-65")


if __name__ == "__main__":
    harness.main()
