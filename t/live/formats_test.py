#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""Certificates and keys that are not PEM: DER and PKCS #12, with a pass phrase
or an empty one; and their renewal."""

import os
import ssl
import subprocess

import client
import controlcase
import harness
import phrasecase
from phrasecase import PHRASE, openssl

#: What each host serves with; {keys} is a folder of root's.
HOSTS = {
    "main": "TLSCertificateFile {keys}/leaf.der {keys}/key.der\n"
            "TLSCertificateChainFile {keys}/chain.der\n",
    "empty": "TLSPKCS12File {keys}/empty.p12\n",
    "locked": "TLSPKCS12File {keys}/locked.p12\n",
    "named": "TLSCertificateFile {keys}/locked.p12\n",
    "mixed": "TLSCertificateFile {pki}/ec-chain.pem {keys}/locked.der\n",
}


def der_of(path):
    """The first certificate of a PEM file."""
    with open(path, encoding="ascii") as stream:
        text = stream.read()
    end = "-----END CERTIFICATE-----\n"
    return ssl.PEM_cert_to_DER_cert(
        text[text.index("-----BEGIN CERT"):].partition(end)[0] + end)


class Formats(harness.LiveCase):
    """All of them in one daemon."""

    SERVER_CLASS = phrasecase.LockedServer
    ISOLATION = ""

    @classmethod
    def setUpClass(cls):
        cls.SERVER = {
            "tls": "TLSEngine on\nTLSLog {root}/tls.log\n",
            "vhosts": {name: text for name, text in HOSTS.items()
                       if name != "main"}}
        super().setUpClass()

    @classmethod
    def prepare(cls):
        cls.server.directives = cls.ISOLATION + HOSTS["main"] + \
            "TLSReloadInterval 1\n" + controlcase.ALLOWED + cls.server.tells()
        cls.make("rsa")

    @classmethod
    def make(cls, kind):
        """The files, of a kind of key."""
        pki, keys = cls.server.pki.path, cls.server.key_path
        chain, key = pki(kind + "-chain.pem"), pki(kind + ".key")
        made = (
            ("leaf.der", ("x509", "-in", pki(kind + ".pem"))),
            ("chain.der", ("x509", "-in", pki("inter.pem"))),
            ("key.der", ("pkey", "-in", key)))
        for name, words in made:
            openssl(*words, "-outform", "DER", "-out", keys("new"))
            os.rename(keys("new"), keys(name))
        for name, phrase in (("empty.p12", ""), ("locked.p12", PHRASE)):
            openssl("pkcs12", "-export", "-in", chain, "-inkey", key,
                    "-certfile", pki("root.pem"), "-passout",
                    "pass:" + phrase, "-out", keys("new"))
            os.rename(keys("new"), keys(name))
        openssl("pkcs8", "-topk8", "-in", pki("ec.key"), "-outform", "DER",
                "-passout", "pass:" + PHRASE, "-out", keys("locked.der"))

    def presented(self, host):
        control = self.secure(host)
        got = control.tls.object.getpeercert(True)
        control.close()
        return got

    def assert_serves(self, kind):
        """Every host, with its chain, which the client verifies."""
        for host in HOSTS:
            with self.subTest(host):
                control = self.secure(host)
                self.assertEqual(
                    control.tls.object.getpeercert(True),
                    der_of(self.server.pki.path(
                        ("ec" if host == "mixed" else kind) + ".pem")))
                control.login().protect().download("LIST")
                control.close()

    def test_1_served(self):
        self.assert_serves("rsa")
        # The same phrase opens all of them.
        asked, = self.server.asked()
        self.assertTrue(asked.endswith(" PKCS12") or asked.endswith(" EC"))

    def test_2_what_is_sent(self):
        """Leaf and intermediate, in this order, without the root."""
        for host in ("empty", "main"):
            port = self.server.ports[host]
            done = subprocess.run(
                ["openssl", "s_client", "-connect", "127.0.0.1:%d" % port,
                 "-starttls", "ftp", "-showcerts"], input=b"",
                capture_output=True, timeout=20, check=False)
            self.assertEqual(
                done.stdout.count(b"-----BEGIN CERTIFICATE-----"), 2,
                done.stdout.decode())

    def test_3_renewed(self):
        """Another kind of key, seen by the timer; then back, by SIGHUP."""
        self.make("ed25519")
        wanted = der_of(self.server.pki.path("ed25519.pem"))
        self.assertTrue(client.until(
            lambda: {self.presented(host) for host in HOSTS
                     if host != "mixed"} == {wanted}, 15))
        self.assert_serves("ed25519")
        self.make("rsa")
        self.server.reload()
        self.assert_serves("rsa")
        self.assertEqual(len(self.server.asked()), 1)

    def test_4_broken(self):
        """One that is cut changes nothing, and its host alone complains."""
        os.truncate(self.server.key_path("empty.p12"), 700)
        os.truncate(self.server.key_path("key.der"), 200)
        self.server.reload()
        for name, directive in (("empty.p12", "TLSPKCS12File"),
                                ("key.der", "TLSCertificateFile")):
            self.assert_logged(r"warning: .*%s: .*%s.*remain in use"
                               % (directive, name))
        self.assert_serves("rsa")


class FormatsInOneProcess(Formats):
    ISOLATION = "TLSKeyIsolation off\n"

    #: The key process alone has the last good ones over SIGHUP.
    test_4_broken = None

    def test_3_renewed(self):
        self.make("ed25519")
        self.server.reload()
        self.assert_serves("ed25519")
        self.assertEqual(len(self.server.asked()), 1)


if __name__ == "__main__":
    harness.main()
