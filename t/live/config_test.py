#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL
"""What proftpd -t and the start say about the TLS directives.

A server that could not serve does not start, and says which file, which
directive and what to do.
"""

import os
import re
import ssl
import stat
import subprocess
import unittest

import client
import harness

OWN_PAIR = """\
TLSEngine on
TLSLog {root}/tls.log
TLSRSACertificateFile {pki}/rsa.pem
TLSRSACertificateKeyFile {pki}/rsa.key
"""

#: name, directives, what the message must name
REFUSED = (
    ("missing certificate", "TLSEngine on\nTLSRSACertificateFile "
     "{pki}/none.pem\nTLSRSACertificateKeyFile {pki}/rsa.key",
     ("none.pem", "TLSRSACertificateFile")),
    ("missing certificate, new name",
     "TLSEngine on\nTLSCertificateFile {pki}/none.pem",
     ("none.pem", "TLSCertificateFile")),
    ("missing key", "TLSEngine on\nTLSCertificateFile {pki}/rsa.pem "
     "{pki}/none.key", ("none.key", "TLSCertificateFile")),
    ("no key anywhere", "TLSEngine on\nTLSCertificateFile {pki}/rsa.pem",
     ("rsa.pem", "key")),
    ("key that does not match",
     "TLSEngine on\nTLSCertificateFile {pki}/rsa.pem {pki}/ec.key",
     ("ec.key", "rsa.pem", "TLSCertificateFile")),
    ("key that does not match, old names",
     "TLSEngine on\nTLSRSACertificateFile {pki}/rsa.pem\n"
     "TLSRSACertificateKeyFile {pki}/expired.key",
     ("rsa.pem", "expired.key", "TLSRSACertificate")),
    ("encrypted key", "TLSEngine on\nTLSCertificateFile {pki}/rsa.pem "
     "{pki}/locked.key", ("locked.key", "pass phrase")),
    ("empty file", "TLSEngine on\nTLSCertificateFile {pki}/empty.pem",
     ("empty.pem", "TLSCertificateFile", "certificate")),
    ("not PEM", "TLSEngine on\nTLSCertificateFile {root}/passwd",
     ("passwd", "TLSCertificateFile")),
    ("missing chain", OWN_PAIR + "TLSCertificateChainFile {pki}/none.pem",
     ("none.pem", "TLSCertificateChainFile")),
    ("no certificate at all", "TLSEngine on", ("TLSCertificateFile",)),
    ("unknown version", OWN_PAIR + "TLSProtocol TLSv1.2 TLSv1.9",
     ("TLSProtocol", "TLSv1.9")),
    ("no version left", OWN_PAIR + "TLSProtocol ALL -TLSv1 -TLSv1.1 "
     "-TLSv1.2 -TLSv1.3", ("TLSProtocol",)),
    ("bad ciphers", OWN_PAIR + "TLSCipherSuite NO-SUCH-CIPHER",
     ("TLSCipherSuite", "NO-SUCH-CIPHER")),
    ("bad groups", OWN_PAIR + "TLSECDHCurve X25519:P-999",
     ("TLSECDHCurve", "'P-999'")),
    ("no address", OWN_PAIR + "TLSMasqueradeAddress ..",
     ("TLSMasqueradeAddress", "'..'")),
    ("bad protection", OWN_PAIR + "TLSDataProtection sometimes",
     ("TLSDataProtection", "per-transfer", "on line ")),
    ("protection without a word", OWN_PAIR + "TLSDataProtection",
     ("TLSDataProtection",)),
    ("unknown option", OWN_PAIR + "TLSOptions NoSuchOption",
     ("TLSOptions", "NoSuchOption")),
    ("engine neither on nor off", "TLSEngine maybe", ("TLSEngine",)),
    ("bad timeout", OWN_PAIR + "TLSTimeoutHandshake soon",
     ("TLSTimeoutHandshake", "seconds", "on line ")),
    ("relative path", "TLSEngine on\nTLSCertificateFile rsa.pem",
     ("TLSCertificateFile", "rsa.pem")),
    ("missing folder", "TLSEngine on\nTLSSelfSignedCertificate "
     "{root}/nowhere/self.pem", ("nowhere/self.pem",)),
)

ACCEPTED = (
    ("off", "TLSEngine off"),
    ("nothing", ""),
    ("off, with a missing file",
     "TLSEngine off\nTLSCertificateFile {pki}/none.pem"),
    ("RSA", OWN_PAIR),
    ("EC", "TLSEngine on\nTLSECCertificateFile {pki}/ec.pem\n"
     "TLSECCertificateKeyFile {pki}/ec.key"),
    ("all in one file", "TLSEngine on\nTLSCertificateFile {pki}/rsa-all.pem"),
    ("two pairs", "TLSEngine on\n"
     "TLSCertificateFile {pki}/rsa-chain.pem {pki}/rsa.key\n"
     "TLSCertificateFile {pki}/ec-chain.pem {pki}/ec.key"),
    ("versions", OWN_PAIR + "TLSProtocol ALL -TLSv1 -TLSv1.1"),
    ("old name of a version", OWN_PAIR + "TLSProtocol SSLv23"),
    ("ciphers", OWN_PAIR + "TLSCipherSuite HIGH:!aNULL:!MD5"),
    ("groups", OWN_PAIR + "TLSECDHCurve X25519:prime256v1"),
    ("OpenSSL's groups", OWN_PAIR + "TLSECDHCurve Auto"),
    ("options", OWN_PAIR + "TLSOptions NoSessionReuseRequired "
     "NoCloseNotifyRequired NoPBSZRequired"),
    ("options of mod_tls", OWN_PAIR + "TLSOptions NoSessionReuseRequired "
     "StdEnvVars"),
    ("no log", OWN_PAIR.replace("{root}/tls.log", "none")),
    ("view", OWN_PAIR + "TLSDataProtection per-transfer"),
    ("a second host", OWN_PAIR + "<VirtualHost 127.0.0.1>\nPort 1\n" +
     OWN_PAIR + "</VirtualHost>"),
    ("global", "<Global>\n" + OWN_PAIR + "</Global>"),
)

SERVED = (
    ("old names, with a chain file", harness.TLS, ("rsa", "ec")),
    ("fullchain", "TLSCertificateFile {pki}/rsa-chain.pem {pki}/rsa.key\n",
     ("rsa",)),
    ("fullchain and key in one file",
     "TLSCertificateFile {pki}/ec-all.pem\n", ("ec",)),
    ("two fullchains",
     "TLSCertificateFile {pki}/rsa-chain.pem {pki}/rsa.key\n"
     "TLSCertificateFile {pki}/ec-chain.pem {pki}/ec.key\n", ("rsa", "ec")),
    ("fullchain under an old name",
     "TLSECCertificateFile {pki}/ec-chain.pem\n"
     "TLSECCertificateKeyFile {pki}/ec.key\n", ("ec",)),
)


class CheckConfig(unittest.TestCase):
    """proftpd -t; no daemon runs."""

    def setUp(self):
        self.server = self.make("")

    def make(self, directives, **options):
        server = harness.Server(directives, tls="", **options)
        self.addCleanup(server.stop)
        return server

    def check(self, directives):
        self.server.directives = directives
        return self.server.check_config()

    def test_refused(self):
        for name, directives, words in REFUSED:
            with self.subTest(name):
                code, text = self.check(directives)
                self.assertNotEqual(code, 0, text)
                for word in words:
                    self.assertIn(word, text)
                self.assertNotRegex(text, r"error:0|\(null\)")

    def test_accepted(self):
        for name, directives in ACCEPTED:
            with self.subTest(name):
                code, text = self.check(directives)
                self.assertEqual(code, 0, text)

    def test_refused_in_a_virtual_host(self):
        for name, directives, words in REFUSED[:5]:
            with self.subTest(name):
                code, text = self.check(
                    "<VirtualHost 127.0.0.1>\nServerName second\nPort 1\n" +
                    directives + "\n</VirtualHost>")
                self.assertNotEqual(code, 0, text)
                self.assertIn(words[0], text)

    def test_expired_certificate_is_a_warning(self):
        code, text = self.check("TLSEngine on\nTLSCertificateFile "
                                "{pki}/expired.pem {pki}/expired.key")
        self.assertEqual(code, 0, text)
        self.assertIn("expired.pem", text)
        self.assertRegex(text, r"(?i)expired.*2021")

    def test_names_of_the_past_are_warnings(self):
        for line in ("TLSRandomSeed /dev/urandom", "TLSCryptoDevice none",
                     "TLSProtocol SSLv3 TLSv1.2",
                     "TLSDSACertificateFile {pki}/none.pem"):
            with self.subTest(line):
                code, text = self.check(OWN_PAIR + line)
                self.assertEqual(code, 0, text)
                self.assertIn(line.split()[0], text)

    @unittest.skipUnless(harness.stock_module("mod_tls"),
                                 "this ProFTPD has no mod_tls")
    def test_mod_tls_beside_ours_is_refused(self):
        for place in ("before", "modules"):
            with self.subTest(place):
                server = self.make("", **{place: ["mod_tls"]})
                code, text = server.check_config()
                self.assertNotEqual(code, 0, text)
                self.assertRegex(text, r"mod_tls\b")
                self.assertRegex(text, r"(?i)together|remove|both|instead")

    def test_self_signed_certificate_is_made(self):
        path = self.server.path("self.pem")
        code, text = self.check(
            "TLSEngine on\nTLSSelfSignedCertificate {root}/self.pem")
        self.assertEqual(code, 0, text)
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        self.assertIn(fingerprint(path), text)

    def test_self_signed_certificate_is_kept(self):
        directives = "TLSEngine on\nTLSSelfSignedCertificate {root}/self.pem"
        self.check(directives)
        with open(self.server.path("self.pem"), "rb") as stream:
            before = stream.read()
        self.assertEqual(self.check(directives)[0], 0)
        with open(self.server.path("self.pem"), "rb") as stream:
            self.assertEqual(stream.read(), before)


def fingerprint(path):
    """SHA-256, as openssl x509 -fingerprint writes it."""
    done = subprocess.run(
        ["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"],
        capture_output=True, text=True, timeout=20, check=True)
    return done.stdout.split("=")[1].strip()


class SelfSigned(harness.LiveCase):
    """TLSEngine on and one line more: a server that works."""

    SERVER = {"tls": "TLSEngine on\nTLSLog {root}/tls.log\n"
                     "TLSSelfSignedCertificate {root}/self.pem\n"}

    def test_works_and_its_fingerprint_is_logged(self):
        path = self.server.path("self.pem")
        context = client.context(path)
        control = self.login(context=context)
        control.download("LIST")
        logged = self.server.text("tls.log") + self.server.text("system.log")
        self.assertIn(fingerprint(path), logged)

    def test_self_signed_certificate_names_its_host(self):
        """In subjectAltName, where clients look for it (RFC 2818)."""
        address = self.server.address("main")[0]
        for name, fits in ((address, True), ("192.0.2.1", False),
                           ("elsewhere.test", False)):
            with self.subTest(name=name):
                context = client.context(self.server.path("self.pem"))
                context.check_hostname = True
                context.hostname_checks_common_name = False
                control = self.connect(context=context, server_name=name)
                if fits:
                    control.auth().login()
                else:
                    control.command("AUTH TLS", 234)
                    with self.assertRaises(ssl.SSLCertVerificationError):
                        control.handshake()


class Certificates(harness.LiveCase):
    """Which certificate and which chain go over the wire."""

    SERVER = {"tls": "", "directives": "TLSEngine off",
              "vhosts": {name: "TLSEngine on\n" + lines
                         for name, lines, _ in SERVED}}

    CIPHERS = {"rsa": "ECDHE+aRSA", "ec": "ECDHE+aECDSA"}

    def test_every_pair_is_served(self):
        for name, _, kinds in SERVED:
            for kind in kinds:
                with self.subTest(name, kind=kind):
                    context = self.server.context(
                        client.TLS1_2, ciphers=self.CIPHERS[kind])
                    control = self.login(name, context=context)
                    control.download("LIST")

    def test_chain_is_sent(self):
        for name, _, kinds in SERVED:
            for kind in kinds:
                with self.subTest(name, kind=kind):
                    self.assertEqual(self.chain(name, kind),
                                     ["localhost", "Test Intermediate"])

    def chain(self, host, kind):
        """The subjects that openssl s_client sees."""
        done = subprocess.run(
            ["openssl", "s_client", "-connect",
             "127.0.0.1:%d" % self.server.ports[host], "-starttls", "ftp",
             "-showcerts", "-tls1_2", "-cipher", self.CIPHERS[kind]],
            input="QUIT\n", capture_output=True, text=True, timeout=20,
            check=False)
        return re.findall(r"\d s:CN ?= ?(.*)", done.stdout)

    def test_both_kinds_in_tls1_3(self):
        control = self.login(SERVED[0][0],
                             context=self.server.context(client.TLS1_3))
        control.download("LIST")

    def test_host_without_tls(self):
        control = self.connect()
        self.assertIn(control.command("AUTH TLS").code, (500, 502, 504, 431))
        self.assertNotIn("AUTH", control.command("FEAT", 211).text)
        control.login()


if __name__ == "__main__":
    harness.main()
